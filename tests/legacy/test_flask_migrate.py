"""The drop-in module behind ``import flask_migrate``, by its real name."""

from __future__ import annotations

import inspect
import logging

import pytest

from flask_migrate_compat import commands
from flask_migrate_compat.legacy import flask_migrate

from ..conftest import Project
from ..test_commands import PARAMETERS


def test_it_has_the_names_of_flask_migrate() -> None:
    for name in ("Migrate", "Config", "MigrateCommand", "alembic_version"):
        assert getattr(flask_migrate, name) is not None
    for name in flask_migrate._COMMANDS:
        ours = inspect.signature(getattr(commands, name))
        assert inspect.signature(getattr(flask_migrate, name)) == ours
    assert len(flask_migrate.alembic_version) == 3
    assert not hasattr(flask_migrate, "nonsense")
    # What Flask-Migrate has, and no more.
    assert set(PARAMETERS) - set(flask_migrate._COMMANDS) == {"ensure_version"}


def test_a_star_import_brings_them_all() -> None:
    namespace: dict[str, object] = {}
    exec("from flask_migrate_compat.legacy.flask_migrate import *", namespace)
    assert {*flask_migrate._COMMANDS, "Migrate", "MigrateCommand"} <= set(namespace)


@pytest.mark.parametrize("disabled", [False, True])
def test_errors_are_logged_and_end_the_process(
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    disabled: bool,
) -> None:
    monkeypatch.setattr(logging.getLogger("flask_migrate"), "disabled", disabled)
    with pytest.raises(SystemExit) as stop:
        flask_migrate.upgrade()
    assert stop.value.code == 1
    record = caplog.records[-1]
    assert record.name == "flask_migrate"
    assert record.getMessage().startswith("Error: There is no current application.")


def test_other_exceptions_pass() -> None:
    @flask_migrate.catch_errors
    def fail() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        fail()


def test_a_whole_application_through_it(project: Project) -> None:
    for name in ("app.py", "manage.py"):
        project.replace(
            name, "from flask_migrate_compat import", "from flask_migrate import"
        )
    (project.path / "deploy.py").write_text(
        "from app import app\n"
        "import flask_migrate\n"
        "with app.app_context():\n"
        "    flask_migrate.upgrade()\n"
        "    flask_migrate.stamp(None, 'nonsense')\n"
        "print('never')\n"
    )
    assert project.manage("db", "init").returncode == 0
    assert project.manage("db", "migrate", "--rev-id", "a1").returncode == 0
    done = project.run("deploy.py")
    assert done.returncode == 1
    assert "Error: " in done.stderr
    assert "nonsense" in done.stderr
    assert "never" not in done.stdout
    assert project.flask("db", "current").stdout == "a1 (head)\n"
