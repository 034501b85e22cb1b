"""Which files of a folder are read, and what the index remembers of them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from flask_migrate_compat.revisions import folder as folder_module, index
from flask_migrate_compat.revisions.folder import revision_files
from flask_migrate_compat.revisions.headers import Header

SOURCE = '"""{name}"""\nrevision = "{name}"\ndown_revision = None\n'


@pytest.fixture(autouse=True)
def _byte_code_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    # The files of the tests are all young.
    monkeypatch.setattr(index, "_COARSEST_TIME", 0.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of as many revisions as an index is kept for."""
    for number in range(index.SMALLEST):
        write(tmp_path, f"a{number:03}")
    return tmp_path


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of the files that are opened to read a header."""
    paths: list[str] = []
    original = folder_module._header_of

    def header_of(path: str) -> Any:
        paths.append(os.path.basename(path))
        return original(path)

    monkeypatch.setattr(folder_module, "_header_of", header_of)
    return paths


def write(folder: Path, name: str, source: str = SOURCE) -> Path:
    path = folder / f"{name}.py"
    path.write_text(source.format(name=name))
    return path


def names(folder: Path) -> list[str]:
    files = revision_files(str(folder))
    assert files is not None
    return [file.header.revision if file.header else "" for file in files]


def the_index(folder: Path) -> Path | None:
    found = list(folder.glob("__pycache__/*"))
    assert len(found) < 2
    return found[0] if found else None


def test_the_files_that_alembic_takes(tmp_path: Path) -> None:
    for name in ("b2", "a1", "__init__", ".#c3"):
        write(tmp_path, name)
    (tmp_path / "d4.pyc").write_text("")
    (tmp_path / "notes.txt").write_text("")
    assert names(tmp_path) == ["a1", "b2"]
    assert the_index(tmp_path) is None


def test_no_folder(tmp_path: Path) -> None:
    assert revision_files(str(tmp_path / "missing")) is None


@pytest.mark.skipif(sys.platform == "win32", reason="needs symbolic links")
def test_symbolic_links_are_left_to_alembic(tmp_path: Path) -> None:
    (tmp_path / "b2.py").symlink_to(write(tmp_path, "a1"))
    assert revision_files(str(tmp_path)) is None


def test_a_second_look_opens_no_file(folder: Path, opened: list[str]) -> None:
    first = revision_files(str(folder))
    assert len(opened) == index.SMALLEST
    assert the_index(folder) is not None
    opened.clear()
    assert revision_files(str(folder)) == first
    assert opened == []


def test_only_what_has_changed_is_read(folder: Path, opened: list[str]) -> None:
    names(folder)
    opened.clear()
    write(folder, "b000")
    write(folder, "a001", SOURCE.replace("{name}", "b001"))
    (folder / "a002.py").unlink()
    found = names(folder)
    assert opened == ["a001.py", "b000.py"]
    assert found[:2] == ["a000", "b001"]
    assert "a002" not in found
    assert found[-1] == "b000"


def test_the_same_size_and_time_is_not_enough(folder: Path) -> None:
    """As after unpacking an archive that gives all files one time."""
    path = folder / "a001.py"
    os.utime(path, (0, 0))
    names(folder)
    path.write_text(SOURCE.format(name="b001"))
    os.utime(path, (0, 0))
    assert "b001" in names(folder)


def test_what_has_just_changed_is_not_remembered(
    folder: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "_COARSEST_TIME", 60.0)
    names(folder)
    opened.clear()
    names(folder)
    assert len(opened) == index.SMALLEST


def test_a_file_that_has_to_be_imported_is_remembered(
    folder: Path, opened: list[str]
) -> None:
    write(folder, "a001", "revision = str('a001')\ndown_revision = None\n")
    for _ in range(2):
        assert names(folder)[1] == ""
    assert opened.count("a001.py") == 1


def test_few_changes_are_not_worth_writing(folder: Path) -> None:
    names(folder)
    path = the_index(folder)
    assert path is not None
    before = path.read_bytes()
    write(folder, "b000")
    names(folder)
    assert path.read_bytes() == before
    for number in range(60):
        write(folder, f"c{number:03}")
    names(folder)
    assert path.read_bytes() != before


def broken_indexes() -> dict[str, bytes]:
    values = [1, 2, 3, "a000", [], [], [], ""]
    wrong_shape = json.dumps({"a000.py": values[:5]}).encode()
    not_a_list = json.dumps({"a000.py": 7}).encode()
    return {
        "empty": b"",
        "not text": b"\xff\xfe\0",
        "no body": index._head(b""),
        "not JSON": index._head(b"{") + b"\n{",
        "a list": index._head(b"[1]") + b"\n[1]",
        "wrong shape": index._head(wrong_shape) + b"\n" + wrong_shape,
        "no list": index._head(not_a_list) + b"\n" + not_a_list,
        "other format": b"flask_migrate_compat revisions 0 00000000 2\n{}",
        "too deep": index._head(b"[" * 100_000) + b"\n" + b"[" * 100_000,
    }


@pytest.mark.parametrize("name", broken_indexes())
def test_an_odd_index_is_written_anew(folder: Path, name: str) -> None:
    first = names(folder)
    path = the_index(folder)
    assert path is not None
    good = path.read_bytes()
    path.write_bytes(broken_indexes()[name])
    assert names(folder) == first
    assert path.read_bytes() == good


def test_an_index_that_was_changed_is_not_believed(folder: Path) -> None:
    first = names(folder)
    path = the_index(folder)
    assert path is not None
    forged = path.read_bytes().replace(b',"a001",', b',"z001",')
    assert forged != path.read_bytes()
    path.write_bytes(forged)
    assert names(folder) == first


def test_an_index_that_is_a_folder(folder: Path) -> None:
    names(folder)
    path = the_index(folder)
    assert path is not None
    path.unlink()
    path.mkdir()
    assert len(names(folder)) == index.SMALLEST
    assert path.is_dir()
    assert the_index(folder) == path


def test_no_index_without_byte_code(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    names(folder)
    assert not (folder / "__pycache__").exists()


def test_the_index_lies_with_the_byte_code(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    monkeypatch.setattr(sys, "pycache_prefix", str(elsewhere))
    names(folder)
    assert not (folder / "__pycache__").exists()
    assert len(list(elsewhere.rglob("*.json"))) == 1


def test_a_folder_that_cannot_be_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise PermissionError(30, "Read-only file system")

    monkeypatch.setattr(os, "makedirs", refuse)
    assert len(names(folder)) == index.SMALLEST
    assert not (folder / "__pycache__").exists()


def test_what_is_read_is_what_was_written(folder: Path) -> None:
    header = Header("a1", ("b2", "c3"), ("x",), ("y",), 'größer "\n\ud800')
    entries: index.Entries = {
        f"{number}.py": ((number, 1, 2), header if number else None)
        for number in range(index.SMALLEST)
    }
    index.write_index(str(folder), entries, len(entries))
    assert index.read_index(str(folder)) == entries
