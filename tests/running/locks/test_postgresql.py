"""PostgreSQL: an advisory lock on a connection of its own."""

from __future__ import annotations

import contextlib
import re
import time
from pathlib import Path
from typing import Any, Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from flask_migrate_compat import MigrateError, commands
from flask_migrate_compat.errors import LockTimeoutError
from flask_migrate_compat.running import locks
from flask_migrate_compat.running.locks import renewal
from flask_migrate_compat.running.locks.postgresql import PostgreSqlLock

from ...conftest import Project
from ...servers import end_sessions, execute, name_in, postgresql, tables
from ..applications import write_revision
from .projects import (
    CREATE,
    HOLD,
    end_of,
    held,
    make_project,
    start,
    wait_for,
    write_chain,
)
from .test_run_locks import run, take

LOCKS = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND database = (" + (
    "SELECT oid FROM pg_database WHERE datname = current_database())"
)
CONCURRENTLY = """\
with op.get_context().autocommit_block():
        op.create_index("i_{0}", "{0}", ["id"], postgresql_concurrently=True)"""


@pytest.fixture
def url() -> Iterator[str]:
    with postgresql() as url:
        yield url


@pytest.fixture(params=["session", "transaction"])
def mode(request: Any) -> str:
    return str(request.param)


def configured(project: Project, mode: str) -> Project:
    project.replace(
        "app.py", "db = SQL", f'app.config["MIGRATE_LOCK"] = {mode!r}\ndb = SQL'
    )
    return project


# --- processes --------------------------------------------------------------------


def test_index_concurrently_while_others_wait(
    tmp_path: Path, url: str, mode: str
) -> None:
    """A waiting run must not hold a snapshot, nor the lock's own transaction."""
    project = configured(make_project(tmp_path / "project", url), mode)
    write_chain(project, 1, first=HOLD)
    project.write_revision("r1", "r0", upgrade=CONCURRENTLY.format("t0"))
    with held(project) as first:
        others = [start(project, "upgrade") for _ in range(2)]
        lines = []
        for process in others:
            assert process.stderr is not None
            lines.append(next(line for line in process.stderr if "Waiting" in line))
        (project.path / "go").touch()
        assert end_of(first).count("Running upgrade") == 2
    for process, line in zip(others, lines):
        assert "Running upgrade" not in end_of(process)
        assert re.search(
            rf"session \d+ of the server \(flask_migrate_compat \S+:{first.pid},"
            r"( from [\d.:a-f]+,)? since 20\d\d-\S+ \S+ UTC\) has it",
            line,
        )
    names = execute(
        url,
        "SELECT indisvalid FROM pg_index JOIN pg_class ON oid ="
        " indexrelid WHERE relname = 'i_t0'",
    )
    assert names == [(True,)]


def test_a_killed_process_gives_the_lock_back(
    tmp_path: Path, url: str, mode: str
) -> None:
    project = configured(make_project(tmp_path / "project", url), mode)
    write_chain(project, 1, first=HOLD)
    with held(project) as first:
        message = project.flask("db", "upgrade", "--lock-timeout", "0").stderr
        assert "was not free within 0 seconds; session" in message
        first.kill()
        first.communicate()
        (project.path / "go").touch()
        done = project.flask("db", "upgrade", "--lock-timeout", "5")
        assert done.returncode == 0, done.stderr


def test_the_printed_statement_ends_the_holder(tmp_path: Path, url: str) -> None:
    project = make_project(tmp_path / "project", url)
    write_chain(project, 1, first=HOLD)
    project.write_revision("r1", "r0", upgrade=CREATE.format("t1"))
    with held(project) as first:
        done = project.flask("db", "upgrade", "--lock-timeout", "0")
        assert done.returncode == 1
        (statement,) = re.findall(r"SELECT pg_terminate_backend\(\d+\);", done.stderr)
        execute(url, statement)
        (project.path / "go").touch()
        _, errors = first.communicate(timeout=60)
    # The first one has lost the lock, and says so before its next revision.
    assert first.returncode == 1
    assert "The migration lock of the database (postgresql" in errors
    assert "was lost" in errors
    assert "Nothing further is done. Run the command again." in errors
    assert "t1" not in tables(url)
    assert project.flask("db", "upgrade").returncode == 0


# --- in one process ---------------------------------------------------------------


def test_the_connection_is_closed_in_the_end(app: Any, url: str) -> None:
    commands.upgrade()
    assert execute(url, LOCKS) == []
    names = "SELECT application_name FROM pg_stat_activity WHERE application_name LIKE"
    ended = f"{names} 'flask_migrate_compat%' AND datname = current_database()"
    wait_for(lambda: not execute(url, ended))  # the server needs a moment for that


def test_a_revision_runs_with_the_lock(folder: Path, app: Any, url: str) -> None:
    seen: list[Any] = []
    app.look = lambda: seen.append(execute(url, LOCKS))
    write_revision(folder, "b2", "a1", upgrade="__import__('flask').current_app.look()")
    commands.upgrade()
    assert len(seen[0]) == 1


def test_another_version_table_need_not_wait(url: str) -> None:
    engine = sa.create_engine(url)
    one, other = engine.connect(), engine.connect()
    with one, other, run() as first, run() as second:
        take(first, one)
        take(second, other, version_table="versions")
        assert len(execute(url, LOCKS)) == 2
    engine.dispose()


def test_the_connection_is_lost_while_waiting(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = sa.create_engine(url)
    name = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE"
    name += " datname = current_database() AND application_name LIKE 'flask_mig%'"
    name += " AND pid NOT IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')"
    monkeypatch.setattr(
        "flask_migrate_compat.running.locks.waiting.time.sleep",
        lambda pause: execute(url, name),
    )
    with engine.connect() as one, engine.connect() as other, run() as first:
        take(first, one)
        with monkeypatch.context() as patch, run(lock_timeout=30) as second:
            # It is somebody else's then.
            patch.setattr(locks, "_held", {})
            with pytest.raises(MigrateError) as info:
                take(second, other)
    assert not isinstance(info.value, LockTimeoutError)
    assert "waiting for the migration lock" in str(info.value)
    assert str(info.value).endswith("Nothing was changed. Run the command again.")
    engine.dispose()


@contextlib.contextmanager
def role_of(url: str, limit: int) -> Iterator[str]:
    """Give the URL for a role that cannot see what the sessions of others do."""
    role = f"role_{name_in(url)}"
    execute(
        url,
        f"CREATE ROLE {role} LOGIN CONNECTION LIMIT {limit}",
        f"GRANT ALL ON SCHEMA public TO {role}",
    )
    try:
        yield url.replace("postgres@", f"{role}@")
    finally:
        end_sessions("postgresql", name_in(url))
        execute(url, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_no_connection_is_left(url: str) -> None:
    with role_of(url, limit=1) as limited:
        engine = sa.create_engine(limited, poolclass=NullPool)
        connection, expected = engine.connect(), pytest.raises(MigrateError)
        with connection, run() as run_locks, expected as info:
            take(run_locks, connection)
    assert "Cannot open a second connection" in str(info.value)
    assert "--no-lock" in str(info.value)


def test_two_roles_in_one_database(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One cannot see when the session of the other has begun."""
    with role_of(url, limit=9) as limited:
        engines = [sa.create_engine(one, poolclass=NullPool) for one in (url, limited)]
        one, other = engines[0].connect(), engines[1].connect()
        with one, other, run() as run_locks:
            take(run_locks, one)
            take(run_locks, other)
            monkeypatch.setattr(locks, "_held", {})
            with run() as stranger, pytest.raises(LockTimeoutError) as info:
                take(stranger, other)
            monkeypatch.undo()
    assert re.search(
        r"session \d+ of the server \(flask_migrate_compat \S+\) has it",
        str(info.value),
    )


def test_a_server_without_such_locks(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PostgreSqlLock, "_number", lambda self: "no_such_function()")
    engine = sa.create_engine(url, poolclass=NullPool)
    connection, expected = engine.connect(), pytest.raises(MigrateError)
    with connection, run() as run_locks, expected as info:
        take(run_locks, connection)
    assert "Cannot take the migration lock of the database" in str(info.value)
    assert "no_such_function" in str(info.value)
    assert "--no-lock" in str(info.value)


def test_an_idle_session_is_not_ended(url: str, mode: str) -> None:
    limit = f"ALTER DATABASE {url.rpartition('/')[2]} SET idle"
    execute(
        url,
        f"{limit}_session_timeout = 200",
        f"{limit}_in_transaction_session_timeout = 200",
    )
    engine = sa.create_engine(url, poolclass=NullPool)
    with engine.connect() as connection, run(lock=mode) as run_locks:
        take(run_locks, connection)
        time.sleep(0.5)
        lock = locks.lock_of(connection)
        assert lock is not None
        lock.check()


# --- the transaction of env.py ----------------------------------------------------


@pytest.fixture
def repeatable(url: str) -> Iterator[Any]:
    engine = sa.create_engine(url, isolation_level="REPEATABLE READ")
    execute(url, "CREATE TABLE seen (id INTEGER)")
    yield engine
    engine.dispose()


COUNT = sa.text("SELECT count(*) FROM seen")


def test_a_repeatable_read_begins_again(repeatable: Any, url: str) -> None:
    with repeatable.connect() as connection:
        transaction = connection.begin()
        connection.execute(sa.text("SET LOCAL lock_timeout = '7s'"))
        connection.execute(sa.text("SET search_path TO 'it''s', public"))
        assert connection.execute(COUNT).scalar() == 0
        execute(url, "INSERT INTO seen VALUES (1)")
        assert connection.execute(COUNT).scalar() == 0
        with run() as run_locks:
            take(run_locks, connection)
        assert connection.execute(COUNT).scalar() == 1
        for name, value in (("lock_timeout", "7s"), ("search_path", '"it\'s", public')):
            shown = connection.execute(sa.text(f"SHOW {name}")).scalar()
            assert shown == value
        transaction.commit()


def test_a_transaction_in_two_phases_is_left_alone(repeatable: Any, url: str) -> None:
    with repeatable.connect() as connection:
        connection.begin_twophase()
        assert connection.execute(COUNT).scalar() == 0
        execute(url, "INSERT INTO seen VALUES (1)")
        with run() as run_locks:
            take(run_locks, connection)
        assert connection.execute(COUNT).scalar() == 0


def test_a_transaction_that_reads_anew_is_left_alone(url: str) -> None:
    engine = sa.create_engine(url)
    number = sa.text("SELECT txid_current()")
    with engine.connect() as connection:
        transaction = connection.begin()
        before = connection.execute(number).scalar()
        with run() as run_locks:
            take(run_locks, connection)
        assert connection.execute(number).scalar() == before
        transaction.rollback()
    engine.dispose()


def test_a_waiting_run_lets_go_of_what_it_has_read(url: str) -> None:
    """The holder may have to alter that table."""
    engine = sa.create_engine(url)
    execute(url, "CREATE TABLE seen (id INTEGER)")
    with engine.connect() as connection:
        transaction = connection.begin()
        connection.execute(COUNT)
        renewal.renew_transaction(connection)
        execute(url, "SET lock_timeout = '1s'", "ALTER TABLE seen ADD COLUMN x INTEGER")
        transaction.rollback()
    engine.dispose()


# --- many version tables on one engine --------------------------------------------

SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"


def test_a_schema_for_each_tenant(url: str, mode: str) -> None:
    """The locks of a run need one connection, not one for each version table."""
    engine, other = sa.create_engine(url), sa.create_engine(url)
    with engine.connect() as connection, run(lock=mode) as run_locks:
        for number in range(12):
            take(run_locks, connection, version_table_schema=f"tenant{number}")
            # The one that asks is the third.
            assert execute(url, SESSIONS) == [(3,)]
            lock = locks.lock_of(connection)
            assert lock is not None
            lock.check()
        assert len(execute(url, LOCKS)) == 12
        held_locks, locks._held = locks._held, {}
        try:
            for number in range(12):
                expected = pytest.raises(LockTimeoutError)
                with other.connect() as one, run(lock=mode) as stranger, expected:
                    take(stranger, one, version_table_schema=f"tenant{number}")
        finally:
            locks._held = held_locks
    assert execute(url, LOCKS) == []
    for each in (engine, other):
        each.dispose()
    wait_for(lambda: execute(url, SESSIONS) == [(1,)])


def test_waiting_for_one_tenant_keeps_the_locks_of_others(url: str, mode: str) -> None:
    engine, other = sa.create_engine(url), sa.create_engine(url)
    schema = "version_table_schema"
    with other.connect() as one, run(lock=mode) as first:
        take(first, one, **{schema: "b"})
        held_locks, locks._held = locks._held, {}
        try:
            with engine.connect() as connection, run(0.5, mode) as second:
                take(second, connection, **{schema: "a"})
                lock = locks.lock_of(connection)
                assert lock is not None
                with pytest.raises(LockTimeoutError):
                    take(second, connection, **{schema: "b"})
                lock.check()
                # One of each run.
                assert len(execute(url, LOCKS)) == 2
        finally:
            locks._held = held_locks
        assert len(execute(url, LOCKS)) == 1
    for each in (engine, other):
        each.dispose()


# --- asyncio ----------------------------------------------------------------------

ASYNC_APP = """\
import flask_sqlalchemy
from flask import Flask
from flask_migrate_compat import Migrate
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import create_async_engine

class Db:
    metadata = MetaData()
    engines = {{None: create_async_engine({url!r}, pool_size=1, max_overflow=0)}}
    metadatas = {{None: metadata}}

app = Flask(__name__)
app.config["MIGRATE_LOCK"] = {mode!r}
migrate = Migrate(app, Db())
"""


def test_an_asynchronous_engine(tmp_path: Path, mode: str) -> None:
    with postgresql("asyncpg") as url:
        project = Project(tmp_path)
        (tmp_path / "app.py").write_text(ASYNC_APP.format(url=url, mode=mode))
        done = project.flask("db", "init", "-t", "aioflask")
        assert done.returncode == 0, done.stderr
        write_chain(project, 2, first=HOLD)
        plain = url.replace("+asyncpg", "+psycopg2")
        with held(project) as first:
            assert len(execute(plain, LOCKS)) == 1
            second = start(project, "upgrade")
            assert second.stderr is not None
            next(line for line in second.stderr if "Waiting" in line)
            (project.path / "go").touch()
            errors = end_of(first)
        assert errors.count("Running upgrade") == 2
        errors += end_of(second)
        assert errors.count("Running upgrade") == 2
        assert "never" not in errors
        assert "Traceback" not in errors
        assert execute(plain, LOCKS) == []


def test_nothing_is_imported_for_sqlite(migrated: Project) -> None:
    code = """\
import sys
from app import app
from flask_migrate_compat import upgrade

with app.app_context():
    upgrade()
locks = "flask_migrate_compat.running.locks."
assert locks + "sqlite" in sys.modules
unneeded = {locks + "postgresql", locks + "mysql", "psycopg2", "pymysql"}
assert not unneeded & set(sys.modules), unneeded & set(sys.modules)
"""
    done = migrated.run("-c", code)
    assert done.returncode == 0, done.stderr
