"""Sessions and mappers as SQLAlchemy 1.x had them, and a guard for ``rollback()``.

Deletable when no revision is left that uses them so. SQLAlchemy 2.0 removed
``autocommit=True`` and ``begin(subtransactions=True)`` of sessions, ``execute()`` of
a string, and ``mapper()``.

``rollback()`` of a session that is bound to the migration's connection rolls back the
transaction of the migration, with all that was done before in the same run, and
nothing tells about it. Here such a session works inside a savepoint, and
its ``rollback()`` undoes what the session has done and no more. That is what happened
on the old stack on SQLite and MySQL, where Alembic opened no transaction; on PostgreSQL
the work was lost there as well. ``commit()`` and ``close()`` keep the work, as ever.
SQLAlchemy 1.x cannot do this for a session; there the ``rollback()`` is refused where
it would undo the migration.
"""

from __future__ import annotations

import inspect
import sys
import weakref
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc, orm
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.orm import Session

from ...running.driver import dbapi_connection_of, is_autocommit
from . import second
from .blocks import TransactionBlock
from .patching import Patches
from .run import Run, caller, migration_context

_ROLLBACK = (
    "session.rollback() on the migration's connection rolls back the migration in"
    " SQLAlchemy 2.0; only the work of the session was undone: write Session(bind=bind,"
    ' join_transaction_mode="create_savepoint").'
)


def install(patches: Patches) -> None:
    """Change ``Session`` and ``mapper``."""
    if hasattr(Engine, "execute"):
        patches.method(Session, "rollback", _refuse_rollback)
        return
    patches.method(Session, "__init__", _session)
    patches.method(Session, "begin", _begin)
    patches.method(Session, "flush", _flush)
    patches.method(Session, "execute", _execute)
    patches.method(Session, "scalar", _scalar)
    patches.method(Session, "rollback", _rollback)
    patches.method(Session, "close", _close)
    patches.method(DefaultDialect, "do_savepoint", _savepoint)
    patches.method(DefaultDialect, "do_release_savepoint", _release_savepoint)
    patches.method(DefaultDialect, "do_rollback_to_savepoint", _rollback_to_savepoint)
    patches.function(vars(orm)["mapper"], _mapper)


class _Known:
    """The sessions of a run that behave in some old way."""

    def __init__(self) -> None:
        self.autocommit: weakref.WeakSet[Session] = weakref.WeakSet()
        self.in_savepoint: weakref.WeakSet[Session] = weakref.WeakSet()
        # Those with autocommit that are inside of an explicit begin().
        self.begun: weakref.WeakSet[Session] = weakref.WeakSet()


def _known(run: Run) -> _Known:
    known: _Known = run.notes.setdefault("sessions", _Known())
    return known


def _session(run: Run, original: Any, self: Any, *args: Any, **kwargs: Any) -> None:
    autocommit = kwargs.get("autocommit", False)
    if autocommit:
        run.report("Session(autocommit=True)", "Session(), and session.commit()")
        del kwargs["autocommit"]
        # autoflush and expire_on_commit were as given; nothing flushed by itself.
        _known(run).autocommit.add(self)
    bind = kwargs.get("bind", args[0] if args else None)
    takes_mode = "join_transaction_mode" in inspect.signature(original).parameters
    if (
        isinstance(bind, Connection)
        and takes_mode
        and "join_transaction_mode" not in kwargs
        and not second.is_second(run, bind)
        and not is_autocommit(bind)
    ):
        kwargs["join_transaction_mode"] = "create_savepoint"
        _known(run).in_savepoint.add(self)
    original(self, *args, **kwargs)


# -- rollback and close ----------------------------------------------------------


def _savepoints(session: Session) -> list[Any]:
    """Return the savepoints that a session has joined the migration with."""
    joined = getattr(session.get_transaction(), "_connections", None)
    found: set[Any] = {entry[1] for entry in dict.values(joined or {})}
    nested = [one for one in found if isinstance(one, sa.engine.NestedTransaction)]
    return [one for one in nested if one.is_active]


def _rollback(run: Run, original: Any, self: Session) -> None:
    if self in _known(run).in_savepoint and _savepoints(self):
        place = caller()
        if place is not None:
            run.report_at(place, _ROLLBACK)
    original(self)


def _close(run: Run, original: Any, self: Session) -> None:
    """Keep the work, as a session did that had joined a transaction."""
    if self in _known(run).in_savepoint:
        for savepoint in _savepoints(self):
            try:
                savepoint.commit()
            except exc.DBAPIError:
                # The transaction has failed; the next statement will say so.
                break
    original(self)


def _refuse_rollback(run: Run, original: Any, self: Session) -> None:
    context = migration_context()
    own = None if context is None else context.connection
    if own is not None and _would_undo(self, own):
        error = sys.exc_info()[1]
        after = f", after {type(error).__name__}: {error}" if error is not None else ""
        raise run.refuse(
            "session.rollback() would roll back the migration, with all that was done"
            f" before in this run{after}",
            "savepoint = session.begin_nested(), and savepoint.rollback()",
        )
    original(self)


def _would_undo(session: Session, own: Any) -> bool:
    """Tell whether a session of 1.x has joined a transaction of the migration."""
    kept = vars(session)
    # 1.3 has `transaction`; in 1.4 that is a property, and deprecated.
    transaction = kept.get("_transaction", kept.get("transaction"))
    if transaction is None or transaction.nested:
        return False
    for entry in transaction._connections.values():
        connection, joined = entry[0], entry[1]
        if connection.engine is not own.engine:
            continue
        if len(entry) == 4:
            # 1.4: whether the session is the one to commit.
            if not entry[2]:
                return True
        elif joined._parent is not joined:
            return True
    return False


# -- savepoints on MySQL ---------------------------------------------------------


def _has_lost_savepoints(dialect: Any, error: Exception) -> bool:
    """Tell whether the error is MySQL's "SAVEPOINT does not exist".

    Every DDL statement commits there, and ends all savepoints.
    """
    if dialect.name not in ("mysql", "mariadb") or not isinstance(
        error, exc.DBAPIError
    ):
        return False
    return list(getattr(error.orig, "args", ()))[:1] == [1305]


def _savepoint(run: Run, original: Any, self: Any, connection: Any, name: str) -> None:
    """Begin before a savepoint on SQLite: without, its release would be a commit."""
    if self.name == "sqlite":
        dbapi = dbapi_connection_of(connection)
        if getattr(dbapi, "in_transaction", None) is False:
            connection.exec_driver_sql("BEGIN")
    original(self, connection, name)


def _release_savepoint(
    run: Run, original: Any, self: Any, connection: Any, name: str
) -> None:
    try:
        original(self, connection, name)
    except exc.DBAPIError as error:
        # What it would keep is committed.
        if not _has_lost_savepoints(self, error):
            raise


def _rollback_to_savepoint(
    run: Run, original: Any, self: Any, connection: Any, name: str
) -> None:
    try:
        original(self, connection, name)
    except exc.DBAPIError as error:
        if not _has_lost_savepoints(self, error):
            raise
        # What can still be undone, as on the old stack.
        connection.connection.rollback()


# -- autocommit, subtransactions -------------------------------------------------


class _Subtransaction(TransactionBlock):
    """A transaction that leaves everything to the one around it."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def commit(self) -> None:
        """Write what is pending."""
        self.session.flush()

    def rollback(self) -> None:
        """Roll back the transaction around it, as 1.x did."""
        self.session.rollback()

    close = commit


class _Begun(TransactionBlock):
    """The explicit transaction of a session with ``autocommit=True``."""

    def __init__(self, known: _Known, session: Session) -> None:
        self.known = known
        self.session = session
        known.begun.add(session)

    def commit(self) -> None:
        """Commit, and go back to committing by itself."""
        self.session.commit()
        self.known.begun.discard(self.session)

    def rollback(self) -> None:
        """Roll back, and go back to committing by itself."""
        self.session.rollback()
        self.known.begun.discard(self.session)


def _begin(run: Run, original: Any, self: Session, *args: Any, **kwargs: Any) -> Any:
    # In 1.x: begin(subtransactions=False, nested=False).
    nested = kwargs.get("nested", False) or (args and args[0])
    if "subtransactions" not in kwargs:
        known = _known(run)
        if self in known.autocommit and not nested and self not in known.begun:
            return _Begun(known, self)
        return original(self, *args, **kwargs)
    run.report("begin(subtransactions=True)", "nothing, or session.begin_nested()")
    del kwargs["subtransactions"]
    known = _known(run)
    if self in known.autocommit and self not in known.begun:
        return _Begun(known, self)
    return _Subtransaction(self)


def _settle(run: Run, session: Session) -> None:
    """Commit what a session with ``autocommit=True`` has just written."""
    known = _known(run)
    if session in known.autocommit and session not in known.begun:
        # commit() comes here again, by way of flush().
        known.begun.add(session)
        try:
            session.commit()
        finally:
            known.begun.discard(session)


def _flush(run: Run, original: Any, self: Session, *args: Any, **kwargs: Any) -> None:
    original(self, *args, **kwargs)
    _settle(run, self)


# -- execute ---------------------------------------------------------------------


def _execute(
    run: Run, original: Any, self: Session, statement: Any, *args: Any, **kwargs: Any
) -> Any:
    if isinstance(statement, str):
        run.report("session.execute() of a string", "session.execute(sa.text(...))")
        statement = sa.text(statement)
    _bind_arguments(run, kwargs)
    result = original(self, statement, *args, **kwargs)
    if not getattr(result, "returns_rows", True):
        _settle(run, self)
    return result


def _bind_arguments(run: Run, kwargs: dict[str, Any]) -> None:
    old = {name: kwargs.pop(name) for name in ("mapper", "bind") if name in kwargs}
    given = {name: value for name, value in old.items() if value is not None}
    if given:
        run.report("session.execute(mapper=, bind=)", "bind_arguments={...}")
        kwargs["bind_arguments"] = {**given, **(kwargs.get("bind_arguments") or {})}


def _scalar(
    run: Run, original: Any, self: Session, statement: Any, *args: Any, **kwargs: Any
) -> Any:
    if isinstance(statement, str):
        run.report("session.scalar() of a string", "session.scalar(sa.text(...))")
        statement = sa.text(statement)
    _bind_arguments(run, kwargs)
    return original(self, statement, *args, **kwargs)


def _mapper(
    run: Run, original: Any, class_: Any, local_table: Any = None, **kwargs: Any
) -> Any:
    run.report("mapper(cls, table)", "orm.registry().map_imperatively(cls, table)")
    return orm.registry().map_imperatively(class_, local_table, **kwargs)
