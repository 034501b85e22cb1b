"""Keep the logging of the process as it was, whatever ``env.py`` does to it.

The ``env.py`` of every Flask-Migrate release calls ``logging.config.fileConfig``. That
function was made for the start of a process: it switches off all loggers that
``alembic.ini`` does not name, takes the handlers off the root logger and closes every
handler there is. In a server or a test, nothing is logged any more from then on.

During a run, ``alembic.ini`` has its way with the loggers that it names: Alembic's
lines are shown in its format and at its levels. The others stay on, and handlers of
the application that do not write to the terminal (files, pytest's caplog) go on
receiving. After the run, all loggers are as they were before it.

Not covered: a change that another thread makes to a logger during the run is undone
with the rest; during the run, lines of other threads that went to the terminal
through the root logger are written there in the format of ``alembic.ini``; and an
``env.py`` that calls ``dictConfig``, or a ``fileConfig`` that some module imported
before the run, has its way until the run is over. Loggers that ``dictConfig`` makes,
and that were not there before, stay as it made them.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import logging.config
import sys
import threading
from typing import TYPE_CHECKING, Any, Iterator, NamedTuple

if TYPE_CHECKING:
    from ..config import Config

# Typed loosely: the lists that logging.shutdown() works through have no public name.
_logging: Any = logging


class _State(NamedTuple):
    """What configuring a logger changes."""

    level: int
    propagate: bool
    disabled: bool
    handlers: list[logging.Handler]
    filters: list[Any]


_UNTOUCHED = _State(logging.NOTSET, True, False, [], [])


@contextlib.contextmanager
def keep_logging(command: str, config: Config) -> Iterator[None]:
    """Undo after a run what ``env.py`` did to the loggers, and soften it before.

    :param command: the name of the command.
    :param config: the configuration that Alembic is called with.
    """
    before = _snapshot()
    configured: set[logging.Logger] = set()
    with _hidden_from_shutdown(), _careful_file_config(configured):
        try:
            yield
        finally:
            _restore(before, configured)


def _loggers() -> list[logging.Logger]:
    named = list(logging.root.manager.loggerDict.values())
    return [logging.root, *(one for one in named if isinstance(one, logging.Logger))]


def _snapshot() -> dict[logging.Logger, _State]:
    return {
        one: _State(
            one.level, one.propagate, one.disabled, one.handlers[:], one.filters[:]
        )
        for one in _loggers()
    }


def _restore(
    before: dict[logging.Logger, _State], configured: set[logging.Logger]
) -> None:
    """Put all loggers back; those made by ``env.py`` become as good as unused."""
    known = {handler for state in before.values() for handler in state.handlers}
    gone: set[logging.Handler] = set()
    for logger in {*before, *configured}:
        state = before.get(logger, _UNTOUCHED)
        gone.update(handler for handler in logger.handlers if handler not in known)
        logger.setLevel(state.level)
        logger.propagate = state.propagate
        logger.disabled = state.disabled
        logger.handlers[:] = state.handlers
        logger.filters[:] = state.filters
    for handler in gone:
        if not any(handler in logger.handlers for logger in _loggers()):
            handler.close()


@contextlib.contextmanager
def _hidden_from_shutdown() -> Iterator[None]:
    """Keep ``fileConfig`` and ``dictConfig`` from closing the handlers that exist.

    They call ``logging.shutdown`` with the list of all handlers. A closed
    ``MemoryHandler`` has lost its target, a closed file that was opened with "w" is
    emptied by the next line.
    """
    with _logging._lock:
        named = dict(_logging._handlers)
        references = list(_logging._handlerList)
        _logging._handlers.clear()
        del _logging._handlerList[:]
    try:
        yield
    finally:
        with _logging._lock:
            for name, handler in named.items():
                _logging._handlers.setdefault(name, handler)
            _logging._handlerList[:0] = [one for one in references if one() is not None]


@contextlib.contextmanager
def _careful_file_config(configured: set[logging.Logger]) -> Iterator[None]:
    """Let ``fileConfig``, when ``env.py`` calls it, spare what it does not name.

    :param configured: filled with the loggers that it changes or makes.
    """
    original = logging.config.fileConfig
    owner = threading.get_ident()

    @functools.wraps(original)
    def file_config(
        fname: Any,
        defaults: Any = None,
        disable_existing_loggers: bool = True,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        if threading.get_ident() != owner:
            original(fname, defaults, disable_existing_loggers, *args, **kwargs)
            return
        before = _snapshot()
        original(fname, defaults, False, *args, **kwargs)
        after = _snapshot()
        configured.update(
            one for one in after if before.get(one, _UNTOUCHED) != after[one]
        )
        _go_on_listening(before)

    logging.config.fileConfig = file_config
    try:
        yield
    finally:
        logging.config.fileConfig = original


def _go_on_listening(before: dict[logging.Logger, _State]) -> None:
    """Give loggers their handlers back, but none that would show a line twice."""
    for logger, state in before.items():
        for handler in state.handlers:
            if handler not in logger.handlers and not _is_terminal(handler):
                logger.addHandler(handler)
    # What the application logged before is logged during a migration, too.
    logging.root.setLevel(min(before[logging.root].level, logging.root.level))


def _is_terminal(handler: logging.Handler) -> bool:
    streams = (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__)
    stream = getattr(handler, "stream", None)
    return stream is not None and any(stream is one for one in streams)
