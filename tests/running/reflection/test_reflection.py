"""Reading ahead in whole commands: where it is in force, and what it leaves behind."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import alembic.command
import pytest
import sqlalchemy as sa
from alembic.autogenerate.api import AutogenContext
from alembic.runtime.migration import MigrationContext

from flask_migrate_compat import commands
from flask_migrate_compat.config import Config
from flask_migrate_compat.running.reflection import read_ahead

from ...conftest import Project
from ..applications import engines, execute, make_app, scripts, used
from .comparing import queries, reading_ahead

needs_check = pytest.mark.skipif(
    not hasattr(alembic.command, "check"), reason="this Alembic has no check"
)


def number_of_queries(folder: Path, count: int) -> int:
    """Return how many queries of SQLAlchemy the command for models and tables needs."""
    names = [f"t{number}" for number in range(count)]
    execute(folder / "app.db", *(f"DROP TABLE IF EXISTS {name}" for name in names))
    execute(
        folder / "app.db",
        *(f"CREATE TABLE {name} (id INTEGER NOT NULL PRIMARY KEY)" for name in names),
    )
    with used(make_app(folder, {None: names})) as app:
        if not (folder / "migrations").exists():
            commands.init()
        (engine,) = engines(app)
        with queries(engine) as statements:
            assert not commands.migrate()
    return len(statements)


def test_the_number_of_queries_is_constant(folder: Path) -> None:
    # The first run of a process asks for more.
    _, few, many = (number_of_queries(folder, count) for count in (1, 50, 100))
    assert few == many < 20


def test_without_it_there_are_some_for_each_table(
    folder: Path, unguarded: None
) -> None:
    _, few, many = (number_of_queries(folder, count) for count in (1, 10, 20))
    assert many - few >= 80


@pytest.mark.parametrize(
    "command", ["migrate", pytest.param("check", marks=needs_check)]
)
def test_hooks_find_everything_as_it_is(folder: Path, command: str) -> None:
    seen = []

    def include_object(item: Any, name: str, kind: str, *_rest: Any) -> bool:
        inspector: Any = sa.inspect(engine)
        assert inspector.dialect is engine.dialect
        assert "_get_table_pragma" not in vars(engine.dialect)
        seen.append((kind, name))
        return name != "hidden"

    execute(
        folder / "app.db",
        "CREATE TABLE user (id INTEGER NOT NULL PRIMARY KEY)",
        "CREATE TABLE hidden (id INTEGER)",
    )
    app = make_app(folder, {None: ["user"]}, include_object=include_object)
    with used(app):
        (engine,) = engines(app)
        commands.init()
        getattr(commands, command)()
    assert ("table", "hidden") in seen
    assert ("column", "id") in seen


def test_several_databases(folder: Path) -> None:
    binds = {"other": f"sqlite:///{(folder / 'other.db').as_posix()}"}
    execute(folder / "app.db", "CREATE TABLE main (id INTEGER, gone INT UNIQUE)")
    execute(folder / "other.db", "CREATE TABLE main (id INTEGER, lost TEXT)")
    models: dict[str | None, list[str]] = {None: ["main"], "other": ["two"]}
    with used(make_app(folder, models, binds=binds)):
        commands.init(multidb=True)
        commands.migrate(allow_drop_all=True)
    (script,) = scripts(folder)
    text = script.read_text()
    assert text.count("drop_column('gone')") == text.count("drop_table('main')") == 1


def test_everything_is_restored() -> None:
    attribute = vars(AutogenContext)["inspector"]
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with contextlib.suppress(LookupError), reading_ahead(context):
            assert vars(AutogenContext)["inspector"] is not attribute
            raise LookupError
    engine.dispose()
    assert vars(AutogenContext)["inspector"] is attribute


def test_the_context_of_another_database_is_left_alone() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection, engine.connect() as second:
        own, other = map(MigrationContext.configure, (connection, second))
        options = {"target_metadata": sa.MetaData()}
        with read_ahead("check", Config(), own):
            assert AutogenContext.inspector is not None
            for context, is_own in ((own, True), (other, False)):
                inspector: Any = AutogenContext(context, opts=options).inspector
                assert (inspector.dialect is not engine.dialect) is is_own
    engine.dispose()


def test_an_alembic_without_the_attribute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(AutogenContext, "inspector")
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with reading_ahead(context):
            assert "inspector" not in vars(AutogenContext)
    engine.dispose()


@pytest.mark.parametrize("environment", ["false", "true"])
def test_a_plain_revision_loads_nothing_of_it(
    migrated: Project, environment: str
) -> None:
    ini = migrated.migrations / "alembic.ini"
    ini.write_text(f"[alembic]\nrevision_environment = {environment}\n")
    code = """
import sys, app, flask_migrate_compat
with app.app.app_context():
    flask_migrate_compat.revision(message="plain")
    print("flask_migrate_compat.running.reflection" in sys.modules)
    flask_migrate_compat.upgrade()
    print("flask_migrate_compat.running.reflection" in sys.modules)
    flask_migrate_compat.migrate()
    print("flask_migrate_compat.running.reflection.sqlite" in sys.modules)
    print("flask_migrate_compat.running.reflection.postgresql" in sys.modules)
"""
    done = migrated.run("-c", code)
    assert done.returncode == 0, done.stderr
    answers = [line for line in done.stdout.split() if line in ("True", "False")]
    assert answers == ["False", "False", "True", "False"]
