"""Say what is behind the errors that Alembic reports about revisions.

Alembic names the revision or the rule. Here the database and the migrations folder
are still at hand, so the messages can tell what is pending, which heads there are and
what may have happened to a revision that has no file, with the exact next command.
"""

from __future__ import annotations

import contextlib
import os
import shlex
from typing import TYPE_CHECKING, Iterator

from alembic.script import ScriptDirectory
from alembic.script.revision import MultipleHeads, ResolutionError
from alembic.util import CommandError

from ..errors import RevisionError, next_command, shortened
from .databases import name_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import Script

    from ..config import Config

# Commands whose argument may be "heads", to mean all of them.
_TAKES_ALL_HEADS = {"upgrade", "stamp", "show"}
_MAKES_A_REVISION = {"revision", "migrate"}
_LONGEST_TITLE = 40


@contextlib.contextmanager
def explain_revision_errors(command: str, config: Config) -> Iterator[None]:
    """Explain errors that the migrations folder alone is the reason of.

    :param command: the name of the command.
    :param config: the configuration that Alembic is called with.
    :raises RevisionError: for several heads where one is needed.
    """
    try:
        yield
    except CommandError as error:
        if not str(error).startswith("Multiple head"):
            raise
        cause = error.__cause__
        script = ScriptDirectory.from_config(config)
        named = cause.heads if isinstance(cause, MultipleHeads) else ()
        raise _multiple_heads(command, script, tuple(named)) from error


@contextlib.contextmanager
def explain_database_errors(
    command: str, config: Config, context: MigrationContext
) -> Iterator[None]:
    """Explain errors that come from the version table of a database.

    :param command: the name of the command.
    :param config: the configuration that Alembic is called with.
    :param context: Alembic's context of the database.
    :raises RevisionError: for a revision in the database that has no file, and for
        pending revisions where there must be none.
    """
    try:
        yield
    except CommandError as error:
        if context.connection is None or context.environment_context is None:
            raise
        script = context.environment_context.script
        cause = error.__cause__
        if str(error).startswith("Target database is not up to date"):
            raise _not_up_to_date(script, context) from error
        if isinstance(cause, ResolutionError):
            # The same error comes from the command line; this one is in the database.
            identifier = str(cause.argument)
            if identifier in context.get_current_heads():
                raise _no_such_file(identifier, script, context) from error
        raise


def _multiple_heads(
    command: str, script: ScriptDirectory, named: tuple[str, ...]
) -> RevisionError:
    heads = [script.get_revision(head) for head in named or script.get_heads()]
    hint = (
        f"Join them with '{next_command('merge', 'heads')}',"
        f" then run '{next_command('upgrade')}'"
    )
    if command in _TAKES_ALL_HEADS:
        hint += f"; or '{next_command(command, 'heads')}' for all of them as they are"
    elif command in _MAKES_A_REVISION:
        hint += "; or name with --head the one to go on from"
    else:
        hint += "; or name one of them"
    titles = [_titled(head) for head in heads if head is not None]
    return RevisionError(f"Multiple heads: {shortened(titles)}.", f"{hint}.")


def _not_up_to_date(
    script: ScriptDirectory, context: MigrationContext
) -> RevisionError:
    pending = [_titled(one) for one in _pending(script, context)]
    count = f"{len(pending)} revision{'s are' if len(pending) > 1 else ' is'} pending"
    all_heads = ["heads"] if len(script.get_heads()) > 1 else []
    return RevisionError(
        f"The {name_of(context)} is not up to date: {count}, {shortened(pending)}.",
        f"Apply first with '{next_command('upgrade', *all_heads)}'.",
    )


def _pending(script: ScriptDirectory, context: MigrationContext) -> list[Script]:
    """Return the revisions that the database does not have, the next one first."""
    applied: set[str] = set()
    to_visit = list(context.get_current_heads())
    while to_visit:
        revision = script.get_revision(to_visit.pop())
        if revision is None or revision.revision in applied:
            continue
        applied.add(revision.revision)
        to_visit += _as_tuple(revision.down_revision)
        to_visit += _as_tuple(revision.dependencies)
    everything = list(script.walk_revisions())
    return [one for one in reversed(everything) if one.revision not in applied]


def _as_tuple(value: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def _titled(revision: Script) -> str:
    title = " ".join((revision.doc or "").split())
    if len(title) > _LONGEST_TITLE:
        title = title[: _LONGEST_TITLE - 1].rstrip() + "…"
    return f"{revision.revision} ({title})" if title else revision.revision


def _no_such_file(
    identifier: str, script: ScriptDirectory, context: MigrationContext
) -> RevisionError:
    folder = os.path.relpath(script.dir)
    pattern = shlex.quote(os.path.join(folder, "*", f"*{identifier}*"))
    return RevisionError(
        f"The {name_of(context)} is at revision '{identifier}', which no file in"
        f" '{folder}' has: the file was deleted, its branch is not merged or not"
        " checked out, or the database belongs to another application or"
        " migrations folder.",
        f"Look for the file with: git log --all --oneline -- {pattern} and bring it"
        " back. If it is gone for good and you know which revision the tables are"
        f" like: '{next_command('stamp', '--purge', '<revision>')}'. If two"
        " applications share the database, give each its own version_table in"
        " Migrate(app, db, version_table=...).",
    )
