"""What surrounds a run, through ``manage.py`` and the drop-in ``flask_migrate``."""

from __future__ import annotations

import pytest

from ..conftest import Project
from ..running import test_drops, test_explanations, test_logging_guard, test_old_python


def test_the_guard_against_drops(project: Project) -> None:
    test_drops.check_command_line(project, project.manage)


def test_python_2_code_is_named(migrated: Project) -> None:
    test_old_python.check_command_line(migrated, migrated.manage)


def test_scripts_find_an_application_context(migrated: Project) -> None:
    test_old_python.check_context(migrated, migrated.manage)


@pytest.mark.parametrize("options", [[], ["-d", "my migrations"]])
def test_the_next_command_has_the_form_that_was_used(
    migrated: Project, options: list[str]
) -> None:
    for argv in (["db", *options, "migrate"], ["db", "migrate", *options]):
        test_explanations.check_next_command(
            migrated, ["manage.py"], argv, "python manage.py db"
        )


def test_a_manager_in_a_manager(migrated: Project) -> None:
    migrated.replace(
        "manage.py",
        'manager.add_command("db", MigrateCommand)',
        "tools = Manager(app)\n"
        'tools.add_command("schema", MigrateCommand)\n'
        'manager.add_command("tools", tools)',
    )
    done = migrated.manage("tools", "schema", "migrate")
    assert "'python manage.py tools schema upgrade'" in done.stderr


def test_the_drop_in_shows_errors_without_its_logger(project: Project) -> None:
    """An alembic.ini from before Flask-Migrate 2.7 has no logger flask_migrate."""
    assert project.manage("db", "init").returncode == 0
    test_logging_guard.legacy_folder(project.migrations)
    project.write_revision("a1")
    (project.path / "deploy.py").write_text(
        "from app import app\n"
        "from flask_migrate_compat.legacy import flask_migrate\n"
        "with app.app_context():\n"
        "    flask_migrate.upgrade()\n"
        "    flask_migrate.upgrade(revision='nonsense')\n"
    )
    done = project.run("deploy.py")
    assert done.returncode == 1
    assert "INFO  [alembic.runtime.migration] Running upgrade" in done.stderr
    assert "Error: Can't locate revision identified by 'nonsense'" in done.stderr
