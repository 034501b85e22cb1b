"""The lock of a PostgreSQL database: an advisory lock on a connection of its own.

The lock has to outlive the transactions of the revisions, so it cannot be theirs. The
connection is made like those of the application, but not taken from its pool, which
may have one only. A run needs one for each engine, however many version tables there
are. It waits without a snapshot: nothing that a revision does, not even
``CREATE INDEX CONCURRENTLY``, has to wait for it.

Where a proxy gives each transaction another session (PgBouncer with ``pool_mode =
transaction``), a lock of the session holds nothing. ``MIGRATE_LOCK = "transaction"``
takes the lock of a transaction that stays open for the whole run.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import socket
from typing import TYPE_CHECKING, Any, Iterable

from ...errors import MigrateError
from ..driver import dbapi_connection_in
from ..settings import TRANSACTION
from .base import (
    SOMEBODY,
    DatabaseLock,
    Holder,
    SessionLock,
    VersionTable,
    digest,
    one_row,
    reason,
)
from .renewal import has_written, is_repeatable, renew_transaction

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

log = logging.getLogger("alembic.run")

# How soon a server notices that the machine of a lock has died, in seconds; and nothing
# ends the session because it is idle. Older servers do not know all of these.
_SERVER_SETTINGS = {
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "idle_session_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "transaction_timeout": "0",
}

# How often to look whether a proxy hands sessions round.
_TRIES = 5

# A session and what tells it from a later one with the same number.
_SESSION = "pid::text, extract(epoch FROM backend_start)::text"
_OWN_SESSION = f"SELECT {_SESSION} FROM pg_stat_activity WHERE pid = pg_backend_pid()"


class PostgreSqlLock(SessionLock):
    """Hold an advisory lock in a session, or a transaction, of its own."""

    def __init__(self, connection: Connection, table: VersionTable, mode: str) -> None:
        super().__init__(connection, table, mode)
        self._engine: Any = connection.engine
        self._of_transaction = mode == TRANSACTION
        number = digest("postgresql", table.schema, table.name)[:8]
        # The server tells locks of one database from those of the next by itself.
        self._key = int.from_bytes(number, "big", signed=True)
        # The driver's connection of the lock, and all locks that use it.
        self._driver: Any = None
        self._sharing: list[PostgreSqlLock] = []
        self._is_async = bool(getattr(connection.dialect, "is_async", False))

    def join(self, held: Iterable[DatabaseLock]) -> None:
        """Use the connection of another lock of this run."""
        for other in held:
            if isinstance(other, PostgreSqlLock) and self._may_join(other):
                self._driver, self._sharing = other._driver, other._sharing
                self._sharing.append(self)
                self._release_in_time()
                return

    def _may_join(self, other: PostgreSqlLock) -> bool:
        return (
            other.is_held
            and other.owner is self.owner
            and other._engine is self._engine
            # An asynchronous one is bound to the event loop of its connection.
            and (other._user is self._user or not self._is_async)
        )

    def attempt(self) -> bool:
        """Take the lock if it is free."""
        if self._driver is None:
            self._connect()
        try:
            if self._of_transaction:
                self.is_held = self._try_in_transaction()
            else:
                self.is_held = self._is_true(f"pg_try_advisory_lock({self._number()})")
            if self.is_held:
                self.session = self._own_session()
        except self.error_classes as error:
            raise self._failed(error, self._driver) from error
        return self.is_held

    def _number(self) -> str:
        return f"CAST('{self._key}' AS bigint)"

    def _is_true(self, expression: str) -> bool:
        return bool(one_row(self._driver, f"SELECT {expression}")[0])

    def _try_in_transaction(self) -> bool:
        # The proxy may hand out another session for each transaction.
        self._set_up(local=True)
        if self._is_true(f"pg_try_advisory_xact_lock({self._number()})"):
            return True
        self._forget_the_attempt()
        return False

    def _forget_the_attempt(self) -> None:
        """End the transaction, unless other locks live in it."""
        if not any(lock.is_held for lock in self._sharing):
            self._driver.rollback()

    def _own_session(self) -> tuple[str, ...]:
        return (str(self._key), *one_row(self._driver, _OWN_SESSION))

    def _connect(self) -> None:
        """Open the connection of the lock."""
        level = "READ COMMITTED" if self._of_transaction else "AUTOCOMMIT"
        try:
            self._driver = self._new_connection(level)
            self._sharing = [self]
            self._release_in_time()
            if not self._of_transaction:
                self._refuse_a_proxy()
                self._set_up(local=False)
        except self.error_classes as error:
            raise MigrateError(
                f"Cannot open a second connection to the {self.place}, which the"
                f" migration lock needs: {reason(error)}.",
                "Allow one more connection; or add --no-lock and make sure that"
                " nobody else migrates this database meanwhile.",
            ) from error

    def _release_in_time(self) -> None:
        # Once the event loop is over, nothing can be said to the server.
        if self._is_async:
            self._release_with_the_connection()

    def _new_connection(self, level: str) -> Any:
        # With the creator, the arguments and the listeners of the application.
        pooled = self._engine.pool.recreate().connect()
        driver = dbapi_connection_in(pooled)
        # From here on nobody but us closes it.
        pooled.detach()
        self._engine.dialect.set_isolation_level(driver, level)
        return driver

    def _set_up(self, local: bool) -> None:
        """Let the session say who it is, and stay for as long as it is needed."""
        values = {**_SERVER_SETTINGS, "application_name": _name_of_process()}
        rows = ", ".join(f"('{name}', '{value}')" for name, value in values.items())
        one_row(
            self._driver,
            f"SELECT count(set_config(known.name, wanted.value, {str(local).lower()}))"
            f" FROM (VALUES {rows}) AS wanted (name, value)"
            " JOIN pg_settings AS known ON known.name = wanted.name",
        )

    def _refuse_a_proxy(self) -> None:
        """Stop if the sessions of the server are handed round.

        A proxy has told the driver a number that is not that of the session. If a
        second connection then meets the session of the first one, it was handed on.

        :raises MigrateError: when it was.
        """
        told = _number_that_the_driver_knows(self._driver)
        first = one_row(self._driver, _OWN_SESSION)
        if told is None or str(told) == first[0]:
            return
        driver = self._new_connection("AUTOCOMMIT")
        try:
            # Somebody else may have been faster to get it.
            for _ in range(_TRIES):
                second = one_row(driver, _OWN_SESSION)
                again = one_row(self._driver, _OWN_SESSION)
                if second in (first, again) or again != first:
                    raise self._not_a_session()
        finally:
            driver.close()

    def _not_a_session(self) -> MigrateError:
        return MigrateError(
            f"The migration lock of the {self.place} does not hold: a proxy gives each"
            " transaction another session. Nothing further is done.",
            'Set MIGRATE_LOCK = "transaction" in the configuration of the application,'
            " or connect to the server itself.",
        )

    def holder(self) -> Holder:
        """Say which session holds the lock."""
        try:
            row = one_row(
                self._driver,
                "SELECT held.pid::text, extract(epoch FROM backend_start)::text,"
                " host(client_addr), application_name,"
                " to_char(coalesce(xact_start, backend_start) AT TIME ZONE 'UTC',"
                " 'YYYY-MM-DD HH24:MI:SS')"
                " FROM pg_locks AS held LEFT JOIN pg_stat_activity USING (pid)"
                f" WHERE {self._in_pg_locks()}",
            )
            if self._of_transaction:
                self._forget_the_attempt()
        except self.error_classes:
            return SOMEBODY
        if not row:
            return SOMEBODY
        pid, started, address, application, since = row
        details = (
            application,
            address and f"from {address}",
            since and f"since {since} UTC",
        )
        text = ", ".join(filter(None, details))
        return Holder(
            f"session {pid} of the server" + (f" ({text})" if text else ""),
            f"SELECT pg_terminate_backend({pid});",
            # The beginning of a session of another user is not for everybody to see.
            tuple(filter(None, (str(self._key), pid, started))),
        )

    def _in_pg_locks(self) -> str:
        unsigned = self._key & (2**64 - 1)
        return (
            f"locktype = 'advisory' AND granted AND classid::bigint = {unsigned >> 32}"
            f" AND objid::bigint = {unsigned & (2**32 - 1)} AND objsubid = 1"
            " AND database = (SELECT oid FROM pg_database"
            " WHERE datname = current_database())"
        )

    def before_waiting(self) -> None:
        """End a transaction: the holder may have to change a table that it has read."""
        self._has_waited = True
        renew_transaction(self.connection)

    def after_taking(self) -> None:
        """Renew a transaction that goes on seeing what it has seen first.

        :raises MigrateError: when it has written, and cannot be ended therefore.
        """
        if is_repeatable(self.connection):
            renew_transaction(self.connection)
            if self._has_waited and has_written(self.connection):
                raise self._too_late()

    def check(self) -> None:
        """Make sure that the lock is still held."""
        try:
            (session,) = one_row(self._driver, "SELECT pg_backend_pid()")
        except self.error_classes as error:
            raise self._lost(reason(error)) from error
        if str(session) != self.session[1]:
            raise self._not_a_session()

    def release(self, is_last: bool = True) -> None:
        """Give the lock back; the last one closes the connection."""
        driver, self._driver = self._driver, None
        if driver is not None:
            self._sharing.remove(self)
            # Whatever is wrong with the session, the server has noticed.
            with contextlib.suppress(Exception):
                self._let_go(driver, cut_off=self._is_async and is_last)
        self.is_held = False
        if is_last:
            self._stop_listening()

    def _let_go(self, driver: Any, cut_off: bool) -> None:
        if cut_off:
            driver.terminate()
            return
        try:
            if self.is_held and not self._of_transaction:
                unlock = f"SELECT pg_advisory_unlock({self._number()})"
                if not one_row(driver, unlock)[0]:
                    log.warning(
                        "The migration lock of the %s is left in another session of"
                        " the server: SELECT pg_terminate_backend(%s);",
                        self.place,
                        self.session[1],
                    )
        finally:
            if not self._sharing:
                driver.close()


def _name_of_process() -> str:
    """Return who we are, for ``pg_stat_activity``, which has room for 63 bytes."""
    host = re.sub(r"[^A-Za-z0-9._-]", "_", socket.gethostname())
    number = f":{os.getpid()}"
    return f"flask_migrate_compat {host}"[: 63 - len(number)] + number


def _number_that_the_driver_knows(driver: Any) -> int | None:
    """Return what a driver was told as the number of its session, when it connected."""
    if hasattr(driver, "get_backend_pid"):  # psycopg2
        return int(driver.get_backend_pid())
    if hasattr(driver, "info"):  # psycopg
        number = getattr(driver.info, "backend_pid", None)
        return None if number is None else int(number)
    below = getattr(driver, "driver_connection", driver)
    if hasattr(below, "get_server_pid"):  # asyncpg
        return int(below.get_server_pid())
    return None
