"""Let autogenerate read a database in a few queries, whatever the number of tables.

Alembic and SQLAlchemy ask about one table after the other where the database has no
query for all of them, or where they do not know one. The modules here ask for all at
once and then answer what is asked; how an answer is read remains theirs, so what they
find is what they would have found. A question that is not known is passed on.

What has been read is kept with Alembic's inspector, for as long as the inspector keeps
what it has read itself. Engine, dialect and connection of the application stay as they
are, and so does what hooks of the application read with inspectors of their own.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Callable, Iterator

from alembic.autogenerate.api import AutogenContext

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from ...config import Config


@contextlib.contextmanager
def read_ahead(
    command: str, config: Config, context: MigrationContext
) -> Iterator[None]:
    """Answer what autogenerate asks about one database from what was read at once.

    :param command: the name of the command.
    :param config: the configuration that Alembic is called with.
    :param context: Alembic's context of the database.
    """
    with contextlib.ExitStack() as stack:
        if context.dialect.name == "sqlite":
            from . import sqlite

            stack.enter_context(_each_inspector(context, sqlite.read_tables_ahead))
        elif context.dialect.name == "postgresql":
            from . import postgresql

            stack.enter_context(postgresql.owners_read_ahead(context))
        yield


class _InspectorAttribute:
    """Stand for the attribute of Alembic that makes an inspector when it is read.

    Alembic's own one stores the inspector under its name, and is not asked again.
    """

    def __init__(self, original: Any, prepare: Callable[[Any, Any], None]) -> None:
        self._original = original
        self._prepare = prepare

    def __get__(self, autogenerate: Any, owner: Any = None) -> Any:
        inspector = self._original.__get__(autogenerate, owner)
        if autogenerate is not None:
            self._prepare(autogenerate, inspector)
        return inspector


@contextlib.contextmanager
def _each_inspector(
    context: MigrationContext, prepare: Callable[[Any], None]
) -> Iterator[None]:
    """Prepare each inspector that autogenerate makes for a context.

    Alembic makes one when it first needs it, and has no hook between that and its use.
    """

    def prepare_own(autogenerate: Any, inspector: Any) -> None:
        if autogenerate.migration_context is context:
            prepare(inspector)

    original = vars(AutogenContext).get("inspector")
    if not hasattr(original, "__get__"):
        yield
        return
    # Typed loosely, as it is replaced for the time of one run.
    loose: Any = AutogenContext
    loose.inspector = _InspectorAttribute(original, prepare_own)
    try:
        yield
    finally:
        loose.inspector = original
