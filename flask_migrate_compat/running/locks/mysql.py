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
        self._end_transaction()

    def after_taking(self) -> None:
        """End a transaction, which sees the database as it was when it began to read.

        There is nothing to be lost: what env.py has written so far is committed, as
        the first CREATE TABLE would do.
        """
        self._end_transaction()

    def _end_transaction(self) -> None:
        if not is_two_phase(self.connection):
            with told_when_lost(self.connection):
                self._user.commit()

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
