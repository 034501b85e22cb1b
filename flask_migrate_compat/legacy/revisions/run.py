"""One migration run: who is in it, what it does about an old idiom.

Deletable with the other files of this folder.
"""

from __future__ import annotations

import contextlib
import sys
import warnings
from contextvars import ContextVar
from types import FrameType
from typing import Any, Callable, Iterator, NamedTuple

from flask import current_app

from ...errors import LegacyIdiomError, LegacyMigrationWarning, MigrateError

WARN, ALLOW, ERROR, OFF = MODES = ("warn", "allow", "error", "off")
SETTING = "MIGRATE_LEGACY_SQL"

# Whose frames are not the revision's: those between its line and ours.
_OURS = "flask_migrate_compat"
_LIBRARIES = frozenset(
    (_OURS, "sqlalchemy", "alembic", "flask_sqlalchemy", "contextlib", "functools")
)


class Place(NamedTuple):
    """A line of the user's code."""

    filename: str
    line: int
    module: str

    def __str__(self) -> str:
        return f"{self.filename}, line {self.line}"


class Run:
    """Hold what belongs to one migration run.

    :param mode: ``warn``, ``allow`` or ``error``.
    """

    def __init__(self, mode: str) -> None:
        self.mode = mode
        # Called before a revision is recorded as done, and at the end of the run.
        self.before_version: list[Callable[[], object]] = []
        # Called first at the end of a run that has failed.
        self.after_failure: list[Callable[[], object]] = []
        # What was being handled when the run began; it is no failure of the run.
        self.error_before = sys.exc_info()[1]
        # Whether a script of this run has shown its age.
        self.has_reported = False
        # Alembic's context, as long as revisions are being run online.
        self.context: Any = None
        # What the subjects keep for the time of the run, by their own keys.
        self.notes: dict[str, Any] = {}
        self._reported: set[tuple[str, int, str]] = set()

    def report(self, old: str, new: str, since: str = "SQLAlchemy 2.0") -> None:
        """Tell the author of a revision that it uses an old idiom.

        Calls that no line of the user led to are passed over in silence.

        :param old: the idiom.
        :param new: what to write instead.
        :param since: the release that removed it.
        :raises LegacyIdiomError: in mode ``error``.
        """
        place = caller()
        if place is not None:
            self.report_at(place, f"{old}: removed in {since}; write {new}.")

    def report_at(self, place: Place, message: str) -> None:
        """Do the same for a line that is known.

        :param place: the line.
        :param message: what is old, and what to write instead.
        :raises LegacyIdiomError: in mode ``error``.
        """
        self.has_reported = True
        if self.mode == ERROR:
            raise LegacyIdiomError(f"{place}: {message}")
        key = (place.filename, place.line, message)
        if self.mode == ALLOW or key in self._reported:
            return
        self._reported.add(key)
        warnings.warn_explicit(
            message,
            LegacyMigrationWarning,
            filename=place.filename,
            lineno=place.line,
            module=place.module,
        )

    def refuse(self, old: str, new: str) -> LegacyIdiomError:
        """Return the exception for an idiom that cannot be made to work.

        :param old: the idiom.
        :param new: what to write instead.
        """
        return LegacyIdiomError(f"{caller() or 'A revision'}: {old}.", f"Write {new}.")

    def finish_step(self) -> None:
        """Settle what a revision has left open."""
        for settle in self.before_version:
            settle()

    def finish(self, failed: bool) -> None:
        """Settle what is left when the run is over.

        :param failed: whether it ended with an exception.
        """
        for forget in self.after_failure if failed else ():
            forget()
        for settle in self.before_version:
            try:
                settle()
            except Exception:
                # The failure of the run itself is what the user must see.
                if not failed:
                    raise


_current: ContextVar[Run | None] = ContextVar("migration_run", default=None)


def current() -> Run | None:
    """Return the run that the calling code is part of, or ``None``."""
    return _current.get()


@contextlib.contextmanager
def entered(run: Run) -> Iterator[None]:
    """Make a run the current one of this context."""
    token = _current.set(run)
    try:
        yield
    finally:
        _current.reset(token)


def mode_of() -> str:
    """Return what the application says about old idioms.

    :raises MigrateError: when it says something unknown.
    """
    value = current_app.config.get(SETTING, WARN) if current_app else WARN
    if value not in MODES:
        raise MigrateError(
            f"The configuration {SETTING} is {value!r}.",
            f"Set it to one of: {', '.join(MODES)}.",
        )
    return str(value)


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def caller() -> Place | None:
    """Return the innermost line of user code that led here."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if _package(frame) not in _LIBRARIES:
            name = str(frame.f_globals.get("__name__", ""))
            return Place(frame.f_code.co_filename, frame.f_lineno, name)
        frame = frame.f_back
    return None


def called_by_library() -> bool:
    """Tell whether SQLAlchemy or Alembic made the call, and not the user's code."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _package(frame) == _OURS:
        frame = frame.f_back
    return frame is None or _package(frame) in _LIBRARIES


def migration_context() -> Any:
    """Return Alembic's context while revisions are being run, or else ``None``.

    ``op.get_context()`` is no answer: Alembic keeps the context of a failed run there.
    """
    run = current()
    return None if run is None else run.context
