"""Start ``flask db upgrade`` and the like, cheaply and very often.

Most of the time of a command goes into importing Flask, SQLAlchemy and Alembic. So
they are imported once, here, before any connection is opened, and each run is a fork
that does what ``python -m flask db upgrade`` does from there on.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import json
import os
import runpy
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Mapping, Sequence

from .options import FACES

HERE = Path(__file__).resolve().parent
LONGEST = 120.0


@dataclass(frozen=True)
class Result:
    """Hold how a run ended.

    :param status: the exit status; negative for the signal that ended it.
    :param output: all that it printed.
    """

    status: int
    output: str
    seconds: float

    @property
    def killed(self) -> bool:
        """Tell whether the process was killed."""
        return self.status in (-signal.SIGKILL, -signal.SIGALRM)

    @property
    def last_line(self) -> str:
        """Return the last line that it printed."""
        lines = self.output.strip().splitlines()
        return lines[-1][:300] if lines else "(no output)"

    @property
    def error_lines(self) -> list[str]:
        """Return the lines that tell of an error."""
        return [one for one in self.output.splitlines() if one.startswith("Error: ")]


class Project:
    """A folder with the application, and a migrations folder made by ``init``.

    :param folder: a folder that is not there yet.
    :param chain: whether the 20 revisions are in it.
    """

    def __init__(self, folder: Path, chain: bool = True) -> None:
        self.folder = folder
        self.versions = folder / "migrations" / "versions"
        self.prefix: Sequence[str] = ()
        shutil.copytree(str(HERE / "application"), str(folder))
        done = self.call(["-m", "flask", "db", "init"], {"CRASH_URL": "sqlite://"})
        if done.status:
            raise RuntimeError(f"'flask db init' failed: {done.output}")
        for script in sorted((HERE / "chain").glob("*.py")) if chain else ():
            shutil.copy(str(script), str(self.versions))

    def copy(self, folder: Path) -> Project:
        """Return a copy in another folder."""
        shutil.copytree(str(self.folder), str(folder))
        return self.at(folder)

    def with_prefix(self, prefix: Sequence[str]) -> Project:
        """Return this project with something before each command of a new process."""
        other = self.at(self.folder)
        other.prefix = prefix
        return other

    def at(self, folder: Path) -> Project:
        """Return a project in another folder, which is there already."""
        other = copy.copy(self)
        other.folder = folder
        other.versions = folder / "migrations" / "versions"
        return other

    def environ(self, env: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of a run."""
        return {
            **os.environ,
            "FLASK_APP": "app.py",
            "PYTHONIOENCODING": "utf-8",
            # Old stacks warn about themselves in every process.
            "PYTHONWARNINGS": "ignore",
            **env,
        }

    def start(
        self,
        arguments: Sequence[str],
        env: Mapping[str, str],
        output: IO[str] | None = None,
    ) -> subprocess.Popen[str]:
        """Start a process of its own that is not a fork of this one.

        :param output: a file for what it prints, instead of a pipe.
        """
        return subprocess.Popen(
            [*self.prefix, sys.executable, *arguments],
            cwd=str(self.folder),
            env=self.environ(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if output is None else output,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            # A signal to its group must not end us.
            start_new_session=True,
        )

    def call(self, arguments: Sequence[str], env: Mapping[str, str]) -> Result:
        """Run a process of its own, and wait for it."""
        started = time.monotonic()
        process = self.start(arguments, env)
        return finish(process, started)

    def fork(
        self,
        face: str,
        env: Mapping[str, str],
        *more: str,
        gate: tuple[int, int] | None = None,
    ) -> Fork:
        """Start a run as a fork of this process.

        :param face: one of :data:`FACES`.
        :param more: further arguments.
        :param gate: both ends of a pipe; the run begins when nobody writes to it.
        """
        return Fork(self.folder, [*FACES[face], *more], self.environ(env), gate)


def finish(process: subprocess.Popen[str], started: float) -> Result:
    """Wait for a process, and kill it when it takes far too long."""
    try:
        output, _ = process.communicate(timeout=LONGEST)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
        output = f"{output or ''}\nstopped after {LONGEST:g} seconds"
    return Result(process.returncode, output or "", time.monotonic() - started)


class Fork:
    """A run that is a fork of this process.

    :param folder: where it runs.
    :param arguments: of Python: ``-m module …`` or ``script.py …``.
    :param environ: its environment.
    :param gate: see :meth:`Project.fork`.
    """

    def __init__(
        self,
        folder: Path,
        arguments: Sequence[str],
        environ: Mapping[str, str],
        gate: tuple[int, int] | None = None,
    ) -> None:
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  # closed by wait()
        self.started = time.monotonic()
        sys.stdout.flush()
        self.pid = os.fork()
        if not self.pid:
            status = 70
            try:
                if gate:
                    os.close(gate[1])
                    os.read(gate[0], 1)
                status = _become(folder, arguments, environ, self._output.fileno())
            finally:
                os._exit(status)

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal; the process is still there as long as nobody waited."""
        os.kill(self.pid, number)

    def wait(self, longest: float = LONGEST) -> Result:
        """Wait for the end, and kill the process when it takes far too long."""
        deadline = self.started + longest
        pause, note = 0.001, ""
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > deadline and not note:
                note = f"\nstopped after {longest:g} seconds"
                self.kill()
            time.sleep(pause)
            pause = min(pause * 1.5, 0.02)
        seconds = time.monotonic() - self.started
        self._output.seek(0)
        output = self._output.read().decode("utf-8", "replace") + note
        self._output.close()
        signaled = os.WIFSIGNALED(status)
        code = -os.WTERMSIG(status) if signaled else os.WEXITSTATUS(status)
        return Result(code, output, seconds)


def _become(
    folder: Path, arguments: Sequence[str], environ: Mapping[str, str], output: int
) -> int:
    """Do what a new Python with these arguments does; return its exit status."""
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(
            number,
            signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL,
        )
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(str(folder))
    sys.path.insert(0, str(folder))
    try:
        if arguments[0] == "-m":
            sys.argv = list(arguments[1:])
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = list(arguments)
            runpy.run_path(arguments[0], run_name="__main__")
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if status and not isinstance(end.code, int):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        status = 1
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    return status & 0xFF


def import_everything(project: Project, env: Mapping[str, str]) -> None:
    """Import what a run imports, so that the forks need not.

    :param project: whatever its three faces import is imported.
    :param env: the environment of a run, on a database for which this is the first.
    """
    names: set[str] = set()
    report = project.folder / "modules.json"
    for arguments in FACES.values():
        done = project.call(arguments, {**env, "CRASH_MODULES": str(report)})
        if report.exists():
            names.update(json.loads(report.read_text()))
        if done.status:
            print(f"the first {' '.join(arguments)} failed: {done.last_line}")
    for name in sorted(names):
        with contextlib.suppress(Exception):
            importlib.import_module(name)
