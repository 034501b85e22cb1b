"""Look less often for garbage while many objects are made that will be kept."""

from __future__ import annotations

import contextlib
import gc
import threading
from typing import Iterator

# How many new objects there may be before Python looks for garbage among them; some
# ten megabytes.
_OBJECTS_BEFORE_A_COLLECTION = 100_000

_lock = threading.Lock()
# How many blocks are open, in all threads, and what the first one found.
_open_blocks = 0
_before: tuple[int, ...] = ()


@contextlib.contextmanager
def fewer_collections() -> Iterator[None]:
    """Have Python look less often for garbage in this block, in all threads.

    Thousands of revisions, or of tables, are some hundred thousand objects that are
    kept. To look through them again and again, and through all that an application has
    made at its start, takes up to a third of the time of a command.
    """
    global _open_blocks, _before
    if not hasattr(gc, "get_threshold"):  # PyPy
        yield
        return
    with _lock:
        _open_blocks += 1
        if _open_blocks == 1:
            _before = gc.get_threshold()
            if 0 < _before[0] < _OBJECTS_BEFORE_A_COLLECTION:  # 0 is never
                gc.set_threshold(_OBJECTS_BEFORE_A_COLLECTION, *_before[1:])
    try:
        yield
    finally:
        with _lock:
            _open_blocks -= 1
            if not _open_blocks:
                gc.set_threshold(*_before)
