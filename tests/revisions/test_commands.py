"""Which files a command executes, and that it does without the quick way."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from alembic.script import ScriptDirectory
from flask import Flask

from flask_migrate_compat import commands
from flask_migrate_compat.config import alembic_version
from flask_migrate_compat.errors import RevisionError
from flask_migrate_compat.revisions import KNOWN_ALEMBIC, alembic_map
from flask_migrate_compat.revisions.listing import listing_of

from ..running.applications import make_app, used, write_revision

IS_KNOWN = KNOWN_ALEMBIC[0] <= alembic_version[:2] < KNOWN_ALEMBIC[1]
needs_known = pytest.mark.skipif(not IS_KNOWN, reason="Alembic's own way")
NAMES = [f"a{number}" for number in range(8)]


@pytest.fixture
def app(folder: Path) -> Iterator[Flask]:
    """Return an application with some revisions that say when they are executed."""
    with used(make_app(folder, {})) as app:
        commands.init()
        for name, parent in zip(NAMES, [None, *NAMES]):
            path = write_revision(folder, name, parent)
            path.write_text(
                path.read_text() + f"\nsaid = print('executed', {name!r})\n"
            )
        yield app


def executed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    lines = capsys.readouterr().out.splitlines()
    return [line.split()[1] for line in lines if line.startswith("executed")]


def look(monkeypatch: pytest.MonkeyPatch) -> list[ScriptDirectory]:
    """Return the list of the script directories that commands make."""
    directories: list[ScriptDirectory] = []
    original = ScriptDirectory.run_env

    def run_env(self: ScriptDirectory) -> None:
        directories.append(self)
        original(self)

    monkeypatch.setattr(ScriptDirectory, "run_env", run_env)
    return directories


def test_the_quick_map_is_used_with_the_releases_that_are_known(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    directories = look(monkeypatch)
    commands.upgrade()
    (directory,) = directories
    is_quick = getattr(directory.revision_map, "is_quick", False)
    assert is_quick is IS_KNOWN
    assert (listing_of("migrations") is not None) is IS_KNOWN
    # This is the newest release that is looked at, or CI has to look at a newer one.
    assert alembic_version[:2] < KNOWN_ALEMBIC[1]


def test_an_unknown_release_is_left_alone(
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(alembic_map, "alembic_version", (99, 0, 0))
    directories = look(monkeypatch)
    commands.upgrade()
    assert type(directories[0].revision_map).__name__ == "RevisionMap"
    assert sorted(executed(capsys)) == NAMES


@needs_known
def test_only_what_runs_is_executed(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    commands.upgrade(revision="a5")
    assert executed(capsys) == NAMES[:6]
    commands.upgrade(revision="a5")
    commands.current(verbose=True)
    commands.heads()
    commands.history(indicate_current=True)
    commands.revision(message="new", rev_id="b1")
    commands.stamp(revision="a6")
    assert executed(capsys) == []
    commands.upgrade(revision="a7")
    assert executed(capsys) == ["a7"]
    commands.downgrade()
    assert executed(capsys) == ["a7"]


@needs_known
def test_what_prepares_something_for_others_is_executed(
    app: Flask, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "migrations" / "versions" / "a2_.py"
    path.write_text(path.read_text().replace("said = print", "print"))
    commands.upgrade(revision="a1")
    assert executed(capsys) == ["a2", "a0", "a1"]
    commands.heads()
    assert executed(capsys) == ["a2"]


@needs_known
def test_what_cannot_be_told_is_executed(
    app: Flask, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_revision(folder, "b1", "a7")
    text = path.read_text().replace('"b1"', 'str("b1")').replace("'b1'", "str('b1')")
    assert "str(" in text
    path.write_text(f"{text}\nsaid = print('executed', revision)\n")
    commands.heads()
    output = capsys.readouterr().out
    assert output.splitlines() == ["executed b1", "b1 (head)"]


@needs_known
@pytest.mark.parametrize(
    "command", [commands.heads, commands.history, commands.upgrade]
)
def test_a_circle_is_an_error_that_says_what_to_do(
    folder: Path, command: Callable[[], None]
) -> None:
    with used(make_app(folder, {})):
        commands.init()
        write_revision(folder, "base")
        write_revision(folder, "three").write_text(
            "revision = 'three'\ndown_revision = None\ndepends_on = 'two'\n"
        )
        path = write_revision(folder, "one", "base")
        path.write_text(path.read_text() + "\ndepends_on = 'three'\n")
        write_revision(folder, "two", "one")
        write_revision(folder, "head", "two")
        with pytest.raises(RevisionError, match=r"\(one, three, two\).*Correct down_"):
            command()


@needs_known
def test_a_file_that_changes_under_a_command(
    app: Flask, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "migrations" / "versions" / "a3_.py"
    original = alembic_map.load_python_file

    def load_python_file(folder: Any, name: Any) -> Any:
        path.write_text(path.read_text().replace("a2", "a1"))
        return original(folder, name)

    monkeypatch.setattr(alembic_map, "load_python_file", load_python_file)
    with pytest.raises(RevisionError, match=r"a3_\.py' was changed while"):
        commands.upgrade()


def test_everything_is_restored(app: Flask) -> None:
    before = vars(ScriptDirectory)["from_config"]
    commands.upgrade()
    with pytest.raises(RevisionError):
        commands.upgrade(revision="missing")
    assert vars(ScriptDirectory)["from_config"] is before
