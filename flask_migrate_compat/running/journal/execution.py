"""One statement that a script wants to have executed, and what comes of it."""

from __future__ import annotations

from typing import Any, Callable

from .cursor import KeptCursor
from .table import DONE, FAILED, Entry
from .values import UnknownValueError, dumps, loads

# So many rows of a statement are kept at most; what is behind them is not even read.
_MOST_ROWS = 20_000
# The result of a statement of which no more is known than that it was executed.
NO_RESULT = dumps([None, [], -1, None])


class Execution:
    """A statement that the script wants to have executed.

    :param entry: what will be noted about it.
    :param statement: the SQL.
    :param cursor: the driver's cursor.
    :param context: SQLAlchemy's execution context.
    :param call: sends the statement.
    :param is_own: whether it is on the migration's connection.
    """

    def __init__(
        self,
        entry: Entry,
        statement: str,
        cursor: Any,
        context: Any,
        call: Callable[[], None],
        is_own: bool,
    ) -> None:
        self.entry = entry
        self.statement = statement
        self.cursor = cursor
        self.context = context
        self.is_own = is_own
        self._call = call
        self._is_done = False
        style = getattr(context, "execute_style", None)
        # SQLAlchemy 2 fetches the rows of such an INSERT from the cursor itself.
        self._in_parts = getattr(style, "name", "") == "INSERTMANYVALUES"

    @property
    def has_outcome(self) -> bool:
        """Tell whether the database has answered: done, or failed."""
        return self._is_done or self.entry.state == FAILED

    @property
    def connection(self) -> Any:
        """Return SQLAlchemy's connection; 1.x has another object for each option."""
        return self.context.root_connection

    @property
    def is_in_transaction(self) -> bool:
        """Tell whether the statement is part of a transaction of the database."""
        return bool(getattr(self.connection.connection, "in_transaction", True))

    def execute(self) -> None:
        """Send the statement, and keep what it returns."""
        self._call()
        self._is_done = True
        self.entry.state = DONE
        description = self.cursor.description
        if description is None:
            self.entry.result = _kept(self.cursor, None, [])
            return
        if self._in_parts and not self._can_replace_rows():
            # A driver whose cursors are written in C: the rows are left to it.
            self.entry.result = None
            return
        columns = [tuple(column) for column in description]
        if self._in_parts:
            # What the cursor has of its own: that of the part before is replaced.
            rows, has_more = list(type(self.cursor).fetchall(self.cursor)), False
        else:
            rows = list(self.cursor.fetchmany(_MOST_ROWS))
            has_more = len(rows) == _MOST_ROWS
        self.entry.result = None if has_more else _kept(self.cursor, columns, rows)
        count, last = self.cursor.rowcount, _last_row(self.cursor)
        self._hand_out(columns, rows, count, last, has_more)

    def serve(self, result: str | None) -> None:
        """Let SQLAlchemy have a result that was kept.

        :param result: the text of it.
        """
        columns, rows, count, last = loads(result) if result else (None, [], -1, None)
        self._hand_out(columns, rows, count, last)

    def fail(self, result: str | None) -> None:
        """Raise an error that was kept.

        :param result: the text of it.
        """
        name, arguments = loads(result or '["Error", []]')
        raise getattr(self.context.dialect.dbapi, name)(*arguments)

    def _hand_out(
        self,
        columns: Any,
        rows: list[Any],
        count: int,
        last: Any,
        has_more: bool = False,
    ) -> None:
        kept = KeptCursor(self.cursor, columns, rows, count, last, has_more)
        self.context.cursor = kept
        if self._in_parts:
            self.cursor.fetchall = kept.fetchall

    def _can_replace_rows(self) -> bool:
        """Tell whether the real cursor can be made to fetch other rows."""
        try:
            self.cursor.fetchall = self.cursor.fetchall
        except AttributeError:
            return False
        return True


def _last_row(cursor: Any) -> Any:
    last = getattr(cursor, "lastrowid", None)
    return last if isinstance(last, int) else None


def _kept(cursor: Any, columns: Any, rows: list[Any]) -> str | None:
    """Return a result as text, ``None`` if it cannot be kept."""
    try:
        return dumps([columns, rows, cursor.rowcount, _last_row(cursor)])
    except UnknownValueError:
        return None


def kept_error(error: Exception, dbapi: Any) -> str | None:
    """Return an error as text, under the name that every driver has for its kind."""
    name = next(
        one.__name__ for one in type(error).__mro__ if hasattr(dbapi, one.__name__)
    )
    try:
        return dumps([name, list(error.args)])
    except UnknownValueError:
        return dumps([name, [str(error)]])
