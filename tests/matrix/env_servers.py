"""Make the databases that the ``env.py`` run works on, and look into them.

Runs with the Python of a stack. Where the servers are is told by the environment:
``MATRIX_POSTGRESQL_URL`` and ``MATRIX_MARIADB_URL``, with a user who may make databases
and users. Everything made has a name beginning with ``compat_env_``.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import os
import warnings
from pathlib import Path
from typing import Any, Iterator, Optional
from urllib.parse import quote, unquote, urlsplit

#: A password with all that a URL, ConfigParser and a careless format can trip over.
HARD_PASSWORD = "p@s%w/:#ü"
PLAIN_PASSWORD = "plainpassword"
DATABASES = (
    "sqlite",
    "postgresql",
    "postgresql-hard",
    "mariadb",
    "mariadb-hard",
)
_DEFAULT_URLS = {
    "postgresql": "postgresql://postgres@127.0.0.1:5432/postgres",
    "mariadb": "mariadb://root@127.0.0.1:3306/mysql",
}
Bind = Optional[str]


class ServerError(Exception):
    """Report a server or a driver that is not there."""


class Server:
    """Hold a main database and one for the bind ``db1``, of one kind.

    :param folder: where SQLite files go.
    """

    password = ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def url(self, bind: Bind) -> str:
        """Return the URL of a database, as the application is configured with it."""
        path = self.folder / f"{bind or 'main'}.db"
        return f"sqlite:///{path.as_posix()}"

    def reset(self) -> None:
        """Empty the databases, SQLite's by deleting the files."""
        for path in self.folder.glob("*.db"):
            path.unlink()

    def close(self) -> None:
        """Remove what was made."""


class PostgreSQL(Server):
    """Work on a PostgreSQL server.

    :param tag: part of the names, so that several runs can use one server.
    """

    def __init__(self, folder: Path, tag: str, password: str) -> None:
        super().__init__(folder)
        self.password = password
        self.user = f"compat_env_{tag}"
        self.names = {None: f"{self.user}_main", "db1": f"{self.user}_db1"}
        self.address = _address("postgresql")
        self.close()
        with self._admin() as cursor:
            cursor.execute(f'CREATE ROLE "{self.user}" LOGIN PASSWORD %s', [password])
            for name in self.names.values():
                cursor.execute(f'CREATE DATABASE "{name}" OWNER "{self.user}"')

    @contextlib.contextmanager
    def _admin(self, database: str | None = None) -> Iterator[Any]:
        psycopg2: Any = importlib.import_module("psycopg2")
        where = self.address
        connection = psycopg2.connect(
            host=where.hostname,
            port=where.port or 5432,
            user=unquote(where.username or ""),
            password=unquote(where.password or "") or None,
            dbname=database or where.path.lstrip("/"),
            connect_timeout=10,
        )
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    def url(self, bind: Bind) -> str:
        # One of the two columns has the name that SQLAlchemy 1.4 removed.
        plain = self.password == PLAIN_PASSWORD
        scheme = "postgres" if plain else "postgresql+psycopg2"
        host, port = self.address.hostname, self.address.port or 5432
        login = f"{self.user}:{quote(self.password, safe='')}"
        return f"{scheme}://{login}@{host}:{port}/{self.names[bind]}"

    def reset(self) -> None:
        super().reset()
        for name in self.names.values():
            with self._admin(name) as cursor:
                cursor.execute("SET lock_timeout = '20s'")
                cursor.execute("DROP SCHEMA public CASCADE")
                cursor.execute(f'CREATE SCHEMA public AUTHORIZATION "{self.user}"')

    def close(self) -> None:
        with self._admin() as cursor:
            for name in self.names.values():
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = %s",
                    [name],
                )
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
            cursor.execute(f'DROP ROLE IF EXISTS "{self.user}"')


class MariaDB(Server):
    """Work on a MariaDB server.

    :param tag: part of the names, so that several runs can use one server.
    """

    def __init__(self, folder: Path, tag: str, password: str) -> None:
        super().__init__(folder)
        self.password = password
        self.user = f"compat_env_{tag}"
        self.names = {None: f"{self.user}_main", "db1": f"{self.user}_db1"}
        self.address = _address("mariadb")
        self.close()
        # PyMySQL sends a password as Latin-1, whatever the server would read it as.
        digest = hashlib.sha1(hashlib.sha1(password.encode("latin1")).digest())
        with self._admin() as cursor:
            cursor.execute(
                f"CREATE USER {self.user} IDENTIFIED BY PASSWORD"
                f" '*{digest.hexdigest().upper()}'"
            )
            for name in self.names.values():
                cursor.execute(f"GRANT ALL ON {name}.* TO {self.user}")
        self.reset()

    @contextlib.contextmanager
    def _admin(self) -> Iterator[Any]:
        pymysql: Any = importlib.import_module("pymysql")
        where = self.address
        connection = pymysql.connect(
            host=where.hostname,
            port=where.port or 3306,
            user=unquote(where.username or ""),
            password=unquote(where.password or ""),
            connect_timeout=10,
            autocommit=True,
        )
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    def url(self, bind: Bind) -> str:
        host, port = self.address.hostname, self.address.port or 3306
        login = f"{self.user}:{quote(self.password, safe='')}"
        # Both marks are common in such URLs, and the second one has to survive too.
        return (
            f"mysql+pymysql://{login}@{host}:{port}/{self.names[bind]}?charset=utf8mb4"
        )

    def reset(self) -> None:
        super().reset()
        with self._admin() as cursor:
            for name in self.names.values():
                cursor.execute("SET SESSION lock_wait_timeout = 20")
                cursor.execute(f"CREATE DATABASE IF NOT EXISTS {name}")
                cursor.execute(f"DROP DATABASE {name}")
                cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")

    def close(self) -> None:
        with self._admin() as cursor, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a name that is not there
            for name in self.names.values():
                cursor.execute(f"DROP DATABASE IF EXISTS {name}")
            cursor.execute(f"DROP USER IF EXISTS {self.user}")


def _address(kind: str) -> Any:
    variable = f"MATRIX_{kind.upper()}_URL"
    return urlsplit(os.environ.get(variable) or _DEFAULT_URLS[kind])


def make_server(database: str, folder: Path, tag: str) -> Server:
    """Make the databases of one column of the table.

    :param database: one of :data:`DATABASES`.
    :raises ServerError: when the server or its driver is not there.
    """
    kind, _, password = database.partition("-")
    if kind == "sqlite":
        return Server(folder)
    make = {"postgresql": PostgreSQL, "mariadb": MariaDB}[kind]
    try:
        return make(folder, tag, HARD_PASSWORD if password else PLAIN_PASSWORD)
    except Exception as error:
        reason = " ".join(str(error).split())
        raise ServerError(f"{type(error).__name__}: {reason}") from error
