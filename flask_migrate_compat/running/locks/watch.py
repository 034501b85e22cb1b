"""Look at the lock before each revision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

from ...errors import MigrateError
from ..steps import Step, StepObserver
from . import lock_of, was_up_to_date

if TYPE_CHECKING:
    from .base import DatabaseLock


class LockWatch(StepObserver):
    """Stop before a revision when the lock is not there any more."""

    @property
    def _lock(self) -> DatabaseLock | None:
        connection = self.context.connection
        return None if connection is None else lock_of(connection)

    def plan(self, steps: Sequence[Step]) -> None:
        """Stop when there is something to do after all.

        :raises MigrateError: when another run has changed the version table since it
            was found up to date, and no lock was taken therefore.
        """
        connection = self.context.connection
        if steps and connection is not None and was_up_to_date(connection):
            raise MigrateError(
                "Another migration has changed the database while this one began.",
                "Nothing was changed. Run the command again.",
            )

    def begin(self, step: Step) -> None:
        """Stop when the lock was lost.

        :raises MigrateError: when it was.
        """
        lock = self._lock
        if lock is not None:
            lock.check()
