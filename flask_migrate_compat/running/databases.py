"""What surrounds the part of a run that happens in one database.

Each ``env.py``, whether it was written for one database or for several, calls
``context.run_migrations()`` once for each database, which ends in the method of the
same name of :class:`alembic.runtime.migration.MigrationContext`. That method is
wrapped here for the time of one run, so a guard sees every database of every
migrations folder, old or new: before Alembic reads its version table, and after all
hooks of autogenerate have had their say.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any, Callable, ContextManager, Iterator, cast

from alembic.runtime.migration import MigrationContext

from .settings import WRITING

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from ..config import Config

# In force while Alembic works in one database; takes the name of the command, its
# configuration and Alembic's context of that database.
DatabaseGuard = Callable[[str, "Config", MigrationContext], ContextManager[object]]


def _guards(command: str, context: MigrationContext) -> Iterator[DatabaseGuard]:
    """Yield the guards of a command in one database; the outermost first."""
    from . import drops, explanations, hidden_tables, steps

    yield explanations.explain_database_errors
    yield drops.guard_drop_of_everything
    yield hidden_tables.hide_journal
    if command in WRITING:
        yield steps.observe_steps
    if autogenerating(context):
        from . import reflection

        yield reflection.read_ahead


@contextlib.contextmanager
def guard_each_database(command: str, config: Config) -> Iterator[None]:
    """Put the guards around each database of a run.

    :param command: the name of the command.
    :param config: the configuration that Alembic is called with.
    """
    original = MigrationContext.run_migrations

    def run_migrations(context: MigrationContext, **kwargs: Any) -> None:
        with contextlib.ExitStack() as stack:
            for guard in _guards(command, context):
                stack.enter_context(guard(command, config, context))
            original(context, **kwargs)

    cast(Any, MigrationContext).run_migrations = run_migrations
    try:
        yield
    finally:
        cast(Any, MigrationContext).run_migrations = original


def autogenerating(context: MigrationContext) -> Any:
    """Return what writes the new revisions, if they shall have differences in them.

    :param context: Alembic's context of the database.
    :returns: Alembic's ``RevisionContext``, or ``None`` for all commands but
        ``revision --autogenerate`` and ``check``.
    """
    generated: Any = context.opts.get("revision_context")
    if generated is None or not generated.command_args.get("autogenerate"):
        return None
    return generated


def name_of(context: MigrationContext) -> str:
    """Say which database a context stands for, with the password left out.

    :param context: Alembic's context of the database.
    """
    # Every env.py for several databases makes the tokens from the names of the binds.
    token = context.opts.get("upgrade_token") or "upgrades"
    bind = re.sub(r"_?upgrades$", "", str(token))
    name = f"database '{bind}'" if bind else "database"
    if context.connection is None:
        return name
    return f"{name} ({shown_url(context.connection.engine)})"


def shown_url(engine: Engine) -> str:
    """Return the URL of an engine for a message.

    :param engine: the engine.
    """
    # The repr of a URL masks the password, but not one among the arguments.
    return repr(engine.url).partition("?")[0]
