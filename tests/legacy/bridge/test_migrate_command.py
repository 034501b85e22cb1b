"""The database commands of an old Manager, under ``flask``."""

from __future__ import annotations

import copy
import subprocess

import pytest
from flask_script import Manager

from flask_migrate_compat import MigrateCommand as shared_command, cli as migrate_cli
from flask_migrate_compat.legacy.bridge import (
    CommandClashWarning,
    click_commands,
)

from ...conftest import Project
from .applications import make_app, where

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
