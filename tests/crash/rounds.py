"""Start many processes at once on one database, round after round."""

from __future__ import annotations

import functools
import itertools
import os
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

from .lanes import in_lanes
from .options import FACES
from .points import PER_MIGRATION, Reference, Setting
from .processes import Fork, Result, finish
from .reports import Count
from .targets import Target

SIZES = (8, 32)
STARTS = ("fresh", "half-migrated")
#: Where half of the chain is done.
HALF = "r10"


@dataclass(frozen=True)
class Round:
    """Describe one round.

    :param size: how many processes.
    :param start: in what state the database is.
    :param per_migration: whether each revision has a transaction of its own.
    :param real: whether the processes are no forks, but wholly new ones.
    :param face: how they upgrade.
    """

    number: int
    size: int
    start: str
    per_migration: bool
    real: bool
    face: str

    @property
    def env(self) -> dict[str, str]:
        """Return what the application is told."""
        return PER_MIGRATION if self.per_migration else {}

    def __str__(self) -> str:
        words = [f"round {self.number}:", str(self.size), "real" if self.real else ""]
        words += [self.face, self.start, "per migration" if self.per_migration else ""]
        return " ".join(filter(None, words))


def plan(number: int, face: str | None) -> list[Round]:
    """Return rounds in which each size meets each state and each setting.

    A wholly new process takes most of its time for imports, so there are fewer rounds
    of those; they meet all sizes and states as well, because 6 and 8 have little in
    common.
    """
    kinds = itertools.cycle(itertools.product(STARTS, (False, True), SIZES))
    faces = {3: "manage", 7: "function"}
    return [
        Round(
            number=i,
            size=size,
            start=start,
            per_migration=per_migration,
            real=i % 6 == 0 or i % 16 == 9,
            face=face or faces.get(i % 10, "flask"),
        )
        for i, (start, per_migration, size) in zip(range(number), kinds)
    ]


def start_all(setting: Setting, target: Target, one: Round) -> list[Result]:
    """Start the processes of a round at the same time, and wait for all."""
    env = {**setting.env, **one.env, "CRASH_URL": target.url}
    if one.real:
        arguments = FACES[one.face]
        started = time.monotonic()
        real = [setting.project.start(arguments, env) for _ in range(one.size)]
        return [finish(process, started) for process in real]
    waiting, go = os.pipe()
    forks: list[Fork] = []
    for _ in range(one.size):
        forks.append(setting.project.fork(one.face, env, gate=(waiting, go)))
    # Each fork reads from the gate, which ends when nobody can write any more.
    os.close(go)
    os.close(waiting)
    return [fork.wait() for fork in forks]


def play(setting: Setting, reference: Reference, target: Target, one: Round) -> str:
    """Play one round; return what is wrong."""
    target.reset()
    if one.start != "fresh":
        env = {**setting.env, **one.env, "CRASH_URL": target.url}
        half = setting.project.fork("flask", env, HALF).wait()
        if half.status:
            return f"the first half ended with {half.status}: {half.last_line}"
    results = start_all(setting, target, one)
    failed = [result for result in results if result.status]
    problems = [
        f"{len(failed)} of {one.size} failed, one with {result.status}:"
        f" {result.last_line}"
        for result in failed[:1]
    ]
    state = target.state()
    problems += [
        f"{revision} was applied {times} times"
        for revision, times in sorted(state.applied().items())
        if times != 1
    ]
    return "; ".join(problems + state.differences(reference.state))[:1500]


def count_rounds(
    setting: Setting, reference: Reference, kind: str, rounds: list[Round], folder: Path
) -> Iterator[Count]:
    """Play all rounds on one kind of database; count each size for itself."""
    work = functools.partial(play, setting, reference)
    for size in SIZES:
        chosen = [one for one in rounds if one.size == size]
        if not chosen:
            continue
        ways = Counter("new" if one.real else "forked" for one in chosen)
        count = Count(f"{size} at once", kind)
        count.remark = ", ".join(f"{n} rounds {way}" for way, n in ways.items())
        for one, problem in in_lanes(kind, folder, work, chosen, 1):
            count.add(str(one), problem)
        yield count.end()
