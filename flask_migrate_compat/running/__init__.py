"""One run of Alembic: what has to be in place while ``env.py`` and revisions execute.

Everything that surrounds such a run is entered here, in one order, and left in the
opposite one, also when the run fails.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Callable, ContextManager, Iterator

from ..errors import LockTimeoutError
from ..garbage import fewer_collections
from .settings import EXECUTING, OFF, WRITING, settings_of

if TYPE_CHECKING:
    from ..config import Config

# A surrounding: takes the name of the command, such as "upgrade", and its
# configuration, and is in force until the run is over.
Surrounding = Callable[[str, "Config"], ContextManager[object]]

# Alembic keeps the context of a run in the module alembic.context, and some of the
# surroundings wrap functions of Alembic: one run at a time in a process.
_one_at_a_time = threading.RLock()

# How long a thread waits for the run of another one, in seconds, when nobody has said
# how long. It may wait in vain: when the other one is at a revision that waits for this
# thread.
LONGEST_WAIT = 30.0


@contextlib.contextmanager
def _turn(command: str, config: Config) -> Iterator[None]:
    """Wait until no other thread has a run, and keep them waiting."""
    seconds = _longest_wait(command, config)
    if not _one_at_a_time.acquire(timeout=min(seconds, threading.TIMEOUT_MAX)):
        raise LockTimeoutError(
            f"'{command}' has waited {seconds:g} seconds for another migration"
            " command in this process, which is still running.",
            "Try again when that one has ended. If it is at a revision that waits for"
            " a thread with this command: call the command in the revision's thread.",
        )
    try:
        yield
    finally:
        _one_at_a_time.release()


def _longest_wait(command: str, config: Config) -> float:
    settings = settings_of(config)
    if command in WRITING and settings.lock != OFF:
        return settings.lock_timeout
    return LONGEST_WAIT


def _surroundings(command: str) -> Iterator[Surrounding]:
    """Yield what surrounds a run of a command; the outermost first."""
    from ..revisions import alembic_map
    from . import databases, explanations, logging_guard, old_python, sqlite_files

    yield logging_guard.keep_logging
    yield alembic_map.use_quick_history
    if command in EXECUTING:
        from . import progress

        yield progress.report_progress
    yield explanations.explain_revision_errors
    yield old_python.name_old_python
    yield sqlite_files.guard_sqlite_files
    if command in WRITING:
        from . import connections, signals

        yield connections.prepare_connections
        # Inside of the one above: locks are given back without an interruption.
        yield signals.watch_connections
    yield databases.guard_each_database
    try:
        from ..legacy.env import help_env_py
        from ..legacy.revisions import rescue
    except ModuleNotFoundError as error:
        # The legacy folder may have been deleted; anything else is a defect.
        if error.name != "flask_migrate_compat.legacy":
            raise
    else:
        yield help_env_py
        yield rescue


@contextlib.contextmanager
def migration_run(command: str, config: Config) -> Iterator[None]:
    """Surround a call of ``alembic.command`` with everything that it needs.

    :param command: the name of the command, such as ``upgrade``.
    :param config: the configuration that Alembic is called with.
    :raises LockTimeoutError: when another thread has a run that does not end.
    """
    with _turn(command, config), fewer_collections(), contextlib.ExitStack() as stack:
        for surrounding in _surroundings(command):
            stack.enter_context(surrounding(command, config))
        yield
