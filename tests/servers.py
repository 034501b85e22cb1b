"""Fresh databases on real servers, for the tests that need one.

The servers are looked for at ``TEST_POSTGRES_URL`` and ``TEST_MARIADB_URL``, or at
their default local addresses. A test is skipped, with the reason, where the driver is
not installed or no server answers; with ``CI=true`` a missing server is a failure.

    def test_something() -> None:
        with postgresql() as url:
            ...

    @pytest.mark.parametrize("server", SERVERS)
    def test_on_each(server: str) -> None:
        with database(server) as url:
            ...
"""

from __future__ import annotations

import contextlib
import functools
import os
import uuid
from typing import Any, Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.engine.url import make_url
from sqlalchemy.pool import NullPool

#: What :func:`database` takes.
SERVERS = ("postgresql", "mariadb")

_VARIABLES = {"postgresql": "TEST_POSTGRES_URL", "mariadb": "TEST_MARIADB_URL"}
_DEFAULTS = {
    "postgresql": "postgresql+psycopg2://postgres@127.0.0.1:5432/postgres",
    "mariadb": "mysql+pymysql://root@127.0.0.1:3306/mysql",
}
# Whoever is still connected would keep the database, or a lock in it.
_SESSIONS = {
    "postgresql": "SELECT pid FROM pg_stat_activity WHERE datname = '{name}'",
    "mariadb": "SELECT id FROM information_schema.processlist WHERE db = '{name}'",
}
_END = {"postgresql": "SELECT pg_terminate_backend({id})", "mariadb": "KILL {id}"}


def postgresql(driver: str | None = None) -> contextlib.AbstractContextManager[str]:
    """Make a PostgreSQL database, and drop it at the end.

    :param driver: the driver in the URL; by default that of the server's URL.
    :returns: a context manager that gives the URL of the database.
    """
    return database("postgresql", driver)


def mariadb(driver: str | None = None) -> contextlib.AbstractContextManager[str]:
    """Make a MariaDB (or MySQL) database, and drop it at the end.

    :param driver: the driver in the URL; by default that of the server's URL.
    :returns: a context manager that gives the URL of the database.
    """
    return database("mariadb", driver)


@contextlib.contextmanager
def database(server: str, driver: str | None = None) -> Iterator[str]:
    """Make a database with a name of its own, and drop it at the end.

    :param server: one of :data:`SERVERS`.
    :param driver: the driver in the URL; by default that of the server's URL.
    """
    address = server_url(server)
    if driver is not None:
        _import_driver(f"{make_url(address).get_backend_name()}+{driver}")
    name = f"fmc_test_{uuid.uuid4().hex[:16]}"
    execute(address, f"CREATE DATABASE {name}")
    try:
        yield _with_database(address, name, driver)
    finally:
        end_sessions(server, name)
        execute(address, f"DROP DATABASE {name}")


def server_url(server: str) -> str:
    """Return the URL of a server that answers, or skip the test.

    :param server: one of :data:`SERVERS`.
    """
    address = os.environ.get(_VARIABLES[server]) or _DEFAULTS[server]
    _import_driver(make_url(address).drivername)
    problem = _problem(address)
    if problem:
        reason = f"no {server} answers, see {_VARIABLES[server]}: {problem}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return address


def execute(url: str, *statements: str) -> list[tuple[Any, ...]]:
    """Run SQL, each statement in a transaction of its own, on one connection.

    :param url: of a database.
    :returns: the rows of the last statement, if it has any.
    """
    engine = sa.create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    rows: list[tuple[Any, ...]] = []
    with engine.connect() as connection:
        for statement in statements:
            result = connection.execute(sa.text(statement))
            rows = [tuple(row) for row in result] if result.returns_rows else []
    return rows


def end_sessions(server: str, name: str) -> None:
    """End whatever is connected to a database.

    :param server: one of :data:`SERVERS`.
    :param name: the name of the database.
    """
    address = server_url(server)
    for (session,) in execute(address, _SESSIONS[server].format(name=name)):
        # It may have gone by itself by now.
        with contextlib.suppress(sa.exc.DBAPIError):
            execute(address, _END[server].format(id=session))


def name_in(url: str) -> str:
    """Return the name of the database in a URL."""
    return str(make_url(url).database)


def tables(url: str) -> set[str]:
    """Return the names of the tables of a database."""
    engine = sa.create_engine(url, poolclass=NullPool)
    return set(sa.inspect(engine).get_table_names())


def _import_driver(drivername: str) -> None:
    """Skip the test if SQLAlchemy cannot import the driver."""
    try:
        dialect = make_url(f"{drivername}://").get_dialect()
        # The name was another one before SQLAlchemy 2.0.
        (getattr(dialect, "import_dbapi", None) or dialect.dbapi)()
    # An old SQLAlchemy does not know every driver.
    except (ImportError, sa.exc.NoSuchModuleError) as error:
        pytest.skip(f"the driver is not installed: {error}")


@functools.lru_cache(maxsize=None)
def _problem(address: str) -> str:
    """Return why a server cannot be used, or nothing."""
    timeout = {"connect_timeout": 5}
    engine = sa.create_engine(address, poolclass=NullPool, connect_args=timeout)
    try:
        engine.connect().close()
    except sa.exc.DBAPIError as error:
        return " ".join(str(error.orig).split())
    return ""


def _with_database(address: str, name: str, driver: str | None) -> str:
    """Return the URL of another database on the same server, passwords included."""
    url = make_url(address)
    drivername = url.drivername
    if driver is not None:
        drivername = f"{url.get_backend_name()}+{driver}"
    if hasattr(url, "set"):
        url = url.set(database=name, drivername=drivername)
    else:  # SQLAlchemy before 1.4
        url.database, url.drivername = name, drivername
    if hasattr(url, "render_as_string"):
        return str(url.render_as_string(hide_password=False))
    return str(url)
