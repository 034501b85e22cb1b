"""Run the body of a revision in this process, and see what came of it."""

from __future__ import annotations

import os
import textwrap
import warnings
from pathlib import Path
from typing import Any, Callable, Iterator

import flask
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from flask_migrate_compat import LegacyMigrationWarning, commands

from .harness import FIRST, Database, dispose, make_app

#: Whether the installed SQLAlchemy is 2.0 or newer.
IS_2 = not hasattr(Engine, "execute")

only_on_2 = pytest.mark.skipif(not IS_2, reason="works on SQLAlchemy 1.x by itself")

# Without the logging set-up of the templates, which would change that of pytest.
ENV = """\
from alembic import context
from flask import current_app

db = current_app.extensions["migrate"].db
with db.engine.connect() as connection:
    context.configure(connection=connection, target_metadata=db.metadata)
    with context.begin_transaction():
        context.run_migrations()
"""

REVISION = """\
import flask
import sqlalchemy as sa
from alembic import op

{names}
revision = "{revision}"
down_revision = "{down_revision}"


def upgrade():
    seen = flask.current_app.config.setdefault("SEEN", [])
    bind = op.get_bind()
    users = sa.sql.table(
        "users",
        sa.sql.column("id", sa.Integer),
        sa.sql.column("name", sa.String),
        sa.sql.column("age", sa.Integer),
    )
{body}


def downgrade():
    pass
"""


class Outcome:
    """What a run has left behind."""

    def __init__(self, url: str, seen: list[Any], caught: list[Any], file: Path):
        self.url = url
        self.seen = seen
        self.file = file
        self.caught = [w for w in caught if w.category is LegacyMigrationWarning]

    @property
    def messages(self) -> list[str]:
        return [str(one.message) for one in self.caught]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        engine = sa.create_engine(self.url)
        try:
            with engine.connect() as connection:
                return [tuple(row) for row in connection.execute(sa.text(sql))]
        finally:
            engine.dispose()

    @property
    def names(self) -> list[str]:
        return [row[0] for row in self.query("SELECT name FROM users ORDER BY id")]

    @property
    def version(self) -> str:
        return str(self.query("SELECT version_num FROM alembic_version")[0][0])


class Upgrade:
    """Runs revisions on a database that has what ``harness.FIRST`` makes."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.kind = database.kind
        self.folder = database.folder
        self.versions = self.folder / "migrations" / "versions"
        self.versions.mkdir(parents=True)
        (self.folder / "migrations" / "env.py").write_text(ENV)
        (self.versions / "r1.py").write_text(FIRST)
        self.last: Outcome | None = None
        self._run(database.base, "r1", "off")

    def _run(self, url: str, revision: str, mode: str) -> tuple[flask.Flask, list[Any]]:
        app = make_app(url, self.folder, mode)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                with app.app_context():
                    commands.upgrade(revision=revision)
            finally:
                dispose(app)
                file = self.versions / f"{revision}.py"
                seen = app.config.get("SEEN", [])
                self.last = Outcome(url, seen, caught, file)
        return app, caught

    def env_py(self, text: str) -> None:
        """Replace the ``env.py``."""
        (self.folder / "migrations" / "env.py").write_text(text)

    def __call__(self, *bodies: str, names: str = "", mode: str = "warn") -> Outcome:
        """Run one revision for each body, all in one run."""
        for number, body in enumerate(bodies, 2):
            text = REVISION.format(
                revision=f"r{number}",
                down_revision=f"r{number - 1}",
                names=names,
                body=textwrap.indent(textwrap.dedent(body).strip(), "    "),
            )
            (self.versions / f"r{number}.py").write_text(text)
        url = self.database.copy()
        self._run(url, f"r{len(bodies) + 1}", mode)
        assert self.last is not None
        return self.last


def has_postgresql() -> bool:
    """Tell whether the tests can use a PostgreSQL server."""
    try:
        import psycopg2

        address = os.environ.get("TEST_POSTGRESQL_URL", "")
        psycopg2.connect(
            address.replace("+psycopg2", "")
            or "postgresql://postgres@127.0.0.1:5432/postgres",
            connect_timeout=2,
        ).close()
    except Exception:
        return False
    return True


@pytest.fixture
def upgrade(tmp_path: Path) -> Upgrade:
    """Return a function that runs revisions on SQLite."""
    return Upgrade(Database("sqlite", tmp_path))


@pytest.fixture(params=["sqlite", "postgresql"])
def anywhere(request: Any, tmp_path: Path) -> Iterator[Upgrade]:
    """Return a function that runs revisions on SQLite, and on PostgreSQL."""
    if request.param == "postgresql" and not has_postgresql():
        pytest.skip("needs psycopg2 and a PostgreSQL, see TEST_POSTGRESQL_URL")
    database = Database(request.param, tmp_path)
    try:
        yield Upgrade(database)
    finally:
        database.drop()


Run = Callable[..., Outcome]
