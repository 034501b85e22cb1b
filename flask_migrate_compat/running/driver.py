"""The connection of the database driver below one of SQLAlchemy.

What is executed here begins no transaction of SQLAlchemy, is seen by no event, and
is the same on SQLAlchemy 1.3 to 2.1.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Iterator, Sequence

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

# How a driver wants the n-th parameter to be written.
_PLACEHOLDERS = {
    "qmark": "?",
    "format": "%s",
    "pyformat": "%s",
    "numeric": ":{}",
    "numeric_dollar": "${}",
}


def is_autocommit(connection: Connection) -> bool:
    """Tell whether each statement of a connection is its own transaction.

    The server is not asked: not every dialect and not every user may.

    :param connection: the connection.
    """
    level = connection.get_execution_options().get("isolation_level")
    of_engine = getattr(connection.dialect, "_on_connect_isolation_level", None)
    return str(level or of_engine).upper() == "AUTOCOMMIT"


def dbapi_connection_of(connection: Connection) -> Any:
    """Return the connection of the driver, or SQLAlchemy's synchronous front of it.

    :param connection: an open connection.
    """
    return dbapi_connection_in(connection.connection)


def dbapi_connection_in(pooled: Any) -> Any:
    """Return the driver's connection in what a pool hands out.

    :param pooled: what it has handed out.
    """
    # SQLAlchemy 1.3 has the second name only.
    return getattr(pooled, "dbapi_connection", None) or pooled.connection


def sqlite_in_transaction(connection: Connection) -> bool:
    """Tell whether an SQLite database has a transaction open for a connection.

    :param connection: a connection to SQLite.
    """
    driver = dbapi_connection_of(connection)
    if not hasattr(driver, "in_transaction"):
        # aiosqlite, behind SQLAlchemy's front.
        driver = driver.driver_connection
    return bool(driver.in_transaction)


def is_two_phase(connection: Any) -> bool:
    """Tell whether a connection is in a transaction that ends with ``PREPARE``.

    :param connection: an open connection.
    """
    if hasattr(connection, "get_transaction"):
        transaction = connection.get_transaction()
    else:  # SQLAlchemy before 1.4 has no public name
        transaction = getattr(connection, "_Connection__transaction", None)
    return hasattr(transaction, "prepare")


def fetch(
    dbapi_connection: Any, statement: str, parameters: tuple[Any, ...] = ()
) -> list[Any]:
    """Execute a statement on a connection of the driver and return its rows.

    :param dbapi_connection: the connection.
    :param statement: the SQL, as the driver wants it.
    :param parameters: its parameters.
    """
    with _executed(dbapi_connection, statement, parameters) as cursor:
        return list(cursor.fetchall())


@contextlib.contextmanager
def _executed(
    dbapi_connection: Any, statement: str, parameters: tuple[Any, ...]
) -> Iterator[Any]:
    with contextlib.closing(dbapi_connection.cursor()) as cursor:
        # Without an argument, percent signs are what they are.
        cursor.execute(statement, *((parameters,) if parameters else ()))
        yield cursor


@contextlib.contextmanager
def told_when_lost(connection: Connection) -> Iterator[None]:
    """Tell SQLAlchemy when the connection is lost below it.

    It would try to roll back when it is given back, and log a traceback.

    :param connection: the connection that is used inside.
    """
    dialect: Any = connection.dialect
    try:
        yield
    except dialect.dbapi.Error as error:
        is_open = not (connection.closed or connection.invalidated)
        if is_open and dialect.is_disconnect(error, connection.connection, None):
            connection.invalidate(error)
        raise
    except KeyboardInterrupt:
        # A driver that is written in Python was in the midst of an answer.
        if not (connection.closed or connection.invalidated):
            connection.invalidate()
        raise


class Driver:
    """Execute SQL on the driver's connection, with parameters in their order.

    :param connection: an open connection of SQLAlchemy.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._placeholder = _PLACEHOLDERS[connection.dialect.paramstyle]

    @property
    def error_classes(self) -> type[Exception]:
        """Return the base class of the driver's errors."""
        dialect: Any = self.connection.dialect
        classes: type[Exception] = dialect.dbapi.Error
        return classes

    def fetch(self, sql: str, *parameters: Any) -> list[Any]:
        """Execute a statement and return its rows.

        :param sql: the statement, with ``{}`` for each parameter.
        :param parameters: strings, numbers or ``None``.
        """
        statement = self._with_marks(sql, len(parameters))
        with told_when_lost(self.connection):
            return fetch(dbapi_connection_of(self.connection), statement, parameters)

    def execute(self, sql: str, *parameters: Any) -> None:
        """Execute a statement that returns nothing.

        :param sql: the statement, with ``{}`` for each parameter.
        :param parameters: strings, numbers or ``None``.
        """
        statement = self._with_marks(sql, len(parameters))
        with told_when_lost(self.connection), _executed(
            dbapi_connection_of(self.connection), statement, parameters
        ):
            pass

    def execute_many(self, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Execute a statement for each of several sets of parameters.

        :param sql: the statement, with ``{}`` for each parameter.
        :param rows: the sets, all of one length.
        """
        statement = self._with_marks(sql, len(rows[0]))
        with told_when_lost(self.connection), contextlib.closing(
            dbapi_connection_of(self.connection).cursor()
        ) as cursor:
            cursor.executemany(statement, rows)

    def commit(self) -> None:
        """Commit for the database; SQLAlchemy's transaction goes on."""
        with told_when_lost(self.connection):
            dbapi_connection_of(self.connection).commit()

    def rollback(self) -> None:
        """Roll back for the database; SQLAlchemy's transaction goes on."""
        with told_when_lost(self.connection):
            dbapi_connection_of(self.connection).rollback()

    def _with_marks(self, sql: str, count: int) -> str:
        if not count:
            return sql
        return sql.format(*(self._placeholder.format(1 + n) for n in range(count)))
