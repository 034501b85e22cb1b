"""Take all variants through their life on one stack and one database.

``python -m tests.matrix.env_worker DATABASE TAG FOLDER < variants``, run with the
Python of the stack: a variant as JSON per line in, a result as JSON per line out.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from .env_life import live
from .env_releases import Variant
from .env_servers import ServerError, make_server


def main(database: str, tag: str, folder: str) -> None:
    """Read variants, print results."""
    variants = [Variant.from_json(line) for line in sys.stdin if line.strip()]
    scratch = Path(folder)
    scratch.mkdir(parents=True, exist_ok=True)
    event.listen(Engine, "connect", do_not_wait_for_the_disk)
    try:
        server = make_server(database, scratch, tag)
    except ServerError as error:
        print(json.dumps({"problem": str(error)}), flush=True)
        return
    try:
        for number, variant in enumerate(variants):
            started = time.monotonic()
            steps = live(variant, server, scratch / str(number))
            result = {"number": number, "steps": steps}
            result["seconds"] = round(time.monotonic() - started, 2)
            print(json.dumps(result), flush=True)
    finally:
        server.close()


def do_not_wait_for_the_disk(connection: Any, record: Any) -> None:
    """Make SQLite faster; what it saves here need not survive a loss of power."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")


if __name__ == "__main__":
    main(*sys.argv[1:])
