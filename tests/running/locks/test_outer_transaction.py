"""A transaction that was begun before ``env.py`` hands its connection to Alembic."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
import sqlalchemy as sa

from flask_migrate_compat import MigrateError, commands
from flask_migrate_compat.errors import LockTimeoutError
from flask_migrate_compat.running import locks

from ...servers import SERVERS, database, execute
from ..applications import make_app, used, write_revision
from .projects import CREATE
from .test_run_locks import run, take

INSERT = "INSERT INTO seen VALUES (1)"
ROWS = "SELECT count(*) FROM seen"


@pytest.fixture(params=SERVERS)
def url(request: Any) -> Iterator[str]:
    with database(request.param) as url:
        execute(url, "CREATE TABLE seen (id INTEGER)")
        yield url


@pytest.fixture
def engine(url: str) -> Iterator[Any]:
    engine = sa.create_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def someone_else(
    engine: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], None]]:
    """Hold the lock for another process, as it were, until this is called."""
    other = sa.create_engine(engine.url)
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(other.connect())
        take(stack.enter_context(run()), connection)
        monkeypatch.setattr(locks, "_held", {})
        yield stack.close
    other.dispose()


def released_by_the_first_pause(
    monkeypatch: pytest.MonkeyPatch, release: Callable[[], None]
) -> None:
    monkeypatch.setattr(
        "flask_migrate_compat.running.locks.waiting.time.sleep", lambda pause: release()
    )


def test_what_was_written_is_rolled_back(engine: Any, url: str) -> None:
    with engine.connect() as connection:
        transaction = connection.begin()
        connection.execute(sa.text(INSERT))
        with run() as run_locks:
            take(run_locks, connection)
        transaction.rollback()
    assert execute(url, ROWS) == [(0,)]


def test_what_was_inserted_and_returned_is_rolled_back(engine: Any, url: str) -> None:
    """The driver does not say that a statement with rows has written."""
    with engine.connect() as connection:
        transaction = connection.begin()
        connection.execute(sa.text(f"{INSERT} RETURNING id")).fetchall()
        with run() as run_locks:
            take(run_locks, connection)
        transaction.rollback()
    assert execute(url, ROWS) == [(0,)]


def test_somebody_has_just_looked_at_the_transactions(engine: Any, url: str) -> None:
    """InnoDB answers everybody as it answered then, for 0.1 seconds."""
    if not url.startswith("mysql"):
        pytest.skip("about MySQL and MariaDB")
    with engine.connect() as connection:
        transaction = connection.begin()
        connection.execute(sa.text("SELECT 1"))
        execute(url, "SELECT trx_rows_modified FROM information_schema.innodb_trx")
        connection.execute(sa.text(f"{INSERT} RETURNING id")).fetchall()
        with run() as run_locks:
            take(run_locks, connection)
        transaction.rollback()
    assert execute(url, ROWS) == [(0,)]


def test_what_was_written_outlives_a_repeatable_read(url: str) -> None:
    engine = sa.create_engine(url, isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        transaction = connection.begin()
        connection.execute(sa.text(INSERT))
        with run() as run_locks:
            take(run_locks, connection)
        transaction.rollback()
    engine.dispose()
    assert execute(url, ROWS) == [(0,)]


def test_an_upgrade_in_a_transaction_of_the_caller(folder: Path, url: str) -> None:
    """The usual fixture of a test: begin, write, upgrade, roll back."""
    with used(make_app(folder, {}, uri=url)) as app:
        commands.init()
        write_revision(folder, "a1")
        commands.upgrade()
        env_py = folder / "migrations" / "env.py"
        env_py.write_text(
            "from alembic import context\nfrom flask import current_app\n"
            "context.configure(connection=current_app.shared)\n"
            "with context.begin_transaction():\n    context.run_migrations()\n"
        )
        if url.startswith("postgresql"):  # MariaDB ends a transaction before it creates
            write_revision(folder, "b2", "a1", upgrade=CREATE.format("new"))
        engine = sa.create_engine(url)
        with engine.connect() as app.shared:  # type: ignore[attr-defined]
            transaction = app.shared.begin()  # type: ignore[attr-defined]
            app.shared.execute(sa.text(INSERT))  # type: ignore[attr-defined]
            commands.upgrade()
            transaction.rollback()
        engine.dispose()
    assert execute(url, ROWS) == [(0,)]
    assert execute(url, "SELECT version_num FROM alembic_version") == [("a1",)]


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ"])
def test_a_wait_makes_what_was_written_too_old(
    url: str,
    isolation: str,
    someone_else: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    released_by_the_first_pause(monkeypatch, someone_else)
    engine = sa.create_engine(url, isolation_level=isolation)
    # On PostgreSQL this one reads what the last holder has committed.
    reads_anew = url.startswith("postgresql") and isolation == "READ COMMITTED"
    expected: Any = pytest.raises(MigrateError, match="this one waited, inside of a")
    with engine.connect() as connection:
        transaction = connection.begin()
        connection.execute(sa.text(INSERT))
        outcome = contextlib.ExitStack() if reads_anew else expected
        with outcome, run(lock_timeout=30) as run_locks:
            take(run_locks, connection)
        transaction.rollback()
        with run() as run_locks:
            take(run_locks, connection)
    engine.dispose()
    assert execute(url, ROWS) == [(0,)]


def test_giving_up_commits_nothing(
    engine: Any, url: str, someone_else: Callable[[], None]
) -> None:
    with engine.connect() as connection:
        transaction = connection.begin()
        connection.execute(sa.text(INSERT))
        with pytest.raises(LockTimeoutError), run(lock_timeout=0.2) as run_locks:
            take(run_locks, connection)
        transaction.rollback()
    assert execute(url, ROWS) == [(0,)]


@pytest.mark.parametrize("has_read", [False, True])
def test_a_wait_in_a_transaction_that_has_written_nothing(
    engine: Any,
    url: str,
    has_read: bool,
    someone_else: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An ``env.py`` for several databases begins one in each of them."""

    def release() -> None:
        execute(url, INSERT)
        someone_else()

    released_by_the_first_pause(monkeypatch, release)
    with engine.connect() as connection:
        transaction = connection.begin()
        if has_read:
            connection.execute(sa.text(ROWS)).fetchall()
        with run(lock_timeout=30) as run_locks:
            take(run_locks, connection)
            assert connection.execute(sa.text(ROWS)).scalar() >= 1
        transaction.commit()
