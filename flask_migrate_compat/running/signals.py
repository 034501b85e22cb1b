"""End a command on SIGTERM and Ctrl-C so that the database is as between revisions.

A signal becomes an exception, which rolls back what is not committed, lets go of the
locks and arrives at the command line as one line and the status 128 + number of the
signal. It is kept back where an exception would do harm: while a commit is under way,
in one database or in several one after the other, and when the run is over.

Python calls the handler of a signal between two steps of its own, and a driver that is
written in C, such as psycopg2 or sqlite3, returns when the statement is done. A thread
learns of the signal at once (:func:`signal.set_wakeup_fd`) and has the driver cancel
the statement.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Iterator, Sequence

from ..errors import MigrateError
from .settings import WRITING
from .steps import Step, StepObserver, titled

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from ..config import Config

_NAMES = {int(signal.SIGINT): "Ctrl-C", int(signal.SIGTERM): "SIGTERM"}
# The same signal may come twice, to the process and to its group; a person who
# repeats it after this time, in seconds, does not want to wait any longer.
_IMPATIENCE = 1.0
# How long Python has for its handler before the driver is asked to cancel.
_GRACE = 0.1


class Interrupted(KeyboardInterrupt):
    """Unwind a run that a signal has stopped.

    A ``KeyboardInterrupt``, also for SIGTERM: libraries know that this one must get
    through, and asyncio swallows others that come out of a signal handler.

    :param signum: the number of the signal.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(_NAMES[signum])


class RunStopped(MigrateError):
    """Report a command that a signal has stopped.

    :param signum: the number of the signal.
    :param message: what was stopped.
    :param hint: how the database was left, and what to do next.
    """

    def __init__(self, signum: int, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.exit_code = 128 + signum


class _Guard:
    """Take the signals while one command runs.

    :param command: the name of the command.
    """

    def __init__(self, command: str) -> None:
        self.name = command.replace("_", "-")
        # The first signal that came.
        self.signum: int | None = None
        self.has_raised = False
        # Where an exception would do harm: during the commit of what is recorded, in
        # one database and the next, and when the run is over. A commit in the middle
        # of a revision or of waiting for a lock may be followed by anything.
        self.is_recorded = False
        self.is_committing = False
        self.is_over = False
        self.is_watching_connections = False
        # The DBAPI connection that was used last.
        self.connection: Any = None
        self.place = " before it changed anything"
        self.state = ""
        self._first = self._latest = 0.0
        self._previous: dict[int, Any] = {}
        self._previous_fd = -1

    # --- in the main thread -----------------------------------------------------------

    def install(self) -> None:
        """Replace the handlers of the signals that are not ignored."""
        for signum in _NAMES:
            handler = signal.getsignal(signum)
            # None was not set by Python and could not be put back.
            if handler not in (signal.SIG_IGN, None):
                self._previous[signum] = signal.signal(signum, self._handle)
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        self._previous_fd = signal.set_wakeup_fd(
            self._writer.fileno(), warn_on_full_buffer=False
        )
        self._watcher = threading.Thread(
            target=self._watch, name="flask_migrate_compat.signals", daemon=True
        )
        self._watcher.start()

    def restore(self) -> None:
        """Put the handlers back."""
        signal.set_wakeup_fd(self._previous_fd)
        for signum, handler in self._previous.items():
            signal.signal(signum, handler)

    def close(self) -> None:
        """Put the handlers back and end the thread."""
        self.is_over = True
        self.restore()
        self._writer.close()
        # It may be connecting to a server that does not answer.
        self._watcher.join(_IMPATIENCE)

    def _handle(self, signum: int, _frame: Any) -> None:
        self._latest = time.monotonic()
        if self.signum is None:
            self.signum, self._first = signum, self._latest
            if not self._is_held():
                self._raise()
        elif self._latest > self._first + _IMPATIENCE:
            self._raise()

    def _is_held(self) -> bool:
        return self.is_committing or self.is_over

    def _raise(self) -> None:
        assert self.signum is not None
        self.has_raised = True
        raise Interrupted(self.signum)

    def hold(self, *_details: Any) -> None:
        """Keep signals back: a commit begins, here or in the next database."""
        if self.is_recorded and _is_main_thread():
            self.is_committing = True

    def go_on(self, *_details: Any) -> None:
        """Let signals through again, and one that was kept back."""
        if self.is_committing and _is_main_thread():
            self.is_committing = False
            if self.signum is not None and not (self.has_raised or self.is_over):
                self._raise()

    def insist(self) -> None:
        """Raise the exception once more if a revision has swallowed it."""
        self.go_on()
        if self.signum is not None and not self.is_over and _is_main_thread():
            self._raise()

    def use(self, _connection: Any, cursor: Any, *_details: Any) -> None:
        """Note which connection executes a statement."""
        if _is_main_thread():
            self.go_on()
            self.connection = getattr(cursor, "connection", None)

    # --- in the thread ----------------------------------------------------------------

    def _watch(self) -> None:
        first = math.inf
        with self._reader:
            while True:
                signums = self._reader.recv(4096)
                if not signums:
                    return
                if set(signums) & set(self._previous):
                    arrived = time.monotonic()
                    first = min(first, arrived)
                    self._cancel(arrived, arrived > first + _IMPATIENCE)

    def _cancel(self, arrived: float, also_commit: bool) -> None:
        """Have the statement cancelled until Python gets to call the handler."""
        while True:
            time.sleep(_GRACE)
            # The handler may have been faster than this thread.
            if self._latest > arrived - _GRACE or self._writer.fileno() == -1:
                return
            if also_commit or not self._is_held():
                _end_statement(self.connection)


def _end_statement(connection: Any) -> None:
    """Have a driver end the statement that it executes in another thread."""
    for name in ("cancel", "interrupt"):
        method = getattr(connection, name, None)
        if method is not None:
            # It may be closed by now, or the server gone.
            with contextlib.suppress(Exception):
                method()
            return


_active: _Guard | None = None


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _leave_to_the_parent() -> None:
    """Give a process that a revision forks the handlers that it knows."""
    global _active
    if _active is not None:
        _active.restore()
        _active = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_the_parent)


@contextlib.contextmanager
def stopped_by_signals(command: str) -> Iterator[None]:
    """Let signals stop a command that writes to a database.

    :param command: the name of the function of the command.
    :raises RunStopped: when a signal has come.
    """
    global _active
    if command not in WRITING or _active is not None or not _is_main_thread():
        yield
        return
    guard = _active = _Guard(command)
    guard.install()
    try:
        yield
        guard.is_over = True
    except BaseException as error:
        guard.is_over = True
        if guard.has_raised:
            raise _stopped(guard) from error
        raise
    finally:
        _active = None
        guard.close()
    if guard.signum is not None:
        raise RunStopped(
            guard.signum,
            f"{_NAMES[guard.signum]} came when '{guard.name}' was at its end.",
            "All of it is done, there is nothing to repeat.",
        )


def _stopped(guard: _Guard) -> RunStopped:
    assert guard.signum is not None
    cause = f"{_NAMES[guard.signum]}{guard.place}"
    return RunStopped(
        guard.signum,
        f"'{guard.name}' was stopped by {cause}. {guard.state}",
        "Run the same command again to go on.",
    )


@contextlib.contextmanager
def watch_connections(command: str, config: Config) -> Iterator[None]:
    """Tell which connection is at work, and when a commit begins.

    :param command: the name of the command.
    :param config: the configuration that Alembic is called with.
    """
    guard = _active
    # A revision may call a command in its turn.
    if guard is None or guard.is_watching_connections or not _is_main_thread():
        yield
        return
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    listeners = {
        "before_cursor_execute": guard.use,
        "begin": guard.go_on,
        "commit": guard.hold,
        "prepare_twophase": guard.hold,
        "commit_twophase": guard.hold,
    }
    guard.is_watching_connections = True
    for name, listener in listeners.items():
        event.listen(Engine, name, listener)
    try:
        yield
    finally:
        # What follows is put back in order without an interruption.
        guard.is_over = True
        for name, listener in listeners.items():
            event.remove(Engine, name, listener)


class SignalObserver(StepObserver):
    """Tell how far a run is, and stop it where a signal got lost."""

    def __init__(self, command: str, config: Config, context: MigrationContext) -> None:
        super().__init__(command, config, context)
        self._guard = _active if _is_main_thread() else None

    def plan(self, steps: Sequence[Step]) -> None:
        """See that from now on something may be changed."""
        if self._guard is not None:
            self._guard.insist()
            self._guard.place = ""
            self._guard.state = self._state()

    def begin(self, step: Step) -> None:
        """Stop before the next step."""
        if self._guard is not None:
            self._guard.is_recorded = False
            self._guard.insist()
            self._guard.place = self._place(" at", step)

    def recorded(self, step: Step) -> None:
        """Stop before a step is committed of which a part was skipped."""
        if self._guard is not None:
            self._guard.insist()
            self._guard.is_recorded = True

    def end(self, step: Step) -> None:
        """See that a step is done."""
        if self._guard is not None:
            self._guard.place = self._place(" after", step)

    def fail(self, step: Step | None, error: BaseException) -> None:
        """Keep further signals back, so that what is held is given back."""
        if self._guard is not None:
            self._guard.is_over = True

    @staticmethod
    def _place(preposition: str, step: Step) -> str:
        # A step of "stamp" has no revision.
        revision = getattr(step, "revision", None)
        return f"{preposition} {titled(revision)}" if revision is not None else ""

    def _state(self) -> str:
        if self.context.impl.transactional_ddl:
            return "What was not committed yet is rolled back."
        return (
            "This database keeps the statements of the revision that were executed:"
            " it cannot roll them back."
        )
