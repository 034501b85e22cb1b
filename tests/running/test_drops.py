"""Autogenerate must not drop every table of a database without being told to."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import alembic.command
import pytest

from flask_migrate_compat import commands
from flask_migrate_compat.errors import DataLossError, MigrateError

from ..conftest import Project
from .applications import execute, make_app, scripts, sqlite_url, used

HAS_CHECK = hasattr(alembic.command, "check")


def test_an_empty_database_may_have_no_models(folder: Path) -> None:
    with used(make_app(folder, {})):
        commands.init()
        assert not commands.migrate()
        execute(folder / "app.db", "CREATE TABLE IF NOT EXISTS alembic_version (x)")
        assert not commands.migrate()
        if HAS_CHECK:
            commands.check()


def test_some_tables_may_be_dropped(folder: Path) -> None:
    execute(folder / "app.db", "CREATE TABLE user (id INTEGER)", "CREATE TABLE b (x)")
    with used(make_app(folder, {None: ["user"]})):
        commands.init()
        commands.migrate()
    (script,) = scripts(folder)
    assert "drop_table('b')" in script.read_text()


def test_without_the_guard_all_tables_are_dropped(
    folder: Path, unguarded: None
) -> None:
    execute(folder / "app.db", "CREATE TABLE user (id INTEGER)", "CREATE TABLE b (x)")
    with used(make_app(folder, {})):
        commands.init()
        commands.migrate()
    (script,) = scripts(folder)
    assert script.read_text().count("op.drop_table(") == 2


@pytest.mark.parametrize("command", ["migrate", "revision", "check"])
def test_models_that_were_not_imported(folder: Path, command: str) -> None:
    if command == "check" and not HAS_CHECK:
        pytest.skip("this Alembic has no check")
    many = [f"CREATE TABLE t{number} (id INTEGER)" for number in range(9)]
    execute(folder / "app.db", *many)
    options: dict[str, Any] = {"autogenerate": True} if command == "revision" else {}
    with used(make_app(folder, {})):
        commands.init()
        with pytest.raises(DataLossError) as info:
            getattr(commands, command)(**options)
    message = str(info.value)
    assert "app.db" in message
    assert "t0, t1, t2, t3, t4 … and 4 more" in message
    assert "not imported" in message
    assert "--allow-drop-all" in message
    assert not scripts(folder)


def test_models_of_another_database(folder: Path) -> None:
    execute(folder / "app.db", "CREATE TABLE theirs (id INTEGER)")
    with used(make_app(folder, {None: ["user"]})):
        commands.init()
        with pytest.raises(DataLossError, match=r"theirs\. None of the tables of"):
            commands.migrate()
    assert not scripts(folder)


@pytest.mark.parametrize("command", ["migrate", "revision"])
def test_it_may_be_meant(folder: Path, command: str) -> None:
    execute(folder / "app.db", "CREATE TABLE user (id INTEGER)")
    options: dict[str, Any] = {"autogenerate": True} if command == "revision" else {}
    with used(make_app(folder, {})):
        commands.init()
        getattr(commands, command)(allow_drop_all=True, **options)
    (script,) = scripts(folder)
    assert "drop_table('user')" in script.read_text()


def test_a_hook_that_keeps_the_tables_is_believed(folder: Path) -> None:
    def keep(context: Any, revision: Any, directives: list[Any]) -> None:
        directives[0].upgrade_ops.ops = []
        directives[0].downgrade_ops.ops = []

    execute(folder / "app.db", "CREATE TABLE user (id INTEGER)")
    app = make_app(folder, {}, process_revision_directives=keep)
    with used(app):
        commands.init()
        assert not commands.migrate()


def test_filtered_tables_are_not_dropped(folder: Path) -> None:
    def include(object: Any, name: str, kind: str, *details: Any) -> bool:
        return not (kind == "table" and name == "theirs")

    execute(folder / "app.db", "CREATE TABLE theirs (id INTEGER)")
    with used(make_app(folder, {}, include_object=include)):
        commands.init()
        assert not commands.migrate()


def test_tables_that_stay_are_not_said_to_be_dropped(folder: Path) -> None:
    def include(object: Any, name: str, kind: str, *details: Any) -> bool:
        return not (kind == "table" and name == "theirs")

    execute(folder / "app.db", "CREATE TABLE theirs (id INTEGER)", "CREATE TABLE a (x)")
    with used(make_app(folder, {None: ["user"]}, include_object=include)):
        commands.init()
        with pytest.raises(DataLossError) as info:
            commands.migrate()
    message = str(info.value)
    assert "these tables of the database" in message
    assert "dropped: a. None of the tables of the models is in the data" in message
    assert "theirs" not in message
    assert "all tables" not in message


@pytest.mark.parametrize("models", [{None: ["user"]}, {None: ["user"], "b1": []}])
def test_the_models_of_one_bind_are_missing(
    folder: Path, models: dict[str | None, list[str]]
) -> None:
    execute(folder / "app.db", "CREATE TABLE user (id INTEGER)")
    execute(folder / "b1.db", "CREATE TABLE thing (id INTEGER)")
    binds = {"b1": sqlite_url(folder / "b1.db")}
    with used(make_app(folder, models, binds=binds)):
        commands.init(multidb=True)
        with pytest.raises(DataLossError, match=r"database 'b1' .*b1\.db.*: thing\."):
            commands.migrate()
        assert not scripts(folder)
        commands.migrate(allow_drop_all=True)
    assert len(scripts(folder)) == 1


def test_every_bind_has_its_models(folder: Path) -> None:
    execute(folder / "app.db", "CREATE TABLE user (id INTEGER)", "CREATE TABLE b (x)")
    execute(folder / "b1.db", "CREATE TABLE thing (id INTEGER)", "CREATE TABLE c (x)")
    binds = {"b1": sqlite_url(folder / "b1.db")}
    models: dict[str | None, list[str]] = {None: ["user"], "b1": ["thing"]}
    with used(make_app(folder, models, binds=binds)):
        commands.init(multidb=True)
        commands.migrate()
    (script,) = scripts(folder)
    assert script.read_text().count("op.drop_table(") == 2


def test_the_error_is_one_of_ours() -> None:
    assert issubclass(DataLossError, MigrateError)


def test_on_the_command_line(project: Project) -> None:
    check_command_line(project, project.flask)


def check_command_line(project: Project, run: Callable[..., Any]) -> None:
    """See that the switch works, and that the message names it."""
    project.replace("app.py", "(db.Model)", "(object)")
    execute(project.database, "CREATE TABLE user (id INTEGER)")
    assert run("db", "init").returncode == 0
    done = run("db", "migrate")
    assert done.returncode == 1
    errors = [line for line in done.stderr.splitlines() if "Error" in line]
    assert len(errors) == 1
    assert "--allow-drop-all" in errors[0]
    assert not list(project.migrations.glob("versions/*.py"))
    done = run("db", "migrate", "--allow-drop-all")
    assert done.returncode == 0, done.stderr
    assert list(project.migrations.glob("versions/*.py"))
