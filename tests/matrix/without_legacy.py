"""Show that ``flask_migrate_compat/legacy`` can be deleted.

``python -m tests.matrix.without_legacy`` deletes it in a copy of the sources, builds
and installs that copy without Flask-Script, and runs the tests that are left: all
but ``tests/legacy`` and those marked ``legacy``.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from .environments import (
    STACKS_DIR,
    Environment,
    SetupError,
    build_wheel,
    copy_source,
    run_quietly,
)
from .results import Outcome, run_pytest
from .session import failure_excerpt, guarded, say
from .stacks import TEST_TOOLS, Stack

#: The newest of everything that installs on this Python, and no Flask-Script.
STACK = Stack(
    "without-legacy",
    "NEW",
    ".".join(map(str, sys.version_info[:2])),
    pins={},
    tools=(
        *("Flask", "Flask-SQLAlchemy", "alembic", "filelock", "tqdm"),
        *(tool for tool in TEST_TOOLS if not tool.startswith("Flask-Script")),
    ),
)
_GONE_CODE = """
import importlib.util, sys
import flask_migrate_compat
for name in ("flask_migrate_compat.legacy", "flask_script"):
    if importlib.util.find_spec(name) is not None:
        sys.exit(name + " is still there")
"""


def run_without(environment: Environment, scratch: Path, log: Path) -> Outcome:
    """Install the package without its legacy folder and run the other tests."""
    source = copy_source(scratch / "source")
    shutil.rmtree(str(source / "flask_migrate_compat" / "legacy"))
    shutil.rmtree(str(source / "tests" / "legacy"), ignore_errors=True)
    tests = copy_source(scratch / "tests", source=source, package=False)
    wheels = scratch / "wheel"
    wheels.mkdir()
    environment.install_package(build_wheel(environment.python, source, wheels))
    run_quietly([str(environment.python), "-c", _GONE_CODE], cwd=scratch)
    arguments = ["tests", "-q", "--color=no", "-m", "not legacy"]
    return run_pytest(environment, arguments, cwd=tests, log=log)


def main() -> int:
    """Run the tests without the legacy folder; the status is 1 when one fails."""
    environment = Environment(STACK)
    environment.ensure()
    log = STACKS_DIR / f"{STACK.name}.tests.log"
    with tempfile.TemporaryDirectory(prefix="without-legacy-") as folder:
        outcome = run_without(environment, Path(os.path.realpath(folder)), log)
    if not outcome.ok:
        say(failure_excerpt(STACK.name, outcome, log))
    passed, failed = outcome.count("passed"), outcome.count("failed")
    say(f"{passed} passed, {failed} failed without flask_migrate_compat/legacy")
    if not outcome.cases and not outcome.problem:
        raise SetupError("no test was run.")
    return 0 if outcome.ok else 1


if __name__ == "__main__":
    sys.exit(guarded(main))
