"""Make the environment of a stack: find a Python, build the venv, check the pins.

An environment is ready when its stamp is there; the stamp is written last, and
holds a hash of everything that went in. An interrupted or outdated one is removed
and built again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Iterator, Sequence

from .stacks import DRIVERS, Stack

ROOT = Path(__file__).resolve().parents[2]
STACKS_DIR = ROOT / ".stacks"
_STAMP = "stack.json"
_SETUP_TIMEOUT = 1200
#: Folders of the source tree that are never part of a copy.
_NOT_SOURCE = shutil.ignore_patterns(
    ".*", "build", "dist", "*.egg-info", "__pycache__", "*.py[co]", "*.db", "instance"
)
_VERSIONS_CODE = """
import json
from importlib import metadata
found = metadata.distributions()
print(json.dumps({d.metadata["Name"].lower(): d.version for d in found}))
"""
_IMPORT_CODE = "import flask, sqlalchemy, alembic, flask_sqlalchemy, pytest"


class SetupError(Exception):
    """Report an environment that cannot be made, with what to do about it."""


class NoInterpreterError(SetupError):
    """Report that no interpreter of the wanted version was found."""


def run_quietly(
    command: Sequence[str],
    *,
    log: Path | None = None,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
    timeout: float = _SETUP_TIMEOUT,
) -> str:
    """Run a command and return its output; add it to the log, if there is one.

    :raises SetupError: when the command is missing, fails or takes too long.
    """
    try:
        done = subprocess.run(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=None if cwd is None else str(cwd),
            env=clean_environ() if env is None else env,
            timeout=timeout,
        )
        output = done.stdout.decode("utf-8", "replace")
        failed = done.returncode != 0
    except (OSError, subprocess.TimeoutExpired) as error:
        output, failed = f"{error}\n", True
    if log is not None:
        with log.open("a", encoding="utf-8") as file:
            file.write(f"$ {' '.join(command)}\n{output}")
    if failed:
        lines = [line for line in output.splitlines() if line.strip()]
        reason = lines[-1] if lines else "no output"
        more = "" if log is None else f" The whole output is in {log}."
        raise SetupError(f"{command_name(command)} failed: {reason}.{more}")
    return output


def command_name(command: Sequence[str]) -> str:
    """Return the words of a command that tell a reader what was run."""
    words = [Path(command[0]).name, *command[1:4]]
    return " ".join(word for word in words if "\n" not in word)


def clean_environ() -> dict[str, str]:
    """Return the environment without what would leak into another interpreter."""
    python = ("PYTHONPATH", "PYTHONHOME", "PYTHONWARNINGS", "PYTHONDONTWRITEBYTECODE")
    venv = ("VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
    flask = ("FLASK_APP", "FLASK_ENV", "FLASK_DEBUG", "FLASK_MIGRATE_COMPAT")
    make = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    return {
        k: v for k, v in os.environ.items() if k not in python + venv + flask + make
    }


# --- interpreters -----------------------------------------------------------------


def interpreter_variable(version: str) -> str:
    """Return the environment variable that names the interpreter of a version."""
    return f"MATRIX_PYTHON_{version.replace('.', '_')}"


def find_interpreter(version: str) -> str:
    """Return the path of a Python of this minor version that really runs.

    Looked for in this order: the environment variable, this interpreter, the
    command ``pythonX.Y``, the versions of pyenv. A command that is there may still
    fail (pyenv puts one on PATH for every version it knows), so each is tried.

    :raises NoInterpreterError: when there is none.
    """
    for candidate in _candidates(version):
        code = "import sys, venv; print(sys.executable, *sys.version_info[:2])"
        try:
            output = run_quietly([candidate, "-c", code], timeout=60)
        except SetupError:
            continue
        executable, major, minor = output.split("\n")[0].rsplit(" ", 2)
        if f"{major}.{minor}" == version:
            return executable
    raise NoInterpreterError(
        f"no Python {version} was found: put python{version} on PATH or name one"
        f" with {interpreter_variable(version)}=/path/to/python."
    )


def _candidates(version: str) -> Iterator[str]:
    named = os.environ.get(interpreter_variable(version))
    if named:
        yield named
        return
    # The interpreter below a venv, so that our environments do not depend on it.
    yield getattr(sys, "_base_executable", sys.executable)
    yield f"python{version}"
    for root in _pyenv_roots():
        yield from sorted(map(str, root.glob(f"versions/{version}.*/bin/python")))


def _pyenv_roots() -> Iterator[Path]:
    named = os.environ.get("PYENV_ROOT")
    if named:
        yield Path(named)
    elif shutil.which("pyenv"):
        with contextlib.suppress(SetupError):
            yield Path(run_quietly(["pyenv", "root"], timeout=60).strip())


# --- environments -----------------------------------------------------------------


class Environment:
    """Hold the venv of one stack."""

    def __init__(self, stack: Stack, folder: Path | None = None) -> None:
        self.stack = stack
        self.folder = folder or STACKS_DIR / stack.name
        self.log = self.folder.with_name(f"{self.folder.name}.setup.log")
        self.bin = self.folder / ("Scripts" if os.name == "nt" else "bin")
        self.python = self.bin / ("python.exe" if os.name == "nt" else "python")

    def ensure(self) -> bool:
        """Build the environment unless it is there and up to date.

        :returns: whether it had to be built.
        :raises SetupError: when it cannot be built.
        """
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with _locked(self.folder.with_name(f"{self.folder.name}.lock")):
            interpreter = find_interpreter(self.stack.python)
            wanted = fingerprint(self.stack)
            if self._stamp() == wanted and self.python.exists():
                return False
            self._build(interpreter)
            (self.folder / _STAMP).write_text(json.dumps({"fingerprint": wanted}))
            return True

    def _stamp(self) -> str | None:
        try:
            text = (self.folder / _STAMP).read_text()
            return str(json.loads(text)["fingerprint"])
        except (OSError, ValueError, KeyError):
            return None

    def _build(self, interpreter: str) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        with contextlib.suppress(FileNotFoundError):
            self.log.unlink()
        run_quietly([interpreter, "-m", "venv", str(self.folder)], log=self.log)
        # One call for everything: the resolver then cannot move a pin for another.
        self.pip("install", *self.stack.requirements)
        for driver in DRIVERS:
            with contextlib.suppress(SetupError):
                self.pip("install", "--only-binary=:all:", driver)
        self.check_pins()
        run_quietly([str(self.python), "-c", _IMPORT_CODE], log=self.log)

    def pip(self, command: str, *arguments: str) -> None:
        """Run pip in the environment, never asking and never reading a user site."""
        flags = ["--no-input", "--disable-pip-version-check", "-q"]
        pip = [str(self.python), "-m", "pip", command, *flags, *arguments]
        run_quietly(pip, log=self.log)

    def versions(self) -> dict[str, str]:
        """Return lower-case distribution name -> installed version."""
        output = run_quietly([str(self.python), "-c", _VERSIONS_CODE])
        return dict(json.loads(output))

    def check_pins(self) -> None:
        """Fail when pip has moved a pinned version."""
        moved = moved_pins(self.stack, self.versions())
        if moved:
            raise SetupError(
                f"{self.stack.name} does not have its pins: {', '.join(moved)}."
                f" Remove {self.folder} and run again."
            )

    def install_package(self, wheel: Path) -> None:
        """Install our wheel over an older one, without touching what it needs."""
        self.pip("install", "--no-deps", "--force-reinstall", str(wheel))
        self.check_pins()


def fingerprint(stack: Stack) -> str:
    """Return a hash that changes with everything an environment is made of."""
    parts = [stack.python, *stack.requirements, *DRIVERS]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def moved_pins(stack: Stack, versions: dict[str, str]) -> list[str]:
    """Return one text for each pin that is not the installed version."""
    installed = {_plain(name): version for name, version in versions.items()}
    return [
        f"{name} {installed.get(_plain(name), 'is missing')} instead of {wanted}"
        for name, wanted in stack.pins.items()
        if installed.get(_plain(name)) != wanted
    ]


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep a second run from building the same thing at the same time."""
    try:
        import fcntl
    except ImportError:  # Windows: run one matrix at a time there
        yield
        return
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


# --- our own package --------------------------------------------------------------


def copy_source(target: Path, *, source: Path = ROOT, package: bool = True) -> Path:
    """Copy the source tree.

    The copy keeps a stale ``build`` folder out of the wheel, and the tests away
    from the package folder that would hide the installed wheel.

    :param package: whether the package folder is copied. Without it setup.py stays
        behind as well: there would be nothing to build.
    """
    shutil.copytree(str(source), str(target), ignore=_NOT_SOURCE, symlinks=True)
    if not package:
        shutil.rmtree(str(target / "flask_migrate_compat"))
        (target / "setup.py").unlink()
    return target


def build_wheel(python: Path, source: Path, into: Path) -> Path:
    """Build our wheel from a copy of the sources and return its path."""
    command = [str(python), "-m", "pip", "wheel", "--no-deps", "--no-input", "-q"]
    run_quietly([*command, "-w", str(into), str(source)])
    wheels = sorted(into.glob("*.whl"))
    if len(wheels) != 1:
        raise SetupError(f"expected one wheel in {into}, found {len(wheels)}.")
    return wheels[0]
