"""``insert``, ``update`` and ``delete``, and statements that execute themselves.

Deletable when no revision is left that uses them so. SQLAlchemy 2.0 removed the
clauses that these functions, and the methods of tables, took as arguments; and
``statement.execute()``, which went to the engine that the tables were bound to.
"""

from __future__ import annotations

from typing import Any, Iterable

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.sql import expression, visitors
from sqlalchemy.sql.ddl import DDLElement

from .constructs import remember_bind, several
from .patching import Patches
from .run import Run

_ARGUMENTS = {
    "insert": ("values", "inline"),
    "update": ("whereclause", "values", "inline"),
    "delete": ("whereclause",),
}


def install(patches: Patches) -> None:
    """Change the functions, the methods of tables, and all statements."""
    if hasattr(Engine, "execute"):
        return
    for name in _ARGUMENTS:
        patches.function(getattr(sa, name), _function(name))
        patches.method(expression.TableClause, name, _method(name))
    patches.attribute(expression.Executable, "execute", _make_execute)
    patches.attribute(expression.Executable, "scalar", _make_scalar)


def _function(name: str) -> Any:
    def function(run: Run, original: Any, table: Any, *args: Any, **kwargs: Any) -> Any:
        if not args and not kwargs:
            return original(table)
        _report(run, f"{name}(table, ...)", f"{name}(table)")
        return _with_clauses(original(table), name, args, kwargs)

    return function


def _method(name: str) -> Any:
    def method(run: Run, original: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
        if not args and not kwargs:
            return original(self)
        _report(run, f"table.{name}(...)", f"table.{name}()")
        return _with_clauses(original(self), name, args, kwargs)

    return method


def _report(run: Run, old: str, new: str) -> None:
    clauses = ".values(...)" if "insert" in old else ".where(...)"
    clauses += " and .values(...)" if "update" in old else ""
    run.report(f"{old} with clauses as arguments", f"{new}, and {clauses}")


def _with_clauses(
    statement: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Apply the arguments of 1.x to a statement.

    :raises TypeError: when there are too many.
    """
    if len(args) > len(_ARGUMENTS[name]):
        raise TypeError(f"{name}() got too many arguments")
    given = {**dict(zip(_ARGUMENTS[name], args)), **kwargs}
    bind = given.pop("bind", None)
    ordered = given.pop("preserve_parameter_order", False)
    for key, value in given.items():
        if value is None or value is False:
            continue
        if key == "whereclause":
            statement = statement.where(*several(value))
        elif key == "values" and ordered:
            statement = statement.ordered_values(*value)
        elif key == "values":
            statement = statement.values(value)
        elif key == "inline":
            statement = statement.inline()
        elif key == "prefixes":
            statement = statement.prefix_with(*several(value))
        elif key in ("returning", "return_defaults"):
            columns = () if value is True else several(value)
            statement = getattr(statement, key)(*columns)
        else:
            # Those of one dialect, `mysql_limit` for example.
            statement = statement.with_dialect_options(**{key: value})
    return remember_bind(statement, bind)


# -- statements that execute themselves ------------------------------------------


def bind_of(statement: Any) -> Connection | Engine:
    """Return the engine or connection that a statement belongs to.

    :param statement: a statement.
    :raises sqlalchemy.exc.UnboundExecutionError: when there is none.
    """
    for element in _elements(statement):
        bind = getattr(element, "__dict__", {}).get("_legacy_bind")
        metadata = getattr(element, "metadata", None)
        if bind is None and metadata is not None:
            bind = vars(metadata).get("bind")
        if bind is not None:
            found: Connection | Engine = bind
            return found
    raise exc.UnboundExecutionError(
        f"This {type(statement).__name__} is not bound to an engine or a connection:"
        " write op.get_bind().execute(statement)."
    )


def _elements(statement: Any) -> Iterable[Any]:
    """Yield a statement, its table, and all that it is made of."""
    yield statement
    for name in ("table", "element"):
        if getattr(statement, name, None) is not None:
            yield getattr(statement, name)
    if hasattr(statement, "get_children"):
        yield from visitors.iterate(statement)


def _make_execute(run: Run, statement: Any) -> Any:
    if isinstance(statement, DDLElement):
        return _make_ddl_execute(run, statement)

    def execute(*args: Any, **kwargs: Any) -> Any:
        bind: Any = bind_of(statement)
        run.report("statement.execute()", "op.get_bind().execute(statement)")
        return bind.execute(statement, *args, **kwargs)

    return execute


def _make_scalar(run: Run, statement: Any) -> Any:
    def scalar(*args: Any, **kwargs: Any) -> Any:
        return _make_execute(run, statement)(*args, **kwargs).scalar()

    return scalar


def _make_ddl_execute(run: Run, statement: Any) -> Any:
    def execute(bind: Any = None, target: Any = None) -> Any:
        bind = bind if bind is not None else bind_of(statement)
        run.report("ddl.execute(bind)", "bind.execute(ddl)")
        if target is not None:
            statement_for_target = statement.against(target)
            return bind.execute(statement_for_target)
        return bind.execute(statement)

    return execute
