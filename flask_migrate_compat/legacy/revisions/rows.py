"""Rows that are mappings too, as those of SQLAlchemy 1.x.

Deletable when no revision is left that reads ``row["name"]``. SQLAlchemy 1.4 gave the
ORM's rows, and 2.0 all rows, the behaviour of tuples: ``row["name"]`` and
``row[table.c.name]`` are errors, ``keys()``, ``values()`` and ``items()`` are gone, and
``"name" in row`` has become another question, which is mostly answered by ``False``.

Rows of a ``Query`` were tuples on 1.x as well; they get nothing but ``keys()``.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import exc
from sqlalchemy.engine import Engine, Row
from sqlalchemy.engine.cursor import CursorResultMetaData
from sqlalchemy.sql.elements import ColumnElement

from .patching import Patches
from .run import Run, called_by_library

_OLD = 'A row as a mapping, row["name"] or dict(row)'
_NEW = 'row._mapping["name"], row.name or dict(row._mapping)'


def install(patches: Patches) -> None:
    """Change ``Row``."""
    if hasattr(Engine, "execute"):
        return
    patches.method(Row, "__getitem__", _getitem)
    patches.method(Row, "__contains__", _contains)
    for name, make in (
        ("keys", _make_keys),
        ("values", _make_values),
        ("items", _make_items),
        ("has_key", _make_has_key),
    ):
        patches.attribute(Row, name, make)


def _is_core(row: Any) -> bool:
    return isinstance(row._parent, CursorResultMetaData)


def _getitem(run: Run, original: Any, self: Any, key: Any) -> Any:
    # bool and numpy integers are indexes as well: all that is not a name.
    if not isinstance(key, (str, ColumnElement)) or not _is_core(self):
        return original(self, key)
    run.report(_OLD, _NEW)
    try:
        return self._mapping[key]
    except exc.NoSuchColumnError:
        if isinstance(key, str) or not _is_textual(self, key.key):
            raise
        return self._mapping[key.key]


def _is_textual(row: Any, name: Any) -> bool:
    """Tell whether a column is of a textual statement, which has nothing but a name."""
    record = row._parent._keymap.get(name)
    return record is not None and not record[2]


def _has_key(row: Any, key: Any) -> bool:
    if isinstance(key, (str, ColumnElement)):
        try:
            return key in row._mapping or _is_textual(row, getattr(key, "key", None))
        except exc.InvalidRequestError:
            # The name of two columns.
            return True
    return False


def _contains(run: Run, original: Any, self: Any, key: Any) -> Any:
    """Answer ``"name" in row`` as 1.x did, and never in silence.

    Where the name is the value of another column, both answers make sense, one for an
    old script and one for a new one: nobody can tell which, so the revision stops.
    """
    is_name = isinstance(key, (str, ColumnElement))
    if not is_name or called_by_library() or not _is_core(self):
        return original(self, key)
    found = _has_key(self, key)
    if found:
        run.report('"name" in row', '"name" in row._mapping')
    elif isinstance(key, str) and original(self, key):
        raise run.refuse(
            f"{key!r} in row: False with SQLAlchemy 1.x, which looks for a column of"
            " that name; True with SQLAlchemy 2.0, which looks for a value",
            "'... in row._mapping' or '... in tuple(row)'",
        )
    return found


def _reserved(row: Any, name: str) -> None:
    """Let a column of that name be found, as 2.0 does."""
    if name in row._fields:
        raise AttributeError(name)


def _make_keys(run: Run, row: Any) -> Any:
    _reserved(row, "keys")

    def keys() -> list[str]:
        run.report(_OLD, _NEW)
        return list(row._fields)

    return keys


def _make_values(run: Run, row: Any) -> Any:
    _reserved(row, "values")

    def values() -> list[Any]:
        run.report(_OLD, _NEW)
        return list(row)

    return values


def _make_items(run: Run, row: Any) -> Any:
    _reserved(row, "items")

    def items() -> list[tuple[str, Any]]:
        run.report(_OLD, _NEW)
        return list(zip(row._fields, row))

    return items


def _make_has_key(run: Run, row: Any) -> Any:
    _reserved(row, "has_key")

    def has_key(key: Any) -> bool:
        run.report("row.has_key(name)", "name in row._mapping")
        return _has_key(row, key)

    return has_key
