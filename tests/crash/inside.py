"""Run the tests in the environment of a stack.

``python -m tests.crash.inside PROGRAM [option ...]``; see ``__main__.py``, which
starts this with the Python of each stack.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Iterator

from ..matrix.session import guarded
from . import outages, points, reports, resuming, rounds, scenarios, stage
from .lanes import LaneError, NoServerError
from .options import (
    CRASH,
    FULL_ROUNDS,
    KINDS,
    LEVELS,
    PARTS,
    REPLICAS,
    ROUNDS,
    parser,
)
from .processes import Project, import_everything
from .reports import Count
from .targets import State

# Importing these declares their scenarios.
DECLARING = (scenarios, outages, resuming)


def crash(
    options: argparse.Namespace, project: Project, folder: Path
) -> Iterator[Count]:
    """Kill runs at every statement and at random times."""
    first: list[State] = []
    for kind in options.server or KINDS:
        for variant, env in points.VARIANTS[kind].items():
            count = Count("undisturbed run", kind, variant or options.face or "flask")
            setting = points.Setting(project, options.face or "flask", env)
            try:
                reference = points.reference_of(setting, kind, folder)
                problem = reference.problem
                if not problem:
                    first = first or [reference.state]
                    # All kinds of databases are to end with the same rows.
                    problem = reference.state.other_rows(first[0])
                count.add("rows", problem)
                yield count.end()
                if not reference.state.rows:
                    continue
                yield from _killed(options, setting, reference, kind, variant, folder)
                if not variant:
                    yield from _disturbed(options, setting, reference, kind, folder)
            except NoServerError as reason:
                count.remark = f"not run: {reason}"
                yield count.end()
                break
            except LaneError as problem:
                count.add("all", str(problem))
                yield count.end()


def _killed(
    options: argparse.Namespace,
    setting: points.Setting,
    reference: points.Reference,
    kind: str,
    variant: str,
    folder: Path,
) -> Iterator[Count]:
    """Kill runs of one kind of database and one variant of the application."""
    parts = options.part or PARTS
    many = {"folder": folder, "jobs": options.databases}
    others = () if options.face or variant else ("manage", "function")
    for face in (setting.face, *others) if "points" in parts else ():
        for level in options.level or LEVELS:
            every = options.every or points.stride(level, variant, face, options.full)
            chosen = points.points_of(reference, level, options.full)[::every]
            count = Count(f"killed at {level}", kind, variant or face)
            count.remark = f"{len(chosen)} points, {len(reference.traces[level])} acts"
            used = replace(setting, face=face)
            yield points.count_points(used, reference, count, chosen, **many)
    if variant:
        return
    if "busy" in parts and kind in points.PAUSES:
        count = Count("killed while busy", kind, setting.face)
        yield points.count_busy(setting, reference, count, **many)
    if "random" in parts:
        count = Count("killed at random", kind, setting.face)
        count.remark = f"seed {options.seed}"
        delays = points.random_delays(reference, options.rounds, options.seed)
        yield points.count_random(setting, reference, count, delays, **many)


def _disturbed(
    options: argparse.Namespace,
    setting: points.Setting,
    reference: points.Reference,
    kind: str,
    folder: Path,
) -> Iterator[Count]:
    """Play the scenarios of one kind of database."""
    empty = setting.project.folder.with_name("empty")
    if not empty.exists():
        Project(empty, chain=False)
    projects = (setting.project.at(empty), setting.project)
    for part in ("scenarios", "resuming"):
        if part in (options.part or PARTS):
            yield from stage.count_scenarios(
                part,
                options.keyword,
                kind,
                projects,
                reference,
                folder,
                options.databases,
            )


def replicas(
    options: argparse.Namespace, project: Project, folder: Path
) -> Iterator[Count]:
    """Start many upgrades at once."""
    number = options.rounds or (FULL_ROUNDS if options.full else ROUNDS)
    planned = rounds.plan(number, options.face)
    setting = points.Setting(project, options.face or "flask", {})
    for kind in options.server or KINDS:
        count = Count("undisturbed run", kind)
        try:
            reference = points.reference_of(setting, kind, folder)
            count.add("rows", reference.problem)
            yield count.end()
            if not reference.problem:
                yield from rounds.count_rounds(
                    setting, reference, kind, planned, folder
                )
        except NoServerError as reason:
            count.remark = f"not run: {reason}"
            yield count.end()
        except LaneError as problem:
            count.add("all", str(problem))
            yield count.end()


def main() -> int:
    """Run a program; the status is 1 when anything failed."""
    # Also where this was started in the background, which has SIGINT ignored.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    program = sys.argv.pop(1)
    options = parser(program).parse_args()
    vars(options).update(options.options)
    counts = []
    with tempfile.TemporaryDirectory(prefix="crash-") as name:
        folder = Path(os.path.realpath(name))
        project = Project(folder / "project")
        url = f"sqlite:///{(folder / 'first.db').as_posix()}"
        import_everything(project, {"CRASH_URL": url})
        for count in PROGRAMS[program](options, project, folder / "databases"):
            counts.append(count)
    if options.report:
        reports.write(counts, options.report)
    else:
        print("\n" + reports.layout({"this": counts}))
    return int(any(count.failed for count in counts))


PROGRAMS = {CRASH: crash, REPLICAS: replicas}

if __name__ == "__main__":
    sys.exit(guarded(main))
