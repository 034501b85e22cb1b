"""The exceptions of this package.

Every message is written for the person at the command line: what happened, and
what to do next. The functions in :mod:`flask_migrate_compat.commands` raise these
exceptions and never end the process; the two command lines print them as one line
``Error: …`` and exit with :attr:`MigrateError.exit_code`.
"""

from __future__ import annotations


class MigrateError(Exception):
    """Report a failure that the user can act on.

    :param message: what happened, as one line.
    :param hint: what to do next, as one line; added behind the message.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".strip())


class NotConfiguredError(MigrateError):
    """Report that there is no application, or no ``Migrate`` on the application."""


class ScriptDirectoryError(MigrateError):
    """Report a migrations folder that is missing, in the way, or unreadable."""


class RevisionError(MigrateError):
    """Report a revision that cannot be used: unknown, ambiguous, several heads."""


class UnsupportedError(MigrateError):
    """Report a request that the installed Alembic is too old for."""
