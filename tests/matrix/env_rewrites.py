"""Rewrite the ``env.py`` of every old release, and run what comes of it.

``python -m tests.matrix.env_rewrites``

All releases of Flask-Migrate are downloaded when this runs. The file of each old one
must become today's template; with customisations put in, it must carry them over, and
they must act: migrations are really made and run, on SQLite, with what is installed.
Needs LibCST; best run on the newest stack.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import shutil
import sys
import tempfile
import traceback
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

import sqlalchemy as sa
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from flask_migrate_compat import Migrate, commands
from flask_migrate_compat.codemods.engine import find, rewrite
from flask_migrate_compat.codemods.environment.compose import template_text
from flask_migrate_compat.codemods.rules import alembic_ini, env_py
from flask_migrate_compat.codemods.source import Source

from .env_life import Application, Life, expect
from .env_releases import Variant, distinct, download, version_key
from .env_servers import make_server
from .session import guarded, say

_ADDED_FIRST = """\
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from own_rules import CALLS, db

"""
_ADDED_FUNCTION = '''
def include_object(object, name, type_, reflected, compare_to):
    """Leave out the hidden table."""
    CALLS.append((name, db))
    return not (type_ == "table" and name == "hidden")


'''
_ADDED_ARGUMENTS = " compare_type=False, include_object=include_object,"


def customised(text: str) -> str:
    """Put customisations into the file of a release, as its owner would."""
    for anchor, added in (
        ("config = context.config", _ADDED_FIRST + "config = context.config"),
        ("def run_migrations_offline", _ADDED_FUNCTION + "def run_migrations_offline"),
        ("(url=url", "(version_table='own_version', url=url"),
        ("    url=url", "    version_table='own_version', url=url"),
        ("(url=rec", "(version_table='own_version', url=rec"),
        ("    url=rec", "    version_table='own_version', url=rec"),
        ("connection=connection,", "connection=connection," + _ADDED_ARGUMENTS),
        (
            "connection=rec['connection'],",
            "connection=rec['connection'],\n" + " " * 16 + _ADDED_ARGUMENTS,
        ),
        (_ADDED_ARGUMENTS, _ADDED_ARGUMENTS + " version_table='own_version',"),
    ):
        text = text.replace(anchor, added, 1)
    return text


def rewritten(text: str) -> str:
    """Return a file after the rewrite, which must be complete."""
    source = Source("env.py", text)
    left = [one for one in find(source, [env_py.RULE]) if not one.is_rewritten]
    expect(not left, "; ".join(f"{one.line}: {one.reason}" for one in left))
    result = rewrite(source, [env_py.RULE])
    expect(result.text != text, "nothing is rewritten")
    expect(not find(result, [env_py.RULE]), "the result is still old")
    return result.text


def becomes_template(variant: Variant, folder: Path) -> None:
    """See that the file becomes today's template, and runs with the old templates."""
    text = Path(variant.folder, "env.py").read_text(encoding="utf-8")
    new = rewritten(text)
    expect(new == template_text(variant.template), "it is not today's template")
    windows = rewritten(text.replace("\n", "\r\n"))
    expect(windows == new.replace("\n", "\r\n"), "other line ends")
    if variant.is_async:
        return
    template = prepared(variant, folder / "template", new)
    live(replace(variant, folder=str(template)), folder)


def prepared(variant: Variant, folder: Path, text: str) -> Path:
    """Make a template of the old files, with a rewritten env.py and alembic.ini."""
    shutil.copytree(variant.folder, str(folder))
    (folder / "env.py").write_text(text, encoding="utf-8")
    ini = folder / "alembic.ini.mako"
    source = Source("alembic.ini", ini.read_text(encoding="utf-8"), is_python=False)
    result = rewrite(source, [alembic_ini.RULE])
    expect("logger_flask_migrate" in result.text, "alembic.ini has no logger")
    ini.write_text(result.text, encoding="utf-8")
    return folder


class RewrittenLife(Life):
    """Run the commands in a folder with a rewritten ``env.py``."""

    def sql(self) -> None:
        printed = self.run("upgrade", sql=True)
        name, text = "what was printed", printed
        if self.variant.is_multidb:
            name = "default.sql"
            text = Path(name).read_text(encoding="utf-8")
        expect("CREATE TABLE item" in text, f"no item in {name}")


def live(variant: Variant, folder: Path) -> None:
    """Take the folder through its life."""
    server = make_server("sqlite", folder, "rewrite")
    try:
        with inside(folder):
            for _, step in RewrittenLife(Application(variant, server, folder)).steps():
                step()
    finally:
        server.close()


def carries_over(variant: Variant, folder: Path) -> None:
    """See that customisations are carried over, and act."""
    text = Path(variant.folder, "env.py").read_text(encoding="utf-8")
    new = rewritten(customised(text))
    if variant.is_async:
        return
    template = prepared(variant, folder / "template", new)
    (template / "own_rules.py").write_text(
        "CALLS = []\ndb = 'mine'\n", encoding="utf-8"
    )
    with inside(folder):
        run_customised(variant, template, folder)


def run_customised(variant: Variant, template: Path, folder: Path) -> None:
    """Migrate and upgrade, and look at what the customisations did."""
    sys.modules.pop("own_rules", None)
    migrations = folder / "migrations"

    def run(name: str, width: int, *args: Any, **kwargs: Any) -> str:
        printed = io.StringIO()
        app = make_app(variant, folder, migrations, width)
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.redirect_stdout(printed))
            stack.enter_context(contextlib.redirect_stderr(printed))
            stack.enter_context(app.app_context())
            getattr(commands, name)(str(migrations), *args, **kwargs)
        logging.getLogger().handlers[:] = []
        return printed.getvalue()

    path = list(sys.path)
    try:
        run("init", 80, template=str(template))
        run("migrate", 80)
        (revision,) = (migrations / "versions").glob("*.py")
        script = revision.read_text(encoding="utf-8")
        expect("create_table('user'" in script, "no table is created")
        expect("hidden" not in script, "include_object was not asked")
        calls = sys.modules["own_rules"].CALLS
        expect(("hidden", "mine") in calls, "include_object was not called")
        run("upgrade", 80)
        tables = set(sa.inspect(engine(folder, "main")).get_table_names())
        expect(tables == {"user", "own_version"}, f"the tables {tables}")
        if variant.is_multidb:
            tables = set(sa.inspect(engine(folder, "db1")).get_table_names())
            expect(tables == {"group", "own_version"}, f"the tables {tables} of db1")
        # Ours compares types unless told otherwise, and env.py has the last word.
        run("migrate", 90)
        revisions = list((migrations / "versions").glob("*.py"))
        expect(len(revisions) == 1, "compare_type=False was not honoured")
        printed = run("upgrade", 80, sql=True)
        if variant.is_multidb:
            printed = Path("default.sql").read_text(encoding="utf-8")
        expect("CREATE TABLE own_version" in printed, "--sql has another version table")
    finally:
        sys.path[:] = path


def engine(folder: Path, name: str) -> Any:
    """Return an engine of the run's own."""
    return sa.create_engine(f"sqlite:///{folder / name}.db", poolclass=sa.pool.NullPool)


def make_app(variant: Variant, folder: Path, migrations: Path, width: int) -> Flask:
    """Make an application with one table to migrate and one to leave out."""
    app = Flask("customised")
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{folder / 'main'}.db"
    if variant.is_multidb:
        app.config["SQLALCHEMY_BINDS"] = {"db1": f"sqlite:///{folder / 'db1'}.db"}
    db = SQLAlchemy(app)

    def model(table: str, **more: Any) -> None:
        columns = {"id": db.Column(db.Integer, primary_key=True)}
        columns["text"] = db.Column(db.String(width))
        names = {"__tablename__": table, "__module__": __name__, **columns, **more}
        type(table.title(), (db.Model,), names)

    model("user")
    model("hidden")
    if variant.is_multidb:
        model("group", __bind_key__="db1")
    Migrate(app, db, directory=str(migrations))
    return app


@contextlib.contextmanager
def inside(folder: Path) -> Any:
    """Work in a folder, without the warnings of libraries."""
    here = os.getcwd()
    os.chdir(str(folder))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        os.chdir(here)


def main() -> int:
    """Rewrite and run all; the status is 1 when anything failed."""
    failed = passed = 0
    found = download(Path(sys.executable))
    checks: list[Callable[[Variant, Path], None]] = [becomes_template, carries_over]
    with tempfile.TemporaryDirectory(prefix="rewrites-") as scratch:
        root = Path(os.path.realpath(scratch))
        variants = [
            variant
            for variant in distinct(found, root / "templates")
            if version_key(variant.releases[-1]) < (4,)
            and variant.template != "aioflask-multidb"
        ]
        for number, variant in enumerate(variants):
            for check in checks:
                folder = root / f"{number}-{check.__name__}"
                folder.mkdir()
                title = f"{variant.template} {variant.name} {check.__name__}"
                try:
                    check(variant, folder)
                except (Exception, SystemExit) as error:
                    say(f"{title}: {type(error).__name__}: {error}")
                    if "-v" in sys.argv:
                        traceback.print_exc()
                    failed += 1
                else:
                    passed += 1
    say(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(guarded(main))
