"""Applications with old ``env.py`` files; the texts are in the style of their time."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import flask_sqlalchemy
import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from flask_migrate_compat import Migrate, commands

has_metadatas = not hasattr(flask_sqlalchemy, "_EngineConnector")
needs_metadatas = pytest.mark.skipif(
    not has_metadatas, reason="Flask-SQLAlchemy 2 has one MetaData for all binds"
)

HEAD = """\
from alembic import context
from flask import current_app
from sqlalchemy import MetaData, engine_from_config, pool

config = context.config
"""

# The first style: settings from the application, own engine, no guard.
SINGLE_2013 = f"""{HEAD}
config.set_main_option("sqlalchemy.url", current_app.config["SQLALCHEMY_DATABASE_URI"])
metadata = current_app.extensions["migrate"].metadata
if context.is_offline_mode():
    context.configure(url=config.get_main_option("sqlalchemy.url"))
    with context.begin_transaction():
        context.run_migrations()
else:
    section = config.get_section(config.config_ini_section)
    engine = engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool)
    connection = engine.connect()
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
    connection.close()
"""

# The same with `Migrate(**kwargs)`, and with an owner who added an argument.
SINGLE_2016 = SINGLE_2013.replace(
    "target_metadata=metadata)",
    "target_metadata=metadata, compare_type=False,"
    " **current_app.extensions['migrate'].configure_args)",
).replace(".metadata\n", ".db.metadata\n")

# The style of today: a guard is left in `configure_args`.
SINGLE_2023 = f"""{HEAD}
def guard(context, revision, directives):
    if getattr(config.cmd_opts, "autogenerate", False):
        if directives[0].upgrade_ops.is_empty():
            directives[:] = []

arguments = current_app.extensions["migrate"].configure_args
if arguments.get("process_revision_directives") is None:
    arguments["process_revision_directives"] = guard
db = current_app.extensions["migrate"].db
with db.engine.connect() as connection:
    context.configure(connection=connection, target_metadata=db.metadata, **arguments)
    with context.begin_transaction():
        context.run_migrations()
"""

LOOP = """
def tables_of(bind):
    metadata = MetaData()
    for table in everything.tables.values():
        if table.info.get("bind_key") == (bind or None):
            table.tometadata(metadata)
    return metadata

connections = dict((name, engines[name].connect()) for name in engines)
transactions = dict((name, connections[name].begin()) for name in engines)
for name in engines:
    context.configure(
        connection=connections[name],
        upgrade_token=name + "_upgrades",
        downgrade_token=name + "_downgrades",
        target_metadata=tables_of(name),
    )
    context.run_migrations(engine_name=name)
for name in engines:
    transactions[name].commit()
    connections[name].close()
"""

MULTI_2015 = f"""{HEAD}
def engine_of(section):
    return engine_from_config(
        config.get_section(section), prefix="sqlalchemy.", poolclass=pool.NullPool
    )

config.set_main_option("sqlalchemy.url", current_app.config["SQLALCHEMY_DATABASE_URI"])
engines = {{"": engine_of(config.config_ini_section)}}
for name, url in current_app.config.get("SQLALCHEMY_BINDS").items():
    config.set_section_option(name, "sqlalchemy.url", url)
    engines[name] = engine_of(name)
everything = current_app.extensions["migrate"].db.metadata
{LOOP}"""

# A little later the percent signs were doubled, which needs texts.
MULTI_2020 = MULTI_2015.replace(
    '"sqlalchemy.url", url)', '"sqlalchemy.url", url.replace("%", "%%"))'
)

MULTI_2021 = f"""{HEAD}
db = current_app.extensions["migrate"].db
engines = {{"": db.engine}}
config.set_main_option("sqlalchemy.url", str(db.engine.url).replace("%", "%%"))
for name in current_app.config.get("SQLALCHEMY_BINDS"):
    url = str(db.get_engine(current_app, name).url)
    config.set_section_option(name, "sqlalchemy.url", url.replace("%", "%%"))
    engines[name] = db.get_engine(app=current_app, bind=name)
everything = db.metadata
{LOOP}"""

MULTI = {"2015": MULTI_2015, "2020": MULTI_2020, "2021": MULTI_2021}


class Project:
    """One application with a migrations folder whose ``env.py`` is given."""

    def __init__(
        self, folder: Path, env: str, binds: Any = None, url: Any = None, **kwargs: Any
    ) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.app = Flask("project", root_path=str(folder))
        self.app.config.update(
            SQLALCHEMY_DATABASE_URI=url or self.url("app"),
            SQLALCHEMY_BINDS=binds,
            SQLALCHEMY_TRACK_MODIFICATIONS=False,
        )
        if binds is None:
            del self.app.config["SQLALCHEMY_BINDS"]
        self.db = SQLAlchemy(self.app)
        directory = folder / "migrations"
        self.migrate = Migrate(self.app, self.db, str(directory), **kwargs)
        self.versions = directory / "versions"
        if not directory.exists():
            with self.app.app_context():
                commands.init(multidb="_upgrades" in env)
            (directory / "env.py").write_text(env)

    def url(self, name: str) -> str:
        return f"sqlite:///{(self.folder / name).as_posix()}.db"

    def model(self, table: str, *columns: str, bind: str | None = None) -> None:
        db = self.db
        names = {"__tablename__": table, "__module__": __name__}
        names.update({name: db.Column(db.String(20)) for name in columns})
        names["id"] = db.Column(db.Integer, primary_key=True)
        if bind:
            names["__bind_key__"] = bind
        type(f"{bind}_{table}", (db.Model,), names)

    def __call__(self, name: str, *args: Any, **kwargs: Any) -> Any:
        with self.app.app_context():
            try:
                return getattr(commands, name)(None, *args, **kwargs)
            finally:
                engines = getattr(self.db, "engines", None)
                if engines is None:
                    binds = self.app.config.get("SQLALCHEMY_BINDS") or ()
                    names = [None, *binds]
                    engines = {key: self.db.get_engine(self.app, key) for key in names}
                for engine in engines.values():
                    engine.dispose()

    @property
    def revisions(self) -> list[str]:
        paths = sorted(self.versions.glob("*.py"), key=lambda p: p.stat().st_mtime_ns)
        return [path.read_text() for path in paths]

    def tables(self, name: str) -> set[str]:
        with contextlib.closing(sqlite3.connect(str(self.folder / f"{name}.db"))) as db:
            rows = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return {row[0] for row in rows} - {"alembic_version"}
