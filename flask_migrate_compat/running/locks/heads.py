"""Look whether there is anything to do, before a lock is taken.

Most starts of an application find a database that is up to date. Those take no lock,
wait for nobody, and need no right to write a file beside an SQLite database.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from alembic.util import CommandError
from sqlalchemy import Column, MetaData, String, Table
from sqlalchemy.exc import DBAPIError

from ..driver import dbapi_connection_of
from .base import VersionTable, is_in_transaction

if TYPE_CHECKING:
    from alembic.runtime.environment import EnvironmentContext
    from sqlalchemy.engine import Connection


def is_up_to_date(
    environment: EnvironmentContext, connection: Connection, table: VersionTable
) -> bool:
    """Tell whether a database is exactly where an upgrade would take it.

    :param environment: Alembic's context of the run.
    :param connection: the connection that is handed to Alembic. If it is in a
        transaction, that is left alone and the answer is no.
    :param table: the version table.
    """
    if is_in_transaction(connection):
        return False
    target = _target(environment)
    return bool(target) and target == _heads(connection, table)


def _target(environment: EnvironmentContext) -> set[str]:
    """Return the revisions that an upgrade leads to; nothing if that depends."""
    wanted = environment.context_opts.get("destination_rev")
    # Not the relative ones and not those of a branch.
    if not isinstance(wanted, str) or not re.fullmatch(r"\w+", wanted):
        return set()
    try:
        found = environment.script.get_revisions(wanted)
    except CommandError:  # Alembic is about to say so
        return set()
    return {revision.revision for revision in found if revision is not None}


def _heads(connection: Connection, table: VersionTable) -> set[str] | None:
    """Return what the version table holds; nothing is begun and no snapshot kept."""
    # Not through a context of Alembic, which logs a line for each.
    column: Any = Column("version_num", String(32))
    versions = Table(table.name, MetaData(), column, schema=table.schema or None)
    try:
        if not connection.dialect.has_table(connection, table.name, versions.schema):
            return set()
        return {row[0] for row in connection.execute(versions.select())}
    except DBAPIError:
        # SQLite is busy, perhaps; if it is anything worse, it will show again.
        return None
    finally:
        _forget(connection)


def _forget(connection: Any) -> None:
    if hasattr(connection, "rollback"):
        connection.rollback()
    else:  # SQLAlchemy before 2.0; commit, because of a "SET search_path" of env.py
        dbapi_connection_of(connection).commit()
