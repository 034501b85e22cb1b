"""What has to be done to a connection before Alembic works with it.

Each ``env.py`` hands its connection to ``context.configure()``, before it opens a
transaction or, where it is one for several databases, right after. At that moment the
lock is taken, and SQLite is made to keep its transactions.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from typing import TYPE_CHECKING, Any, Iterator, cast

from alembic.runtime.environment import EnvironmentContext
from sqlalchemy import event
from sqlalchemy.engine import Engine

from .locks import RunLocks
from .sqlite_transactions import transactional_ddl

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from ..config import Config


@contextlib.contextmanager
def prepare_connections(command: str, config: Config) -> Iterator[None]:
    """Prepare each connection that a run writes to, and put it back after the run.

    :param command: the name of the command.
    :param config: the configuration that Alembic is called with.
    """
    original = EnvironmentContext.configure
    with contextlib.ExitStack() as stack:
        opened = stack.enter_context(_opened_connections())
        locks = RunLocks(stack, command, config)

        def configure(
            self: EnvironmentContext, connection: Any = None, *args: Any, **options: Any
        ) -> None:
            if connection is None or self.is_offline_mode():
                original(self, connection, *args, **options)
                return
            locks.take(self, connection, opened, options)
            with transactional_ddl(self, connection, options):
                original(self, connection, *args, **options)

        cast(Any, EnvironmentContext).configure = configure
        try:
            yield
        finally:
            cast(Any, EnvironmentContext).configure = original


# The connections that each thread has opened since its run began.
_opened: dict[int, list[Connection]] = {}


@contextlib.contextmanager
def _opened_connections() -> Iterator[list[Connection]]:
    """List the connections that this thread opens, whatever engine they are of.

    An ``env.py`` for several databases opens all of them before it configures the
    first one, which tells what databases there are.
    """
    _listen()
    thread = threading.get_ident()
    outer = _opened.get(thread)
    opened = _opened[thread] = []
    try:
        yield opened
    finally:
        if outer is None:
            del _opened[thread]
        else:
            _opened[thread] = outer


@functools.lru_cache(maxsize=None)
def _listen() -> None:
    """Listen to all engines, from now on.

    Not for the time of a run: while a listener is removed, other threads may be about
    to call it.
    """
    event.listen(Engine, "engine_connect", _engine_connect)


# SQLAlchemy before 2.0 passes a second argument.
def _engine_connect(connection: Connection, *_branch: Any) -> None:
    opened = _opened.get(threading.get_ident())
    if opened is not None:
        opened.append(connection)
