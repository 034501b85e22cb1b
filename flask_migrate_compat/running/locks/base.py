"""What the locks of all kinds of database have in common."""

from __future__ import annotations

import abc
import hashlib
from typing import TYPE_CHECKING, Any, Iterable, NamedTuple

from sqlalchemy import event

from ...errors import MigrateError
from ..databases import shown_url
from ..driver import dbapi_connection_of, fetch

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

# Keeps the names and numbers of our locks apart from everybody else's.
SALT = "flask_migrate_compat"


class VersionTable(NamedTuple):
    """Name the table that a migrations folder keeps its versions in.

    Two folders that share a database have two tables, and need not wait for each
    other.

    :param name: Alembic's ``version_table``.
    :param schema: Alembic's ``version_table_schema``; empty for none.
    """

    name: str
    schema: str


class Holder(NamedTuple):
    """Say who holds a lock.

    :param text: who, for a message.
    :param remedy: how to end whoever it is, for a message; empty if nobody knows.
    :param session: what tells a session of the database server from all others, or
        the beginning of it if the rest is not for us to see.
    """

    text: str
    remedy: str = ""
    session: tuple[str, ...] = ()


SOMEBODY = Holder("another process")


class DatabaseLock(abc.ABC):
    """Keep other runs away from the version table of one database.

    :param connection: the connection that revisions will use.
    :param table: the version table.
    :param mode: what the user has chosen, see :mod:`..settings`.
    """

    def __init__(self, connection: Connection, table: VersionTable, mode: str) -> None:
        self.connection = connection
        self.table = table
        self.mode = mode
        self.is_held = False
        # The locks of the run that has taken it.
        self.owner: object = None
        # What tells the session that holds the lock from all others, once it does.
        self.session: tuple[str, ...] = ()
        # For messages.
        self.place = f"database ({shown_url(connection.engine)})"

    @property
    def order(self) -> tuple[str, ...]:
        """Return what the locks of a run are sorted by: the same in every process."""
        url = self.connection.engine.url
        return (
            url.get_backend_name(),
            url.host or "",
            str(url.port or ""),
            url.database or "",
            self.table.schema,
            self.table.name,
        )

    @property
    def identity(self) -> tuple[object, ...]:
        """Return what two locks have in common that are surely one lock.

        The engine is a part of it, because a URL need not tell everything: there may
        be a ``creator``. Whether two engines lead to one database shows when the
        second one is tried.
        """
        return (*self.order, self.connection.engine)

    @abc.abstractmethod
    def attempt(self) -> bool:
        """Take the lock if it is free, and tell whether that was so."""

    @abc.abstractmethod
    def holder(self) -> Holder:
        """Say who holds the lock at the moment."""

    @abc.abstractmethod
    def release(self, is_last: bool = True) -> None:
        """Give the lock back; more than once is no harm.

        :param is_last: the run is over.
        """

    def join(self, held: Iterable[DatabaseLock]) -> None:  # noqa: B027
        """Share what can be shared with the locks that this process has.

        :param held: those locks.
        """

    def before_waiting(self) -> None:  # noqa: B027
        """Let go of what the holder of the lock might have to wait for."""

    def after_taking(self) -> None:  # noqa: B027
        """Make sure that Alembic sees what the last holder has committed."""

    def check(self) -> None:  # noqa: B027
        """Make sure that the lock is still held.

        :raises MigrateError: when it is not.
        """

    def serves(self, connection: Connection) -> bool:
        """Tell whether the lock lives as long as this connection needs it."""
        return True


class LockOfTheRun(DatabaseLock):
    """Stand for a lock that another session of this process holds already.

    Two binds may lead to one database under two names.

    :param lock: what could not be taken.
    :param other: the one that is held.
    """

    def __init__(self, lock: DatabaseLock, other: DatabaseLock) -> None:
        super().__init__(lock.connection, lock.table, lock.mode)
        self.other = other
        self.owner = lock.owner
        self.is_held = True

    def attempt(self) -> bool:
        """Say yes."""
        return True

    def holder(self) -> Holder:
        """Ask the other one."""
        return self.other.holder()

    def check(self) -> None:
        """Ask the other one."""
        self.other.check()

    def release(self, is_last: bool = True) -> None:
        """Leave that to the other one."""
        self.is_held = False


class SessionLock(DatabaseLock):
    """Have what the locks of database servers have in common."""

    def __init__(self, connection: Connection, table: VersionTable, mode: str) -> None:
        super().__init__(connection, table, mode)
        # The driver's connection of the migration.
        self._user = dbapi_connection_of(connection)
        # env.py may dispose of it, and the engine gets a new one.
        self._pool: Any = connection.engine.pool
        self._listens = False
        self._has_waited = False

    def _failed(self, error: Exception, driver: Any) -> MigrateError:
        """Return the error for an attempt that the server, or its driver, refused."""
        dialect: Any = self.connection.dialect
        if dialect.is_disconnect(error, driver, None):
            return MigrateError(
                f"The connection that was waiting for the migration lock of the"
                f" {self.place} was lost: {reason(error)}.",
                "Nothing was changed. Run the command again.",
            )
        return MigrateError(
            f"Cannot take the migration lock of the {self.place}: {reason(error)}.",
            "If this server has no such locks, add --no-lock, or set"
            ' MIGRATE_LOCK = "off", and make sure that nobody else migrates this'
            " database meanwhile.",
        )

    def _too_late(self) -> MigrateError:
        """Return the error for a transaction that may not see the last migration."""
        return MigrateError(
            f"Another migration was changing the {self.place} while this one waited,"
            " inside of a transaction that was begun before context.configure() and"
            " may not see that.",
            "Nothing was changed. End that transaction, and run the command again.",
        )

    def _lost(self, why: str) -> MigrateError:
        return MigrateError(
            f"The migration lock of the {self.place} was lost: {why}. Nothing further"
            " is done.",
            "Run the command again.",
        )

    def serves(self, connection: Connection) -> bool:
        """Tell whether the lock lives as long as this connection needs it."""
        return not self._listens or dbapi_connection_of(connection) is self._user

    def _release_with_the_connection(self) -> None:
        """Release the lock when ``env.py`` gives its connection back to the pool."""
        if not self._listens:
            event.listen(self._pool, "checkin", self._checkin)
            self._listens = True

    def _checkin(self, driver: Any, record: Any) -> None:
        if driver is self._user:
            self.release(is_last=False)

    def _stop_listening(self) -> None:
        """Forget the connection; not while the pool goes through its listeners."""
        if self._listens:
            self._listens = False
            event.remove(self._pool, "checkin", self._checkin)

    @property
    def error_classes(self) -> type[Exception]:
        """Return the base class of the driver's errors."""
        dialect: Any = self.connection.dialect
        classes: type[Exception] = dialect.dbapi.Error
        return classes


def reason(error: Exception) -> str:
    """Return what an error says, for the middle of a sentence."""
    return " ".join(str(error).split()).rstrip(".")


def one_row(dbapi_connection: Any, statement: str) -> tuple[Any, ...]:
    """Run a statement below SQLAlchemy, which therefore begins no transaction.

    :param dbapi_connection: the driver's connection.
    :param statement: SQL without parameters.
    :returns: the first row, an empty one if there is none.
    """
    return tuple(next(iter(fetch(dbapi_connection, statement)), ()))


def digest(*parts: str) -> bytes:
    """Return a hash of texts that is the same in every process and release."""
    return hashlib.sha256("\0".join((SALT, *parts)).encode()).digest()


def is_in_transaction(connection: Any) -> bool:
    """Tell whether a connection is in a transaction, for SQLAlchemy or its driver.

    SQLAlchemy before 2.0 reads without a transaction of its own; the driver may have
    begun one all the same.
    """
    if connection.in_transaction():
        return True
    driver = dbapi_connection_of(connection)
    if hasattr(driver, "get_transaction_status"):  # psycopg2
        return bool(driver.get_transaction_status() != 0)
    return False
