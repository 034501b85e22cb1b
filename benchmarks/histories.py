"""Make histories of revisions, of any length and shape, and write them as scripts."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Sequence

SCRIPT = '''\
"""Revision {number}

Revision ID: {identifier}
Revises: {follows}
Create Date: 2024-01-01 12:00:00

"""
import sqlalchemy as sa
from alembic import op

revision = {identifier!r}
down_revision = {down_revision!r}
branch_labels = None
depends_on = None


def upgrade():
    {upgrade}


def downgrade():
    {downgrade}
'''


@dataclass(frozen=True)
class Revision:
    """Hold one revision.

    :param number: its place in the history, from 1.
    :param identifier: its id: hexadecimal, so that files are not sorted by age.
    :param follows: the ids before it; a merge has several.
    """

    number: int
    identifier: str
    follows: tuple[str, ...]


History = Sequence[Revision]


def linear(revisions: int) -> History:
    """Return a history in which each revision follows the one before it."""
    history: list[Revision] = []
    for _ in range(revisions):
        _add(history, (history[-1].identifier,) if history else ())
    return history


def branched(revisions: int, rounds: int, branches: int) -> History:
    """Return a history that branches and is merged again, several times.

    From one revision start the branches, a merge of all of them ends the round, and
    from it start the branches of the next.

    :param revisions: how many there are in all; the branches share what is left.
    :param rounds: how often that is repeated.
    :param branches: how many branches a round has.
    """
    each, longer = divmod(revisions - 1 - rounds, rounds * branches)
    if each < 1:
        raise ValueError("there are not enough revisions for so many branches")
    history: list[Revision] = []
    start = _add(history, ())
    for turn in range(rounds):
        ends = []
        for branch in range(branches):
            last = start
            for _ in range(each + (turn * branches + branch < longer)):
                last = _add(history, (last,))
            ends.append(last)
        start = _add(history, tuple(ends))
    return history


def _add(history: list[Revision], follows: tuple[str, ...]) -> str:
    number = len(history) + 1
    identifier = hashlib.sha256(b"%d" % number).hexdigest()[:12]
    history.append(Revision(number, identifier, follows))
    return identifier


def heads(history: History) -> list[str]:
    """Return the ids that no revision follows."""
    followed = {before for revision in history for before in revision.follows}
    return [r.identifier for r in history if r.identifier not in followed]


Statements = Callable[[Revision], "tuple[str, str]"]


def create_table(revision: Revision) -> tuple[str, str]:
    """Return the statements of a revision that makes one table."""
    name = f"table_{revision.number}"
    return (
        f'op.create_table("{name}", sa.Column("id", sa.Integer, primary_key=True),'
        ' sa.Column("name", sa.String(80)))',
        f'op.drop_table("{name}")',
    )


def nothing(revision: Revision) -> tuple[str, str]:
    """Return the statements of a revision that does nothing."""
    return "pass", "pass"


def script(revision: Revision, statements: Statements = create_table) -> str:
    """Return the text of a revision script."""
    upgrade, downgrade = statements(revision)
    one = revision.follows[0] if revision.follows else None
    return SCRIPT.format(
        number=revision.number,
        identifier=revision.identifier,
        follows=", ".join(revision.follows),
        down_revision=revision.follows if len(revision.follows) > 1 else one,
        upgrade=upgrade,
        downgrade=downgrade,
    )


def write(history: History, folder: Path, statements: Statements) -> None:
    """Write the scripts of a history into a folder ``versions``."""
    for revision in history:
        path = folder / f"{revision.identifier}_revision_{revision.number}.py"
        path.write_text(script(revision, statements), encoding="utf-8")
