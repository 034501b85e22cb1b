"""Tables of names that were moved or removed: what :mod:`.renames` reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Mapping, Union


@dataclass(frozen=True)
class Moved:
    """A name that is somewhere else now.

    :param to: its new full name.
    :param blocks: the release in which the old one is gone.
    """

    to: str
    blocks: str


@dataclass(frozen=True)
class Gone:
    """A name without a successor that means the same.

    :param reason: what to write.
    :param blocks: the release in which it is gone.
    """

    reason: str
    blocks: str


#: Full name -> what became of it. ``a.b.*`` stands for all names below ``a.b``.
Table = Dict[str, Union[Moved, Gone]]


def moved(blocks: str, names: Mapping[str, str]) -> Table:
    """Make a table of names that were moved in one release."""
    return {old: Moved(new, blocks) for old, new in names.items()}


def moved_below(blocks: str, old: str, modules: Mapping[str, str]) -> Table:
    """Make a table of names that one module had, by the modules that have them now.

    :param old: the module that had them.
    :param modules: the new module -> the names, with blanks between.
    """
    return {
        f"{old}.{name}": Moved(f"{new}.{name}", blocks)
        for new, names in modules.items()
        for name in names.split()
    }


def gone(blocks: str, reason: str, *names: str) -> Table:
    """Make a table of names that share what to write for them."""
    return {name: Gone(reason, blocks) for name in names}


def gone_below(blocks: str, reason: str, names: str, *modules: str) -> Table:
    """Make a table of names that share what to write, in one module or several.

    :param names: with blanks between.
    :param modules: each had all of them.
    """
    full = [f"{module}.{name}" for module in modules for name in names.split()]
    return gone(blocks, reason, *full)
