"""Test the pure parts of the run over all released ``env.py`` files."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.matrix import env_releases
from tests.matrix.env_releases import Variant, distinct, templates_in
from tests.matrix.env_table import document, notes, summary
from tests.matrix.env_templates import Column


def make_archive(path: Path, files: dict[str, str]) -> Path:
    """Write a wheel or a tar file."""
    if path.name.endswith(".tar.gz"):
        with tarfile.open(str(path), "w:gz") as tar:
            for name, text in files.items():
                member = tarfile.TarInfo(f"top/{name}")
                member.size = len(text.encode())
                tar.addfile(member, io.BytesIO(text.encode()))
    else:
        with zipfile.ZipFile(str(path), "w") as wheel:
            for name, text in files.items():
                wheel.writestr(name, text)
    return path


@pytest.mark.parametrize("name", ["a.tar.gz", "a.whl"])
def test_templates_are_found_in_any_archive(tmp_path: Path, name: str) -> None:
    files = {
        "flask_migrate/templates/flask/env.py": "1",
        "flask_migrate/templates/flask/README": "no",
        "flask_migrate/env.py": "no",
    }
    archive = make_archive(tmp_path / name, files)
    assert templates_in(archive) == {"flask": {"env.py": b"1"}}


def test_equal_templates_are_one_variant(tmp_path: Path) -> None:
    texts = {"1.9.0": "old", "1.10.0": "old\r\n", "1.11.0": "old\n", "2.0": "new"}
    found = {
        version: make_archive(
            tmp_path / f"{version}.whl",
            {"templates/flask/env.py": text, "templates/other/env.py": "same"},
        )
        for version, text in texts.items()
    }
    variants = distinct(found, tmp_path / "out")
    assert [(variant.template, variant.name) for variant in variants] == [
        ("flask", "1.9.0"),
        ("flask", "1.10.0 to 1.11.0"),
        ("flask", "2.0"),
        ("other", "1.9.0 to 2.0"),
    ]
    assert Path(variants[2].folder, "env.py").read_text() == "new"
    assert Variant.from_json(variants[1].to_json()) == variants[1]


@pytest.mark.parametrize(
    "name",
    [
        "Flask-Migrate-1.4.0.zip",
        "Flask-Migrate-1.4.0.tar.gz",
        "Flask_Migrate-1.4.0-py2.py3-none-any.whl",
        "flask_migrate-1.4.0.tar.gz",
    ],
)
def test_names_of_archives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(env_releases, "ARCHIVES", tmp_path)
    (tmp_path / name).touch()
    (tmp_path / "Flask-Other-1.0.tar.gz").touch()
    assert env_releases.archives() == {"1.4.0": tmp_path / name}


def test_a_table_tells_what_failed_and_what_cannot_run() -> None:
    variants = [Variant("flask", ("1.0", "1.1"), ""), Variant("aio", ("4.0",), "")]
    good = Column("s1", "sqlite", {0: {"init": "ok"}, 1: {"not run": "no driver"}})
    bad = Column("s1", "mariadb", {0: {"init": "ok", "migrate": "Wrong: lost"}})
    bad.problem = "the worker ended with 1"
    missing = Column("s2", "sqlite", problem="no server", is_missing=True)
    columns = [good, bad, missing]
    text = summary(variants, columns)
    assert "1.0 to 1.1  S!" in text
    assert notes(variants, columns) == [
        "aio cannot run: no driver (s1: sqlite)",
        "flask 1.0 to 1.1 failed: migrate: Wrong: lost (s1: mariadb)",
        "aio 4.0 failed: the worker ended with 1 (s1: mariadb)",
        "flask cannot run: no server (s2: sqlite)",
        "aio cannot run: no server (s2: sqlite)",
    ]
    page = document(variants, columns, [], 2)
    assert "1.0 to 1.1  S!" in page
    assert "The 2 releases of Flask-Migrate, up to 4.0, generate 2" in page
