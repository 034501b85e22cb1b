"""The locks of a run, and the order in which they are taken.

A run takes them when ``env.py`` hands its first connection to Alembic, for all
databases that it has connected to by then, and keeps them until it is over. Alembic
reads the version table after that, so it sees what the last holder has left.

==================  ==================================================================
``heads.py``        is there anything to do at all?
``waiting.py``      try, say for whom, try again, give up
``postgresql.py``   an advisory lock on a connection of its own
``mysql.py``        ``GET_LOCK`` in the session of the migration
``sqlite.py``       a locked file beside the database
``watch.py``        before each revision: is the lock still there?
==================  ==================================================================

A process has one run at a time, and in it perhaps another one: a revision may call a
command. That finds the locks taken.
"""

from __future__ import annotations

import contextlib
import logging
import time
from typing import TYPE_CHECKING, Any, Iterable

from ..databases import shown_url
from ..settings import OFF, settings_of
from .base import DatabaseLock, VersionTable
from .heads import is_up_to_date
from .waiting import take_or_wait

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext
    from sqlalchemy.engine import Connection

    from ...config import Config

log = logging.getLogger("alembic.run")

# What this process holds, whichever of the nested runs has taken it.
_held: dict[tuple[object, ...], DatabaseLock] = {}
# The lock of each connection that was handed to Alembic; none for a database that was
# up to date.
_of_connection: dict[Connection, DatabaseLock | None] = {}


class RunLocks:
    """Take the locks of one run.

    :param stack: what the run has to undo in the end; the locks are added.
    :param command: the name of the command.
    :param config: the configuration that Alembic is called with.
    """

    def __init__(
        self, stack: contextlib.ExitStack, command: str, config: Config
    ) -> None:
        self._stack = stack
        self._command = command
        self._settings = settings_of(config)

    def take(
        self,
        environment: EnvironmentContext,
        connection: Connection,
        opened: Iterable[Connection],
        options: dict[str, Any],
    ) -> None:
        """Take the locks that are needed before Alembic works with a connection.

        :param environment: Alembic's context of the run.
        :param connection: the connection that ``env.py`` hands to Alembic.
        :param opened: all connections that it has opened so far.
        :param options: what it hands over beside the connection.
        :raises MigrateError: when a lock cannot be taken.
        """
        if self._settings.lock == OFF:
            return
        table = VersionTable(
            options.get("version_table") or "alembic_version",
            options.get("version_table_schema") or "",
        )
        is_upgrade = self._command == "upgrade"
        if is_upgrade and is_up_to_date(environment, connection, table):
            self._note(connection, None)
            return
        deadline = time.monotonic() + self._settings.lock_timeout
        mode = self._settings.lock
        for lock in _needed_locks(connection, opened, table, mode):
            held = _held.get(lock.identity)
            if held is None or not self._is_enough(held, lock, connection):
                held = self._take(lock, deadline)
            if lock.connection is connection:
                self._note(connection, held)

    def _note(self, connection: Connection, lock: DatabaseLock | None) -> None:
        _of_connection[connection] = lock
        self._stack.callback(_of_connection.pop, connection, None)

    def _is_enough(
        self, held: DatabaseLock, lock: DatabaseLock, connection: Connection
    ) -> bool:
        """Tell whether a lock that is held makes another one needless.

        That of another connection does not if it ends with it; but the lock of an
        outer run stays what it is.
        """
        if not held.is_held:
            return False
        return (
            lock.connection is not connection
            or held.owner is not self
            or held.serves(connection)
        )

    def _take(self, lock: DatabaseLock, deadline: float) -> DatabaseLock:
        previous = _held.pop(lock.identity, None)
        if previous is not None:
            previous.release(is_last=False)
        lock.owner = self
        # Before it is tried: whatever interrupts that, nothing is left behind.
        self._stack.callback(self._give_back, lock)
        taken = take_or_wait(lock, deadline, list(_held.values()))
        _held[lock.identity] = taken
        return taken

    def _give_back(self, lock: DatabaseLock) -> None:
        held = _held.get(lock.identity)
        if held is not None and held.owner is self:
            del _held[lock.identity]
        lock.release()


def was_up_to_date(connection: Connection) -> bool:
    """Tell whether there was nothing to do with a connection, and no lock therefore.

    :param connection: what ``env.py`` has handed to Alembic.
    """
    return connection in _of_connection and _of_connection[connection] is None


def lock_of(connection: Connection) -> DatabaseLock | None:
    """Return the lock that was taken for a connection, if there is one.

    :param connection: what ``env.py`` has handed to Alembic.
    """
    return _of_connection.get(connection)


def _needed_locks(
    connection: Connection,
    opened: Iterable[Connection],
    table: VersionTable,
    mode: str,
) -> list[DatabaseLock]:
    """Return one lock for each database, in the order of all runs."""
    locks: dict[tuple[object, ...], DatabaseLock] = {}
    for one in dict.fromkeys((connection, *opened)):
        lock = None if one.closed else _lock(one, table, mode)
        if lock is not None:
            locks.setdefault(lock.identity, lock)
        elif one is connection:
            _warn(one)
    return sorted(locks.values(), key=lambda lock: lock.order)


def _lock(connection: Any, table: VersionTable, mode: str) -> DatabaseLock | None:
    """Return the lock of one database, none for a kind that has none.

    Each module is imported when it is needed.
    """
    name = connection.dialect.name
    if name == "sqlite":
        from .sqlite import lock_of_file

        return lock_of_file(connection, table, mode)
    if name == "postgresql":
        from .postgresql import PostgreSqlLock

        return PostgreSqlLock(connection, table, mode)
    if name in ("mysql", "mariadb"):
        from .mysql import MySqlLock

        return MySqlLock(connection, table, mode)
    return None


def _warn(connection: Any) -> None:
    # An SQLite database without a lock is in the memory of this process.
    if connection.dialect.name != "sqlite":
        log.warning(
            "There is no migration lock for the database (%s), a kind that this"
            " package does not know: make sure that nobody else migrates it meanwhile.",
            shown_url(connection.engine),
        )
