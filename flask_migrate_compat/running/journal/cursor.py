"""Hand out rows that were fetched before, as the cursor of a driver does."""

from __future__ import annotations

from typing import Any, Iterator, Sequence


class KeptCursor:
    """Stand in for the cursor of a statement whose result is known.

    :param cursor: the real cursor; whatever else is asked is that one's answer.
    :param description: the description of the columns, ``None`` for no rows.
    :param rows: the rows.
    :param rowcount: how many rows the statement has changed or found.
    :param lastrowid: the number that the last inserted row was given.
    :param has_more: whether the real cursor has more rows, behind these.
    """

    def __init__(
        self,
        cursor: Any,
        description: Any,
        rows: Sequence[Any],
        rowcount: int,
        lastrowid: Any,
        has_more: bool = False,
    ) -> None:
        self._cursor = cursor
        self._rows = list(rows)
        self._next = 0
        self._has_more = has_more
        self.description = description
        self.rowcount = rowcount
        self.lastrowid = lastrowid
        self.arraysize = 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def fetchone(self) -> Any:
        """Return the next row, or ``None``."""
        rows = self.fetchmany(1)
        return rows[0] if rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """Return the next rows, at most so many.

        :param size: how many.
        """
        size = size or self.arraysize
        begin = self._next
        self._next = min(begin + size, len(self._rows))
        rows = self._rows[begin : self._next]
        if self._has_more and len(rows) < size:
            rows += self._cursor.fetchmany(size - len(rows))
        return rows

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        rows, self._next = self._rows[self._next :], len(self._rows)
        return rows + list(self._cursor.fetchall()) if self._has_more else rows

    def __iter__(self) -> Iterator[Any]:
        return iter(self.fetchall())

    def close(self) -> None:
        """Close the real cursor."""
        self._cursor.close()
