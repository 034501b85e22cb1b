"""What a report says at its end: a line per rule, and what is still in the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Sequence

from .engine import UNREADABLE
from .rule import Finding
from .rules import RULES

# Packages whose removals stand between a code base and SQLAlchemy 2; all others stand
# between it and Flask 3.
_DATABASE_PACKAGES = ("SQLAlchemy", "Flask-SQLAlchemy", "Alembic")
_HEAD = ("rule", "name", "places", "files", "rewrite", "by hand", "gone since")


@dataclass(frozen=True)
class Line:
    """The findings of one rule.

    :param code: of the rule.
    :param name: of the rule.
    :param places: how many findings.
    :param files: in how many files.
    :param rewritten: how many of them ``rewrite`` changes by itself.
    :param blocks: the releases that took the old forms away.
    """

    code: str
    name: str
    places: int
    files: int
    rewritten: int
    blocks: tuple[str, ...]

    @property
    def left(self) -> int:
        """Return how many are left to the user."""
        return self.places - self.rewritten


def lines(findings: Iterable[Finding]) -> list[Line]:
    """Return a line for each rule that found something, in the order of the codes."""
    names = {rule.code: rule.name for rule in RULES}
    names[UNREADABLE] = "not readable"
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    return [
        Line(
            code,
            names[code],
            len(some),
            len({one.path for one in some}),
            sum(one.is_rewritten for one in some),
            tuple(sorted({one.blocks for one in some} - {""})),
        )
        for code, some in sorted(by_rule.items())
    ]


def table(findings: Iterable[Finding]) -> str:
    """Return the lines as a table of text."""
    rows = [
        (
            *(line.code, line.name, str(line.places), str(line.files)),
            *(str(line.rewritten), str(line.left), ", ".join(line.blocks) or "-"),
        )
        for line in lines(findings)
    ]
    cells = [_HEAD, tuple("-" * len(title) for title in _HEAD), *rows]
    widths = [max(len(row[index]) for row in cells) for index in range(len(_HEAD))]
    numbers = range(2, 6)
    return "\n".join(
        "  ".join(
            cell.rjust(width) if index in numbers else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths))
        ).rstrip()
        for row in cells
    )


def closing_line(findings: Sequence[Finding], files: int) -> str:
    """Say what stands between the code base and today, and what rewrite does of it.

    :param findings: all of them.
    :param files: how many files were read.
    """
    read = f"{counted(files, 'file')} read"
    if not findings:
        return f"Nothing old was found, {read}."
    unreadable = sum(one.rule == UNREADABLE for one in findings)
    old = [one for one in findings if one.rule != UNREADABLE]
    blocking = [one for one in old if one.blocks]
    database = sum(_is_of_database(one) for one in blocking)
    parts = []
    if blocking:
        parts.append(
            f"Between this code base and Flask 3 stand"
            f" {counted(len(blocking) - database, 'place')},"
            f" between it and SQLAlchemy 2 {counted(database, 'place')}."
        )
    elif old:
        parts.append(
            "Nothing that was found stands between this code base and Flask 3 or"
            " SQLAlchemy 2."
        )
    if len(old) > len(blocking):
        parts.append(
            f"{counted(len(old) - len(blocking), 'place')} more could be modernised."
        )
    if old:
        rewritten = sum(one.is_rewritten for one in old)
        parts.append(
            f"'flask-migrate-compat rewrite' changes {rewritten} of these {len(old)} by"
            f" itself; {len(old) - rewritten} are left to you."
        )
    if unreadable:
        parts.append(
            f"{counted(unreadable, 'file')} could not be read: look there too."
        )
    return f"{' '.join(parts)} ({read})"


def _is_of_database(finding: Finding) -> bool:
    return finding.blocks.rpartition(" ")[0] in _DATABASE_PACKAGES


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 file``, ``2 files``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
