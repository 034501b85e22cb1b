"""A relative SQLite file, for which Flask-SQLAlchemy 2 and 3 look in two folders."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any, Callable

import alembic.command
import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from flask_migrate_compat import commands
from flask_migrate_compat.errors import DataLossError

from .applications import execute, make_app, sqlite_url, tables, used, write_revision

IS_2 = not hasattr(SQLAlchemy, "engines")
CREATE = 'op.create_table("new", sa.Column("id", sa.Integer))'


def wanted(folder: Path, name: str = "data.db") -> Path:
    """Return where the installed Flask-SQLAlchemy looks for the file."""
    return folder / "app" / name if IS_2 else folder / "app" / "instance" / name


def left(folder: Path, name: str = "data.db") -> Path:
    """Return where the other one looks for it."""
    return folder / "app" / "instance" / name if IS_2 else folder / "app" / name


def application(folder: Path, uri: str = "sqlite:///data.db", **kwargs: Any) -> Flask:
    (folder / "app").mkdir(exist_ok=True)
    return make_app(folder / "app", {None: ["user"]}, uri=uri, **kwargs)


def initialised(folder: Path, **kwargs: Any) -> None:
    commands.init(**kwargs)
    write_revision(folder, "a1", upgrade=CREATE)


def test_a_new_database_is_made(folder: Path) -> None:
    with used(application(folder)):
        initialised(folder)
        commands.upgrade()
    assert "new" in tables(wanted(folder))


def test_an_absolute_path_is_taken_as_it_is(folder: Path) -> None:
    execute(left(folder), "CREATE TABLE old (id INTEGER)")
    with used(application(folder, uri=sqlite_url(folder / "data.db"))):
        initialised(folder)
        commands.upgrade()
    assert "new" in tables(folder / "data.db")


def test_a_database_in_memory(folder: Path) -> None:
    execute(left(folder), "CREATE TABLE old (id INTEGER)")
    with used(application(folder, uri="sqlite://")):
        initialised(folder)
        commands.upgrade()


def test_two_databases_with_tables_are_no_business_of_ours(folder: Path) -> None:
    execute(left(folder), "CREATE TABLE old (id INTEGER)")
    execute(wanted(folder), "CREATE TABLE user (id INTEGER)")
    with used(application(folder)):
        initialised(folder)
        commands.upgrade()
    assert "new" in tables(wanted(folder))


@pytest.mark.parametrize("content", ["", "CREATE TABLE alembic_version (x)"])
def test_nothing_is_left_in_the_other_file(folder: Path, content: str) -> None:
    execute(left(folder), *([content] if content else []))
    with used(application(folder)):
        initialised(folder)
        commands.upgrade()


def test_without_the_guard_a_new_empty_file_is_made(
    folder: Path, unguarded: None
) -> None:
    execute(left(folder), "CREATE TABLE old (id INTEGER)")
    with used(application(folder)):
        initialised(folder)
        commands.upgrade()
    assert tables(wanted(folder)) == {"alembic_version", "new"}


CONNECTING: dict[str, Callable[[], object]] = {
    "upgrade": commands.upgrade,
    "downgrade": lambda: commands.downgrade(revision="base"),
    "stamp": commands.stamp,
    "migrate": commands.migrate,
    "current": commands.current,
    "history -i": lambda: commands.history(indicate_current=True),
    "show current": lambda: commands.show(revision="current"),
    "check": commands.check,
    "ensure-version": commands.ensure_version,
}


@pytest.mark.parametrize("name", CONNECTING)
def test_a_file_that_was_left_behind(folder: Path, name: str) -> None:
    needed = {"migrate": "revision"}.get(name, name.split()[0].replace("-", "_"))
    if not hasattr(alembic.command, needed):
        pytest.skip(f"this Alembic has no {name}")
    execute(left(folder), "CREATE TABLE old (id INTEGER)")
    with used(application(folder)):
        initialised(folder)
        with pytest.raises(DataLossError) as info:
            CONNECTING[name]()
    message = str(info.value)
    assert f"'{wanted(folder)}' does not exist" in message
    assert f"mv {left(folder)} {wanted(folder)} Or: " in message
    assert f"in SQLALCHEMY_DATABASE_URI: '{sqlite_url(left(folder))}'" in message
    assert not wanted(folder).exists()


def test_commands_that_do_not_connect_are_not_bothered(folder: Path) -> None:
    execute(left(folder), "CREATE TABLE old (id INTEGER)")
    with used(application(folder)):
        initialised(folder)
        commands.heads()
        commands.history()
        commands.show()
        commands.branches()
        commands.upgrade(sql=True)
    assert not wanted(folder).exists()


def test_the_printed_command_helps(folder: Path) -> None:
    execute(left(folder), "CREATE TABLE old (id INTEGER)")
    with used(application(folder)):
        initialised(folder)
        with pytest.raises(DataLossError) as info:
            commands.upgrade()
        command = str(info.value).split("move the file: ")[1].split(" Or: ")[0]
        assert os.system(command) == 0
        commands.upgrade()
    assert tables(wanted(folder)) == {"old", "new", "alembic_version"}


@pytest.mark.parametrize(
    "content",
    ["nothing", "a header", "CREATE TABLE alembic_version (version_num TEXT)"],
)
def test_an_empty_file_that_an_earlier_run_has_made(folder: Path, content: str) -> None:
    execute(left(folder), "CREATE TABLE old (id INTEGER)")
    wanted(folder).parent.mkdir(exist_ok=True)
    if content == "nothing":
        wanted(folder).touch()
    elif content == "a header":
        execute(wanted(folder), "CREATE TABLE x (y)", "DROP TABLE x")
    else:
        execute(wanted(folder), content)
    before = wanted(folder).read_bytes()
    with used(application(folder)):
        initialised(folder)
        with pytest.raises(DataLossError, match="is empty"):
            commands.upgrade()
    assert wanted(folder).read_bytes() == before


def test_the_version_table_may_have_another_name(folder: Path) -> None:
    execute(left(folder), "CREATE TABLE old (id INTEGER)")
    execute(wanted(folder), "CREATE TABLE versions (version_num TEXT)")
    with used(application(folder, version_table="versions")):
        initialised(folder)
        with pytest.raises(DataLossError, match="is empty"):
            commands.upgrade()


def test_a_file_that_is_no_plain_sqlite_counts_as_full(folder: Path) -> None:
    left(folder).parent.mkdir(parents=True, exist_ok=True)
    left(folder).write_bytes(b"encrypted" * 1000)
    with used(application(folder)):
        initialised(folder)
        with pytest.raises(DataLossError, match="does not exist"):
            commands.upgrade()


@pytest.mark.parametrize("as_dict", [False, True])
def test_binds(folder: Path, as_dict: bool) -> None:
    if as_dict and IS_2:
        pytest.skip("Flask-SQLAlchemy 2 takes strings only")
    execute(left(folder, "b1.db"), "CREATE TABLE old (id INTEGER)")
    url: Any = {"url": "sqlite:///b1.db"} if as_dict else "sqlite:///b1.db"
    with used(application(folder, binds={"b1": url})):
        commands.init(multidb=True)
        with pytest.raises(DataLossError, match=r"SQLALCHEMY_BINDS\['b1'\] is the rel"):
            commands.upgrade()
    assert not wanted(folder, "b1.db").exists()


def test_the_form_with_file(folder: Path) -> None:
    if IS_2:
        pytest.skip("Flask-SQLAlchemy 2 does not know this form")
    execute(left(folder), "CREATE TABLE old (id INTEGER)")
    with used(application(folder, uri="sqlite:///file:data.db?mode=rwc&uri=true")):
        initialised(folder)
        with pytest.raises(DataLossError, match="mv "):
            commands.upgrade()
    assert not wanted(folder).exists()


def test_names_with_spaces_are_quoted(folder: Path) -> None:
    execute(left(folder, "my data.db"), "CREATE TABLE old (id INTEGER)")
    with used(application(folder, uri="sqlite:///my data.db")):
        initialised(folder)
        with pytest.raises(DataLossError, match=r"mv '.*my data\.db' '.*my data\.db'"):
            commands.upgrade()


def test_a_file_that_an_old_env_py_has_made(folder: Path) -> None:
    """It had an engine of its own, relative to the working directory."""
    execute(folder / "data.db", "CREATE TABLE old (id INTEGER)")
    with used(application(folder)):
        initialised(folder)
        with pytest.raises(DataLossError, match="mv "):
            commands.upgrade()


def test_an_env_py_with_an_engine_of_its_own(folder: Path) -> None:
    """The application would not find the file in the working directory."""
    execute(wanted(folder), "CREATE TABLE old (id INTEGER)")
    with used(application(folder)):
        initialised(folder)
        (folder / "migrations" / "env.py").write_text(
            "from alembic import context\n"
            "from flask import current_app\n"
            "from sqlalchemy import create_engine, pool\n"
            "url = current_app.config['SQLALCHEMY_DATABASE_URI']\n"
            "engine = create_engine(url, poolclass=pool.NullPool)\n"
            "with engine.connect() as connection:\n"
            "    context.configure(connection=connection)\n"
            "    context.run_migrations()\n"
        )
        with pytest.raises(DataLossError) as info:
            commands.upgrade()
    assert "mv " not in str(info.value)
    assert f"'{sqlite_url(wanted(folder))}'" in str(info.value)
    assert not (folder / "data.db").exists()


def test_a_link_to_the_other_file_is_the_same_file(folder: Path) -> None:
    execute(left(folder), "CREATE TABLE x (y)", "DROP TABLE x")
    wanted(folder).parent.mkdir(exist_ok=True)
    wanted(folder).symlink_to(left(folder))
    with used(application(folder)):
        initialised(folder)
        commands.upgrade()
    shutil.rmtree(str(folder / "app"))


def test_afterwards_the_application_connects_as_before(folder: Path) -> None:
    execute(left(folder), "CREATE TABLE old (id INTEGER)")
    app = application(folder)
    with used(app):
        initialised(folder)
        with pytest.raises(DataLossError):
            commands.upgrade()
        db = app.extensions["migrate"].db
        with db.engine.connect():
            pass
    assert wanted(folder).exists()
