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


def is_in_transaction(connection: Connection) -> bool:
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


class Driver:
    """Execute SQL on the driver's connection, with parameters in their order.

    :param connection: an open connection of SQLAlchemy.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._placeholder = _PLACEHOLDERS[connection.dialect.paramstyle]

    def fetch(self, sql: str, *parameters: Any) -> list[Any]:
        """Execute a statement and return its rows.

        :param sql: the statement, with ``{}`` for each parameter.
        :param parameters: strings, numbers or ``None``.
        """
        with self._executed(sql, parameters) as cursor:
            return list(cursor.fetchall())

    def execute(self, sql: str, *parameters: Any) -> None:
        """Execute a statement that returns nothing.

        :param sql: the statement, with ``{}`` for each parameter.
        :param parameters: strings, numbers or ``None``.
        """
        with self._executed(sql, parameters):
            pass

    def commit(self) -> None:
        """Commit for the database; SQLAlchemy's transaction goes on."""
        dbapi_connection_of(self.connection).commit()

    def rollback(self) -> None:
        """Roll back for the database; SQLAlchemy's transaction goes on."""
        dbapi_connection_of(self.connection).rollback()

    def execute_many(self, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Execute a statement for each of several sets of parameters.

        :param sql: the statement, with ``{}`` for each parameter.
        :param rows: the sets, all of one length.
        """
        with self._cursor() as cursor:
            cursor.executemany(self._with_marks(sql, len(rows[0])), rows)

    def _with_marks(self, sql: str, count: int) -> str:
        return sql.format(*(self._placeholder.format(1 + n) for n in range(count)))

    @contextlib.contextmanager
    def _cursor(self) -> Iterator[Any]:
        cursor = dbapi_connection_of(self.connection).cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    @contextlib.contextmanager
    def _executed(self, sql: str, parameters: tuple[Any, ...]) -> Iterator[Any]:
        with self._cursor() as cursor:
            if parameters:
                cursor.execute(self._with_marks(sql, len(parameters)), parameters)
            else:
                cursor.execute(sql)
            yield cursor
