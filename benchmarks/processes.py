"""Measure what happens inside a process: ``Migrate(app, db)``, and long upgrades."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .commands import in_turn, run
from .environments import Side
from .projects import Project, Workshop
from .results import Result, Sample, from_pairs

HERE = Path(__file__).parent


def run_script(name: str, side: Side, folder: Path) -> dict[str, Any]:
    """Run one of the scripts in this folder, and return what it printed.

    :raises RuntimeError: when it fails.
    """
    command = [str(side.python), str(HERE / name), side.module]
    sample = run(command, folder, side.environ())
    if sample.problem:
        raise RuntimeError(f"{name} for {side.name}: {sample.problem}")
    return dict(json.loads(sample.output.splitlines()[-1]))


@dataclass(frozen=True)
class WorkerRow:
    """Count what ``Migrate(app, db)`` costs a process that only serves requests.

    :param modules: how many modules of our own it may load.
    :param milliseconds: how much processor time it may take.
    """

    key: str
    title: str
    modules: int
    milliseconds: float
    rounds: int = 9
    history: str = ""
    is_slow: bool = False
    is_extra: bool = False

    def measure(self, workshop: Workshop, rounds: int) -> Result:
        """Start both workers, in turn."""
        pairs = in_turn(
            lambda side: run_script("worker.py", workshop.sides[side], workshop.folder),
            rounds,
        )
        peer, ours = (list(runs) for runs in zip(*pairs))
        last = ours[-1]
        took = statistics.median(figures["cpu"] for figures in ours) * 1000
        samples = [(_sample(one), _sample(other)) for one, other in pairs]
        result = from_pairs(self.key, self.title, samples, None)
        return replace(
            result,
            peer=worker_text(peer),
            ours=f"{worker_text(ours)}; own: {len(last['own'])}"
            f" + {len(last['own before'])} at the start",
            target=f"{self.modules} own, no Alembic or Mako, {self.milliseconds:g} ms",
            is_reached=len(last["own"]) <= self.modules
            and not last["unwanted"]
            and took < self.milliseconds,
            samples={"peer": peer, "ours": ours},
        )


def _sample(figures: dict[str, Any]) -> Sample:
    contents = "\n".join(figures.get("contents", ()))
    return Sample(figures["wall"], figures["cpu"], contents)


def worker_text(runs: list[dict[str, Any]]) -> str:
    """Return the medians of what was counted, as text."""
    took = statistics.median(figures["cpu"] for figures in runs) * 1000
    memory = statistics.median(figures["mebibytes"] for figures in runs)
    return f"{took:.1f} ms, {runs[-1]['modules']} modules, {memory:.1f} MiB"


@dataclass(frozen=True)
class UpgradeRow:
    """Compare upgrades of a fresh SQLite database, in process.

    :param history: one of :data:`benchmarks.projects.HISTORIES`.
    :param target: how many times faster this package must be.
    """

    key: str
    title: str
    history: str
    target: float
    rounds: int = 5
    is_slow: bool = False
    is_extra: bool = False

    def measure(self, workshop: Workshop, rounds: int) -> Result:
        """Upgrade with both, in turn."""
        projects = workshop.projects(self.history)
        pairs = in_turn(lambda side: upgrade(projects[side]), rounds)
        # Two thirds of what Flask-Migrate takes are commits, one for each revision.
        return from_pairs(self.key, self.title, pairs, self.target, is_waiting=True)


def upgrade(project: Project) -> Sample:
    """Upgrade a fresh database; what is in it then is the output."""
    project.database.unlink()
    return _sample(run_script("upgrading.py", project.side, project.folder))
