"""Start a PostgreSQL or MariaDB server of our own, which may be stopped at will."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Iterator

import sqlalchemy as sa

from .. import servers
from .stage import NotHere

#: How a server may end: by itself, or like one whose machine has lost its power.
STOPS = {
    "postgresql": {"orderly": signal.SIGINT, "at once": signal.SIGQUIT},
    "mariadb": {"orderly": signal.SIGTERM, "at once": signal.SIGKILL},
}
_USERS = {"postgresql": ("postgres", "nobody"), "mariadb": ("mysql", "nobody")}
_LONGEST = 60.0


class OwnServer:
    """A server of our own.

    :param kind: ``postgresql`` or ``mariadb``.
    :param folder: a folder that its user may write to.
    """

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.folder = folder
        self.port = _free_port()
        self.log = folder / "log"
        self.process: subprocess.Popen[bytes] | None = None
        self._data = folder / "data"
        self._prefix = _as_user(kind, folder)

    @property
    def url(self) -> str:
        """Return the URL of a database that is always there."""
        login = {
            "postgresql": "postgresql+psycopg2://postgres@",
            "mariadb": "mysql+pymysql://root@",
        }[self.kind]
        name = {"postgresql": "postgres", "mariadb": "mysql"}[self.kind]
        return f"{login}127.0.0.1:{self.port}/{name}"

    def prepare(self) -> None:
        """Make the data folder.

        :raises NotHere: when there is no such server on this machine.
        """
        data = str(self._data)
        if self.kind == "postgresql":
            command = [_program("initdb"), "-D", data, "-A", "trust", "-N"]
            command += ["-U", "postgres", "-E", "UTF8"]
        else:
            command = [
                _program("mariadb-install-db"),
                "--no-defaults",
                "--skip-test-db",
            ]
            command += [f"--datadir={data}", "--auth-root-authentication-method=normal"]
            command.append(f"--tmpdir={self._temporary()}")
        done = subprocess.run(
            [*self._prefix, *command],
            cwd=str(self.folder),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            output = " ".join((done.stdout + done.stderr).split())
            raise NotHere(f"no {self.kind} could be made: {output[-500:]}", True)

    def start(self) -> None:
        """Start, and wait until it answers."""
        data = str(self._data)
        if self.kind == "postgresql":
            command = [_program("postgres"), "-D", data, "-p", str(self.port)]
            command += ["-h", "127.0.0.1", "-k", str(self.folder), "-F"]
        else:
            command = [_program("mariadbd"), "--no-defaults", f"--datadir={data}"]
            command += [f"--port={self.port}", "--bind-address=127.0.0.1"]
            command += [f"--socket={self.folder / 'socket'}", "--skip-log-bin"]
            command += [f"--pid-file={self.folder / 'pid'}"]
            command.append(f"--tmpdir={self._temporary()}")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self._prefix, *command],
                cwd=str(self.folder),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + _LONGEST
        while True:
            try:
                servers.execute(self.url, "SELECT 1")
                return
            except sa.exc.OperationalError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    text = self.log.read_text(errors="replace")[-500:]
                    raise NotHere(f"no {self.kind} answers: {text}", True) from error
                time.sleep(0.05)

    def _temporary(self) -> Path:
        """Return a folder for MariaDB's temporary tables.

        A server that starts removes every ``#sql*`` of that folder, those of another
        running server too: in ``/tmp``, two of them get in each other's way.
        """
        folder = self.folder / "tmp"
        if not folder.exists():
            folder.mkdir()
            owner = self.folder.stat()
            os.chown(str(folder), owner.st_uid, owner.st_gid)
        return folder

    def stop(self, number: int) -> None:
        """Stop with a signal, and wait until it is gone."""
        if self.process is None:
            return
        self.process.send_signal(number)
        try:
            self.process.wait(_LONGEST)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None


@contextlib.contextmanager
def own_server(kind: str) -> Iterator[OwnServer]:
    """Start a server of our own, and remove it at the end.

    :param kind: ``postgresql`` or ``mariadb``.
    :raises NotHere: when there is no such server on this machine.
    """
    # Short, because the path of a socket may not be long, and not below a folder that
    # the user of the server may not look into.
    folder = Path(tempfile.mkdtemp(prefix="fmc-"))
    try:
        server = OwnServer(kind, folder)
        server.prepare()
        server.start()
        try:
            yield server
        finally:
            server.stop(STOPS[kind]["at once"])
    finally:
        shutil.rmtree(str(folder), ignore_errors=True)


def _program(name: str) -> str:
    folders = [os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]
    found = shutil.which(name, path=os.pathsep.join(folders))
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if places:
        # Not a command on PATH, which may be a wrapper.
        return str(places[-1])
    if found is None:
        raise NotHere(f"there is no {name} on this machine", required=True)
    return found


def _as_user(kind: str, folder: Path) -> list[str]:
    """Return what to put before a command: neither server runs as root."""
    if os.geteuid():
        return []
    if shutil.which("setpriv") is None:
        raise NotHere("this is root, and there is no setpriv", required=True)
    for name in _USERS[kind]:
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            os.chown(str(folder), user.pw_uid, user.pw_gid)
            ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}"]
            return ["setpriv", *ids, "--clear-groups", "--"]
    raise NotHere(f"there is no user for {kind} to run as", required=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
