"""Scratch databases: SQLite files, or databases of a server that are dropped again."""

from __future__ import annotations

import contextlib
import secrets
from pathlib import Path
from typing import Any, Iterator, Sequence

from ...errors import MigrateError


class DatabaseError(MigrateError):
    """Report that no scratch database can be made."""


@contextlib.contextmanager
def scratch_databases(
    names: Sequence[str], folder: Path, server_url: str | None
) -> Iterator[dict[str, str]]:
    """Make an empty database for each name, and drop all of them at the end.

    :param names: of the databases, as the revisions call them.
    :param folder: for the files of SQLite.
    :param server_url: any database of a PostgreSQL, MySQL or MariaDB server, from which
        others can be made.
    :returns: the URL of each.
    :raises DatabaseError: when the server does not let us.
    """
    if server_url is None:
        yield {name: f"sqlite:///{folder / (name or 'main')}.db" for name in names}
        return
    with contextlib.ExitStack() as stack:
        yield {
            name: stack.enter_context(_on_server(server_url, name)) for name in names
        }


@contextlib.contextmanager
def _on_server(server_url: str, name: str) -> Iterator[str]:
    import sqlalchemy as sa
    from sqlalchemy.engine.url import make_url
    from sqlalchemy.pool import NullPool

    # The name is ours: nothing in it needs quotes.
    database = f"verify_{secrets.token_hex(6)}_{len(name)}"
    try:
        url = make_url(server_url)
        kind = url.get_backend_name()
        if kind not in ("postgresql", "mysql", "mariadb"):
            raise DatabaseError(
                f"--server takes PostgreSQL, MySQL and MariaDB, not {kind}.",
                "Leave it out to use SQLite.",
            )
        engine = sa.create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        _execute(engine, f"CREATE DATABASE {database}")
    except (sa.exc.SQLAlchemyError, ImportError, ValueError) as error:
        reason = getattr(error, "orig", None) or error
        raise DatabaseError(
            f"No scratch database can be made on the server: {reason}.",
            "Check the URL of --server, and that its user may create databases.",
        ) from error
    try:
        yield _text(_with_database(url, database))
    finally:
        if kind == "postgresql":
            _execute(
                engine,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                f" WHERE datname = '{database}'",
            )
        _execute(engine, f"DROP DATABASE {database}")


def _execute(engine: Any, statement: str) -> None:
    import sqlalchemy as sa

    with engine.connect() as connection:
        connection.execute(sa.text(statement))


def _with_database(url: Any, database: str) -> Any:
    if hasattr(url, "set"):
        return url.set(database=database)
    # SQLAlchemy before 1.4.
    url.database = database
    return url


def _text(url: Any) -> str:
    if hasattr(url, "render_as_string"):
        return str(url.render_as_string(hide_password=False))
    return str(url)
