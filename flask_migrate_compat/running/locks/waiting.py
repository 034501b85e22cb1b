"""Take a lock, and wait for it politely if somebody else has it."""

from __future__ import annotations

import logging
import random
import time
from typing import Iterable

from ...errors import LockTimeoutError
from .base import SOMEBODY, DatabaseLock, Holder, LockOfTheRun

# The loggers of Alembic are those that every alembic.ini shows.
log = logging.getLogger("alembic.run")

SHORTEST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
# How often a waiting run says so, in seconds.
NEWS = 30.0


def take_or_wait(
    lock: DatabaseLock, deadline: float, held: Iterable[DatabaseLock]
) -> DatabaseLock:
    """Take a lock as soon as it is free.

    The lock is tried again and again. Waiting for it inside of a statement would hold
    a snapshot, and the ``CREATE INDEX CONCURRENTLY`` of a holder waits for snapshots.

    :param lock: the lock.
    :param deadline: when to give up, on the clock of :func:`time.monotonic`.
    :param held: the locks that this process has.
    :returns: the lock that is held now.
    :raises LockTimeoutError: when the deadline has passed.
    """
    held = list(held)
    lock.join(held)
    started = time.monotonic()
    pause, next_news = SHORTEST_PAUSE, 0.0
    while not lock.attempt():
        waited = time.monotonic() - started
        left = deadline - time.monotonic()
        if waited >= next_news or left <= 0:
            holder = lock.holder()
            own = _own(holder, held)
            if own is not None:
                lock.release(is_last=False)
                return LockOfTheRun(lock, own)
            if left <= 0:
                raise _gave_up(lock, holder, waited)
            _tell(lock, holder, waited)
            next_news = waited + NEWS
            lock.before_waiting()
        # Not all at once, if many wait.
        time.sleep(min(pause * random.uniform(0.7, 1.3), max(left, 0.001)))
        pause = min(pause * 1.5, LONGEST_PAUSE)
    lock.after_taking()
    return lock


def _own(holder: Holder, held: Iterable[DatabaseLock]) -> DatabaseLock | None:
    known = len(holder.session)
    for lock in held:
        if known and lock.is_held and lock.session[:known] == holder.session:
            return lock
    return None


def _tell(lock: DatabaseLock, holder: Holder, waited: float) -> None:
    if waited < SHORTEST_PAUSE:
        text = "Waiting for the migration lock of the %s; %s has it."
        log.info(text, lock.place, holder.text)
    else:
        text = "Waiting for the migration lock of the %s for %.0f s; %s has it."
        log.info(text, lock.place, waited, holder.text)


def _gave_up(lock: DatabaseLock, holder: Holder, waited: float) -> LockTimeoutError:
    hint = "Wait for that migration to end and run the command again"
    hint += "; --lock-timeout SECONDS waits longer."
    if holder.remedy:
        hint += f" If that process is dead or hangs: {holder.remedy}"
    elif holder is not SOMEBODY:
        hint += " If that process hangs, end it."
    return LockTimeoutError(
        f"The migration lock of the {lock.place} was not free within {waited:.0f}"
        f" seconds; {holder.text} has it.",
        hint,
    )
