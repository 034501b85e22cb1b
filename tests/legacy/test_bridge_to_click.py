"""The commands of a Manager under ``flask``: what parity does not show."""

from __future__ import annotations

import copy
import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from socket import socket
from typing import Any

import click
import pytest
from flask import Flask, current_app, g, has_app_context
from flask.cli import FlaskGroup
from flask_script import Command, Group, Manager, Option, Shell

from flask_migrate_compat import MigrateCommand as shared_command, cli as migrate_cli
from flask_migrate_compat.legacy.bridge import (
    CommandClashWarning,
    click_commands,
    click_group,
    script_command,
)

from ..conftest import Project
from .bridge_runs import Result, process, run_flask
from .bridge_zoo import ZOO
from .interpreter import Interpreter

CLICK_7 = find_spec("click.shell_completion") is None


def make_app(name: str = "bridge") -> Flask:
    return Flask(name)


def bridge(manager: Any) -> Flask:
    app = make_app("flask's own")
    app.cli.add_command(click_group(manager))
    return app


@pytest.fixture
def manager() -> Any:
    return Manager(make_app(), with_default_commands=False)


# -- help ----------------------------------------------------------------------------


def test_the_help_is_that_of_click() -> None:
    out = run_flask(bridge(ZOO["classes"]()), "manage", "groups", "--help").out
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
    out = run_flask(bridge(ZOO["options"]()), "manage", "typed", "-?").out
    assert "Convert typed" in out
    assert "-r, --required REQUIRED  50% of None" in out
    assert "--color [red|green]" in out
    assert "--even EVEN" in out
    out = run_flask(bridge(ZOO["options"]()), "manage", "counts", "--help").out
    assert "Usage: flask manage counts [OPTIONS] [FILES]..." in out
    assert "-p, --pair X Y" in out
    assert "-m, --many MANY..." in out
    out = run_flask(bridge(ZOO["options"]()), "manage", "version", "--help").out
    assert "--hidden" not in out
    out = run_flask(bridge(ZOO["classes"]()), "manage", "urls", "--help").out
    assert "[URL]  Url to test" in out
    assert "(default: rule)" in out


def test_a_group_lists_its_commands_in_their_order(manager: Any) -> None:
    manager.add_command("zebra", Command(lambda: None))
    manager.add_command("ape", Manager(usage="100% apes"))
    app = bridge(manager)
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


def late() -> None:
    """Come late."""


def test_the_default_commands_are_there() -> None:
    out = run_flask(bridge(Manager(make_app())), "manage", "--help").out
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


# -- completion ----------------------------------------------------------------------


def complete(app: Flask, *words: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    # So click 7 ends the process.
    monkeypatch.setattr("click.core.fast_exit", sys.exit, raising=False)
    monkeypatch.setenv("COMP_WORDS", " ".join(("flask", *words)))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    monkeypatch.setenv("_FLASK_COMPLETE", "complete" if CLICK_7 else "bash_complete")
    with process(["flask"]) as run:
        # With click 7, FlaskGroup completes for the application of FLASK_APP only.
        cli = app.cli if CLICK_7 else FlaskGroup(create_app=lambda *_: app)
        cli.main([], prog_name="flask")
    result = run.result()
    assert result.status in (0, 1)
    assert not result.err
    return [line.rpartition(",")[2] for line in result.out.splitlines()]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("manage fa", ["fails"]),
        ("manage ty", ["typed"]),
        ("manage --ta", ["--tag"]),
        ("manage typed --c", ["--color"]),
        ("manage typed --color g", ["green"]),
        ("manage typed --number 3 --color r", ["red"]),
        ("manage places one y", ["y"]),
        ("manage places --b", ["--between"]),
        ("manage -c prod sub m", ["most"]),
        ("manage sub inn", ["inner"]),
        ("manage tools de", ["deep"]),
        ("manage tools deep --na", ["--name"]),
        ("typed --c", ["--color", "--config"]),
        ("sub mo", ["most"]),
        # Of an option for help, click 7 knows nothing here.
        ("broken --h", [] if CLICK_7 else ["--help"]),
    ],
)
def test_a_shell_completes(
    words: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = ZOO["factory"]()
    for name in ("statuses", "options"):
        manager._commands.update(ZOO[name]()._commands)
    tools = click.Group("tools")
    tools.add_command(click.Command("deep", params=[click.Option(["--name"])]))
    manager.add_command("tools", script_command(tools))
    manager._commands["broken"] = broken()
    app = bridge(manager)
    for command in click_commands(manager):
        app.cli.add_command(command)
    assert complete(app, *words.split(), monkeypatch=monkeypatch) == expected


# -- the application, and the context --------------------------------------------------


def test_a_manager_without_application_gets_that_of_flask() -> None:
    manager = Manager()
    manager.command(where)
    app = bridge(manager)
    assert run_flask(app, "manage", "where").out == "flask's own\n"
    assert manager.app is None


def where() -> None:
    """Tell the application."""
    print(current_app.name)


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
    app = bridge(manager)
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
    run_flask(bridge(counting_manager()), "manage", *argv)
    assert asked == expected == ["options", "n", "1", "run 1"]


def test_ctrl_c_has_the_status_of_the_shell(manager: Any) -> None:
    @manager.command
    def stopped() -> None:
        raise KeyboardInterrupt

    assert run_flask(bridge(manager), "manage", "stopped").status == 130


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
    with closing(socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    argv = ["-m", "flask", "manage", "runserver", "-p", port]
    process = subprocess.Popen(
        [sys.executable, *argv],
        cwd=str(tmp_path),
        env={**python.env, "FLASK_APP": "manage.py"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(200):
            try:
                address = f"http://127.0.0.1:{port}/"
                with urllib.request.urlopen(address, timeout=5) as response:
                    assert response.read() == b"served"
                return
            except OSError:
                assert process.poll() is None, "the server ended"
                time.sleep(0.1)
        raise AssertionError("the server did not answer")
    finally:
        process.send_signal(signal.SIGINT if os.name != "nt" else signal.SIGTERM)
        process.wait()


# -- global options at the top level -------------------------------------------------


def top_level(manager: Any, **options: Any) -> Flask:
    app = make_app("flask's own")
    for command in click_commands(manager, **options):
        app.cli.add_command(command)
    return app


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


# -- clashes, and other bad input ----------------------------------------------------


def test_a_name_that_flask_has_is_named(manager: Any) -> None:
    manager.add_command("run", Command(lambda: print("the old one")))
    manager.command(where)
    with pytest.warns(CommandClashWarning, match="'run' of the Manager") as caught:
        app = top_level(manager)
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
    assert run_flask(bridge(manager), "manage", "run").out == "the old one\n"


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


def broken() -> Any:
    command = Command()
    command.__doc__ = "Break."
    command.option_list = [Option("-x", "--one"), Option("-x", "--two")]
    return command


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
    app = bridge(manager) if way == "manage" else top_level(manager)
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
    app = bridge(manager)
    result = run_flask(app, "manage", "where")
    assert result.status == 1
    assert result.err.startswith("Error: 'flask manage': its options")
    assert run_flask(app, "--help").status == 0


def test_a_type_that_raises(manager: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    @manager.option("-x", type=lambda text: {}[text])
    def raises(x: Any) -> None: ...

    manager.command(where)
    app = bridge(manager)
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
    app = bridge(manager)
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

    assert run_flask(bridge(manager), "manage", "fails").err == "KeyError: 'its own'\n"


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
    out = run_flask(bridge(manager), "manage", "titled", "--a", "1", "--c", "2").out
    assert out == "[('a', '1'), ('b', None), ('c', '2')]\n"


# -- MigrateCommand ------------------------------------------------------------------

MANAGE = """\
from app import app, db
from flask_script import Manager
from flask_migrate import MigrateCommand, upgrade
from flask_migrate_compat.legacy.bridge import click_group, click_commands

manager = Manager(app)


@manager.command
def deploy():
    upgrade()
    print("deployed")


@manager.command
def again():
    manager.handle("manage.py", ["db", "current"])


if __name__ == "__main__":
    manager.run({"db": MigrateCommand})
manager.add_command("db", MigrateCommand)
app.cli.add_command(click_group(manager))
for command in click_commands(manager):
    app.cli.add_command(command)
"""


def test_the_database_commands(migrated: Project) -> None:
    (migrated.path / "manage.py").write_text(MANAGE)

    def flask(*argv: str) -> subprocess.CompletedProcess[str]:
        return migrated.flask(*argv, FLASK_APP="manage.py")

    assert flask("manage", "db", "upgrade", "a1").returncode == 0
    assert flask("db", "current").stdout == "a1\n"
    assert flask("manage", "deploy").stdout == "deployed\n"
    assert flask("manage", "db", "current").stdout == "b2 (head)\n"
    assert flask("manage", "db", "downgrade", "-2").returncode == 0
    deployed = migrated.manage("deploy")
    assert deployed.stdout == "deployed\n", deployed.stderr
    assert flask("again").stdout == "b2 (head)\n"
    assert migrated.manage("db", "current").stdout == "b2 (head)\n"
    migrated.write_revision("c3", "b2")
    failed = flask("manage", "db", "migrate")
    assert failed.returncode == 1
    assert "manage db upgrade" in failed.stderr
    shown = flask("manage", "db", "upgrade", "-?").stdout
    assert "flask manage db upgrade [OPTIONS] [REVISION]" in shown


def test_a_migrate_command_that_was_extended_is_told_apart() -> None:
    app = make_app()
    app.cli.add_command(migrate_cli.db)
    manager = Manager(app, with_default_commands=False)
    manager.add_command("db", copy.deepcopy(shared_command))
    assert click_commands(manager) == []
    manager._commands["db"].command(where)
    with pytest.warns(CommandClashWarning, match="'db'"):
        assert click_commands(manager) == []
    commands = click_commands(manager, rename={"db": "old-db"})
    assert [command.name for command in commands] == ["old-db"]
