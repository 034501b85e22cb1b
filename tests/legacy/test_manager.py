"""``MigrateCommand``: the same as ``flask db``, and a real Flask-Script Manager."""

from __future__ import annotations

import copy
import functools
import sys
from typing import Any, Callable, Iterator

import click
import pytest
from click.testing import CliRunner
from flask import Flask, current_app
from flask.cli import ScriptInfo
from flask_script import Command, Manager
from hypothesis import HealthCheck, example, given, settings, strategies as st

from flask_migrate_compat import MigrateCommand as shared_command, cli, commands
from flask_migrate_compat.extension import Migrate
from flask_migrate_compat.legacy.manager import MigrateManager, _option

from ..conftest import Project
from ..test_bad_input import CASES, check


@pytest.fixture
def migrate_command() -> Any:
    """Return a command of the test's own, which it may change."""
    return copy.deepcopy(shared_command)


@pytest.fixture(scope="module")
def calls() -> Iterator[list[Any]]:
    """Record the core function that a command line calls, and what arrives there."""
    recorded: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        for command in cli.db.commands:
            name = command.replace("-", "_")
            patch.setattr(commands, name, recorder(getattr(commands, name), recorded))
        yield recorded


def recorder(function: Callable[..., Any], recorded: list[Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def record(**arguments: Any) -> None:
        normalised = {
            key: tuple(value) if isinstance(value, (list, tuple)) else value
            for key, value in arguments.items()
            # "Not given" is an empty tuple for click and None for argparse.
            if value not in (None, (), [])
        }
        recorded.append((function.__name__, current_app.name, normalised))

    return record


def make_app() -> Flask:
    app = Flask("example")
    Migrate(app, object())
    return app


def through_click(*argv: str) -> int:
    app = make_app()
    info = ScriptInfo(create_app=lambda *_: app)
    result = CliRunner().invoke(cli.db, argv, obj=info)
    assert isinstance(result.exit_code, int)
    return result.exit_code


def through_manager(*argv: str, command: Any = shared_command) -> int:
    manager = Manager(make_app(), with_default_commands=False)
    manager.add_command("db", command)
    try:
        manager.handle("manage.py", ["db", *argv])
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


# The options of every command, written by hand: what takes a value and what does not.
GROUP = {"-d": True, "--directory": True, "-x": True, "--x-arg": True}
NEW = {
    **GROUP,
    "-m": True,
    "--message": True,
    "--sql": False,
    "--head": True,
    "--splice": False,
    "--branch-label": True,
    "--version-path": True,
    "--rev-id": True,
    "--depends-on": True,
    "--allow-drop-all": False,
}
LOCK = {"--lock-timeout": True, "--no-lock": False}
RUN = {**GROUP, **LOCK, "--sql": False, "--tag": True}
RESUME = {"--resume-skip": False, "--resume-retry": False, "--quiet": False}
OPTIONS: dict[str, dict[str, bool]] = {
    "list-templates": {},
    "init": {
        "-d": True,
        "--directory": True,
        "--multidb": False,
        "-t": True,
        "--template": True,
        "--package": False,
    },
    "revision": {**NEW, "--autogenerate": False},
    "migrate": NEW,
    "edit": GROUP,
    "merge": {
        **GROUP,
        "-m": True,
        "--message": True,
        "--branch-label": True,
        "--rev-id": True,
        "--splice": False,
    },
    "upgrade": {**RUN, **RESUME},
    "downgrade": {**RUN, **RESUME},
    "show": GROUP,
    "history": {
        **GROUP,
        "-r": True,
        "--rev-range": True,
        "-v": False,
        "--verbose": False,
        "-i": False,
        "--indicate-current": False,
    },
    "heads": {
        **GROUP,
        "-v": False,
        "--verbose": False,
        "--resolve-dependencies": False,
    },
    "branches": {**GROUP, "-v": False, "--verbose": False},
    "current": {
        **GROUP,
        "-v": False,
        "--verbose": False,
        "-c": False,
        "--check-heads": False,
    },
    "stamp": {**RUN, "--purge": False},
    "check": GROUP,
    "ensure-version": {**GROUP, **LOCK, "--sql": False},
}
ONE_REVISION = {"edit", "upgrade", "downgrade", "show", "stamp"}
VALUES = st.sampled_from(
    ["a", "a b", "ae10:head", "x=1", "100%", "é", "head", "+1", "2.5"]
)


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    def some_options(table: dict[str, bool]) -> list[str]:
        argv = []
        for flag in draw(st.lists(st.sampled_from(sorted(table)), max_size=4)):
            argv.append(flag)
            if table[flag]:
                argv.append(draw(VALUES))
        return argv

    name = draw(st.sampled_from(sorted(OPTIONS)))
    argv = [*some_options({**GROUP, "--traceback": False}), name]
    options = some_options(OPTIONS[name]) if OPTIONS[name] else []
    positional = []
    if name == "merge":
        positional = draw(st.lists(VALUES, max_size=3))
    elif name in ONE_REVISION:
        revision = st.one_of(VALUES, st.sampled_from(["-1", "-12"]))
        positional = draw(st.lists(revision, max_size=1))
        if positional and draw(st.booleans()):
            positional = ["--", *positional]
    mistake = draw(st.sampled_from([[]] * 9 + [["--nonsense"]]))
    if draw(st.booleans()) and "--" not in positional:
        return [*argv, *positional, *options, *mistake]
    return [*argv, *options, *mistake, *positional]


def test_the_table_of_options_is_complete() -> None:
    assert set(OPTIONS) == set(cli.db.commands)
    for name, command in cli.db.commands.items():
        declared = {
            flag
            for parameter in command.params
            if isinstance(parameter, click.Option)
            for flag in parameter.opts
        }
        assert declared == set(OPTIONS[name]), name


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(argv=command_lines())
@example(argv=["downgrade", "-1"])
@example(argv=["downgrade", "--", "-1"])
@example(argv=["stamp"])
@example(argv=["merge"])
@example(argv=["-d", "DIR", "-x", "A", "upgrade"])
@example(argv=["upgrade", "-d", "DIR", "-x", "A"])
@example(argv=["-d", "X", "-x", "X", "upgrade", "-d", "DIR", "-x", "A"])
def test_both_command_lines_call_the_same(calls: list[Any], argv: list[str]) -> None:
    calls.clear()
    by_click = (through_click(*argv), list(calls))
    calls.clear()
    by_manager = (through_manager(*argv), list(calls))
    assert by_click == by_manager


@pytest.mark.parametrize(
    ("argv", "click_status", "manager_status"),
    [
        # argparse completes an option that is not ambiguous.
        (["upgrade", "--dir", "DIR"], 2, 0),
        # argparse does not take a value that looks like an option, click does.
        (["upgrade", "--tag", "--sql"], 0, 2),
        # argparse wants the revisions of a merge in one piece.
        (["merge", "a", "-m", "x", "b"], 0, 2),
        # Only argparse has this flag for the help text.
        (["upgrade", "-?"], 2, 0),
    ],
)
def test_known_differences(
    calls: list[Any], argv: list[str], click_status: int, manager_status: int
) -> None:
    assert through_click(*argv) == click_status
    assert through_manager(*argv) == manager_status


def test_the_group_alone_shows_the_commands(project: Project) -> None:
    for done in (project.flask("db"), project.manage("db")):
        output = done.stdout + done.stderr
        for name in OPTIONS:
            assert name in output
        assert "Traceback" not in output


@pytest.mark.parametrize("argv", [["-?"], ["--help"], ["db", "-?"], ["db", "--help"]])
def test_help_is_shown(project: Project, argv: list[str]) -> None:
    done = project.manage(*argv)
    assert done.returncode == 0
    assert "Perform database migrations." in done.stdout


@pytest.mark.parametrize("name", CASES)
def test_bad_input(migrated: Project, name: str) -> None:
    check(CASES[name], migrated, migrated.manage)


def test_an_app_without_migrate(migrated: Project) -> None:
    migrated.replace("app.py", "migrate = Migrate(app, db)", "")
    done = migrated.manage("db", "upgrade")
    assert done.returncode == 1
    assert done.stderr == (
        "Error: The application 'app' has no migrations."
        " Add Migrate(app, db) where the application is made.\n"
    )


def test_a_traceback_is_shown_when_asked_for(migrated: Project) -> None:
    done = migrated.manage("db", "--traceback", "upgrade", "nonsense")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_a_life_of_a_database(project: Project) -> None:
    for argv in (
        ["init"],
        ["migrate", "-m", "first", "--rev-id", "a1"],
        ["upgrade"],
        ["revision", "--rev-id", "b1"],
        ["upgrade"],
        ["downgrade", "-1"],
    ):
        done = project.manage("db", *argv)
        assert done.returncode == 0, done.stderr
    assert project.manage("db", "current").stdout == "a1\n"
    assert project.flask("db", "current").stdout == "a1\n"


# What code in the wild does with MigrateCommand.


def test_a_command_can_be_added_by_decorator(migrate_command: Any) -> None:
    seen = []

    @migrate_command.command
    def seed(rows: str = "10") -> None:
        seen.append((rows, current_app.name))

    assert through_manager("seed", command=migrate_command) == 0
    assert through_manager("seed", "--rows", "3", command=migrate_command) == 0
    assert through_manager("-d", "DIR", "seed", command=migrate_command) == 0
    assert seen == [("10", "example"), ("3", "example"), ("10", "example")]
    assert "seed" not in shared_command._commands


def test_a_command_can_be_added_with_options(migrate_command: Any) -> None:
    seen = []

    @migrate_command.option("-n", "--number", dest="number", type=int, default=1)
    def seed(number: int) -> None:
        seen.append(number)

    assert through_manager("seed", "-n", "4", command=migrate_command) == 0
    assert seen == [4]


def test_a_command_object_can_be_added(migrate_command: Any) -> None:
    class Seed(Command):
        "Fill the tables."

        def run(self) -> int:
            return 3

    migrate_command.add_command("seed", Seed())
    manager = Manager(make_app())
    manager.add_command("db", migrate_command)
    assert manager.handle("manage.py", ["db", "seed"]) == 3


def test_a_command_can_be_replaced(migrate_command: Any, calls: list[Any]) -> None:
    seen: list[Any] = []

    # The signature of Flask-Migrate 2.7's downgrade, and one shorter than ours.
    def downgrade(
        directory: Any = None,
        revision: str = "-1",
        sql: bool = False,
        tag: Any = None,
        x_arg: Any = None,
    ) -> None:
        seen.append((directory, revision, sql, tag, x_arg))

    def stamp(directory: Any = None, revision: str = "head") -> None:
        seen.append((directory, revision))

    migrate_command._commands["downgrade"].run = downgrade
    migrate_command._commands["stamp"].run = stamp
    assert through_manager("downgrade", "-2", "-x", "A", command=migrate_command) == 0
    assert through_manager("stamp", "a1", command=migrate_command) == 0
    assert seen == [(None, "-2", False, None, ["A"]), (None, "a1")]
    assert through_manager("stamp", "--purge", command=migrate_command) == 1


def test_a_command_can_be_removed(migrate_command: Any, calls: list[Any]) -> None:
    del migrate_command._commands["init"]
    assert through_manager("init", command=migrate_command) == 2
    assert through_manager("heads", command=migrate_command) == 0
    assert through_manager("init") == 0


def test_create_parser_can_be_overridden(calls: list[Any]) -> None:
    class Loud(MigrateManager):
        def create_parser(self, *args: Any, **kwargs: Any) -> Any:
            parser = super().create_parser(*args, **kwargs)
            parser.epilog = "Ask the team first."
            return parser

    command = Loud(cli.db)
    assert through_manager("-d", "DIR", "heads", command=command) == 0
    assert calls[-1][2]["directory"] == "DIR"
    assert command.parser.epilog == "Ask the team first."


def test_a_command_can_be_moved_to_the_top(calls: list[Any]) -> None:
    manager = Manager(make_app())
    manager.add_command("upgrade", copy.deepcopy(shared_command._commands["upgrade"]))
    manager.handle("manage.py", ["upgrade", "a1"])
    assert calls[-1][0] == "upgrade"


def test_it_serves_two_managers_at_once(calls: list[Any]) -> None:
    for name in ("db", "schema"):
        manager = Manager(make_app())
        manager.add_command(name, shared_command)
        manager.handle("manage.py", [name, "-d", name, "heads"])
        assert calls[-1][2]["directory"] == name
    manager.handle("manage.py", ["schema", "heads"])
    assert "directory" not in calls[-1][2]


def test_global_options_and_a_factory(calls: list[Any]) -> None:
    def create_app(config: str = "none") -> Flask:
        app = make_app()
        app.name = config
        return app

    manager = Manager(create_app)
    manager.add_option("-c", "--config", dest="config", default="default")
    manager.add_command("db", shared_command)
    manager.handle("manage.py", ["-c", "production", "db", "upgrade"])
    assert calls[-1][:2] == ("upgrade", "production")


# The translation of one click parameter.


def translate(parameter: click.Parameter) -> dict[str, Any]:
    kwargs = dict(_option(parameter).kwargs)
    kwargs.pop("type", None)
    return kwargs


def test_percent_signs_in_help_texts_are_kept() -> None:
    assert translate(click.Option(["--rate"], help="100% sure"))["help"] == "100%% sure"


def test_values_are_converted_with_the_message_of_click() -> None:
    group = click.Group("db")
    seen = []

    @group.command()
    @click.option("--seconds", type=float, default=1.5, help="How long.")
    def heads(seconds: float) -> None: ...

    command = MigrateManager(group)
    command._commands["heads"].run = lambda seconds: seen.append(seconds)
    assert through_manager("heads", "--seconds", "2", command=command) == 0
    assert through_manager("heads", command=command) == 0
    assert through_manager("heads", "--seconds", "x", command=command) == 2
    assert seen == [2.0, 1.5]


@pytest.mark.parametrize(
    "parameter",
    [
        click.Option(["--yes/--no"]),
        click.Option(["-v"], count=True),
        click.Option(["--pair"], nargs=2),
        click.Argument(["pair"], nargs=2),
    ],
)
def test_what_cannot_be_translated_is_refused(parameter: click.Parameter) -> None:
    with pytest.raises(TypeError, match="does not translate"):
        translate(parameter)


def test_it_needs_no_start_up_file(migrated: Project) -> None:
    # `-S` runs no .pth file; the modules are found as in this process.
    code = (
        f"import sys; sys.path[:] = ['.', *{sys.path!r}];"
        "from flask_migrate_compat import MigrateCommand;"
        "from manage import manager;"
        "manager.handle('manage.py', ['db', 'heads'])"
    )
    done = migrated.run("-S", "-c", code)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "b2 (head)\n"


def test_group_options_reach_a_replaced_command(migrate_command: Any) -> None:
    seen: list[Any] = []

    def upgrade(
        directory: Any = None, revision: str = "head", x_arg: Any = None
    ) -> None:
        seen.append((directory, revision, x_arg))

    migrate_command._commands["upgrade"].run = upgrade
    argv = ("-d", "DIR", "-x", "A", "upgrade", "a1")
    assert through_manager(*argv, command=migrate_command) == 0
    assert (
        through_manager("-d", "X", "upgrade", "-d", "DIR", command=migrate_command) == 0
    )
    assert seen == [("DIR", "a1", ["A"]), ("DIR", "head", None)]


def test_a_replaced_command_names_the_option_that_it_lacks(
    migrate_command: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    migrate_command._commands["upgrade"].run = lambda revision: None
    assert through_manager("-d", "DIR", "upgrade", command=migrate_command) == 1
    assert "takes no 'directory'" in capsys.readouterr().err


def test_an_unknown_option_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert through_manager("upgrade", "--sqll") == 2
    error = capsys.readouterr().err
    assert "upgrade" in error
    assert "unrecognized arguments: --sqll" in error
