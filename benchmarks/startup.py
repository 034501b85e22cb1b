"""Measure what the start-up file costs an interpreter.

Run ``python benchmarks/startup.py`` with the Python of an environment in which the
package is installed. It starts the interpreter in turn without and with the start-up
file, many times, and prints medians. Exit status 1: the difference is not below the
limit.

It counts the processor time of the new process where the system tells it: a machine
that is busy with other things then gives the same result as an idle one, or nearly.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import flask_migrate_compat

try:
    import resource
except ImportError:  # Windows
    resource = None

PACKAGE = Path(flask_migrate_compat.__file__).parent
# In the source tree it lies in the package, where it is installed beside it.
START_UP = PACKAGE / "legacy" / "flask_migrate_compat.pth"
if not START_UP.exists():
    START_UP = PACKAGE.parent / START_UP.name
# The first starts fill the caches of the file system.
WARM_UP = 10


def main() -> int:
    """Compare the two starts and print the result.

    :returns: the exit status.
    """
    parser = argparse.ArgumentParser(description="measure the start-up file")
    parser.add_argument("--runs", type=int, default=300, help="starts of each kind")
    parser.add_argument("--limit", type=float, default=1.0, help="in milliseconds")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        without, with_it = measure(Path(folder), options.runs)
    # Each pair of starts follows within milliseconds: what else the machine does
    # then touches both, and not their difference.
    cost = statistics.median(b - a for a, b in zip(without, with_it))
    print(f"Python {sys.version.split()[0]}, {options.runs} starts of each kind")
    print(f"without the start-up file {statistics.median(without):8.3f} ms (median)")
    print(f"with the start-up file    {statistics.median(with_it):8.3f} ms (median)")
    print(f"difference in a pair      {cost:8.3f} ms (median)")
    print(f"limit                     {options.limit:8.3f} ms")
    return 0 if cost < options.limit else 1


def measure(folder: Path, runs: int) -> tuple[list[float], list[float]]:
    """Start the interpreter without and with the start-up file, in turn.

    The environment is not changed. Both kinds of start read one ``.pth`` file of the
    same size, each from a folder of its own; in the first it is a comment.

    :param folder: an empty folder.
    :param runs: how often each kind is started.
    :returns: the milliseconds of each start without, and with.
    :raises SystemExit: when the start-up file has no effect.
    """
    line = START_UP.read_text()
    starts = [
        _start(folder / "without", "#" * len(line)),
        _start(folder / "with", line),
    ]
    check = [*starts[1][0]]
    check[-1] += "; import sys; sys.exit(not hasattr(sys.meta_path[0], 'served'))"
    if subprocess.run(check, env=starts[1][1]).returncode:
        raise SystemExit("the start-up file installs nothing here: nothing to measure")
    times: list[list[float]] = [[], []]
    for run in range(runs + WARM_UP):
        for kind, (command, environment) in enumerate(starts):
            begin = _clock()
            subprocess.run(command, env=environment, check=True)
            if run >= WARM_UP:
                times[kind].append((_clock() - begin) * 1000)
    return times[0], times[1]


def _clock() -> float:
    """Return the seconds that the child processes have used, or those of the clock."""
    if resource is None:
        return time.perf_counter()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _start(folder: Path, line: str) -> tuple[list[str], dict[str, str]]:
    folder.mkdir()
    (folder / START_UP.name).write_text(line)
    code = f"import site; site.addsitedir({str(folder)!r})"
    # -S: the .pth files of the environment itself would run in both kinds.
    command = [sys.executable, "-S", "-c", code]
    return command, {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}


if __name__ == "__main__":
    sys.exit(main())
