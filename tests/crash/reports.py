"""Count what passed and what failed, and print it."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ..matrix.results import table
from ..matrix.session import say

HEAD = ("what", "server", "variant", "passed", "failed", "seconds", "remark")
#: How many failures of one kind are printed whole.
PRINTED, ALL = 4, -1


@dataclass
class Count:
    """Hold the outcome of many similar checks.

    :param what: what was checked.
    :param server: on which kind of database.
    :param variant: how the application was configured.
    """

    what: str
    server: str
    variant: str = ""
    passed: int = 0
    failed: int = 0
    seconds: float = 0.0
    remark: str = ""
    skipped: int = 0
    printed: int = PRINTED
    problems: Counter[str] = field(default_factory=Counter)
    started: float = field(default_factory=time.monotonic)

    def add(self, name: str, problem: str) -> None:
        """Note one check.

        :param name: which one.
        :param problem: what is wrong; nothing when all is well.
        """
        if not problem:
            self.passed += 1
            return
        self.failed += 1
        # Similar failures are told once: all but the first are mostly noise.
        self.problems[problem[:100]] += 1
        is_new = self.problems[problem[:100]] == 1
        if self.printed == ALL or (is_new and len(self.problems) <= self.printed):
            where = " ".join(filter(None, (self.server, self.variant)))
            say(f"FAILED {self.what}, {where}, {name}: {problem}")

    def skip(self, name: str, reason: str) -> None:
        """Note a check that could not be made."""
        self.skipped += 1
        say(f"{name}, {self.server}: {reason}")

    def end(self) -> Count:
        """Take the time, and say what came of it."""
        if self.skipped:
            self.remark = f"{self.skipped} skipped"
        self.seconds = round(time.monotonic() - self.started, 1)
        for problem, number in self.problems.most_common():
            if number > 1 and self.printed != ALL:
                say(f"  {number} times: {problem}")
        row = [str(cell) for cell in self.row()]
        say("  ".join(filter(None, row)))
        return self

    def values(self) -> dict[str, object]:
        """Return what a table needs."""
        names = ("what", "server", "variant", "passed", "failed", "seconds", "remark")
        return {name: getattr(self, name) for name in names}

    def row(self) -> list[object]:
        """Return the cells of the table."""
        cells = (self.what, self.server, self.variant, self.passed, self.failed)
        return [*cells, round(self.seconds), self.remark]


def write(counts: list[Count], path: Path) -> None:
    """Hand counts to another process."""
    path.write_text(json.dumps([count.values() for count in counts]))


def read(path: Path) -> list[Count]:
    """Read what :func:`write` wrote; nothing when it wrote nothing."""
    if not path.exists():
        return []
    return [Count(**values) for values in json.loads(path.read_text())]


def layout(rows: dict[str, list[Count]]) -> str:
    """Lay out the counts of all stacks as a table."""
    lines = [
        [stack, *count.row()] for stack, counts in rows.items() for count in counts
    ]
    return table([("stack", *HEAD), *lines])
