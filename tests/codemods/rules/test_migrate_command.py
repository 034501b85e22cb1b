"""Test :mod:`flask_migrate_compat.codemods.rules.migrate_command`."""

from __future__ import annotations

import pytest

from flask_migrate_compat.codemods.engine import find, rewrite
from flask_migrate_compat.codemods.rules import flask_script_manager
from flask_migrate_compat.codemods.rules.migrate_command import RULE
from tests.codemods.tools import assert_left, assert_rewritten, assert_unchanged, source


@pytest.mark.parametrize(
    "text",
    [
        "from flask_migrate import Migrate\nMigrate(app, db)  # no MigrateCommand\n",
        "from other import MigrateCommand\n",
        "class MigrateCommand:\n    pass\n\n\nMigrateCommand()\n",
        "from flask_migrate import MigrateCommand  # noqa: FMC202\n",
    ],
)
def test_unchanged(text: str) -> None:
    assert_unchanged(RULE, text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "from flask_migrate import Migrate, MigrateCommand\nMigrate(app, db)\n",
            "from flask_migrate import Migrate\nMigrate(app, db)\n",
        ),
        (
            "# c\nfrom flask.ext.migrate import (\n    MigrateCommand,  # it\n"
            "    Migrate,  # them\n)\nMigrate()\n",
            "# c\nfrom flask.ext.migrate import (\n    Migrate,  # them\n)\n"
            "Migrate()\n",
        ),
        (
            "import a\n# c\nfrom flaskext.migrate import MigrateCommand  # noqa: X1\n"
            "import b\n",
            "import a\n# c\nimport b\n",
        ),
    ],
)
def test_unused_imports(before: str, after: str) -> None:
    assert_rewritten(RULE, before, after)


HEAD = """\
from flask_script import Manager
from flask_migrate import Migrate, MigrateCommand
from app import app, db

manager = Manager(app)
"""
MIGRATE = "Migrate(app, db)\n"
ADD = "manager.add_command('db', MigrateCommand)\n"
RUN = "manager.run()\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (MIGRATE + ADD, "it waits for the Manager of line 5"),
        (MIGRATE + ADD + "manager.add_option('x')\n" + RUN, "it waits for the Manager"),
        (MIGRATE + ADD.replace("'db'", "'data'") + RUN, "command='data'"),
        ("Migrate(app, db, command='x')\n" + ADD + RUN, "another name"),
    ],
)
def test_left(text: str, reason: str) -> None:
    assert_left(RULE, HEAD + text, reason)


def test_left_when_it_is_changed() -> None:
    text = HEAD + MIGRATE + "del MigrateCommand._commands['init']\n" + ADD + RUN
    assert_left(RULE, text, "changed, copied", "changed or used elsewhere")


def test_left_with_a_manager_of_another_file() -> None:
    text = "from flask_migrate import MigrateCommand\nfrom x import manager\n" + ADD
    assert_left(RULE, text, "its Manager is in another file")


@pytest.mark.parametrize(
    ("text", "path", "reason"),
    [
        ("from flask_migrate import MigrateCommand\n", "a/__init__.py", "other files"),
        (
            "from flask_migrate import MigrateCommand\n__all__ = ['MigrateCommand']\n",
            "a.py",
            "other files",
        ),
        (
            "try:\n    from flask_migrate import MigrateCommand\n"
            "except ImportError:\n    pass\n",
            "a.py",
            "in a block",
        ),
    ],
)
def test_left_imports(text: str, path: str, reason: str) -> None:
    assert_left(RULE, text, reason, path=path)


@pytest.mark.parametrize("migrate", [MIGRATE, ""])
def test_nothing_is_left_after_the_manager(migrate: str) -> None:
    """It is the other rule that reports it, and takes it out."""
    text = source(HEAD + migrate + ADD + RUN)
    assert find(text, [RULE]) == []
    messages = {one.message for one in find(text, [flask_script_manager.RULE])}
    where = "" if migrate else "; the Migrate(app, db) of another file makes 'flask db'"
    assert f"MigrateCommand of Flask-Migrate{where}" in messages
    result = rewrite(text, [flask_script_manager.RULE, RULE])
    assert "MigrateCommand" not in result.text
    assert find(result, [flask_script_manager.RULE, RULE]) == []


def test_what_stops_it_stops_the_manager() -> None:
    text = HEAD + ADD.replace("'db'", "'data'") + RUN
    findings = find(source(text), [flask_script_manager.RULE])
    assert {one.reason[:22] for one in findings} == {"it waits for line 6: a"}
