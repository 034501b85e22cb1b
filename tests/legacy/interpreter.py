"""Run code in a fresh interpreter, as if the package were installed there.

What is served at start-up cannot be tested in the process of pytest, where everything
has started long ago. A ``sitecustomize`` in a folder of the test runs the line of the
start-up file at the moment at which Python would run it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path
from socket import socket
from typing import Any

import flask_migrate_compat

PACKAGE = Path(flask_migrate_compat.__file__).parent
# In the source tree it lies in the package, where it is installed beside it.
START_UP = PACKAGE / "legacy" / "flask_migrate_compat.pth"
if not START_UP.exists():
    START_UP = PACKAGE.parent / START_UP.name


class Interpreter:
    """A folder with files, and the Python of the tests to run them.

    :param folder: an empty folder; it stands first on the path of what runs in it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {**os.environ, "PYTHONIOENCODING": "utf-8"}
        for name in ("FLASK_MIGRATE_COMPAT", "FLASK_APP", "FLASK_DEBUG"):
            self.env.pop(name, None)
        # What an old stack says about itself is not what these tests look at.
        self.env["PYTHONWARNINGS"] = "ignore"
        self.start_up()

    def start_up(self, before: str = "", after: str = "") -> None:
        """Decide what runs when the interpreter starts.

        :param before: code that runs before the start-up file.
        :param after: code that runs after it.
        """
        folder = self.folder / "_start_up"
        folder.mkdir(exist_ok=True)
        lines = (before, START_UP.read_text(), after)
        (folder / "sitecustomize.py").write_text("\n".join(lines))
        self.env["PYTHONPATH"] = os.pathsep.join((str(folder), str(PACKAGE.parent)))

    def write(self, **files: str) -> None:
        """Write modules.

        :param files: the name of each module, and its source.
        """
        for name, source in files.items():
            (self.folder / f"{name}.py").write_text(source)

    def package(self, name: str, init: str = "", **modules: str) -> None:
        """Write a package.

        :param name: its name, with dots.
        :param init: the source of its ``__init__``.
        :param modules: the source of its modules.
        """
        folder = self.folder.joinpath(*name.split("."))
        folder.mkdir(parents=True, exist_ok=True)
        for module, source in {"__init__": init, **modules}.items():
            (folder / f"{module}.py").write_text(source)

    def run(
        self, *argv: str, stdin: str = "", **env: str
    ) -> subprocess.CompletedProcess[str]:
        """Run Python in the folder.

        :param argv: its arguments.
        :param stdin: what it can read.
        :param env: environment variables to set.
        """
        return subprocess.run(
            [sys.executable, *argv],
            cwd=self.folder,
            env={**self.env, **env},
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )

    def answer(self, *argv: str, port: int, path: str, **env: str) -> bytes:
        """Start a server, ask it once, and end it.

        :param argv: the arguments of Python that start the server.
        :param port: the port at which it listens on this machine.
        :param path: what to ask for.
        :param env: environment variables to set.
        """
        server = subprocess.Popen(
            [sys.executable, *argv],
            cwd=self.folder,
            env={**self.env, **env},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            for _ in range(200):
                try:
                    url = f"http://127.0.0.1:{port}{path}"
                    with urllib.request.urlopen(url, timeout=5) as response:
                        answer: bytes = response.read()
                        return answer
                except OSError:
                    assert server.poll() is None, "the server ended"
                    time.sleep(0.1)
            raise AssertionError("the server did not answer")
        finally:
            server.terminate()
            server.wait()

    def output(self, code: str, **env: str) -> str:
        """Run code as the script ``main.py``; it must succeed.

        :param code: the source.
        :param env: environment variables to set.
        :returns: what it printed.
        """
        (self.folder / "main.py").write_text(code)
        result = self.run("main.py", **env)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def error(self, code: str, **env: str) -> str:
        """Run code as the script ``main.py``; it must fail.

        :param code: the source.
        :param env: environment variables to set.
        :returns: what it wrote to the standard error stream.
        """
        (self.folder / "main.py").write_text(code)
        result = self.run("main.py", **env)
        assert result.returncode != 0, result.stdout + result.stderr
        return result.stderr


def free_port() -> int:
    """Return a port of this machine at which nobody listens."""
    with closing(socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def fake_flask(folder: Path, **modules: Any) -> Interpreter:
    """Return an interpreter with an empty ``flask``, which starts in no time.

    :param folder: an empty folder.
    :param modules: the source of the modules of this ``flask``.
    """
    python = Interpreter(folder)
    python.package("flask", **modules)
    return python
