"""What goes from an old ``env.py`` into the new one, and what keeps it from going."""

from __future__ import annotations

import symtable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Obstacle:
    """Something that cannot be carried over.

    :param line: where it is.
    :param what: what it is.
    :param reason: why it cannot, and what to do.
    """

    line: int
    what: str
    reason: str


@dataclass(frozen=True)
class Setting:
    """An argument of ``context.configure()``.

    :param code: as it is written in a call.
    :param keyword: its name, ``**`` for a dictionary.
    :param mode: ``online``, ``offline``, or nothing for both.
    """

    code: str
    keyword: str
    mode: str


@dataclass
class Plan:
    """What goes into the new file.

    :param header: comments above everything.
    :param docstring: the module's own one.
    :param future: imports from ``__future__``.
    :param first: statements that came before ``config``.
    :param second: statements between ``config`` and the set-up of logging.
    :param third: the other statements.
    :param settings: arguments of ``context.configure()``.
    :param two_phase: the value of ``USE_TWOPHASE`` when it was changed.
    :param is_logging: whether the file sets up logging.
    :param bound: the names that the carried statements bind.
    :param obstacles: why nothing of this is done.
    """

    header: list[str] = field(default_factory=list)
    docstring: str = ""
    future: list[str] = field(default_factory=list)
    first: list[str] = field(default_factory=list)
    second: list[str] = field(default_factory=list)
    third: list[str] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)
    two_phase: str = ""
    is_logging: bool = True
    bound: set[str] = field(default_factory=set)
    obstacles: list[Obstacle] = field(default_factory=list)


def names_in(code: str) -> tuple[set[str], set[str]]:
    """Return the names that some code binds in its module, and those that it uses."""
    bound: set[str] = set()
    used: set[str] = set()

    def look(table: symtable.SymbolTable, is_module: bool) -> None:
        for symbol in table.get_symbols():
            is_ours = is_module or symbol.is_global()
            if is_ours and symbol.is_referenced():
                used.add(symbol.get_name())
            if is_ours and (
                symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
            ):
                bound.add(symbol.get_name())
        for child in table.get_children():
            look(child, False)

    look(symtable.symtable(code + "\n", "env.py", "exec"), True)
    return bound, used
