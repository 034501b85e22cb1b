"""Disturb a run in all ways but the loss of a connection, see ``outages.py``."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
import uuid
from pathlib import Path
from typing import Any, Iterator

from sqlalchemy.engine.url import make_url

from .. import servers
from .options import FACES, KINDS
from .stage import NotHere, Stage, check, expect, scenario
from .targets import Target

_STATUS = {"SIGTERM": 143, "SIGINT": 130}


@scenario(*KINDS, each=[(name, face) for name in _STATUS for face in FACES])
def signal_in_revision(stage: Stage, name: str, face: str) -> None:
    """A signal in the middle of a revision: roll back, release, say so in a status."""
    running = stage.start_and_pause(face=face)
    running.process.send_signal(getattr(signal, name))
    result = running.wait()
    allowed = {_STATUS[name]}
    if face == "function":
        # A script of one's own may leave the exception to Python.
        allowed.add(-getattr(signal, name))
    check(result.status in allowed, f"ended with {result.status}: {result.last_line}")
    if face != "function":
        check("Traceback (most" not in result.output, f"a traceback: {result.output}")
    if stage.kind != "mariadb":
        left = set(stage.target.tables()) - {"alembic_version"}
        check(not left, f"was not rolled back: {left} are left")
    started = time.monotonic()
    stage.check_repair()
    seconds = time.monotonic() - started
    check(seconds < 10, f"the next run waited: it took {seconds:.0f} seconds")


@scenario(*KINDS, each=list(_STATUS))
def signal_while_waiting(stage: Stage, name: str) -> None:
    """A signal while waiting for the lock ends the one who waits, and no other."""
    holder = stage.start_and_hold()
    waiter = stage.start_and_wait()
    waiter.process.send_signal(getattr(signal, name))
    result = waiter.wait()
    stage.let_go()
    done = holder.wait()
    check(
        result.status == _STATUS[name],
        f"ended with {result.status}: {result.last_line}",
    )
    check("Traceback (most" not in result.output, f"a traceback: {result.output}")
    expect(done, 0)
    stage.check_small_chain()


@scenario(*KINDS)
def lock_timeout(stage: Stage) -> None:
    """One that has waited long enough gives up with one line, and does nothing."""
    holder = stage.start_and_hold()
    expect(stage.run("--lock-timeout", "0.5"), 1, "lock")
    stage.let_go()
    expect(holder.wait(), 0)
    expect(stage.run("--lock-timeout", "0"), 0)
    stage.check_small_chain()


# --- disks ------------------------------------------------------------------------


@scenario("sqlite")
def disk_full_by_pages(stage: Stage) -> None:
    """A database that may not grow: one line, nothing half done, and then again."""
    stage.project = stage.chain
    for pages in (1, 4, 8, 14):
        stage.target.reset()
        expect(stage.run(CRASH_PRAGMAS=f"max_page_count={pages}"), 1, "full")
        broken = [line for line in stage.target.schema() if "broken" in line]
        check(not broken, f"after {pages} pages: {broken}")
        expect(stage.run(), 0)
        stage.check_chain()


@scenario("sqlite")
def disk_full(stage: Stage) -> None:
    """A disk that is really full."""
    stage.project = stage.chain
    with _small_disk(stage.folder / "disk") as disk:
        target = Target(disk / "files")
        target.reset()
        filler = disk / "filler"
        room = shutil.disk_usage(str(disk)).free - 12 * 4096
        filler.write_bytes(b"\0" * room)
        expect(stage.run(CRASH_URL=target.url), 1)
        filler.unlink()
        expect(stage.run(CRASH_URL=target.url), 0)
        found = target.state().differences(stage.reference.state)
        check(not found, "; ".join(found[:3]))


@contextlib.contextmanager
def _small_disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    size = ["-o", "size=1m"]
    mount = ["mount", "-t", "tmpfs", *size, "tmpfs", str(folder)]
    if shutil.which("mount") is None:
        raise NotHere("there is no mount")
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode:
        raise NotHere(f"mounting is not allowed: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


# --- what must not be written -----------------------------------------------------


@scenario("sqlite")
def read_only_uri(stage: Stage) -> None:
    """A database that is opened for reading."""
    stage.project = stage.chain
    expect(stage.run("r10"), 0)
    path = f"file:{stage.target.folder.as_posix()}/app.db?mode=ro&uri=true"
    expect(stage.run(CRASH_URL=f"sqlite:///{path}"), 1, "readonly")
    expect(stage.run(), 0)
    stage.check_chain()
    # Nothing is left to do, so nothing is to be written.
    expect(stage.run(CRASH_URL=f"sqlite:///{path}"), 0)


@scenario("sqlite", each=["file", "folder", "both"])
def read_only_mode(stage: Stage, what: str) -> None:
    """A database whose file, or folder, this user may not write to."""
    stage.project = stage.chain
    expect(stage.run("r10"), 0)
    modes = [(stage.target.folder / "app.db", 0o444), (stage.target.folder, 0o555)]
    chosen = {"file": modes[:1], "folder": modes[1:], "both": modes}[what]
    before = [(path, path.stat().st_mode & 0o777) for path, _ in chosen]
    stage.project = stage.chain.with_prefix(_without_the_rights_of_root())
    for path, mode in chosen:
        path.chmod(mode)
    try:
        expect(stage.run(), 1)
    finally:
        for path, mode in before:
            path.chmod(mode)
    expect(stage.run(), 0)
    stage.check_chain()


def _without_the_rights_of_root() -> list[str]:
    """Return what to put before a command, so that modes count for it."""
    if os.geteuid():
        return []
    if shutil.which("setpriv") is None:
        raise NotHere("this is root, and there is no setpriv")
    prefix = ["setpriv", "--bounding-set", "-dac_override", "--"]
    done = subprocess.run([*prefix, "true"], capture_output=True, text=True)
    if done.returncode:
        raise NotHere(f"setpriv is not allowed: {done.stderr.strip()}")
    return prefix


@scenario("postgresql")
def missing_privileges(stage: Stage) -> None:
    """A role that may not make tables."""
    role = f"fmc_test_{uuid.uuid4().hex[:12]}"
    stage.project = stage.chain
    stage.target.query(f"CREATE ROLE {role} LOGIN PASSWORD 'secret'")
    try:
        stage.target.query(f"GRANT USAGE ON SCHEMA public TO {role}")
        stage.env["CRASH_URL"] = _login(stage, role)
        expect(stage.run(), 1, "permission denied")
        check(not stage.target.tables(), "something was made")
        stage.target.query(f"GRANT ALL ON SCHEMA public TO {role}")
        expect(stage.run(), 0)
        stage.check_chain()
    finally:
        stage.target.query(f"REASSIGN OWNED BY {role} TO current_user")
        stage.target.query(f"DROP OWNED BY {role}")
        stage.target.query(f"DROP ROLE {role}")


@scenario("mariadb")
def missing_privileges_to_alter(stage: Stage) -> None:
    """A user who may read and insert, but not make or change tables."""
    user = f"fmc_{uuid.uuid4().hex[:12]}"
    name = servers.name_in(stage.target.url)
    stage.project = stage.chain
    stage.target.query(f"CREATE USER '{user}'@'%' IDENTIFIED BY 'secret'")
    try:
        stage.target.query(f"GRANT SELECT, INSERT ON {name}.* TO '{user}'@'%'")
        stage.env["CRASH_URL"] = _login(stage, user)
        expect(stage.run(), 1, "denied")
        check(not stage.target.tables(), "something was made")
        stage.target.query(f"GRANT CREATE, DELETE, UPDATE ON {name}.* TO '{user}'@'%'")
        expect(stage.run(), 1, "denied")
        stage.target.query(f"GRANT ALL ON {name}.* TO '{user}'@'%'")
        expect(stage.run(), 0)
        stage.check_chain()
    finally:
        stage.target.query(f"DROP USER '{user}'@'%'")


def _login(stage: Stage, user: str) -> str:
    url: Any = make_url(stage.target.url)
    if hasattr(url, "set"):
        url = url.set(username=user, password="secret")
        return str(url.render_as_string(hide_password=False))
    url.username, url.password = user, "secret"  # SQLAlchemy before 1.4
    return str(url)


# --- what the transactions of PostgreSQL do not cover -----------------------------

_CONCURRENTLY = {
    "c1": """
    op.create_table("one", sa.Column("value", sa.Integer))
""",
    "c2": """
    op.execute("INSERT INTO one (value) VALUES (1)")
    with op.get_context().autocommit_block():
        op.create_index("ix_one", "one", ["value"], postgresql_concurrently=True)
    op.execute("INSERT INTO one (value) VALUES (2)")
""",
}


@scenario("postgresql", each=["before", "after"])
def autocommit_block(stage: Stage, side: str) -> None:
    """Killed at what is in no transaction: it goes on, or says what to look at.

    Nothing is said about the rows: what came before the block was committed by it.
    """
    stage.write(_CONCURRENTLY)
    killed = stage.run(CRASH_KILL=f"named:CREATE INDEX CONCURRENTLY:{side}")
    check(killed.killed, f"was not killed, but ended with {killed.status}")
    result = stage.run()
    if result.status:
        expect(result, 1, "c2_.py")
        return
    indexes = [line for line in stage.target.schema() if "ix_one" in line]
    check(len(indexes) == 1 and "True" in indexes[0], f"the indexes are {indexes}")
