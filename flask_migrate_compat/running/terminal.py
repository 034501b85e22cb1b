"""A progress bar at the bottom of a terminal, and everything else above it.

As long as a bar is shown, what is printed and logged to the terminal goes through
:class:`_Stream`: whole lines are written above the bar. Whoever does something else
there, such as a prompt, a debugger, a bar of his own or a child process, gets the
terminal to himself until the revision is over.
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
_USUAL_WIDTH = 80
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


def _has_width(stream: Any) -> bool:
    try:
        return os.get_terminal_size(stream.fileno()).columns > 0
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
        self._is_lent = False
        self._last_drawn = 0.0
        self._is_drawn = False
        self._closed = threading.Event()
        self._stack = contextlib.ExitStack()
        self._streams = [
            _Stream(self, getattr(sys, name), name)
            for name in ("stdout", "stderr")
            if _is_terminal(getattr(sys, name))
        ]
        for stream in self._streams:
            self._redirect(stream, shown_here)
        threading.Thread(target=self._tick, daemon=True).start()

    def _redirect(
        self, stream: _Stream, shown_here: Callable[[logging.LogRecord], bool]
    ) -> None:
        original, name = stream.original, stream.name
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
        self._bar = _bar_class()(
            total=total,
            file=self._error_stream,
            bar_format="{n_fmt}/{total_fmt} {bar:20} {elapsed}  {desc}",
            colour="green" if self.has_colour else None,
            # A terminal may not know its width; tqdm leaves out the bar then.
            dynamic_ncols=_has_width(self._error_stream),
            ncols=None if _has_width(self._error_stream) else _USUAL_WIDTH,
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
            self._take_back()
            self._clear()
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
            self._take_back()
            bar, self._bar = self._bar, None
            if bar is not None:
                bar.close()
            self._is_drawn = False

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
        self._bar = None

    def write(self, stream: _Stream, text: str) -> None:
        """Write for somebody else, and keep the beginning of a line.

        :param stream: where to.
        :param text: what.
        """
        if self._bar is not None and "\r" in text.replace("\r\n", "\n"):
            self.lend()
        if self._bar is None or self._is_lent:
            stream.original.write(text)
            if text:
                stream.is_inside_line = not text.endswith("\n")
            return
        lines, newline, stream.kept = (stream.kept + text).rpartition("\n")
        if newline:
            self._clear()
            stream.original.write(lines + newline)
            stream.original.flush()
            if time.monotonic() > self._last_drawn + _SHORTEST:
                self._draw()

    def lend(self) -> None:
        """Leave the terminal to somebody else until :meth:`line` or the next bar."""
        with self.lock:
            if self._bar is None or self._is_lent:
                return
            self._clear()
            self._is_lent = True
            for stream in self._streams:
                kept, stream.kept = stream.kept, ""
                if kept:
                    stream.original.write(kept)
                    stream.original.flush()
                    stream.is_inside_line = True

    def _take_back(self) -> None:
        """Take the terminal back, at the beginning of a line."""
        self.lend()
        self._is_lent = False
        for stream in self._streams:
            if stream.is_inside_line:
                stream.original.write("\n")
            stream.original.flush()
            stream.is_inside_line = False

    def _clear(self) -> None:
        if self._is_drawn and self._bar is not None:
            self._bar.clear()
        self._is_drawn = False

    def _draw(self) -> None:
        if self._bar is not None and not self._is_lent:
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
    :param name: its name in :mod:`sys`.
    """

    def __init__(self, screen: Screen, original: Any, name: str) -> None:
        self.original = original
        self.name = name
        # The beginning of a line that is not written yet, or whether it is.
        self.kept = ""
        self.is_inside_line = False
        self._screen = screen

    def __getattr__(self, name: str) -> Any:
        if name in _WAYS_AROUND:
            self._screen.lend()
        return getattr(self.original, name)

    def write(self, text: str) -> int:
        """Write a text."""
        if not isinstance(text, str):
            raise TypeError(f"write() takes a str, not {type(text).__name__}")
        with self._screen.lock:
            self._screen.write(self, text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Show what was written: the beginning of a line, too."""
        with self._screen.lock:
            if self.kept:
                self._screen.lend()
            self.original.flush()


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
