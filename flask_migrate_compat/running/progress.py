"""Tell people which revision is running, what each has taken, and all of them.

At a terminal there is a bar (see :mod:`flask_migrate_compat.running.terminal`) with
one line above it for each revision. Elsewhere, and for a program that calls the
functions, Alembic's log lines stay as they are, and the logger ``alembic.run`` adds
what each revision has taken and a summary.
"""

from __future__ import annotations

import contextlib
import logging
import time
from typing import TYPE_CHECKING, Iterator, Sequence

from . import terminal
from .databases import name_of
from .settings import settings_of
from .steps import Step, StepObserver, titled

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from ..config import Config

log = logging.getLogger("alembic.run")

# The key in Config.attributes under which a run keeps its report.
_KEY = "flask_migrate_compat.report"
# What marks the log records that the screen has a line for.
_MARK = "is_on_screen"
_ON_SCREEN = {_MARK: True}
# Whom else --quiet quiets: env.py makes a logger of its own, later.
_TALKATIVE = ("alembic", "alembic.env", "flask_migrate")


class _Report:
    """Count what one run does.

    :param command: the name of the command.
    :param may_draw: whether a bar may be drawn.
    """

    def __init__(self, command: str, may_draw: bool) -> None:
        self.command = command
        self.revisions = 0
        self.databases = 0
        self.screen: terminal.Screen | None = None
        self._may_draw = may_draw
        self._started = 0.0

    def start(self) -> None:
        """See a database with revisions to run."""
        if not self.databases:
            self._started = time.monotonic()
            if self._may_draw:
                self.screen = terminal.Screen(_is_shown_by_the_bar)
        self.databases += 1

    def summarize(self) -> None:
        """Say how much was done; nothing if there was nothing to do."""
        if not self.revisions:
            return
        done = f"{self.revisions} revision{'s' if self.revisions > 1 else ''}"
        if self.databases > 1:
            done += f" in {self.databases} databases"
        text = f"{done}, {_duration(time.monotonic() - self._started)}"
        text = f"{self.command.capitalize()} finished: {text}"
        log.info("%s", text, extra=_ON_SCREEN)
        if self.screen is not None:
            self.screen.line(text)

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self.screen is not None:
            self.screen.close()


@contextlib.contextmanager
def report_progress(command: str, config: Config) -> Iterator[None]:
    """Report the revisions of a run, and all of them at the end.

    :param command: the name of the command.
    :param config: the configuration that Alembic is called with.
    """
    if settings_of(config).quiet:
        with _quiet():
            yield
        return
    report = config.attributes[_KEY] = _Report(command, terminal.can_draw())
    with contextlib.ExitStack() as stack:
        stack.callback(report.close)
        yield
        report.summarize()


class ProgressObserver(StepObserver):
    """Report the revisions of one database."""

    def __init__(self, command: str, config: Config, context: MigrationContext) -> None:
        super().__init__(command, config, context)
        self._report: _Report | None = config.attributes.get(_KEY)
        self._screen: terminal.Screen | None = None
        self._started = 0.0

    def plan(self, steps: Sequence[Step]) -> None:
        """Draw the bar."""
        if self._report is None or not steps:
            return
        self._report.start()
        self._screen = self._report.screen
        if self._screen is not None:
            # Every env.py for several databases has tokens of its own for each.
            if self.context.opts.get("upgrade_token", "upgrades") != "upgrades":
                name = name_of(self.context)
                self._screen.line(f"{name[0].upper()}{name[1:]}:")
            self._screen.show_bar(len(steps))

    def begin(self, step: Step) -> None:
        """Name the revision."""
        self._started = time.monotonic()
        if self._screen is not None:
            self._screen.begin(titled(step.revision))

    def end(self, step: Step) -> None:
        """Say how long the revision has taken."""
        if self._report is None:
            return
        self._report.revisions += 1
        duration = _duration(time.monotonic() - self._started)
        identifier = step.revision.revision
        log.info("Finished %s in %s", identifier, duration, extra=_ON_SCREEN)
        if self._screen is not None:
            self._screen.advance()
            self._write(step, terminal.GREEN, duration)

    def fail(self, step: Step | None, error: BaseException) -> None:
        """Say which revision has failed."""
        if self._screen is not None and step is not None:
            duration = _duration(time.monotonic() - self._started)
            self._write(step, terminal.RED, f"failed after {duration}")

    def close(self) -> None:
        """Take the bar away."""
        if self._screen is not None:
            self._screen.hide_bar()

    def _write(self, step: Step, colour: str, text: str) -> None:
        screen = self._screen
        assert screen is not None
        name = titled(step.revision, lambda one: screen.coloured(one, colour))
        screen.line(f"{name}: {text}")


def _is_shown_by_the_bar(record: logging.LogRecord) -> bool:
    is_ours = hasattr(record, _MARK)
    is_news = record.levelno <= logging.INFO
    return is_ours or (is_news and record.name == "alembic.runtime.migration")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Let Alembic log nothing but warnings and errors.

    A filter and not a level, because ``env.py`` sets the levels anew.
    """

    def is_serious(record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING

    named = logging.root.manager.loggerDict
    names = {*_TALKATIVE, *(name for name in named if name.startswith("alembic."))}
    loggers = [logging.getLogger(name) for name in names]
    for logger in loggers:
        logger.addFilter(is_serious)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(is_serious)


def _duration(seconds: float) -> str:
    """Return a time as people say it: 0.12 s, 12 s, 2 min 5 s."""
    if seconds < 10:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
