"""Give SQLite the transactions that its driver withholds from ``CREATE`` and ``ALTER``.

SQLite undoes DDL as well as data, but Python's driver begins a transaction before data
is changed and not before that. Alembic takes this for a database without transactional
DDL, so that a process which is killed leaves half of a revision behind.

During a run, ``BEGIN`` is sent on the connection of the migration whenever SQLAlchemy
is in a transaction and the database is not, and the whole upgrade is one transaction
(each revision, with ``transaction_per_migration``). The engine of the application, and
its other connections, are not touched, and nothing has to be put back: in a
transaction, the driver does nothing by itself. Left alone are an ``env.py`` that
passes ``transactional_ddl`` and connections whose driver commits each statement
(``AUTOCOMMIT``).

Two things cannot be done inside of a transaction:

* ``VACUUM`` and some settings. What has been done so far is committed before them.
* Switching foreign keys off. A table is rebuilt by dropping the old one; where the
  application has switched foreign keys on, that would fire ``ON DELETE CASCADE`` and
  delete the rows that refer to it. So they are off for a revision whose file uses
  ``batch_alter_table`` or mentions ``foreign_keys``; such a revision has a transaction
  of its own, at the end of which no row may refer to nothing.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections import Counter
from typing import TYPE_CHECKING, Any, ContextManager, Iterator, Sequence
from weakref import WeakSet

from sqlalchemy import event

from ..errors import DataLossError, MigrateError, shortened
from .driver import Driver, dbapi_connection_of, is_autocommit, sqlite_in_transaction
from .journal.statements import without_comments
from .steps import (
    CALLERS_TRANSACTION,
    PENDING_DDL,
    Step,
    StepObserver,
    commit,
    may_use_other_connections,
    source_of,
)

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy.engine import Connection

    from ..config import Config

# The contexts of Alembic that were told that SQLite's DDL is transactional.
_contexts: WeakSet[MigrationContext] = WeakSet()

_READS = re.compile(r"\s*(?:SELECT|PRAGMA|EXPLAIN|WITH|VALUES)\b", re.IGNORECASE)
_DDL = re.compile(r"(?:CREATE|ALTER|DROP)\b", re.IGNORECASE)
_BEGINS = re.compile(r"\s*(?:BEGIN|END|COMMIT|ROLLBACK|RELEASE)\b", re.IGNORECASE)
# What SQLite refuses in a transaction, or ignores.
NOT_IN_TRANSACTION = re.compile(
    r"(?:VACUUM\b|DETACH\b"
    r"|PRAGMA\s+(?:\w+\.)?(?:journal_mode|synchronous|wal_checkpoint|temp_store)\b)",
    re.IGNORECASE,
)
_FOREIGN_KEYS = re.compile(r"PRAGMA\s+foreign_keys\s*[=(]", re.IGNORECASE)
# What is done to a table while foreign keys have to be off.
_REBUILDS = re.compile(r"\bbatch_alter_table\b|\bforeign_keys\b", re.IGNORECASE)
_BUSY = ("database is locked", "database table is locked")


@contextlib.contextmanager
def transactional_ddl(
    environment: EnvironmentContext, connection: Connection, options: dict[str, Any]
) -> Iterator[None]:
    """Have Alembic take SQLite for a database with transactional DDL.

    :param environment: what ``env.py`` calls ``context``.
    :param connection: the connection that it hands to ``configure()``.
    :param options: what it hands over beside that.
    """
    if (
        connection.dialect.name != "sqlite"
        or is_autocommit(connection)
        # Python 3.12 can be told to commit each statement, and then ignores commit().
        or getattr(dbapi_connection_of(connection), "autocommit", None) is True
        or options.get("transactional_ddl") is not None
    ):
        yield
        return
    options["transactional_ddl"] = True
    yield
    _contexts.add(environment.get_context())
    # Alembic keeps the options for the database that env.py configures next.
    environment.context_opts.pop("transactional_ddl", None)


class SQLiteTransactions(StepObserver):
    """Begin the transactions of an SQLite database while its revisions run."""

    def __init__(self, command: str, config: Config, context: MigrationContext) -> None:
        super().__init__(command, config, context)
        connection: Any = context.connection
        is_ours = context in _contexts
        self._connection = connection if is_ours else None
        # Reading the version must not lock a database in which nothing is to be done,
        # and which perhaps cannot be written.
        self._mode = "BEGIN"
        # Whether a transaction is open that was begun here, and nothing but read since.
        self._has_only_read = False
        self._foreign_keys_are_on = False
        self._switched_off = False
        # Whether a script has switched foreign keys on or off itself.
        self._was_switched = False
        self._orphans: Counter[Any] = Counter()
        # A transaction that was open before is the caller's, and is not committed.
        self._is_callers = is_ours and sqlite_in_transaction(connection)
        context.opts[CALLERS_TRANSACTION] = self._is_callers
        if self._connection is not None:
            self._driver = Driver(self._connection)
            event.listen(
                self._connection, "before_cursor_execute", self._before_execute
            )

    def close(self) -> None:
        """Take the listener off, and switch foreign keys on again."""
        if self._connection is None:
            return
        event.remove(self._connection, "before_cursor_execute", self._before_execute)
        if self._connection.closed or not (self._switched_off or self._was_switched):
            return
        # Only after a failure: elsewhere this is done at the end of the revision.
        self._driver.rollback()
        self._restore_foreign_keys()

    def plan(self, steps: Sequence[Step]) -> None:
        """Let the next statement begin a transaction that may write."""
        if self._connection is None or not steps:
            return
        self._mode = "BEGIN IMMEDIATE"
        self._end_reading()
        self._foreign_keys_are_on = self._driver.fetch("PRAGMA foreign_keys") == [(1,)]
        if self._foreign_keys_are_on:
            # Alembic calls this before it rebuilds a table.
            implementation: Any = self.context.impl
            implementation.prep_table_for_batch = self._before_rebuild

    def begin(self, step: Step) -> None:
        """Switch foreign keys off for a revision that rebuilds tables."""
        if self._connection is None:
            return
        rebuilds = self._foreign_keys_are_on and _REBUILDS.search(source_of(step))
        if rebuilds and self._is_callers:
            raise MigrateError(
                f"Revision {step.revision.revision} rebuilds tables, and foreign keys"
                " cannot be switched off inside of the caller's transaction.",
                "Call the command outside of a transaction, or switch foreign keys off"
                " before it is begun.",
            )
        may_commit = sqlite_in_transaction(self._connection) and not self._is_callers
        # An env.py for several databases has begun a transaction around all of them.
        is_env_pys = getattr(self.context, "_in_external_transaction", False)
        looks_elsewhere = not is_env_pys and may_use_other_connections(step)
        if may_commit and (rebuilds or looks_elsewhere):
            # Between two revisions; another connection is to see what they did.
            self._driver.commit()
        if not rebuilds:
            return
        self._switch_foreign_keys("OFF")
        self._orphans = self._rows_that_refer_to_nothing()

    def surround(self, step: Step) -> ContextManager[object]:
        """Look for rows that refer to nothing after a script."""
        return self._checked(step) if self._switched_off else contextlib.nullcontext()

    def end(self, step: Step) -> None:
        """Switch foreign keys on again, behind the revision."""
        if self._switched_off or self._was_switched:
            self._driver.commit()
            self._restore_foreign_keys()

    @contextlib.contextmanager
    def _checked(self, step: Step) -> Iterator[None]:
        yield
        new = self._rows_that_refer_to_nothing() - self._orphans
        if new:
            tables = sorted(f"{child} (to {parent})" for child, parent in new)
            count = sum(new.values())
            raise DataLossError(
                f"Revision {step.revision.revision} leaves {count} rows that refer"
                f" to rows which are gone: {shortened(tables)}. Foreign keys are off"
                " while it rebuilds tables, so nothing is deleted along.",
                "Delete these rows in the revision, or do what deletes rows in a"
                " revision without batch_alter_table.",
            )

    def _rows_that_refer_to_nothing(self) -> Counter[Any]:
        """Return how many rows of a table refer to rows of another that are gone."""
        found: Counter[Any] = Counter()
        tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
        for (table,) in self._driver.fetch(tables):
            quoted = table.replace('"', '""')
            # A foreign key may be declared wrongly, which nobody has noticed so far.
            with contextlib.suppress(self._driver.error_classes):
                rows = self._driver.fetch(f'PRAGMA foreign_key_check("{quoted}")')
                found.update((row[0], row[2]) for row in rows)
        return found

    def _switch_foreign_keys(self, state: str) -> None:
        self._driver.execute(f"PRAGMA foreign_keys={state}")
        self._switched_off = state == "OFF"

    def _restore_foreign_keys(self) -> None:
        self._switch_foreign_keys("ON" if self._foreign_keys_are_on else "OFF")
        self._switched_off = self._was_switched = False

    def _before_rebuild(self, *arguments: Any) -> None:
        """Refuse to rebuild a table if that would delete what refers to it.

        A rebuild that the text of the revision did not show comes here with foreign
        keys on.
        """
        # Alembic before 1.5 passes nothing but the table.
        name = arguments[-1].name
        if self._switched_off or not self._referring_tables(name):
            return
        raise DataLossError(
            f"Rebuilding the table '{name}' would delete or change the rows of"
            f" {shortened(self._referring_tables(name))}, which refer to it: foreign"
            " keys are on, and a revision that uses batch_alter_table through"
            " another module is not recognised.",
            "Write 'foreign_keys' into a comment of the revision to have them off.",
        )

    def _referring_tables(self, name: str) -> list[str]:
        rows = self._driver.fetch(
            'SELECT DISTINCT m.name, f."table" FROM sqlite_master m,'
            " pragma_foreign_key_list(m.name) f WHERE m.type = 'table'"
        )
        return sorted(
            child
            for child, parent in rows
            if parent.lower() == name.lower() and child.lower() != name.lower()
        )

    def _end_reading(self) -> None:
        """End a transaction that was begun to read.

        It could not go on to write if another one has written in the meantime.
        """
        if self._has_only_read and sqlite_in_transaction(self._driver.connection):
            self._driver.rollback()
        self._has_only_read = False

    def _before_execute(
        self, connection: Any, cursor: Any, statement: str, *_details: Any
    ) -> None:
        """Begin a transaction before a statement, where none is open."""
        if _BEGINS.match(statement) or is_autocommit(connection):
            return
        text = without_comments(statement)
        # Off for the whole revision, they stay off.
        switches = _FOREIGN_KEYS.match(text) and not self._switched_off
        if NOT_IN_TRANSACTION.match(text) or switches:
            self._was_switched |= bool(switches)
            if sqlite_in_transaction(connection) and not self._is_callers:
                commit(self.context)
            return
        writes = not _READS.match(statement)
        if writes:
            self._end_reading()
        # Not sooner: until then a second connection of the script may write.
        if connection.in_transaction() and not sqlite_in_transaction(connection):
            begin = "BEGIN IMMEDIATE" if writes else self._mode
            try:
                cursor.execute(begin)
            except sqlite3.OperationalError as error:
                if str(error) not in _BUSY:
                    raise
                raise _busy() from error
            self._has_only_read = begin == "BEGIN"
            self.context.opts[PENDING_DDL] = False
        if _DDL.match(text):
            self.context.opts[PENDING_DDL] = True


def _busy() -> MigrateError:
    return MigrateError(
        "The SQLite database is being written to by another program.",
        "Stop it and run the command again, or let SQLite wait longer:"
        " SQLALCHEMY_ENGINE_OPTIONS = {'connect_args': {'timeout': 60}}.",
    )
