"""Metadata that is bound to an engine or a connection, as in SQLAlchemy 1.x.

Deletable when no revision is left that uses it. SQLAlchemy 1.4 removed
``MetaData(reflect=True)`` and ``Table(useexisting=True)``; 2.0 removed the ``bind`` of
:class:`~sqlalchemy.MetaData`, what stood in for a bind that was not given, and
``Table(autoload=True)``, ``Table.exists()`` and ``CreateTable(bind=...)``.
"""

from __future__ import annotations

import inspect
from typing import Any

import sqlalchemy as sa
from sqlalchemy import schema
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.sql.ddl import DDLElement

from .constructs import remember_bind
from .patching import Patches
from .run import Run

_BIND = "A bind of the metadata"
_GIVE = "the bind as an argument: metadata.reflect(bind), table.create(bind)"


def install(patches: Patches) -> None:
    """Change ``MetaData``, ``Table`` and what can be created and dropped."""
    patches.method(sa.MetaData, "__init__", _metadata)
    patches.method(sa.Table, "__new__", _table)
    patches.attribute(sa.Table, "exists", _make_exists)
    if hasattr(Engine, "execute"):
        return
    patches.attribute(sa.MetaData, "bind", lambda run, metadata: None)
    patches.attribute(sa.MetaData, "is_bound", _make_is_bound)
    patches.attribute(sa.Table, "bind", lambda run, table: bind_of(table))
    for owner, names in (
        (sa.MetaData, ("reflect", "create_all", "drop_all")),
        (sa.Table, ("create", "drop")),
        (sa.Index, ("create", "drop")),
        (sa.Sequence, ("create", "drop")),
        (sa.Enum, ("create", "drop")),
    ):
        for name in names:
            patches.method(owner, name, _bound)
    for name in dir(schema):
        value = getattr(schema, name)
        if isinstance(value, type) and issubclass(value, DDLElement):
            _install_ddl(patches, value)


# -- binds -----------------------------------------------------------------------


def bind_of(item: Any) -> Any:
    """Return the bind of metadata, or of what belongs to metadata; or ``None``.

    :param item: metadata, a table, an index, a sequence, a type.
    """
    table = getattr(item, "table", None)
    for owner in (item, getattr(item, "metadata", None), table):
        if isinstance(owner, sa.MetaData):
            return vars(owner).get("bind")
    return bind_of(table) if table is not None else None


def _is_bind(value: Any) -> bool:
    is_url = isinstance(value, str) and "://" in value
    return is_url or isinstance(value, (Connection, Engine, sa.engine.URL))


def _metadata(run: Run, original: Any, self: Any, *args: Any, **kwargs: Any) -> None:
    native = inspect.signature(original).parameters
    # The arguments of 1.3 began with these two.
    names = ("bind", "reflect")
    has_bind = "bind" in native
    if args and not has_bind and (_is_bind(args[0]) or args[0] is None):
        kwargs.update(zip(names, args))
        args = args[2:]
    old = {name: kwargs.pop(name) for name in names if name in kwargs}
    bind = old.get("bind")
    if has_bind and "bind" in old:
        kwargs["bind"] = old["bind"]
    original(self, *args, **kwargs)
    if not has_bind and bind is not None:
        run.report("MetaData(bind=...)", "MetaData(), and " + _GIVE)
        if not isinstance(bind, (Connection, Engine)):
            bind = sa.create_engine(bind)
        self.bind = bind
    if old.get("reflect"):
        run.report("MetaData(reflect=True)", "metadata.reflect(bind)", "SQLAlchemy 1.4")
        self.reflect()


def _make_is_bound(run: Run, metadata: sa.MetaData) -> Any:
    return lambda: vars(metadata).get("bind") is not None


def _bound(run: Run, original: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
    """Put the bind of the metadata where none is given."""
    given = kwargs.get("bind", args[0] if args else None)
    if given is None:
        bind = bind_of(self)
        if bind is None:
            raise sa.exc.UnboundExecutionError(
                f"This {type(self).__name__} is not bound to an engine or a"
                " connection: give op.get_bind() as the first argument."
            )
        run.report(_BIND, _GIVE)
        args, kwargs = (bind, *args[1:]), {**kwargs}
        kwargs.pop("bind", None)
    return original(self, *args, **kwargs)


# -- tables ----------------------------------------------------------------------


def _table(run: Run, original: Any, cls: type, *args: Any, **kwargs: Any) -> Any:
    old = []
    if kwargs.pop("useexisting", False):
        old.append("useexisting=True")
        kwargs["extend_existing"] = True
    if "autoload" in kwargs and not hasattr(Engine, "execute"):
        old.append("autoload=True")
        autoload = kwargs.pop("autoload")
        if autoload and kwargs.get("autoload_with") is None:
            metadata = kwargs.get("metadata", args[1] if len(args) > 1 else None)
            kwargs["autoload_with"] = _bind_for_autoload(metadata)
    if old:
        run.report(
            f"Table({', '.join(old)})",
            "extend_existing=True, autoload_with=bind",
            "SQLAlchemy 1.4 and 2.0",
        )
    return original(cls, *args, **kwargs)


def _bind_for_autoload(metadata: Any) -> Any:
    bind = bind_of(metadata)
    if bind is None:
        raise sa.exc.UnboundExecutionError(
            "Table(autoload=True) of a MetaData that is not bound: write"
            " autoload_with=op.get_bind()."
        )
    return bind


def _make_exists(run: Run, table: Any) -> Any:
    def exists(bind: Any = None) -> bool:
        run.report("table.exists(bind)", "sa.inspect(bind).has_table(name)")
        inspector: Any = sa.inspect(bind if bind is not None else bind_of(table))
        return bool(inspector.has_table(table.name, schema=table.schema))

    return exists


# -- DDL constructs --------------------------------------------------------------


def _install_ddl(patches: Patches, owner: type) -> None:
    if "__init__" not in vars(owner):
        return
    native = inspect.signature(owner.__init__).parameters  # type: ignore[misc]
    if "bind" not in native:
        patches.method(owner, "__init__", _ddl)


def _ddl(run: Run, original: Any, self: Any, *args: Any, **kwargs: Any) -> None:
    old = [name for name in ("bind", "on") if name in kwargs]
    values = {name: kwargs.pop(name) for name in old}
    original(self, *args, **kwargs)
    if old:
        names = ", ".join(f"{name}=" for name in old)
        run.report(
            f"{type(self).__name__}({names})",
            "bind.execute(ddl), ddl.execute_if(...)",
        )
        remember_bind(self, values.get("bind"))
        if values.get("on") is not None:
            _only_on(self, values["on"])


def _only_on(ddl: Any, on: Any) -> None:
    if callable(on):
        ddl.execute_if(callable_=on)
    else:
        ddl.execute_if(dialect=on)
