"""Measure what reading ahead saves in autogenerate.

Run ``python -m benchmarks.autogenerate`` with the Python of an environment in which the
package is installed, and the drivers of the servers that are to be measured: ``make
bench`` makes one. Each round compares models with a database that has the same tables,
once as Alembic does it alone and once as the commands of this package do, in turn.
Printed are the queries and the medians of both, and the median of the ratios of the
pairs, with the smallest and the largest.

Only ``produce_migrations`` is measured, in one process: what Python, Flask and the
models need to start is not part of it.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import statistics
import time
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations
from alembic.runtime.migration import MigrationContext

from flask_migrate_compat.config import Config
from flask_migrate_compat.garbage import fewer_collections
from flask_migrate_compat.running.reflection import read_ahead

from .commands import in_turn
from .databases import ALL, for_each, fresh
from .results import Spread


def models(count: int) -> sa.MetaData:
    """Return models with some tables, of which each refers to the one before."""
    metadata = sa.MetaData()
    for number in range(count):
        sa.Table(
            f"table_{number}",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("name", sa.String(80), nullable=False, unique=True),
            sa.Column("made", sa.DateTime, index=True),
            sa.Column("size", sa.Numeric(10, 2)),
            sa.Column("parent", sa.ForeignKey(f"table_{max(number - 1, 0)}.id")),
        )
    return metadata


class Queries:
    """Count what is executed, by SQLAlchemy and below it."""

    def __init__(self, engine: Any) -> None:
        self.count = 0
        sa.event.listen(engine, "connect", self._connected)
        self._engine = engine
        if engine.dialect.name != "sqlite":
            sa.event.listen(engine, "before_cursor_execute", self._executed)

    def _connected(self, connection: Any, _record: Any) -> None:
        if self._engine.dialect.name == "sqlite":
            connection.set_trace_callback(self._traced)

    def _executed(self, *_details: Any) -> None:
        self.count += 1

    def _traced(self, statement: str) -> None:
        # SQLite also tells of what a PRAGMA function executes.
        if not statement.startswith("-- "):
            self.count += 1


def run(connection: Any, metadata: sa.MetaData, ours: bool) -> float:
    """Compare, and return the seconds that it took."""
    context = MigrationContext.configure(connection)
    begin = time.perf_counter()
    with contextlib.ExitStack() as stack:
        if ours:
            # In the order in which a command enters them.
            stack.enter_context(fewer_collections())
            stack.enter_context(read_ahead("check", Config(), context))
        script = produce_migrations(context, metadata)
    seconds = time.perf_counter() - begin
    assert script.upgrade_ops is not None
    assert not script.upgrade_ops.ops, script.upgrade_ops.ops
    return seconds


def measure(
    kind: str, count: int, rounds: int
) -> tuple[list[int], list[tuple[float, float]]]:
    """Return the queries, and the seconds of each round: of Alembic alone, and ours."""
    metadata = models(count)
    numbers = [0, 0]
    with fresh(kind) as url:
        engine = sa.create_engine(url)
        queries = Queries(engine)
        metadata.create_all(engine)
        with engine.connect() as connection:

            def once(side: int) -> float:
                before = queries.count
                seconds = run(connection, metadata, ours=bool(side))
                numbers[side] = queries.count - before
                return seconds

            pairs = in_turn(once, rounds)
        engine.dispose()
    return numbers, pairs


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description="measure reading ahead")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tables", type=int, default=1000)
    parser.add_argument("--server", action="append", choices=ALL)
    options = parser.parse_args()
    logging.disable(logging.INFO)
    print(f"{options.tables} tables, {options.rounds} rounds; milliseconds")
    print(f"{'':<12}{'queries':^18}{'medians':^18}")
    print(f"{'database':<12}{'Alembic':>9}{'ours':>9}{'Alembic':>9}{'ours':>9}   ratio")
    for_each(
        options.server or ALL,
        lambda kind: show(kind, *measure(kind, options.tables, options.rounds)),
    )


def show(kind: str, numbers: list[int], pairs: list[tuple[float, float]]) -> None:
    """Print one line of the table."""
    alone, ours = (statistics.median(times) * 1000 for times in zip(*pairs))
    print(
        f"{kind:<12}{numbers[0]:9}{numbers[1]:9}{alone:9.0f}{ours:9.0f}"
        f"   {Spread.of([stock / quick for stock, quick in pairs])}"
    )


if __name__ == "__main__":
    main()
