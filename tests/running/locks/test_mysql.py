"""MySQL and MariaDB: ``GET_LOCK`` in the session of the migration."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any, Iterator

import pytest
import sqlalchemy as sa

from flask_migrate_compat import MigrateError, commands
from flask_migrate_compat.errors import LockTimeoutError
from flask_migrate_compat.running import locks
from flask_migrate_compat.running.locks.mysql import MySqlLock

from ...servers import execute, mariadb, tables
from .projects import HOLD, held, make_project, wait_for, write_chain
from .test_run_locks import run, take

SLEEPING = (
    "SELECT id FROM information_schema.processlist"
    " WHERE db = DATABASE() AND info LIKE 'INSERT%SLEEP%'"
)


@pytest.fixture
def url() -> Iterator[str]:
    with mariadb() as url:
        yield url


@pytest.fixture
def engine(url: str) -> Iterator[Any]:
    engine = sa.create_engine(url)
    yield engine
    engine.dispose()


def lock_name(connection: Any) -> str:
    lock = locks.lock_of(connection)
    assert isinstance(lock, MySqlLock)
    return lock._name


def is_free(url: str, name: str) -> bool:
    return execute(url, f"SELECT IS_FREE_LOCK('{name}')") == [(1,)]


def test_the_printed_statement_ends_the_holder(tmp_path: Path, url: str) -> None:
    project = make_project(tmp_path / "project", url)
    write_chain(project, 1, first=HOLD)
    with held(project) as first:
        done = project.flask("db", "upgrade", "--lock-timeout", "0")
        assert done.returncode == 1
        message = done.stderr.strip().splitlines()[-1]
        assert re.search(r"; session \d+ of the server \(\S+ from \S+, '", message)
        (statement,) = re.findall(r"KILL \d+;", message)
        execute(url, statement)
        (project.path / "go").touch()
        first.communicate(timeout=60)
    assert first.returncode == 1
    assert "t0" not in tables(url)
    assert project.flask("db", "upgrade", "--lock-timeout", "0").returncode == 0


def test_the_lock_lives_as_long_as_the_statement_of_a_killed_process(
    tmp_path: Path, url: str
) -> None:
    """What the server still does for it must not meet the next run."""
    project = make_project(tmp_path / "project", url)
    execute(
        url,
        "CREATE TABLE log (what INTEGER)",
        "CREATE TABLE pause (seconds INTEGER)",
        "INSERT INTO pause VALUES (60)",
    )
    busy = 'op.execute("INSERT INTO log SELECT SLEEP(seconds) FROM pause")'
    begun = "import pathlib; pathlib.Path('begun').touch()"
    project_body = f"{begun}; {busy}"
    write_chain(project, 1, first=project_body)
    with held(project) as first:
        wait_for(lambda: execute(url, SLEEPING), first)
        ((number,),) = execute(url, SLEEPING)
        first.kill()
        first.communicate()
        done = project.flask("db", "upgrade", "--lock-timeout", "0")
        assert "was not free" in done.stderr
    execute(url, f"KILL {number}", "UPDATE pause SET seconds = 0")
    done = project.flask("db", "upgrade")
    assert done.returncode == 0, done.stderr


def test_the_lock_goes_back_with_the_connection(app: Any, url: str) -> None:
    """The pool keeps the session, so it does not end by itself."""
    names: list[str] = []
    original = locks.take_or_wait

    def take_or_wait(lock: Any, *args: Any) -> Any:
        names.append(lock._name)
        return original(lock, *args)

    locks.take_or_wait = take_or_wait  # type: ignore[assignment]
    try:
        commands.upgrade()
    finally:
        locks.take_or_wait = original
    assert len(names) == 1
    assert len(names[0]) <= 64
    assert is_free(url, names[0])
    pool = app.extensions["migrate"].db.engine.pool
    assert not list(pool.dispatch.checkin)


def test_it_goes_back_before_the_run_is_over(engine: Any, url: str) -> None:
    with run() as run_locks:
        with engine.connect() as connection:
            take(run_locks, connection)
            name = lock_name(connection)
            assert not is_free(url, name)
        assert is_free(url, name)


def test_it_goes_back_if_the_connection_stays_open(engine: Any, url: str) -> None:
    with engine.connect() as connection:
        with run() as run_locks:
            take(run_locks, connection)
            name = lock_name(connection)
        assert is_free(url, name)


def test_the_connection_that_migrates_has_the_lock(engine: Any, url: str) -> None:
    """Another one to the same database may be closed before."""
    with engine.connect() as migrating, run() as run_locks:
        with engine.connect() as early:
            take(run_locks, early, migrating)
            name = lock_name(early)
            take(run_locks, migrating, early)
        assert not is_free(url, name)


@pytest.mark.parametrize("begin", ["begin", "begin_twophase"])
def test_alembic_sees_what_the_last_holder_has_committed(
    engine: Any, url: str, begin: str
) -> None:
    execute(url, "CREATE TABLE seen (id INTEGER)")
    count = sa.text("SELECT count(*) FROM seen")
    with engine.connect() as connection:
        transaction = getattr(connection, begin)()
        assert connection.execute(count).scalar() == 0
        execute(url, "INSERT INTO seen VALUES (1)")
        assert connection.execute(count).scalar() == 0
        with run() as run_locks:
            take(run_locks, connection)
            expected = 1 if begin == "begin" else 0
            assert connection.execute(count).scalar() == expected
        transaction.rollback()


def test_a_waiting_run_does_not_stand_in_the_way(
    engine: Any, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have read a table that the holder has to alter."""
    execute(url, "CREATE TABLE seen (id INTEGER)")
    before_waiting = MySqlLock.before_waiting
    waits = threading.Event()
    taken: list[Any] = []

    def tell(lock: MySqlLock) -> None:
        before_waiting(lock)
        waits.set()

    def wait() -> None:
        with engine.connect() as connection, run(lock_timeout=60) as second:
            connection.begin()
            connection.execute(sa.text("SELECT * FROM seen")).fetchall()
            take(second, connection)
            taken.append(locks.lock_of(connection))

    waiting = threading.Thread(target=wait)
    with engine.connect() as connection, run() as first:
        take(first, connection)
        with monkeypatch.context() as patch:
            patch.setattr(MySqlLock, "before_waiting", tell)
            # It is somebody else's then.
            patch.setattr(locks, "_held", {})
            waiting.start()
            assert waits.wait(60)
            execute(url, "SET lock_wait_timeout = 1", "ALTER TABLE seen ADD x INTEGER")
            assert not taken
    waiting.join()
    assert taken


def test_the_connection_is_lost_while_waiting(
    engine: Any, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine.connect() as one, engine.connect() as other, run() as first:
        take(first, one)
        number = other.execute(sa.text("SELECT CONNECTION_ID()")).scalar()
        monkeypatch.setattr(
            "flask_migrate_compat.running.locks.waiting.time.sleep",
            lambda pause: execute(url, f"KILL {number}") if other else None,
        )
        with monkeypatch.context() as patch, run(lock_timeout=30) as second:
            patch.setattr(locks, "_held", {})
            with pytest.raises(MigrateError) as info:
                take(second, other)
        other.invalidate()
    assert not isinstance(info.value, LockTimeoutError)
    assert "The connection that was waiting for the migration lock" in str(info.value)


def test_a_connection_that_was_replaced_has_no_lock(engine: Any) -> None:
    with engine.connect() as connection, run() as run_locks:
        take(run_locks, connection)
        lock = locks.lock_of(connection)
        assert lock is not None
        lock.check()
        connection.invalidate()
        with pytest.raises(MigrateError, match="was lost: a revision has"):
            lock.check()
