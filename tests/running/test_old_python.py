"""Files that only Python 2 can read are named, with the line and what to do."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

from flask_migrate_compat import commands
from flask_migrate_compat.config import alembic_version
from flask_migrate_compat.errors import OldPythonError, describe
from flask_migrate_compat.revisions import KNOWN_ALEMBIC
from flask_migrate_compat.running import old_python

from ..conftest import Project
from .applications import make_app, used, write_revision

# What the line is -> what the error says of it.
LINES = {
    'print "done"': "a print statement",
    "print": None,  # a name in Python 3
    'print "%d rows" % 3': "a print statement",
    "if True: print 'x'": "a print statement",
    'exec "x = 1"': "an exec statement",
    "try: x = 1\n    except Exception, e: pass": "'except X, e'",
    "try: x = 1\n    except (KeyError, ValueError), e: pass": "'except X, e'",
    "x = `1`": "backticks",
    'raise ValueError, "no"': "'raise X, message'",
    "x = ur'\\d'": "a string with the prefix ur",
    "x = 1 <> 2": "the operator '<>'",
    "import os; os.chmod('x', 0777)": "an octal number",
    "x = 10L": "a long number",
    "x = 0xFFL": "a long number",
    "f = lambda (a, b): a": "a tuple as a parameter",
    "def f((a, b), c): pass": "a tuple as a parameter",
    "if True:\n\tx = 1\n        y = 2": "tabs and spaces mixed",
}


@pytest.mark.parametrize("code", [code for code, name in LINES.items() if name])
def test_python_2_code_is_named(folder: Path, code: str) -> None:
    with used(make_app(folder, {})):
        commands.init()
        path = write_revision(folder, "a1", upgrade=code)
        with pytest.raises(OldPythonError) as info:
            commands.upgrade()
    message = str(info.value)
    name = LINES[code]
    assert name is not None
    assert name in message
    assert "this is Python 2 code" in message
    place = re.match(r"migrations.versions.a1_\.py, line (\d+): ", message)
    assert place, message
    line = path.read_text().splitlines()[int(place.group(1)) - 1]
    # TabError is reported for the first line that does not fit.
    assert line.strip() in code or "y = 2" in line
    assert isinstance(info.value.__cause__, SyntaxError)


@pytest.mark.parametrize(
    "code",
    [
        "x = (1,",
        "def (:",
        "x = 'print this'  +",
        "x = 'a <> b' 3  # print me",
        "return return",
        "x = 5 5",
    ],
)
def test_other_mistakes_stay_what_they_are(folder: Path, code: str) -> None:
    with used(make_app(folder, {})):
        commands.init()
        write_revision(folder, "a1", upgrade=code)
        with pytest.raises(SyntaxError) as info:
            commands.upgrade()
    assert not isinstance(info.value, OldPythonError)


def test_all_files_are_named_at_once(folder: Path) -> None:
    with used(make_app(folder, {})):
        commands.init()
        write_revision(folder, "a1", upgrade="print 'a'")
        write_revision(folder, "b2", "a1")
        write_revision(folder, "c3", "b2", upgrade="x = 0777")
        (folder / "migrations" / "env.py").write_text("print 'env'\n")
        with pytest.raises(OldPythonError) as info:
            commands.upgrade()
    message = str(info.value)
    assert set(re.findall(r"(\w+\.py), line \d+", message)) == {
        "a1_.py",
        "c3_.py",
        "env.py",
    }


@pytest.mark.skipif(
    alembic_version < KNOWN_ALEMBIC[0], reason="this Alembic executes all files"
)
def test_what_has_been_applied_may_stay_python_2(folder: Path) -> None:
    with used(make_app(folder, {})):
        commands.init()
        write_revision(folder, "a1", upgrade="print 'a'")
        write_revision(folder, "b2", "a1")
        commands.stamp(revision="a1")
        commands.upgrade()
        commands.current(check_heads=True)


def test_env_py(folder: Path) -> None:
    with used(make_app(folder, {})):
        commands.init()
        env = folder / "migrations" / "env.py"
        env.write_text(env.read_text() + "\nprint 'the end'\n")
        with pytest.raises(OldPythonError, match=r"^migrations.env\.py, line \d+: "):
            commands.current()


def test_a_file_elsewhere_is_not_ours(folder: Path) -> None:
    with used(make_app(folder, {})):
        commands.init()
        (folder / "models_of_2008.py").write_text("print 'models'\n")
        write_revision(
            folder, "a1", upgrade=f"__import__('sys').path.insert(0, {str(folder)!r})"
        )
        path = write_revision(folder, "b2", "a1", upgrade="import models_of_2008")
        assert path.is_file()
        try:
            with pytest.raises(SyntaxError) as info:
                commands.upgrade()
        finally:
            sys.path.remove(str(folder))
    assert not isinstance(info.value, OldPythonError)


def test_strings_and_comments_do_not_count() -> None:
    line = """x = u'print a' + "it's `1`" + ur'\\' 0777'  # print me\n"""
    assert old_python._code_of(line) == "x = u'' + '' + ur''  "


@pytest.mark.parametrize(
    ("code", "rewrite"),
    [
        ("xrange(3)", "range"),
        ("{}.iteritems()", "items"),
        ("{}.has_key(1)", "'key in d'"),
        ("import urllib2", "urllib.request"),
        ("nonsense()", None),
        ("{}.nonsense()", None),
    ],
)
def test_names_of_python_2(folder: Path, code: str, rewrite: str | None) -> None:
    with used(make_app(folder, {})):
        commands.init()
        write_revision(folder, "a1", upgrade=code)
        with pytest.raises((NameError, AttributeError, ImportError)) as info:
            commands.upgrade()
    line = describe(info.value, "migrations")
    assert ("That is Python 2" in line) == bool(rewrite), line
    assert f"write {rewrite}." in line or not rewrite


def test_on_the_command_line(migrated: Project) -> None:
    check_command_line(migrated, migrated.flask)


def check_command_line(project: Project, run: Callable[..., Any]) -> None:
    """See that the error is one line that begins with the place."""
    project.write_revision("c3", "b2", upgrade="print 'three'")
    for arguments in (("upgrade",), ("upgrade", "--sql")):
        done = run("db", *arguments)
        assert done.returncode == 1
        assert re.match(
            r"Error: migrations.versions.c3_\.py, line 10: this is Python 2",
            done.stderr.splitlines()[-1],
        )
        assert "Traceback" not in done.stderr


LOADED = '''\
"""Look at the application while the script is loaded."""
from flask import current_app
import app

revision = "c3"
down_revision = "b2"
assert current_app.name == "app", current_app.name
assert app.db.Model
length = current_app.config["NAME_LENGTH"]

def upgrade():
    print("length", length)

def downgrade():
    pass
'''


COMMANDS = [
    "heads", "history", "branches", "show", "upgrade", "current", "downgrade",
    "stamp", "migrate", "edit", "revision",
]  # fmt: skip


def write_script_that_needs_a_context(project: Project) -> None:
    project.replace(
        "app.py",
        "db = SQLAlchemy(app)",
        "app.config['NAME_LENGTH'] = 80\ndb = SQLAlchemy(app)",
    )
    (project.migrations / "versions" / "c3_.py").write_text(LOADED)


def check_context(project: Project, run: Callable[..., Any]) -> None:
    """See that each command can load the scripts."""
    write_script_that_needs_a_context(project)
    for name in COMMANDS:
        done = run("db", name, EDITOR="true")
        assert done.returncode == 0, (name, done.stderr)


def test_scripts_find_an_application_context(migrated: Project) -> None:
    """In every command: also those that load the scripts and nothing else."""
    check_context(migrated, migrated.flask)


def test_scripts_find_an_application_context_in_functions(migrated: Project) -> None:
    write_script_that_needs_a_context(migrated)
    code = (
        "import flask_migrate_compat as m; from app import app\n"
        "with app.app_context():\n"
        f"    for name in {COMMANDS!r}: getattr(m, name)()\n"
    )
    done = migrated.run("-c", code, EDITOR="true")
    assert done.returncode == 0, done.stderr
    assert "length 80" in done.stdout
