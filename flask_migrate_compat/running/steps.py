"""The revisions that a run applies to one database, one after the other.

Alembic asks a function for the steps to take, and then, for each one, opens the
transaction of the revision if it has one of its own, calls the script, records the
version and ends the transaction. Whatever wants to take part in that is a
:class:`StepObserver`.
"""

from __future__ import annotations

import contextlib
import functools
import re
from typing import TYPE_CHECKING, Any, Callable, ContextManager, Iterator, Sequence

from .driver import dbapi_connection_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script

    from ..config import Config

    # An observer that is in force while Alembic works in one database.
    ObserverMaker = Callable[[str, Config, MigrationContext], "StepObserver"]

# A RevisionStep or a StampStep of Alembic.
Step = Any


# Where a context of Alembic says, on SQLite, that its transaction has changed the
# schema; that was never part of one before.
PENDING_DDL = "flask_migrate_compat_pending_ddl"
# Where it says that the transaction is the caller's.
CALLERS_TRANSACTION = "flask_migrate_compat_callers_transaction"
# Where a context of Alembic keeps what is to be called before a commit.
_KEY = "flask_migrate_compat_before_commit"


@contextlib.contextmanager
def before_commit(
    context: MigrationContext, function: Callable[[], None]
) -> Iterator[None]:
    """Have a function called before what a revision has done so far is committed.

    :param context: Alembic's context of the database.
    :param function: the function.
    """
    context.opts[_KEY] = function
    try:
        yield
    finally:
        del context.opts[_KEY]


def commit(context: MigrationContext) -> None:
    """Commit for the database in the midst of a revision; SQLAlchemy is not told.

    :param context: Alembic's context of the database.
    """
    function = context.opts.get(_KEY)
    if function is not None:
        function()
    assert context.connection is not None
    dbapi_connection_of(context.connection).commit()


def titled(revision: Script, mark: Callable[[str], str] = str) -> str:
    """Return the identifier of a revision and its title, in one line.

    :param revision: Alembic's ``Script``.
    :param mark: changes the look of the identifier.
    """
    identifier = mark(revision.revision)
    title = " ".join((revision.doc or "").split())
    return f"{identifier} ({title})" if title else identifier


class StepObserver:
    """Take part in the steps of one database; each method does nothing by default.

    :param command: the name of the command.
    :param config: the configuration that Alembic is called with.
    :param context: Alembic's context of the database.
    """

    def __init__(self, command: str, config: Config, context: MigrationContext) -> None:
        self.command = command
        self.config = config
        self.context = context

    def plan(self, steps: Sequence[Step]) -> None:
        """See all steps, before the first one is taken."""

    def begin(self, step: Step) -> None:
        """See a step before its own transaction, if it has one, is opened."""

    def surround(self, step: Step) -> ContextManager[object]:
        """Surround the script of a step, inside of the transaction."""
        return contextlib.nullcontext()

    def recorded(self, step: Step) -> None:
        """See that the version was recorded, inside of the transaction."""

    def end(self, step: Step) -> None:
        """See that the step is over, and its own transaction, if it had one."""

    def finish(self) -> None:
        """See that all steps have been taken; a common transaction is still open."""

    def fail(self, step: Step | None, error: BaseException) -> None:
        """See that a step, or what comes before the first one, has failed."""

    def close(self) -> None:
        """Give back what is held, in the end, whether all went well or not."""


def source_of(step: Step) -> str:
    """Return the text of the script that a step executes, as far as it can be read.

    :param step: a step of Alembic.
    """
    path = getattr(getattr(step, "revision", None), "path", None)
    return _text_of(path) if path else ""


# Several observers ask for the same script, one after the other.
@functools.lru_cache(maxsize=1)
def _text_of(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:  # only its byte code is there
        return ""


# What a script says that may look at the database through another connection.
_OTHER_CONNECTIONS = re.compile(
    # Not engine_name, which every revision for several databases has.
    r"session|\bengine\b|(?:create|get)_engine|\.query\b|current_app|create_app"
    r"|\.connect\(",
    re.IGNORECASE,
)


def may_use_other_connections(step: Step) -> bool:
    """Tell whether a script may use another connection beside the migration's.

    :param step: a step of Alembic.
    """
    return _mentions_other_connections(source_of(step))


@functools.lru_cache(maxsize=1)
def _mentions_other_connections(source: str) -> bool:
    return _OTHER_CONNECTIONS.search(source) is not None


def _makers() -> Iterator[ObserverMaker]:
    """Yield the observers; the outermost first."""
    from . import (
        hooks,
        journal,
        progress,
        signals,
        sqlite_transactions,
        version_statements,
    )
    from .locks import watch

    yield watch.LockWatch
    yield progress.ProgressObserver
    yield journal.RevisionTransaction
    # Outside of the journal: what a hook executes is no statement of the revision.
    yield hooks.HookObserver
    yield journal.Journal
    yield sqlite_transactions.SQLiteTransactions
    yield version_statements.VersionStatements
    # The innermost one: it is the first to learn of a failure.
    yield signals.SignalObserver


@contextlib.contextmanager
def observe_steps(
    command: str, config: Config, context: MigrationContext
) -> Iterator[None]:
    """Let the observers take part in what Alembic does in one database.

    :param command: the name of the command.
    :param config: the configuration that Alembic is called with.
    :param context: Alembic's context of the database.
    """
    if context.as_sql:
        yield
        return
    _text_of.cache_clear()
    with contextlib.ExitStack() as stack:
        observers = []
        for make in _makers():
            observers.append(make(command, config, context))
            stack.callback(observers[-1].close)
        watch = _Watch(context, observers)
        try:
            yield
        except BaseException as error:
            for observer in reversed(observers):
                observer.fail(watch.step, error)
            raise


class _Watch:
    """Tell the observers what happens."""

    def __init__(
        self, context: MigrationContext, observers: Sequence[StepObserver]
    ) -> None:
        self.observers = observers
        # The step that is being taken.
        self.step: Step | None = None
        # Typed loosely: the function has no public name.
        loose: Any = context
        self._steps = loose._migrations_fn
        loose._migrations_fn = self._observed
        context.on_version_apply_callbacks = (
            *context.on_version_apply_callbacks,
            self._recorded,
        )

    def _observed(self, heads: Any, context: MigrationContext) -> Iterator[Step]:
        steps = list(self._steps(heads, context))
        for observer in self.observers:
            observer.plan(steps)
        for step in steps:
            self.step = step
            for observer in self.observers:
                observer.begin(step)
            script = step.migration_fn
            step.migration_fn = self._surrounded(step, script)
            yield step
            for observer in reversed(self.observers):
                observer.end(step)
            self.step = None
        for observer in reversed(self.observers):
            observer.finish()

    def _surrounded(self, step: Step, script: Callable[..., None]) -> Any:
        # Alembic logs the name of the function.
        @functools.wraps(script)
        def migration_fn(*args: Any, **kwargs: Any) -> None:
            with contextlib.ExitStack() as stack:
                for observer in self.observers:
                    stack.enter_context(observer.surround(step))
                script(*args, **kwargs)

        return migration_fn

    def _recorded(self, **_details: Any) -> None:
        for observer in reversed(self.observers):
            observer.recorded(self.step)
