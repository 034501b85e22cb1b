"""Look less often for garbage while many objects are made that will be kept."""

from __future__ import annotations

import contextlib
import gc
from typing import Iterator

# How many new objects there may be before Python looks for garbage among them; some
# ten megabytes.
_OBJECTS_BEFORE_A_COLLECTION = 100_000


@contextlib.contextmanager
def fewer_collections() -> Iterator[None]:
    """Have Python look less often for garbage in this block, in all threads.

    Thousands of revisions, or of tables, are some hundred thousand objects that are
    kept. To look through them again and again, and through all that an application has
    made at its start, takes up to a third of the time of a command.
    """
    if not hasattr(gc, "get_threshold"):  # PyPy
        yield
        return
    youngest, *others = gc.get_threshold()
    # 0 is never.
    if 0 < youngest < _OBJECTS_BEFORE_A_COLLECTION:
        gc.set_threshold(_OBJECTS_BEFORE_A_COLLECTION, *others)
    try:
        yield
    finally:
        gc.set_threshold(youngest, *others)
