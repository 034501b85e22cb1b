"""The locks of a run: which ones, in which order, and of which run."""

from __future__ import annotations

import contextlib
import logging
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Iterator

import pytest
import sqlalchemy as sa

from flask_migrate_compat import commands
from flask_migrate_compat.config import Config
from flask_migrate_compat.errors import LockTimeoutError
from flask_migrate_compat.running import locks, settings
from flask_migrate_compat.running.locks import RunLocks, waiting
from flask_migrate_compat.running.locks.base import DatabaseLock, Holder, VersionTable

from ..applications import make_app, sqlite_url, used
from .projects import end_of, make_project, start, write_multi


@contextlib.contextmanager
def run(lock_timeout: float = 0, lock: str = "session") -> Iterator[RunLocks]:
    """Give the locks of a run that takes place in this block."""
    config = Config()
    config.attributes[settings._KEY] = settings.RunSettings(lock, lock_timeout)
    with contextlib.ExitStack() as stack:
        yield RunLocks(stack, "stamp", config)


@pytest.fixture
def engines(url: str) -> Iterator[list[Any]]:
    """Return two engines that know nothing of each other, for one database."""
    engines = [sa.create_engine(url) for _ in range(2)]
    yield engines
    for engine in engines:
        engine.dispose()


ENVIRONMENT: Any = None


def take(run_locks: RunLocks, connection: Any, *opened: Any, **options: Any) -> None:
    run_locks.take(ENVIRONMENT, connection, [connection, *opened], options)


class Stranger:
    """Take a lock as another process would, one that knows of no lock of ours."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def is_kept_out(self, engine: Any, **options: Any) -> bool:
        with self._monkeypatch.context() as patch, engine.connect() as connection:
            patch.setattr(locks, "_held", {})
            try:
                with run() as stranger:
                    take(stranger, connection, **options)
            except LockTimeoutError:
                return True
        return False


@pytest.fixture
def stranger(monkeypatch: pytest.MonkeyPatch) -> Stranger:
    return Stranger(monkeypatch)


def test_a_lock_keeps_others_out_until_the_run_is_over(
    engines: list[Any], stranger: Stranger
) -> None:
    with engines[0].connect() as connection:
        assert not stranger.is_kept_out(engines[1])
        with run() as run_locks:
            take(run_locks, connection)
            assert stranger.is_kept_out(engines[1])
        assert not stranger.is_kept_out(engines[1])


def test_a_run_in_a_run_finds_the_lock_taken(
    engines: list[Any], stranger: Stranger
) -> None:
    with engines[0].connect() as outside, run() as outer:
        take(outer, outside)
        for engine in engines:
            with engine.connect() as inside, run() as inner:
                take(inner, inside)
                take(inner, inside)
            assert stranger.is_kept_out(engines[1])


def test_two_binds_that_lead_to_one_database(
    engines: list[Any], stranger: Stranger
) -> None:
    with engines[0].connect() as one, engines[1].connect() as other:
        with run() as run_locks:
            take(run_locks, one, other)
            take(run_locks, other, one)
            assert stranger.is_kept_out(sa.create_engine(one.engine.url))
        assert not stranger.is_kept_out(engines[1])


def test_an_error_gives_the_lock_back(engines: list[Any], stranger: Stranger) -> None:
    with engines[0].connect() as connection:
        with contextlib.suppress(KeyboardInterrupt), run() as run_locks:
            take(run_locks, connection)
            raise KeyboardInterrupt
        assert not stranger.is_kept_out(engines[1])


def test_nothing_is_left_behind(engines: list[Any]) -> None:
    with engines[0].connect() as connection, run() as run_locks:
        take(run_locks, connection)
        assert locks._held
        assert locks.lock_of(connection) is not None
    assert not locks._held
    assert not locks._of_connection


def test_a_pool_of_one_connection(url: str, stranger: Stranger) -> None:
    if url.startswith("sqlite"):
        pytest.skip("no second connection is needed")
    engine = sa.create_engine(url, pool_size=1, max_overflow=0, pool_timeout=1)
    with engine.connect() as connection, run() as run_locks:
        take(run_locks, connection)
        assert stranger.is_kept_out(sa.create_engine(engine.url))
    engine.dispose()


def test_nothing_is_begun(engines: list[Any]) -> None:
    """A transaction would be taken for one of env.py's."""
    with engines[0].connect() as connection, run() as run_locks:
        take(run_locks, connection)
        assert not connection.in_transaction()


# --- several databases ------------------------------------------------------------


def test_the_order_does_not_depend_on_the_application(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[str] = []
    original = locks.take_or_wait

    def take_or_wait(lock: DatabaseLock, *args: Any) -> DatabaseLock:
        taken.append(lock.order[-1])
        return original(lock, *args)

    monkeypatch.setattr(locks, "take_or_wait", take_or_wait)
    files = [folder / f"{name}.db" for name in "abcd"]
    for number in range(3):
        random.Random(number).shuffle(files)
        binds = {f"b{n}": sqlite_url(file) for n, file in enumerate(files[1:])}
        app = make_app(folder, {}, uri=sqlite_url(files[0]), binds=binds)
        with used(app):
            if number == 0:
                commands.init(multidb=True)
            commands.stamp(revision="base")
    assert taken == sorted(str(file) for file in files) * 3


def test_binds_in_the_opposite_order(tmp_path: Path) -> None:
    """Each process needs both databases, and neither may have one of them for good."""
    urls = [sqlite_url(tmp_path / "one.db"), sqlite_url(tmp_path / "two.db")]
    processes = []
    for number, (main, bind) in enumerate([urls, urls[::-1]]):
        project = make_project(tmp_path / f"project{number}", main, {"b": bind})
        body = """op.execute("CREATE TABLE IF NOT EXISTS t (id INTEGER)")"""
        write_multi(project, "r1", body)
        processes += [start(project, "upgrade") for _ in range(2)]
    for process in processes:
        end_of(process)


# --- waiting ----------------------------------------------------------------------


class FakeLock(DatabaseLock):
    """A lock that is free after some attempts."""

    def __init__(self, attempts: int, holder: Holder) -> None:
        connection: Any = SimpleNamespace(engine=SimpleNamespace(url="some://where"))
        super().__init__(connection, VersionTable("versions", ""), "session")
        self.attempts = attempts
        self._holder = holder
        self.calls: list[str] = []

    def attempt(self) -> bool:
        self.attempts -= 1
        self.is_held = self.attempts <= 0
        return self.is_held

    def holder(self) -> Holder:
        return self._holder

    def before_waiting(self) -> None:
        self.calls.append("before")

    def after_taking(self) -> None:
        self.calls.append("after")

    def release(self, is_last: bool = True) -> None:
        self.calls.append("release")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the pauses that were made on a clock that stands still otherwise."""
    pauses: list[float] = []
    monkeypatch.setattr(waiting.time, "sleep", pauses.append)
    monkeypatch.setattr(waiting.time, "monotonic", lambda: sum(pauses))
    return pauses


HOLDER = Holder("session 7 of the server", "KILL 7;", ("7", "server"))


def test_the_news_of_a_long_wait(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "alembic.run")
    lock = FakeLock(100, HOLDER)
    assert waiting.take_or_wait(lock, 1000, []) is lock
    first, *others = (record.getMessage() for record in caplog.records)
    place = "the migration lock of the database ('some://where')"
    assert first == f"Waiting for {place}; session 7 of the server has it."
    assert len(others) in (2, 3)
    assert 80 < sum(clock) < 120
    assert others[0].startswith(f"Waiting for {place} for 3")
    assert lock.calls[-1] == "after"
    assert max(clock) < 1.5
    assert clock[0] < 0.1
    assert len(set(clock)) > 50


def test_nothing_is_said_without_a_wait(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    lock = FakeLock(1, HOLDER)
    waiting.take_or_wait(lock, 0, [])
    assert lock.calls == ["after"]
    assert not caplog.records


@pytest.mark.parametrize("timeout", [0, 0.01, 5, 31])
def test_giving_up(clock: list[float], timeout: float) -> None:
    lock = FakeLock(10_000, HOLDER)
    with pytest.raises(LockTimeoutError) as info:
        waiting.take_or_wait(lock, timeout, [])
    assert sum(clock) == pytest.approx(timeout, abs=0.01)
    message = str(info.value)
    assert "session 7 of the server has it" in message
    assert f"within {timeout:g} seconds" in message or timeout == 0.01
    assert "run the command again" in message
    assert "--lock-timeout" in message
    assert message.endswith("KILL 7;")


def test_a_holder_of_our_own_counts(clock: list[float]) -> None:
    own = FakeLock(1, HOLDER)
    own.session = HOLDER.session
    own.attempt()
    lock = FakeLock(10_000, HOLDER)
    taken = waiting.take_or_wait(lock, 5, [own])
    assert taken.is_held
    assert not clock
    assert lock.calls == ["release"]
    # It is not ours any more.
    own.is_held = False
    with pytest.raises(LockTimeoutError):
        waiting.take_or_wait(FakeLock(10_000, HOLDER), 5, [own])


def test_a_kind_of_database_that_has_no_lock(caplog: pytest.LogCaptureFixture) -> None:
    class Connection:
        closed = False
        dialect = SimpleNamespace(name="oracle")
        engine = SimpleNamespace(url="oracle://host/x")

    connection = Connection()
    with run() as run_locks:
        take(run_locks, connection)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "There is no migration lock for the database ('oracle://host/x')" in (
        record.getMessage()
    )
