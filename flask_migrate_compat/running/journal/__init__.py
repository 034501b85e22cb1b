"""Let an interrupted revision be continued where a transaction cannot undo it.

MySQL and MariaDB commit with each ``CREATE``, ``ALTER`` and ``DROP``; every database
does in an autocommit block. If the process dies there, half of a revision is done. The
journal says which half, and the next run goes on behind it; see :mod:`.recorder`.

==================  ==========================================================
``statements.py``   what kind of statement some SQL is
``table.py``        the table with the journal
``recorder.py``     notes statements, and goes through those of an earlier run
``execution.py``    one statement, and what comes of it
``questions.py``    what the user is asked
``evidence.py``     looks at the database to see what was executed
``cursor.py``       hands out rows that were kept
``values.py``       rows and parameters as text
==================  ==========================================================

Not covered: what a script executes on a cursor of the driver, past SQLAlchemy, and on
an engine of its own; nothing is assumed about that, and it is executed again. In an
autocommit block, the same holds for a ``SELECT`` that calls a function with effects.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any, ContextManager, Iterator, Sequence

from ...errors import InterruptedRevisionError, next_command
from ..driver import dbapi_connection_of, is_autocommit, is_two_phase
from ..hidden_tables import name_of_journal
from ..settings import settings_of
from ..steps import (
    Step,
    StepObserver,
    before_commit,
    may_use_other_connections,
    source_of,
)
from .evidence import evidence_of
from .recorder import Recorder
from .table import Entry, JournalTable

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from ...config import Config

# What makes a revision commit before its end, where DDL does not.
_COMMITS = re.compile(
    r"autocommit|\b(?:VACUUM|PRAGMA|DETACH)\b|[\"']\s*COMMIT\b"
    r"|\b(?:bind|conn|connection|get_bind\(\))\.commit\(",
    re.I,
)


class Journal(StepObserver):
    """Keep the journal of one database while its revisions run."""

    def __init__(self, command: str, config: Config, context: MigrationContext) -> None:
        super().__init__(command, config, context)
        connection: Any = context.connection
        self._connection = connection
        # DDL cannot be part of a transaction in two phases, nor be made one of them.
        is_open = not is_two_phase(connection)
        self._evidence = evidence_of(connection) if is_open else None
        if command == "ensure_version" or _is_callers_transaction(context):
            self._evidence = None
        self._settings = settings_of(config)
        self._is_there = False
        self._known: dict[tuple[str, str], list[Entry]] = {}

    def plan(self, steps: Sequence[Step]) -> None:
        """Read what an interrupted run has left, and make the table where needed."""
        if self._evidence is None:
            return
        self._table = self._find_table(self._evidence)
        if self.command == "stamp":
            self._forget()
            return
        self._check_known({_key_of(step) for step in steps})
        will_be_used = any(map(self._is_recorded, steps))
        if self._evidence.commits_ddl and will_be_used and not self._is_there:
            # It commits, so it cannot be made in the midst of a revision.
            self._make_table()

    def surround(self, step: Step) -> ContextManager[object]:
        """Record the statements of a script."""
        if self._evidence is None or not self._is_recorded(step):
            return contextlib.nullcontext()
        return self._recorded_script(step)

    def recorded(self, step: Step) -> None:
        """Forget a revision together with recording its version."""
        if self._is_there and self._is_recorded(step):
            self._table.remove(_key_of(step))
            self._known.pop(_key_of(step), None)

    def finish(self) -> None:
        """Drop the table."""
        if self._is_there and not self._known:
            self._table.drop()
            self._is_there = False
            if not self._connection.in_transaction():
                self._table.commit()

    @contextlib.contextmanager
    def _recorded_script(self, step: Step) -> Iterator[None]:
        assert self._evidence is not None
        key = _key_of(step)
        recorder = Recorder(
            self._connection,
            self._table,
            self._evidence,
            self._settings,
            key,
            self._known.get(key, ()),
            self._make_table,
        )
        with recorder, before_commit(self.context, recorder.before_commit):
            yield

    def _find_table(self, evidence: Any) -> JournalTable:
        context: Any = self.context
        schema = context.version_table_schema or evidence.schema()
        name = context.version_table
        table = JournalTable(self._connection, schema, name)
        self._is_there = evidence.has_table(schema, name_of_journal(name))
        if self._is_there:
            self._known = table.read()
        return table

    def _make_table(self) -> None:
        if not self._is_there:
            self._table.create()
            self._is_there = True

    def _is_recorded(self, step: Step) -> bool:
        """Tell whether the statements of a step have to be noted."""
        if not hasattr(step, "revision"):
            return False
        if _key_of(step) in self._known:
            return True
        if not self._settings.journal:
            return False
        if self._evidence is None:
            return False
        if self._evidence.commits_ddl or is_autocommit(self._connection):
            return True
        is_sqlite = self._connection.dialect.name == "sqlite"
        if is_sqlite and may_use_other_connections(step):
            # What was done so far is committed before another one looks at it.
            return True
        return _COMMITS.search(source_of(step)) is not None

    def _forget(self) -> None:
        """Forget everything: the user has mended the database by hand."""
        if self._is_there:
            self._table.clear()
            self._known = {}

    def _check_known(self, planned: set[tuple[str, str]]) -> None:
        """Refuse to go another way than the interrupted run.

        :raises InterruptedRevisionError: when a revision was interrupted that this
            run does not come by.
        """
        for key in self._known:
            if key not in planned:
                revision, direction = key
                raise InterruptedRevisionError(
                    f"The {direction} of revision {revision} was interrupted, and a"
                    " part of it is done.",
                    f"Finish it with '{next_command(direction, revision)}'"
                    if direction == "upgrade"
                    else f"Finish it with '{next_command(direction)}' and its target;"
                    f" or mend the database by hand and run '{next_command('stamp')}'.",
                )


def _is_callers_transaction(context: MigrationContext) -> bool:
    """Tell whether a caller has handed over a transaction with work of its own.

    On MySQL the journal would commit that, though nothing else may have to.
    """
    connection: Any = context.connection
    if connection.dialect.name not in ("mysql", "mariadb"):
        return False
    if not getattr(context, "_in_external_transaction", False):
        return False
    # PyMySQL's copy of what the server says about the session; 1: in a transaction.
    status = getattr(dbapi_connection_of(connection), "server_status", 0)
    return bool(status & 1)


class RevisionTransaction(StepObserver):
    """Give a revision a transaction where Alembic before 1.5 has none: on MySQL."""

    def __init__(self, command: str, config: Config, context: MigrationContext) -> None:
        super().__init__(command, config, context)
        self._transaction: Any = None

    @contextlib.contextmanager
    def surround(self, step: Step) -> Iterator[None]:
        """Begin it, unless there is one."""
        connection: Any = self.context.connection
        is_mysql = connection.dialect.name in ("mysql", "mariadb")
        if is_mysql and not connection.in_transaction():
            self._transaction = connection.begin()
        yield

    def recorded(self, step: Step) -> None:
        """Commit it, as the last thing of the revision."""
        if self._transaction is not None:
            self._transaction.commit()
            self._transaction = None


def _key_of(step: Step) -> tuple[str, str]:
    revision = getattr(step, "revision", None)
    return (
        str(getattr(revision, "revision", "")),
        "upgrade" if step.is_upgrade else "downgrade",
    )
