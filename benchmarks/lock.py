"""Measure what the lock of a run adds to an upgrade.

Run ``python -m benchmarks.lock`` with the Python of an environment in which the package
is installed, and the drivers of the servers that are to be measured: ``make bench``
makes one. Each round upgrades one fresh database with the lock and another one without,
in turn, and then both once more with nothing left to do. Printed are the medians, and
the median of the ratios of the pairs, with the smallest and the largest.

In one process: what Python and Flask need to start is not part of it, so the ratios
are those of an upgrade that is called as a function. For a whole command they are
nearer to 1.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Iterator

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from flask_migrate_compat import Migrate, commands

from .commands import in_turn
from .databases import ALL, for_each, fresh
from .results import Spread

REVISION = '''\
"""Revision {number}"""
import sqlalchemy as sa
from alembic import op

revision = "r{number:03}"
down_revision = {previous}


def upgrade():
    op.create_table("t{number}", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("INSERT INTO t{number} VALUES (1)")


def downgrade():
    op.drop_table("t{number}")
'''
WHAT = ("all revisions", "nothing to do")


@contextlib.contextmanager
def application(url: str) -> Iterator[None]:
    """Enter the context of an application on a database."""
    app = Flask("benchmark")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_TRACK_MODIFICATIONS"] = False
    db = SQLAlchemy(app)
    Migrate(app, db)
    with app.app_context():
        yield
        for engine in (getattr(db, "engines", None) or {None: db.engine}).values():
            engine.dispose()


def seconds(no_lock: bool) -> float:
    """Upgrade, and return how long that took."""
    begin = time.perf_counter()
    commands.upgrade(no_lock=no_lock)
    return time.perf_counter() - begin


def measure(kind: str, rounds: int) -> None:
    """Measure one kind of database, with the lock and without, and print it."""

    def once(side: int) -> list[float]:
        with fresh(kind) as url, application(url):
            return [seconds(no_lock=bool(side)) for _ in WHAT]

    pairs = in_turn(once, rounds)
    for place, what in enumerate(WHAT):
        show(kind, what, [(locked[place], free[place]) for locked, free in pairs])


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description="measure the lock of a run")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--revisions", type=int, default=20)
    parser.add_argument("--server", action="append", choices=ALL)
    options = parser.parse_args()
    logging.disable(logging.INFO)
    print(f"{options.revisions} revisions, {options.rounds} rounds; milliseconds")
    print(f"{'database':<12}{'upgrade with':<15}{'lock':>8}{'no lock':>9}   ratio")
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        with application("sqlite://"), contextlib.redirect_stdout(io.StringIO()):
            commands.init()
        Path("migrations/alembic.ini").write_text("[alembic]\n")
        for number in range(options.revisions):
            previous = f'"r{number - 1:03}"' if number else None
            text = REVISION.format(number=number, previous=previous)
            Path(f"migrations/versions/r{number:03}.py").write_text(text)
        for_each(options.server or ALL, lambda kind: measure(kind, options.rounds))


def show(kind: str, what: str, pairs: list[tuple[float, float]]) -> None:
    """Print one line of the table."""
    with_lock, without = (statistics.median(times) * 1000 for times in zip(*pairs))
    print(
        f"{kind:<12}{what:<15}{with_lock:8.1f}{without:9.1f}   "
        f"{Spread.of([locked / free for locked, free in pairs])}"
    )


if __name__ == "__main__":
    main()
