"""Measure how long ``flask-migrate-compat scan`` takes when nothing is old.

Run ``python -m benchmarks.scanning`` with the Python of an environment in which the
package and pyupgrade are installed: ``make bench`` makes one. Both read the same 1,000
files, copies of the modules of Python's standard library, in turn; pyupgrade is told
the oldest Python, so that it has next to nothing to change, and gets fresh copies each
time. Printed are the medians, and the median of the ratios of the pairs, with the
smallest and the largest. The scan uses every processor, pyupgrade one.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import statistics
import sys
import sysconfig
import tempfile
from pathlib import Path

from tests.matrix.environments import clean_environ

from .commands import in_turn, run
from .results import Sample, Spread


def modules() -> list[Path]:
    """Return the modules of the standard library that are all valid, in order."""
    library = Path(sysconfig.get_path("stdlib"))
    strange = {"site-packages", "test", "tests", "lib2to3"}
    return [
        path
        for path in sorted(library.rglob("*.py"))
        if not strange.intersection(path.relative_to(library).parts)
    ]


def copy(folder: Path, count: int) -> None:
    """Make a folder of so many modules; the first ones again when there are less."""
    for number, path in zip(range(count), itertools.cycle(modules())):
        shutil.copyfile(str(path), str(folder / f"module_{number:05}.py"))


def measure(count: int, rounds: int) -> list[tuple[Sample, Sample]]:
    """Return the samples of pyupgrade and of the scan.

    :raises RuntimeError: when one of them fails, or the scan does not see every file.
    """

    def once(side: int) -> Sample:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            copy(folder, count)
            files = sorted(os.listdir(name))
            program = [sys.executable, "-m"]
            if side:
                program += ["flask_migrate_compat.codemods.cli", "scan", "."]
            else:
                # Its status says whether it has changed something.
                program += ["pyupgrade", "--exit-zero-even-if-changed", *files]
            sample = run(program, folder, clean_environ())
        if sample.problem or (side and f"{count} files read" not in sample.output):
            said = sample.problem or sample.output[-300:]
            raise RuntimeError(f"{program[2]}: {said}")
        return sample

    return in_turn(once, rounds)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description="measure a scan that finds nothing")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", type=int, default=1000)
    options = parser.parse_args()
    pairs = measure(options.files, options.rounds)
    peer, ours = (statistics.median(one.wall for one in some) for some in zip(*pairs))
    ratio = Spread.of([other.wall / own.wall for other, own in pairs])
    print(f"{options.files} files, nothing old; {options.rounds} rounds; seconds")
    print(f"pyupgrade {peer:.2f}   scan {ours:.2f}   ratio {ratio}")


if __name__ == "__main__":
    main()
