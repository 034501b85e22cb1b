"""The start-up file: what it does to an interpreter, and what it never does."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from .interpreter import PACKAGE, START_UP, Interpreter

OURS = {
    "flask_migrate_compat",
    "flask_migrate_compat.legacy",
    "flask_migrate_compat.legacy.finder",
}
# Run the start-up file in a bare interpreter: without the .pth files and the
# sitecustomize of the environment.
BARE = f"""\
import os, sys
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
exec({START_UP.read_text()!r})
print(sorted(set(sys.modules) - before))
print(sum(type(finder).__name__ == "Finder" for finder in sys.meta_path))
"""


def bare(python: Interpreter, package: Path, **env: str) -> list[str]:
    python.write(bare=BARE)
    result = python.run("-S", "-I", "bare.py", str(package), **env)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout.splitlines()


def test_without_the_package_it_is_silent(tmp_path: Path) -> None:
    assert bare(Interpreter(tmp_path), tmp_path / "nowhere") == ["[]", "0"]


def test_it_loads_its_own_modules_and_no_other(tmp_path: Path) -> None:
    loaded, finders = bare(Interpreter(tmp_path), PACKAGE.parent)
    assert loaded == str(sorted(OURS))
    assert finders == "1"


def test_off_it_installs_nothing(tmp_path: Path) -> None:
    # Python's -I ignores the variables of Python, not this one.
    python = Interpreter(tmp_path)
    assert bare(python, PACKAGE.parent, FLASK_MIGRATE_COMPAT="off")[1] == "0"
    assert bare(python, PACKAGE.parent, FLASK_MIGRATE_COMPAT=" OFF ")[1] == "0"
    assert bare(python, PACKAGE.parent, FLASK_MIGRATE_COMPAT="")[1] == "1"


@pytest.mark.parametrize(
    "damage",
    [
        "flask_migrate_compat/__init__.py",
        "flask_migrate_compat/legacy",
        "flask_migrate_compat/legacy/__init__.py",
        "flask_migrate_compat/legacy/finder.py",
    ],
)
@pytest.mark.parametrize("how", ["removed", "unreadable"])
def test_a_package_that_is_half_there_is_silent(
    tmp_path: Path, damage: str, how: str
) -> None:
    copy = tmp_path / "site" / "flask_migrate_compat"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    target = tmp_path / "site" / damage
    if target.is_dir():
        shutil.rmtree(target)
        if how == "unreadable":
            target.write_text("")
    elif how == "removed":
        target.unlink()
    else:
        target.write_text("this is ( no Python")
    python = Interpreter(tmp_path)
    # A package without its __init__ is a namespace package, and its finder works.
    works = damage.endswith("compat/__init__.py") and how == "removed"
    assert bare(python, tmp_path / "site")[1] == str(int(works))


def test_python_reads_it_as_a_line_that_it_runs(tmp_path: Path) -> None:
    line = START_UP.read_text()
    assert line.startswith("import ")
    assert line.count("\n") == 1
    python = Interpreter(tmp_path)
    shutil.copy(START_UP, tmp_path / "_start_up")
    result = python.run(
        "-S",
        "-c",
        "import site, sys; site.addsitedir('_start_up');"
        "sys.exit(type(sys.meta_path[0]).__name__)",
    )
    assert result.stderr == "Finder\n"


def test_an_environment_with_an_old_code_base_just_works(tmp_path: Path) -> None:
    python = Interpreter(tmp_path)
    python.output(
        "from flask import Flask\n"
        "from flask.ext.script import Manager, Command\n"
        "from flask.ext.sqlalchemy import SQLAlchemy\n"
        "from flask_script import Manager as same\n"
        "assert Manager is same\n"
    )


def test_without_it_the_modules_can_be_asked_for_by_hand(tmp_path: Path) -> None:
    python = Interpreter(tmp_path)
    python.env["PYTHONPATH"] = os.pathsep.join([str(PACKAGE.parent), *sys.path])
    python.write(
        auto="import flask_migrate_compat.legacy.auto\n"
        "from flask.ext.script import Manager\n"
        "print(Manager.__module__)\n"
    )
    result = python.run("-S", "auto.py")
    assert result.stdout == "flask_script\n", result.stderr
