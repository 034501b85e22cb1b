"""What the user is asked, or told, about an interrupted revision."""

from __future__ import annotations

from ...errors import InterruptedRevisionError, MigrateError, next_command
from .table import Entry


class Questions:
    """Make the errors about one revision.

    :param key: the revision, and ``upgrade`` or ``downgrade``.
    """

    def __init__(self, key: tuple[str, str]) -> None:
        self._key = key

    def _ways(self) -> str:
        command = self._key[1]
        return (
            f"See in the database whether it was; then run"
            f" '{next_command(command, '--resume-skip')}' if it was executed, or"
            f" '{next_command(command, '--resume-retry')}' to execute it."
        )

    def doubt(self, known: Entry) -> MigrateError:
        """Return the question whether a statement was executed."""
        return InterruptedRevisionError(
            f"Revision {self._key[0]} was interrupted at its statement"
            f" {known.position}, and nobody can tell whether that was executed:"
            f" {_shown(known.statement)}.",
            self._ways(),
        )

    def still_busy(self, known: Entry) -> MigrateError:
        """Return what is said while the server is still at a statement."""
        return InterruptedRevisionError(
            f"Revision {self._key[0]} was interrupted, and the database is still"
            f" at its statement {known.position}: {_shown(known.statement)}.",
            "Wait until that has ended, then run the command again.",
        )

    def lost_rows(self, known: Entry) -> MigrateError:
        """Return the question about rows that were too many to be kept."""
        return InterruptedRevisionError(
            f"Revision {self._key[0]} was interrupted, and what its statement"
            f" {known.position} had returned was too much to be kept:"
            f" {_shown(known.statement)}.",
            "If it returns the same today, read again with"
            f" '{next_command(self._key[1], '--resume-retry')}'. If not, finish the"
            f" revision by hand and run '{next_command('stamp', self._key[0])}'.",
        )

    def session_is_gone(self, entry: Entry) -> MigrateError:
        """Return what is said of a script that goes on with what its session had."""
        return InterruptedRevisionError(
            f"Revision {self._key[0]} was interrupted, and goes on with what only the"
            f" session of that run had, see its statement {entry.position}:"
            f" {_shown(entry.statement)}.",
            "Finish the revision by hand and run"
            f" '{next_command('stamp', self._key[0])}'; or, if it does not matter, go"
            f" on with '{next_command(self._key[1], '--resume-retry')}'.",
        )

    def changed(self, known: Entry, now: Entry) -> MigrateError:
        """Return the question about a statement that is another one now."""
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

    def no_longer_there(self, known: Entry) -> MigrateError:
        """Return what is said of a statement that the script does not have any more."""
        return InterruptedRevisionError(
            f"Revision {self._key[0]} was interrupted behind its statement"
            f" {known.position}, which the script does not have any more:"
            f" {_shown(known.statement)}.",
            "Give the script back what it had; or, when the database is as the revision"
            f" shall leave it, run '{next_command('stamp', self._key[0])}'.",
        )


def _shown(statement: str) -> str:
    return statement if len(statement) <= 120 else f"{statement[:120]} …"
