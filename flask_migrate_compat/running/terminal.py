"""A progress bar at the bottom of a terminal, and everything else above it.

As long as a bar is shown, what is printed and logged to the terminal goes through
:class:`_Stream`, which takes the bar away first. It is drawn again when the cursor is
at the beginning of a line: a prompt, a debugger or the bar of somebody else is left
alone. Who may write to the terminal by another way, such as a child process, has it
for himself until the revision is over.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
import time
import weakref
from contextvars import ContextVar
from typing import Any, Callable, ClassVar, Iterator

# Whether a command line, and not a program, has called the command.
_at_command_line: ContextVar[bool] = ContextVar("_at_command_line", default=False)

# How often the elapsed time is drawn, in seconds, and how often at most.
_TICK = 0.5
_SHORTEST = 0.05
# What gives access to the terminal beside write().
_WAYS_AROUND = ("buffer", "detach", "fileno", "reconfigure")

GREEN, RED = "32", "31"


@contextlib.contextmanager
def at_command_line() -> Iterator[None]:
    """Allow what is called inside to draw on the terminal."""
    token = _at_command_line.set(True)
    try:
        yield
    finally:
        _at_command_line.reset(token)


def can_draw() -> bool:
    """Tell whether a bar may be drawn: a person looks on, at a terminal that can."""
    return (
        _at_command_line.get()
        and Screen.current is None
        and _is_terminal(sys.stderr)
        and os.environ.get("TERM") != "dumb"
    )


def _is_terminal(stream: Any) -> bool:
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):  # there is none, or it is closed
        return False


def _knows_its_width(stream: Any) -> bool:
    try:
        return os.get_terminal_size(stream.fileno()).columns > 1
    except OSError:
        return False


class Screen:
    """Share the terminal between a bar and those who write to it.

    :param shown_here: tells which log records the lines of this class replace; they
        are kept from the terminal, and go wherever else they are logged to.
    """

    # There is one terminal, whichever command a revision may call in its turn.
    current: ClassVar[Screen | None] = None

    def __init__(self, shown_here: Callable[[logging.LogRecord], bool]) -> None:
        Screen.current = self
        self.lock = threading.RLock()
        # The old console of Windows shows the codes of colours as they are.
        self.has_colour = not os.environ.get("NO_COLOR") and os.name != "nt"
        self._error_stream = sys.stderr
        self._bar: Any = None
        self._is_drawn = False
        self._last_drawn = 0.0
        # Where a bar must not be drawn: the cursor is inside of a line, or may be.
        self._inside_line = False
        self._paused = False
        self._closed = threading.Event()
        self._stack = contextlib.ExitStack()
        for name in ("stdout", "stderr"):
            if _is_terminal(getattr(sys, name)):
                self._redirect(name, shown_here)
        threading.Thread(target=self._tick, daemon=True).start()

    def _redirect(
        self, name: str, shown_here: Callable[[logging.LogRecord], bool]
    ) -> None:
        original = getattr(sys, name)
        stream = _Stream(self, original)
        setattr(sys, name, stream)
        self._stack.callback(setattr, sys, name, original)

        def is_to_be_logged(record: logging.LogRecord) -> bool:
            return not shown_here(record)

        for handler in _handlers_of(original):
            handler.setStream(stream)
            self._stack.callback(handler.setStream, original)
            handler.addFilter(is_to_be_logged)
            self._stack.callback(handler.removeFilter, is_to_be_logged)

    def show_bar(self, total: int) -> None:
        """Draw a bar.

        :param total: how many revisions there are.
        """
        with self.lock:
            self._begin_line()
            self._bar = _bar_class()(
                total=total,
                file=self._error_stream,
                bar_format="{n_fmt}/{total_fmt} {bar:20} {elapsed}  {desc}",
                colour="green" if self.has_colour else None,
                # What tqdm cannot do is to ask a terminal that does not know.
                ncols=80,
                dynamic_ncols=_knows_its_width(self._error_stream),
                leave=False,
            )
            self._is_drawn = True

    def begin(self, text: str) -> None:
        """Say beside the bar what is being done.

        :param text: the name of a revision.
        """
        with self.lock:
            self._bar.set_description_str(text, refresh=False)
            self._draw()

    def advance(self) -> None:
        """Move the bar on by one revision."""
        with self.lock:
            self._bar.n += 1

    def line(self, text: str) -> None:
        """Write a line above the bar.

        :param text: the line.
        """
        with self.lock:
            self._begin_line()
            self._error_stream.write(f"{text}\n")
            self._error_stream.flush()

    def coloured(self, text: str, colour: str) -> str:
        """Return a text in a colour, or as it is where there shall be none.

        :param text: the text.
        :param colour: one of the colours of this module.
        """
        return f"\x1b[{colour}m{text}\x1b[0m" if self.has_colour else text

    def hide_bar(self) -> None:
        """Take the bar away."""
        with self.lock:
            self._begin_line()
            bar, self._bar = self._bar, None
            if bar is not None:
                bar.close()

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._closed.set()
        self.hide_bar()
        self._stack.close()
        Screen.current = None

    def leave_to_the_parent(self) -> None:
        """Draw nothing in a process that a revision has forked."""
        # The thread that draws, and may hold the lock, is not in this process.
        self.lock = threading.RLock()
        self._bar, self._is_drawn = None, False

    def write(self, original: Any, text: str) -> None:
        """Write for somebody else, and draw the bar below if that is possible.

        :param original: the stream.
        :param text: what.
        """
        with self.lock:
            self._clear()
            original.write(text)
            original.flush()
            if text:
                self._inside_line = not text.endswith("\n")
            if time.monotonic() > self._last_drawn + _SHORTEST:
                self._draw()

    def pause(self) -> None:
        """Leave the terminal to somebody else until the next line or bar."""
        with self.lock:
            self._clear()
            self._paused = True

    def _begin_line(self) -> None:
        """Take the terminal back, at the beginning of a line."""
        self._clear()
        if self._inside_line:
            self._error_stream.write("\n")
        self._inside_line = self._paused = False

    def _clear(self) -> None:
        if self._is_drawn:
            self._bar.clear()
            self._is_drawn = False

    def _draw(self) -> None:
        if self._bar is not None and not (self._inside_line or self._paused):
            self._bar.refresh()
            self._is_drawn = True
            self._last_drawn = time.monotonic()

    def _tick(self) -> None:
        while not self._closed.wait(_TICK):
            with self.lock:
                self._draw()


class _Stream:
    """Stand in for a stream of the terminal.

    :param screen: whom it belongs to.
    :param original: the stream.
    """

    def __init__(self, screen: Screen, original: Any) -> None:
        self._screen = screen
        self._original = original

    def __getattr__(self, name: str) -> Any:
        if name in _WAYS_AROUND:
            self._screen.pause()
        return getattr(self._original, name)

    def write(self, text: str) -> int:
        """Write a text."""
        self._screen.write(self._original, text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)


def _in_child() -> None:
    if Screen.current is not None:
        Screen.current.leave_to_the_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)


def _handlers_of(stream: Any) -> list[Any]:
    """Return the handlers of all loggers that write to a stream."""
    named = list(logging.root.manager.loggerDict.values())
    loggers = [one for one in named if isinstance(one, logging.Logger)]
    handlers = {one for logger in [logging.root, *loggers] for one in logger.handlers}
    return [
        one
        for one in handlers
        if isinstance(one, logging.StreamHandler) and one.stream is stream
    ]


def _bar_class() -> Any:
    """Return the class of a bar that has nothing to do with those of a revision."""
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[misc]  # tqdm has no types
        # No second thread that draws, nor any lock between processes.
        monitor_interval = 0
        _instances: ClassVar[Any] = weakref.WeakSet()

    Bar.set_lock(threading.RLock())
    return Bar
