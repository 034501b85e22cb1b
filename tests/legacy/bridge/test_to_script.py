"""Click commands under a Flask-Script ``Manager``."""

from __future__ import annotations

import copy
import sys
from typing import Any

import click
import flask.cli
import pytest
from flask import Flask, current_app, has_app_context, has_request_context
from flask.cli import AppGroup, FlaskGroup, pass_script_info, with_appcontext
from flask_script import Manager
from hypothesis import HealthCheck, example, given, settings, strategies as st

from flask_migrate_compat.legacy.bridge import click_group, script_command

from .runs import Result, run_flask, run_manager


def show(*args: Any) -> None:
    place = current_app.name if has_app_context() else "no application"
    click.echo(f"{args} in {place}, request: {has_request_context()}")


@click.group()
@click.option("--loud/--quiet", default=False)
@click.pass_context
def tools(ctx: click.Context, loud: bool) -> None:
    """Tools, 100% click."""
    ctx.meta["loud"] = loud


@tools.command()
@click.argument("names", nargs=-1)
@click.option("-n", "--number", type=int, default=3, show_default=True)
@click.option("-c", "--color", type=click.Choice(["red", "green"]), multiple=True)
@click.option("-p", "--pair", nargs=2, type=float)
@click.option("-v", "--verbose", count=True)
@click.option("--env", envvar="BRIDGE_ENV")
@click.pass_context
def hello(ctx: click.Context, **values: Any) -> int:
    """Say hello."""
    show(sorted(values.items()), ctx.meta["loud"])
    # To click that is no exit status.
    return 7


@tools.command()
@click.option("--name", prompt=True)
@click.confirmation_option()
def ask(name: str) -> None:
    show(name, click.prompt("again", default="d"))


@tools.command()
@click.argument("how")
@click.pass_context
@with_appcontext
def end(ctx: click.Context, how: str) -> None:
    if how == "exit":
        ctx.exit(3)
    elif how == "fail":
        ctx.fail("that was wrong")
    elif how == "abort":
        ctx.abort()
    elif how == "sys":
        sys.exit(4)
    elif how == "error":
        raise click.ClickException("one line")
    elif how == "bad":
        raise ValueError("a traceback")
    show(how)


@tools.group()
def deeper() -> None:
    """Go deeper."""


@deeper.command("leaf-command")
@pass_script_info
def leaf(info: Any) -> None:
    show(info.load_app().name)


def make_app(name: str = "bridge") -> Flask:
    app = Flask(name)
    app.debug = True
    app.add_url_rule("/hello", "hello", lambda: "hello")
    return app


def through_flask(command: click.Command, *argv: str) -> Result:
    app = make_app()
    app.cli.add_command(command, "tools")
    return run_flask(app, "tools", *argv)


def through_manager(command: click.Command, *argv: str) -> Result:
    manager = Manager(make_app())
    manager.add_command("tools", script_command(command))
    return run_manager(manager, "tools", *argv)


def compare(command: click.Command, *argv: str) -> Result:
    new = through_flask(command, *argv)
    old = through_manager(command, *argv)
    # Before Flask 2.2, `flask` has an application context only where it is asked for.
    with_context = [text.replace("no application", "bridge") for text in new[1:]]
    as_manage = [
        text.replace("flask tools", "manage.py tools") for text in with_context
    ]
    # There is one flag more for the help.
    printed = old.out.replace("-?, --help ", "--help     ")
    if "Usage:" in printed:
        assert printed.split() == as_manage[0].split()
        printed = as_manage[0]
    error = old.err.replace("-? / --help", "--help").replace("manage.py tools -?", "")
    assert (old.status, printed) == (new.status, as_manage[0])
    assert help_left_out(error) == help_left_out(as_manage[1])
    return old


def help_left_out(text: str) -> list[str]:
    """Leave out which flag is named for the help."""
    return [line for line in text.splitlines() if not line.startswith("Try ")]


WORDS = [
    *("hello", "ask", "end", "deeper", "leaf-command", "exit", "fail", "abort", "sys"),
    *(
        "error",
        "bad",
        "fine",
        "--loud",
        "--quiet",
        "-n",
        "--number=4",
        "5",
        "-c",
        "red",
    ),
    *("-p", "1", "-2.5", "-vv", "--env", "--", "-", "", "a b", "é", "--unknown", "-x"),
    *("--help", "--yes", "--name", "nonsense", "red"),
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(argv=st.lists(st.sampled_from(WORDS), max_size=6))
@example(argv=["--loud", "hello", "a", "-n", "5", "b", "--", "-x", "--", "-n"])
@example(argv=["hello", "-c", "red", "-c", "green", "-p", "1", "-2.5", "-vvv"])
@example(argv=["hello", "--", "--help"])
@example(argv=["deeper", "leaf-command"])
@example(argv=["ask", "--yes"])
def test_a_click_group_does_what_it_does_under_flask(argv: list[str]) -> None:
    compare(tools, *argv)


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ("fine", 0),
        ("exit", 3),
        ("fail", 2),
        ("abort", 1),
        ("sys", 4),
        ("error", 1),
        ("bad", 1),
    ],
)
def test_the_exit_status_is_that_of_click(how: str, status: int) -> None:
    assert compare(tools, "end", how).status == status


def test_a_variable_of_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIDGE_ENV", "there")
    # The prefix that `flask` gives to all options.
    monkeypatch.setenv("FLASK_TOOLS_HELLO_NUMBER", "12")
    out = compare(tools, "hello").out
    assert "('env', 'there')" in out
    assert "('number', 12)" in out


def test_a_help_flag_of_the_manager_asks_for_help() -> None:
    # click keeps the option once it was used, and `flask` has used the others.
    unused = click.Group("unused", commands={"inner": click.Group("inner")})
    result = through_manager(unused, "inner", "-?")
    assert result.status == 0
    assert result.out.startswith("Usage: manage.py tools inner [OPTIONS] COMMAND")


def test_the_manager_lists_it() -> None:
    manager = Manager(make_app())
    manager.add_command("tools", script_command(tools))
    listed = run_manager(manager, "--help").out
    assert "Tools, 100% click." in listed


def test_it_keeps_its_name() -> None:
    manager = Manager(make_app())
    manager.add_command(script_command(leaf))
    assert run_manager(manager, "leaf-command").out == (
        "('bridge',) in bridge, request: False\n"
    )


def test_it_gets_the_application_of_the_manager() -> None:
    manager = Manager(make_app)
    manager.add_option("-n", "--name", dest="name", default="default")
    below = Manager()
    below.add_command("tools", script_command(tools))
    manager.add_command("below", below)
    argv = ["-n", "prod", "below", "tools", "deeper", "leaf-command"]
    assert run_manager(manager, *argv).out == "('prod',) in prod, request: False\n"
    error = run_manager(manager, "below", "tools", "hello", "--wrong").err
    assert "Usage: manage.py below tools hello" in error


def test_it_may_stand_in_several_places() -> None:
    command = script_command(tools)
    manager = Manager(make_app())
    manager.add_command("one", command)
    manager.add_command("two", command)
    for name in ("one", "two"):
        assert (
            f"manage.py {name} hello" in run_manager(manager, name, "hello", "-x").err
        )


def test_the_settings_of_the_application_stay() -> None:
    @click.command()
    @with_appcontext
    def debug() -> None:
        click.echo(current_app.debug)

    assert through_manager(debug).out == "True\n"


def test_handle_returns_after_success() -> None:
    manager = Manager(make_app())
    manager.add_command("tools", script_command(tools))
    assert manager.handle("manage.py", ["tools", "hello"]) is None
    with pytest.raises(SystemExit) as stopped:
        manager.handle("manage.py", ["tools", "end", "exit"])
    assert stopped.value.code == 3


def test_the_commands_of_flask_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    if hasattr(flask.cli, "routes_command"):
        assert "/hello" in compare(flask.cli.routes_command).out
    manager = Manager(make_app())
    manager.add_command("sh", script_command(flask.cli.shell_command))
    monkeypatch.setattr("code.interact", lambda *_, local, **__: print(local["app"]))
    assert run_manager(manager, "sh").out == "<Flask 'bridge'>\n"


def test_a_server_runs_in_no_context(monkeypatch: pytest.MonkeyPatch) -> None:
    served = []

    def run_simple(*_: Any, **__: Any) -> None:
        served.append(has_app_context())

    for module in ("werkzeug.serving", "flask.cli"):
        monkeypatch.setattr(f"{module}.run_simple", run_simple, raising=False)
    manager = Manager(make_app())
    manager.add_command("serve", script_command(flask.cli.run_command))
    assert run_manager(manager, "serve", "--no-reload").status == 0
    assert served == [False]


def test_groups_of_flask() -> None:
    group = AppGroup("group", help="A group")

    @group.command()
    def name() -> None:
        show()

    assert compare(group, "name").out == "() in bridge, request: False\n"
    whole: Any = FlaskGroup(create_app=lambda *_: make_app("another"))
    whole._loaded_plugin_commands = True
    whole.add_command(name)
    assert through_manager(whole, "name").out == "() in bridge, request: False\n"


def test_a_command_has_its_own_objects() -> None:
    @click.group(context_settings={"obj": "mine", "help_option_names": ["-h"]})
    def group() -> None: ...

    @group.command()
    @click.pass_obj
    def which(obj: Any) -> None:
        show(obj)

    assert compare(group, "which").out == "('mine',) in bridge, request: False\n"
    assert compare(group, "which", "-h").status == 0
    assert through_manager(group, "which", "-?").status == 2


def test_it_can_be_copied_with_its_manager() -> None:
    manager = Manager()
    manager.add_command("tools", script_command(tools))
    manager.create_parser("manage.py")
    copied = copy.deepcopy(manager)
    copied.app = make_app("copied")
    assert run_manager(copied, "tools", "hello").out.endswith(
        "in copied, request: False\n"
    )
    assert copied._commands["tools"].click_command is tools


@pytest.mark.parametrize("wrong", [len, "tools", Manager])
def test_what_is_no_click_command_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="takes a click command"):
        script_command(wrong)


def test_there_and_back_again() -> None:
    manager = Manager(make_app)
    manager.add_option("--name", dest="name", default="default")
    manager.add_command("tools", script_command(tools))
    app = make_app("flask's own")
    app.cli.add_command(click_group(manager))
    argv = ("manage", "--name", "prod", "tools")
    done = run_flask(app, *argv, "deeper", "leaf-command")
    assert done.out == "('prod',) in prod, request: False\n"
    assert "Usage: flask manage tools hello" in run_flask(app, *argv, "hello", "-z").err
    assert "--color" in run_flask(app, *argv, "hello", "--help").out
