"""The click group ``flask db``."""

from __future__ import annotations

import shutil
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import alembic.command
import click
import pytest
from click.testing import CliRunner
from flask import Flask
from flask.cli import ScriptInfo

import flask_migrate_compat
from flask_migrate_compat import cli, commands
from flask_migrate_compat.extension import Migrate

from .conftest import Project


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """Record which core function is called with which arguments."""
    recorded: list[tuple[str, dict[str, Any]]] = []
    for command in cli.db.commands:
        record(monkeypatch, command.replace("-", "_"), recorded)
    return recorded


def record(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    recorded: list[tuple[str, dict[str, Any]]],
) -> None:
    import functools

    @functools.wraps(getattr(commands, name))
    def recorder(**arguments: Any) -> None:
        recorded.append((name, arguments))

    monkeypatch.setattr(commands, name, recorder)


def invoke(*argv: str) -> Any:
    app = Flask("example")
    Migrate(app, object())
    info = ScriptInfo(create_app=lambda *_: app)
    return CliRunner().invoke(cli.db, argv, obj=info)


def test_the_group_alone_lists_the_commands() -> None:
    result = invoke()
    assert "upgrade" in result.output
    assert "list-templates" in result.output


def test_every_command_has_a_help_text_and_exits_with_0() -> None:
    for name, command in cli.db.commands.items():
        result = invoke(name, "--help")
        assert result.exit_code == 0
        assert command.help
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, (name, parameter.name)


def test_every_command_calls_the_function_of_its_name(calls: Any) -> None:
    for name in cli.db.commands:
        argv = (name, "heads") if name == "merge" else (name,)
        assert invoke(*argv).exit_code == 0
        assert calls.pop()[0] == name.replace("-", "_")


@pytest.mark.parametrize(
    "argv",
    [
        ("-d", "DIR", "-x", "A", "upgrade"),
        ("upgrade", "-d", "DIR", "-x", "A"),
        ("-d", "other", "-x", "B", "upgrade", "-d", "DIR", "-x", "A"),
    ],
)
def test_the_command_level_wins_over_the_group_level(
    calls: Any, argv: tuple[str, ...]
) -> None:
    assert invoke(*argv).exit_code == 0
    arguments = calls.pop()[1]
    assert arguments["directory"] == "DIR"
    assert tuple(arguments["x_arg"]) == ("A",)


@pytest.mark.parametrize("name", sorted(cli.db.commands))
def test_group_options_reach_every_command(calls: Any, name: str) -> None:
    behind = ["heads"] if name == "merge" else []
    assert invoke("-d", "DIR", "-x", "A", name, *behind).exit_code == 0
    arguments = calls.pop()[1]
    if name != "list-templates":
        assert arguments["directory"] == "DIR"
    if name not in ("list-templates", "init"):
        assert tuple(arguments["x_arg"]) == ("A",)


@pytest.mark.parametrize(
    ("argv", "revision"),
    [
        (["downgrade"], "-1"),
        (["downgrade", "-2"], "-2"),
        (["downgrade", "--", "-2"], "-2"),
        (["downgrade", "--sql", "-2", "--tag", "-7"], "-2"),
        (["downgrade", "-2", "--tag=x"], "-2"),
        (["upgrade", "+1"], "+1"),
        (["stamp"], "head"),
    ],
)
def test_a_revision_may_be_a_negative_number(
    calls: Any, argv: list[str], revision: str
) -> None:
    result = invoke(*argv)
    assert result.exit_code == 0, result.output
    arguments = calls.pop()[1]
    assert arguments["revision"] == revision
    assert arguments["tag"] in (None, "-7", "x")


@pytest.mark.parametrize(
    "argv",
    [
        ["downgrade", "--sqll"],
        ["downgrade", "-q"],
        ["downgrade", "-1", "-2"],
        ["downgrade", "-1x"],
        ["merge"],
        ["nonsense"],
        ["upgrade", "a", "b"],
    ],
)
def test_a_wrong_command_line_is_a_usage_error(calls: Any, argv: list[str]) -> None:
    assert invoke(*argv).exit_code == 2
    assert not calls


def test_a_traceback_is_shown_when_asked_for(
    monkeypatch: pytest.MonkeyPatch, project: Project
) -> None:
    plain = project.flask("db", "upgrade")
    assert "Traceback" not in plain.stderr
    for done in (
        project.flask("db", "--traceback", "upgrade"),
        project.flask("db", "upgrade", FLASK_DEBUG="1"),
    ):
        assert done.returncode == 1
        assert "Traceback" in done.stderr
        assert done.stderr.splitlines()[-1] == plain.stderr.splitlines()[-1]


def test_the_group_can_have_another_name(project: Project) -> None:
    project.replace("app.py", "Migrate(app, db)", 'Migrate(app, db, command="schema")')
    assert project.flask("schema", "init").returncode == 0
    assert project.flask("db", "init").returncode == 2


def test_a_life_of_a_database(project: Project) -> None:
    def run(*argv: str) -> str:
        done = project.flask("db", *argv)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("init")
    run("migrate", "-m", "first", "--rev-id", "a1")
    assert "a1" in run("heads")
    assert "(head)" not in run("current")
    run("upgrade")
    assert "a1 (head)" in run("current")
    assert "first" in run("history", "-v", "-i")
    assert "Rev: a1 (head)" in run("show")
    assert "CREATE TABLE" in run("upgrade", "--sql")
    with sqlite3.connect(str(project.database)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master").fetchall()
    connection.close()
    assert ("user",) in names
    run("downgrade", "-1")
    run("revision", "-m", "left", "--head", "a1", "--rev-id", "b1")
    run("revision", "-m", "right", "--head", "a1", "--splice", "--rev-id", "b2")
    assert run("heads").count("(head)") == 2
    assert "a1" in run("branches")
    run("merge", "heads", "-m", "joined", "--rev-id", "c1")
    run("upgrade")
    assert "c1" in run("current", "-v")
    run("stamp", "--purge", "a1")
    assert "a1" in run("current")
    assert "flask-multidb" in run("list-templates")
    project.env["EDITOR"] = "true"
    assert run("edit", "c1") == ""


def test_from_an_archive_the_templates_need_a_folder(project: Project) -> None:
    package = Path(flask_migrate_compat.__file__).parent
    archive = project.path / "lib.zip"
    with zipfile.ZipFile(str(archive), "w") as lib:
        for path in package.rglob("*"):
            if "__pycache__" not in path.parts:
                lib.write(str(path), path.relative_to(package.parent).as_posix())
    shutil.copytree(str(package / "templates" / "flask"), str(project.path / "own"))
    project.env["PYTHONPATH"] = str(archive)
    for argv in (["init"], ["init", "-t", "flask-multidb"], ["list-templates"]):
        done = project.flask("db", *argv)
        assert done.returncode == 1
        assert done.stdout == ""
        assert done.stderr == (
            "Error: The templates cannot be read from an archive."
            " Install the package unpacked, or give -t the path of a folder.\n"
        )
        assert not project.migrations.exists()
    done = project.flask("db", "init", "-t", "./own")
    assert done.returncode == 0, done.stderr
    done = project.flask("db", "migrate", "-m", "first")
    assert done.returncode == 0, done.stderr
    assert len(list(project.migrations.glob("versions/*.py"))) == 1


def test_check_tells_whether_a_revision_is_missing(project: Project) -> None:
    if not hasattr(alembic.command, "check"):
        project.flask("db", "init")
        done = project.flask("db", "check")
        assert done.returncode == 1
        assert "needs a newer Alembic" in done.stderr
        return
    project.flask("db", "init")
    project.flask("db", "migrate")
    assert "not up to date" in project.flask("db", "check").stderr
    project.flask("db", "upgrade")
    assert project.flask("db", "check").returncode == 0
    project.replace("app.py", "String(80)", "String(90)")
    done = project.flask("db", "check")
    assert done.returncode == 1
    assert "'migrate'" in done.stderr
