"""Run revision scripts with nothing but SQLAlchemy and Alembic.

    python -m tests.codemods.plain < SCRIPTS

takes one JSON object, the name of an idiom -> its script, and prints another one: the
name -> what came of it, on SQLite.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import alembic.command
import alembic.config
import flask

from tests.legacy.revisions.harness import FIRST, changes, state, verdict
from tests.legacy.revisions.idioms import Idiom, all_idioms

ENV = """\
import flask
import sqlalchemy as sa
from alembic import context

url = flask.current_app.config["SQLALCHEMY_DATABASE_URI"]
engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""


def upgrade(folder: Path, url: str, revision: str) -> str:
    """Upgrade a database; return what the script has seen."""
    app = flask.Flask("app", root_path=str(folder))
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    config = alembic.config.Config()
    config.set_main_option("script_location", str(folder))
    with app.app_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        alembic.command.upgrade(config, revision)
    return str(app.config.get("SEEN"))


def run(folder: Path, idiom: Idiom, script: str, start: dict[str, Any]) -> Any:
    """Run the script of one idiom on a copy of the database."""
    shutil.copy(str(folder / "base.db"), str(folder / "copy.db"))
    url = f"sqlite:///{(folder / 'copy.db').as_posix()}"
    (folder / "versions" / "r2.py").write_text(script, encoding="utf-8")
    shutil.rmtree(str(folder / "versions" / "__pycache__"), ignore_errors=True)
    seen, error = None, None
    try:
        seen = upgrade(folder, url, "r2")
    except Exception as problem:
        error = f"{type(problem).__name__}: {' '.join(str(problem).split())}"
    found = state(url)
    return {
        "verdict": verdict(idiom, url, error, found),
        "seen": seen,
        "changes": changes(start, found),
    }


def main() -> None:
    scripts = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "versions").mkdir()
        (folder / "env.py").write_text(ENV, encoding="utf-8")
        (folder / "versions" / "r1.py").write_text(FIRST, encoding="utf-8")
        base = f"sqlite:///{(folder / 'base.db').as_posix()}"
        upgrade(folder, base, "r1")
        start = state(base)
        outcomes = {
            idiom.name: run(folder, idiom, scripts[idiom.name], start)
            for idiom in all_idioms()
            if idiom.name in scripts
        }
    json.dump(outcomes, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
