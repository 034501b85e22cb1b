"""Run idioms through ``commands.upgrade`` and say what came of each.

Runs on every stack, in a process of its own::

    python -m tests.legacy.revisions.harness --database sqlite --mode warn

prints one JSON object: the name of each idiom -> its outcome. ``--mode off`` shows the
bare stack.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any, Iterable, Iterator

import flask
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from flask_migrate_compat import Migrate, commands

from .idioms import Idiom, all_idioms

POSTGRESQL = os.environ.get(
    "TEST_POSTGRESQL_URL", "postgresql+psycopg2://postgres@127.0.0.1:5432/postgres"
)

_NOW = re.compile(r"datetime\.datetime\([^)]*\)")

FIRST = """\
import sqlalchemy as sa
from alembic import op

revision = "r1"
down_revision = None


def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(128)),
        sa.Column("age", sa.Integer),
    )
    op.create_table(
        "things",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("a", sa.Integer),
        sa.Column("b", sa.Integer),
        sa.UniqueConstraint("a", name="uq_u"),
    )
    op.execute("INSERT INTO users VALUES (1, 'a', 1), (2, 'b', 2)")
    op.execute("INSERT INTO things VALUES (1, 1, 1)")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TYPE mood AS ENUM ('ok')")


def downgrade():
    pass
"""

SECOND = """\
import flask
import sqlalchemy as sa
from alembic import op

revision = "r2"
down_revision = "r1"


def upgrade():
    seen = None
    bind = op.get_bind()
    users = sa.sql.table(
        "users",
        sa.sql.column("id", sa.Integer),
        sa.sql.column("name", sa.String),
        sa.sql.column("age", sa.Integer),
    )
{code}
    flask.current_app.config["SEEN"] = repr(seen)


def downgrade():
    pass
"""


class Database:
    """The databases of a run: one with revision r1 in it, and copies of it.

    :param kind: ``sqlite`` or ``postgresql``.
    :param folder: where to put files.
    """

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.folder = folder
        self.prefix = f"fmc_idioms_{os.getpid()}"
        self.base = self._url("base")
        # What it holds at revision r1.
        self.start: dict[str, Any] = {}
        if kind == "postgresql":
            self._admin(f'CREATE DATABASE "{self.prefix}_base"')

    @property
    def placeholder(self) -> str:
        return "?" if self.kind == "sqlite" else "%s"

    def _url(self, name: str) -> str:
        if self.kind == "sqlite":
            return f"sqlite:///{(self.folder / name).as_posix()}.db"
        return f"{POSTGRESQL.rpartition('/')[0]}/{self.prefix}_{name}"

    def _admin(self, *statements: str) -> None:
        import psycopg2

        address = POSTGRESQL.replace("+psycopg2", "")
        connection = psycopg2.connect(address)
        try:
            connection.autocommit = True
            for statement in statements:
                connection.cursor().execute(statement)
        finally:
            connection.close()

    def copy(self) -> str:
        """Return the URL of a fresh copy."""
        if self.kind == "sqlite":
            shutil.copy(str(self.folder / "base.db"), str(self.folder / "copy.db"))
        else:
            self._admin(
                f'DROP DATABASE IF EXISTS "{self.prefix}_copy" WITH (FORCE)',
                f'CREATE DATABASE "{self.prefix}_copy" TEMPLATE "{self.prefix}_base"',
            )
        return self._url("copy")

    def drop(self) -> None:
        """Remove what is on a server."""
        if self.kind == "postgresql":
            for name in ("copy", "base"):
                self._admin(
                    f'DROP DATABASE IF EXISTS "{self.prefix}_{name}" WITH (FORCE)'
                )


def make_app(url: str, folder: Path, mode: str) -> flask.Flask:
    """Return an application of its own for one run."""
    app = flask.Flask("app", root_path=str(folder))
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_TRACK_MODIFICATIONS"] = False
    app.config["MIGRATE_LEGACY_SQL"] = mode
    if url.startswith("postgresql"):
        # A session that waits for a lock of its own process would wait for ever.
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
            "connect_args": {"options": "-c lock_timeout=3000"}
        }
    db = SQLAlchemy(app)
    Migrate(app, db, directory=str(folder / "migrations"))
    return app


def dispose(app: flask.Flask) -> None:
    """Close what the application has open."""
    with app.app_context():
        db = app.extensions["migrate"].db
        db.session.remove()
        db.engine.dispose()


def state(url: str) -> dict[str, Any]:
    """Read what a database holds: columns, keys and rows of every table."""
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            inspector = sa.inspect(connection)
            found: dict[str, Any] = {}
            for table in sorted(inspector.get_table_names()):
                rows = connection.execute(sa.text(f'SELECT * FROM "{table}"'))
                found[table] = {
                    "columns": [c["name"] for c in inspector.get_columns(table)],
                    "unique": sorted(
                        [str(u["name"]), *u["column_names"]]
                        for u in inspector.get_unique_constraints(table)
                    ),
                    "indexes": sorted(
                        [str(i["name"]), *i["column_names"]]
                        for i in inspector.get_indexes(table)
                        if not i.get("duplicates_constraint")
                    ),
                    "foreign": sorted(
                        [f["referred_table"], *f["constrained_columns"]]
                        for f in inspector.get_foreign_keys(table)
                    ),
                    "rows": sorted(_NOW.sub("<now>", str(tuple(row))) for row in rows),
                }
            return found
    finally:
        engine.dispose()


def changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return the tables of a state that differ from another one."""
    tables = sorted((before.keys() | after.keys()) - {"alembic_version"})
    return {t: after.get(t) for t in tables if before.get(t) != after.get(t)}


def run(idiom: Idiom, database: Database, mode: str) -> dict[str, Any]:
    """Run one idiom on a fresh copy of the database."""
    url = database.copy()
    folder = database.folder
    code = idiom.code.replace("PARAM", database.placeholder)
    path = folder / "migrations" / "versions" / "r2.py"
    body = "".join(f"    {line}".rstrip() + "\n" for line in code.splitlines())
    path.write_text(SECOND.format(code=body), encoding="utf-8")
    shutil.rmtree(str(path.parent / "__pycache__"), ignore_errors=True)
    app = make_app(url, folder, mode)
    outcome: dict[str, Any] = {"error": None}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with app.app_context():
                commands.upgrade(revision="r2")
        except Exception as error:
            text = " ".join(str(error).split())
            outcome["error"] = f"{type(error).__name__}: {text}"
        outcome["warnings"] = [
            str(one.message)
            for one in caught
            if one.category.__name__ == "LegacyMigrationWarning"
        ]
    outcome["seen"] = app.config.get("SEEN")
    dispose(app)
    found = state(url)
    outcome["changes"] = changes(database.start, found)
    outcome["verdict"] = verdict(idiom, url, outcome["error"], found)
    return outcome


def verdict(idiom: Idiom, url: str, error: str | None, found: dict[str, Any]) -> str:
    """Say ``ok``, or in a few words what is wrong."""
    if error:
        return error
    version = found["alembic_version"]["rows"]
    if version != ["('r2',)"]:
        return f"silent: the database is at {version}"
    if idiom.check is None:
        return "ok"
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            value = str(connection.execute(sa.text(idiom.check)).scalar())
    finally:
        engine.dispose()
    if value != idiom.expected:
        return f"silent: {value} instead of {idiom.expected}"
    return "ok"


def outcomes(kind: str, mode: str, idioms: Iterable[Idiom]) -> Iterator[Any]:
    """Yield the name and the outcome of each idiom."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = Database(kind, folder)
        try:
            app = make_app(database.base, folder, mode)
            with app.app_context():
                commands.init()
                versions = folder / "migrations" / "versions"
                (versions / "r1.py").write_text(FIRST, encoding="utf-8")
                commands.upgrade()
            dispose(app)
            database.start = state(database.base)
            for idiom in idioms:
                yield idiom.name, run(idiom, database, mode)
        finally:
            database.drop()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", default="sqlite")
    parser.add_argument("--mode", default="warn")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    # Alembic and the init command write to stdout; the result goes there alone.
    result, sys.stdout = sys.stdout, sys.stderr
    chosen = [i for i in all_idioms() if not options.names or i.name in options.names]
    found = dict(outcomes(options.database, options.mode, chosen))
    json.dump(found, result, indent=1)
    result.write("\n")


if __name__ == "__main__":
    main()
