"""SIGTERM and Ctrl-C: rolled back, one line, status 143 or 130."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from flask_migrate_compat.running import signals
from flask_migrate_compat.running.signals import RunStopped

from .. import servers
from ..conftest import APP, COMMAND_LINES, Project
from .applications import execute, tables

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the signals of POSIX")

SIGNALS = [
    pytest.param(signal.SIGTERM, 143, "SIGTERM", id="SIGTERM"),
    pytest.param(signal.SIGINT, 130, "Ctrl-C", id="SIGINT"),
]
# Each of both once is enough where a test takes long.
PAIRS = [
    pytest.param(*one.values, *other.values, id=f"{one.id}-{other.id}", marks=one.marks)
    for one, other in zip(COMMAND_LINES, SIGNALS)
]
FOREVER = (
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n"
    " WHERE x < 3000000000) SELECT count(*) FROM n"
)


class Result:
    """What a command that was sent a signal has left."""

    def __init__(self, status: int, stderr: str, seconds: float) -> None:
        self.status = status
        self.stderr = stderr
        self.seconds = seconds
        errors = [line for line in stderr.splitlines() if not line.startswith("INFO")]
        self.line = errors[0] if len(errors) == 1 else "\n".join(errors)


def interrupted(
    project: Project, *argv: str, signum: int = signal.SIGTERM, after: float = 0.3
) -> Result:
    """Run Python, and send a signal a moment after it has printed "now"."""
    process = subprocess.Popen(
        [sys.executable, "-u", *argv],
        cwd=str(project.path),
        env=project.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    killer = threading.Timer(60, process.kill)
    killer.start()
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("now"):
                break
        time.sleep(after)
        sent = time.monotonic()
        process.send_signal(signum)
        _, stderr = process.communicate()
        return Result(process.returncode, stderr, time.monotonic() - sent)
    finally:
        killer.cancel()


def assert_stopped(result: Result, status: int, name: str, where: str) -> None:
    """Make sure that a revision was interrupted, and rolled back."""
    assert result.status == status
    assert result.line == (
        f"Error: 'upgrade' was stopped by {name} at {where}. What was not committed"
        " yet is rolled back. Run the same command again to go on."
    )
    # What is interrupted here takes a minute or more.
    assert result.seconds < 30


@pytest.fixture
def blocked(migrated: Project) -> Project:
    """Return an application whose third revision sleeps in Python."""
    done = migrated.flask("db", "upgrade")
    assert done.returncode == 0, done.stderr
    body = """\
op.execute("INSERT INTO user (id) VALUES (7)")
    op.create_table("half", sa.Column("id", sa.Integer))
    print("now")
    import time
    time.sleep(60)"""
    migrated.write_revision("c3", "b2", upgrade=body)
    return migrated


def rows(project: Project) -> list[Any]:
    """Return the version and the users that are committed."""
    with contextlib.closing(sqlite3.connect(str(project.database))) as connection:
        versions = connection.execute("SELECT version_num FROM alembic_version")
        users = connection.execute("SELECT id FROM user")
        return [*versions.fetchall(), *users.fetchall()]


@pytest.mark.parametrize("command_line", COMMAND_LINES)
@pytest.mark.parametrize(("signum", "status", "name"), SIGNALS)
def test_a_signal_in_a_revision(
    blocked: Project,
    command_line: tuple[str, ...],
    signum: int,
    status: int,
    name: str,
) -> None:
    result = interrupted(blocked, *command_line, "db", "upgrade", signum=signum)
    assert_stopped(result, status, name, "c3 (Title of c3)")
    assert rows(blocked) == [("b2",)]
    # And so it does.
    blocked.write_revision("c3", "b2", upgrade='op.execute("SELECT 1")')
    assert blocked.run(*command_line, "db", "upgrade").returncode == 0
    assert rows(blocked) == [("c3",)]


@pytest.mark.parametrize(("command_line", "signum", "status", "name"), PAIRS)
def test_a_signal_during_a_statement_of_sqlite(
    blocked: Project,
    command_line: tuple[str, ...],
    signum: int,
    status: int,
    name: str,
) -> None:
    body = f"""\
op.execute("INSERT INTO user (id) VALUES (7)")
    print("now")
    op.execute("{FOREVER}")"""
    blocked.write_revision("c3", "b2", upgrade=body)
    result = interrupted(blocked, *command_line, "db", "upgrade", signum=signum)
    assert_stopped(result, status, name, "c3 (Title of c3)")
    assert rows(blocked) == [("b2",)]


def test_a_signal_while_waiting_for_the_lock(blocked: Project) -> None:
    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-u", "-m", "flask", "db", "upgrade"],
            cwd=str(blocked.path),
            env=blocked.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    with start() as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "now\n"
        with start() as waiter:
            assert waiter.stderr is not None
            for line in waiter.stderr:
                if "Waiting for the migration lock" in line:
                    break
            waiter.terminate()
            rest = waiter.stderr.read()
        assert rest == (
            "Error: 'upgrade' was stopped by SIGTERM before it changed anything."
            " Run the same command again to go on.\n"
        )
        assert waiter.wait() == 143
        assert holder.poll() is None
        holder.terminate()
        _, told = holder.communicate()
    assert holder.returncode == 143, told


@pytest.fixture
def on_postgresql(project: Project) -> Iterator[Project]:
    with servers.postgresql() as url:
        (project.path / "app.py").write_text(APP.format(url=url))
        project.flask("db", "init")
        project.write_revision(
            "a1", upgrade='op.create_table("one", sa.Column("id", sa.Integer))'
        )
        body = """\
op.create_table("two", sa.Column("id", sa.Integer))
    print("now")
    op.execute("SELECT pg_sleep(60)")"""
        project.write_revision("b2", "a1", upgrade=body)
        project.url = url  # type: ignore[attr-defined]
        yield project


@pytest.mark.parametrize(("command_line", "signum", "status", "name"), PAIRS)
def test_a_signal_during_a_statement_of_postgresql(
    on_postgresql: Project,
    command_line: tuple[str, ...],
    signum: int,
    status: int,
    name: str,
) -> None:
    result = interrupted(on_postgresql, *command_line, "db", "upgrade", signum=signum)
    assert_stopped(result, status, name, "b2 (Title of b2)")
    url = on_postgresql.url  # type: ignore[attr-defined]
    assert not servers.tables(url) & {"one", "two"}
    running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sl%'"
    database = f" AND datname = '{servers.name_in(url)}'"
    assert servers.execute(url, running + database) == [(0,)]


@pytest.mark.parametrize("swallow", ["except BaseException", "finally"])
def test_a_revision_cannot_swallow_the_signal(blocked: Project, swallow: str) -> None:
    tail = "pass" if swallow.startswith("except") else "__import__('time').sleep(0.1)"
    body = f"""\
op.execute("INSERT INTO user (id) VALUES (7)")
    print("now")
    try:
        __import__("time").sleep(60)
    {swallow}:
        {tail}"""
    blocked.write_revision("c3", "b2", upgrade=body)
    result = interrupted(blocked, "-m", "flask", "db", "upgrade")
    assert result.status == 143
    assert "was stopped by SIGTERM at c3" in result.line
    assert rows(blocked) == [("b2",)]


def test_a_commit_is_not_interrupted(blocked: Project) -> None:
    code = """\
import os, signal
import flask.cli
from sqlalchemy.engine.default import DefaultDialect

commit = DefaultDialect.do_commit

def do_commit(self, connection):
    os.kill(os.getpid(), signal.SIGTERM)
    commit(self, connection)

DefaultDialect.do_commit = do_commit
flask.cli.main()
"""
    blocked.write_revision("c3", "b2", upgrade='op.execute("SELECT 1")')
    (blocked.path / "run.py").write_text(code)
    done = blocked.run("run.py", "db", "upgrade")
    assert done.returncode == 143
    assert "SIGTERM came when 'upgrade' was at its end" in done.stderr
    assert rows(blocked) == [("c3",)]


def test_a_failure_is_not_mistaken_for_a_signal(blocked: Project) -> None:
    blocked.write_revision("c3", "b2", upgrade="raise LookupError('mine')")
    done = blocked.flask("db", "upgrade")
    assert done.returncode == 1
    assert "LookupError: mine" in done.stderr


def test_a_process_that_a_revision_forks_has_the_usual_handlers(
    blocked: Project,
) -> None:
    body = """\
import os, signal, time
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.write(writer, b"begun")
        time.sleep(60)
    os.close(writer)
    assert os.read(reader, 5)
    os.kill(child, signal.SIGTERM)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGTERM
    print("now")"""
    blocked.write_revision("c3", "b2", upgrade=body)
    done = blocked.flask("db", "upgrade")
    assert done.returncode == 0, done.stderr


def test_an_ignored_signal_stays_ignored(blocked: Project) -> None:
    body = "import os, signal; os.kill(os.getpid(), signal.SIGINT)"
    blocked.write_revision("c3", "b2", upgrade=body)
    code = (
        "import signal, flask.cli; signal.signal(signal.SIGINT, signal.SIG_IGN);"
        "flask.cli.main()"
    )
    (blocked.path / "run.py").write_text(code)
    done = blocked.run("run.py", "db", "upgrade")
    assert done.returncode == 0, done.stderr


# --- in this process --------------------------------------------------------------


def handlers() -> list[Any]:
    return [signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)]


def test_handlers_are_put_back() -> None:
    before = handlers()
    with signals.stopped_by_signals("upgrade"):
        assert handlers() != before
    assert handlers() == before
    with pytest.raises(LookupError), signals.stopped_by_signals("upgrade"):
        raise LookupError
    assert handlers() == before
    assert signal.set_wakeup_fd(-1) == -1
    names = [thread.name for thread in threading.enumerate()]
    assert "flask_migrate_compat.signals" not in names


def test_only_commands_that_write_and_the_main_thread_take_signals() -> None:
    before = handlers()
    with signals.stopped_by_signals("history"):
        assert handlers() == before
    seen: list[Any] = []

    def look() -> None:
        with signals.stopped_by_signals("upgrade"):
            seen.extend(handlers())

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == before


def stopped(body: Callable[[Any], None], command: str = "upgrade") -> RunStopped:
    """Return the error that a body ends with, which is given the guard."""

    def run() -> None:
        with signals.stopped_by_signals(command):
            body(signals._active)

    with pytest.raises(RunStopped) as caught:
        run()
    return caught.value


def test_before_anything_is_changed() -> None:
    error = stopped(lambda _: signal.raise_signal(signal.SIGTERM), "ensure_version")
    assert str(error) == (
        "'ensure-version' was stopped by SIGTERM before it changed anything."
        " Run the same command again to go on."
    )
    assert error.exit_code == 143
    assert isinstance(error.__cause__, KeyboardInterrupt)


def test_a_held_signal_is_told_at_the_end() -> None:
    def body(guard: Any) -> None:
        guard.is_recorded = True
        guard.hold()
        signal.raise_signal(signal.SIGINT)

    assert str(stopped(body, "ensure_version")) == (
        "Ctrl-C came when 'ensure-version' was at its end."
        " All of it is done, there is nothing to repeat."
    )


def test_a_held_signal_comes_with_the_next_statement() -> None:
    steps: list[str] = []

    def body(guard: Any) -> None:
        guard.is_recorded = True
        guard.hold()
        signal.raise_signal(signal.SIGINT)
        steps.append("committed")
        guard.use(None, None)
        steps.append("executed")

    assert "was stopped by Ctrl-C" in str(stopped(body))
    assert steps == ["committed"]


def test_what_gives_back_locks_is_not_interrupted() -> None:
    steps: list[str] = []

    def body(guard: Any) -> None:
        guard.is_recorded = True
        guard.hold()
        guard.is_over = True
        signal.raise_signal(signal.SIGINT)
        guard.use(None, None)
        guard.insist()
        steps.append("given back")

    assert "All of it is done" in str(stopped(body))
    assert steps == ["given back"]


def test_a_commit_in_a_revision_keeps_nothing_back() -> None:
    steps: list[str] = []

    def body(guard: Any) -> None:
        guard.hold()
        signal.raise_signal(signal.SIGINT)
        steps.append("went on")

    assert "was stopped by Ctrl-C" in str(stopped(body))
    assert not steps


def test_a_second_signal_is_not_kept_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "_IMPATIENCE", 0.0)

    def body(guard: Any) -> None:
        guard.is_recorded = True
        guard.hold()
        signal.raise_signal(signal.SIGTERM)
        time.sleep(0.01)
        signal.raise_signal(signal.SIGTERM)
        pytest.fail("the signal was kept back")

    assert "was stopped by SIGTERM" in str(stopped(body))


def test_the_signal_is_reported_and_not_what_the_driver_says() -> None:
    def body(_guard: Any) -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            raise LookupError("interrupted")

    assert "was stopped by SIGTERM" in str(stopped(body))


def test_sqlite_files_are_whole_after_a_signal(
    blocked: Project, tmp_path: Path
) -> None:
    interrupted(blocked, "-m", "flask", "db", "upgrade")
    assert tables(blocked.database) == {"alembic_version", "user"}
    # Nobody holds a lock.
    execute(blocked.database, "INSERT INTO user (id) VALUES (1)")
