"""``python -m flask_migrate_compat manage.py …``: the door without a start-up file."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from .interpreter import PACKAGE, Interpreter

RUN = ("-m", "flask_migrate_compat")
MANAGE = """\
import sys, os
from flask import Flask
from flask.ext.script import Manager
import beside

manager = Manager(Flask(__name__))


@manager.command
def show(what="1"):
    print(what, __name__, sys.argv, sys.path[0], os.path.abspath(__file__))


@manager.command
def status():
    return 7


if __name__ == "__main__":
    manager.run()
"""


@pytest.fixture
def python(tmp_path: Path) -> Interpreter:
    interpreter = Interpreter(tmp_path)
    # No start-up file here.
    interpreter.env["PYTHONPATH"] = str(PACKAGE.parent)
    interpreter.write(manage=MANAGE, beside="")
    return interpreter


def test_a_script_runs_as_python_would_run_it(python: Interpreter) -> None:
    result = python.run(*RUN, "manage.py", "show", "-w", "x")
    assert result.returncode == 0, result.stderr
    argv = ["manage.py", "show", "-w", "x"]
    folder = os.path.realpath(python.folder)
    assert result.stdout == (
        f"x __main__ {argv} {folder} {python.folder / 'manage.py'}\n"
    )


SEEN = """\
import os, sys
names = sorted(set(globals()) - {"__annotations__"})
print(sys.argv, sys.path[0], __name__, __file__, __package__, __spec__, __cached__)
print(names, type(__loader__).__name__, __builtins__, sys.modules["__main__"].__dict__
      is globals(), sys._getframe().f_code.co_filename, __doc__)
"""


@pytest.mark.parametrize("script", ["seen.py", os.path.join("deeper", "seen.py")])
def test_a_script_sees_what_python_would_show_it(
    python: Interpreter, script: str
) -> None:
    (python.folder / "deeper").mkdir()
    (python.folder / script).write_text(SEEN)
    expected = python.run(script, "a", "-b").stdout
    assert expected
    assert python.run(*RUN, script, "a", "-b").stdout == expected


def test_a_folder_and_an_archive_run_too(python: Interpreter) -> None:
    folder = python.folder / "application"
    folder.mkdir()
    shutil.copy(python.folder / "manage.py", folder / "__main__.py")
    shutil.copy(python.folder / "beside.py", folder)
    shutil.make_archive(str(folder), "zip", folder)
    for name in ("application", "application.zip"):
        result = python.run(*RUN, name, "show")
        assert result.stdout.startswith(f"1 __main__ ['{name}'"), result.stderr


def test_a_script_in_another_folder_finds_its_neighbours(python: Interpreter) -> None:
    other = python.folder / "deeper"
    other.mkdir()
    for name in ("manage.py", "beside.py"):
        shutil.move(str(python.folder / name), str(other / name))
    result = python.run(*RUN, os.path.join("deeper", "manage.py"), "show")
    assert f" {os.path.realpath(other)} " in result.stdout, result.stderr


def test_the_exit_status_is_that_of_the_script(python: Interpreter) -> None:
    assert python.run(*RUN, "manage.py", "status").returncode == 7
    assert python.run(*RUN, "manage.py", "unknown").returncode == 2


def test_an_error_of_the_script_is_shown(python: Interpreter) -> None:
    python.write(manage="import not_there")
    result = python.run(*RUN, "manage.py")
    assert result.returncode == 1
    assert "No module named 'not_there'" in result.stderr.splitlines()[-1]


def test_it_needs_no_site(python: Interpreter) -> None:
    python.env["PYTHONPATH"] = os.pathsep.join([str(PACKAGE.parent), *sys.path])
    result = python.run("-S", *RUN, "manage.py", "show")
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("argument", ["-h", "-?", "--help"])
def test_its_own_help(python: Interpreter, argument: str) -> None:
    result = python.run(*RUN, argument)
    assert result.returncode == 0
    assert "manage.py db upgrade" in result.stdout


@pytest.mark.parametrize(
    "argv", [[], ["absent.py"], ["--wrong"], ["no/such/x.py", "a"]]
)
def test_without_a_script_one_line_says_what_to_do(
    python: Interpreter, argv: list[str]
) -> None:
    result = python.run(*RUN, *argv)
    assert result.returncode == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert "manage.py" in result.stderr


def test_without_the_legacy_folder_one_line_says_so(python: Interpreter) -> None:
    copy = python.folder / "site" / "flask_migrate_compat"
    ignored = shutil.ignore_patterns("__pycache__", "legacy")
    shutil.copytree(PACKAGE, copy, ignore=ignored)
    python.env["PYTHONPATH"] = str(copy.parent)
    # Without site: an editable install would find the folder in the source tree.
    result = python.run("-S", *RUN, "manage.py", "show")
    assert result.returncode == 2, result.stderr
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert "python manage.py" in result.stderr


def test_off_runs_the_script_with_nothing_served(python: Interpreter) -> None:
    python.write(manage="import sys\nprint([type(f).__name__ for f in sys.meta_path])")
    result = python.run(*RUN, "manage.py", FLASK_MIGRATE_COMPAT="off")
    assert "'Finder'" not in result.stdout, result.stderr
    assert "'Finder'" in python.run(*RUN, "manage.py").stdout
