"""Print what ``Migrate(app, db)`` costs the process that calls it, as JSON.

``python worker.py MODULE``, with the Python of an environment in which the module is
installed. Everything that the application has loaded anyway is loaded before.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time

from flask import Flask
from flask_sqlalchemy import SQLAlchemy


def resident() -> float:
    """Return how much memory this process occupies, in MiB; 0 where that is unknown."""
    try:
        with open("/proc/self/statm") as file:
            pages = int(file.read().split()[1])
    except OSError:
        return 0.0
    return float(pages * os.sysconf("SC_PAGE_SIZE")) / 2**20


def is_part(name: str, package: str) -> bool:
    """Return whether a module belongs to a package."""
    return name.partition(".")[0] == package


def main() -> None:
    """Measure, and print."""
    module = sys.argv[1]
    app = Flask("worker")
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    app.config["SQLALCHEMY_TRACK_MODIFICATIONS"] = False
    db = SQLAlchemy(app)
    loaded = set(sys.modules)
    memory = resident()
    cpu, begin = time.process_time(), time.perf_counter()
    importlib.import_module(module).Migrate(app, db)
    wall, cpu = time.perf_counter() - begin, time.process_time() - cpu
    new = sorted(set(sys.modules) - loaded)
    roots = {name.partition(".")[0] for name in new}
    print(
        json.dumps(
            {
                "wall": wall,
                "cpu": cpu,
                "mebibytes": resident() - memory,
                "modules": len(new),
                "own": [name for name in new if is_part(name, module)],
                # Those of the start-up file, which came with the interpreter.
                "own before": sorted(n for n in loaded if is_part(n, module)),
                "unwanted": sorted(roots & {"alembic", "mako"}),
            }
        )
    )


if __name__ == "__main__":
    main()
