"""Show the legacy example at work: ``make demo``.

Works on a copy of ``legacy_blog`` in a temporary folder, with the commands of the
Python that runs this script, and prints each command before running it. With a
folder as the argument, that folder is used and kept.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parent / "legacy_blog"
FLASK_APP = "wsgi.py"


def run(folder: Path, *command: str) -> None:
    """Print and run a command in the folder of the example.

    :raises SystemExit: when the command fails.
    """
    print(f"\n$ {' '.join(command)}", flush=True)
    environ = dict(os.environ, FLASK_APP=FLASK_APP)
    # `python` and `flask` are those of the environment of this script.
    here = str(Path(sys.executable).parent)
    environ["PATH"] = os.pathsep.join([here, environ.get("PATH", "")])
    program = shutil.which(command[0], path=environ["PATH"])
    if program is None:
        sys.exit(f"Error: {command[0]} is not installed beside {sys.executable}.")
    status = subprocess.call([program, *command[1:]], cwd=str(folder), env=environ)
    if status:
        sys.exit(f"Error: {' '.join(command)} ended with status {status}.")


def show_tables(folder: Path) -> None:
    """Print the tables of every SQLite database below the folder.

    :raises SystemExit: when there is none, or an empty one.
    """
    databases = sorted([*folder.rglob("*.db"), *folder.rglob("*.sqlite")])
    if not databases:
        sys.exit("Error: the upgrade made no database.")
    query = "select name from sqlite_master where type = 'table' order by name"
    for path in databases:
        connection = sqlite3.connect(str(path))
        tables = [name for (name,) in connection.execute(query)]
        connection.close()
        print(f"\nTables in {path.relative_to(folder)}:")
        print("".join(f"  {name}\n" for name in tables), end="")
        if "alembic_version" not in tables:
            sys.exit(f"Error: {path.name} was not migrated.")


def demonstrate(folder: Path) -> None:
    """Upgrade the example through manage.py, then look at it through flask."""
    print(f"The example of 2014, unmodified, on Python {sys.version.split()[0]}")
    run(folder, "python", "manage.py", "db", "upgrade")
    show_tables(folder)
    run(folder, "python", "manage.py", "db", "current")
    print("\nThe same state through the other command line:")
    run(folder, "flask", "db", "current")


def main() -> None:
    """Make the copy, run the demonstration, and remove the copy."""
    ignore = shutil.ignore_patterns("__pycache__", "*.db", "instance")
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(sys.argv[1] if len(sys.argv) > 1 else scratch) / EXAMPLE.name
        shutil.copytree(str(EXAMPLE), str(target), ignore=ignore)
        demonstrate(target.resolve())


if __name__ == "__main__":
    main()
