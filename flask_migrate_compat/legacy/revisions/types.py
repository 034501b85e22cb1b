"""Types with the arguments that they had in SQLAlchemy 1.x.

Deletable when no revision is left that gives them. SQLAlchemy 2.0 removed the
``convert_unicode`` and ``unicode_error`` of strings, and the ``quoting`` of MySQL's
ENUM and SET. None of them has an effect on the schema.
"""

from __future__ import annotations

import inspect
from typing import Any

import sqlalchemy as sa

from .patching import Patches
from .run import Run, current

_STRING = ("convert_unicode", "unicode_error", "_warn_on_bytestring")


def install(patches: Patches) -> None:
    """Change ``String``, and MySQL's ENUM and SET."""
    from sqlalchemy.dialects import mysql

    if "convert_unicode" in inspect.signature(sa.String).parameters:
        return
    patches.replace(sa.String, "__init__", _string(sa.String.__init__))
    patches.method(mysql.ENUM, "__init__", _enumerated)
    patches.method(mysql.SET, "__init__", _enumerated)


def _string(original: Any) -> Any:
    # Copies of a type are made from the names of the arguments of its __init__, which
    # must therefore stay what they are.
    def __init__(
        self: Any,
        length: Any = None,
        collation: Any = None,
        **kwargs: Any,
    ) -> None:
        run = current()
        old = [name for name in _STRING if name in kwargs]
        if run is not None and old:
            names = ", ".join(f"{name}=" for name in old)
            run.report(f"{type(self).__name__}({names})", "the type without it")
            for name in old:
                del kwargs[name]
        original(self, length, collation, **kwargs)

    return __init__


def _enumerated(
    run: Run, original: Any, self: Any, *values: Any, **kwargs: Any
) -> None:
    """Take the quotes off quoted values, as 1.x did, with ``quoting`` and without."""
    quoting = kwargs.pop("quoting", "auto")
    quoted = quoting == "quoted" or (quoting == "auto" and _are_quoted(values))
    if "quoting" in kwargs or quoted or quoting != "auto":
        run.report(
            f"{type(self).__name__}(quoting=) and quoted values",
            f"{type(self).__name__}('a', 'b')",
        )
    if quoted:
        values = tuple(_unquote(value) for value in values)
    original(self, *values, **kwargs)


def _are_quoted(values: tuple[Any, ...]) -> bool:
    """Tell whether all values are in the same quotes."""
    if not values or not all(isinstance(one, str) and len(one) > 1 for one in values):
        return False
    quote = values[0][0]
    return quote in "'\"" and all(one[0] == quote == one[-1] for one in values)


def _unquote(value: str) -> str:
    quote = value[:1]
    if quote not in ("'", '"'):
        return value
    return value[1:-1].replace(quote * 2, quote)
