"""The lock of a MySQL or MariaDB database: ``GET_LOCK``.

The session of the migration itself takes it. When a run is killed, the server may
still be busy with a statement of it; the lock is free when that is over, not before.
Locks are a matter of one server: on a Galera cluster, let all runs connect to the
same node.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from ..driver import dbapi_connection_of, is_two_phase, told_when_lost
from .base import (
    SOMEBODY,
    Holder,
    SessionLock,
    VersionTable,
    digest,
    one_row,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


_IN_TRANSACTION = 1


class MySqlLock(SessionLock):
    """Hold ``GET_LOCK`` in the session of the migration."""

    def __init__(self, connection: Connection, table: VersionTable, mode: str) -> None:
        super().__init__(connection, table, mode)
        (database,) = one_row(self._user, "SELECT DATABASE()")
        # The names are those of the whole server, 64 characters at most.
        name = digest("mysql", database or "", table.schema, table.name).hex()
        self._name = f"flask_migrate_compat:{name[:32]}"

    def attempt(self) -> bool:
        """Take the lock if it is free."""
        try:
            with told_when_lost(self.connection):
                taken, *session = one_row(
                    self._user,
                    f"SELECT GET_LOCK('{self._name}', 0),"
                    " CONNECTION_ID(), @@hostname, @@port",
                )
        except self.error_classes as error:
            raise self._failed(error, self._user) from error
        self.is_held = taken == 1
        if self.is_held:
            self.session = self._session(session)
            self._release_with_the_connection()
        return self.is_held

    def _session(self, session: Any) -> tuple[str, ...]:
        return (self._name, *map(str, session))

    def holder(self) -> Holder:
        """Say which session holds the lock."""
        try:
            (session,) = one_row(self._user, f"SELECT IS_USED_LOCK('{self._name}')")
            if session is None:
                return SOMEBODY
            server = one_row(self._user, "SELECT @@hostname, @@port")
            who = one_row(
                self._user,
                "SELECT user, host, command, time FROM information_schema.processlist"
                f" WHERE id = {session}",
            )
        except self.error_classes:
            return SOMEBODY
        text = f"session {session} of the server"
        if who:
            user, host, command, seconds = who
            text += f" ({user} from {host}, '{command}' for {seconds} s)"
        return Holder(text, f"KILL {session};", self._session((session, *server)))

    def before_waiting(self) -> None:
        """End a transaction: the holder may have to change a table that it has read."""
        self._has_waited = True
        self._end_transaction()

    def after_taking(self) -> None:
        """End a transaction, which sees the database as it was when it began to read.

        :raises MigrateError: when it has written, and cannot be ended therefore.
        """
        if not self._end_transaction() and self._has_waited:
            raise self._too_late()

    def _end_transaction(self) -> bool:
        """End a transaction unless something would be lost, and tell which it was."""
        if is_two_phase(self.connection):
            return True
        with told_when_lost(self.connection):
            if has_written(self.connection):
                return False
            self._user.commit()
        return True

    def check(self) -> None:
        """Make sure that the session is still there; the server is not asked."""
        connection = self.connection
        if connection.closed or dbapi_connection_of(connection) is not self._user:
            raise self._lost("a revision has closed the connection")

    def release(self, is_last: bool = True) -> None:
        """Give the lock back; with the session it goes by itself."""
        if self.is_held:
            self.is_held = False
            # Whatever is wrong with the session, the server has noticed.
            with contextlib.suppress(Exception):
                one_row(self._user, f"SELECT RELEASE_LOCK('{self._name}')")
        if is_last:
            self._stop_listening()


def has_written(connection: Any) -> bool:
    """Tell whether a transaction of SQLAlchemy has something to lose by a commit.

    One that has only been begun has not, nor has one that has read; but not every
    server and driver can tell that from one that has written.

    :param connection: an open connection.
    """
    if not connection.in_transaction():
        return False
    front = dbapi_connection_of(connection)
    driver = getattr(front, "driver_connection", front)
    # PyMySQL keeps what the server said when it last answered without rows: after a
    # write, not after a SELECT and not after an INSERT ... RETURNING.
    status = getattr(driver, "server_status", None)
    if status is not None and int(status) & _IN_TRANSACTION:
        return True
    errors = connection.dialect.dbapi.Error
    with contextlib.suppress(errors):
        return _has_undo_log(front)
    if status is not None:
        return False
    if hasattr(driver, "in_transaction"):
        return bool(driver.in_transaction)
    with contextlib.suppress(errors):
        return any(one_row(front, "SELECT @@in_transaction"))
    return False  # MySQL does not tell


def _has_undo_log(front: Any) -> bool:
    """Tell whether InnoDB would have something to roll back in this session.

    Only users with the privilege PROCESS may ask. The table innodb_trx of the
    information schema is easier to read, but it is as old as the last look of anybody
    when somebody looks at it every 0.1 seconds. A report of more than a megabyte is cut
    short; whoever is left out may have written.
    """
    (session,) = one_row(front, "SELECT CONNECTION_ID()")
    report = str(one_row(front, "SHOW ENGINE INNODB STATUS")[2])
    for transaction in report.split("---TRANSACTION "):
        if f" thread id {session}," in transaction:
            return "undo log entries" in transaction
    return "... truncated..." in report
