"""Record what the old stack makes of every idiom: ``expected.json``.

    python -m tests.legacy.revisions.record .stacks/old38/bin/python

The old stack is Python 3.8 with SQLAlchemy 1.3.24, Alembic 1.4.3 and Flask-Migrate's
contemporaries; ``make matrix`` sets it up. The records are what the outcome of every
other stack is compared with, so they are never edited by hand.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
EXPECTED = HERE / "expected.json"
HARNESS = "tests.legacy.revisions.harness"
DATABASES = ("sqlite", "postgresql")


def outcomes(python: str, database: str, mode: str) -> dict[str, Any]:
    """Run the harness in another environment and return what it prints.

    :param python: the interpreter.
    :param database: ``sqlite`` or ``postgresql``.
    :param mode: the value of ``MIGRATE_LEGACY_SQL``.
    :raises RuntimeError: when the harness fails.
    """
    done = subprocess.run(
        [python, "-m", HARNESS, f"--database={database}", f"--mode={mode}"],
        cwd=str(ROOT),
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def summary(outcome: dict[str, Any]) -> Any:
    """Return of an outcome what another stack must give as well."""
    if outcome["verdict"] != "ok":
        # The words of a message, and paths in it, are the stack's own.
        return outcome["verdict"].partition(":")[0]
    return {"seen": outcome["seen"], "changes": outcome["changes"]}


def record(python: str) -> dict[str, dict[str, Any]]:
    """Return the records of all databases.

    :param python: the interpreter of the old stack.
    """
    return {
        database: {
            name: summary(outcome)
            for name, outcome in outcomes(python, database, "off").items()
        }
        for database in DATABASES
    }


def load() -> dict[str, dict[str, Any]]:
    """Return the records."""
    found: dict[str, dict[str, Any]] = json.loads(EXPECTED.read_text(encoding="utf-8"))
    return found


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(f"Usage: {sys.executable} -m {__spec__.name} PYTHON")
    lines = []
    for database, records in record(sys.argv[1]).items():
        entries = [
            f"  {json.dumps(name)}: {json.dumps(value)}"
            for name, value in records.items()
        ]
        lines.append(f" {json.dumps(database)}: {{\n" + ",\n".join(entries) + "\n }")
    EXPECTED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
