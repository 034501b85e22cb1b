"""An application for tests that call the commands in their own process."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any, Iterator

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from flask_migrate_compat.extension import Migrate

from ..conftest import REVISION


def make_app(
    folder: Path,
    models: dict[str | None, list[str]],
    uri: str | None = None,
    binds: dict[str, Any] | None = None,
    **configure_args: Any,
) -> Flask:
    """Make an application.

    :param folder: the application's folder.
    :param models: the names of the tables, for each bind; ``None`` is the main one.
    """
    app = Flask(
        "example", root_path=str(folder), instance_path=str(folder / "instance")
    )
    app.config["SQLALCHEMY_DATABASE_URI"] = uri or sqlite_url(folder / "app.db")
    app.config["SQLALCHEMY_BINDS"] = binds or {}
    app.config["SQLALCHEMY_TRACK_MODIFICATIONS"] = False
    db = SQLAlchemy(app)
    for bind, tables in models.items():
        for name in tables:
            attributes = {
                "__tablename__": name,
                "__module__": __name__,
                "id": db.Column(db.Integer, primary_key=True),
            }
            if bind is not None:
                attributes["__bind_key__"] = bind
            type(name.title(), (db.Model,), attributes)
    Migrate(app, db, **configure_args)
    return app


@contextlib.contextmanager
def used(app: Flask) -> Iterator[Flask]:
    """Enter the application, and close its connections at the end."""
    with app.app_context():
        try:
            yield app
        finally:
            for engine in engines(app):
                engine.dispose()


def engines(app: Flask) -> list[Any]:
    """Return all engines of an application."""
    db = app.extensions["migrate"].db
    if hasattr(db, "engines"):
        return list(db.engines.values())
    names = [None, *app.config["SQLALCHEMY_BINDS"]]
    return [db.get_engine(app, name) for name in names]


def sqlite_url(path: Path) -> str:
    """Return the URL of an SQLite file."""
    return f"sqlite:///{path.as_posix()}"


def execute(path: Path, *statements: str) -> None:
    """Run SQL in an SQLite file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(sqlite3.connect(str(path))) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def tables(path: Path) -> set[str]:
    """Return the tables of an SQLite file."""
    with contextlib.closing(sqlite3.connect(str(path))) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type='table'")
        return {name for (name,) in rows}


def scripts(folder: Path) -> list[Path]:
    """Return the revision scripts of a migrations folder."""
    return sorted((folder / "migrations" / "versions").glob("*.py"))


def write_revision(
    folder: Path, revision: str, down_revision: Any = None, upgrade: str = "pass"
) -> Path:
    """Write a revision script whose ``upgrade`` is one statement."""
    path = folder / "migrations" / "versions" / f"{revision}_.py"
    text = REVISION.format(
        title=f"Title of {revision}",
        revision=revision,
        down_revision=down_revision,
        upgrade=upgrade,
        downgrade="pass",
    )
    path.write_text(text, encoding="utf-8")
    return path
