"""What has to be done to a connection before Alembic works with it.

Each ``env.py`` hands its connection to ``context.configure()``, before it opens a
transaction or, where it is one for several databases, right after. At that moment the
lock is taken, and SQLite is made to keep its transactions.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any, Iterator, cast

from alembic.runtime.environment import EnvironmentContext
from sqlalchemy import event
from sqlalchemy.engine import Engine

from . import sqlite_transactions
from .locks import RunLocks

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
            if connection is not None and not self.is_offline_mode():
                locks.take(self, connection, opened, options)
                if sqlite_transactions.has_transactional_ddl(connection, options):
                    options["transactional_ddl"] = True
                    options[sqlite_transactions.KEY] = True
            original(self, connection, *args, **options)

        cast(Any, EnvironmentContext).configure = configure
        try:
            yield
        finally:
            cast(Any, EnvironmentContext).configure = original


@contextlib.contextmanager
def _opened_connections() -> Iterator[list[Connection]]:
    """List the connections that this thread opens, whatever engine they are of.

    An ``env.py`` for several databases opens all of them before it configures the
    first one, which tells what databases there are.
    """
    owner = threading.get_ident()
    opened: list[Connection] = []

    # SQLAlchemy before 2.0 passes a second argument.
    def engine_connect(connection: Connection, *_branch: Any) -> None:
        if threading.get_ident() == owner:
            opened.append(connection)

    event.listen(Engine, "engine_connect", engine_connect)
    try:
        yield opened
    finally:
        event.remove(Engine, "engine_connect", engine_connect)
