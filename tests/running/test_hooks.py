"""Functions of the application that are called around each revision."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path
from typing import Any, Iterator

import pytest
import sqlalchemy
from flask import Flask

from flask_migrate_compat import HookError, Migrate, MigrateError, commands

from .applications import make_app, used, write_revision

CREATE = 'op.create_table("new", sa.Column("id", sa.Integer))'


@pytest.fixture
def app(folder: Path) -> Iterator[Flask]:
    with used(make_app(folder, {}, transaction_per_migration=True)) as app:
        commands.init()
        write_revision(folder, "a1", upgrade=CREATE)
        write_revision(folder, "b2", "a1")
        yield app


@pytest.fixture
def migrate(app: Flask) -> Migrate:
    return app.extensions["migrate"].migrate


def version(connection: Any) -> list[str]:
    """Return the version that a connection sees."""
    text = sqlalchemy.text("SELECT version_num FROM alembic_version")
    return [row[0] for row in connection.execute(text)]


def recorded(folder: Path) -> list[Any]:
    """Return the version that everybody sees."""
    connection = sqlite3.connect(str(folder / "app.db"))
    try:
        return list(connection.execute("SELECT version_num FROM alembic_version"))
    finally:
        connection.close()


def test_hooks_are_called_around_each_revision(app: Flask, migrate: Migrate) -> None:
    seen: list[Any] = []

    @migrate.before_revision
    def before(revision: Any, connection: Any) -> None:
        seen.append(("before", revision.revision, revision.doc, version(connection)))

    @migrate.after_revision
    def after(revision: Any, connection: Any) -> None:
        seen.append(("after", revision.revision, version(connection)))

    @migrate.before_revision
    def second(revision: Any, connection: Any) -> None:
        seen.append("second")

    commands.upgrade()
    assert seen == [
        ("before", "a1", "Title of a1", []),
        "second",
        ("after", "a1", ["a1"]),
        ("before", "b2", "Title of b2", ["a1"]),
        "second",
        ("after", "b2", ["b2"]),
    ]
    seen.clear()
    commands.downgrade()
    assert seen == [
        ("before", "b2", "Title of b2", ["b2"]),
        "second",
        ("after", "b2", ["a1"]),
    ]


@pytest.mark.parametrize("kind", ["before_revision", "after_revision"])
def test_a_hook_that_fails_stops_the_run(
    app: Flask, migrate: Migrate, folder: Path, kind: str
) -> None:
    told: list[Any] = []
    cause = ValueError("disk\nfull")

    def watch_the_disk(revision: Any, connection: Any) -> None:
        if revision.revision == "b2":
            raise cause

    getattr(migrate, kind)(watch_the_disk)
    migrate.on_error(lambda *arguments: told.append(arguments))
    with pytest.raises(HookError) as caught:
        commands.upgrade()
    message = str(caught.value)
    assert f"The {kind} hook '" in message
    assert "watch_the_disk' stopped 'upgrade' at b2 (Title of b2): " in message
    assert "ValueError: disk full." in message
    assert "\n" not in message
    assert caught.value.__cause__ is cause
    assert recorded(folder) == [("a1",)]
    ((revision, connection, error),) = told
    assert revision.revision == "b2"
    assert isinstance(connection, sqlalchemy.engine.Connection)
    assert error is caught.value


def test_an_error_hook_is_told_of_a_revision_that_fails(
    app: Flask,
    migrate: Migrate,
    folder: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    write_revision(folder, "c3", "b2", upgrade="raise LookupError('mine')")
    told: list[Any] = []

    @migrate.on_error
    def breaks(revision: Any, connection: Any, error: BaseException) -> None:
        raise ValueError("in the hook: sqlite://me:secret@host")

    @migrate.on_error
    def tells(revision: Any, connection: Any, error: BaseException) -> None:
        told.append((revision.revision, error))

    with pytest.raises(LookupError, match="mine") as caught:
        commands.upgrade()
    assert told == [("c3", caught.value)]
    (record,) = (one for one in caplog.records if one.levelno == logging.WARNING)
    assert record.name == "alembic.run"
    message = record.getMessage()
    assert "breaks' failed at c3 (Title of c3): ValueError: in the hook" in message
    assert "secret" not in message


def test_there_are_no_hooks_where_no_revision_is_executed(
    app: Flask, migrate: Migrate, capsys: pytest.CaptureFixture[str]
) -> None:
    def never(*arguments: Any) -> None:
        raise AssertionError(arguments)

    migrate.before_revision(never)
    migrate.after_revision(never)
    migrate.on_error(never)
    commands.upgrade(sql=True)
    commands.stamp(revision="a1")
    commands.current()
    # No revision has failed, for there is none of this name.
    with pytest.raises(MigrateError):
        commands.upgrade(revision="nonsense")


def test_hooks_belong_to_the_extension_and_not_to_the_application(
    folder: Path,
) -> None:
    migrate = Migrate()
    seen: list[str] = []
    migrate.after_revision(lambda revision, _: seen.append(revision.revision))
    for number in range(2):
        app = make_app(folder, {}, uri=f"sqlite:///{folder.as_posix()}/{number}.db")
        migrate.init_app(app, app.extensions["migrate"].db)
        with used(app):
            if not number:
                commands.init()
                write_revision(folder, "a1")
            commands.upgrade()
    assert seen == ["a1", "a1"]


def test_another_extension_has_no_hooks(app: Flask, folder: Path) -> None:
    state = app.extensions["migrate"]

    class FlaskMigrate:
        """What an installed Flask-Migrate puts there."""

        get_config = state.migrate.get_config

    state.migrate = FlaskMigrate()
    commands.upgrade()
    assert recorded(folder) == [("b2",)]


def test_decorators_return_the_function() -> None:
    migrate = Migrate()
    for decorator in (
        migrate.before_revision,
        migrate.after_revision,
        migrate.on_error,
    ):
        assert decorator(print) is print
