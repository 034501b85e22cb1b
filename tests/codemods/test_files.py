"""Test :mod:`flask_migrate_compat.codemods.files`."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from flask_migrate_compat.codemods.files import File, FileError, collect, read, replace


def make(folder: Path, *names: str, text: str = "x = 1\n") -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def names(folder: Path, *paths: str) -> dict[str, bool]:
    found = collect([str(folder / path) for path in paths or (".",)])
    return {
        Path(file.path).relative_to(folder).as_posix(): file.is_python for file in found
    }


def test_what_is_taken_below_a_folder(tmp_path: Path) -> None:
    make(tmp_path, "app.py", "a/b.pyw", "application.wsgi", "migrations/a: b c.py")
    make(tmp_path, "manage", "bin/run", text="#!/usr/bin/env python2.7\nx = 1\n")
    make(tmp_path, "deploy", text="#! /bin/bash -e\n")
    make(tmp_path, "Procfile", "Dockerfile", "docker/Dockerfile.web", "Makefile")
    make(tmp_path, "tox.ini", "a.yml", ".github/workflows/ci.yaml", ".travis.yml")
    make(tmp_path, "README", "notes.txt", "data.csv", "logo.png")
    python = {"app.py", "a/b.pyw", "application.wsgi", "migrations/a: b c.py"}
    python |= {"manage", "bin/run"}
    text = {"deploy", "Procfile", "Dockerfile", "docker/Dockerfile.web", "Makefile"}
    text |= {"tox.ini", "a.yml", ".github/workflows/ci.yaml", ".travis.yml"}
    assert names(tmp_path) == {
        **dict.fromkeys(python, True),
        **dict.fromkeys(text, False),
    }


def test_what_is_left_out_below_a_folder(tmp_path: Path) -> None:
    make(tmp_path, ".git/a.py", ".tox/py/a.py", "node_modules/a/a.py", "build/a.py")
    make(tmp_path, "a.egg-info/a.py", "__pycache__/a.py", "lib/site-packages/a.py")
    make(tmp_path, "environment/pyvenv.cfg", "environment/lib/a.py")
    make(tmp_path, "old/bin/activate_this.py", "old/lib/a.py")
    make(tmp_path, "conda/conda-meta/history", "conda/a.py")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(str(tmp_path / "pipe"))
    assert names(tmp_path) == {}


def test_a_file_that_is_named_is_always_taken(tmp_path: Path) -> None:
    make(tmp_path, ".hidden/a.py", "no_ending", "build/a.sh")
    some = names(tmp_path, ".hidden/a.py", "no_ending", "build/a.sh")
    assert some == {".hidden/a.py": True, "no_ending": True, "build/a.sh": False}


def test_each_file_once(tmp_path: Path) -> None:
    make(tmp_path, "a/b.py")
    (tmp_path / "link.py").symlink_to(tmp_path / "a" / "b.py")
    assert len(collect([str(tmp_path), str(tmp_path / "a"), str(tmp_path)])) == 1


def test_a_path_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is no file or folder"):
        collect([str(tmp_path / "missing")])


def test_replacing_keeps_the_mode_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "manage.py"
    path.write_bytes(b"old")
    path.chmod(0o754)
    replace(File(str(path)), b"new\r\n")
    assert path.read_bytes() == b"new\r\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o754
    assert os.listdir(str(tmp_path)) == ["manage.py"]


def test_replacing_what_a_link_points_at(tmp_path: Path) -> None:
    path, link = tmp_path / "a.py", tmp_path / "b" / "link.py"
    path.write_bytes(b"old")
    link.parent.mkdir()
    link.symlink_to(path)
    replace(File(str(link)), b"new")
    assert link.is_symlink()
    assert path.read_bytes() == b"new"


def test_a_hard_link_is_not_split(tmp_path: Path) -> None:
    path, other = tmp_path / "a.py", tmp_path / "b.py"
    path.write_bytes(b"old")
    os.link(str(path), str(other))
    with pytest.raises(FileError, match="several names"):
        replace(File(str(path)), b"new")
    assert path.read_bytes() == other.read_bytes() == b"old"


def test_a_failure_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")

    def fail(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(FileError, match="cannot be written: No space left on device"):
        replace(File(str(path)), b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(str(tmp_path)) == ["a.py"]


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read: No such file"):
        read(File(str(tmp_path / "a.py")))
    os.mkfifo(str(tmp_path / "pipe"))
    with pytest.raises(FileError, match="is not a regular file"):
        read(File(str(tmp_path / "pipe")))
