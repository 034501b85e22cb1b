"""Start many upgrades of one database at once.

``make replicas``, or ``python -m tests.crash.replicas [option ...] [stack ...]``. 8 and
32 processes start at the same time on a fresh and on a half-migrated database, with
and without a transaction for each revision. All must end with status 0, each revision
must be applied exactly once, and schema and rows must be those of a single run.
"""

from __future__ import annotations

import sys

from ..matrix.session import guarded
from .__main__ import run_program
from .options import REPLICAS

if __name__ == "__main__":
    sys.exit(guarded(lambda: run_program(REPLICAS, __doc__ or "")))
