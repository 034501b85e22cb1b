"""Names that are taken, and commands that cannot work: an error names the command."""

from __future__ import annotations

from typing import Any

import click
import pytest
from flask import Flask
from flask_script import Command, Manager, Shell

from flask_migrate_compat.legacy.bridge import (
    CommandClashWarning,
    click_commands,
    click_group,
    script_command,
)

from .applications import broken, grouped, late, make_app, top_level, where
from .runs import Result, run_flask


def test_a_name_that_flask_has_is_named(manager: Any) -> None:
    manager.add_command("run", Command(lambda: print("the old one")))
    manager.command(where)
    with pytest.warns(CommandClashWarning, match="'run' of the Manager") as caught:
        commands = click_commands(manager)
    app = make_app()
    for command in commands:
        app.cli.add_command(command)
    assert "rename={'run': 'old-run'}" in str(caught[0].message)
    assert caught[0].filename == __file__
    # All others work, and it has its name in a group.
    assert run_flask(app, "where").out == "bridge\n"
    app = top_level(manager, rename={"run": "old-run"})
    assert run_flask(app, "old-run").out == "the old one\n"
    assert "flask old-run" in run_flask(app, "old-run", "--wrong").err
    assert "Usage: flask old-run" in run_flask(app, "old-run", "--help").out
    assert [one.name for one in click_commands(manager, rename={"run": None})] == [
        "where"
    ]
    assert run_flask(grouped(manager), "manage", "run").out == "the old one\n"


def test_a_name_that_the_application_has_is_named() -> None:
    app = make_app()
    app.cli.add_command(click.Command("where", callback=lambda: print("new")))
    manager = Manager(app, with_default_commands=False)
    manager.command(where)
    manager.command(late)
    with pytest.warns(CommandClashWarning, match="'where' of the Manager"):
        commands = click_commands(manager)
    for command in commands:
        app.cli.add_command(command)
    assert run_flask(app, "where").out == "new\n"
    assert run_flask(app, "late").status == 0
    manager.app = make_app
    with pytest.warns(CommandClashWarning, match="'where' of the Manager"):
        click_commands(manager, app=app, rename={"late": None})
    with pytest.warns(CommandClashWarning, match="The group"):
        click_group(manager, name="run")


def test_a_command_that_has_moved_is_no_clash() -> None:
    app = make_app()

    @app.cli.command("where")
    def new() -> None:
        print("new")

    manager = Manager(app)
    manager.add_command("where", script_command(new))
    manager.command(late)
    for _ in range(2):
        for command in click_commands(manager):
            app.cli.add_command(command)
    # Flask has a shell of its own.
    assert set(app.cli.commands) == {"where", "late", "runserver"}
    manager.add_command("shell", Shell(make_context=dict))
    with pytest.warns(CommandClashWarning, match="'shell'"):
        click_commands(manager)


def test_an_unknown_name_is_not_renamed(manager: Any) -> None:
    with pytest.raises(ValueError, match="no command 'nothing'"):
        click_commands(manager, rename={"nothing": "something"})


def test_two_commands_of_one_new_name(manager: Any) -> None:
    manager.command(where)
    manager.command(late)
    with pytest.warns(CommandClashWarning, match="The command 'late' of the Manager"):
        commands = click_commands(manager, rename={"late": "where"})
    assert [command.help for command in commands] == ["Tell the application."]


@pytest.mark.parametrize("function", [click_group, click_commands])
def test_what_is_no_manager_is_refused(function: Any) -> None:
    with pytest.raises(TypeError, match="takes a Manager"):
        function(make_app())


class Merged(Command):  # type: ignore[misc]
    """Break, too, but only below a manager."""

    def create_parser(self, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("parent") is None:
            return super().create_parser(*args, **kwargs)
        raise KeyError("broken")


@pytest.mark.parametrize("way", ["manage", "top level"])
def test_two_options_of_one_flag(manager: Any, way: str) -> None:
    below = Manager()
    below.command(where)
    below.add_command("broken", broken())
    manager.add_command("below", below)
    manager.add_command("broken", broken())
    manager.add_command("merged", Merged())
    manager.command(where)
    app = grouped(manager) if way == "manage" else top_level(manager)
    before = ["manage"] if way == "manage" else []
    called = " ".join(["flask", *before])
    commands = manager._commands
    for name in ("broken", "below broken", "merged"):
        for more in ([], ["-x", "1"], ["--help"]):
            result = run_flask(app, *before, *name.split(), *more)
            assert result.status == 1
            assert result.err.startswith(f"Error: '{called} {name}': its options")
            assert len(result.err.splitlines()) == 1
    assert "-x" in run_flask(app, *before, "broken").err
    # The others stay usable.
    assert run_flask(app, *before, "where").out == "bridge\n"
    assert run_flask(app, *before, "below", "where").out == "bridge\n"
    assert "Break." in run_flask(app, *before, "--help").out
    assert "where" in run_flask(app, *before, "below", "--help").out
    assert manager._commands is commands


def test_global_options_of_one_flag(manager: Any) -> None:
    manager.add_option("-x", "--one")
    manager.add_option("-x", "--two")
    manager.command(where)
    app = grouped(manager)
    result = run_flask(app, "manage", "where")
    assert result.status == 1
    assert result.err.startswith("Error: 'flask manage': its options")
    assert run_flask(app, "--help").status == 0


def test_a_type_that_raises(manager: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    @manager.option("-x", type=lambda text: {}[text])
    def raises(x: Any) -> None: ...

    manager.command(where)
    app = grouped(manager)
    monkeypatch.delenv("FLASK_DEBUG", raising=False)
    result = run_flask(app, "manage", "raises", "-x", "1")
    line = "Error: 'flask manage raises': its arguments cannot be read: KeyError: '1'\n"
    assert result == Result(1, "", line)
    assert run_flask(app, "manage", "where").status == 0
    monkeypatch.setenv("FLASK_DEBUG", "1")
    assert "Traceback" in run_flask(app, "manage", "raises", "-x", "1").err


def test_a_factory_that_fails() -> None:
    def create_app(config: str) -> Flask:
        if config == "wrong":
            raise ValueError("postgresql://me:secret@host is\nno configuration")
        return make_app(config)

    manager = Manager(create_app)
    manager.add_option("-c", dest="config", default="wrong")
    manager.command(where)
    app = grouped(manager)
    result = run_flask(app, "manage", "where")
    assert result.status == 1
    assert result.err == (
        "Error: 'flask manage where': the application of its Manager cannot be made:"
        " ValueError: postgresql://me:***@host is no configuration\n"
    )
    assert manager.app is create_app
    assert "where" in run_flask(app, "manage", "--help").out
    assert run_flask(app, "manage", "-c", "right", "where").out == "right\n"
    assert run_flask(app, "routes").status in (0, 2)


def test_an_error_of_the_command_is_its_own(manager: Any) -> None:
    @manager.command
    def fails() -> None:
        raise KeyError("its own")

    assert run_flask(grouped(manager), "manage", "fails").err == "KeyError: 'its own'\n"
