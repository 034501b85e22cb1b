"""Engines, dialects and URLs, as SQLAlchemy 1.x had them.

Deletable when no revision is left that uses them so. SQLAlchemy 1.4 removed the
strategies of ``create_engine()``, ``Dialect.has_table()`` of an engine, and made URLs
immutable; 2.0 removed ``execute()``, ``has_table()`` and ``table_names()`` of engines,
and the ``convert_unicode`` and ``encoding`` of ``create_engine()``.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.engine.reflection import Inspector
from sqlalchemy.engine.url import URL

from .patching import Patches
from .run import Run, migration_context

# Arguments of create_engine() that are without meaning today.
_DROPPED = ("convert_unicode", "encoding", "strategy", "implicit_returning")


def install(patches: Patches) -> None:
    """Change ``Engine``, the dialects, ``URL``, ``Inspector``, ``create_engine``."""
    patches.attribute(Inspector, "get_primary_keys", _make_get_primary_keys)
    patches.function(sa.create_engine, _create_engine)
    if issubclass(URL, tuple):
        patches.method(URL, "__setattr__", _set_on_url)
    if hasattr(DefaultDialect, "_ensure_has_table_connection"):
        _install_has_table(patches)
    for name, make in (
        ("execute", _make_execute),
        ("scalar", _make_scalar),
        ("has_table", _make_has_table),
        ("table_names", _make_table_names),
        ("contextual_connect", _make_contextual_connect),
        ("run_callable", _make_run_callable),
        ("transaction", _make_transaction),
    ):
        patches.attribute(Engine, name, make)


# -- engines ---------------------------------------------------------------------


def _migration_connection(engine: Engine) -> Connection | None:
    """Return the migration's connection, if it is one of the engine.

    1.x used another connection. On the migration's one, the statement waits for no
    lock that the migration holds, sees what it has done, and becomes part of it.
    Another engine may set what no URL tells, such as a schema: it is used itself.
    """
    context = migration_context()
    connection = None if context is None else context.connection
    if connection is None:
        return None
    own = connection.engine
    same_pool = engine.pool is own.pool
    same_options = engine.get_execution_options() == own.get_execution_options()
    return connection if same_pool and same_options else None


def _make_execute(run: Run, engine: Engine) -> Any:
    def execute(statement: Any, *args: Any, **kwargs: Any) -> Any:
        run.report("execute() of an engine", "op.get_bind().execute(...)")
        connection = _migration_connection(engine)
        if connection is not None:
            return connection.execute(statement, *args, **kwargs)
        with engine.connect() as connection:
            result = connection.execute(statement, *args, **kwargs)
            _buffer(result)
            connection.commit()
        return result

    return execute


def _buffer(result: Any) -> None:
    """Fetch all rows now, so that the connection can be closed."""
    from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

    if result.returns_rows:
        rows = result.cursor.fetchall()
        result.cursor_strategy = FullyBufferedCursorFetchStrategy(
            result.cursor, initial_buffer=rows
        )


def _make_scalar(run: Run, engine: Engine) -> Any:
    def scalar(statement: Any, *args: Any, **kwargs: Any) -> Any:
        return _make_execute(run, engine)(statement, *args, **kwargs).scalar()

    return scalar


def _inspector(engine: Engine, connection: Connection | None = None) -> Any:
    return sa.inspect(connection or _migration_connection(engine) or engine)


def _make_has_table(run: Run, engine: Engine) -> Any:
    def has_table(table_name: str, schema: str | None = None) -> bool:
        run.report("has_table() of an engine", "sa.inspect(bind).has_table(...)")
        return bool(_inspector(engine).has_table(table_name, schema=schema))

    return has_table


def _make_table_names(run: Run, engine: Engine) -> Any:
    def table_names(
        schema: str | None = None, connection: Connection | None = None
    ) -> list[str]:
        run.report("table_names() of an engine", "sa.inspect(bind).get_table_names()")
        return list(_inspector(engine, connection).get_table_names(schema))

    return table_names


def _make_contextual_connect(run: Run, engine: Engine) -> Any:
    def contextual_connect(**options: Any) -> Connection:
        run.report("contextual_connect()", "connect()")
        return engine.connect()

    return contextual_connect


def _make_run_callable(run: Run, engine: Engine) -> Any:
    def run_callable(function: Any, *args: Any, **kwargs: Any) -> Any:
        run.report("run_callable(function)", "function(op.get_bind())")
        with engine.connect() as connection:
            return function(connection, *args, **kwargs)

    return run_callable


def _make_transaction(run: Run, engine: Engine) -> Any:
    def transaction(function: Any, *args: Any, **kwargs: Any) -> Any:
        run.report("transaction(function)", "function(op.get_bind())")
        with engine.begin() as connection:
            return function(connection, *args, **kwargs)

    return transaction


def _make_get_primary_keys(run: Run, inspector: Inspector) -> Any:
    def get_primary_keys(
        table_name: str, schema: str | None = None, **options: Any
    ) -> list[str]:
        run.report(
            "get_primary_keys()",
            'get_pk_constraint(...)["constrained_columns"]',
            "SQLAlchemy 1.4",
        )
        constraint = inspector.get_pk_constraint(table_name, schema, **options)
        return list(constraint["constrained_columns"])

    return get_primary_keys


# -- dialects --------------------------------------------------------------------


def _install_has_table(patches: Patches) -> None:
    """Change ``has_table`` of the dialects that are loaded, and of those to come."""

    def prepare(dialect: type) -> None:
        for owner in dialect.__mro__:
            if owner is not Dialect and "has_table" in vars(owner):
                patches.method(owner, "has_table", _dialect_has_table)

    def loaded(owner: Any) -> None:
        prepare(owner)
        for dialect in owner.__subclasses__():
            loaded(dialect)

    loaded(DefaultDialect)
    patches.method(Connection, "__init__", _prepares(prepare))


def _prepares(prepare: Any) -> Any:
    def __init__(
        run: Run, original: Any, self: Any, engine: Engine, *args: Any, **kwargs: Any
    ) -> None:
        prepare(type(engine.dialect))
        original(self, engine, *args, **kwargs)

    return __init__


def _dialect_has_table(
    run: Run, original: Any, self: Any, connection: Any, *args: Any, **kwargs: Any
) -> Any:
    if not isinstance(connection, Engine):
        return original(self, connection, *args, **kwargs)
    run.report(
        "dialect.has_table(engine, name)",
        "sa.inspect(bind).has_table(name)",
        "SQLAlchemy 1.4",
    )
    own = _migration_connection(connection)
    if own is not None:
        return original(self, own, *args, **kwargs)
    with connection.connect() as opened:
        return original(self, opened, *args, **kwargs)


# -- create_engine, URL ----------------------------------------------------------


def _create_engine(run: Run, original: Any, *args: Any, **kwargs: Any) -> Any:
    strategy = kwargs.get("strategy")
    if strategy == "mock":
        raise run.refuse(
            "create_engine(strategy='mock'): removed in SQLAlchemy 1.4",
            "sa.create_mock_engine(url, executor)",
        )
    try:
        return original(*args, **kwargs)
    except (TypeError, sa.exc.ArgumentError):
        dropped = [name for name in _DROPPED if name in kwargs]
        if not dropped:
            raise
    for name in dropped:
        del kwargs[name]
    old = ", ".join(f"{name}=" for name in dropped)
    run.report(f"create_engine({old})", "create_engine() without it")
    return original(*args, **kwargs)


def _set_on_url(run: Run, original: Any, self: URL, name: str, value: Any) -> None:
    if name not in self._fields:
        original(self, name, value)
        return
    raise run.refuse(
        f"url.{name} = ... cannot work: SQLAlchemy 1.4 made URLs immutable",
        f"url = url.set({name}=...)",
    )
