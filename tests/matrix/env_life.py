"""Take one migrations folder through its life, and look at what really happened.

Runs with the Python of a stack. Each step asserts on outcomes: the tables that are in
a database, the files that are in the folder, the text that was printed. A step that
raises, whatever it raises, has failed, and its reason goes into the table.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import warnings
from pathlib import Path
from typing import Any, Callable, Iterator
from urllib.parse import quote

import alembic.command
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from flask_migrate_compat import commands
from flask_migrate_compat.extension import Migrate

from .env_releases import Variant
from .env_servers import Bind, Server

BASE = {None: {"user", "item"}, "db1": {"group", "member"}, "other": {"log"}}
has_check = hasattr(alembic.command, "check")


class UnsupportedHereError(Exception):
    """Report why a variant cannot run on a stack, whoever serves it."""


class Wrong(Exception):
    """Report an outcome that is not what it must be."""


def expect(is_right: object, what: str) -> None:
    """Fail with a text unless something is right."""
    if not is_right:
        raise Wrong(what)


class Application:
    """Hold one application with its models, as one process would have them."""

    def __init__(self, variant: Variant, server: Server, folder: Path) -> None:
        self.variant = variant
        self.server = server
        self.folder = folder

    def start(self, grown: bool) -> Application:
        """Make the application anew, as a new process does.

        :param grown: with the columns that the second revision adds.
        """
        app = Flask("life", root_path=str(self.folder))
        app.config.update(
            SQLALCHEMY_DATABASE_URI=self.server.url(None),
            SQLALCHEMY_TRACK_MODIFICATIONS=False,
        )
        binds = self.binds() if self.variant.is_multidb else {}
        if binds:
            app.config["SQLALCHEMY_BINDS"] = binds
        self.app = app
        self.db = self.make_db(app, binds)
        self.make_models(grown)
        Migrate(app, self.db, directory=str(self.folder / "migrations"))
        return self

    def make_db(self, app: Flask, binds: dict[str, Any]) -> Any:
        """Return the ``db`` of the application."""
        from flask_sqlalchemy import SQLAlchemy

        return SQLAlchemy(app)

    def binds(self) -> dict[str, Any]:
        """Return SQLALCHEMY_BINDS: another dialect and an empty database among them."""
        db1: Any = self.server.url("db1")
        if self.has_own_metadata:
            db1 = {"url": db1}
        return {
            "db1": db1,
            "other": Server.url(self.server, "other"),
            "empty": Server.url(self.server, "empty"),
        }

    @property
    def has_own_metadata(self) -> bool:
        """Tell whether each bind may have a table of the same name."""
        import flask_sqlalchemy

        return not hasattr(flask_sqlalchemy, "_EngineConnector")

    def make_models(self, grown: bool) -> None:
        """Define the models; a bind's tables refer to one another."""
        db = self.db

        def model(table: str, bind: Bind = None, **columns: Any) -> None:
            names = {"__tablename__": table, "__module__": __name__, **columns}
            names["id"] = db.Column(db.Integer, primary_key=True)
            if bind is not None:
                names["__bind_key__"] = bind
            type(f"{bind or 'Main'}{table}".title(), (db.Model,), names)

        def text() -> Any:
            return db.Column(db.String(80))

        def number() -> Any:
            return db.Column(db.Integer)

        grown_by = {"age": number()} if grown else {}
        model("user", name=text(), **grown_by)
        model("item", title=text())
        if not self.variant.is_multidb:
            return
        grown_by = {"size": number()} if grown else {}
        model("group", "db1", name=text(), **grown_by)
        owner = db.Column(db.Integer, db.ForeignKey("group.id"))
        model("member", "db1", group_id=owner)
        model("log", "other", text=text())
        if self.has_own_metadata:
            model("item", "db1", amount=number())

    def engine(self, bind: Bind) -> Any:
        """Return an engine of the run's own, for looking into a database."""
        own = bind in (None, "db1")
        url = self.server.url(bind) if own else Server.url(self.server, bind)
        return sa.create_engine(url, poolclass=sa.pool.NullPool)

    def tables(self, bind: Bind = None) -> set[str]:
        """Return the names of the tables that a database has."""
        return set(sa.inspect(self.engine(bind)).get_table_names())

    def columns(self, table: str, bind: Bind = None) -> set[str]:
        """Return the names of the columns that a table has."""
        inspector = sa.inspect(self.engine(bind))
        return {column["name"] for column in inspector.get_columns(table)}

    def stop(self) -> None:
        """Close what is open."""
        engines = getattr(self.db, "engines", None)
        if engines is None:
            names = [None, *(self.app.config.get("SQLALCHEMY_BINDS") or ())]
            engines = {name: self.db.get_engine(self.app, name) for name in names}
        for engine in engines.values():
            engine.dispose()


class AsyncDatabase:
    """Offer what an ``env.py`` asks of a ``db`` with asynchronous engines."""

    Column, Integer, String = staticmethod(sa.Column), sa.Integer, sa.String
    ForeignKey = sa.ForeignKey

    def __init__(self, engines: dict[Bind, Any]) -> None:
        self.engines = engines
        self.metadata = metadata = sa.MetaData()

        class Model:
            def __init_subclass__(cls) -> None:
                table = vars(cls)
                columns = {k: v for k, v in table.items() if isinstance(v, sa.Column)}
                for name, column in columns.items():
                    column.name = column.key = name
                info = {"bind_key": table.get("__bind_key__")}
                sa.Table(table["__tablename__"], metadata, *columns.values(), info=info)

        self.Model = Model

    def get_engine(self, bind: Bind = None) -> Any:
        """Return an engine."""
        return self.engines[bind]


class AsyncApplication(Application):
    """Hold an application whose ``db`` has asynchronous engines, as Alchemical has."""

    has_own_metadata = False

    def make_db(self, app: Flask, binds: dict[str, Any]) -> Any:
        try:
            import aiosqlite  # noqa: F401
            from sqlalchemy.ext.asyncio import create_async_engine
        except ImportError as error:
            raise UnsupportedHereError(
                f"no asynchronous engines here ({error})"
            ) from error
        if not self.server.url(None).startswith("sqlite"):
            raise UnsupportedHereError("the matrix installs no asynchronous driver")
        urls: dict[Any, str] = {None: self.server.url(None), **binds}
        engines = {
            name: create_async_engine(url.replace("sqlite:", "sqlite+aiosqlite:"))
            for name, url in urls.items()
        }
        return AsyncDatabase(engines)

    def stop(self) -> None:
        import asyncio

        async def dispose() -> None:
            for engine in self.db.engines.values():
                await engine.dispose()

        # asyncio.run() would leave the process without a current loop.
        loop = asyncio.new_event_loop()
        loop.run_until_complete(dispose())
        loop.close()


class Life:
    """Run the commands of one variant, one after the other.

    :param application: the application and its databases.
    """

    def __init__(self, application: Application) -> None:
        self.application = application
        self.variant = application.variant
        self.migrations = application.folder / "migrations"
        self.output = ""

    def steps(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """Yield the steps: a name and what to do."""
        yield "init", self.init
        yield "migrate", self.migrate
        yield "upgrade", self.upgrade
        yield "current", self.current
        yield "migrate again", self.migrate_again
        yield "new column", self.new_column
        yield "upgrade again", self.upgrade_again
        if has_check:
            yield "check", self.check
        yield "upgrade --sql", self.sql
        yield "downgrade base", self.downgrade
        yield "no password", self.no_password

    def run(self, name: str, *args: Any, **kwargs: Any) -> str:
        """Run a command as the command line does, and return what it printed."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            try:
                with self.application.app.app_context():
                    try:
                        function = getattr(commands, name)
                        function(str(self.migrations), *args, **kwargs)
                    finally:
                        self.application.stop()
            finally:
                self.output += printed.getvalue()
                # The handlers that fileConfig made write to a stream of this run.
                logging.getLogger().handlers[:] = []
        return printed.getvalue()

    def revisions(self) -> list[Path]:
        """Return the revision files, the oldest first."""
        paths = (self.migrations / "versions").glob("*.py")
        return sorted(paths, key=lambda path: path.stat().st_mtime_ns)

    def expected(self, bind: Bind) -> set[str]:
        """Return the tables that belong into a database."""
        tables = set(BASE.get(bind, ()))
        if bind == "db1" and self.application.has_own_metadata:
            tables.add("item")
        return tables

    def databases(self) -> list[Bind]:
        """Return the names of the databases that the folder is for."""
        return [None, "db1", "other", "empty"] if self.variant.is_multidb else [None]

    def init(self) -> None:
        self.application.start(grown=False)
        self.application.server.reset()
        self.run("init", template=self.variant.folder)

    def migrate(self) -> None:
        self.run("migrate", message="first")
        revisions = self.revisions()
        expect(len(revisions) == 1, f"{len(revisions)} revisions after 'migrate'")
        text = revisions[0].read_text(encoding="utf-8")
        for bind in self.databases():
            for table in self.expected(bind):
                expect(
                    re.search(rf"create_table\(\s*u?'{table}'", text),
                    f"no create_table('{table}') for {bind or 'main'}",
                )

    def upgrade(self) -> None:
        self.run("upgrade")
        for bind in self.databases():
            wanted = self.expected(bind) | {"alembic_version"}
            found = self.application.tables(bind)
            expect(found == wanted, f"{bind or 'main'} has the tables {sorted(found)}")

    def current(self) -> None:
        text = self.revisions()[-1].read_text(encoding="utf-8")
        match = re.search(r"^revision(?:: str)? = '(\w+)'", text, re.M)
        expect(match, "a revision without its id")
        assert match is not None
        printed = self.run("current")
        expect(match.group(1) in printed, "'current' does not show the revision")

    def migrate_again(self) -> None:
        self.run("migrate", message="nothing")
        expect(len(self.revisions()) == 1, "an empty revision")

    def new_column(self) -> None:
        self.application.start(grown=True)
        self.run("migrate", message="second")
        revisions = self.revisions()
        expect(len(revisions) == 2, f"{len(revisions)} revisions after a new column")
        text = revisions[-1].read_text(encoding="utf-8")
        added = {"age", "size"} if self.variant.is_multidb else {"age"}
        for column in added:
            expect(f"'{column}'" in text, f"no new column '{column}'")
        expect("drop_table" not in text, "drop_table in the revision of a new column")

    def upgrade_again(self) -> None:
        self.run("upgrade")
        expect("age" in self.application.columns("user"), "no column 'age'")
        if self.variant.is_multidb:
            columns = self.application.columns("group", "db1")
            expect("size" in columns, "no column 'size' in db1")
        for bind in self.databases():
            found = self.application.tables(bind) - {"alembic_version"}
            expect(found == self.expected(bind), f"{bind or 'main'} has {found}")

    def check(self) -> None:
        self.run("check")

    def sql(self) -> None:
        printed = self.run("upgrade", sql=True)
        if not self.variant.is_multidb:
            expect("CREATE TABLE" in printed, "no SQL was printed")
            return
        for name, table in {"": "item", "db1": "member", "other": "log"}.items():
            text = Path(f"{name}.sql").read_text(encoding="utf-8")
            # A dialect quotes the names that are reserved words of its own.
            created = re.search(rf"CREATE TABLE .?{table}\b", text)
            expect(created, f"no {table} in {name}.sql")

    def downgrade(self) -> None:
        self.run("downgrade", "base")
        for bind in self.databases():
            found = self.application.tables(bind) - {"alembic_version"}
            expect(not found, f"{bind or 'main'} still has {sorted(found)}")

    def no_password(self) -> None:
        password = self.application.server.password
        if not password:
            return
        forms = {password, quote(password), quote(password, safe="")}
        forms |= {form.replace("%", "%%") for form in forms}
        texts = {"the output": self.output}
        for path in self.application.folder.rglob("*"):
            if path.is_file() and path.suffix in (".py", ".ini", ".sql", ".log"):
                texts[path.name] = path.read_text(encoding="utf-8", errors="replace")
        for place, text in texts.items():
            expect(not any(form in text for form in forms), f"password in {place}")


def live(variant: Variant, server: Server, folder: Path) -> dict[str, str]:
    """Take one variant through its life; return step -> ``ok`` or the reason.

    The steps after one that failed are left out: they would fail with it.
    """
    kind = AsyncApplication if variant.is_async else Application
    life = Life(kind(variant, server, folder))
    results: dict[str, str] = {}
    folder.mkdir(parents=True, exist_ok=True)
    here = os.getcwd()
    os.chdir(str(folder))
    try:
        with warnings.catch_warnings(), only_this_password(server):
            warnings.simplefilter("ignore")
            for name, step in life.steps():
                try:
                    step()
                except UnsupportedHereError as error:
                    return {"not run": str(error)}
                except (Exception, SystemExit) as error:
                    line = " ".join(str(error).split())
                    results[name] = f"{type(error).__name__}: {line}"[:300]
                    break
                results[name] = "ok"
    finally:
        os.chdir(here)
    return results


@contextlib.contextmanager
def only_this_password(server: Server) -> Iterator[None]:
    """Fail on a connection with another password, which a trusting server accepts."""

    def look(dialect: Any, record: Any, args: Any, parameters: Any) -> None:
        given = parameters.get("password", parameters.get("passwd"))
        if dialect.name != "sqlite" and given != server.password:
            raise Wrong("connected with another password")

    if not server.password:
        yield
        return
    event.listen(sa.engine.Engine, "do_connect", look)
    try:
        yield
    finally:
        event.remove(sa.engine.Engine, "do_connect", look)
