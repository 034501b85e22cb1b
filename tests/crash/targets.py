"""The databases that are migrated: emptied quickly, and looked into.

Everything is kept by one connection of a target, which the forks must not use.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any, Iterator

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from .. import servers

#: How many rows the chain leaves in each of its tables.
ROWS = {
    "account": 8,
    "account_level": 8,
    "applied": 20,
    "alembic_version": 1,
    "child": 8,
    "event": 6,
    "event_tag": 12,
    "maybe": 9,
    "measure": 22,
    "nap": 1,
    "old_summary": 2,
    "parent": 3,
    "remark": 8,
    "summary": 8,
    "total": 6,
}
# Ids that the database gives out have gaps after a crash, which nobody can prevent:
# sequences are in no transaction. They are compared by rank, and so are references.
_GIVEN_IDS = {"event": "id", "event_tag": "id"}
_REFERENCES = {("event_tag", "event_id"): "event"}
# A journal may stay when it is empty.
_JOURNAL = re.compile(r"journal|^alembic_(?!version|tmp)")

Rows = "dict[str, list[dict[str, Any]]]"


class Target:
    """A database of one kind.

    :param folder: a folder of its own.
    """

    kind = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def url(self) -> str:
        """Return the URL that the application is given."""
        return f"sqlite:///{(self.folder / 'app.db').as_posix()}"

    def reset(self) -> None:
        """Make the database empty, whoever still works in it."""
        shutil.rmtree(str(self.folder), ignore_errors=True)
        self.folder.mkdir(parents=True)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Run SQL outside of a transaction, and return the rows."""
        path = str(self.folder / "app.db")
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
            return [tuple(row) for row in db.execute(sql).fetchall()]

    def schema(self) -> list[str]:
        """Describe everything in the database but the rows, one thing a line."""
        lines = self.query("SELECT type, name, tbl_name, sql FROM sqlite_master")
        broken = [f"broken: {row}" for row in self.query("PRAGMA foreign_key_check")]
        state = [str(row) for row in self.query("PRAGMA integrity_check")]
        return sorted(" ".join(map(str, row)) for row in lines) + broken + state

    def tables(self) -> dict[str, list[str]]:
        """Return the names of the columns of each table."""
        names = self.query("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {
            name: [row[1] for row in self.query(f'PRAGMA table_info("{name}")')]
            for (name,) in names
        }

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        """Return all rows of a table."""
        quote = "`" if self.kind == "mariadb" else '"'
        return self.query(f"SELECT * FROM {quote}{table}{quote}")

    def state(self) -> State:
        """Return all that is in the database."""
        tables = self.tables()
        rows = {
            name: [dict(zip(columns, row)) for row in self.rows(name)]
            for name, columns in tables.items()
        }
        journals = {n for n, r in rows.items() if _JOURNAL.search(n) and not r}
        schema = [
            line
            for line in self.schema()
            if not any(re.search(rf"\b{name}\b", line) for name in journals)
        ]
        return State(schema, {n: r for n, r in rows.items() if n not in journals})


class State:
    """What is in a database, made so that two can be compared.

    :param schema: a line for each thing.
    :param rows: the rows of each table.
    """

    def __init__(
        self, schema: list[str], rows: dict[str, list[dict[str, Any]]]
    ) -> None:
        ranks = {}
        for table, column in _GIVEN_IDS.items():
            given = sorted(row[column] for row in rows.get(table, ()))
            ranks[table] = {number: rank for rank, number in enumerate(given, 1)}
        for table, column in _GIVEN_IDS.items():
            for row in rows.get(table, ()):
                row[column] = ranks[table][row[column]]
        for (table, column), referred in _REFERENCES.items():
            for row in rows.get(table, ()):
                row[column] = ranks[referred].get(row[column], f"lost {row[column]}")
        self.schema = schema
        self.rows = {
            table: sorted(repr(sorted(row.items())) for row in found)
            for table, found in rows.items()
        }

    def differences(self, other: State) -> list[str]:
        """Return what is here and not there, and the other way round."""
        found = _differences("", self.schema, other.schema)
        for table in sorted({*self.rows, *other.rows}):
            mine, theirs = self.rows.get(table), other.rows.get(table)
            if mine is None or theirs is None:
                found.append(f"{'missing' if mine is None else 'extra'} table {table}")
            else:
                found += _differences(f"{table}: ", mine, theirs)
        return found

    def other_rows(self, other: State) -> str:
        """Return what is different in the rows of a database of another kind."""
        mine, theirs = State([], {}), State([], {})
        mine.rows, theirs.rows = self.rows, other.rows
        return "; ".join(mine.differences(theirs))

    def wrong_counts(self) -> list[str]:
        """Return the tables that do not have as many rows as the chain makes."""
        counts = {table: len(rows) for table, rows in self.rows.items()}
        pairs = {name: (counts.get(name), ROWS.get(name)) for name in {*counts, *ROWS}}
        return [
            f"{name}: {found} rows instead of {wanted}"
            for name, (found, wanted) in sorted(pairs.items())
            if found != wanted
        ]

    def applied(self) -> Counter[str]:
        """Return how often each revision was applied."""
        return Counter(row.split("'")[3] for row in self.rows.get("applied", ()))


def _differences(title: str, mine: list[str], theirs: list[str]) -> list[str]:
    here, there = Counter(mine), Counter(theirs)
    extra = [f"{title}extra {line}" for line in (here - there).elements()]
    return extra + [f"{title}missing {line}" for line in (there - here).elements()]


class ServerTarget(Target):
    """A database on a server.

    :param url: its URL.
    """

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(folder)
        self._url = url
        engine = sa.create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        self.connection = engine.connect()

    @property
    def url(self) -> str:
        return self._url

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        result = self.connection.execute(sa.text(sql.replace(":", r"\:")))
        return [tuple(row) for row in result] if result.returns_rows else []

    def end_others(self) -> None:
        """End all other sessions, such as those of processes that were killed."""
        raise NotImplementedError


class PostgreSQLTarget(ServerTarget):
    """A database on a PostgreSQL server."""

    kind = "postgresql"

    def end_others(self) -> None:
        self.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid != pg_backend_pid()"
        )

    def reset(self) -> None:
        super().reset()
        self.end_others()
        self.query("DROP SCHEMA public CASCADE")
        self.query("CREATE SCHEMA public")

    def tables(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for table, column in self.query(
            "SELECT relname, attname FROM pg_class"
            " JOIN pg_attribute ON attrelid = pg_class.oid"
            " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
            " AND attnum > 0 AND NOT attisdropped ORDER BY relname, attnum"
        ):
            found.setdefault(table, []).append(column)
        return found

    def schema(self) -> list[str]:
        parts = (
            "SELECT 'column', attrelid::regclass, attname,"
            " format_type(atttypid, atttypmod), attnotnull,"
            " rank() OVER (PARTITION BY attrelid ORDER BY attnum),"
            " pg_get_expr(adbin, adrelid) FROM pg_attribute"
            " JOIN pg_class ON attrelid = pg_class.oid"
            " LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum"
            " WHERE relnamespace = 'public'::regnamespace AND attnum > 0"
            " AND NOT attisdropped AND relkind IN ('r', 'v')",
            "SELECT 'index', pg_get_indexdef(indexrelid), indisvalid FROM pg_index"
            " JOIN pg_class ON indexrelid = pg_class.oid"
            " WHERE relnamespace = 'public'::regnamespace",
            "SELECT 'constraint', conrelid::regclass, conname,"
            " pg_get_constraintdef(oid), convalidated FROM pg_constraint"
            " WHERE connamespace = 'public'::regnamespace",
            "SELECT 'enum', enumtypid::regtype, string_agg(enumlabel, ', ' ORDER BY"
            " enumsortorder) FROM pg_enum GROUP BY enumtypid",
            "SELECT 'sequence', relname FROM pg_class WHERE relkind = 'S'",
        )
        rows = [row for part in parts for row in self.query(part)]
        return sorted(" ".join(map(str, row)) for row in rows)


class MariaDBTarget(ServerTarget):
    """A database on a MariaDB server."""

    kind = "mariadb"

    def end_others(self) -> None:
        for (session,) in self.query(
            "SELECT id FROM information_schema.processlist"
            " WHERE db = database() AND id != connection_id()"
        ):
            with contextlib.suppress(sa.exc.DBAPIError):
                self.query(f"KILL {session}")

    def reset(self) -> None:
        super().reset()
        self.end_others()
        name = servers.name_in(self.url)
        self.query(f"DROP DATABASE {name}")
        self.query(f"CREATE DATABASE {name}")
        self.query(f"USE {name}")

    def tables(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for table, column in self.query(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = database() ORDER BY table_name, ordinal_position"
        ):
            found.setdefault(table, []).append(column)
        return found

    def schema(self) -> list[str]:
        lines = []
        for name in self.tables():
            (row,) = self.query(f"SHOW CREATE TABLE `{name}`")
            text = re.sub(r" AUTO_INCREMENT=\d+", "", row[1])
            lines += [f"{name}: {line.strip(' ,')}" for line in text.splitlines()[1:]]
            lines.append(text.splitlines()[0])
        return sorted(lines)


@contextlib.contextmanager
def connected(kind: str, url: str) -> Iterator[ServerTarget]:
    """Connect to a database on a server that is there already.

    :param kind: ``postgresql`` or ``mariadb``.
    """
    make = PostgreSQLTarget if kind == "postgresql" else MariaDBTarget
    made = make(Path(), url)
    try:
        yield made
    finally:
        made.connection.close()


@contextlib.contextmanager
def target(kind: str, folder: Path) -> Iterator[Target]:
    """Make a database of a kind, and drop it at the end.

    :param kind: one of :data:`.options.KINDS`.
    :param folder: a folder of its own.
    :raises pytest.skip.Exception: or ``fail``, when there is no server.
    """
    if kind == "sqlite":
        file = Target(folder)
        file.reset()
        yield file
        return
    with servers.database(kind) as url, connected(kind, url) as made:
        made.folder = folder
        if kind == "postgresql":
            # Not waiting for the disk changes nothing for those who are killed.
            name = servers.name_in(url)
            made.query(f"ALTER DATABASE {name} SET synchronous_commit = off")
            made.query("SET synchronous_commit = off")
        made.reset()
        try:
            yield made
        finally:
            made.end_others()
