"""Renew the figures of ``docs/performance.rst``, and the picture beside it."""

from __future__ import annotations

import datetime
from typing import Sequence

from tests.matrix.environments import ROOT
from tests.matrix.results import grid

from . import growth
from .results import HEAD, Result

PAGE = ROOT / "docs" / "performance.rst"
BEGIN = ".. The figures begin here, written by ``python -m benchmarks --write``."
END = ".. The figures end here."

ALTERNATIVE = "Processor time of heads, current and upgrade, against revisions"


def renewed(text: str, figures: str) -> str:
    """Return the page with other figures.

    :raises ValueError: when the page does not mark the place for them.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} has no place for the figures.")
    return f"{before}{BEGIN}\n\n{figures.strip()}\n\n{END}{after}"


def figures(results: Sequence[Result], description: str, day: datetime.date) -> str:
    """Return the table, and what it was measured on."""
    rows = [HEAD, *(result.cells() for result in results)]
    return "\n\n".join(
        [
            f"Measured on {day.isoformat()} with {description}.",
            grid(rows),
            f".. image:: {growth.NAME}\n   :alt: {ALTERNATIVE}",
        ]
    )


def write(
    results: Sequence[Result], lines: Sequence[growth.Curve], description: str
) -> None:
    """Write the page and the picture.

    :param results: the lines of the table.
    :param lines: the lines of the picture.
    :param description: the versions that were measured.
    """
    today = datetime.date.today()
    text = renewed(PAGE.read_text("utf-8"), figures(results, description, today))
    PAGE.write_text(text, encoding="utf-8")
    (PAGE.parent / growth.NAME).write_text(growth.draw(lines), encoding="utf-8")
