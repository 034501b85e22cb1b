"""What the one line of an error says, where it was once wrong or gave a secret away."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import alembic
import pytest

from flask_migrate_compat.errors import without_passwords

from .conftest import Project

OLD_ENV = """\
from alembic import context
from flask import current_app

config = context.config
config.set_main_option("sqlalchemy.url", {value})
{then}
"""


def error_line(project: Project, *argv: str, status: int = 1) -> str:
    done = project.flask("db", *argv)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    assert "s3cret" not in done.stdout + done.stderr
    return done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nothing: to, hide at 12:30", "nothing: to, hide at 12:30"),
        ("sqlite:////tmp/a.db is there", "sqlite:////tmp/a.db is there"),
        ("'pg://bob:s3cret@host/x'", "'pg://bob:***@host/x'"),
        ("pg://bob:s3%40c/ret@x@host.", "pg://bob:***@host."),
        ("string 'bob:s3cret@127.0.0.1:1'", "string 'bob:***@127.0.0.1:1'"),
        ("'pg:///x?user=u&password=s3cret&a=b'", "'pg:///x?user=u&password=***&a=b'"),
        ("pg://u:a@h/x?sslpassword=s3@cret is", "pg://u:***@h/x?sslpassword=*** is"),
        ("my:///x?Passwd=s3%3Bcret'", "my:///x?Passwd=***'"),
        ("ms:///?odbc_connect=a;PWD=s3cret;b", "ms:///?odbc_connect=a;PWD=***;b"),
        ("DRIVER={x};PWD={s3;cret};UID=u", "DRIVER={x};PWD=***;UID=u"),
        ("odbc_connect=a%3BPWD%3Ds3cret%3Bb", "odbc_connect=a%3BPWD%3D***%3Bb"),
        ("odbc_connect=a%3bpwd%3d%7Bs3%3Bc%7D%3bb", "odbc_connect=a%3bpwd%3d***%3bb"),
        ("a%%3BPWD%%3Ds3cret%%40%%3Bb", "a%%3BPWD%%3D***%%3Bb"),
        (
            "connect(user='bob', password='s3cret')",
            "connect(user='bob', password='***')",
        ),
        ("the password: none, pwd = ''", "the password: none, pwd = ''"),
    ],
)
def test_passwords_are_masked(text: str, expected: str) -> None:
    assert without_passwords(text) == expected


@pytest.mark.parametrize(
    ("value", "then"),
    [
        ('"oracle://bob:s3cret%40@127.0.0.1:1/x"', "config.get_section('alembic')"),
        ('"bob:s3cret@127.0.0.1"', "__import__('sqlalchemy').engine_from_config("
         "config.get_section('alembic'), prefix='sqlalchemy.')"),
        ('"x"', "raise ValueError('cannot use pg://bob:s3cret@host/')"),
    ],
)  # fmt: skip
def test_a_password_is_not_shown(migrated: Project, value: str, then: str) -> None:
    text = OLD_ENV.format(value=value, then=then)
    (migrated.migrations / "env.py").write_text(text)
    done = migrated.flask("db", "--traceback", "upgrade")
    assert "s3cret" not in done.stdout + done.stderr
    if done.returncode:
        assert "s3cret" not in error_line(migrated, "upgrade")


def test_an_error_of_a_commit_is_not_one_of_connecting(migrated: Project) -> None:
    path = migrated.write_revision(
        "c3",
        "b2",
        upgrade="raise sa.exc.IntegrityError(None, None, ValueError('key violated'))",
    )
    assert path.is_file()
    line = error_line(migrated, "upgrade")
    assert "key violated" in line
    assert "connect" not in line


def test_a_template_that_fails_leaves_nothing(project: Project) -> None:
    folder = project.path / "own"
    folder.mkdir()
    for name in ("env.py", "script.py.mako", "README"):
        (folder / name).write_text("# mine\n")
    (folder / "alembic.ini.mako").write_text("${undefined_name.x}\n")
    for target in ("new", "parent/new"):
        assert "Error: " in error_line(project, "init", "-d", target, "-t", "./own")
        assert not (project.path / target.split("/")[0]).exists()
    (project.path / "empty").mkdir()
    error_line(project, "init", "-d", "empty", "-t", "./own")
    assert not list((project.path / "empty").iterdir())


def test_a_missing_parent_is_named(migrated: Project) -> None:
    migrated.write_revision("c3", "gone")
    for command in ("history", "heads", "upgrade"):
        line = error_line(migrated, command)
        assert "'gone', which is not in the folder" in line
        assert "Restore its file" in line


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("revision", "--rev-id", "a1"), r"'a1' already"),
        (("revision", "--rev-id", "a/b"), r"without slashes"),
        (("revision", "--branch-label", "a1"), r"'a1' already"),
        (("merge", "a1", "b2", "--rev-id", "b2"), r"'b2' already"),
    ],
)
def test_a_name_that_is_taken_writes_nothing(
    migrated: Project, argv: tuple[str, ...], says: str
) -> None:
    before = sorted(Path(migrated.migrations).rglob("*.py"))
    assert says in error_line(migrated, *argv)
    assert sorted(Path(migrated.migrations).rglob("*.py")) == before
    assert migrated.flask("db", "heads").stdout == "b2 (head)\n"


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("history", "-r", "a:b:c"), "<start>:<end>"),
        (("history", "-r", "a1"), "<start>:<end>"),
        (("revision", "--autogenerate", "--sql"), "Leave out one of them"),
        (("upgrade", "a1:b2"), "<start>:<end>"),
    ],
)
def test_each_line_says_what_to_do(
    migrated: Project, argv: tuple[str, ...], says: str
) -> None:
    assert says in error_line(migrated, *argv)


def test_what_alembic_says_gets_a_hint() -> None:
    from flask_migrate_compat.errors import from_alembic

    error = from_alembic(alembic.util.CommandError("Something new"))
    assert str(error) == "Something new. Add --help to see what the command takes."


def test_nothing_of_this_touched_the_database(migrated: Project) -> None:
    error_line(migrated, "revision", "--rev-id", "a1")
    assert not migrated.database.exists() or not (
        sqlite3.connect(str(migrated.database))
        .execute("SELECT name FROM sqlite_master")
        .fetchall()
    )
