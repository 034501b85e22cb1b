"""The same command line through ``manage.py`` and through ``flask``: the same result.

What is compared: what arrives in the command, its context, what is printed, the errors
of the parser, the exit status.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, Iterator

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from flask_migrate_compat.legacy.bridge import (
    CommandClashWarning,
    click_commands,
    click_group,
    parsers,
)

from ..interpreter import Interpreter
from ..parsers import ALL_LATER
from . import zoo
from .runs import ANSWERS, Result, run_flask, run_manager
from .zoo import ZOO, make_app

ZOO_SOURCE = Path(zoo.__file__)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of the commands deletes bytecode files below the current folder."""
    monkeypatch.chdir(tmp_path)


def seen(result: Result) -> tuple[int, str, str]:
    """Leave out what differs on purpose: the names of the programs, and the help."""
    status, out, err = result
    error = " ".join(err.rpartition("error: ")[2].split())
    return status, "help" if "usage:" in out.lower() else out, error


def through_manage(name: str, argv: list[str]) -> Result:
    return run_manager(ZOO[name](), *argv)


def through_flask(name: str, argv: list[str]) -> Result:
    manager = ZOO[name]()
    app = make_app("flask's own")
    app.cli.add_command(click_group(manager))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CommandClashWarning)
        for command in click_commands(manager):
            app.cli.add_command(command)
    return run_flask(app, *argv)


VALUES = [
    *("a", "1", "2", "x", "y", "red", "text", "/hello/x", "a b", "é", "100%", "x=1"),
    *("", "-", "--", "-1", "-2.5", "-x", "--unknown", "-?", "--help", "-abc"),
]


def flags_of(parser: Any) -> list[str]:
    """Return the flags of a parser, in all the forms that argparse takes."""
    found = []
    for flag in parser._option_string_actions:
        found += [flag, flag]
        if flag.startswith("--"):
            found += [flag[:-1], flag[:4], flag + "=1", flag + "=x", flag + "="]
        else:
            found += [flag + "1", flag + "x"]
    return found


def commands_of(parser: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[Any, Any]]:
    """Yield the path and the parser of a Manager and of everything below it."""
    yield path, parser
    action = parsers.subcommands_of(parser)
    if action is not None:
        for name, child in action.choices.items():
            yield from commands_of(child, (*path, name))


@st.composite
def command_lines(draw: Any, name: str, top_level: bool = False) -> list[str]:
    manager = ZOO[name]()
    manager.set_defaults()
    root = manager.create_parser("")
    known = dict(commands_of(root))
    # These serve, or read the keyboard.
    path = draw(
        st.sampled_from(sorted(one for one in known if one[-1:] not in [("shell",)]))
    )
    argv: list[str] = []
    for depth in range(len(path) + 1):
        if depth == 0 and (top_level or draw(st.booleans())):
            words: list[str] = []
        else:
            flags = flags_of(known[path[:depth]])
            token = st.sampled_from([*flags, *VALUES])
            words = draw(st.lists(token, max_size=5 if depth == len(path) else 2))
        argv += [*words, *path[depth : depth + 1]]
    if top_level:
        # There, options of the Manager may stand behind the command.
        globals_ = set(flags_of(root))
        argv = [arg for arg in argv if arg not in globals_]
    return argv


def compare(name: str, argv: list[str], before: tuple[str, ...] = ("manage",)) -> None:
    old = through_manage(name, argv)
    new = through_flask(name, [*before, *argv])
    assert seen(new) == seen(old)


RARE = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


@pytest.mark.parametrize("name", ZOO)
def test_a_group_does_what_the_manager_does(name: str) -> None:
    @settings(max_examples=80, deadline=None, suppress_health_check=RARE)
    @given(argv=command_lines(name))
    def run(argv: list[str]) -> None:
        compare(name, argv)

    run()


@pytest.mark.parametrize("name", ZOO)
def test_commands_at_the_top_level_do_what_the_manager_does(name: str) -> None:
    known = ZOO[name]()._commands

    @settings(max_examples=40, deadline=None, suppress_health_check=RARE)
    @given(argv=command_lines(name, top_level=True))
    def run(argv: list[str]) -> None:
        if argv and argv[0] in known:
            compare(name, argv, before=())

    run()


# Found above, or too rare to be found.
FOUND = [
    ("statuses", "leaves --code="),
    ("factory", "--level=x -c"),
    ("factory", "--level clash -?"),
    ("factory", "--level=x sub"),
    ("factory", "sub"),
    ("factory", "--level sub inner"),
    ("factory", "unknown"),
    ("factory", "sub unknown x"),
    ("factory", "--level 3 -? --tag"),
    ("factory", "-c prod --level 3 -qq --tag a --tag b plain x -c 3"),
    ("factory", "-c prod sub --deep most leaf 1 2"),
    ("factory", "-c prod clash -c 3"),
    ("factory", "sub most leaf --hilfe"),
    ("factory", "--conf prod plain x"),
    ("factory", "-- plain x"),
    ("factory", "plain -- -x"),
    ("options", "actions -a 1 -vv -a 2 -k --one --two --one --no-flag"),
    ("options", "places a --between c x 4"),
    ("options", "digits -1 5"),
    ("options", "counts -p -1 -2.5 -o -m a b -- c d"),
    ("options", "remainder --before x a --before y -- z"),
    ("options", "version --version"),
    ("classes", "groups -c 1 --a --b where"),
    ("classes", "everything --x -- -y --known z a"),
    ("classes", "space spaced --name=x y"),
    ("classes", "serve -p 80 -d -R --threaded"),
    ("classes", "sh --no-ipython --no-bpython --no-ptipython --no-ptpython"),
    ("statuses", "again -n 2"),
    ("database", "db -d x upgrade -x a -x b -- -1"),
    ("database", "db downgrade -2 --sql"),
    ("database", "db seed -r 3"),
    ("database", "db init"),
    ("functions", "shell --no-ipython --no-bpython --no-ptipython --no-ptpython"),
    ("prompts", "ask"),
    ("bare", "quiet inner --help"),
    ("bare", "known -h"),
    ("bare", "quiet"),
]


@pytest.mark.parametrize(("name", "line"), FOUND)
def test_a_rare_command_line(name: str, line: str) -> None:
    compare(name, line.split())


def test_the_zoo_is_not_only_made_of_errors() -> None:
    out = through_flask("factory", ["manage", "-c", "prod", "sub", "inner", "-x", "7"])
    assert out.status == 7
    assert out.out == (
        "create_app(config='prod', level=1, quiet=None, tag=None)\n"
        "inner(x='7') in prod at http://localhost/\n"
    )


# -- real processes ------------------------------------------------------------------

PROCESSES = [
    ("functions", "plain x --loud -c 3"),
    ("functions", "plain"),
    ("factory", "-c prod sub inner -x 3"),
    ("statuses", "value text"),
    ("statuses", "again"),
    ("prompts", "ask"),
    ("classes", "everything --any -x thing"),
]


@pytest.mark.parametrize(("name", "line"), PROCESSES)
def test_real_processes_do_the_same(name: str, line: str, tmp_path: Path) -> None:
    python = Interpreter(tmp_path)
    # What the parsers of later Pythons do differently is the harder test.
    python.start_up(before=ALL_LATER)
    python.write(zoo=ZOO_SOURCE.read_text("utf-8"))
    argv = line.split()
    old = python.run("zoo.py", name, *argv, stdin=ANSWERS)
    variables = {"FLASK_APP": "zoo.py", "ZOO": name}
    for before in (["manage"], []):
        if not before and (argv[0].startswith("-") or len(argv) > 2):
            continue
        new = python.run("-m", "flask", *before, *argv, stdin=ANSWERS, **variables)
        assert new.returncode == old.returncode, new.stderr
        assert new.stdout == old.stdout
        assert said(new.stderr) == said(old.stderr)


def said(err: str) -> str:
    """Return the last line, without the name of the program."""
    return err.rpartition("\n")[0].rpartition("\n")[2].rpartition("error: ")[2]


def test_a_default_command_runs_alone() -> None:
    manager = ZOO["functions"]()
    app = make_app()
    app.cli.add_command(click_group(manager, default_command="nothing"))
    old = run_manager(ZOO["functions"](), default_command="nothing")
    assert run_flask(app, "manage") == old
    assert old.out == "nothing() in zoo at http://localhost/\n"
