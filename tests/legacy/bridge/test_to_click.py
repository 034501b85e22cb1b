"""The commands of a Manager under ``flask``: what parity does not show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from flask import current_app, g, has_app_context
from flask_script import Command, Group, Manager, Option

from flask_migrate_compat.legacy.bridge import (
    click_group,
)

from ..interpreter import Interpreter, free_port
from .applications import grouped, late, make_app, top_level, where
from .runs import run_flask
from .zoo import ZOO

# -- help ----------------------------------------------------------------------------


def test_the_help_is_that_of_click() -> None:
    out = run_flask(grouped(ZOO["classes"]()), "manage", "groups", "--help").out
    assert out.splitlines()[0] == "Usage: flask manage groups [OPTIONS] WHERE"
    for part in (
        "  Has groups.\n\n  The second paragraph.\n",
        "--a         [not with --b]",
        "-c C",
        "People:\n  All of them\n",
        "--user USER  who",
        "-?, --help",
    ):
        assert part in out


def test_the_help_tells_what_argparse_tells() -> None:
    out = run_flask(grouped(ZOO["options"]()), "manage", "typed", "-?").out
    assert "Convert typed" in out
    assert "-r, --required REQUIRED  50% of None" in out
    assert "--color [red|green]" in out
    assert "--even EVEN" in out
    out = run_flask(grouped(ZOO["options"]()), "manage", "counts", "--help").out
    assert "Usage: flask manage counts [OPTIONS] [FILES]..." in out
    assert "-p, --pair X Y" in out
    assert "-m, --many MANY..." in out
    out = run_flask(grouped(ZOO["options"]()), "manage", "version", "--help").out
    assert "--hidden" not in out
    out = run_flask(grouped(ZOO["classes"]()), "manage", "urls", "--help").out
    assert "[URL]  Url to test" in out
    assert "(default: rule)" in out


def test_a_group_lists_its_commands_in_their_order(manager: Any) -> None:
    manager.add_command("zebra", Command(lambda: None))
    manager.add_command("ape", Manager(usage="100% apes"))
    app = grouped(manager)
    # Added later.
    manager.command(late)
    for status, argv in ((0, ["--help"]), (2, [])):
        result = run_flask(app, "manage", *argv)
        assert result.status == status
        names = result.out.partition("Commands:\n")[2]
        assert [line.split() for line in names.splitlines()] == [
            ["zebra"],
            ["ape", "100%", "apes"],
            ["late", "Come", "late."],
        ]
    assert "manage" in run_flask(app, "--help").out


def test_the_default_commands_are_there() -> None:
    out = run_flask(grouped(Manager(make_app())), "manage", "--help").out
    assert "runserver" in out
    assert "shell" in out


def test_the_parameters_can_be_looked_at() -> None:
    group = click_group(ZOO["options"]())
    context = click.Context(group)
    typed = group.get_command(context, "typed")
    assert typed is not None
    defaults = {one.name: one.get_default(context) for one in typed.params}
    assert list(defaults) == ["required", "color", "even", "number"]
    assert (defaults["color"], defaults["number"]) == ("red", "7")
    places = group.get_command(context, "places")
    assert places is not None
    assert [one.name for one in places.params if isinstance(one, click.Argument)] == [
        "first",
        "second",
        "third",
    ]


# -- the application, and the context --------------------------------------------------


def test_a_manager_without_application_gets_that_of_flask() -> None:
    manager = Manager()
    manager.command(where)
    app = grouped(manager)
    assert run_flask(app, "manage", "where").out == "flask's own\n"
    assert manager.app is None


def test_an_old_command_has_a_context_of_its_own() -> None:
    app = make_app()
    ended = []
    app.teardown_appcontext(lambda error: ended.append("context"))
    manager = Manager(app)

    @manager.command
    def first() -> None:
        g.seen = True

    @manager.command
    def both() -> None:
        manager.handle("manage.py", ["first"])
        ended.append("command")

    class Outside(Command):  # type: ignore[misc]
        def __call__(self, app: Any = None, **kwargs: Any) -> None:
            print(has_app_context())

    manager.add_command("outside", Outside())
    app.cli.add_command(click_group(manager))
    assert run_flask(app, "manage", "outside").out == "False\n"
    ended.clear()
    run_flask(app, "manage", "first")
    old = list(ended)
    assert old[0] == "context"


def test_a_context_of_the_caller_stays() -> None:
    app = make_app()
    manager = Manager(app)

    @manager.command
    def seen() -> None:
        print(g.value)

    app.cli.add_command(click_group(manager))
    if not hasattr(app, "test_cli_runner"):
        pytest.skip("this Flask has no test runner")
    with app.app_context():
        g.value = "of the test"
        result = app.test_cli_runner().invoke(args=["manage", "seen"])
    assert result.output == "of the test\n"


def test_a_command_runs_after_the_bridge_as_before() -> None:
    manager = ZOO["statuses"]()
    app = grouped(manager)
    assert run_flask(app, "manage", "number", "3").status == 3
    assert manager.handle("manage.py", ["number", "4"]) == 4
    assert "create_parser" not in vars(manager)


def test_options_are_asked_for_once_and_values_converted_once() -> None:
    asked = []

    def convert(text: str) -> str:
        asked.append(text)
        return text

    class Counting(Command):  # type: ignore[misc]
        def get_options(self) -> list[Any]:
            asked.append("options")
            return [Option("-x", type=convert)]

        def run(self, x: str) -> None:
            asked.append(f"run {x}")

    def counting_manager() -> Any:
        manager = Manager(lambda name: make_app(name))
        manager.add_option("--name", type=convert)
        below = Manager()
        below.add_command("counting", Counting())
        manager.add_command("below", below)
        return manager

    argv = ["--name", "n", "below", "counting", "-x", "1"]
    counting_manager().handle("manage.py", argv)
    expected, asked = asked, []
    run_flask(grouped(counting_manager()), "manage", *argv)
    assert asked == expected == ["options", "n", "1", "run 1"]


def test_ctrl_c_has_the_status_of_the_shell(manager: Any) -> None:
    @manager.command
    def stopped() -> None:
        raise KeyboardInterrupt

    assert run_flask(grouped(manager), "manage", "stopped").status == 130


SERVER = """\
from flask import Flask
from flask_script import Manager, Server
from flask_migrate_compat.legacy.bridge import click_group

app = Flask(__name__)
app.add_url_rule("/", "index", lambda: "served")
manager = Manager(app)
app.cli.add_command(click_group(manager))
"""


def test_the_old_server_serves(tmp_path: Path) -> None:
    python = Interpreter(tmp_path)
    python.write(manage=SERVER)
    port = free_port()
    argv = ["-m", "flask", "manage", "runserver", "-p", str(port)]
    answer = python.answer(*argv, port=port, path="/", FLASK_APP="manage.py")
    assert answer == b"served"


# -- global options at the top level -------------------------------------------------


@pytest.mark.parametrize(
    ("line", "config", "command"),
    [
        ("plain x", "'none', level=1", "plain(count='1', name='x') in none"),
        ("plain --config prod x", "'prod', level=1", "plain(count='1', name='x')"),
        ("plain x --level=3 -c 4", "'none', level=3", "plain(count='4', name='x')"),
        # The short flag is its own.
        ("clash -c 3 --config prod", "'prod', level=1", "clash(cut=3) in prod"),
        ("sub -c prod --deep inner -x 0", "'prod', level=1", "inner(x='0') in prod"),
        ("sub most leaf 1", "'none', level=1", "leaf(y=['1']) in none"),
    ],
)
def test_global_options_stand_behind_the_command(
    line: str, config: str, command: str
) -> None:
    result = run_flask(top_level(ZOO["factory"]()), *line.split())
    assert f"config={config}" in result.out, result
    assert command in result.out


def test_a_required_global_option_can_be_given() -> None:
    manager = Manager(lambda name: make_app(name))
    manager.add_option("-n", "--name", dest="name", required=True)
    manager.command(where)
    app = top_level(manager)
    assert run_flask(app, "where", "-n", "prod").out == "prod\n"
    assert "-n/--name" in run_flask(app, "where").err
    shown = run_flask(app, "where", "--help").out
    assert "Options of the application:\n  -n, --name NAME  [required]" in shown


def test_a_command_that_takes_everything_gets_it() -> None:
    manager = ZOO["factory"]()
    manager._commands.update(ZOO["classes"]()._commands)
    out = run_flask(top_level(manager), "everything", "--config", "prod").out
    assert "Everything(['--config', 'prod']" in out


# -- new commands beside the old ones ------------------------------------------------


def test_a_click_command_replaces_an_old_one(manager: Any) -> None:
    manager.command(where)
    manager.add_option("-c", dest="config")
    group: Any = click_group(manager)

    @group.command("where")
    def new() -> None:
        print("new in", current_app.name)

    app = make_app()
    app.cli.add_command(group)
    assert run_flask(app, "manage", "where").out == "new in bridge\n"
    # The application of a click command is that of flask.
    result = run_flask(app, "manage", "-c", "x", "where")
    assert result.status == 2
    assert "takes no options" in result.err


def test_a_group_title_of_argparse_itself(manager: Any) -> None:
    class Titled(Command):  # type: ignore[misc]
        def get_options(self) -> list[Any]:
            return [
                Group(Option("--a"), title="options"),
                Group(Option("--b")),
                Group(Option("--c")),
            ]

        def run(self, **values: Any) -> None:
            print(sorted(values.items()))

    manager.add_command("titled", Titled())
    out = run_flask(grouped(manager), "manage", "titled", "--a", "1", "--c", "2").out
    assert out == "[('a', '1'), ('b', None), ('c', '2')]\n"
