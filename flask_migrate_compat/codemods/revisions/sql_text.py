"""Literals of SQL: what ``sa.text`` makes of them, and how to say what is meant."""

from __future__ import annotations

import re
from typing import Iterable, Mapping

import libcst as cst

# How releases of SQLAlchemy find parameters in a text: 1.0 to 2.0, when a text is made
# and when it is compiled, and 2.1.
_PARAMETERS = (
    re.compile(r"(?<![:\w\\]):(\w+)(?!:)"),
    re.compile(r"(?<![:\w$\\]):([\w$]+)(?![:\w$])"),
    re.compile(r"(?<![:\w\\]):(\w+)(?![:\w])"),
)
# How they take the backslash off a colon that is none: 1.0 to 2.0, and 2.1.
_ESCAPED = (
    re.compile(r"\\(:[\w$]*)(?![:\w$])"),
    re.compile(r"\\(:\w*)(?![:\w])"),
)
# One character of a literal, as it is written.
_UNIT = re.compile(
    r"\\(?:\r\n|[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\}|.)"
    r"|\r\n|.",
    re.DOTALL,
)
_RAW_UNIT = re.compile(r"\r\n|.", re.DOTALL)

_READS = re.compile(r"\s*(?:select|show|pragma|explain|values)\b", re.IGNORECASE)


def escapes(text: str) -> set[int] | None:
    """Return where a text needs a backslash for ``sa.text`` to send it as it is.

    :param text: SQL without parameters.
    :returns: the places of the colons; nothing when no backslash helps.
    """
    places = {one.start() for kind in _PARAMETERS for one in kind.finditer(text)}
    places |= {one.start() + 1 for kind in _ESCAPED for one in kind.finditer(text)}
    return places if sent(_with("\\", text, places)) == text else None


def sent(text: str) -> str | None:
    """Return what ``sa.text`` sends.

    :returns: nothing when it finds a parameter, or when releases differ.
    """
    if any(kind.search(text) for kind in _PARAMETERS):
        return None
    first, second = (kind.sub(lambda found: found[1], text) for kind in _ESCAPED)
    return first if first == second else None


def leaves(node: cst.CSTNode) -> list[cst.SimpleString] | None:
    """Return the parts of a literal of several; nothing for what is no literal."""
    if isinstance(node, cst.SimpleString):
        return None if "b" in node.prefix else [node]
    if isinstance(node, cst.ConcatenatedString) or (
        isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add)
    ):
        left, right = leaves(node.left), leaves(node.right)
        return None if left is None or right is None else left + right
    return None


def literal(node: cst.CSTNode) -> str | None:
    """Return the text of a literal, of several with or without ``+`` too."""
    found = leaves(node)
    return None if found is None else "".join(str(one.evaluated_value) for one in found)


def is_reading(node: cst.CSTNode) -> bool:
    """Tell whether a literal is SQL that only reads."""
    text = literal(node)
    return text is not None and bool(_READS.match(text))


def escaped(node: cst.BaseExpression) -> cst.BaseExpression | None:
    """Return a literal that ``sa.text`` sends as what it is now.

    :param node: a literal without parameters.
    :returns: nothing when that cannot be written.
    """
    text = literal(node)
    places = escapes(text) if text is not None else None
    if text is None or places is None:
        return None
    if not places:
        return node
    start = 0
    new: dict[cst.CSTNode, cst.SimpleString] = {}
    for leaf in leaves(node) or ():
        value = str(leaf.evaluated_value)
        mine = {at - start for at in places if 0 <= at - start < len(value)}
        start += len(value)
        other = _with_backslashes(leaf, value, mine)
        if other is None:
            return None
        new[leaf] = other
    return _replaced(node, new)


def _with_backslashes(
    leaf: cst.SimpleString, value: str, places: set[int]
) -> cst.SimpleString | None:
    """Return a literal with a backslash before some of its characters."""
    units = _units(leaf)
    if units is None or len(units) != len(value):
        return None
    backslash = "\\" if "r" in leaf.prefix else "\\\\"
    body = _with(backslash, units, places)
    new = leaf.with_changes(value=f"{_prefix(leaf)}{leaf.quote}{body}{leaf.quote}")
    return new if new.evaluated_value == _with("\\", value, places) else None


def _with(backslash: str, characters: Iterable[str], places: set[int]) -> str:
    return "".join(
        backslash + one if at in places else one for at, one in enumerate(characters)
    )


def _replaced(
    node: cst.BaseExpression, new: Mapping[cst.CSTNode, cst.BaseExpression]
) -> cst.BaseExpression:
    """Return a literal of several with other parts."""
    if isinstance(node, (cst.ConcatenatedString, cst.BinaryOperation)):
        return node.with_changes(
            left=_replaced(node.left, new), right=_replaced(node.right, new)
        )
    return new[node]


def _prefix(leaf: cst.SimpleString) -> str:
    """Return the letters before the quotes, as they are written."""
    return leaf.value[: len(leaf.prefix)]


def _units(leaf: cst.SimpleString) -> list[str] | None:
    """Return the characters of a literal as they are written."""
    body = leaf.value[len(leaf.prefix) + len(leaf.quote) : -len(leaf.quote)]
    if "r" in leaf.prefix:
        return _RAW_UNIT.findall(body)
    units: list[str] = []
    waiting = ""
    for unit in _UNIT.findall(body):
        if unit in ("\\\n", "\\\r\n", "\\\r"):
            # A line that goes on is no character; it stays before the next one.
            waiting += unit
        else:
            units.append(waiting + unit)
            waiting = ""
    if waiting:
        if not units:
            return None
        units[-1] += waiting
    return units
