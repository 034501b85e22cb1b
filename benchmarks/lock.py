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

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from flask_migrate_compat import Migrate, commands
from tests.servers import SERVERS, database

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
ALL = ("sqlite", *SERVERS)


@contextlib.contextmanager
def fresh(kind: str, folder: Path) -> Iterator[str]:
    """Make a database and give its URL."""
    if kind != "sqlite":
        with database(kind) as url:
            yield url
        return
    file = folder / f"{time.monotonic_ns()}.db"
    yield f"sqlite:///{file.as_posix()}"
    file.unlink()


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


def measure(kind: str, folder: Path, rounds: int) -> dict[str, list[tuple[float, ...]]]:
    """Return the seconds with the lock and without, of each round."""
    times: dict[str, list[tuple[float, ...]]] = {
        "all revisions": [],
        "nothing to do": [],
    }
    for number in range(-1, rounds):
        # Who comes first has no advantage in the end.
        order = (False, True) if number % 2 else (True, False)
        found: dict[str, dict[bool, float]] = {what: {} for what in times}
        for no_lock in order:
            with fresh(kind, folder) as url, application(url):
                for what in times:
                    found[what][no_lock] = seconds(no_lock)
        if number >= 0:
            for what, pair in found.items():
                times[what].append((pair[False], pair[True]))
    return times


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
        folder = Path(name)
        os.chdir(name)
        with application("sqlite://"), contextlib.redirect_stdout(io.StringIO()):
            commands.init()
        Path("migrations/alembic.ini").write_text("[alembic]\n")
        for number in range(options.revisions):
            previous = f'"r{number - 1:03}"' if number else None
            text = REVISION.format(number=number, previous=previous)
            Path(f"migrations/versions/r{number:03}.py").write_text(text)
        for kind in options.server or ALL:
            try:
                times = measure(kind, folder, options.rounds)
            except pytest.skip.Exception as reason:
                print(f"{kind:<12}not measured: {reason}")
                continue
            for what, pairs in times.items():
                show(kind, what, pairs)


def show(kind: str, what: str, pairs: list[tuple[float, ...]]) -> None:
    """Print one line of the table."""
    with_lock, without = (
        statistics.median(pair[place] for pair in pairs) * 1000 for place in (0, 1)
    )
    ratios = sorted(locked / free for locked, free in pairs)
    print(
        f"{kind:<12}{what:<15}{with_lock:8.1f}{without:9.1f}   "
        f"{statistics.median(ratios):.3f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    )


if __name__ == "__main__":
    main()
