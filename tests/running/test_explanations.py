"""Errors about revisions say what is behind them and which command is next."""

from __future__ import annotations

import subprocess
from pathlib import Path

import alembic.command
import pytest

from flask_migrate_compat import commands
from flask_migrate_compat.errors import RevisionError

from ..conftest import Project
from .applications import execute, make_app, sqlite_url, used, write_revision

VERSION = "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"


def lost_revision(folder: Path, name: str = "app.db") -> None:
    execute(
        folder / name, VERSION, "INSERT INTO alembic_version VALUES ('f00dfeed1234')"
    )


def test_an_unknown_revision_on_the_command_line(folder: Path) -> None:
    with used(make_app(folder, {})):
        commands.init()
        write_revision(folder, "a1")
        commands.upgrade()
        for command in (commands.upgrade, commands.downgrade, commands.stamp):
            with pytest.raises(RevisionError, match=r"'f00d'") as info:
                command(revision="f00d")
            assert "git log" not in str(info.value)


@pytest.mark.parametrize(
    "name", ["upgrade", "downgrade", "stamp", "current", "migrate", "check"]
)
def test_an_unknown_revision_in_the_database(folder: Path, name: str) -> None:
    if name == "check" and not hasattr(alembic.command, "check"):
        pytest.skip("this Alembic has no check")
    lost_revision(folder)
    with used(make_app(folder, {})):
        commands.init()
        write_revision(folder, "a1")
        with pytest.raises(RevisionError) as info:
            getattr(commands, name)()
    message = str(info.value)
    assert "app.db) is at revision 'f00dfeed1234', which no file" in message
    assert "git log --all --oneline -- 'migrations/*/*f00dfeed1234*'" in message
    assert "'flask db stamp --purge <revision>'" in message
    assert "version_table" in message


def test_the_bind_is_named(folder: Path) -> None:
    lost_revision(folder, "b1.db")
    binds = {"b1": sqlite_url(folder / "b1.db")}
    with used(make_app(folder, {}, binds=binds)):
        commands.init(multidb=True)
        write_revision(folder, "a1")
        with pytest.raises(
            RevisionError, match=r"The database 'b1' \(.*b1\.db\) is at"
        ):
            commands.current()


def test_the_commands_in_the_message_help(folder: Path) -> None:
    lost_revision(folder)

    def git(*argv: str) -> str:
        who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        return subprocess.run(
            ["git", *who, *argv], check=True, capture_output=True, encoding="utf-8"
        ).stdout

    with used(make_app(folder, {})):
        commands.init()
        write_revision(folder, "a1")
        lost = write_revision(folder, "f00dfeed1234", "a1")
        git("init", "-q")
        git("add", "migrations")
        git("commit", "-qm", "with the file")
        git("rm", "-q", str(lost))
        git("commit", "-qm", "lost the file")
        with pytest.raises(RevisionError) as info:
            commands.upgrade()
        command = str(info.value).split("git log ")[1].split(" and bring")[0]
        shown = subprocess.run(
            f"git log {command}", shell=True, capture_output=True, encoding="utf-8"
        ).stdout
        assert "lost the file" in shown
        assert "with the file" in shown
        commands.stamp(revision="a1", purge=True)
        commands.upgrade()


def test_pending_revisions(folder: Path) -> None:
    with used(make_app(folder, {})):
        commands.init()
        previous = None
        for number in range(9):
            write_revision(folder, f"r{number}", previous)
            previous = f"r{number}"
        commands.upgrade(revision="r1")
        with pytest.raises(RevisionError) as info:
            commands.migrate()
    message = str(info.value)
    assert "not up to date: 7 revisions are pending, r2 (Title of r2), r3 " in message
    assert "r6 (Title of r6) … and 2 more." in message
    assert message.endswith("Apply first with 'flask db upgrade'.")


def test_pending_revisions_of_several_heads(folder: Path) -> None:
    with used(make_app(folder, {})):
        commands.init()
        write_revision(folder, "a1")
        write_revision(folder, "b1")
        commands.upgrade(revision="a1")
        with pytest.raises(
            RevisionError, match=r"1 revision is pending, b1 \("
        ) as info:
            commands.migrate(head="a1")
    assert str(info.value).endswith("'flask db upgrade heads'.")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("upgrade", "'flask db upgrade heads' for all"),
        ("stamp", "'flask db stamp heads' for all"),
        ("show", "'flask db show heads' for all"),
        ("revision", "name with --head"),
        ("edit", "name one of them"),
    ],
)
def test_multiple_heads(folder: Path, name: str, hint: str) -> None:
    with used(make_app(folder, {})):
        commands.init()
        write_revision(folder, "a1")
        write_revision(folder, "b1")
        options = {"revision": "head"} if name == "edit" else {}
        with pytest.raises(RevisionError) as info:
            getattr(commands, name)(**options)
    message = str(info.value)
    assert message.startswith("Multiple heads: ")
    assert "a1 (Title of a1)" in message
    assert "b1 (Title of b1)" in message
    assert "'flask db merge heads', then run 'flask db upgrade'" in message
    assert hint in message


def test_a_long_title_is_cut(folder: Path) -> None:
    with used(make_app(folder, {})):
        commands.init()
        path = write_revision(folder, "a1")
        path.write_text(path.read_text().replace("Title of a1", "word " * 30))
        with pytest.raises(RevisionError, match=r"a1 \((word )+word…\)\. "):
            commands.migrate()


@pytest.mark.parametrize("options", [[], ["-d", "my migrations"]])
def test_the_next_command_has_the_form_that_was_used(
    migrated: Project, options: list[str]
) -> None:
    for argv in (["db", *options, "migrate"], ["db", "migrate", *options]):
        check_next_command(migrated, ["-m", "flask"], argv, "flask db")


def check_next_command(
    project: Project, program: list[str], argv: list[str], called: str
) -> None:
    """See that the error names the way to go on as it was typed."""
    if "-d" in argv:
        called += " -d 'my migrations'"
        if project.migrations.is_dir():
            project.migrations.rename(project.path / "my migrations")
    done = project.run(*program, *argv)
    assert done.returncode == 1
    # Newer releases of click say "python -m flask" where that was typed.
    assert f"{called} upgrade'" in done.stderr.splitlines()[-1]
