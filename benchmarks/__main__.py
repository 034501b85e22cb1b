"""Compare this package with Flask-Migrate, and print a table.

``python -m benchmarks``, with the Python of an environment in which the package is
installed: ``make bench`` makes one. Both sides do the same on the same revisions, in
turn; printed are the medians, and the median of the ratios of the pairs, with the
smallest and the largest. All of it takes about ten minutes, ``--quick`` four;
on a busy machine twice that.

The exit status is 1 when a command failed or the two sides did not do the same. A
target that was missed does not change it: how fast a machine is, is no error.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import shutil
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Sequence

from tests.matrix.environments import STACKS_DIR, SetupError
from tests.matrix.session import guarded

from . import growth, page
from .environments import description, make_sides
from .projects import Workshop
from .results import Result, report
from .rows import ALL_ROWS, ROWS, Row, linearity


def choose(options: argparse.Namespace) -> list[Row]:
    """Return the rows that are asked for.

    :raises ValueError: when there are none.
    """
    rows = ALL_ROWS if options.rows or options.write else ROWS
    chosen = [
        row
        for row in rows
        if any(fnmatch.fnmatch(row.key, name) for name in options.rows or "*")
        and not (options.quick and row.is_slow)
    ]
    if not chosen:
        known = ", ".join(row.key for row in ALL_ROWS)
        raise ValueError(f"there are no such rows. There are: {known}.")
    # Making a history takes longer than most of what is measured on it.
    order = list(dict.fromkeys(row.history for row in chosen))
    return sorted(chosen, key=lambda row: order.index(row.history))


def measure(row: Row, workshop: Workshop, options: argparse.Namespace) -> Result:
    """Measure a row; what goes wrong is told in its line."""
    rounds = options.rounds or (min(row.rounds, 3) if options.quick else row.rounds)
    if row.is_slow:
        rounds = min(rounds, row.rounds)
    begin = time.monotonic()
    try:
        result = row.measure(workshop, rounds)
    except (RuntimeError, SetupError) as error:
        result = Result(row.key, row.title, "", "", problem=str(error))
    took = time.monotonic() - begin
    say(f"{row.key}: {rounds} rounds, {took:.0f} seconds")
    return result


def say(text: str) -> None:
    """Print a line of progress beside the table."""
    print(text, file=sys.stderr, flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what was asked for.

    :returns: the exit status.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--rows", nargs="+", metavar="ROW", help="only these; may have * and ?"
    )
    parser.add_argument("--rounds", type=int, metavar="N", help="pairs of each row")
    parser.add_argument(
        "--quick", action="store_true", help="3 rounds, and not what takes minutes"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all runs")
    parser.add_argument(
        "--write",
        action="store_true",
        help=f"measure the growth, too, and renew {page.PAGE.name} and {growth.NAME}",
    )
    options = parser.parse_args(argv)
    if options.write and (options.rows or options.quick):
        raise ValueError("--write is for all rows: leave out --rows and --quick.")
    rows = choose(options)
    say("setting up the environments")
    sides = make_sides()
    # Beside the environments: /tmp may be in memory, where a commit costs nothing.
    folder = Path(tempfile.mkdtemp(prefix="bench-work-", dir=str(STACKS_DIR)))
    try:
        workshop = Workshop(sides, folder)
        results = [measure(row, workshop, options) for row in rows]
    finally:
        shutil.rmtree(str(folder), ignore_errors=True)
    return hand_over(results, options)


def hand_over(results: Sequence[Result], options: argparse.Namespace) -> int:
    """Print the results and write what was asked for.

    :returns: the exit status.
    """
    extra = {row.key for row in ALL_ROWS if row.is_extra and not options.rows}
    lines = [result for result in results if result.key not in extra]
    grown = linearity(results)
    if grown is not None:
        place = [result.key for result in lines].index("current-10000")
        lines.insert(place + 1, grown)
    print(f"{description()}\n\n{report(lines)}")
    if options.json:
        text = json.dumps([asdict(result) for result in results], indent=1)
        options.json.write_text(text, encoding="utf-8")
    failed = any(result.problem for result in results)
    if options.write and failed:
        say(f"{page.PAGE.name} stays as it was: the sides do not do the same")
    elif options.write:
        page.write(lines, growth.curves(results), description())
        say(f"wrote {page.PAGE.name} and {growth.NAME}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(guarded(main))
