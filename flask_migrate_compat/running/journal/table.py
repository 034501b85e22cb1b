"""The table that holds the journal, beside the version table.

It is made when it is needed and dropped at the end of a run in which all went well,
so that it is there only while a revision is under way, or interrupted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Sequence

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable, DropTable

from ..driver import Driver
from ..hidden_tables import name_of_journal

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

# The states of a statement.
BEGUN, DONE, FAILED = "begun", "done", "failed"
# The fingerprint of a statement that the user has accepted whatever it is.
ANY = "*"
# How much of a statement is kept, for messages.
_LONGEST = 500


@dataclass
class Entry:
    """A statement of a revision.

    :param position: its number, from 1.
    :param kind: its kind, of :mod:`.statements`.
    :param fingerprint: by what it is known again.
    :param statement: its text, perhaps shortened.
    :param state: ``begun``, ``done`` or ``failed``.
    :param result: what it has returned, or its error, as text; ``None``: not kept.
    :param evidence: what the objects looked like before that it changes.
    :param session: the session of the database that executed it.
    """

    position: int
    kind: str
    fingerprint: str
    statement: str
    state: str = DONE
    result: str | None = None
    evidence: str | None = None
    session: str | None = None

    def __post_init__(self) -> None:
        text = " ".join(self.statement.split())
        self.statement = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


_COLUMNS = (
    *("position", "kind", "fingerprint", "statement"),
    *("state", "result", "evidence", "session"),
)


class JournalTable:
    """Read and write the journal of one database.

    :param connection: the connection of the migration.
    :param schema: the schema of the version table, or the current one.
    :param version_table: the name of the version table.
    """

    def __init__(
        self, connection: Connection, schema: str | None, version_table: str
    ) -> None:
        self._driver = Driver(connection)
        self._dialect = connection.dialect
        long_text = sa.Text()
        options: dict[str, Any] = {}
        name = self._dialect.name
        # SQLAlchemy 1.3 warns of options for "mariadb", a dialect that it lacks.
        if name in ("mysql", "mariadb"):
            from sqlalchemy.dialects import mysql

            long_text = long_text.with_variant(mysql.LONGTEXT(), name)
            options = {f"{name}_engine": "InnoDB", f"{name}_charset": "utf8mb4"}
        self._table = sa.Table(
            name_of_journal(version_table),
            sa.MetaData(),
            sa.Column("revision", sa.String(100), primary_key=True),
            sa.Column("direction", sa.String(10), primary_key=True),
            sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("kind", sa.String(10), nullable=False),
            sa.Column("fingerprint", sa.String(64), nullable=False),
            sa.Column("statement", long_text, nullable=False),
            sa.Column("state", sa.String(10), nullable=False),
            sa.Column("result", long_text),
            sa.Column("evidence", sa.String(64)),
            sa.Column("session", sa.String(100)),
            schema=schema,
            **options,
        )
        self.name = self._dialect.identifier_preparer.format_table(self._table)

    def create(self) -> None:
        """Make the table."""
        self._driver.execute(
            str(CreateTable(self._table).compile(dialect=self._dialect))
        )

    def drop(self) -> None:
        """Drop the table."""
        self._driver.execute(str(DropTable(self._table).compile(dialect=self._dialect)))

    def read(self) -> dict[tuple[str, str], list[Entry]]:
        """Return the entries of each revision that was interrupted.

        :returns: revision and direction -> the entries in their order.
        """
        found: dict[tuple[str, str], list[Entry]] = {}
        for revision, direction, *values in self._driver.fetch(
            f"SELECT revision, direction, {', '.join(_COLUMNS)} FROM {self.name}"
            " ORDER BY revision, direction, position"
        ):
            found.setdefault((revision, direction), []).append(Entry(*values))
        return found

    def add(self, key: tuple[str, str], entries: Sequence[Entry]) -> None:
        """Add entries.

        :param key: revision and direction.
        :param entries: the entries.
        """
        columns = ("revision", "direction", *_COLUMNS)
        marks = ", ".join(["{}"] * len(columns))
        self._driver.execute_many(
            f"INSERT INTO {self.name} ({', '.join(columns)}) VALUES ({marks})",
            [(*key, *(getattr(entry, name) for name in _COLUMNS)) for entry in entries],
        )

    def update(self, key: tuple[str, str], entry: Entry) -> None:
        """Note what has become of an entry.

        :param key: revision and direction.
        :param entry: the entry.
        """
        self._driver.execute(
            f"UPDATE {self.name} SET state = {{}}, result = {{}}, fingerprint = {{}}"
            " WHERE revision = {} AND direction = {} AND position = {}",
            *(entry.state, entry.result, entry.fingerprint, *key, entry.position),
        )

    def remove(self, key: tuple[str, str], position: int | None = None) -> None:
        """Remove the entries of a revision, or one of them.

        :param key: revision and direction.
        :param position: the one.
        """
        one: tuple[Any, ...] = () if position is None else (position,)
        self._driver.execute(
            f"DELETE FROM {self.name} WHERE revision = {{}} AND direction = {{}}"
            + (" AND position = {}" if one else ""),
            *(*key, *one),
        )

    def clear(self) -> None:
        """Remove all entries."""
        self._driver.execute(f"DELETE FROM {self.name}")

    def commit(self) -> None:
        """Commit for the database."""
        self._driver.commit()
