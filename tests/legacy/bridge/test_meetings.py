"""The bridge where the two command lines meet: names, contexts, and what goes wrong."""

from __future__ import annotations

import os
from typing import Any

import click
import pytest
from flask import Flask, g
from flask_script import Manager, Server

from flask_migrate_compat.legacy.bridge import (
    CommandClashWarning,
    click_commands,
    click_group,
    script_command,
)

from .applications import grouped, late, make_app, top_level
from .runs import run_flask, run_manager


@click.command()
@click.option("--loud", is_flag=True)
def hello(loud: bool) -> None:
    """Give 50% off."""
    click.echo(click.get_current_context().command_path)


def test_a_group_warns_of_a_command_of_the_application() -> None:
    app = make_app()
    app.cli.add_command(click.Command("manage"))
    with pytest.warns(CommandClashWarning, match="'flask manage', or hides"):
        click_group(Manager(app))
    with pytest.warns(CommandClashWarning, match="'flask manage', or hides"):
        click_group(Manager(make_app), app=app)


def test_a_click_command_knows_its_name(manager: Any) -> None:
    below = Manager(usage="below")
    below.add_command("hello", script_command(hello))
    manager.add_command("hello", script_command(hello))
    manager.add_command("sub", below)
    app = top_level(manager, rename={"hello": "hi", "sub": "under"})
    assert run_flask(app, "hi").out == "flask hi\n"
    assert run_flask(app, "under", "hello").out == "flask under hello\n"
    assert "Usage: flask under hello " in run_flask(app, "under", "hello", "--no").err
    assert run_flask(grouped(manager), "manage", "hello").out == "flask manage hello\n"
    assert run_manager(manager, "hello").out == "manage.py hello\n"


def test_a_percent_sign_in_the_help_of_click(manager: Any) -> None:
    manager.add_command("hello", script_command(hello))
    result = run_manager(manager, "-?")
    assert result.status == 0
    assert "Give 50% off." in result.out


def test_an_attached_value_of_a_global_option() -> None:
    def create_app(config: str) -> Flask:
        return Flask(config)

    manager = Manager(create_app, with_default_commands=False)
    manager.add_option("-c", "--config", dest="config", default="dev")

    @manager.command
    def name() -> None:
        from flask import current_app

        print(current_app.name)

    app = top_level(manager)
    for argv in (["-cprod"], ["-c", "prod"], ["--config=prod"]):
        assert run_flask(app, "name", *argv).out == "prod\n"


def test_a_global_argument_has_no_place_top_level() -> None:
    manager = Manager(lambda env: make_app(), with_default_commands=False)
    manager.add_option("env")
    with pytest.raises(ValueError, match=r"'env'.*click_group\(manager\)"):
        click_commands(manager)


def test_an_optional_global_argument_keeps_its_default() -> None:
    manager = Manager(lambda env: Flask(env), with_default_commands=False)
    manager.add_option("env", nargs="?", default="dev")
    manager.command(late)
    assert run_flask(top_level(manager), "late").status == 0


def test_a_command_that_was_removed(manager: Any) -> None:
    manager.command(late)
    app = top_level(manager)
    del manager._commands["late"]
    result = run_flask(app, "late")
    assert result.status == 2
    assert "no command 'late' any more" in result.err


def test_an_end_of_file_is_shown_with_its_place(manager: Any) -> None:
    @manager.command
    def broken() -> None:
        raise EOFError("no pickle")

    result = run_flask(grouped(manager), "manage", "broken")
    assert result.status == 1
    assert "EOFError: no pickle" in result.err
    assert "Aborted" not in result.err


def test_a_context_that_the_file_of_the_application_has_pushed() -> None:
    app = make_app()
    context = app.app_context()
    context.push()
    try:
        if not hasattr(g, "get"):
            pytest.skip("an old Flask")
        g.user = "bob"
        manager = Manager(app, with_default_commands=False)
        seen = []

        class Who(Server):  # type: ignore[misc]  # Flask-Script has no types
            """Run without the context of a request, as a server does."""

            def get_options(self) -> list[Any]:
                return []

            def __call__(self, app: Flask) -> None:
                seen.append(g.get("user"))

        manager.add_command("who", Who())
        app.cli.add_command(click_group(manager))
        assert run_manager(manager, "who").status == 0
        assert run_flask(app, "manage", "who").status == 0
        assert seen == ["bob", "bob"]
    finally:
        context.pop()


def test_twice_at_the_top_is_no_clash(manager: Any) -> None:
    manager.command(late)
    manager.app.cli.add_command(click_commands(manager)[0])
    assert click_commands(manager) == []


def test_a_manager_without_help_shows_not_that_of_its_class(manager: Any) -> None:
    manager.add_command("sub", Manager())
    assert (Manager.__doc__ or "").split()[0] not in run_flask(
        grouped(manager), "manage", "--help"
    ).out


@pytest.mark.parametrize("place", ["factory", "type"])
def test_an_error_of_click_stays_one(place: str) -> None:
    def refuse(*args: Any) -> Any:
        raise click.UsageError("not so")

    manager = Manager(
        refuse if place == "factory" else make_app(), with_default_commands=False
    )

    @manager.option("value", type=refuse if place == "type" else str)
    def take(value: str) -> None:
        """Take a value."""

    result = run_flask(grouped(manager), "manage", "take", "x")
    assert result.status == 2
    assert "not so" in result.err


def test_the_variable_of_flask_is_put_back(
    manager: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    @manager.command
    def look() -> None:
        seen.append(os.environ.get("FLASK_RUN_FROM_CLI"))

    app = grouped(manager)

    @app.cli.command("both")
    @click.pass_context
    def both(context: click.Context) -> None:
        group = app.cli.commands["manage"]
        os.environ["FLASK_RUN_FROM_CLI"] = "true"
        with context:
            group.main(["look"], standalone_mode=False, parent=context)
        seen.append(os.environ.get("FLASK_RUN_FROM_CLI"))

    assert run_flask(app, "both").status == 0
    assert seen == [None, "true"]
