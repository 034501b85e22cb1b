"""List what is measured, and what must be reached."""

from __future__ import annotations

from typing import Protocol, Sequence

from .commands import CommandRow
from .processes import UpgradeRow, WorkerRow
from .projects import BRANCHED, LINEAR, TRIVIAL, Workshop
from .results import Result, processor_time


class Row(Protocol):
    """Describe one line of the table, as a class of this program does."""

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def history(self) -> str: ...
    @property
    def rounds(self) -> int: ...
    @property
    def is_slow(self) -> bool: ...
    @property
    def is_extra(self) -> bool: ...
    def measure(self, workshop: Workshop, rounds: int) -> Result: ...


#: The three commands of the growth curve; the first word is the command.
GROWING = ("heads", "current", "upgrade")
#: Start-up alone, several thousand revisions, and one of each on the way.
SIZES = LINEAR[1:]

#: The table. A row of another kind is an object like these, from a module of its own.
ROWS: tuple[Row, ...] = (
    WorkerRow("worker", "Migrate(app, db) in a web worker", 4, 3.0),
    *(
        CommandRow(f"{name}-1", title, "1", arguments, target, 9, same)
        for name, title, arguments, target, same in (
            # The texts of the help are ours.
            ("help", "db --help, 1 revision", ("--help",), 1.15, False),
            ("heads", "heads, 1 revision", ("heads",), 1.15, True),
            ("history", "history, 1 revision", ("history",), 1.15, True),
            ("show", "show, 1 revision", ("show",), 1.15, True),
            ("branches", "branches, 1 revision", ("branches",), 1.15, True),
            # Both must run env.py, which imports Alembic: nothing to win.
            ("current", "current, 1 revision", ("current",), None, True),
            ("upgrade", "upgrade, nothing to do, 1 revision", ("upgrade",), None, True),
        )
    ),
    CommandRow("heads-5000", "heads, 5,000 revisions", "5000", ("heads",), 2.5),
    CommandRow(
        "upgrade-5000",
        "upgrade, nothing to do, 5,000 revisions",
        "5000",
        ("upgrade",),
        2.0,
    ),
    CommandRow(
        "revision-5000",
        "revision -m x, 5,000 revisions",
        "5000",
        ("revision", "-m", "x"),
        1.8,
    ),
    CommandRow(
        "current-5000", "current, 5,000 revisions", "5000", ("current",), 10.0, 3
    ),
    CommandRow(
        "current-10000",
        "current, 10,000 revisions",
        "10000",
        ("current",),
        40.0,
        rounds=2,
        is_slow=True,
    ),
    CommandRow(
        "history-branched",
        "history, 5,000 revisions, 50 branches merged 25 times",
        BRANCHED,
        ("history",),
        3.0,
    ),
    UpgradeRow(
        "upgrade-trivial", "1,000 revisions on SQLite, each does nothing", TRIVIAL, 3.5
    ),
    UpgradeRow(
        "upgrade-ddl", "1,000 revisions on SQLite, each makes a table", "1000", 3.5
    ),
)


def _growth() -> list[Row]:
    """Return what the growth curve needs and the table has not."""
    known = {row.key for row in ROWS}
    return [
        CommandRow(
            f"{command}-{size}",
            f"{command}, {size:,} revisions",
            str(size),
            (command,),
            rounds=3,
            is_extra=True,
        )
        for size in SIZES
        for command in GROWING
        if f"{command}-{size}" not in known
    ]


ALL_ROWS: tuple[Row, ...] = (*ROWS, *_growth())


def linearity(results: Sequence[Result]) -> Result | None:
    """Return whether the time of ``current`` grows with the number of revisions.

    From 5,000 revisions to 10,000 the processor time of a linear command doubles; that
    of one that grows with the square takes four times as long. What 1 revision takes is
    left out.

    :returns: ``None`` where the rows that this needs were not measured.
    """
    found = {result.key: result for result in results}
    growth = {}
    for side in ("peer", "ours"):
        times = [
            processor_time(found[key], side)
            for key in ("current-1", "current-5000", "current-10000")
            if key in found
        ]
        known = [time for time in times if time is not None]
        if len(known) < 3 or known[1] <= known[0]:
            return None
        growth[side] = (known[2] - known[0]) / (known[1] - known[0])
    return Result(
        "current-growth",
        "current, from 5,000 to 10,000 revisions, without the start",
        peer=f"x {growth['peer']:.1f}",
        ours=f"x {growth['ours']:.1f}",
        target="at most x 2.4",
        is_reached=growth["ours"] <= 2.4,
    )
