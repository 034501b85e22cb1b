"""Hold what was measured, judge it, and lay it out as a table."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import Any, Sequence

from tests.matrix.results import table

REACHED, MISSED, WRONG = "reached", "missed", "WRONG"


@dataclass(frozen=True)
class Sample:
    """Hold one run.

    :param wall: seconds of the clock.
    :param cpu: seconds of the processor; ``None`` where the system does not tell.
    :param output: what must be the same on both sides.
    :param problem: why the run counts as failed, if it does.
    """

    wall: float
    cpu: float | None = None
    output: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Spread:
    """Hold the median of several numbers, the smallest and the largest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> Spread:
        """Return the spread of some numbers."""
        return cls(statistics.median(numbers), min(numbers), max(numbers))

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclass
class Result:
    """Hold one line of the table.

    :param peer: what was measured of Flask-Migrate, as text.
    :param ours: what was measured of this package.
    :param ratio: of the wall time of the pairs: how many times faster this package is.
    :param cpu_ratio: the same of the processor time.
    :param target: what must be reached, as text; empty where nothing is promised.
    :param problem: why the figures mean nothing: the sides do not do the same.
    :param samples: the single runs, for ``--json``.
    """

    key: str
    title: str
    peer: str
    ours: str
    target: str = ""
    is_reached: bool = True
    ratio: Spread | None = None
    cpu_ratio: Spread | None = None
    problem: str = ""
    samples: dict[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """Return the word for the last column."""
        if self.problem:
            return WRONG
        if not self.target:
            return ""
        return REACHED if self.is_reached else MISSED

    def cells(self) -> list[str]:
        """Return the texts of the line."""
        cpu = f"{self.cpu_ratio.median:.2f}" if self.cpu_ratio else ""
        ratio = str(self.ratio) if self.ratio else ""
        cells = [self.title, self.peer, self.ours, ratio, cpu, self.target]
        return [*cells, self.verdict]


HEAD = ("what", "Flask-Migrate", "this package", "ratio", "CPU", "target", "result")


def from_pairs(
    key: str,
    title: str,
    pairs: Sequence[tuple[Sample, Sample]],
    target: float | None,
    *,
    is_waiting: bool = False,
) -> Result:
    """Return the result of runs that were made in pairs.

    The target must be reached by the clock and by the processor time: on a busy machine
    the clock alone may say anything.

    :param pairs: runs of Flask-Migrate and of this package, made one after the other.
    :param target: how many times faster this package must be, if it must.
    :param is_waiting: whether most of the time is waiting for a disk, which is time for
        the user, but not for the processor. Then the clock alone decides.
    """
    walls = [(peer.wall, ours.wall) for peer, ours in pairs]
    cpus = [(p.cpu, o.cpu) for p, o in pairs if p.cpu is not None and o.cpu is not None]
    ratio = Spread.of([peer / ours for peer, ours in walls])
    cpu_ratio = Spread.of([peer / ours for peer, ours in cpus]) if cpus else None
    judged = [ratio] if cpu_ratio is None or is_waiting else [ratio, cpu_ratio]
    return Result(
        key,
        title,
        peer=seconds([peer for peer, _ in walls]),
        ours=seconds([ours for _, ours in walls]),
        target="" if target is None else f"{target:g}x",
        is_reached=all(found.median >= (target or 0) for found in judged),
        ratio=ratio,
        cpu_ratio=cpu_ratio,
        problem=problem(pairs),
        samples={
            name: [{"wall": pair[side].wall, "cpu": pair[side].cpu} for pair in pairs]
            for side, name in enumerate(("peer", "ours"))
        },
    )


def seconds(times: Sequence[float]) -> str:
    """Return the median as text."""
    return f"{number(statistics.median(times))} s"


def number(value: float) -> str:
    """Return a number of seconds with as many digits as say something."""
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def problem(pairs: Sequence[tuple[Sample, Sample]]) -> str:
    """Return why the two sides of some pairs cannot be compared, or nothing."""
    for peer, ours in pairs:
        for name, sample in (("Flask-Migrate", peer), ("this package", ours)):
            if sample.problem:
                return f"{name}: {sample.problem}"
        if peer.output != ours.output:
            return f"the output differs: {difference(peer.output, ours.output)}"
    return ""


def difference(one: str, other: str) -> str:
    """Return the first line in which two texts differ, from both."""
    lines, others = one.splitlines(), other.splitlines()
    for number, (line, its) in enumerate(zip(lines, others), 1):
        if line != its:
            return f"line {number} is {line!r}, and {its!r}"
    return f"there are {len(lines)} lines, and {len(others)}"


def processor_time(result: Result, side: str) -> float | None:
    """Return the median of the runs of one side, ``None`` where there are none.

    It is that of the clock where the system does not tell the processor time.

    :param side: ``peer`` or ``ours``.
    """
    runs = result.samples.get(side, ())
    times = [run["wall"] if run["cpu"] is None else run["cpu"] for run in runs]
    return statistics.median(times) if times else None


def report(results: Sequence[Result]) -> str:
    """Return the results as lines of text, the problems below them."""
    problems = [f"{WRONG}: {r.title}: {r.problem}" for r in results if r.problem]
    return "\n".join([table([HEAD, *(r.cells() for r in results)]), *problems])
