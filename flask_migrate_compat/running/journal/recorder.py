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
from weakref import WeakSet

from sqlalchemy import event

from ...errors import MigrateError
from ..driver import is_autocommit
from ..settings import RETRY, SKIP
from . import statements
from .execution import NO_RESULT, Execution, kept_error
from .questions import Questions
from .table import ANY, BEGUN, DONE, FAILED, Entry
from .values import fingerprint

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from ..settings import RunSettings
    from .evidence import Evidence
    from .table import JournalTable

_DEADLOCK = 1213
_LOCKS_TABLES = "LOCK TABLE"

# The recorder of each thread that runs a revision.
_recorders: dict[int, Recorder] = {}
# The dialects that ask for it. They go on to, because other threads may execute
# something with them at any moment: a listener must not be removed meanwhile.
_listening: WeakSet[Any] = WeakSet()


def _listen(dialect: Any, engine: Any) -> None:
    if dialect not in _listening:
        _listening.add(dialect)
        event.listen(engine, "do_execute", _on_execute)
        event.listen(engine, "do_executemany", _on_executemany)
        event.listen(engine, "do_execute_no_params", _on_execute_no_params)


def _on_execute(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
    recorder = _recorders.get(threading.get_ident())
    if recorder is None or context is None:
        return False
    do = context.dialect.do_execute
    return recorder.intercept(cursor, statement, parameters, context, do)


def _on_executemany(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
    recorder = _recorders.get(threading.get_ident())
    if recorder is None or context is None:
        return False
    do = context.dialect.do_executemany
    return recorder.intercept(cursor, statement, parameters, context, do)


def _on_execute_no_params(cursor: Any, statement: str, context: Any) -> bool:
    recorder = _recorders.get(threading.get_ident())
    if recorder is None or context is None:
        return False

    def do(cursor: Any, statement: str, _none: Any, context: Any) -> None:
        context.dialect.do_execute_no_params(cursor, statement, context)

    return recorder.intercept(cursor, statement, None, context, do)


class Recorder:
    """Record a revision.

    :param connection: the connection of the migration.
    :param table: the journal.
    :param evidence: what looks at the database.
    :param settings: those of the run.
    :param key: the revision, and ``upgrade`` or ``downgrade``.
    :param known: what the journal says about an interrupted run of the revision.
    :param make_table: makes the table if it is not there.
    """

    def __init__(
        self,
        connection: Connection,
        table: JournalTable,
        evidence: Evidence,
        settings: RunSettings,
        key: tuple[str, str],
        known: Sequence[Entry],
        make_table: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._table = table
        self._evidence = evidence
        self._settings = settings
        self._key = key
        self._ask = Questions(key)
        self._known = {entry.position: entry for entry in known}
        self._last = max(self._known, default=0)
        self._make_table = make_table
        self._commits_ddl = evidence.commits_ddl
        self._position = 0
        # Executed, and not noted: they are noted with the commit of their transaction.
        self._pending: list[Entry] = []
        self._is_rolled_back = False
        # Whether the driver, or the server, commits each statement.
        self._commits_rows = evidence.commits_each_statement()
        # What the user has said answers one question.
        self._has_answered = False
        # The first statement that was not executed again, and that has left something
        # in the session which is lost.
        self._lost: Entry | None = None
        # Whether a row was written in this session.
        self._has_written = False

    # -- between SQLAlchemy and the driver ---------------------------------------------

    def __enter__(self) -> Recorder:
        _listen(self._connection.dialect, self._connection.engine)
        self._outer = _recorders.get(threading.get_ident())
        _recorders[threading.get_ident()] = self
        event.listen(self._connection, "commit", self._on_commit)
        return self

    def __exit__(self, kind: Any, *_error: Any) -> None:
        event.remove(self._connection, "commit", self._on_commit)
        if self._outer is None:
            del _recorders[threading.get_ident()]
        else:
            _recorders[threading.get_ident()] = self._outer
        left = [self._known[n] for n in sorted(self._known) if n > self._position]
        # One that has failed was not done, so the script may do without it.
        if kind is None and left and (len(left) > 1 or left[0].state != FAILED):
            raise self._ask.no_longer_there(left[0])

    def intercept(
        self, cursor: Any, statement: str, parameters: Any, context: Any, do: Any
    ) -> bool:
        """Execute a statement or not; whether SQLAlchemy has nothing to do any more."""
        kind = statements.kind_of(statement)
        is_own = context.root_connection.connection is self._connection.connection
        if not is_own and (
            kind in (statements.READ, statements.SESSION)
            # It may hold the one lock of the database, so that nothing can be noted.
            or context.dialect.name == "sqlite"
        ):
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
        self._record_or_replay(
            Execution(entry, statement, cursor, context, call, is_own)
        )
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

    def _record_or_replay(self, now: Execution) -> None:
        if self._is_rolled_back:
            raise MigrateError(
                f"Revision {self._key[0]} went on after a deadlock, which had rolled"
                " back what it had done.",
                "Nothing was committed since; run the command again.",
            )
        if now.entry.position <= self._last:
            self._replay(now)
            return
        self._check_session(now)
        if not self._is_part_of_transaction(now):
            self._execute_by_itself(now)
        elif self._ends_transaction(now):
            self._pending.append(now.entry)
            self.before_commit()
            now.execute()
        else:
            try:
                self._execute(now)
            finally:
                if now.has_outcome:
                    self._pending.append(now.entry)
        if (
            now.entry.kind == statements.SESSION
            and "autocommit" in now.statement.lower()
        ):
            self._commits_rows = self._evidence.commits_each_statement()

    def _check_session(self, now: Execution) -> None:
        """Stop where a script relies on a session that is gone.

        :raises InterruptedRevisionError: for the first new statement after what was
            not executed again.
        """
        is_second_part = self._last > 0
        looks_back = statements.looks_back(now.statement) and not self._has_written
        if now.entry.kind in (statements.WRITE, statements.OTHER):
            self._has_written = True
        if is_second_part and (self._lost is not None or looks_back):
            if self._settings.resume == RETRY and not self._has_answered:
                self._has_answered, self._lost = True, None
                return
            raise self._ask.session_is_gone(self._lost or now.entry)

    def _ends_transaction(self, now: Execution) -> bool:
        return now.entry.kind == statements.CONTROL and statements.ends_transaction(
            now.statement, begin_commits=self._commits_ddl
        )

    def _is_part_of_transaction(self, now: Execution) -> bool:
        kind = now.entry.kind
        if not now.is_own:
            return False
        if kind in (statements.READ, statements.SESSION, statements.CONTROL):
            return True
        if self._commits_rows or is_autocommit(now.connection):
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

    def _execute(self, now: Execution) -> None:
        """Execute a statement and keep what came of it."""
        try:
            now.execute()
        except Exception as error:
            if not self._is_answer(error, now):
                raise
            now.entry.state = FAILED
            now.entry.result = kept_error(error, now.context.dialect.dbapi)
            if self._commits_ddl and error.args and error.args[0] == _DEADLOCK:
                self._is_rolled_back = True
            raise

    def _execute_by_itself(self, now: Execution) -> None:
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

    def _is_answer(self, error: Exception, now: Execution) -> bool:
        """Tell whether an error is what the database says about the statement.

        When the connection is lost, nobody knows what became of the statement.
        """
        dialect = self._connection.dialect
        if not isinstance(error, dialect.dbapi.Error):  # type: ignore[union-attr]
            return False
        fairy: Any = self._connection.connection
        return not dialect.is_disconnect(error, fairy, now.cursor)

    # -- what the journal knows --------------------------------------------------------

    def _replay(self, now: Execution) -> None:
        known = self._known.get(now.entry.position, now.entry)
        if known.position == self._last and known.state == FAILED:
            # It was the error of the run, and may have been corrected.
            self._execute_again(known, now)
        elif known.fingerprint not in (ANY, now.entry.fingerprint):
            self._decide(known, now, self._ask.changed(known, now.entry))
        elif known.state == BEGUN:
            self._find_out(known, now)
        elif known.state == FAILED:
            now.fail(known.result)
        elif known.kind == statements.SESSION:
            now.execute()
        elif known.result is None:
            self._decide(known, now, self._ask.lost_rows(known))
        else:
            self._serve(known, now)

    def _serve(self, known: Entry, now: Execution) -> None:
        if self._lost is None and statements.leaves_state(now.statement):
            self._lost = known
        now.serve(known.result)

    def _find_out(self, known: Entry, now: Execution) -> None:
        """Decide about a statement that was begun and not noted as done."""
        limit = self._settings.lock_timeout
        if known.session and not self._evidence.wait_for(known.session, limit):
            raise self._ask.still_busy(known)
        if now.is_own:
            was_executed = self._evidence.was_executed(known, now.statement)
        else:
            was_executed = None
        if was_executed is None:
            self._decide(known, now, self._ask.doubt(known))
        elif was_executed:
            self._take_for_done(known, now)
        else:
            self._execute_again(known, now)

    def _decide(self, known: Entry, now: Execution, error: MigrateError) -> None:
        """Do with a statement what the user has said, or ask."""
        answer = None if self._has_answered else self._settings.resume
        if answer is None:
            raise error
        self._has_answered = True
        if answer == SKIP:
            known.fingerprint = ANY
            self._take_for_done(known, now)
        else:
            self._execute_again(known, now)

    def _take_for_done(self, known: Entry, now: Execution) -> None:
        known.state = DONE
        known.result = known.result or NO_RESULT
        self._note(known)
        self._serve(known, now)

    def _execute_again(self, known: Entry, now: Execution) -> None:
        """Execute a statement and note it in the place of an old one."""
        if now.is_own:
            # An index that is half made is dropped by that.
            self._evidence.was_executed(known, now.statement)
        self._table.remove(self._key, known.position)
        if not self._is_part_of_transaction(now):
            self._execute_by_itself(now)
            return
        try:
            self._execute(now)
        finally:
            if now.has_outcome:
                self._table.add(self._key, [now.entry])
