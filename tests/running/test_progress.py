"""What people see of a run: at a terminal, in a log, with --quiet."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from flask_migrate_compat.running.progress import _duration

from ..conftest import COMMAND_LINES, Project

FLASK = ("-m", "flask")
on_posix = pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")

RUNNING = "INFO    alembic.runtime.migration: Running upgrade"
PREAMBLE = [
    "INFO    alembic.runtime.migration: Context impl SQLiteImpl.",
    "INFO    alembic.runtime.migration: Will assume transactional DDL.",
]


def at_terminal(
    project: Project, *argv: str, typed: str = "", columns: int = 100, **env: str
) -> str:
    """Run Python at a terminal and return what was written to it."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    variables = {**project.env, "TERM": "xterm", **env}
    if "NO_COLOR" not in env:
        variables.pop("NO_COLOR", None)
    process = subprocess.Popen(
        [sys.executable, *argv],
        cwd=str(project.path),
        env=variables,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        close_fds=True,
    )
    os.close(theirs)
    killer = threading.Timer(60, process.kill)
    killer.start()
    os.write(ours, typed.encode())
    written = b""
    try:
        while True:
            try:
                read = os.read(ours, 4096)
            except OSError:  # Linux: the other end is closed
                break
            if not read:
                break
            written += read
    finally:
        os.close(ours)
        process.wait(60)
        killer.cancel()
    return written.decode()


def lines_on(written: str) -> list[str]:
    """Return the lines that a terminal shows in the end."""
    shown = []
    for line in without_colours(written).replace("\r\n", "\n").split("\n"):
        cells: list[str] = []
        for part in line.split("\r"):
            cells[: len(part)] = part
        shown.append("".join(cells).rstrip())
    return [line for line in shown if line]


def without_times(lines: list[str]) -> list[str]:
    duration = r"(\d+ min )?\d+(\.\d\d)? s$"
    return [re.sub(duration, "0.00 s", line) for line in lines]


def without_colours(written: str) -> str:
    return re.sub(r"\x1b\[\d+m", "", written)


@on_posix
@pytest.mark.parametrize("command_line", COMMAND_LINES)
def test_a_terminal_shows_a_bar(
    migrated: Project, command_line: tuple[str, ...]
) -> None:
    written = at_terminal(migrated, *command_line, "db", "upgrade")
    assert without_times(lines_on(written)) == [
        *PREAMBLE,
        "a1 (Title of a1): 0.00 s",
        "b2 (Title of b2): 0.00 s",
        "Upgrade finished: 2 revisions, 0.00 s",
    ]
    plain = without_colours(written)
    assert re.search(r"\r0/2 {22}\d\d:\d\d  a1 \(Title of a1\)", plain), repr(plain)
    assert re.search(r"\r1/2 \S+ +\d\d:\d\d  b2 \(Title of b2\)", plain)
    assert "\x1b[32ma1\x1b[0m (Title of a1): " in written
    # Nothing to do, nothing to tell.
    assert lines_on(at_terminal(migrated, *command_line, "db", "upgrade")) == PREAMBLE


@on_posix
def test_what_others_write_stands_above_the_bar(migrated: Project) -> None:
    script = """\
import logging, subprocess, sys
    print("printed")
    print("two\\nlines")
    logging.getLogger("mine").warning("logged")
    sys.stderr.write("half of ")
    sys.stderr.write("a line\\n")
    print("no end", end="", flush=True)
    print(" of it")
    print("child:", flush=True)
    subprocess.run([sys.executable, "-c", "print('of a child')"], stdout=sys.stdout)
    print("left open", end="")"""
    migrated.write_revision("c3", "b2", upgrade=script)
    migrated.write_revision("d4", "c3")
    lines = lines_on(at_terminal(migrated, *FLASK, "db", "upgrade"))
    assert without_times(lines) == [
        *PREAMBLE,
        "a1 (Title of a1): 0.00 s",
        "b2 (Title of b2): 0.00 s",
        "printed",
        "two",
        "lines",
        "WARNING mine: logged",
        "half of a line",
        "no end of it",
        "child:",
        "of a child",
        "left open",
        "c3 (Title of c3): 0.00 s",
        "d4 (Title of d4): 0.00 s",
        "Upgrade finished: 4 revisions, 0.00 s",
    ]


@on_posix
def test_no_bar_is_drawn_inside_of_a_line(migrated: Project) -> None:
    body = """\
import subprocess, sys, time
    print("one ", end="")
    time.sleep(1.2)
    print("line")
    child = "import time; print('of a', end=' ', flush=True); time.sleep(1.2)"
    child += "; print('child')"
    subprocess.run([sys.executable, "-c", child], stdout=sys.stdout)"""
    migrated.write_revision("c3", "b2", upgrade=body)
    written = at_terminal(migrated, *FLASK, "db", "upgrade")
    assert "one line\r\n" in written
    assert "of a child\r\n" in written


@on_posix
def test_a_revision_may_ask_and_have_a_bar_of_its_own(migrated: Project) -> None:
    body = """\
import tqdm
    print("answer:", input("question? "))
    for _ in tqdm.tqdm(range(3), ncols=60, desc="rows"):
        pass"""
    migrated.write_revision("c3", "b2", upgrade=body)
    lines = lines_on(at_terminal(migrated, *FLASK, "db", "upgrade", typed="yes\n"))
    (question,) = (line for line in lines if "question? " in line)
    assert question.startswith("question? ")
    assert "answer: yes" in " ".join(lines)
    (bar,) = (line for line in lines if line.startswith("rows"))
    assert "3/3" in bar
    assert "c3 (Title of c3)" in " ".join(lines)


@on_posix
def test_a_child_process_does_not_wait_for_the_bar(migrated: Project) -> None:
    body = """\
import os, sys
    lock = sys.stdout._screen.lock
    lock.acquire()  # as the thread that draws may have it
    import threading
    fork = threading.Thread(target=lambda: print_in_child())
    def print_in_child():
        child = os.fork()
        if not child:
            print("of a child", flush=True)
            os._exit(0)
        os.waitpid(child, 0)
    fork.start()
    fork.join(30)
    lock.release()"""
    migrated.write_revision("c3", "b2", upgrade=body)
    lines = lines_on(at_terminal(migrated, *FLASK, "db", "upgrade"))
    assert "of a child" in " ".join(lines)


@on_posix
def test_the_time_goes_on_while_a_revision_runs(migrated: Project) -> None:
    migrated.write_revision("c3", "b2", upgrade="__import__('time').sleep(1.7)")
    written = at_terminal(migrated, *FLASK, "db", "upgrade")
    times = re.findall(r"\r2/3 \S+ +(\d\d:\d\d)  c3", without_colours(written))
    assert len(set(times)) > 1


@on_posix
def test_a_terminal_need_not_know_its_width(migrated: Project) -> None:
    written = at_terminal(migrated, *FLASK, "db", "upgrade", columns=0)
    assert re.search(r"\r1/2 \S+ +\d\d:\d\d  b2", without_colours(written))


@on_posix
def test_a_failure_takes_the_bar_away(migrated: Project) -> None:
    migrated.write_revision("c3", "b2", upgrade="raise LookupError('mine')")
    lines = without_times(lines_on(at_terminal(migrated, *FLASK, "db", "upgrade")))
    assert lines[-2] == "c3 (Title of c3): failed after 0.00 s"
    assert lines[-1].startswith("Error: migrations/versions/c3_.py, line 10: Lookup")


@on_posix
def test_no_color_is_respected(migrated: Project) -> None:
    written = at_terminal(migrated, *FLASK, "db", "upgrade", NO_COLOR="1")
    assert "\r1/2" in written
    assert "\x1b[" not in written


@on_posix
def test_a_dumb_terminal_gets_plain_lines(migrated: Project) -> None:
    written = at_terminal(migrated, *FLASK, "db", "upgrade", TERM="dumb")
    assert "1/2" not in written
    assert without_times(lines_on(written)) == log_of_two()


@on_posix
def test_a_program_draws_nothing(migrated: Project) -> None:
    code = (
        "from app import app; from flask_migrate_compat import upgrade\n"
        "with app.app_context(): upgrade()"
    )
    written = at_terminal(migrated, "-c", code)
    assert without_times(lines_on(written)) == log_of_two()


@on_posix
def test_stamp_draws_nothing(migrated: Project) -> None:
    written = at_terminal(migrated, *FLASK, "db", "stamp", "head")
    assert "1/" not in written
    assert lines_on(written)[2].endswith("Running stamp_revision  -> b2")
    assert len(lines_on(written)) == 3


@on_posix
def test_each_of_several_databases_has_a_bar(project: Project) -> None:
    other = (project.path / "other.db").as_posix()
    binds = f'app.config["SQLALCHEMY_BINDS"] = {{"other": "sqlite:///{other}"}}\n'
    project.replace("app.py", "db = SQLAlchemy", f"{binds}db = SQLAlchemy")
    project.flask("db", "init", "--multidb")
    path = project.write_revision("a1")
    text = path.read_text().replace("upgrade():", "upgrade(engine_name):")
    path.write_text(text)
    lines = without_times(lines_on(at_terminal(project, *FLASK, "db", "upgrade")))
    ours = [line for line in lines if not line.startswith("INFO ")]
    assert ours == [
        f"Database (sqlite:///{project.database.as_posix()}):",
        "a1 (Title of a1): 0.00 s",
        f"Database 'other' (sqlite:///{other}):",
        "a1 (Title of a1): 0.00 s",
        "Upgrade finished: 2 revisions in 2 databases, 0.00 s",
    ]


def log_of_two() -> list[str]:
    return [
        *PREAMBLE,
        f"{RUNNING}  -> a1, Title of a1",
        "INFO    alembic.run: Finished a1 in 0.00 s",
        f"{RUNNING} a1 -> b2, Title of b2",
        "INFO    alembic.run: Finished b2 in 0.00 s",
        "INFO    alembic.run: Upgrade finished: 2 revisions, 0.00 s",
    ]


@pytest.mark.parametrize("command_line", COMMAND_LINES)
def test_a_log_has_plain_lines(
    migrated: Project, command_line: tuple[str, ...]
) -> None:
    done = migrated.run(*command_line, "db", "upgrade")
    assert without_times(done.stderr.splitlines()) == log_of_two()
    done = migrated.run(*command_line, "db", "upgrade")
    assert done.stderr.splitlines() == PREAMBLE
    done = migrated.run(*command_line, "db", "downgrade", "base")
    lines = without_times(done.stderr.splitlines())
    assert lines[-1] == "INFO    alembic.run: Downgrade finished: 2 revisions, 0.00 s"


@pytest.mark.parametrize("command_line", COMMAND_LINES)
def test_quiet_leaves_warnings_and_errors(
    migrated: Project, command_line: tuple[str, ...]
) -> None:
    warn = "__import__('logging').getLogger('alembic.mine').warning('w')"
    migrated.write_revision("c3", "b2", upgrade=warn)
    migrated.write_revision("d4", "c3", upgrade="raise LookupError('mine')")
    done = migrated.run(*command_line, "db", "upgrade", "c3", "--quiet")
    assert done.returncode == 0
    assert done.stderr.splitlines() == ["WARNING alembic.mine: w"]
    done = migrated.run(*command_line, "db", "upgrade", "--quiet")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ")


@on_posix
def test_quiet_is_quiet_at_a_terminal(migrated: Project) -> None:
    assert at_terminal(migrated, *FLASK, "db", "upgrade", "--quiet") == ""


def test_a_log_file_gets_the_lines_that_the_bar_replaces(
    migrated: Project, tmp_path: Path
) -> None:
    if os.name == "nt":
        pytest.skip("needs a pseudo-terminal")
    log = tmp_path / "log"
    env = migrated.migrations / "env.py"
    handler = f"logging.root.addHandler(logging.FileHandler({str(log)!r}))\n"
    mark = "migrate = current_app"
    text = env.read_text()
    assert mark in text
    env.write_text(text.replace(mark, handler + mark, 1))
    at_terminal(migrated, *FLASK, "db", "upgrade")
    logged = log.read_text()
    assert "Running upgrade a1 -> b2, Title of b2" in logged
    assert "Finished b2 in " in logged
    assert "Upgrade finished: 2 revisions" in logged


def test_tqdm_is_loaded_for_a_bar_only(migrated: Project) -> None:
    code = (
        "import sys\nfrom app import app; from flask_migrate_compat import upgrade\n"
        "with app.app_context(): upgrade()\n"
        "assert 'tqdm' not in sys.modules"
    )
    done = migrated.run("-c", code)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.00 s"), (9.994, "9.99 s"), (59.4, "59 s"), (60, "1 min 0 s")],
)
def test_durations_are_readable(seconds: float, text: str) -> None:
    assert _duration(seconds) == text
