"""Read the results of pytest and lay them out as a table."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Sequence

from .environments import Environment, clean_environ

RUN_TIMEOUT = 1500
#: Set when the whole run is to end: whatever runs is killed, nothing new starts.
STOP = threading.Event()
_ERROR = re.compile(r"(ERROR |Error: |[\w.]+(Error|Exception|Exit)\b)")


@dataclass(frozen=True)
class Case:
    """Hold the outcome of one test: passed, failed or skipped.

    :param name: ``module.Class.function``, without the folder.
    :param detail: the failure as pytest prints it.
    :param output: what a failed test, and the processes it started, printed.
    """

    name: str
    outcome: str
    detail: str = ""
    output: str = ""

    @property
    def reason(self) -> str:
        """Return the failure as one line, with the last error that was printed.

        A test of a command often says only that the status was not 0.
        """
        lines = [line for line in self.detail.splitlines() if line.strip()]
        printed = [line for line in self.output.splitlines() if _ERROR.match(line)]
        parts = lines[:1] + printed[-1:]
        return " <- ".join(part.strip()[:160] for part in parts)


@dataclass
class Outcome:
    """Hold the outcome of one run of pytest.

    :param problem: why there are no usable results, when there are none.
    """

    cases: list[Case] = field(default_factory=list)
    seconds: float = 0.0
    problem: str = ""

    def count(self, outcome: str) -> int:
        """Return how many tests ended this way."""
        return Counter(case.outcome for case in self.cases)[outcome]

    @property
    def ok(self) -> bool:
        """Tell whether everything that ran passed, and something did run."""
        return not self.problem and not self.count("failed")


def read_junit(text: str) -> list[Case]:
    """Return the cases of a JUnit report; an error in set-up counts as failed."""
    cases = []
    for element in ElementTree.fromstring(text).iter("testcase"):
        outcome, detail = "passed", ""
        for child in element:
            if child.tag in ("failure", "error"):
                outcome = "failed"
                detail = f"{child.get('message', '')}\n{child.text or ''}"
            elif child.tag == "skipped" and outcome == "passed":
                outcome, detail = "skipped", child.get("message", "")
        place = element.get("classname", "").split(".")
        if place[0] == "tests" and len(place) > 1:
            del place[0]
        name = ".".join([*filter(None, place), element.get("name", "")])
        printed = "\n".join(
            child.text or ""
            for child in element
            if child.tag in ("system-out", "system-err") and outcome == "failed"
        )
        cases.append(Case(name, outcome, detail, printed))
    return cases


def run_pytest(
    environment: Environment,
    arguments: Sequence[str],
    *,
    cwd: Path,
    log: Path,
    timeout: float = RUN_TIMEOUT,
) -> Outcome:
    """Run pytest with the Python of an environment and return what came of it."""
    report = cwd.parent / f"{cwd.name}.junit.xml"
    command = [str(environment.python), "-m", "pytest", "-p", "no:cacheprovider"]
    command += ["-o", "junit_family=xunit1", "-o", "junit_logging=all"]
    command += [f"--junitxml={report}", *arguments]
    started = time.monotonic()
    with log.open("w", encoding="utf-8") as output:
        status = _run_group(command, cwd, stack_environ(environment), output, timeout)
    outcome = Outcome(seconds=time.monotonic() - started)
    if status is None:
        outcome.problem = f"stopped after {outcome.seconds:.0f} seconds"
    elif status not in (0, 1) or not report.exists():
        outcome.problem = f"pytest ended with status {status}"
    if report.exists():
        outcome.cases = read_junit(report.read_text(encoding="utf-8"))
    return outcome


def stack_environ(environment: Environment) -> dict[str, str]:
    """Return the environment in which the tests of a stack run.

    The commands of the stack come first on PATH, because tests call ``flask``.
    """
    environ = clean_environ()
    environ["PATH"] = os.pathsep.join([str(environment.bin), environ.get("PATH", "")])
    environ["VIRTUAL_ENV"] = str(environment.folder)
    return environ


def _run_group(
    command: Sequence[str],
    cwd: Path,
    env: dict[str, str],
    output: IO[str],
    timeout: float,
) -> int | None:
    """Run a command in its own process group; ``None`` when it was stopped.

    Tests start processes of their own, and those must not outlive a run that takes
    too long or is interrupted.
    """
    process = subprocess.Popen(
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=str(cwd),
        env=env,
        start_new_session=True,
    )
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline and not STOP.is_set():
        try:
            return process.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            continue
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
    return None


def table(rows: Sequence[Sequence[object]]) -> str:
    """Lay out rows of cells; the first row is the head, numbers go to the right.

    A row of two cells is a name and a remark that runs over the other columns.
    """
    texts = [[str(cell) for cell in row] for row in rows]
    full = [row for row in texts if len(row) == len(texts[0])]
    widths = [max(len(row[i]) for row in full) for i in range(len(texts[0]))]
    widths[0] = max(len(row[0]) for row in texts)
    numeric = [
        all(row[i].isdigit() for row in full[1:]) and len(full) > 1
        for i in range(len(widths))
    ]
    lines = []
    for row in texts:
        remark = len(row) < len(widths)
        cells = [
            cell.rjust(width) if right and not remark else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric)
        ]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def grid(rows: Sequence[Sequence[str]]) -> str:
    """Lay out a simple table of reStructuredText."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    rule = "  ".join("=" * width for width in widths)
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip()
        for row in rows
    ]
    return "\n".join([rule, lines[0], rule, *lines[1:], rule])
