"""SQLite: a locked file beside the database, for processes and threads."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from filelock import FileLock, Timeout
from flask_sqlalchemy import SQLAlchemy

from flask_migrate_compat import commands
from flask_migrate_compat.errors import LockTimeoutError, MigrateError

from ..applications import make_app, sqlite_url, tables, used, write_revision
from .projects import CREATE, HOLD, end_of, held, make_project, start, write_chain

STAMPED = "CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32))"


def lock_file(database: Path) -> Path:
    return database.with_name(database.name + "-migration-lock")


def holder_file(database: Path) -> Path:
    return database.with_name(database.name + "-migration-holder")


def is_free(database: Path) -> bool:
    lock = FileLock(str(lock_file(database)))
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return False
    lock.release()
    return True


@pytest.fixture
def app(folder: Path) -> Iterator[Any]:
    """Return an application with one revision that creates a table."""
    with used(make_app(folder, {})) as app:
        commands.init()
        write_revision(folder, "a1", upgrade=CREATE.format("new"))
        yield app


@pytest.fixture
def taken(folder: Path) -> Iterator[FileLock]:
    """Have somebody else hold the lock of the application's database."""
    lock = FileLock(str(lock_file(folder / "app.db")), thread_local=False)
    thread = threading.Thread(target=lock.acquire)
    thread.start()
    thread.join()
    yield lock
    lock.release()


# --- processes --------------------------------------------------------------------


def test_the_second_process_waits_and_finds_nothing_to_do(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project", sqlite_url(tmp_path / "app.db"))
    write_chain(project, 3, first=HOLD)
    with held(project) as first:
        second = start(project, "upgrade")
        assert second.stderr is not None
        line = next(line for line in second.stderr if "Waiting" in line)
        (project.path / "go").touch()
        assert end_of(first).count("Running upgrade") == 3
    assert "Running upgrade" not in end_of(second)
    assert f"database (sqlite:///{tmp_path / 'app.db'}); process {first.pid} " in line
    assert tables(tmp_path / "app.db") >= {"t0", "t1", "t2"}
    assert not holder_file(tmp_path / "app.db").exists()


def test_a_killed_process_gives_the_lock_back(tmp_path: Path) -> None:
    database = tmp_path / "app.db"
    project = make_project(tmp_path / "project", sqlite_url(database))
    write_chain(project, 1, first=HOLD)
    with held(project) as first:
        assert not is_free(database)
        first.send_signal(signal.SIGKILL)
        first.communicate()
        assert holder_file(database).exists()
        assert is_free(database)
    done = project.flask("db", "upgrade", "--lock-timeout", "0")
    assert done.returncode == 0, done.stderr


def test_the_message_of_a_process_that_gives_up(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project", sqlite_url(tmp_path / "app.db"))
    write_chain(project, 1, first=HOLD)
    with held(project) as first:
        done = project.flask("db", "upgrade", "--lock-timeout", "0.2")
        assert done.returncode == 1
        message = done.stderr.strip().splitlines()[-1]
    assert message.startswith("Error: The migration lock of the database (sqlite:///")
    assert "was not free within 0 seconds" in message
    assert f"process {first.pid} on " in message
    assert "(since 20" in message
    assert "--lock-timeout SECONDS waits longer" in message
    assert f"end process {first.pid} on " in message


# --- in one process ---------------------------------------------------------------


WRITING: dict[str, Callable[..., object]] = {
    "upgrade": commands.upgrade,
    "downgrade": lambda **options: commands.downgrade(revision="base", **options),
    "stamp": commands.stamp,
    "ensure_version": commands.ensure_version,
}


@pytest.mark.parametrize("name", WRITING)
def test_what_writes_needs_the_lock(
    folder: Path, app: Any, taken: FileLock, name: str
) -> None:
    import alembic.command

    if not hasattr(alembic.command, name):
        pytest.skip(f"this Alembic has no {name}")
    with pytest.raises(LockTimeoutError, match="another process has it"):
        WRITING[name](lock_timeout=0)
    assert tables(folder / "app.db") == set()
    WRITING[name](no_lock=True)
    taken.release()
    WRITING[name](lock_timeout=0)


@pytest.mark.parametrize("value", ["off", False, None])
def test_without_a_lock(folder: Path, app: Any, taken: FileLock, value: object) -> None:
    app.config["MIGRATE_LOCK"] = value
    commands.upgrade()
    assert "new" in tables(folder / "app.db")


def test_what_only_reads_needs_none(app: Any, taken: FileLock) -> None:
    commands.current()
    commands.heads()
    commands.upgrade(sql=True)
    commands.revision(message="by hand")


def test_a_database_that_is_up_to_date_needs_none(folder: Path, app: Any) -> None:
    commands.upgrade()
    lock_file(folder / "app.db").unlink()
    for target in ("head", "heads", "a1"):
        commands.upgrade(revision=target, lock_timeout=0)
        assert not lock_file(folder / "app.db").exists()
    commands.stamp()
    assert lock_file(folder / "app.db").exists()


def test_the_look_leaves_no_transaction(folder: Path, app: Any) -> None:
    """Or Alembic would leave the commit to env.py."""
    commands.upgrade()
    insert = 'op.execute("INSERT INTO new VALUES (7)")'
    write_revision(folder, "b2", "a1", upgrade=insert)
    commands.upgrade()
    with sqlite3.connect(str(folder / "app.db")) as connection:
        assert connection.execute("SELECT id FROM new").fetchall() == [(7,)]
    connection.close()


def test_a_change_after_the_look_is_noticed(
    folder: Path, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flask_migrate_compat.running import locks

    monkeypatch.setattr(locks, "is_up_to_date", lambda *args: True)
    with pytest.raises(MigrateError, match="while this one began"):
        commands.upgrade()
    assert "new" not in tables(folder / "app.db")


def test_a_busy_database_counts_as_unknown(folder: Path) -> None:
    database = folder / "app.db"
    with used(make_app(folder, {}, uri=f"{sqlite_url(database)}?timeout=0.1")):
        commands.init()
        write_revision(folder, "a1", upgrade=CREATE.format("new"))
        commands.upgrade()
        lock_file(database).unlink()
        connection = sqlite3.connect(str(database), isolation_level=None)
        connection.execute("BEGIN EXCLUSIVE")
        try:
            with pytest.raises(Exception, match="database is locked"):
                commands.upgrade()
        finally:
            connection.close()
        assert lock_file(database).exists()


def test_the_lock_file_cannot_be_made(folder: Path, app: Any) -> None:
    lock_file(folder / "app.db").mkdir()
    with pytest.raises(MigrateError) as info:
        commands.upgrade()
    assert "Cannot lock the database (sqlite:///" in str(info.value)
    assert f"'{lock_file(folder / 'app.db')}'" in str(info.value)
    assert "--no-lock" in str(info.value)
    assert tables(folder / "app.db") == set()
    commands.upgrade(no_lock=True)
    # There is nothing left to do.
    commands.upgrade()


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_a_folder_that_is_read_only(folder: Path, app: Any) -> None:
    commands.upgrade()
    lock_file(folder / "app.db").unlink()
    folder.chmod(0o555)
    try:
        commands.upgrade()
        with pytest.raises(MigrateError, match="--no-lock"):
            commands.downgrade()
    finally:
        folder.chmod(0o755)


@pytest.mark.parametrize("body", ["raise LookupError()", "raise KeyboardInterrupt()"])
def test_a_revision_that_fails_gives_the_lock_back(
    folder: Path, app: Any, body: str
) -> None:
    write_revision(folder, "b2", "a1", upgrade=body)
    with pytest.raises((LookupError, KeyboardInterrupt)):
        commands.upgrade()
    assert is_free(folder / "app.db")
    assert not holder_file(folder / "app.db").exists()


def test_the_lock_is_held_until_the_run_is_over(folder: Path, app: Any) -> None:
    free: list[bool] = []
    app.look = lambda: free.append(is_free(folder / "app.db"))
    look = "__import__('flask').current_app.look()"
    write_revision(folder, "b2", "a1", upgrade=look)
    write_revision(folder, "c3", "b2", upgrade=look)
    commands.upgrade()
    assert free == [False, False]
    assert is_free(folder / "app.db")


def test_whoever_may_write_the_database_may_lock_it(folder: Path, app: Any) -> None:
    database = folder / "app.db"
    database.touch()
    database.chmod(0o664)
    commands.upgrade()
    assert lock_file(database).stat().st_mode & 0o777 == 0o664


def test_a_database_in_memory_has_no_file(folder: Path) -> None:
    with used(make_app(folder, {}, uri="sqlite://")):
        commands.init()
        write_revision(folder, "a1", upgrade=CREATE.format("new"))
        commands.upgrade()
    assert not list(folder.glob("*-migration-*"))


def test_a_link_shares_the_lock(folder: Path, taken: FileLock) -> None:
    (folder / "app.db").touch()
    (folder / "link.db").symlink_to(folder / "app.db")
    with used(make_app(folder, {}, uri=sqlite_url(folder / "link.db"))):
        commands.init()
        write_revision(folder, "a1", upgrade=CREATE.format("new"))
        with pytest.raises(LockTimeoutError):
            commands.upgrade(lock_timeout=0)


def test_the_form_with_file(folder: Path, taken: FileLock) -> None:
    if not hasattr(SQLAlchemy, "engines"):
        pytest.skip("Flask-SQLAlchemy 2 does not know this form")
    uri = f"sqlite:///file:{folder}/app.db?uri=true"
    with used(make_app(folder, {}, uri=uri)):
        commands.init()
        write_revision(folder, "a1", upgrade=CREATE.format("new"))
        with pytest.raises(LockTimeoutError):
            commands.upgrade(lock_timeout=0)


def test_another_version_table_waits_too(folder: Path, taken: FileLock) -> None:
    with used(make_app(folder, {}, version_table="versions")):
        commands.init()
        write_revision(folder, "a1", upgrade=CREATE.format("new"))
        with pytest.raises(LockTimeoutError):
            commands.upgrade(lock_timeout=0)
        taken.release()
        commands.upgrade(lock_timeout=0)
        lock_file(folder / "app.db").unlink()
        commands.upgrade()
        assert not lock_file(folder / "app.db").exists()


# --- threads ----------------------------------------------------------------------


def test_a_thread_waits_as_long_as_its_lock_timeout(
    folder: Path, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flask_migrate_compat.running.LONGEST_WAIT", 0.1)
    begun, go = threading.Event(), threading.Event()
    app.hold = lambda: (begun.set(), go.wait(10))
    write_revision(folder, "b2", "a1", upgrade="__import__('flask').current_app.hold()")
    errors: list[BaseException] = []

    def migrate(**options: Any) -> None:
        try:
            with app.app_context():
                commands.upgrade(**options)
        except MigrateError as error:
            errors.append(error)

    first = threading.Thread(target=migrate)
    first.start()
    assert begun.wait(10)
    impatient = threading.Thread(target=migrate, kwargs={"lock_timeout": 0.1})
    impatient.start()
    impatient.join(10)
    assert [type(error) for error in errors] == [LockTimeoutError]
    assert "has waited 0.1 seconds" in str(errors[0])
    patient = threading.Thread(target=migrate, kwargs={"lock_timeout": 20})
    patient.start()
    patient.join(0.3)
    assert patient.is_alive()
    go.set()
    first.join(10)
    patient.join(10)
    assert not patient.is_alive()
    assert len(errors) == 1


def test_importing_costs_nothing_without_sqlite() -> None:
    """The library of file locks is loaded for a file only."""
    code = "import sys, flask_migrate_compat.running.connections as _\n"
    code += "sys.exit('filelock' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
