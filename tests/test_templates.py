"""The templates: what ``init`` writes must work on every stack, under Alembic alone.

Most tests run twice. ``alembic`` calls ``alembic.command`` with nothing of this package
but the template folder, and gives env.py the least that it may rely on; that is how the
generated folder lives under Flask-Migrate, too. ``compat`` calls our own commands.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import logging
import os
import sqlite3
import uuid
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import alembic
import pytest
import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from flask import Flask

import flask_migrate_compat

TEMPLATES = Path(flask_migrate_compat.__file__).parent / "templates"
NAMES = ["flask", "flask-multidb", "aioflask", "aioflask-multidb"]
PASSWORD = "p@s%w"
ENCODED_PASSWORD = "p%40s%25w"
HAS_CHECK = tuple(map(int, alembic.__version__.split(".")[:2])) >= (1, 9)

# Flask-SQLAlchemy 2 on Flask 2 and SQLAlchemy 1.4 uses what these have deprecated.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:flask_sqlalchemy"),
    pytest.mark.filterwarnings("ignore:'_app_ctx_stack' is deprecated"),
]


@pytest.fixture(autouse=True)
def _logging_as_before():
    """Undo what ``fileConfig`` does to the root logger."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


# --- an application and the two ways to run commands on it -------------------------


def make_models(db, columns, bind_columns=()):
    """Define ``person`` in the main database and ``thing`` in the bind ``b1``."""

    def define(name, names, **attributes):
        attributes.update(__tablename__=name.lower(), __module__=__name__)
        attributes["id"] = db.Column(db.Integer, primary_key=True)
        attributes.update((one, db.Column(db.String(20))) for one in names)
        type(name, (db.Model,), attributes)

    define("Person", columns)
    if bind_columns:
        define("Thing", bind_columns, __bind_key__="b1")


class Project:
    """One application, its migrations folder, and the commands on it."""

    def __init__(self, folder, url, columns=("name",), binds=None, bind_columns=()):
        from flask_sqlalchemy import SQLAlchemy

        self.app = Flask("project", root_path=str(folder))
        self.app.config.update(
            SQLALCHEMY_DATABASE_URI=url,
            SQLALCHEMY_BINDS=binds or {},
            SQLALCHEMY_TRACK_MODIFICATIONS=False,
        )
        self.db = SQLAlchemy(self.app)
        self.binds = binds or {}
        make_models(self.db, columns, bind_columns)
        self.directory = folder / "migrations"
        self.set_up()

    def set_up(self, **configure_args):
        settings = {"compare_type": True, "render_as_batch": True}
        settings.update(configure_args)
        self.app.extensions["migrate"] = SimpleNamespace(
            db=self.db, directory=str(self.directory), configure_args=settings
        )

    def __call__(self, name, *args, **kwargs):
        with self.app.app_context():
            try:
                return self.call(name, *args, **kwargs)
            finally:
                self.close()

    def close(self):
        """Close the pooled connections; an open one is a ResourceWarning."""
        engines = getattr(self.db, "engines", None)
        if engines is None:
            names = [None, *self.binds]
            engines = {name: self.db.get_engine(self.app, name) for name in names}
        for engine in engines.values():
            engine.dispose()

    def revisions(self):
        return sorted((self.directory / "versions").glob("*.py"))

    def text(self):
        """Everything that was written into the migrations folder, as one string."""
        files = [one for one in self.directory.rglob("*") if one.is_file()]
        return "\n".join(
            one.read_bytes().decode("utf-8", "replace")
            for one in files
            if one.suffix != ".pyc"
        )


class AlembicProject(Project):
    def call(self, name, *args, **kwargs):
        class OurConfig(Config):
            def get_template_directory(self):
                return str(TEMPLATES)

        options = argparse.Namespace(x=[])
        config = OurConfig(str(self.directory / "alembic.ini"), cmd_opts=options)
        config.set_main_option("script_location", str(self.directory))
        if name == "init":
            template = "flask-multidb" if kwargs.get("multidb") else "flask"
            return command.init(config, str(self.directory), template=template)
        if name == "migrate":
            options.autogenerate = True
            return command.revision(config, *args, autogenerate=True, **kwargs)
        if name == "upgrade":
            args = args or ("head",)
        return getattr(command, name)(config, *args, **kwargs)


class CompatProject(Project):
    def set_up(self, **configure_args):
        from flask_migrate_compat import Migrate

        Migrate(self.app, self.db, directory=str(self.directory), **configure_args)

    def call(self, name, *args, **kwargs):
        from flask_migrate_compat import commands

        return getattr(commands, name)(str(self.directory), *args, **kwargs)


@pytest.fixture(params=["alembic", "compat"])
def project_class(request):
    if request.param == "alembic":
        return AlembicProject
    assert importlib.util.find_spec("flask_migrate_compat.commands")
    return CompatProject


def sqlite_url(path):
    return f"sqlite:///{path}"


def query(path, statement):
    with closing(sqlite3.connect(str(path))) as connection:
        return connection.execute(statement).fetchall()


def tables(path):
    found = query(path, "SELECT name FROM sqlite_master WHERE type = 'table'")
    return {name for (name,) in found}


def columns_of(path, table):
    return {row[1] for row in query(path, f"PRAGMA table_info({table})")}


def assert_nothing_was_run(*paths):
    """See that there is no more than the version table, which autogenerate makes."""
    for path in paths:
        assert tables(path) == {"alembic_version"}
        assert query(path, "SELECT * FROM alembic_version") == []


# --- one database -----------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_template_has_its_files_and_a_synopsis(name):
    folder = TEMPLATES / name
    found = sorted(one.name for one in folder.iterdir() if one.is_file())
    assert found == ["README", "alembic.ini.mako", "env.py", "script.py.mako"]
    assert (folder / "README").read_text(encoding="utf-8").splitlines()[0].strip()


@pytest.mark.parametrize("name", NAMES)
def test_a_generated_folder_does_not_need_this_package(name):
    for path in (TEMPLATES / name).iterdir():
        if path.is_file():
            assert "flask_migrate_compat" not in path.read_text(encoding="utf-8")


def test_life_of_one_database(tmp_path, project_class, capsys):
    path = tmp_path / "app.db"
    project = project_class(tmp_path, sqlite_url(path))
    project("init")
    project("upgrade")
    assert tables(path) <= {"alembic_version"}
    project("migrate", "the first")
    assert len(project.revisions()) == 1
    project("upgrade")
    assert tables(path) == {"alembic_version", "person"}
    project("migrate", "nothing new")
    assert len(project.revisions()) == 1
    if HAS_CHECK:
        project("check")

    project = project_class(tmp_path, sqlite_url(path), columns=("name", "city"))
    if HAS_CHECK:
        with pytest.raises(Exception, match=r"[Nn]ew upgrade operations"):
            project("check")
    project("migrate", "a city")
    assert len(project.revisions()) == 2
    project("upgrade")
    assert columns_of(path, "person") == {"id", "name", "city"}
    project("downgrade", "-1")
    assert columns_of(path, "person") == {"id", "name"}
    project("upgrade")
    project("downgrade", "base")
    assert tables(path) == {"alembic_version"}
    assert query(path, "SELECT * FROM alembic_version") == []
    assert "Running upgrade" in capsys.readouterr().err


def test_sql_is_printed_and_the_database_is_left_alone(tmp_path, project_class, capsys):
    path = tmp_path / "app.db"
    project = project_class(tmp_path, sqlite_url(path))
    project("init")
    project("migrate", "first")
    path.unlink()
    capsys.readouterr()
    project("upgrade", sql=True)
    assert "CREATE TABLE person" in capsys.readouterr().out
    assert not path.exists() or tables(path) == set()


def test_what_the_application_configures_is_honoured(tmp_path, project_class, capsys):
    seen = []

    def include_object(item, name, kind, reflected, compare_to):
        return not (kind == "table" and name == "person")

    def hook(migration_context, revision, directives):
        seen.append(directives[0].message)

    path = tmp_path / "app.db"
    project = project_class(tmp_path, sqlite_url(path))
    project("init")
    project.set_up(
        include_object=include_object,
        process_revision_directives=hook,
        version_table="versions_of_mine",
    )
    project("migrate", "ignored")
    # The hook of the application was called, and ours still wrote no empty file.
    assert seen == ["ignored"]
    assert project.revisions() == []
    project.set_up(version_table="versions_of_mine")
    project("migrate", "person")
    project("upgrade")
    assert tables(path) == {"person", "versions_of_mine"}
    capsys.readouterr()
    project("upgrade", sql=True)
    assert "CREATE TABLE versions_of_mine" in capsys.readouterr().out


def test_a_hook_that_removes_the_last_operation_leaves_no_empty_file(
    tmp_path, project_class
):
    from alembic.autogenerate import rewriter
    from alembic.operations import ops

    rewrite = rewriter.Rewriter()

    @rewrite.rewrites(ops.AddColumnOp)
    def no_columns(context, revision, op):
        return []

    project = project_class(tmp_path, sqlite_url(tmp_path / "app.db"))
    project("init")
    project("migrate", "first")
    project("upgrade")
    project = project_class(
        tmp_path, sqlite_url(tmp_path / "app.db"), columns=("name", "city")
    )
    project.set_up(process_revision_directives=rewrite)
    project("migrate", "city")
    assert len(project.revisions()) == 1


def test_batch_mode_and_types_are_the_default(tmp_path, project_class):
    path = tmp_path / "app.db"
    project = project_class(tmp_path, sqlite_url(path))
    project("init")
    with closing(sqlite3.connect(str(path))) as connection:
        connection.execute(
            "CREATE TABLE person (id INTEGER NOT NULL PRIMARY KEY, name INTEGER)"
        )
    project("migrate", "other type")
    text = project.revisions()[0].read_text(encoding="utf-8")
    assert "batch_alter_table" in text
    assert "alter_column" in text


def test_an_empty_revision_is_written_when_it_is_asked_for(tmp_path, project_class):
    project = project_class(tmp_path, sqlite_url(tmp_path / "app.db"))
    project("init")
    project("revision", "by hand")
    assert len(project.revisions()) == 1
    project("upgrade")
    project("downgrade", "base")


def test_a_message_with_quotes_and_backslashes_makes_a_valid_script(
    tmp_path, project_class
):
    project = project_class(tmp_path, sqlite_url(tmp_path / "app.db"))
    project("init")
    message = '"""C:\\new\\Users" \u00e4'
    project("revision", message)
    with project.app.app_context():
        config = Config()
        config.set_main_option("script_location", str(project.directory))
        (script,) = ScriptDirectory.from_config(config).walk_revisions()
    assert script.doc == message


def test_merge_writes_a_valid_script(tmp_path, project_class):
    project = project_class(tmp_path, sqlite_url(tmp_path / "app.db"))
    project("init")
    project("revision", "root", rev_id="r0")
    project("revision", "left", head="r0", rev_id="r1")
    project("revision", "right", head="r0", splice=True, rev_id="r2")
    project("merge", ["r1", "r2"], message="both", rev_id="r3")
    project("upgrade", "heads")
    assert query(tmp_path / "app.db", "SELECT * FROM alembic_version") == [("r3",)]


def test_loggers_of_the_application_stay_on(tmp_path, project_class):
    logger = logging.getLogger("shop.orders")
    logger.disabled = False
    project = project_class(tmp_path, sqlite_url(tmp_path / "app.db"))
    project("init")
    project("migrate", "first")
    project("upgrade")
    assert not logger.disabled


def test_an_alembic_ini_without_logging_is_fine(tmp_path, project_class):
    project = project_class(tmp_path, sqlite_url(tmp_path / "app.db"))
    project("init")
    ini = project.directory / "alembic.ini"
    text = ini.read_text(encoding="utf-8")
    ini.write_text(text[: text.index("[loggers]")], encoding="utf-8")
    project("migrate", "first")
    project("upgrade")
    assert "person" in tables(tmp_path / "app.db")


def test_the_commented_settings_of_alembic_ini_work_when_uncommented(
    tmp_path, project_class
):
    project = project_class(tmp_path, sqlite_url(tmp_path / "app.db"))
    project("init")
    ini = project.directory / "alembic.ini"
    text = ini.read_text(encoding="utf-8")
    for name in ("file_template", "truncate_slug_length", "revision_environment"):
        assert f"# {name} = " in text
        text = text.replace(f"# {name} = ", f"{name} = ")
    ini.write_text(text, encoding="utf-8")
    project("revision", "by hand", rev_id="abc")
    (script,) = project.revisions()
    assert script.name[:2] == "20"
    assert script.name.endswith("_abc_by_hand.py")


# --- several databases ------------------------------------------------------------


def make_multi(project_class, folder, columns=("name",), bind_columns=("label",)):
    binds = {"b1": sqlite_url(folder / "b1.db")}
    url = sqlite_url(folder / "app.db")
    return project_class(folder, url, columns, binds, bind_columns)


def test_life_of_two_databases(tmp_path, project_class):
    main, bind = tmp_path / "app.db", tmp_path / "b1.db"
    project = make_multi(project_class, tmp_path)
    project("init", multidb=True)
    project("upgrade")
    project("migrate", "first")
    (script,) = project.revisions()
    text = script.read_text(encoding="utf-8")
    for function in ("upgrade", "downgrade"):
        assert f"def {function}(engine_name):" in text
        assert f"def {function}_():" in text
        assert f"def {function}_b1():" in text
    project("upgrade")
    assert tables(main) == {"alembic_version", "person"}
    assert tables(bind) == {"alembic_version", "thing"}
    project("migrate", "nothing new")
    assert len(project.revisions()) == 1
    if HAS_CHECK:
        project("check")

    # Only the second database changes.
    project = make_multi(project_class, tmp_path, bind_columns=("label", "size"))
    project("migrate", "size")
    assert len(project.revisions()) == 2
    project("upgrade")
    assert columns_of(bind, "thing") == {"id", "label", "size"}
    project("downgrade", "base")
    assert tables(main) == tables(bind) == {"alembic_version"}


def test_sql_of_each_database_goes_into_its_own_file(
    tmp_path, project_class, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    project = make_multi(project_class, tmp_path)
    project("init", multidb=True)
    project("migrate", "first")
    project("upgrade", sql=True)
    main = (tmp_path / "default.sql").read_text(encoding="utf-8")
    bind = (tmp_path / "b1.sql").read_text(encoding="utf-8")
    assert "CREATE TABLE person" in main
    assert "thing" not in main
    assert "CREATE TABLE thing" in bind
    assert "person" not in bind


def test_an_error_in_one_database_leaves_all_as_they_were(tmp_path, project_class):
    main, bind = tmp_path / "app.db", tmp_path / "b1.db"
    project = make_multi(project_class, tmp_path)
    project("init", multidb=True)
    project("migrate", "first")
    (script,) = project.revisions()
    good = script.read_text(encoding="utf-8")
    broken = "def upgrade_b1():\n    op.execute('SELECT * FROM no_such_table')\n"
    script.write_text(good.replace("def upgrade_b1():\n", broken), encoding="utf-8")
    with pytest.raises(Exception, match="no_such_table"):
        project("upgrade")
    assert_nothing_was_run(main, bind)
    script.write_text(good, encoding="utf-8")
    project("upgrade")
    assert "person" in tables(main)
    assert "thing" in tables(bind)


# SQLAlchemy 1.4 commits by itself what follows the rollback, and warns about it.
@pytest.mark.filterwarnings("ignore:Deprecated API features detected")
def test_a_revision_that_rolls_back_by_itself_is_an_error(tmp_path, project_class):
    project = make_multi(project_class, tmp_path)
    project("init", multidb=True)
    project("migrate", "first")
    (script,) = project.revisions()
    text = script.read_text(encoding="utf-8")
    text = text.replace(
        "def upgrade_b1():\n",
        "def upgrade_b1():\n    op.get_bind().get_transaction().rollback()\n",
    )
    if not hasattr(sqlalchemy.engine.Connection, "get_transaction"):
        text = text.replace(".get_transaction()", "._Connection__transaction")
    script.write_text(text, encoding="utf-8")
    # Alembic 1.4 commits a part of the transaction itself, and is the first to notice.
    message = "ended the transaction of b1|This transaction is inactive"
    with pytest.raises(Exception, match=message):
        project("upgrade")
    assert_nothing_was_run(tmp_path / "app.db")


def test_a_database_that_was_added_later_has_nothing_to_do_in_old_revisions(
    tmp_path, project_class
):
    main, bind = tmp_path / "app.db", tmp_path / "b1.db"
    project = project_class(tmp_path, sqlite_url(main))
    project("init", multidb=True)
    project("migrate", "before the bind")
    project("upgrade")
    project = make_multi(project_class, tmp_path)
    project("upgrade")
    project("migrate", "with the bind")
    project("upgrade")
    assert tables(bind) == {"alembic_version", "thing"}
    project("downgrade", "base")
    assert tables(main) == tables(bind) == {"alembic_version"}


def test_the_name_of_a_bind_need_not_be_an_identifier(tmp_path, project_class):
    binds = {"my-bind": sqlite_url(tmp_path / "b1.db")}
    project = project_class(tmp_path, sqlite_url(tmp_path / "app.db"), binds=binds)
    project("init", multidb=True)
    project("revision", "by hand")
    assert "def upgrade_my_bind():" in project.text()
    project("upgrade")
    assert len(query(tmp_path / "b1.db", "SELECT * FROM alembic_version")) == 1


@pytest.mark.parametrize("command_name", ["migrate", "upgrade", "upgrade --sql"])
def test_two_binds_that_would_share_a_function_are_an_error(
    tmp_path, project_class, monkeypatch, command_name
):
    monkeypatch.chdir(tmp_path)
    files = {name: tmp_path / f"{name}.sqlite" for name in ("db-1", "db.1")}
    binds = {name: sqlite_url(path) for name, path in files.items()}
    project = project_class(tmp_path, sqlite_url(tmp_path / "app.db"), binds=binds)
    project("init", multidb=True)
    project("revision", "by hand")
    name, _, sql = command_name.partition(" --")
    with pytest.raises(Exception, match=r"'db-1' and 'db\.1' .*upgrade_db_1\(\)"):
        project(name, **({sql: True} if sql else {}))
    assert len(project.revisions()) == 1
    for path in files.values():
        assert not path.exists() or not tables(path)


def test_a_bind_of_punctuation_is_not_the_main_database(tmp_path, project_class):
    binds = {"-": sqlite_url(tmp_path / "b1.db"), "--": sqlite_url(tmp_path / "b2.db")}
    project = project_class(tmp_path, sqlite_url(tmp_path / "app.db"), binds=binds)
    project("init", multidb=True)
    project("revision", "by hand")
    for function in ("upgrade_", "upgrade__", "upgrade___"):
        assert f"def {function}():" in project.text()
    project("upgrade")


# --- PostgreSQL -------------------------------------------------------------------


@pytest.fixture
def postgres():
    """Give a function that makes a database and returns its URL."""
    psycopg2 = pytest.importorskip("psycopg2")
    default = "postgresql://postgres@127.0.0.1:5432/postgres"
    server = os.environ.get("TEST_POSTGRES_URL", default)
    try:
        admin = psycopg2.connect(server, connect_timeout=5)
    except psycopg2.OperationalError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"no PostgreSQL server: {error}")
    admin.autocommit = True
    cursor = admin.cursor()
    role = "templates_" + uuid.uuid4().hex[:12]
    cursor.execute(f"CREATE ROLE {role} LOGIN PASSWORD %s", (PASSWORD,))
    made = []

    def make():
        made.append(f"{role}_{len(made)}")
        cursor.execute(f"CREATE DATABASE {made[-1]} OWNER {role}")
        place = f"{admin.info.host}:{admin.info.port}/{made[-1]}"
        return f"postgresql+psycopg2://{role}:{ENCODED_PASSWORD}@{place}"

    yield make
    for name in made:
        cursor.execute(f"DROP DATABASE {name}")
    cursor.execute(f"DROP ROLE {role}")
    admin.close()


def pg_query(url, statement):
    import psycopg2

    with closing(psycopg2.connect(url.replace("+psycopg2", ""))) as connection:
        cursor = connection.cursor()
        cursor.execute(statement)
        return {value for (value,) in cursor.fetchall()}


def pg_tables(url):
    found = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    return pg_query(url, found)


def prepared_transactions_are_enabled(url):
    return pg_query(url, "SHOW max_prepared_transactions") != {"0"}


def assert_no_password(text):
    for form in (PASSWORD, ENCODED_PASSWORD, ENCODED_PASSWORD.replace("%", "%%")):
        assert form not in text


def test_password_with_special_characters(
    tmp_path, project_class, postgres, capsys, monkeypatch
):
    import psycopg2

    passwords = []
    connect = psycopg2.connect

    def spy(*args, **kwargs):
        passwords.append(kwargs.get("password"))
        return connect(*args, **kwargs)

    url = postgres()
    project = project_class(tmp_path, url)
    with monkeypatch.context() as patched:
        patched.setattr(psycopg2, "connect", spy)
        project("init")
        project("migrate", "first")
        project("upgrade")
        project("migrate", "nothing new")
        project("current", verbose=True)
        project("upgrade", sql=True)
        if HAS_CHECK:
            project("check")
    # The server may trust everybody, so see what it was given.
    assert set(passwords) == {PASSWORD}
    assert pg_tables(url) == {"alembic_version", "person"}
    assert len(project.revisions()) == 1
    captured = capsys.readouterr()
    assert "CREATE TABLE person" in captured.out
    assert_no_password(captured.out + captured.err + project.text())
    project("downgrade", "base")
    assert pg_tables(url) == {"alembic_version"}


def test_two_databases_on_postgresql(
    tmp_path, project_class, postgres, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    main, bind = postgres(), postgres()
    project = project_class(tmp_path, main, ("name",), {"b1": bind}, ("label",))
    project("init", multidb=True)
    project("migrate", "first")
    (script,) = project.revisions()
    good = script.read_text(encoding="utf-8")
    broken = "def upgrade_b1():\n    op.execute('SELECT * FROM no_such_table')\n"
    script.write_text(good.replace("def upgrade_b1():\n", broken), encoding="utf-8")
    with pytest.raises(Exception, match="no_such_table"):
        project("upgrade")
    assert pg_tables(main) == pg_tables(bind) == {"alembic_version"}
    script.write_text(good, encoding="utf-8")
    project("upgrade")
    assert pg_tables(main) == {"alembic_version", "person"}
    assert pg_tables(bind) == {"alembic_version", "thing"}
    project("migrate", "nothing new")
    assert len(project.revisions()) == 1
    project("upgrade", sql=True)
    captured = capsys.readouterr()
    files = "".join(
        one.read_text(encoding="utf-8") for one in sorted(tmp_path.glob("*.sql"))
    )
    assert "CREATE TABLE thing" in files
    assert_no_password(captured.out + captured.err + files)
    assert ENCODED_PASSWORD not in project.text()
    project("downgrade", "base")
    assert pg_tables(main) == pg_tables(bind) == {"alembic_version"}


def test_two_phase_commit_needs_one_constant(tmp_path, project_class, postgres):
    main, bind = postgres(), postgres()
    project = project_class(tmp_path, main, ("name",), {"b1": bind}, ("label",))
    project("init", multidb=True)
    project("migrate", "first")
    env = project.directory / "env.py"
    text = env.read_text(encoding="utf-8")
    assert "TWO_PHASE = False" in text
    text = text.replace("TWO_PHASE = False", "TWO_PHASE = True")
    env.write_text(text, encoding="utf-8")
    if not prepared_transactions_are_enabled(main):
        with pytest.raises(Exception, match="prepared transactions are disabled"):
            project("upgrade")
        assert pg_tables(main) == pg_tables(bind) == {"alembic_version"}
        return
    project("upgrade")
    assert "person" in pg_tables(main)
    assert "thing" in pg_tables(bind)


# --- asynchronous engines ---------------------------------------------------------


class AsyncDatabase:
    """What an extension with asynchronous engines offers to env.py."""

    def __init__(self, urls, tables):
        from sqlalchemy.ext.asyncio import create_async_engine

        self.engines = {name: create_async_engine(url) for name, url in urls.items()}
        self.metadatas = {name: sqlalchemy.MetaData() for name in urls}
        for name, (table, columns) in tables.items():
            sqlalchemy.Table(
                table,
                self.metadatas[name],
                sqlalchemy.Column("id", sqlalchemy.Integer, primary_key=True),
                *(sqlalchemy.Column(one, sqlalchemy.String(20)) for one in columns),
            )


class AsyncProject(AlembicProject):
    def __init__(self, folder, columns=("name",), bind_columns=()):
        urls = {None: f"sqlite+aiosqlite:///{folder / 'app.db'}"}
        models = {None: ("person", columns)}
        self.app = Flask("project", root_path=str(folder))
        if bind_columns:
            urls["b1"] = f"sqlite+aiosqlite:///{folder / 'b1.db'}"
            models["b1"] = ("thing", bind_columns)
            self.app.config["SQLALCHEMY_BINDS"] = {"b1": urls["b1"]}
        self.db = AsyncDatabase(urls, models)
        self.directory = folder / "migrations"
        self.template = "aioflask-multidb" if bind_columns else "aioflask"
        self.set_up()

    def close(self):
        """Do nothing: env.py itself must have closed what it opened."""

    def call(self, name, *args, **kwargs):
        if name != "init":
            return super().call(name, *args, **kwargs)
        config = Config(str(self.directory / "alembic.ini"))
        config.get_template_directory = lambda: str(TEMPLATES)
        return command.init(config, str(self.directory), template=self.template)


@pytest.fixture
def _aiosqlite():
    pytest.importorskip("sqlalchemy.ext.asyncio")
    pytest.importorskip("aiosqlite")
    pytest.importorskip("greenlet")


@pytest.mark.usefixtures("_aiosqlite")
def test_life_of_an_asynchronous_database(tmp_path, capsys):
    path = tmp_path / "app.db"
    project = AsyncProject(tmp_path)
    project("init")
    project("migrate", "first")
    project("upgrade")
    assert tables(path) == {"alembic_version", "person"}
    project("migrate", "nothing new")
    assert len(project.revisions()) == 1
    project = AsyncProject(tmp_path, columns=("name", "city"))
    project("migrate", "city")
    project("upgrade")
    assert columns_of(path, "person") == {"id", "name", "city"}
    if HAS_CHECK:
        project("check")
    capsys.readouterr()
    project("upgrade", sql=True)
    assert "CREATE TABLE person" in capsys.readouterr().out
    project("downgrade", "base")
    assert tables(path) == {"alembic_version"}


@pytest.mark.usefixtures("_aiosqlite")
def test_life_of_two_asynchronous_databases(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main, bind = tmp_path / "app.db", tmp_path / "b1.db"
    project = AsyncProject(tmp_path, bind_columns=("label",))
    project("init")
    project("migrate", "first")
    (script,) = project.revisions()
    good = script.read_text(encoding="utf-8")
    broken = "def upgrade_b1():\n    op.execute('SELECT * FROM no_such_table')\n"
    script.write_text(good.replace("def upgrade_b1():\n", broken), encoding="utf-8")
    with pytest.raises(Exception, match="no_such_table"):
        project("upgrade")
    assert_nothing_was_run(main, bind)
    script.write_text(good, encoding="utf-8")
    project("upgrade")
    assert tables(main) == {"alembic_version", "person"}
    assert tables(bind) == {"alembic_version", "thing"}
    project("migrate", "nothing new")
    assert len(project.revisions()) == 1
    project("upgrade", sql=True)
    assert "CREATE TABLE thing" in (tmp_path / "b1.sql").read_text(encoding="utf-8")
    project("downgrade", "base")
    assert tables(main) == tables(bind) == {"alembic_version"}


@pytest.mark.usefixtures("_aiosqlite")
@pytest.mark.parametrize("bind_columns", [(), ("label",)])
def test_a_running_event_loop_is_a_clear_error(tmp_path, bind_columns):
    project = AsyncProject(tmp_path, bind_columns=bind_columns)
    project("init")

    async def inside_a_loop():
        project("upgrade")

    with pytest.raises(CommandError, match=r"asyncio\.to_thread"):
        asyncio.run(inside_a_loop())


@pytest.mark.usefixtures("_aiosqlite")
def test_two_asynchronous_binds_that_would_share_a_function_are_an_error(tmp_path):
    project = AsyncProject(tmp_path, bind_columns=("label",))
    project.app.config["SQLALCHEMY_BINDS"] = dict.fromkeys(["db-1", "db.1"], "")
    project("init")
    with pytest.raises(CommandError, match=r"'db-1' and 'db\.1' .*upgrade_db_1\(\)"):
        project("upgrade")
