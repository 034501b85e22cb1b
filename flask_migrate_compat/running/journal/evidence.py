"""Look at a database to see whether a statement has been executed.

A statement that changes the schema is executed as a whole or not at all. Before it is
sent, the journal keeps what the objects look like that it changes; if they still look
like that after a crash, it was not executed, and otherwise it was.
"""

from __future__ import annotations

import hashlib
import re
import time
from typing import TYPE_CHECKING, Any

from ..driver import Driver
from . import statements
from .statements import Change
from .table import Entry

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

# The objects that are not there.
ABSENT = ""
_COUNTER = re.compile(r"\sAUTO_INCREMENT=\d+")
# MySQL: no such table, routine, trigger, event.
_NO_SUCH_OBJECT = {1146, 1305, 1360, 1539}
# Engines whose tables take part in a transaction.
_TRANSACTIONAL = {"INNODB", "XTRADB", "ROCKSDB", "TOKUDB", "NDBCLUSTER"}
_PAUSE = 0.1
# By how many seconds the start of a server, computed twice, may differ.
_CLOCK = 2


class Evidence:
    """Look at one database.

    :param connection: the connection of the migration.
    """

    # Whether the database commits with each statement that changes the schema.
    commits_ddl = False

    def __init__(self, connection: Connection) -> None:
        self.driver = Driver(connection)

    def schema(self) -> str | None:
        """Return the schema that names without one belong to."""
        return None

    def has_table(self, schema: str | None, name: str) -> bool:
        """Tell whether there is a table.

        :param schema: its schema, ``None`` where a database has none.
        :param name: its name.
        """
        rows = self.driver.fetch(
            "SELECT 1 FROM information_schema.tables"
            " WHERE table_schema = {} AND table_name = {}",
            *(schema, name),
        )
        return bool(rows)

    def session(self) -> str | None:
        """Return what identifies this session of the database, or its server."""
        return None

    def wait_for(self, session: str, seconds: float) -> bool:
        """Wait until a session has ended, whose client is gone.

        :param session: what :meth:`session` has returned in it.
        :param seconds: how long to wait.
        :returns: whether it has ended.
        """
        return True

    def is_transactional(self, statement: str) -> bool:
        """Tell whether a change of rows can be rolled back.

        :param statement: the SQL.
        """
        return True

    def commits_each_statement(self) -> bool:
        """Tell whether the session commits each statement, as the server sees it."""
        return False

    def definition(self, kind: str, name: str) -> str:
        """Return what an object looks like, ``ABSENT`` for none.

        :param kind: one of :data:`~.statements.KINDS_OF_OBJECTS`.
        :param name: its name as it is written in SQL.
        """
        raise NotImplementedError

    def before(self, statement: str) -> str | None:
        """Return what is to be kept before a statement is executed.

        :param statement: the SQL.
        """
        change = statements.change_of(statement)
        if change is None:
            return None
        try:
            return self._look(change)
        except self.driver.error_classes:
            # Not everybody may look at everything: only after a crash that matters.
            return None

    def was_executed(self, entry: Entry, statement: str) -> bool | None:
        """Tell whether a statement that was begun has been executed.

        :param entry: what the journal says.
        :param statement: the SQL.
        :returns: ``None`` if that cannot be told.
        """
        change = statements.change_of(statement)
        if change is None or entry.evidence is None:
            return None
        if self._look(change) == entry.evidence:
            return False if change.shows else None
        are_there = {
            self.definition(change.kind, name) != ABSENT for name in change.names
        }
        if not change.shows or (
            # Of several tables, a server that crashes may have dropped some.
            change.appears is not None and are_there != {change.appears}
        ):
            return None
        return True if not change.fills or self.is_whole(entry) else None

    def is_whole(self, entry: Entry) -> bool:
        """Tell whether a table that is there has all rows that came with it.

        :param entry: the statement that made it.
        """
        return True

    def _look(self, change: Change) -> str:
        seen = [self.definition(change.kind, name) for name in change.names]
        return hashlib.sha256("\0".join(seen).encode()).hexdigest()


class MySQLEvidence(Evidence):
    """Look at a database of MySQL or MariaDB."""

    commits_ddl = True

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        # Table -> whether its engine takes part in transactions.
        self._transactional: dict[str, bool] = {}
        self._started: int | None = None

    def schema(self) -> str | None:
        [(name,)] = self.driver.fetch("SELECT DATABASE()")
        return None if name is None else str(name)

    def session(self) -> str | None:
        """Return when the server was started, as far as it matters: to the second."""
        if self._started is None:
            [(_, seconds)] = self.driver.fetch("SHOW GLOBAL STATUS LIKE 'Uptime'")
            [(now,)] = self.driver.fetch("SELECT UNIX_TIMESTAMP()")
            self._started = int(now) - int(seconds)
        return str(self._started)

    def commits_each_statement(self) -> bool:
        return self.driver.fetch("SELECT @@autocommit") == [(1,)]

    def is_whole(self, entry: Entry) -> bool:
        # A statement goes on to its end when the client is gone, and is undone when it
        # fails. But MariaDB keeps the empty table if the server itself dies.
        now = self.session()
        return None not in (now, entry.session) and (
            abs(int(str(now)) - int(str(entry.session))) <= _CLOCK
        )

    def definition(self, kind: str, name: str) -> str:
        try:
            [row] = self.driver.fetch(f"SHOW CREATE {kind} {name}")
        except Exception as error:
            if error.args and error.args[0] in _NO_SUCH_OBJECT:
                return ABSENT
            raise
        return _COUNTER.sub("", "\n".join(map(str, row)))

    def is_transactional(self, statement: str) -> bool:
        name = statements.written_table(statement)
        if name is None:
            return True
        if name not in self._transactional:
            schema, table = statements.unquoted(name)
            rows = self.driver.fetch(
                "SELECT engine FROM information_schema.tables"
                " WHERE table_schema = COALESCE({}, DATABASE()) AND table_name = {}",
                *(schema, table),
            )
            # A view has no engine. Its tables have one, which is nearly always InnoDB.
            engine = str(rows[0][0] or "InnoDB") if rows else "InnoDB"
            self._transactional[name] = engine.upper() in _TRANSACTIONAL
        return self._transactional[name]

    def before(self, statement: str) -> str | None:
        self._transactional.clear()
        return super().before(statement)


_INDEX = re.compile(
    r"(?P<verb>CREATE|DROP)\s+(?:UNIQUE\s+)?INDEX\s+(?:CONCURRENTLY\s+)?"
    rf"(?:IF\s+(?:NOT\s+)?EXISTS\s+)?(?P<name>(?!ON\b){statements.NAME})"
    rf"(?:\s+ON\s+(?:ONLY\s+)?(?P<table>{statements.NAME}))?",
    re.I,
)
_ADD_VALUE = re.compile(
    rf"ALTER\s+TYPE\s+(?P<name>{statements.NAME})\s+ADD\s+VALUE\s+"
    r"(?:IF\s+NOT\s+EXISTS\s+)?'(?P<value>(?:[^']|'')*)'",
    re.I,
)
_REPEATABLE = re.compile(
    r"(?:VACUUM|ANALYZE|REINDEX|CLUSTER|REFRESH\s+MATERIALIZED\s+VIEW|CHECKPOINT)\b",
    re.I,
)
# Everything that ALTER TABLE can change, as the server itself writes it.
_PG_TABLE = """\
SELECT c.relkind, c.relname, c.relnamespace::regnamespace::text, c.relowner,
 c.reloptions::text, c.relpersistence, c.relrowsecurity, c.reltablespace,
 (SELECT string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
   a.attnotnull, a.attidentity, a.attcollation, a.attstorage,
   pg_get_expr(d.adbin, d.adrelid)), ', ' ORDER BY a.attnum)
  FROM pg_attribute a LEFT JOIN pg_attrdef d
   ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
 (SELECT string_agg(concat_ws(' ', o.conname, o.convalidated,
   pg_get_constraintdef(o.oid)), ', ' ORDER BY o.conname)
  FROM pg_constraint o WHERE o.conrelid = c.oid),
 (SELECT string_agg(concat_ws(' ', pg_get_indexdef(i.indexrelid), i.indisvalid), ', '
   ORDER BY i.indexrelid) FROM pg_index i WHERE i.indrelid = c.oid),
 (SELECT string_agg(pg_get_triggerdef(t.oid), ', ' ORDER BY t.tgname)
  FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
FROM pg_class c WHERE c.oid = to_regclass({})"""


# A session and what tells it from a later one with the same number, in a form that no
# setting of the session changes.
_SESSION = "pid || ' since ' || extract(epoch FROM backend_start)"


class PostgreSQLEvidence(Evidence):
    """Look at a database of PostgreSQL."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._session: str | None = None

    def schema(self) -> str | None:
        [(name,)] = self.driver.fetch("SELECT current_schema()")
        return None if name is None else str(name)

    def session(self) -> str | None:
        if self._session is None:
            [(session,)] = self.driver.fetch(
                f"SELECT {_SESSION} FROM pg_stat_activity WHERE pid = pg_backend_pid()"
            )
            self._session = str(session)
        return self._session

    def wait_for(self, session: str, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while self.driver.fetch(
            # A proxy keeps the session of a client that is gone, and may give it to us.
            f"SELECT 1 FROM pg_stat_activity WHERE {_SESSION} = {{}}"
            " AND pid <> pg_backend_pid() AND state IS DISTINCT FROM 'idle'",
            session,
        ):
            if time.monotonic() > end:
                return False
            time.sleep(_PAUSE)
        return True

    def definition(self, kind: str, name: str) -> str:
        if kind not in ("TABLE", "VIEW"):
            return ABSENT
        rows = self.driver.fetch(_PG_TABLE, name)
        return repr(rows) if rows else ABSENT

    def was_executed(self, entry: Entry, statement: str) -> bool | None:
        text = statements.without_comments(statement)
        if _REPEATABLE.match(text):
            return False
        found = _INDEX.match(text)
        if found:
            return self._index(found)
        found = _ADD_VALUE.match(text)
        if found:
            rows = self.driver.fetch(
                "SELECT 1 FROM pg_enum WHERE enumtypid = to_regtype({})::oid"
                " AND enumlabel = {}",
                *(found["name"], found["value"].replace("''", "'")),
            )
            return bool(rows)
        change = statements.change_of(statement)
        if change is None or change.kind != "TABLE":
            return None
        return super().was_executed(entry, statement)

    def _index(self, found: re.Match[str]) -> bool | None:
        """Tell whether an index was made or dropped, and drop one that is half made.

        ``CREATE INDEX CONCURRENTLY`` that was cut off leaves an index behind that is
        not valid.
        """
        name = found["name"]
        # An index is in the schema of its table; DROP INDEX does not name that.
        schema = statements.unquoted(found["table"])[0] if found["table"] else None
        if schema is not None and statements.unquoted(name)[0] is None:
            quoted = schema.replace('"', '""')
            name = f'"{quoted}".{name}'
        rows = self.driver.fetch(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass({})", name
        )
        if found["verb"].upper() == "DROP":
            return not rows
        if rows and not rows[0][0]:
            self.driver.execute(f"DROP INDEX {name}")
            return False
        return bool(rows)


class SQLiteEvidence(Evidence):
    """Look at an SQLite database."""

    def has_table(self, schema: str | None, name: str) -> bool:
        sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = {}"
        return bool(self.driver.fetch(sql, name))

    def definition(self, kind: str, name: str) -> str:
        _, bare = statements.unquoted(name)
        rows = self.driver.fetch(
            "SELECT type, name, sql FROM sqlite_master"
            " WHERE lower(name) = lower({}) OR lower(tbl_name) = lower({})"
            " ORDER BY type, name",
            *(bare, bare),
        )
        return repr(rows) if rows else ABSENT

    def was_executed(self, entry: Entry, statement: str) -> bool | None:
        text = statements.without_comments(statement)
        if re.match(r"(?:VACUUM|ANALYZE|REINDEX|PRAGMA|DETACH)\b", text, re.I):
            return False
        return super().was_executed(entry, statement)


_KINDS: dict[str, type[Evidence]] = {
    "mysql": MySQLEvidence,
    "mariadb": MySQLEvidence,
    "postgresql": PostgreSQLEvidence,
    "sqlite": SQLiteEvidence,
}


def evidence_of(connection: Any) -> Evidence | None:
    """Return what looks at the database of a connection, ``None`` for other kinds.

    :param connection: the connection of the migration.
    """
    kind = _KINDS.get(connection.dialect.name)
    return kind(connection) if kind is not None else None
