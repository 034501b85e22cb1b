"""Make the two environments that are compared: Flask-Migrate's, and ours.

Both have the same Python and the same versions of all that they share: those of the
environment that runs this program. Ours gets the package as a wheel. An editable
install would start each command with the import finder of setuptools, which costs more
than all of our own modules, and which nobody has in production.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from tests.matrix.environments import (
    STACKS_DIR,
    Environment,
    build_wheel,
    clean_environ,
    copy_source,
)
from tests.matrix.stacks import Stack

PEER_VERSION = "4.1.0"
#: What both sides use, with what that needs.
SHARED = (
    *("Flask", "Werkzeug", "Jinja2", "MarkupSafe", "itsdangerous", "click", "blinker"),
    *("Flask-SQLAlchemy", "SQLAlchemy", "typing_extensions", "alembic", "Mako"),
)
#: What this package needs beside it.
OURS_ONLY = ("Flask-Script", "filelock", "tqdm")
#: Tried out by the set-up of an environment; no command imports it.
TOOLS = ("pytest>=7,<8",)


@dataclass(frozen=True)
class Side:
    """Hold one of the two systems.

    :param name: how tables call it.
    :param folder: how its folders are called.
    :param module: the module that has ``Migrate`` and the commands.
    :param python: the interpreter of its environment.
    """

    name: str
    folder: str
    module: str
    python: Path

    def environ(self, **more: str) -> dict[str, str]:
        """Return the variables for its processes.

        Without PYTHONDONTWRITEBYTECODE: every command would compile the revisions.
        """
        return {**clean_environ(), "FLASK_APP": "app.py", "PYTHONUTF8": "1", **more}


def pins(names: tuple[str, ...]) -> dict[str, str]:
    """Return the versions that are installed beside this program, where they are."""
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # An older Flask needs no blinker.
    return found


def make_sides() -> tuple[Side, Side]:
    """Make both environments where they are missing, and install the package.

    :returns: Flask-Migrate's side, and ours.
    :raises tests.matrix.environments.SetupError: when that fails.
    """
    shared = pins(SHARED)
    peer = _environment("bench-peer", {**shared, "Flask-Migrate": PEER_VERSION})
    ours = _environment("bench-ours", {**shared, **pins(OURS_ONLY)})
    with tempfile.TemporaryDirectory() as name:
        source = copy_source(Path(name) / "source")
        wheels = Path(name) / "wheels"
        wheels.mkdir()
        ours.install_package(build_wheel(ours.python, source, wheels))
    return (
        Side(f"Flask-Migrate {PEER_VERSION}", "peer", "flask_migrate", peer.python),
        Side("this package", "ours", "flask_migrate_compat", ours.python),
    )


def _environment(name: str, wanted: dict[str, str]) -> Environment:
    python = "{}.{}".format(*sys.version_info[:2])
    environment = Environment(
        Stack(name, "NEW", python, wanted, tools=TOOLS), STACKS_DIR / name
    )
    environment.ensure()
    return environment


def description() -> str:
    """Return the machine, and the versions that both sides have."""
    names = ("Flask", "Flask-SQLAlchemy", "SQLAlchemy", "alembic", "click")
    versions = ", ".join(f"{name} {version}" for name, version in pins(names).items())
    machine = f"{platform.system()}, {os.cpu_count()} processors"
    return f"Python {platform.python_version()}, {versions}; {machine}"
