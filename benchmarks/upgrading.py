"""Upgrade the database of the application in this folder, and print the time as JSON.

``python upgrading.py MODULE``, with the Python of an environment in which the module is
installed. In one process: what Python, Flask and Alembic need to start is not counted.
The database must be a fresh one; what is in it afterwards is printed as well.
"""

from __future__ import annotations

import importlib
import json
import os
import sqlite3
import sys
import time


def contents(path: str) -> list[str]:
    """Return the tables of a SQLite database and its version, as text."""
    connection = sqlite3.connect(path)
    try:
        found = [
            str(row) for row in connection.execute("SELECT sql FROM sqlite_master")
        ]
        version = connection.execute("SELECT version_num FROM alembic_version")
        return sorted(found) + [str(row) for row in version]
    finally:
        connection.close()


def main() -> None:
    """Upgrade, and print."""
    # This file's own folder is no place to import from.
    sys.path[0] = os.getcwd()
    app = importlib.import_module("app").app
    upgrade = importlib.import_module(sys.argv[1]).upgrade
    # Both sides load Alembic with their first command or earlier.
    importlib.import_module("alembic.command")
    with app.app_context():
        cpu, begin = time.process_time(), time.perf_counter()
        upgrade()
        wall, cpu = time.perf_counter() - begin, time.process_time() - cpu
    print(json.dumps({"wall": wall, "cpu": cpu, "contents": contents("app.db")}))


if __name__ == "__main__":
    main()
