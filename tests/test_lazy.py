"""What is loaded when: counted in clean interpreters."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import flask_migrate_compat

from .conftest import Project

HEAVY = "{'alembic', 'mako', 'flask_script', 'tqdm', 'filelock'}"


def test_the_bare_import_loads_nothing_else(project: Project) -> None:
    code = (
        "import sys; before = set(sys.modules); import flask_migrate_compat;"
        "print(sorted(set(sys.modules) - before))"
    )
    env = {"FLASK_MIGRATE_COMPAT": "off"}
    assert project.run("-c", code, **env).stdout.strip() in (
        "['flask_migrate_compat']",
        "[]",
    )


def test_a_web_worker_loads_no_alembic(project: Project) -> None:
    code = f"""
import sys, flask_sqlalchemy
before = set(sys.modules)
import app
assert app.app.extensions["migrate"].directory == "migrations"
assert "db" in app.app.cli.commands
assert not {HEAVY} & set(sys.modules), {HEAVY} & set(sys.modules)
print(*sorted(name for name in set(sys.modules) - before - {{"app"}}
              if name.startswith("flask_migrate_compat")))
"""
    done = project.run("-c", code)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) <= {
        "flask_migrate_compat",
        "flask_migrate_compat.cli",
        "flask_migrate_compat.errors",
        "flask_migrate_compat.extension",
    }


def test_a_command_that_reads_loads_nothing_to_write_with(migrated: Project) -> None:
    code = """
import sys, app, flask_migrate_compat
with app.app.app_context():
    flask_migrate_compat.heads()
    flask_migrate_compat.current()
parts = "journal", "locks", "connections", "progress"
names = {f"flask_migrate_compat.running.{part}" for part in parts}
assert not {*names, "tqdm", "filelock"} & set(sys.modules)
"""
    done = migrated.run("-c", code)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.legacy] if "Command" in name else [])
        for name in flask_migrate_compat.__all__
    ],
)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(flask_migrate_compat, name) is not None
    assert name in dir(flask_migrate_compat)


def test_revisions_are_read_without_alembic_and_flask() -> None:
    code = (
        "import sys; from flask_migrate_compat.revisions import"
        " folder, graph, headers, index, listing;"
        "print({name.partition('.')[0] for name in sys.modules}"
        " & {'alembic', 'sqlalchemy', 'flask', 'click', 'mako'})"
    )
    command = [sys.executable, "-c", code]
    assert subprocess.check_output(command, text=True).strip() == "set()"


def test_no_module_has_the_name_of_a_function() -> None:
    """Its import would take the place of the function."""
    folder = Path(flask_migrate_compat.__file__).parent
    modules = {path.stem for path in folder.iterdir()}
    assert not modules & set(flask_migrate_compat.__all__)


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(flask_migrate_compat.__file__).read_text())
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
    }
    assert imported == set(flask_migrate_compat._HOMES)


def test_other_names_are_missing() -> None:
    assert not hasattr(flask_migrate_compat, "nonsense")
