"""``select``, ``text``, ``case`` and ``exists`` with the arguments of SQLAlchemy 1.x.

Deletable when no revision is left that calls them so. SQLAlchemy 1.4 removed most
arguments of ``text()``; 2.0 removed ``select([...], whereclause, from_obj=...)``,
``case([...])``, ``exists([...])``, ``with_only_columns([...])`` and the clauses that
``table.select()`` took.
"""

from __future__ import annotations

import inspect
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.sql import expression

from .patching import Patches
from .run import Run

_IS_1X = hasattr(Engine, "execute")

# The arguments of select() in 1.3, in their order; the others came by name.
_ARGUMENTS = (
    "columns",
    "whereclause",
    "from_obj",
    "distinct",
    "having",
    "correlate",
    "prefixes",
    "suffixes",
)
# Name of an argument -> name of the method that takes its values today.
_CLAUSES = {
    "from_obj": "select_from",
    "prefixes": "prefix_with",
    "suffixes": "suffix_with",
    "order_by": "order_by",
    "group_by": "group_by",
    "limit": "limit",
    "offset": "offset",
    "having": "having",
    "whereclause": "where",
}


def install(patches: Patches) -> None:
    """Change the functions, and the methods of the same meaning."""
    if "bindparams" not in inspect.signature(sa.text).parameters:
        patches.function(sa.text, _text)
    patches.attribute(expression.FromClause, "count", _make_count)
    patches.function(sa.case, _case)
    if _IS_1X:
        return
    patches.function(sa.select, _select)
    patches.function(sa.exists, _exists)
    patches.method(expression.FromClause, "select", _select_of)
    patches.method(expression.Join, "select", _select_of)
    patches.method(expression.Select, "with_only_columns", _with_only_columns)


def remember_bind(statement: Any, bind: Any) -> Any:
    """Note the engine or connection that a statement was made for; return it.

    :param statement: the statement.
    :param bind: the engine or connection, or ``None``.
    """
    if bind is not None:
        vars(statement)["_legacy_bind"] = bind
    return statement


def several(value: Any) -> tuple[Any, ...]:
    """Return the values of an argument that took one or a list.

    :param value: one value, or a list, tuple or set of them.
    """
    if isinstance(value, (list, tuple, set, frozenset)):
        return tuple(value)
    return (value,)


# -- select ----------------------------------------------------------------------


def _is_columns(value: Any) -> bool:
    """Tell whether the first argument of ``select()`` is the list that 1.x took."""
    if value is None or isinstance(value, (list, tuple, set, frozenset)):
        return True
    return inspect.isgenerator(value) or isinstance(value, expression.ColumnCollection)


def _select(run: Run, original: Any, *args: Any, **kwargs: Any) -> Any:
    if not kwargs and not (args and _is_columns(args[0])):
        return original(*args)
    run.report("select([a, b], ...)", "select(a, b), with .where() and so on")
    return _old_select(original, *args, **kwargs)


def _old_select(select: Any, *args: Any, **kwargs: Any) -> Any:
    given = {**dict(zip(_ARGUMENTS, args)), **kwargs}
    columns = given.pop("columns", None)
    bind = given.pop("bind", None)
    statement = select(*([] if columns is None else columns))
    return remember_bind(_with_clauses(statement, given), bind)


def _with_clauses(statement: Any, given: dict[str, Any]) -> Any:
    """Apply clauses that 1.x took as arguments.

    :param statement: a ``Select``.
    :param given: the arguments by name.
    :raises TypeError: when 1.x had no such argument.
    """
    for name, value in given.items():
        if value is None or (value is False and name != "correlate"):
            continue
        if name in _CLAUSES:
            statement = getattr(statement, _CLAUSES[name])(*several(value))
        elif name == "distinct":
            columns = () if value is True else several(value)
            statement = statement.distinct(*columns)
        elif name == "correlate":
            statement = statement if value is not False else statement.correlate(None)
        elif name == "use_labels":
            style = sa.LABEL_STYLE_TABLENAME_PLUS_COL
            statement = statement.set_label_style(style)
        elif name == "for_update":
            statement = _for_update(statement, value)
        elif name == "autocommit":
            statement = statement.execution_options(autocommit=value)
        else:
            raise TypeError(f"select() got an unexpected keyword argument {name!r}")
    return statement


def _for_update(statement: Any, value: Any) -> Any:
    options = {
        "nowait": {"nowait": True},
        "read": {"read": True},
        "read_nowait": {"read": True, "nowait": True},
    }
    return statement.with_for_update(**options.get(value, {}))


def _select_of(run: Run, original: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
    if not args and not kwargs:
        return original(self)
    run.report("table.select(whereclause)", "table.select().where(...)")
    # A join took `fold_equivalents` there, which had no effect.
    kwargs.pop("fold_equivalents", None)
    given = {**dict(zip(("whereclause",), args)), **kwargs}
    bind = given.pop("bind", None)
    return remember_bind(_with_clauses(original(self), given), bind)


def _with_only_columns(
    run: Run, original: Any, self: Any, *args: Any, **kwargs: Any
) -> Any:
    if len(args) == 1 and _is_columns(args[0]):
        run.report("with_only_columns([a, b])", "with_only_columns(a, b)")
        args = tuple(args[0])
    return original(self, *args, **kwargs)


def _make_count(run: Run, table: Any) -> Any:
    def count(whereclause: Any = None, **options: Any) -> Any:
        run.report(
            "table.count()",
            "sa.select(sa.func.count()).select_from(table)",
            "SQLAlchemy 1.4",
        )
        column = next(iter(table.primary_key or table.c))
        counted = sa.func.count(column).label("tbl_row_count")
        # In the form that every release from 1.4 on has.
        statement = sa.select(counted).select_from(table)
        return _with_clauses(statement, {"whereclause": whereclause, **options})

    return count


# -- text, case, exists ----------------------------------------------------------


def _text(
    run: Run,
    original: Any,
    text: Any = "",
    bind: Any = None,
    bindparams: Any = None,
    typemap: Any = None,
    autocommit: Any = None,
) -> Any:
    if bind is not None and "bind" in inspect.signature(original).parameters:
        # 1.4, which has removed the others alone.
        statement, bind = original(text, bind=bind), None
    else:
        statement = original(text)
    if bind is None and bindparams is None and typemap is None and autocommit is None:
        return statement
    run.report(
        "text(..., bind=, bindparams=, typemap=, autocommit=)",
        "text(...).bindparams(...), .columns(...), .execution_options(...)",
        "SQLAlchemy 1.4 and 2.0",
    )
    if bindparams is not None:
        statement = statement.bindparams(*bindparams)
    if autocommit is not None:
        statement = statement.execution_options(autocommit=autocommit)
    if typemap is not None:
        statement = statement.columns(**typemap)
    return remember_bind(statement, bind)


def _case(run: Run, original: Any, *args: Any, **kwargs: Any) -> Any:
    if "whens" in kwargs and not _IS_1X:
        args = (kwargs.pop("whens"), *args)
    elif not args or not _is_whens(args):
        return original(*args, **kwargs)
    run.report("case([(condition, value)], ...)", "case((condition, value), ...)")
    whens, others = args[0], args[1:]
    given = {**dict(zip(("value", "else_"), others)), **kwargs}
    if isinstance(whens, dict):
        return original(whens, **given)
    return original(*whens, **given)


def _is_whens(args: tuple[Any, ...]) -> bool:
    """Tell whether ``case()`` got its cases as one list, as 1.x wanted them."""
    first = args[0]
    if isinstance(first, dict):
        return len(args) > 1
    if _IS_1X:
        # 1.4 takes both forms, save this one.
        return False
    if isinstance(first, tuple):
        return bool(first) and all(isinstance(one, tuple) for one in first)
    return isinstance(first, list)


def _exists(run: Run, original: Any, *args: Any, **kwargs: Any) -> Any:
    if len(args) <= 1 and not kwargs and not (args and _is_columns(args[0])):
        return original(*args)
    run.report("exists([a], ...)", "sa.select(a).where(...).exists()")
    return original(_old_select(sa.select, *args, **kwargs))
