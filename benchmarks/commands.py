"""Measure whole commands, ``flask db …``, from the start of Python to its end."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, TypeVar

from .projects import Project, Workshop
from .results import Result, Sample, from_pairs

Figures = TypeVar("Figures")
#: A file that ``revision -m x`` has written; its id is another one each time.
NEW_FILE = re.compile(r"[0-9a-f]{12}_x\.py")


def run(command: list[str], folder: Path, environ: dict[str, str]) -> Sample:
    """Run a command and measure it.

    The processor time is that of this one process and its children.

    :returns: the sample, with what was printed to the standard output.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        begin = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=str(folder),
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
        )
        try:
            cpu = wait(process)
        except BaseException:
            process.kill()
            raise
        wall = time.perf_counter() - begin
        for file in (output, errors):
            file.seek(0)
        problem = ""
        if process.returncode:
            lines = errors.read().decode("utf-8", "replace").split("\n")
            said = [line for line in lines if line.strip()]
            problem = f"the command failed: {said[-1] if said else 'no message'}"
        text = output.read().decode("utf-8", "replace")
    return Sample(wall, cpu, text, problem)


def wait(process: subprocess.Popen[bytes]) -> float | None:
    """Wait for the end of a process, and return its seconds of processor time."""
    if not hasattr(os, "wait4"):  # Windows
        process.wait()
        return None
    _, status, used = os.wait4(process.pid, 0)
    # Popen would wait for a process that is gone.
    process.returncode = 1 if status else 0
    return used.ru_utime + used.ru_stime


def in_turn(
    measure: Callable[[int], Figures], rounds: int, *, warm_up: bool = True
) -> list[tuple[Figures, Figures]]:
    """Measure both sides in turn, and return the pairs, Flask-Migrate's figures first.

    What else the machine does while a pair is measured touches both of it.

    :param measure: gets 0 for Flask-Migrate and 1 for this package.
    :param rounds: how many pairs are made.
    :param warm_up: whether one more is made first, which fills caches and is forgotten.
    """
    pairs = []
    for turn in range(-1 if warm_up else 0, rounds):
        # Who comes first has no advantage in the end.
        order = (0, 1) if turn % 2 else (1, 0)
        figures = {side: measure(side) for side in order}
        if turn >= 0:
            pairs.append((figures[0], figures[1]))
    return pairs


@dataclass(frozen=True)
class CommandRow:
    """Compare one command on one history.

    :param key: the name on the command line of this program.
    :param title: the name in the table.
    :param history: one of :data:`benchmarks.projects.HISTORIES`.
    :param arguments: what follows ``flask db``.
    :param target: how many times faster this package must be, if it must.
    :param rounds: how many pairs are run.
    :param has_same_output: whether both sides must print the same.
    :param is_slow: whether it takes minutes, so that ``--quick`` leaves it out.
    :param is_extra: whether only the growth curve needs it.
    """

    key: str
    title: str
    history: str
    arguments: tuple[str, ...]
    target: float | None = None
    rounds: int = 5
    has_same_output: bool = True
    is_slow: bool = False
    is_extra: bool = False

    def measure(self, workshop: Workshop, rounds: int) -> Result:
        """Run the command on both sides, in turn."""
        projects = workshop.projects(self.history)
        pairs = in_turn(
            lambda side: self._sample(projects[side]), rounds, warm_up=not self.is_slow
        )
        return from_pairs(self.key, self.title, pairs, self.target)

    def _sample(self, project: Project) -> Sample:
        command = project.command(*self.arguments)
        sample = run(command, project.folder, project.side.environ())
        project.remove_new_revisions()
        output = NEW_FILE.sub("NEW", project.anonymous(sample.output))
        if not self.has_same_output:
            output = ""
        return Sample(sample.wall, sample.cpu, output, sample.problem)
