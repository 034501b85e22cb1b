"""Help the ``env.py`` files of the ``aioflask`` templates.

Deletable with this folder; two upstream events are healed here, each only for a file
that names what is gone:

* ``asyncio.get_event_loop()`` fails in Python 3.14, and before that once
  ``asyncio.run()`` was called: the files since Flask-Migrate 4.0.0 use it.
* SQLAlchemy 2.0 renamed ``AsyncConnection._sync_connection()``, which the one for
  several databases of Flask-Migrate 3.1.0 calls.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Iterator

if TYPE_CHECKING:
    from .database import Run


@contextlib.contextmanager
def helped_asyncio(run: Run) -> Iterator[None]:
    """Give an asynchronous ``env.py`` a current event loop and the old method."""
    with contextlib.ExitStack() as stack:
        if "get_event_loop" in run.source.names:
            stack.enter_context(_current_loop())
        if "_sync_connection" in run.source.names:
            stack.enter_context(_old_method())
        yield


@contextlib.contextmanager
def _current_loop() -> Iterator[None]:
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        loop = asyncio.new_event_loop()
    else:  # no other loop can run in this thread, and env.py will say so
        yield
        return
    asyncio.set_event_loop(loop)
    try:
        yield
    finally:
        asyncio.set_event_loop(None)
        loop.close()


@contextlib.contextmanager
def _old_method() -> Iterator[None]:
    from sqlalchemy.ext.asyncio import AsyncConnection

    connection: Any = AsyncConnection
    if hasattr(connection, "_sync_connection"):
        yield
        return
    connection._sync_connection = lambda self: self.sync_connection
    try:
        yield
    finally:
        del connection._sync_connection
