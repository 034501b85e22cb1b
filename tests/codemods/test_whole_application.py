"""Rewrite a whole application of 2014, and run it with nothing of the old stack."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from importlib import metadata
from pathlib import Path

import pytest

import flask_migrate_compat

FLASK = tuple(int(part) for part in metadata.version("Flask").split(".")[:2])
TEMPLATE = Path(flask_migrate_compat.__file__).parent / "templates" / "flask"
FILES = {
    # In the place of Flask-Migrate 4, which is not installed here.
    "flask_migrate.py": """\
        from flask_migrate_compat import Migrate
        """,
    "shop/__init__.py": """\
        from flask import Flask, Markup
        from flask.ext.migrate import Migrate
        from flask.ext.sqlalchemy import SQLAlchemy

        app = Flask(__name__, static_path="/files")
        app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:////{folder}/shop.db"
        app.config["SQLALCHEMY_TRACK_MODIFICATIONS"] = False
        db = SQLAlchemy(app, use_native_unicode=False)
        Migrate(app, db)


        class Item(db.Model):
            id = db.Column(db.Integer, primary_key=True)
            name = db.Column(db.String(20, convert_unicode=True))
        """,
    "manage.py": """\
        #!/usr/bin/env python
        from flask.ext.migrate import MigrateCommand
        from flask.ext.script import Manager

        from shop import Item, app

        manager = Manager(app)
        manager.add_command("db", MigrateCommand)


        @manager.command
        def items(prefix="", upper=False):
            for item in Item.query.order_by(Item.id):
                print(prefix + (item.name.upper() if upper else item.name))


        if __name__ == "__main__":
            manager.run()
        """,
    "deploy": """\
        #!/bin/sh -e
        python manage.py db upgrade
        """,
    "migrations/versions/a1_items.py": """\
        import sqlalchemy as sa
        from alembic import op

        revision = "a1"
        down_revision = None


        def upgrade():
            item = op.create_table(
                "item",
                sa.Column("id", sa.Integer, primary_key=True),
                sa.Column("name", sa.String(20, convert_unicode=True)),
            )
            bind = op.get_bind()
            bind.execute("INSERT INTO item (name) VALUES ('at 9:x')")
            bind.execute(item.insert(), name="b")
            for row in bind.execute(sa.select([item], item.c.name == "b")):
                bind.execute(item.update(item.c.id == row["id"], {{"name": "c"}}))


        def downgrade():
            op.drop_table("item")
        """,
}


@pytest.mark.legacy
@pytest.mark.skipif(FLASK < (2, 2), reason="`flask --app` needs Flask 2.2")
@pytest.mark.skipif(os.name == "nt", reason="runs a shell script")
def test_it_runs_without_the_old_stack(tmp_path: Path) -> None:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = textwrap.dedent(text).format(folder=str(tmp_path).lstrip("/"))
        path.write_text(text)
    (tmp_path / "deploy").chmod(0o755)
    for name in ("env.py", "script.py.mako"):
        shutil.copy(str(TEMPLATE / name), str(tmp_path / "migrations"))
    shutil.copy(
        str(TEMPLATE / "alembic.ini.mako"), str(tmp_path / "migrations" / "alembic.ini")
    )
    scripts = str(Path(sys.executable).parent)
    environ = {
        **{k: v for k, v in os.environ.items() if not k.startswith("FLASK")},
        "PATH": os.pathsep.join([scripts, os.environ["PATH"]]),
        "PYTHONWARNINGS": "ignore",
    }

    def run(*command: str, status: int = 0, **more: str) -> str:
        done = subprocess.run(
            list(command),
            cwd=str(tmp_path),
            env={**environ, **more},
            capture_output=True,
            text=True,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    program = [sys.executable, "-m", "flask_migrate_compat.codemods.cli"]
    run(*program, "scan", "--check", status=1)
    said = run(*program, "rewrite", "--write", "--write-scripts", "--verify")
    assert "0 places left to you" in said
    assert (
        "1 revision run before and after the change, 1 file changed: the same." in said
    )
    assert "Nothing old was found" in run(*program, "scan", "--check")
    # From here on, nothing of the old stack is served.
    run("./deploy", FLASK_MIGRATE_COMPAT="off")
    lines = run(
        *(sys.executable, "manage.py", "items", "--prefix", "-", "-u"),
        FLASK_MIGRATE_COMPAT="off",
    )
    assert lines == "-AT 9:X\n-C\n"
    lines = run("flask", "--app", "manage", "items", FLASK_MIGRATE_COMPAT="off")
    assert lines == "at 9:x\nc\n"
