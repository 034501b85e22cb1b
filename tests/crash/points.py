"""Kill a run at every statement, and at random times; let the next one repair it."""

from __future__ import annotations

import functools
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Sequence

from .lanes import in_lanes
from .options import LEVELS
from .processes import Project, Result
from .reports import Count
from .targets import State, Target

PER_MIGRATION = {"CRASH_OPTIONS": '{"transaction_per_migration": true}'}
# Not waiting for the disk changes nothing for those who are killed.
_FAST = {"CRASH_PRAGMAS": "synchronous=OFF"}
#: How the application may be configured, by the kind of its database.
VARIANTS: dict[str, dict[str, dict[str, str]]] = {
    "sqlite": {
        "": _FAST,
        "foreign keys": {"CRASH_PRAGMAS": f"{_FAST['CRASH_PRAGMAS']};foreign_keys=ON"},
        "per migration": {**_FAST, **PER_MIGRATION},
    },
    "postgresql": {"": {}, "per migration": PER_MIGRATION},
    # Each revision has a transaction of its own anyway.
    "mariadb": {"": {}},
}


SIDES = ("before", "after")


@dataclass(frozen=True)
class Reference:
    """Hold what an undisturbed run does.

    :param traces: of each level, what is done to the database.
    :param problem: why the run is of no use.
    """

    state: State
    traces: dict[str, list[str]]
    seconds: float
    problem: str = ""


@dataclass(frozen=True)
class Setting:
    """Hold what all runs of a count have in common."""

    project: Project
    face: str
    env: Mapping[str, str]

    def run(self, target: Target, **env: str) -> Result:
        """Run the face, and wait for its end."""
        return self.project.fork(
            self.face, {**self.env, "CRASH_URL": target.url, **env}
        ).wait()


def undisturbed(setting: Setting, target: Target, level: str) -> Reference:
    """Run without being killed, and look what is done and what it leads to."""
    trace = target.folder.with_suffix(f".{level}.trace")
    target.reset()
    if trace.exists():
        trace.unlink()
    result = setting.run(target, CRASH_KILL=f"{level}:0:", CRASH_TRACE=str(trace))
    problem = ""
    state = State([], {})
    if result.status:
        problem = f"an undisturbed run ended with {result.status}: {result.last_line}"
    else:
        state = target.state()
        problem = "; ".join(state.wrong_counts())
    lines = trace.read_text().splitlines() if trace.exists() else []
    return Reference(state, {level: lines}, result.seconds, problem)


def reference_of(setting: Setting, kind: str, folder: Path) -> Reference:
    """Return what undisturbed runs do, one of each level."""
    work = functools.partial(undisturbed, setting)
    found = dict(in_lanes(kind, folder, work, LEVELS, 1))
    driver: Reference = found["driver"]
    traces = {level: found[level].traces[level] for level in LEVELS}
    problem = (
        driver.problem
        or found["engine"].problem
        or "; ".join(found["engine"].state.differences(driver.state))
    )
    return Reference(driver.state, traces, driver.seconds, problem)


def repair(setting: Setting, reference: Reference, target: Target) -> str:
    """Run once more, and return what is wrong after that."""
    again = setting.run(target)
    if again.status:
        return f"the next run ended with {again.status}: {again.last_line}"
    found = target.state().differences(reference.state)
    more = f" … and {len(found) - 3} more" if len(found) > 3 else ""
    return "; ".join(found[:3]) + more


def kill_at(setting: Setting, reference: Reference, target: Target, point: str) -> str:
    """Kill a run at a point; return what is wrong after the next run."""
    target.reset()
    killed = setting.run(target, CRASH_KILL=point)
    if not killed.killed:
        return f"was not killed, but ended with {killed.status}: {killed.last_line}"
    return repair(setting, reference, target)


def kill_after(
    setting: Setting, reference: Reference, target: Target, delay: float
) -> str:
    """Kill a run after some time; return what is wrong after the next run."""
    target.reset()
    env = {**setting.env, "CRASH_URL": target.url}
    run = setting.project.fork(setting.face, env)
    time.sleep(delay)
    run.kill()
    killed = run.wait()
    if killed.status and not killed.killed:
        return f"ended with {killed.status} before: {killed.last_line}"
    return repair(setting, reference, target)


def points_of(reference: Reference, level: str, is_full: bool) -> list[str]:
    """Return where to kill a run: before the first of its acts, and after each.

    That is before each as well, because nothing happens in between.

    :param is_full: kill before and after each for itself nevertheless.
    """
    number = len(reference.traces[level])
    points = [f"{level}:{n}:{s}" for n in range(1, number + 1) for s in SIDES]
    return points if is_full else points[:1] + points[1::2]


def stride(level: str, variant: str, face: str, is_full: bool) -> int:
    """Return at every how many points a run is killed, to save time.

    The driver does whatever the engine does, and more. Other variants and other ways
    to upgrade differ in little.
    """
    every = 1 if face == "flask" else 12
    if not is_full:
        every *= {"driver": 1, "engine": 6}[level] * (6 if variant else 1)
    return every


def name_of(reference: Reference, point: str) -> str:
    """Say what a point is."""
    level, number, side = point.split(":")
    return f"{side} {level} {number} ({reference.traces[level][int(number) - 1][:70]})"


def count_points(
    setting: Setting,
    reference: Reference,
    count: Count,
    points: Sequence[str],
    folder: Path,
    jobs: int,
) -> Count:
    """Kill a run at each of the points."""
    work = functools.partial(kill_at, setting, reference)
    for point, problem in in_lanes(count.server, folder, work, points, jobs):
        count.add(name_of(reference, point), problem)
    return count.end()


def random_delays(reference: Reference, number: int, seed: int) -> list[float]:
    """Draw times over the length of an undisturbed run."""
    chance = random.Random(seed)
    return [chance.uniform(0, reference.seconds) for _ in range(number)]


def count_random(
    setting: Setting,
    reference: Reference,
    count: Count,
    delays: Sequence[float],
    folder: Path,
    jobs: int,
) -> Count:
    """Kill a run from outside after each of the delays."""
    work = functools.partial(kill_after, setting, reference)
    for delay, problem in in_lanes(count.server, folder, work, delays, jobs):
        count.add(f"after {delay:.4f} s", problem)
    return count.end()


#: How the slow statements of r18 begin, and when to kill in them, in milliseconds.
SLOW = (
    "SELECT {pause}(",
    "INSERT INTO summary (name, value) SELECT 'slow'",
    "CREATE TABLE nap",
)
PAUSES = {"postgresql": "pg_sleep", "mariadb": "SLEEP"}
MOMENTS = (2, 10, 20, 30, 40)


def count_busy(
    setting: Setting,
    reference: Reference,
    count: Count,
    folder: Path,
    jobs: int,
) -> Count:
    """Kill a run while the server is busy with a statement."""
    slower = {**setting.env, "CRASH_SLOW": "0.05"}
    setting = Setting(setting.project, setting.face, slower)
    texts = [text.format(pause=PAUSES[count.server]) for text in SLOW]
    points = [f"timer:{text}:{moment}" for text in texts for moment in MOMENTS]
    work = functools.partial(kill_at, setting, reference)
    for point, problem in in_lanes(count.server, folder, work, points, jobs):
        count.add(point, problem)
    return count.end()
