"""Connections that a revision opens itself, beside the one of the migration.

Deletable when no revision is left that writes on a connection of its own and does not
commit. SQLAlchemy 1.x committed every statement that writes and was executed outside
of a transaction; 2.0 begins a transaction by itself, and rolls it back when the
connection is closed. The write is lost, in silence, and the revision counts as done.

What is done about it. The connection stays a connection of its own, as it was: a
revision that opens one wants, as a rule, to be outside of the migration's transaction.
Its uncommitted writes are committed, with a warning, as soon as the revision turns to
another connection, closes this one, or ends. Until then it may call ``commit()`` or
``rollback()`` as scripts for 2.0 do, and gets what they get. A transaction that was
begun with ``begin()`` is the revision's own affair, as it always was. What is written
in a block or a revision that fails is rolled back, as 2.0 does: 1.x had committed it,
and the next run found half of the work done.

On databases without transactional DDL, SQLite and MySQL, Alembic had no transaction
on the old stack: what the migration's connection had done was committed, and visible
to a second connection, which could write. Today Alembic opens a transaction for each
revision there, so the second connection would miss the changes, and stop at
"database is locked". It is therefore the migration's turn to commit what it has done
so far, before another connection to the same database writes, or reads in a script
that uses old idioms. A modern script that only reads keeps its transaction, and so does
a caller who passed in a connection. On PostgreSQL the old stack had one transaction
around the migration too, and nothing is changed.

The connection of ``env.py`` is watched for one thing: whoever executes something on it
before ``context.configure()`` is, since 2.0, in a transaction that nobody commits, and
the whole migration with it. It is committed when the connection is closed, with a
warning.
"""

from __future__ import annotations

import re
import sys
from typing import Any
from weakref import WeakSet

from alembic.runtime.migration import HeadMaintainer, MigrationContext
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.sql.ddl import DDLElement
from sqlalchemy.sql.expression import TextClause, UpdateBase

from ...running.driver import dbapi_connection_of, is_autocommit
from ...running.steps import CALLERS_TRANSACTION, PENDING_DDL, commit
from .patching import Patches
from .run import Place, Run, called_by_library, caller, migration_context

# The statements that 1.x committed, all dialects together.
_WRITES = re.compile(
    r"\s*(?:UPDATE|INSERT|CREATE|DELETE|DROP|ALTER|GRANT|REVOKE|TRUNCATE|REPLACE|MERGE"
    r"|IMPORT FOREIGN SCHEMA|REFRESH MATERIALIZED VIEW|LOAD +DATA|RENAME|COMMENT)\b",
    re.IGNORECASE,
)


_DROPPED = (
    "A write on a second connection without commit(), which SQLAlchemy 2.0 drops: write"
    " with op.get_bind(), or with engine.begin() as connection."
)
_UNCOMMITTED = (
    "A connection that executes something before context.configure() is in a"
    " transaction then, which nobody commits since SQLAlchemy 2.0, and the migration"
    " with it: call connection.commit() before context.configure()."
)


class _Guard:
    """What a run knows about the connections that the user's code opens."""

    def __init__(self) -> None:
        self.opened: WeakSet[Connection] = WeakSet()
        self.explicit: WeakSet[Any] = WeakSet()
        # Opened by env.py; and those of them that revisions were run on.
        self.of_env_py: WeakSet[Connection] = WeakSet()
        self.migrated: WeakSet[Connection] = WeakSet()
        # Those with uncommitted writes: the transaction, and the line that wrote.
        self.pending: dict[Connection, tuple[Any, Place | None]] = {}


def install(patches: Patches) -> None:
    """Watch the connections that are opened inside a run."""
    patches.method(MigrationContext, "run_migrations", _run_migrations)
    if hasattr(Engine, "execute"):
        # 1.x commits by itself; but a new Alembic on top of it opens transactions too.
        for name in ("execute", "exec_driver_sql", "_execute_20"):
            if hasattr(Connection, name):
                patches.method(Connection, name, _execute_on_1x)
        return
    patches.method(HeadMaintainer, "update_to_step", _update_to_step)
    patches.method(Engine, "connect", _connect)
    patches.method(Connection, "exec_driver_sql", _exec_driver_sql)
    patches.method(Connection, "scalars", _scalars)
    patches.method(Connection, "close", _close)
    patches.method(Connection, "__exit__", _exit)


def _guard(run: Run) -> _Guard:
    if "second" not in run.notes:
        run.notes["second"] = _Guard()
        run.before_version.append(lambda: settle_all(run))
        run.after_failure.append(lambda: _guard(run).pending.clear())
    guard: _Guard = run.notes["second"]
    return guard


def is_second(run: Run, connection: Connection) -> bool:
    """Tell whether a revision opened the connection."""
    return connection in _guard(run).opened


def explicit(run: Run, transaction: Any) -> Any:
    """Note that a transaction was begun with ``begin()``, and return it."""
    _guard(run).explicit.add(transaction)
    return transaction


def is_explicit(run: Run, connection: Connection) -> bool:
    """Tell whether the transaction of a connection was begun with ``begin()``."""
    return connection.get_transaction() in _guard(run).explicit


def before(run: Run, connection: Connection, statement: Any) -> None:
    """Do what has to come before a statement on a connection.

    What the migration has done becomes visible to a second connection that writes,
    which would find the database locked, and to one that reads in a script that has
    shown its age. A modern script that only reads keeps its one transaction.

    :param run: the run.
    :param connection: where the statement is going to be executed.
    :param statement: what is going to be executed.
    """
    guard = _guard(run)
    for other in [one for one in guard.pending if one is not connection]:
        settle(run, other)
    context = migration_context()
    if context is not None and (
        run.has_reported
        or context.opts.get(PENDING_DDL)
        or _is_write(connection, statement)
    ):
        _release_migration(connection)


def after(run: Run, connection: Connection, statement: Any) -> None:
    """Note a write that nobody has committed.

    :param run: the run.
    :param connection: where the statement was executed.
    :param statement: what was executed.
    """
    guard = _guard(run)
    if connection not in guard.opened or not _is_write(connection, statement):
        return
    transaction = connection.get_transaction()
    if transaction is not None and transaction not in guard.explicit:
        known = guard.pending.get(connection)
        if known is None or known[0] is not transaction:
            guard.pending[connection] = (transaction, caller())


def settle(run: Run, connection: Connection) -> None:
    """Commit what a second connection has written and nobody has committed."""
    pending = _guard(run).pending.pop(connection, None)
    if pending is None or connection.closed or connection.invalidated:
        return
    transaction, place = pending
    now = connection.get_transaction()
    if now is None or now is not transaction or not now.is_active:
        # The revision has committed it, or rolled it back.
        return
    _commit(run, connection, place, _DROPPED)


def _commit(
    run: Run, connection: Connection, place: Place | None, message: str
) -> None:
    """Commit with a warning; where the warning is an error, roll back."""
    try:
        if place is not None:
            run.report_at(place, message)
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def settle_all(run: Run) -> None:
    """Commit what all second connections have written."""
    for connection in list(_guard(run).pending):
        settle(run, connection)


def same_database(one: Engine, other: Engine) -> bool:
    """Tell whether two engines lead to the same database.

    :param one: an engine.
    :param other: an engine.
    """
    if one is other or one.pool is other.pool:
        return True
    if one.url != other.url:
        return False
    # Each pool has a database of its own in memory.
    in_memory = not one.url.database or ":memory:" in str(one.url)
    return not (one.dialect.name == "sqlite" and in_memory)


def _is_write(connection: Connection, statement: Any) -> bool:
    options: dict[str, Any] = {**connection.get_execution_options()}
    if is_autocommit(connection):
        return False
    if isinstance(statement, (UpdateBase, DDLElement)):
        return True
    if hasattr(statement, "get_execution_options"):
        options = {**options, **statement.get_execution_options()}
    asked = options.get("autocommit")
    if asked is not None:
        return bool(asked)
    text = statement.text if isinstance(statement, TextClause) else statement
    return isinstance(text, str) and _WRITES.match(text) is not None


def _release_migration(connection: Connection) -> None:
    """Commit the migration's work before another connection looks at the database."""
    context = migration_context()
    own = context.connection
    if own is None or own is connection:
        return
    # SQLite is made transactional by us, and locks the whole database meanwhile.
    if context.impl.transactional_ddl and own.dialect.name != "sqlite":
        return
    if getattr(context, "_in_external_transaction", False):
        # Begun by env.py or by whoever called the command: theirs to commit. But that
        # of env.py was none for DDL on SQLite, as far as the database is concerned.
        is_sqlite = own.dialect.name == "sqlite"
        if not is_sqlite or context.opts.get(CALLERS_TRANSACTION, True):
            return
    if own.closed or own.invalidated or not own.in_transaction():
        return
    # 1.3 cannot tell; there, a savepoint would be lost.
    if getattr(own, "in_nested_transaction", bool)():
        return
    # A branch is the same connection.
    if own.connection is connection.connection:
        return
    if not same_database(own.engine, connection.engine):
        return
    # SQLAlchemy's transaction goes on; for the database, a new one begins with the
    # next statement.
    dbapi = dbapi_connection_of(own)
    if getattr(dbapi, "in_transaction", True):
        commit(context)


def _run_migrations(run: Run, original: Any, self: Any, *args: Any, **kw: Any) -> None:
    outer, run.context = run.context, None if self.as_sql else self
    try:
        original(self, *args, **kw)
    finally:
        run.context = outer


def _update_to_step(run: Run, original: Any, self: Any, step: Any) -> None:
    run.finish_step()
    original(self, step)
    connection = getattr(migration_context(), "connection", None)
    if connection is not None and "second" in run.notes:
        _guard(run).migrated.add(connection)


def _execute_on_1x(
    run: Run, original: Any, self: Connection, *args: Any, **kwargs: Any
) -> Any:
    if migration_context() is not None:
        _release_migration(self)
    return original(self, *args, **kwargs)


def _connect(run: Run, original: Any, self: Engine, *args: Any, **kwargs: Any) -> Any:
    connection = original(self, *args, **kwargs)
    if not called_by_library():
        guard = _guard(run)
        of_env_py = migration_context() is None
        (guard.of_env_py if of_env_py else guard.opened).add(connection)
    return connection


def _exec_driver_sql(
    run: Run, original: Any, self: Connection, statement: str, *args: Any, **kwargs: Any
) -> Any:
    before(run, self, statement)
    result = original(self, statement, *args, **kwargs)
    after(run, self, statement)
    return result


def _scalars(
    run: Run, original: Any, self: Connection, statement: Any, *args: Any, **kwargs: Any
) -> Any:
    before(run, self, statement)
    result = original(self, statement, *args, **kwargs)
    after(run, self, statement)
    return result


def _close(run: Run, original: Any, self: Connection) -> None:
    try:
        _settle_migration(run, self)
        settle(run, self)
    finally:
        original(self)


def _exit(run: Run, original: Any, self: Connection, kind: Any, *args: Any) -> Any:
    if kind is not None:
        # The block has failed: what it wrote is rolled back with the rest of it.
        _guard(run).pending.pop(self, None)
    return original(self, kind, *args)


def _settle_migration(run: Run, connection: Connection) -> None:
    """Commit a migration that runs in a transaction which nobody has begun."""
    guard = _guard(run)
    if connection not in guard.of_env_py or connection not in guard.migrated:
        return
    if connection.closed or connection.invalidated or not connection.in_transaction():
        return
    failed = sys.exc_info()[1] not in (None, run.error_before)
    if failed or is_explicit(run, connection):
        return
    _commit(run, connection, caller(), _UNCOMMITTED)
