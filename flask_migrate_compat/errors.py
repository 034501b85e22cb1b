"""The exceptions of this package, and one line of text for any exception.

Every message is written for the person at the command line: what happened, and
what to do next. The functions in :mod:`flask_migrate_compat.commands` raise these
exceptions and never end the process; the two command lines print them as one line
``Error: …`` and exit with :attr:`MigrateError.exit_code`.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import traceback
from contextvars import ContextVar
from typing import Any, Iterator, Sequence

# How the user called the program, up to the commands: "flask db".
_called_as: ContextVar[str] = ContextVar("_called_as", default="flask db")


class MigrateError(Exception):
    """Report a failure that the user can act on.

    :param message: what happened, as one line.
    :param hint: what to do next, as one line; added behind the message.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(_one_line(f"{message} {hint}"))


class NotConfiguredError(MigrateError):
    """Report that there is no application, or no ``Migrate`` on the application."""


class ScriptDirectoryError(MigrateError):
    """Report a migrations folder that is missing, in the way, or unreadable."""


class RevisionError(MigrateError):
    """Report a revision that cannot be used: unknown, ambiguous, not up to date."""


class DataLossError(MigrateError):
    """Report that going on would lose data, or hide it, without anybody noticing."""


class InterruptedRevisionError(MigrateError):
    """Report a revision that was interrupted and cannot be continued unasked."""


class OldPythonError(MigrateError):
    """Report a file of the migrations folder that only Python 2 can read."""


class UnsupportedError(MigrateError):
    """Report a request that the installed Alembic is too old for."""


class PendingChangesError(MigrateError):
    """Report that the models and the database differ (the ``check`` command)."""


class LockTimeoutError(MigrateError):
    """Report that another migration went on for longer than we were to wait."""


class LegacyIdiomError(MigrateError):
    """Report an old idiom of a revision that cannot be helped, or must not be."""


class HookError(MigrateError):
    """Report that a hook of the application has stopped a revision."""


class LegacyMigrationWarning(Warning):
    """Warn about an old idiom of a revision, at its line."""


# What Alembic says (a part of it), the class that we raise, what to do next. The
# first that fits counts. Alembic has one exception class for all of these.
_ALEMBIC_MESSAGES: tuple[tuple[str, type[MigrateError], str], ...] = (
    (
        "can't locate revision",
        RevisionError,
        "See the revisions of this folder with 'history', the database's with"
        " 'current'.",
    ),
    (
        "no such revision",
        RevisionError,
        "See the revisions of this folder with 'history'.",
    ),
    (
        "multiple head",
        RevisionError,
        "See them with 'heads', join them with 'merge heads', or name one of them;"
        " 'upgrade heads' applies all.",
    ),
    (
        "is detected in revision",
        RevisionError,
        "Correct down_revision or depends_on of one of them.",
    ),
    (
        "sql with --autogenerate",
        MigrateError,
        "Leave out one of them: 'upgrade --sql' prints the SQL of a revision.",
    ),
    (
        "not on all head",
        RevisionError,
        "Apply the pending revisions with 'upgrade'.",
    ),
    (
        "not a valid",
        RevisionError,
        "See the revisions with 'history' and the database's with 'current'.",
    ),
    (
        "range",
        RevisionError,
        "Write a range as <start>:<end>; only --sql and 'history' take one.",
    ),
    (
        "revision id from filename",
        ScriptDirectoryError,
        "Give the file a line \"revision = '…'\", or move it out of the folder.",
    ),
    (
        "can't find python file",
        ScriptDirectoryError,
        "Restore the file, or make a new folder with 'init' and take it from there.",
    ),
    (
        "already used by",
        RevisionError,
        "Give one of the two revisions another branch label.",
    ),
    (
        "not up to date",
        RevisionError,
        "Apply the pending revisions with 'upgrade' first.",
    ),
    (
        "relative revision",
        RevisionError,
        "See the revisions with 'history' and the database's with 'current'.",
    ),
    (
        "new upgrade operations detected",
        PendingChangesError,
        "Write a revision for them with 'migrate'.",
    ),
    (
        "already exists and is not empty",
        ScriptDirectoryError,
        "Name another folder with --directory.",
    ),
    ("no such template", ScriptDirectoryError, "See 'list-templates'."),
    (
        "path doesn't exist",
        ScriptDirectoryError,
        "Make it with 'init', or name another folder with --directory.",
    ),
)


@contextlib.contextmanager
def called_as(*words: str) -> Iterator[None]:
    """Let messages name commands as the user calls them.

    :param words: the command line up to the command: ``("flask", "db")``.
    """
    token = _called_as.set(" ".join((words[0], *map(shlex.quote, words[1:]))))
    try:
        yield
    finally:
        _called_as.reset(token)


def next_command(*words: str) -> str:
    """Return a command line to type next, in the form that the user has used.

    :param words: the command and its arguments.
    """
    return " ".join((_called_as.get(), *words))


def shortened(items: Sequence[str], most: int = 5) -> str:
    """Return a list for a message: the first ones, and how many more there are.

    :param items: what to list.
    :param most: how many are listed at most.
    """
    if len(items) <= most:
        return ", ".join(items)
    return f"{', '.join(items[:most])} … and {len(items) - most} more"


# Names that Python 2 had, and what to write for them.
_PYTHON_2_NAMES = {
    "basestring": "str",
    "long": "int",
    "raw_input": "input",
    "reduce": "functools.reduce",
    "unichr": "chr",
    "unicode": "str",
    "xrange": "range",
    "has_key": "'key in d'",
    "iteritems": "items",
    "iterkeys": "keys",
    "itervalues": "values",
    "ConfigParser": "configparser",
    "Queue": "queue",
    "StringIO": "io",
    "cPickle": "pickle",
    "urllib2": "urllib.request",
    "urlparse": "urllib.parse",
}


def from_alembic(error: Exception) -> MigrateError:
    """Make our exception of an ``alembic.util.CommandError``.

    :param error: Alembic's exception.
    :returns: an exception of the class that fits, which says what to do next.
    """
    text = str(error)
    lowered = text.lower()
    for part, kind, hint in _ALEMBIC_MESSAGES:
        if part in lowered:
            return kind(_sentence(text), hint)
    return MigrateError(_sentence(text), "Add --help to see what the command takes.")


def describe(error: BaseException, directory: str | None = None) -> str:
    """Say in one line what happened and what to do next, for any exception.

    :param error: what a command raised.
    :param directory: the migrations folder; the line in it that failed is named.
    :returns: the line, without passwords.
    """
    if isinstance(error, MigrateError):
        return str(error)
    place = _place_in(directory, error) if directory else ""
    where = f"{place}: " if place else ""
    driver = _missing_driver(error)
    if driver:
        return (
            f"{where}The database driver '{driver}' is not installed."
            f" Install the package that provides it, or change the database URL."
        )
    if _is_connection_failure(error):
        reason = getattr(error, "orig", error)
        return (
            f"Cannot connect to the database: {_sentence(reason)}"
            " Check that the server runs and that the database URL is right."
        )
    reason = getattr(error, "orig", error)
    text = _sentence(f"{type(reason).__name__}: {reason}")
    if place:
        text += _python_2_hint(error)
    return f"{where}{text} Add --traceback for the whole story."


# Up to the last "@", because a password that nobody quoted may have one too. The second
# form is a URL that has lost its beginning.
_LOGINS = (
    re.compile(r"(?<=://)([^\s:/@]*):\S*@"),
    re.compile(r"(?<![\w:/])([^\s:/@'\"]+):(?!//)[^\s'\"]*@"),
)

# A password as an argument: in the query of a URL, in an ODBC connection string and in
# one that is quoted (once; ConfigParser doubles the percent signs).
_ARGUMENTS = (
    re.compile(
        r"((?:password|passwd|pwd)=['\"]?)(?:\{[^}\s]*\}|[^&;\s'\"]+)",
        re.IGNORECASE,
    ),
    re.compile(
        r"((?:password|passwd|pwd)%+3D)"
        r"(?:%+7B(?:(?!%+7D)[^&;\s'\"])*%+7D|(?:(?!%+3B)[^&;\s'\"])+)",
        re.IGNORECASE,
    ),
)


def without_passwords(text: str) -> str:
    """Return a text with the passwords of the URLs in it replaced by stars.

    SQLAlchemy before 2.0 quotes a URL that it cannot read, ``ConfigParser`` one with a
    percent sign.
    """
    for argument in _ARGUMENTS:
        text = argument.sub(r"\1***", text)
    for login in _LOGINS:
        text = login.sub(r"\1:***@", text)
    return text


def _one_line(text: object) -> str:
    return " ".join(without_passwords(str(text)).split())


def _sentence(message: object) -> str:
    text = _one_line(message)
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _place_in(directory: str, error: BaseException) -> str:
    """Name the innermost line of a migrations folder that an exception came through."""
    folder = os.path.join(os.path.abspath(directory), "")
    if isinstance(error, SyntaxError) and error.filename:
        places = [(error.filename, error.lineno)]
    else:
        frames = traceback.extract_tb(error.__traceback__)
        places = [(frame.filename, frame.lineno) for frame in reversed(frames)]
    for filename, line in places:
        if os.path.abspath(filename).startswith(folder):
            return f"{os.path.relpath(filename)}, line {line}"
    return ""


def _python_2_hint(error: BaseException) -> str:
    """Say so if an error is about a name that only Python 2 has."""
    if not isinstance(error, (NameError, AttributeError, ModuleNotFoundError)):
        return ""
    named = re.search(
        r"name '(\w+)'|attribute '(\w+)'|module named '(\w+)'", str(error)
    )
    name = next(filter(None, named.groups()), "") if named else ""
    if name not in _PYTHON_2_NAMES:
        return ""
    return f" That is Python 2: write {_PYTHON_2_NAMES[name]}."


def _missing_driver(error: BaseException) -> str:
    """Return the name of the database driver that SQLAlchemy failed to import."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return ""
    frames = traceback.extract_tb(error.__traceback__)
    inner = frames[-1].filename.replace(os.sep, "/") if frames else ""
    return error.name if "/sqlalchemy/" in inner else ""


def _is_connection_failure(error: Any) -> bool:
    """Tell whether a database error came from connecting.

    It has no statement then; but nor has one that came from a commit.
    """
    classes = {f"{kind.__module__}.{kind.__name__}" for kind in type(error).__mro__}
    if "sqlalchemy.exc.DBAPIError" not in classes or getattr(error, "statement", None):
        return False
    return any(
        frame.name == "connect"
        and frame.filename.replace(os.sep, "/").endswith("sqlalchemy/engine/default.py")
        for frame in traceback.extract_tb(error.__traceback__)
    )
