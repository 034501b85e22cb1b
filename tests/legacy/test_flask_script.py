"""Flask-Script: healed while it is imported, and all of it at work.

The parsers of Python 3.12.8, 3.13.1 and 3.14 are on few machines yet. The tests give
the interpreter a parser of that kind, and show for each heal that without it the test
would fail.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from .interpreter import Interpreter
from .parsers import CHECK_HELP, PARSE_KNOWN_ARGS_2, PROG

# -- the import -------------------------------------------------------------------

UNCHANGED = """\
import argparse, importlib, inspect, sys, threading, warnings
import flask, flask.globals
warnings.simplefilter("error")

class Watch:
    "See the modules in the middle of the import."
    def find_spec(self, name, path=None, target=None):
        if name.startswith("flask_script"):
            thread = threading.Thread(target=lambda: seen.append(state()))
            thread.start()
            thread.join()

def state():
    return [dict(vars(m)) for m in (flask, flask.globals, inspect, argparse, warnings)]

seen = []
before = state()
sys.meta_path.insert(1, Watch())
loaded = set(sys.modules)
import flask_script.commands
assert len(seen) >= 4, len(seen)
assert all(one == before for one in [*seen, state()])
new = {m for m in set(sys.modules) - loaded if m.split(".")[0] in ("flask", "argparse")}
assert not new - {"flask._compat"}, new
assert ("flask._compat" in new) <= hasattr(flask, "_compat")
"""


def test_nothing_outside_flask_script_is_changed(tmp_path: Path) -> None:
    Interpreter(tmp_path).output(UNCHANGED)


def test_the_modules_look_as_if_nothing_had_been_done(tmp_path: Path) -> None:
    Interpreter(tmp_path).output(
        "import builtins, importlib, inspect, flask_script, flask_script.commands\n"
        "for module in (flask_script, flask_script.commands):\n"
        "    assert type(module.__loader__).__name__ == 'SourceFileLoader'\n"
        "    assert module.__spec__.loader is module.__loader__\n"
        "    assert vars(module)['__builtins__'] is vars(builtins)\n"
        "    assert 'import argparse' in inspect.getsource(module)\n"
        "assert 'class Manager' in inspect.getsource(flask_script.Manager)\n"
        "from flask_script import Manager\n"
        "assert importlib.reload(flask_script) is flask_script\n"
        "assert flask_script.Manager is not Manager\n"
        "from flask_script._compat import text_type, StringIO, iteritems\n"
        "from flask_script.commands import ShowUrls, Clean, InvalidCommand, Server\n"
    )


def test_a_builtin_that_is_replaced_later_is_seen(tmp_path: Path) -> None:
    Interpreter(tmp_path).output(
        "import builtins, os, flask_script.commands as commands\n"
        "printed = []\n"
        "builtins.print = lambda *args: printed.append(args)\n"
        "open('x.pyc', 'w').close()\n"
        "commands.Clean().run()\n"
        "assert ('Removing ' + os.path.join('.', 'x.pyc'),) in printed, printed\n"
        "try:\n"
        "    exec('undefined_name', vars(commands))\n"
        "except NameError:\n"
        "    pass\n"
    )


def test_a_broken_flask_script_says_what_is_wrong(tmp_path: Path) -> None:
    python = Interpreter(tmp_path)
    python.package("flask_script", "import inspect\nimport dependency_of_it")
    python.output(
        "import sys\n"
        "for again in range(2):\n"
        "    try:\n"
        "        from flask_script import Manager\n"
        "    except ModuleNotFoundError as error:\n"
        "        assert error.name == 'dependency_of_it'\n"
        "        assert 'flask_script' not in sys.modules\n"
        "    else:\n"
        "        raise SystemExit('no error')\n"
    )


def test_a_flask_script_in_an_archive_is_healed(tmp_path: Path) -> None:
    Interpreter(tmp_path).output(
        "import os, sys, zipfile\n"
        "from importlib.util import find_spec\n"
        "folder = os.path.dirname(find_spec('flask_script').origin)\n"
        "with zipfile.ZipFile('lib.zip', 'w') as archive:\n"
        "    for name in os.listdir(folder):\n"
        "        if name.endswith('.py'):\n"
        "            path = os.path.join(folder, name)\n"
        "            archive.write(path, 'flask_script/' + name)\n"
        "sys.path.insert(0, 'lib.zip')\n"
        "from flask_script import Manager\n"
        "import flask, flask_script\n"
        "assert 'lib.zip' in flask_script.__file__\n"
        "Manager(flask.Flask('x')).command(lambda a, *, b=1: None)\n"
    )


# -- the parsers of later Pythons ---------------------------------------------------

HEAL = "import flask_migrate_compat.legacy.flask_script as heal\n"
PERCENT_MANAGE = """\
from flask import Flask
from flask_script import Manager, Command, Option

manager = Manager(Flask(__name__), usage="%(prog)s: 5% usage")
sub = Manager(usage="sub [--foo]", description="all of %(prog)s, 70% of it")
manager.add_command("sub", sub)


@manager.command
def first():
    "100% done"


@manager.option("-n", default=8,
                help="50% of %(default)s, %d, %s, 7%, 10%% and %(nothing)s")
def second(n):
    "is 20%% and 30% faster"


@manager.option("-m", help="%(default)d", default="text")
def third(m):
    "%(prog"


@sub.command
def inner():
    "inner"


if __name__ == "__main__":
    manager.run()
"""


def test_a_percent_sign_in_a_help_is_printed_as_it_stands(python: Interpreter) -> None:
    python.write(manage=PERCENT_MANAGE)
    everything = python.run("manage.py", "-?")
    assert everything.returncode == 0, everything.stderr
    assert "100% done" in everything.stdout
    assert "is 20% and 30% faster" in everything.stdout
    assert "manage.py: 5% usage" in everything.stdout
    second = python.run("manage.py", "second", "-?")
    assert second.returncode == 0, second.stderr
    assert "50% of 8, %d, %s, 7%, 10% and %(nothing)s" in " ".join(
        second.stdout.split()
    )
    for name, text in (
        ("first", "100% done"),
        ("third", "%(default)d"),
        ("sub", "70%"),
    ):
        result = python.run("manage.py", name, "-?")
        assert result.returncode == 0, result.stderr
        assert text in result.stdout
    assert python.run("manage.py", "first").returncode == 0


def test_the_usage_of_a_command_begins_with_that_of_its_manager(
    python: Interpreter,
) -> None:
    python.write(manage=PERCENT_MANAGE)
    result = python.run("manage.py", "sub", "inner", "-?")
    assert "usage: sub [--foo] inner [-?]" in result.stdout, result.stdout


@pytest.mark.parametrize(
    ("parser", "heal_off", "argv", "symptom"),
    [
        (
            PARSE_KNOWN_ARGS_2,
            "heal.MENDERS.clear()",
            "first",
            "TypeError|AttributeError",
        ),
        (
            CHECK_HELP,
            "heal._tolerant = lambda formatter: formatter",
            "sub",
            "badly formed help string",
        ),
        (
            "",
            "heal._tolerant = lambda formatter: formatter",
            "second -?",
            "TypeError|ValueError",
        ),
        (
            PROG,
            "del heal.ArgumentParser.add_subparsers",
            "sub inner -?",
            "usage: sub inner|usage: manage.py sub inner",
        ),
    ],
    ids=["_parse_known_args2", "_check_help", "-?", "prog"],
)
def test_without_its_heal_a_parser_breaks(
    tmp_path: Path, parser: str, heal_off: str, argv: str, symptom: str
) -> None:
    python = Interpreter(tmp_path)
    python.start_up(before=parser, after=HEAL + heal_off)
    manage = PERCENT_MANAGE
    if symptom.startswith("usage"):
        manage = manage.replace("%", "").replace("(prog)s", "")
    python.write(manage=manage)
    result = python.run("manage.py", *argv.split())
    out = result.stdout + result.stderr
    assert any(one in out for one in symptom.split("|")), out
    python.start_up(before=parser)
    result = python.run("manage.py", *argv.split())
    assert result.returncode == 0 or argv == "sub", result.stderr
    assert not any(one in result.stdout + result.stderr for one in symptom.split("|"))


@pytest.mark.parametrize("name", ["inspect", "argparse", "flask", "flask._compat"])
def test_a_stand_in_is_used_where_something_is_missing(
    tmp_path: Path, name: str
) -> None:
    python = Interpreter(tmp_path)
    python.start_up(
        before="import inspect; vars(inspect).pop('getargspec', None)",
        after=f"{HEAL}del heal.STAND_INS[{name!r}]",
    )
    out = python.output(
        "import flask, importlib.util\n"
        "lacks = {\n"
        "    'flask': not hasattr(flask, '_request_ctx_stack'),\n"
        "    'flask._compat': importlib.util.find_spec('flask._compat') is None,\n"
        "    'inspect': True,\n"
        "    'argparse': False,\n"
        "}\n"
        "try:\n"
        "    import flask_script\n"
        "    flask_script.Manager(flask.Flask('x')).command(lambda a: None)\n"
        "except (ImportError, AttributeError) as error:\n"
        f"    assert lacks[{name!r}], error\n"
        "else:\n"
        f"    assert not lacks[{name!r}]\n"
        "print('seen')\n"
    )
    assert out == "seen\n"
