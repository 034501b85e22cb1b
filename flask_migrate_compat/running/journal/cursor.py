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
    """

    def __init__(
        self,
        cursor: Any,
        description: Any,
        rows: Sequence[Any],
        rowcount: int,
        lastrowid: Any,
    ) -> None:
        self._cursor = cursor
        self._rows = list(rows)
        self._next = 0
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
        begin = self._next
        self._next = min(begin + (size or self.arraysize), len(self._rows))
        return self._rows[begin : self._next]

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        return self.fetchmany(len(self._rows) or 1)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.fetchall())

    def close(self) -> None:
        """Close the real cursor."""
        self._cursor.close()
