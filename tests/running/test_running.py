"""A run leaves nothing behind, and there is one at a time in a process."""

from __future__ import annotations

import logging.config
import threading
from pathlib import Path
from typing import Any

import pytest
from alembic.runtime.migration import MigrationContext

from flask_migrate_compat import MigrateError, commands

from .applications import make_app, sqlite_url, tables, used, write_revision


def wrapped_functions() -> tuple[Any, ...]:
    return (MigrationContext.run_migrations, logging.config.fileConfig)


@pytest.mark.parametrize("upgrade", ["pass", "raise LookupError('mine')"])
def test_alembic_is_as_before(folder: Path, upgrade: str) -> None:
    before = wrapped_functions()
    with used(make_app(folder, {})):
        commands.init()
        write_revision(folder, "a1", upgrade=upgrade)
        try:
            commands.upgrade()
        except LookupError:
            assert upgrade != "pass"
    assert wrapped_functions() == before


def test_threads_wait_for_each_other(folder: Path) -> None:
    before = wrapped_functions()
    apps = [
        make_app(folder, {}, uri=sqlite_url(folder / f"{number}.db"))
        for number in range(4)
    ]
    with used(apps[0]):
        commands.init()
    create = 'op.create_table("new", sa.Column("id", sa.Integer))'
    previous = None
    for number in range(5):
        body = create if number == 0 else "__import__('time').sleep(0.01)"
        write_revision(folder, f"r{number}", previous, upgrade=body)
        previous = f"r{number}"
    errors: list[BaseException] = []

    def migrate(app: Any) -> None:
        try:
            with used(app):
                commands.upgrade()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=migrate, args=[app]) for app in apps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    for number in range(4):
        assert "new" in tables(folder / f"{number}.db")
    assert wrapped_functions() == before


def test_a_thread_does_not_wait_for_ever(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_migrate_compat.running.LONGEST_WAIT", 0.1, raising=False)
    app = make_app(folder, {})
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            with app.app_context():
                commands.current()
        except MigrateError as error:
            errors.append(error)

    def ask_in_a_thread() -> bool:
        # A daemon, so that the tests end if it never does.
        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        thread.join(10)
        return not thread.is_alive()

    ended: list[bool] = []
    app.ask = lambda: ended.append(ask_in_a_thread())
    with used(app):
        commands.init()
        # The thread of the run itself may go on calling commands.
        body = "flask.current_app.ask(); flask.current_app.heads()"
        heads: list[str] = []
        app.heads = lambda: heads.append(commands.heads() or "")
        write_revision(folder, "a1", upgrade=f"import flask; {body}")
        commands.upgrade()
    assert ended == [True]
    assert heads == [""]
    assert len(errors) == 1
    message = str(errors[0])
    assert "in this process" in message
    assert "'current' has waited" in message
    # The lock is free again.
    with used(app):
        assert ask_in_a_thread()
    assert len(errors) == 1
