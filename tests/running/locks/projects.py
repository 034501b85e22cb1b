"""Applications whose migrations several processes run at the same time."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Iterator

from ...conftest import Project

# What a revision says when it begins, and how it waits until it may go on.
HOLD = (
    "import pathlib, time; pathlib.Path('begun').touch();"
    " [time.sleep(0.02) for _ in range(3000) if not pathlib.Path('go').exists()]"
)
CREATE = 'op.create_table("{0}", sa.Column("id", sa.Integer))'


def make_project(
    path: Path, url: str, binds: dict[str, str] | None = None, **engine_options: Any
) -> Project:
    """Make an application with an empty migrations folder.

    :param path: a folder that is to be made.
    :param url: of the database.
    :param binds: ``SQLALCHEMY_BINDS``; the env.py is one for several databases then.
    :param engine_options: ``SQLALCHEMY_ENGINE_OPTIONS``.
    """
    path.mkdir()
    project = Project(path)
    old = f"sqlite:///{project.database.as_posix()}"
    project.replace("app.py", repr(old), repr(url))
    project.replace(
        "app.py",
        "db = SQLAlchemy",
        f'app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {engine_options!r}\n'
        f'app.config["SQLALCHEMY_BINDS"] = {binds or {}!r}\n'
        'app.config["MIGRATE_LOCK_TIMEOUT"] = 60\n'
        "db = SQLAlchemy",
    )
    done = project.flask("db", "init", *(["--multidb"] if binds else []))
    assert done.returncode == 0, done.stderr
    return project


def write_chain(project: Project, length: int, first: str = "pass") -> None:
    """Write revisions r0, r1, …, which create the tables t0, t1, …

    :param first: a statement that r0 executes before.
    """
    previous = None
    for number in range(length):
        body = f"{first}; " if number == 0 else "__import__('time').sleep(0.02); "
        body += CREATE.format(f"t{number}")
        project.write_revision(f"r{number}", previous, upgrade=body)
        previous = f"r{number}"


def write_multi(project: Project, revision: str, body: str) -> None:
    """Write a revision for the main database and the bind ``b``."""
    project.write_revision(revision)
    path = project.migrations / "versions" / f"{revision}_.py"
    text = path.read_text().split("def upgrade")[0]
    for name in ("", "b"):
        text += f"def upgrade_{name}():\n    {body}\n\n\n"
    text += "def upgrade(engine_name):\n    globals()['upgrade_' + engine_name]()\n"
    path.write_text(text)


def start(project: Project, *argv: str, **env: str) -> subprocess.Popen[str]:
    """Start ``flask db`` with these arguments."""
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "db", *argv],
        cwd=str(project.path),
        env={**project.env, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def end_of(process: subprocess.Popen[str]) -> str:
    """Wait for a process that is to succeed, and return what it has logged."""
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return errors


def wait_for(what: Callable[[], object], process: Any = None) -> None:
    """Wait until something is true, which must not take long."""
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline
        if process is not None and process.poll() is not None:
            raise AssertionError(process.communicate())
        time.sleep(0.02)


@contextlib.contextmanager
def held(project: Project, *argv: str, **env: str) -> Iterator[subprocess.Popen[str]]:
    """Have a process in the middle of a revision with :data:`HOLD` for a while."""
    for name in ("begun", "go"):
        with contextlib.suppress(FileNotFoundError):
            (project.path / name).unlink()
    process = start(project, *(argv or ("upgrade",)), **env)
    try:
        wait_for((project.path / "begun").exists, process)
        yield process
    finally:
        (project.path / "go").touch()
        if process.poll() is None:
            process.communicate(timeout=60)
