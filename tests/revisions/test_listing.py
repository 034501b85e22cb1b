"""What is printed without Alembic is what Alembic prints."""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any, Callable

import alembic.command
import pytest
from alembic.config import Config
from hypothesis import given, settings

from flask_migrate_compat.revisions.headers import Header
from flask_migrate_compat.revisions.listing import listing_of, print_lines

from ..conftest import Project
from .histories import histories

pytest.importorskip("alembic", minversion="1.10")

pytestmark = pytest.mark.filterwarnings("ignore:Revision .* is not present")

DOC = "{title}\n\nRevision ID: {title}\n    indented\n\n"


def write(folder: Path, header: Header) -> None:
    name = header.revision
    lines = [
        f'"""{DOC.format(title=header.doc)}"""',
        f"revision = {name!r}",
        f"down_revision = {header.down_revisions or None!r}",
        f"branch_labels = {header.branch_labels or None!r}",
        f"depends_on = {header.depends_on or None!r}",
        "",
    ]
    (folder / f"{name}.py").write_text("\n".join(lines))


def alembics(command: str, folder: str, *args: Any, **options: Any) -> str:
    """Return what Alembic prints, in whatever order it prints a set."""
    output = io.StringIO()
    config = Config(stdout=output)
    config.set_main_option("script_location", folder)
    getattr(alembic.command, command)(config, *args, **options)
    return _sorted_sets(output.getvalue())


def _sorted_sets(text: str) -> str:
    """Sort what the hash of strings has put in order, and it alone."""

    def in_order(match: re.Match[str]) -> str:
        return match[1] + ", ".join(sorted(match[2].split(", "))) + match[3]

    text = re.sub(r"(Branches into: |Branch names: |\()(.*?)(\)|$)", in_order, text,
                  flags=re.MULTILINE)  # fmt: skip
    # The children of a fork, each on a line of its own.
    return re.sub(
        r"(?:^ +-> .*\n)+",
        lambda match: "".join(sorted(match[0].splitlines(keepends=True))),
        text,
        flags=re.MULTILINE,
    )


@settings(max_examples=60, deadline=None)
@given(histories(most=10))
def test_every_history_looks_the_same(headers: list[Header]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = os.path.realpath(name)
        versions = Path(folder, "versions")
        versions.mkdir()
        for header in headers:
            write(versions, header)
        found = listing_of(folder)
        assert found is not None

        def same(command: str, lines: Any, *args: Any, **options: Any) -> None:
            text = "".join(f"{line}\n" for line in lines)
            assert _sorted_sets(text) == alembics(command, folder, *args, **options)

        for verbose in (False, True):
            same("history", found.history(verbose), verbose=verbose)
            same("branches", found.branches(verbose), verbose=verbose)
            for resolve in (False, True):
                same("heads", found.heads(verbose, resolve), verbose=verbose,
                     resolve_dependencies=resolve)  # fmt: skip
        for revision in ("heads", *(header.revision for header in headers)):
            same("show", found.show(revision), revision)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "versions").mkdir()
    write(tmp_path / "versions", Header("a100", (), (), (), "first"))
    return tmp_path


@pytest.mark.parametrize(
    "settings",
    [
        "version_locations = here",
        "Version_Locations: here",
        "sourceless = true",
        "recursive_version_locations = true",
        "revision_environment = true",
        "[broken",
        "script_location = %(nonsense",
    ],
)
def test_folders_for_alembic(folder: Path, settings: str) -> None:
    ini = folder / "alembic.ini"
    ini.write_text("[alembic]\n# sourceless = true\nscript_location = migrations\n")
    assert listing_of(str(folder)) is not None
    ini.write_text(f"[alembic]\n{settings}\n")
    is_for_alembic = not settings.startswith("script_location")
    assert (listing_of(str(folder)) is None) is is_for_alembic


@pytest.mark.parametrize(
    "spoil",
    [
        lambda header: header._replace(revision="a100"),
        lambda header: header._replace(down_revisions=("missing",)),
        lambda header: header._replace(depends_on=("missing",)),
        lambda header: header._replace(branch_labels=("a100",)),
    ],
)
def test_faults_are_for_alembic(folder: Path, spoil: Callable[[Any], Any]) -> None:
    header = spoil(Header("b200", ("a100",), (), (), "second"))
    write(folder / "versions", header._replace(revision="zzz"))
    path = folder / "versions" / "zzz.py"
    path.write_text(path.read_text().replace("'zzz'", repr(header.revision)))
    assert listing_of(str(folder)) is None


def test_a_name_in_part_is_for_alembic(folder: Path) -> None:
    found = listing_of(str(folder))
    assert found is not None
    assert found.show("a10") is None
    assert found.show("base") is None
    assert list(found.show("head") or ()) == list(found.show("a100") or ())
    write(folder / "versions", Header("b200", (), (), (), "second"))
    found = listing_of(str(folder))
    assert found is not None
    assert found.show("head") is None


LOADED = """
import sys, app
{before}
before = set(sys.modules)
import flask_migrate_compat
with app.app.app_context():
    flask_migrate_compat.{call}
print(sorted({{name.partition(".")[0] for name in set(sys.modules) - before}}
             & {{"alembic", "mako", "importlib_metadata"}}))
"""


@pytest.mark.parametrize(
    "call",
    ["heads(verbose=True)", "history()", "branches()", "show()", "show(revision='{}')"],
)
def test_it_loads_no_alembic(migrated: Project, call: str) -> None:
    name = next(path.name for path in migrated.migrations.glob("versions/*.py"))
    call = call.format(name.partition("_")[0])
    done = migrated.run("-c", LOADED.format(before="", call=call))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("call", "before"),
    [
        ("heads()", "app.app.extensions['migrate'].migrate.configure(lambda c: c)"),
        ("history(indicate_current=True)", ""),
        ("history(rev_range='base:head')", ""),
        ("show(revision='current')", ""),
    ],
)
def test_alembic_is_asked(migrated: Project, call: str, before: str) -> None:
    done = migrated.run("-c", LOADED.format(before=before, call=call))
    assert done.returncode == 0, done.stderr
    assert "alembic" in done.stdout.splitlines()[-1]


def test_what_cannot_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", output)
    print_lines(["größe"])
    output.flush()
    assert output.buffer.getvalue().splitlines() == [b"gr??e"]  # type: ignore[attr-defined]


@pytest.mark.skipif(sys.platform == "win32", reason="no name for a folder there")
def test_a_folder_that_may_be_in_a_package(tmp_path: Path) -> None:
    (tmp_path / "a:b" / "versions").mkdir(parents=True)
    assert listing_of(str(tmp_path / "a:b")) is None


def test_a_pipe_that_nobody_reads(migrated: Project) -> None:
    code = """
import sys, app, flask_migrate_compat
class Closed:
    encoding = "ascii"
    def write(self, text): raise BrokenPipeError
    def flush(self): pass
sys.stdout = Closed()
with app.app.app_context():
    flask_migrate_compat.history()
"""
    done = migrated.run("-c", code)
    assert done.returncode == 0, done.stderr
