"""What the user has said about a run: the lock, the journal, how much is printed.

The command line wins over the configuration of the application:

==========================  ==========================================================
``MIGRATE_LOCK``            ``"session"`` (the default), ``"transaction"`` for a
                            PostgreSQL behind a transaction-pooling proxy, ``"off"``
``MIGRATE_LOCK_TIMEOUT``    how many seconds to wait for the lock, 600 by default
``MIGRATE_JOURNAL``         ``False``: keep no journal where a crash would leave half
                            of a revision behind
==========================  ==========================================================
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import current_app

from ..errors import MigrateError

if TYPE_CHECKING:
    from ..config import Config

# The commands that write to a database, by the names of their functions.
WRITING = frozenset({"upgrade", "downgrade", "stamp", "ensure_version"})
# Those of them that execute revisions.
EXECUTING = frozenset({"upgrade", "downgrade"})

SESSION, TRANSACTION, OFF = "session", "transaction", "off"
LOCK_MODES = (SESSION, TRANSACTION, OFF)
SKIP, RETRY = "skip", "retry"
DEFAULT_LOCK_TIMEOUT = 600.0

# The key in Config.attributes under which a command keeps the settings of its run.
_KEY = "flask_migrate_compat.run_settings"


@dataclass(frozen=True)
class RunSettings:
    """Hold the settings of one run.

    :param lock: ``session``, ``transaction`` or ``off``.
    :param lock_timeout: how many seconds to wait for the lock at most.
    :param journal: whether to keep a journal.
    :param resume: what to do about a statement of which nobody can tell whether it
        was executed: ``skip`` it, ``retry`` it, or stop (``None``).
    :param quiet: print nothing but warnings and errors.
    """

    lock: str = SESSION
    lock_timeout: float = DEFAULT_LOCK_TIMEOUT
    journal: bool = True
    resume: str | None = None
    quiet: bool = False


def keep_settings(
    config: Config,
    *,
    no_lock: bool = False,
    lock_timeout: float | None = None,
    resume_skip: bool = False,
    resume_retry: bool = False,
    quiet: bool = False,
) -> None:
    """Note the settings of a run in the configuration that Alembic is called with.

    :param config: the configuration.
    :param no_lock: take no lock, whatever the application says.
    :param lock_timeout: seconds to wait for the lock; ``None``: as the application
        says.
    :param resume_skip: take a statement in doubt for executed.
    :param resume_retry: execute a statement in doubt again.
    :param quiet: print nothing but warnings and errors.
    :raises MigrateError: for a value that means nothing, or contradicting ones.
    """
    if resume_skip and resume_retry:
        raise MigrateError(
            "--resume-skip and --resume-retry contradict each other.", "Give one."
        )
    resume = SKIP if resume_skip else RETRY if resume_retry else None
    config.attributes[_KEY] = RunSettings(
        lock=OFF if no_lock else _lock_mode(),
        lock_timeout=_lock_timeout(lock_timeout),
        journal=bool(current_app.config.get("MIGRATE_JOURNAL", True)),
        resume=resume,
        quiet=quiet,
    )


def settings_of(config: Config) -> RunSettings:
    """Return the settings of a run; the defaults for a command that has none.

    :param config: the configuration that Alembic is called with.
    """
    settings: RunSettings = config.attributes.get(_KEY) or RunSettings()
    return settings


def _lock_mode() -> str:
    value = current_app.config.get("MIGRATE_LOCK", SESSION)
    mode = {True: SESSION, False: OFF, None: OFF}.get(value, value)
    if mode not in LOCK_MODES:
        raise MigrateError(
            f"The configuration MIGRATE_LOCK is {value!r}.",
            f"Set it to one of: {', '.join(LOCK_MODES)}.",
        )
    return str(mode)


def _lock_timeout(given: float | None) -> float:
    name, value = "--lock-timeout", given
    if given is None:
        name = "The configuration MIGRATE_LOCK_TIMEOUT"
        value = current_app.config.get("MIGRATE_LOCK_TIMEOUT", DEFAULT_LOCK_TIMEOUT)
    seconds = _number(value)
    if seconds is None or math.isnan(seconds) or seconds < 0:
        raise MigrateError(
            f"{name} is {value!r}.",
            "Give the seconds to wait for other migrations; 0 is not to wait at all.",
        )
    return seconds


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
