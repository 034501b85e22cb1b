"""Which files there are, and how one is replaced."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Sequence

from .source import Source, UnreadableError

#: Folders that hold no code of the project's own.
SKIPPED = frozenset(
    {
        "__pycache__",
        "build",
        "dist",
        "eggs",
        "node_modules",
        "site-packages",
        "bower_components",
    }
)
#: Hidden folders that hold the project's own configuration.
_SHOWN = frozenset({".circleci", ".docker", ".ebextensions", ".github", ".platform"})
_PYTHON = re.compile(rb"^#!.*\bpython[0-9.]*\b")
_SHELL = re.compile(rb"^#!.*\b(?:ba|da|k|z)?sh\b")
# What may call manage.py, by name or by ending.
_TEXT_NAMES = re.compile(
    r"Procfile.*|.*Dockerfile.*|Containerfile|[Mm]akefile.*|GNUmakefile|justfile"
    r"|Vagrantfile|Jenkinsfile|crontab|\.gitlab-ci\.yml|tox\.ini|alembic\.ini"
)
_TEXT_ENDINGS = (
    *(".sh", ".bash", ".zsh", ".ksh", ".mk", ".yml", ".yaml", ".toml", ".json"),
    *(".conf", ".service", ".bat", ".cmd", ".ps1", ".ini", ".cfg", ".fish", ".cron"),
    *(".config", ".dockerfile", ".j2"),
)
# Bigger ones are data, or were generated.
_LARGEST = 2_000_000


class FileError(Exception):
    """Report a file that cannot be found, read or written."""


@dataclass(frozen=True)
class File:
    """A file to look at.

    :param path: as the user named it, or below a folder that the user named.
    :param is_python: whether it is Python; otherwise a script or a configuration.
    """

    path: str
    is_python: bool = True


def collect(paths: Sequence[str]) -> list[File]:
    """Return the files that paths name, each once.

    A file that is named itself is always taken, as Python unless its name or first line
    says otherwise. Below a folder, Python files, Python scripts without an ending,
    shell scripts and configuration files are taken; virtual environments, hidden
    folders, what was installed or built, and links to folders are not.

    :raises FileError: when there is nothing of that name.
    """
    files: dict[str, File] = {}
    for path in paths:
        if os.path.isdir(path):
            found = sorted(_below(path), key=lambda file: file.path)
        elif os.path.exists(path):
            found = [_file(path) or File(path)]
        else:
            raise FileError(f"there is no file or folder {path!r}")
        for file in found:
            files.setdefault(os.path.realpath(file.path), file)
    return list(files.values())


def _below(folder: str) -> Iterator[File]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [
            name
            for name in folders
            if name not in SKIPPED
            and (not name.startswith(".") or name in _SHOWN)
            and not name.endswith(".egg-info")
            and not _is_environment(os.path.join(parent, name))
        ]
        for name in names:
            file = _file(os.path.normpath(os.path.join(parent, name)))
            if file is not None:
                yield file


def _is_environment(folder: str) -> bool:
    """Tell whether a folder is a virtual environment (venv, virtualenv, conda)."""
    inside = (("pyvenv.cfg",), ("conda-meta",), ("bin", "activate_this.py"))
    return any(os.path.exists(os.path.join(folder, *one)) for one in inside)


def _file(path: str) -> File | None:
    name = os.path.basename(path)
    if name.endswith((".py", ".pyw", ".wsgi")):
        return File(path)
    if name.endswith(_TEXT_ENDINGS) or _TEXT_NAMES.fullmatch(name):
        return File(path, is_python=False)
    if "." in name.lstrip("."):
        return None
    with contextlib.suppress(OSError):
        # Not a device or a pipe, which would block.
        if stat.S_ISREG(os.stat(path).st_mode):
            with open(path, "rb") as stream:
                first = stream.readline(200)
            if _PYTHON.match(first):
                return File(path)
            if _SHELL.match(first):
                return File(path, is_python=False)
    return None


def read(file: File) -> Source:
    """Read a file.

    :raises FileError: when it cannot be read.
    :raises UnreadableError: when it is not text, or larger than any program.
    """
    try:
        if not stat.S_ISREG(os.stat(file.path).st_mode):
            raise FileError("is not a regular file")
        if os.path.getsize(file.path) > _LARGEST:
            raise UnreadableError(f"is larger than {_LARGEST // 1_000_000} MB")
        data = Path(file.path).read_bytes()
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror}") from error
    return Source.decode(file.path, data, file.is_python)


def replace(file: File, data: bytes) -> None:
    """Replace a file in one step, with its mode and owner; a link stays one.

    :raises FileError: when it cannot be written; the old file is unchanged then.
    """
    target = os.path.realpath(file.path)
    temporary = ""
    try:
        status = os.stat(target)
        if not os.access(target, os.W_OK):
            raise FileError("is write-protected")
        if status.st_nlink > 1:
            raise FileError("is one file under several names (a hard link)")
        handle, temporary = tempfile.mkstemp(
            prefix=f".{os.path.basename(target)}.", dir=os.path.dirname(target)
        )
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if os.name != "nt" and os.geteuid() == 0:
            os.chown(temporary, status.st_uid, status.st_gid)
        os.chmod(temporary, stat.S_IMODE(status.st_mode))
        os.replace(temporary, target)
    except OSError as error:
        raise FileError(f"cannot be written: {error.strerror}") from error
    finally:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
