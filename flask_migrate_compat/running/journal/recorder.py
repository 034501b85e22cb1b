"""Record the statements of one revision, or go through those of an interrupted run.

The recorder sits between SQLAlchemy and the driver's cursor. What the script executes
is numbered. In a run that goes on after a crash the script is executed from its first
line, and for each statement that the journal knows as done the script gets the result
that it got then, and nothing is sent to the database: a read returns the same rows,
though the tables may have changed since, so the script takes the same way.

Statements that are part of a transaction are noted in the same transaction, right
before it is committed, and are therefore done exactly if they are noted. One that is
committed by itself (DDL on MySQL, anything in an autocommit block) is noted as begun
before, and as done behind. If the process dies between, :mod:`.evidence` tells.
"""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any, Callable, Sequence

from sqlalchemy import event

from ...errors import InterruptedRevisionError, MigrateError, next_command
from ..driver import is_autocommit
from ..settings import RETRY, SKIP
from . import statements
from .cursor import KeptCursor
from .table import BEGUN, DONE, FAILED, Entry
from .values import UnknownValueError, dumps, fingerprint, loads

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from ..settings import RunSettings
    from .evidence import Evidence
    from .table import JournalTable

_EVENTS = ("do_execute", "do_executemany", "do_execute_no_params")
_DEADLOCK = 1213
_LOCKS_TABLES = ("LOCK TABLE", "LOCK TABLES")


class Recorder:
    """Record a revision.

    :param connection: the connection of the migration.
    :param table: the journal.
    :param evidence: what looks at the database.
    :param settings: those of the run.
    :param key: the revision, and ``upgrade`` or ``downgrade``.
    :param known: what the journal says about an interrupted run of the revision.
    :param store: makes the table if it is not there.
    """

    def __init__(
        self,
        connection: Connection,
        table: JournalTable,
        evidence: Evidence,
        settings: RunSettings,
        key: tuple[str, str],
        known: Sequence[Entry],
        store: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._table = table
        self._evidence = evidence
        self._settings = settings
        self._key = key
        self._known = known
        self._make_table = store
        self._commits_ddl = connection.dialect.name in ("mysql", "mariadb")
        self._thread = threading.get_ident()
        self._position = 0
        # Executed, and not noted: they are noted with the commit of their transaction.
        self._pending: list[Entry] = []
        self._is_rolled_back = False
        self._listeners: dict[str, Callable[..., Any]] = {
            "do_execute": self._on_execute,
            "do_executemany": self._on_executemany,
            "do_execute_no_params": self._on_execute_no_params,
        }

    # -- between SQLAlchemy and the driver ---------------------------------------------

    def __enter__(self) -> Recorder:
        for name in _EVENTS:
            event.listen(self._connection.engine, name, self._listeners[name])
        event.listen(self._connection, "commit", self._on_commit)
        return self

    def __exit__(self, kind: Any, *_error: Any) -> None:
        event.remove(self._connection, "commit", self._on_commit)
        for name in _EVENTS:
            event.remove(self._connection.engine, name, self._listeners[name])
        if kind is None and self._position < len(self._known):
            raise self._no_longer_there(self._known[self._position])

    def _on_execute(
        self, cursor: Any, statement: str, parameters: Any, context: Any
    ) -> bool:
        do = context.dialect.do_execute if context is not None else None
        return self._take(cursor, statement, parameters, context, do)

    def _on_executemany(
        self, cursor: Any, statement: str, parameters: Any, context: Any
    ) -> bool:
        do = context.dialect.do_executemany if context is not None else None
        return self._take(cursor, statement, parameters, context, do)

    def _on_execute_no_params(self, cursor: Any, statement: str, context: Any) -> bool:
        def do(cursor: Any, statement: str, _none: Any, context: Any) -> None:
            context.dialect.do_execute_no_params(cursor, statement, context)

        return self._take(cursor, statement, None, context, do)

    def _take(
        self, cursor: Any, statement: str, parameters: Any, context: Any, do: Any
    ) -> bool:
        """Execute a statement or not; whether SQLAlchemy has nothing to do any more."""
        if context is None or threading.get_ident() != self._thread:
            return False
        kind = statements.kind_of(statement)
        is_own = context.root_connection.connection is self._connection.connection
        if not is_own and kind in (statements.READ, statements.SESSION):
            return False
        if not is_own:
            # A write on another connection: nobody knows when that is committed.
            kind = statements.OTHER
        self._position += 1
        entry = Entry(
            self._position, kind, fingerprint(statement, parameters), statement
        )
        sent = self._with_journal_unlocked(statement)
        call = functools.partial(do, cursor, sent, parameters, context)
        self._next(_Execution(entry, statement, cursor, context, call, is_own))
        return True

    def _with_journal_unlocked(self, statement: str) -> str:
        """Let a session that locks tables go on to write the journal."""
        text = statements.without_comments(statement)
        if not self._commits_ddl or not text.upper().startswith(_LOCKS_TABLES):
            return statement
        return f"{text.rstrip().rstrip(';')}, {self._table.name} WRITE"

    def _on_commit(self, _connection: Any) -> None:
        self.before_commit()

    def before_commit(self) -> None:
        """Note what was executed in the transaction that is about to be committed."""
        if self._pending:
            self._make_table()
            self._table.add(self._key, self._pending)
            self._pending = []

    # -- the next statement ------------------------------------------------------------

    def _next(self, now: _Execution) -> None:
        if self._is_rolled_back:
            raise MigrateError(
                f"Revision {self._key[0]} went on after a deadlock, which had rolled"
                " back what it had done.",
                "Nothing was committed since; run the command again.",
            )
        if now.entry.position <= len(self._known):
            self._go_through(self._known[now.entry.position - 1], now)
        elif self._is_part_of_transaction(now):
            if self._ends_transaction(now):
                self._pending.append(now.entry)
                self.before_commit()
                now.execute()
                return
            self._execute(now)
            self._pending.append(now.entry)
        else:
            self._execute_by_itself(now)

    def _ends_transaction(self, now: _Execution) -> bool:
        return now.entry.kind == statements.CONTROL and statements.ends_transaction(
            now.statement, begin_commits=self._commits_ddl
        )

    def _is_part_of_transaction(self, now: _Execution) -> bool:
        kind = now.entry.kind
        if not now.is_own:
            return False
        if kind in (statements.READ, statements.SESSION, statements.CONTROL):
            return True
        if is_autocommit(now.connection):
            return False
        if not self._commits_ddl:
            return now.is_in_transaction
        if kind == statements.WRITE:
            return self._evidence.is_transactional(now.statement)
        if kind == statements.OTHER:
            # What is not known to commit must not be committed inside of a savepoint.
            is_nested = getattr(self._connection, "in_nested_transaction", bool)
            return bool(is_nested())
        return False

    def _execute(self, now: _Execution) -> None:
        """Execute a statement and keep what came of it."""
        try:
            now.execute()
        except Exception as error:
            if not self._is_answer(error, now):
                raise
            now.entry.state = FAILED
            now.entry.result = _kept_error(error)
            if self._commits_ddl and error.args and error.args[0] == _DEADLOCK:
                self._is_rolled_back = True
            if now.entry.kind in (statements.READ, statements.WRITE):
                self._pending.append(now.entry)
            raise

    def _execute_by_itself(self, now: _Execution) -> None:
        """Execute a statement that is committed at once, and note it before and behind.

        A failed one is noted, too: the script may catch the error and go on.
        """
        entry = now.entry
        entry.state = BEGUN
        entry.evidence = self._evidence.before(now.statement) if now.is_own else None
        entry.session = self._evidence.session()
        self._make_table()
        self._table.add(self._key, [*self._pending, entry])
        self._pending = []
        self._table.commit()
        try:
            self._execute(now)
        except Exception:
            if entry.state == FAILED:
                self._note(entry)
            raise
        if now.is_own:
            entry.state = DONE
            self._note(entry)

    def _note(self, entry: Entry) -> None:
        self._table.update(self._key, entry)
        self._table.commit()

    def _is_answer(self, error: Exception, now: _Execution) -> bool:
        """Tell whether an error is what the database says about the statement.

        When the connection is lost, nobody knows what became of the statement.
        """
        dialect = self._connection.dialect
        if not isinstance(error, dialect.dbapi.Error):  # type: ignore[union-attr]
            return False
        fairy: Any = self._connection.connection
        return not dialect.is_disconnect(error, fairy, now.cursor)

    # -- what the journal knows --------------------------------------------------------

    def _go_through(self, known: Entry, now: _Execution) -> None:
        if known.fingerprint != now.entry.fingerprint:
            self._decide(known, now, self._changed(known, now.entry))
        elif known.state == BEGUN:
            self._find_out(known, now)
        elif known.kind == statements.SESSION:
            now.execute()
        elif known.state == DONE:
            if known.kind == statements.READ and known.result is None:
                self._decide(known, now, self._lost_rows(known))
            else:
                now.serve(known.result)
        elif known.position == len(self._known):
            # It failed and was the last one: that was the error of the run.
            self._again(known, now)
        else:
            now.fail(known.result)

    def _find_out(self, known: Entry, now: _Execution) -> None:
        """Decide about a statement that was begun and not noted as done."""
        limit = self._settings.lock_timeout
        if known.session and not self._evidence.wait_for(known.session, limit):
            raise InterruptedRevisionError(
                f"Revision {self._key[0]} was interrupted, and the database is still"
                f" at its statement {known.position}: {_shown(known.statement)}.",
                "Wait until that has ended, then run the command again.",
            )
        if now.is_own:
            was_executed = self._evidence.was_executed(known, now.statement)
        else:
            was_executed = None
        if was_executed is None:
            self._decide(known, now, self._doubt(known))
        elif was_executed:
            self._take_for_done(known, now)
        else:
            self._again(known, now)

    def _decide(self, known: Entry, now: _Execution, error: MigrateError) -> None:
        """Do with a statement what the user has said, or ask."""
        if self._settings.resume == SKIP:
            self._take_for_done(known, now)
        elif self._settings.resume == RETRY:
            self._again(known, now)
        else:
            raise error

    def _take_for_done(self, known: Entry, now: _Execution) -> None:
        known.state = DONE
        self._note(known)
        now.serve(known.result)

    def _again(self, known: Entry, now: _Execution) -> None:
        """Execute a statement and note it in the place of an old one."""
        self._table.remove(self._key, known.position)
        if self._is_part_of_transaction(now):
            self._execute(now)
            self._make_table()
            self._table.add(self._key, [now.entry])
        else:
            self._execute_by_itself(now)

    # -- what is said ------------------------------------------------------------------

    def _ways(self) -> str:
        command = self._key[1]
        return (
            f"See in the database whether it was; then run"
            f" '{next_command(command, '--resume-skip')}' if it was executed, or"
            f" '{next_command(command, '--resume-retry')}' to execute it."
        )

    def _doubt(self, known: Entry) -> MigrateError:
        return InterruptedRevisionError(
            f"Revision {self._key[0]} was interrupted at its statement"
            f" {known.position}, and nobody can tell whether that was executed:"
            f" {_shown(known.statement)}.",
            self._ways(),
        )

    def _lost_rows(self, known: Entry) -> MigrateError:
        return InterruptedRevisionError(
            f"Revision {self._key[0]} was interrupted, and what its statement"
            f" {known.position} had returned was too much to be kept:"
            f" {_shown(known.statement)}.",
            "If it returns the same today, read again with"
            f" '{next_command(self._key[1], '--resume-retry')}'. If not, finish the"
            f" revision by hand and run '{next_command('stamp', self._key[0])}'.",
        )

    def _changed(self, known: Entry, now: Entry) -> MigrateError:
        return InterruptedRevisionError(
            f"Revision {self._key[0]} was interrupted, and its statement"
            f" {known.position} is another one than it was then: now"
            f" {_shown(now.statement)}, then {_shown(known.statement)}"
            f"{'' if now.statement != known.statement else ' with other values'}.",
            "Give the script back what it had. Or run"
            f" '{next_command(self._key[1], '--resume-skip')}' to leave the new one"
            f" out, '{next_command(self._key[1], '--resume-retry')}' to execute it;"
            f" '{next_command('stamp')}' forgets what was noted.",
        )

    def _no_longer_there(self, known: Entry) -> MigrateError:
        return InterruptedRevisionError(
            f"Revision {self._key[0]} was interrupted behind its statement"
            f" {known.position}, which the script does not have any more:"
            f" {_shown(known.statement)}.",
            "Give the script back what it had; or, when the database is as the revision"
            f" shall leave it, run '{next_command('stamp', self._key[0])}'.",
        )


class _Execution:
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
        style = getattr(context, "execute_style", None)
        # SQLAlchemy 2 fetches the rows of such an INSERT from the cursor itself.
        self._in_parts = getattr(style, "name", "") == "INSERTMANYVALUES"

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
        self.entry.state = DONE
        description = self.cursor.description
        if description is None:
            self.entry.result = _kept(self.cursor, None, [])
            return
        if self._in_parts and not self._serve_parts(None):
            # A driver whose cursors are written in C: the rows are left to it.
            self.entry.result = None
            return
        columns = [tuple(column) for column in description]
        rows = list(self.cursor.fetchall())
        self.entry.result = _kept(self.cursor, columns, rows)
        self._hand_out(columns, rows, self.cursor.rowcount, _last_row(self.cursor))

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

    def _hand_out(self, columns: Any, rows: list[Any], count: int, last: Any) -> None:
        kept = KeptCursor(self.cursor, columns, rows, count, last)
        self.context.cursor = kept
        if self._in_parts:
            self._serve_parts(kept)

    def _serve_parts(self, kept: KeptCursor | None) -> bool:
        """Replace what the real cursor fetches; whether that can be done."""
        try:
            self.cursor.fetchall = (
                self.cursor.fetchall if kept is None else kept.fetchall
            )
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


def _kept_error(error: Exception) -> str | None:
    try:
        return dumps([type(error).__name__, list(error.args)])
    except UnknownValueError:
        return dumps([type(error).__name__, [str(error)]])


def _shown(statement: str) -> str:
    return statement if len(statement) <= 120 else f"{statement[:120]} …"
