"""The core functions: their signatures, what they return and what they raise."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any, Iterator

import alembic.command
import pytest
from alembic.util import CommandError
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from flask_migrate_compat import MigrateError, cli, commands
from flask_migrate_compat.errors import (
    NotConfiguredError,
    PendingChangesError,
    RevisionError,
    ScriptDirectoryError,
    UnsupportedError,
)
from flask_migrate_compat.extension import Migrate

from .conftest import REVISION

# The parameters of each command with their defaults: first those of Flask-Migrate 4.1,
# on whose names, order and values callers rely, then those that only we have.
NO_DIRECTORY = {"directory": None}
NEW_REVISION = {
    "sql": False,
    "head": "head",
    "splice": False,
    "branch_label": None,
    "version_path": None,
    "rev_id": None,
}
OURS_FOR_A_NEW_REVISION = {
    "depends_on": None,
    "process_revision_directives": None,
}
ONLINE_OR_SQL = {"sql": False, "tag": None}
X_ARG = {"x_arg": None}
LOCK = {"no_lock": False, "lock_timeout": None}
RUN = {**LOCK, "resume_skip": False, "resume_retry": False, "quiet": False}
PARAMETERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "list_templates": ({}, {}),
    "init": (
        {**NO_DIRECTORY, "multidb": False, "template": None, "package": False},
        {},
    ),
    "revision": (
        {**NO_DIRECTORY, "message": None, "autogenerate": False, **NEW_REVISION},
        {**OURS_FOR_A_NEW_REVISION, **X_ARG, "allow_drop_all": False},
    ),
    "migrate": (
        {**NO_DIRECTORY, "message": None, **NEW_REVISION, **X_ARG},
        {**OURS_FOR_A_NEW_REVISION, "allow_drop_all": False},
    ),
    "edit": ({**NO_DIRECTORY, "revision": "current"}, X_ARG),
    "merge": (
        {
            **NO_DIRECTORY,
            "revisions": "",
            "message": None,
            "branch_label": None,
            "rev_id": None,
        },
        {"splice": False, **X_ARG},
    ),
    "upgrade": ({**NO_DIRECTORY, "revision": "head", **ONLINE_OR_SQL, **X_ARG}, RUN),
    "downgrade": ({**NO_DIRECTORY, "revision": "-1", **ONLINE_OR_SQL, **X_ARG}, RUN),
    "show": ({**NO_DIRECTORY, "revision": "head"}, X_ARG),
    "history": (
        {
            **NO_DIRECTORY,
            "rev_range": None,
            "verbose": False,
            "indicate_current": False,
        },
        X_ARG,
    ),
    "heads": ({**NO_DIRECTORY, "verbose": False, "resolve_dependencies": False}, X_ARG),
    "branches": ({**NO_DIRECTORY, "verbose": False}, X_ARG),
    "current": ({**NO_DIRECTORY, "verbose": False}, {"check_heads": False, **X_ARG}),
    "stamp": (
        {**NO_DIRECTORY, "revision": "head", **ONLINE_OR_SQL, "purge": False},
        {**X_ARG, **LOCK},
    ),
    "check": (NO_DIRECTORY, X_ARG),
    "ensure_version": ({}, {**NO_DIRECTORY, "sql": False, **X_ARG, **LOCK}),
}


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """Return an application in whose context the test runs, with one model."""
    monkeypatch.chdir(tmp_path)
    # Python keeps the byte code of revision files that a test writes and rewrites.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    app = Flask("example", root_path=str(tmp_path))
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{tmp_path.as_posix()}/app.db"
    app.config["SQLALCHEMY_TRACK_MODIFICATIONS"] = False
    db = SQLAlchemy(app)

    class User(db.Model):  # type: ignore[name-defined, misc]
        id = db.Column(db.Integer, primary_key=True)

    Migrate(app, db)
    with app.app_context():
        yield app
        (getattr(db, "engines", None) or {None: db.engine})[None].dispose()


def write(revision: str, down_revision: Any = None, upgrade: str = "pass") -> None:
    text = REVISION.format(
        title=revision,
        revision=revision,
        down_revision=down_revision,
        upgrade=upgrade,
        downgrade="pass",
    )
    Path("migrations", "versions", f"{revision}.py").write_text(text)


def test_parameters_are_those_of_flask_migrate_in_their_order_then_ours() -> None:
    assert set(PARAMETERS) == set(public(commands))
    for name, (theirs, ours) in PARAMETERS.items():
        parameters = inspect.signature(getattr(commands, name)).parameters
        found = [(one.name, one.default) for one in parameters.values()]
        assert found == [*theirs.items(), *ours.items()], name


def public(module: Any) -> dict[str, Any]:
    return {
        name: function
        for name, function in vars(module).items()
        if inspect.isfunction(function)
        and function.__module__ == module.__name__
        and not name.startswith("_")
    }


def test_everything_that_alembic_offers_is_taken_or_listed_with_a_reason() -> None:
    used = set()
    for name, function in public(alembic.command).items():
        ours = inspect.signature(getattr(commands, name)).parameters
        for parameter in inspect.signature(function).parameters:
            for key in (f"*.{parameter}", f"{name}.{parameter}"):
                if key in commands.NOT_EXPOSED:
                    used.add(key)
                    break
            else:
                assert parameter in ours, f"alembic.command.{name} has {parameter}"
    only_old = {"current.head_only"}
    assert used | only_old == set(commands.NOT_EXPOSED)
    assert all(commands.NOT_EXPOSED.values())


def test_every_function_is_a_command_and_takes_what_its_command_line_has() -> None:
    functions = public(commands)
    names = {name.replace("-", "_") for name in cli.db.commands}
    assert set(functions) == names
    for name, command in cli.db.commands.items():
        parameters = set(
            inspect.signature(functions[name.replace("-", "_")]).parameters
        )
        options = {parameter.name for parameter in command.params}
        # The hook is a function, which no command line can express; the rest of the
        # difference are the options that only the group has.
        missing = parameters - options - {"process_revision_directives"}
        assert options <= parameters, name
        assert not missing, name


def test_without_a_context_or_an_extension_the_error_says_what_to_do() -> None:
    with pytest.raises(NotConfiguredError, match="app_context"):
        commands.upgrade()
    with Flask("bare").app_context(), pytest.raises(NotConfiguredError, match="bare"):
        commands.init()


def test_a_folder_that_is_there_is_left_alone(app: Flask) -> None:
    Path("migrations").mkdir()
    Path("migrations", "notes.txt").write_text("mine")
    with pytest.raises(ScriptDirectoryError, match=r"already exists.*--directory"):
        commands.init()
    assert [path.name for path in Path("migrations").iterdir()] == ["notes.txt"]


def test_an_empty_folder_is_used(app: Flask) -> None:
    Path("migrations").mkdir()
    commands.init()
    assert Path("migrations", "env.py").is_file()


def test_an_unknown_template_writes_nothing(app: Flask) -> None:
    with pytest.raises(ScriptDirectoryError, match=r"nonsense.*list-templates"):
        commands.init(template="nonsense")
    Path("incomplete").mkdir()
    Path("incomplete", "env.py").write_text("")
    with pytest.raises(ScriptDirectoryError, match=r"has no alembic\.ini\.mako"):
        commands.init(template="./incomplete")
    assert not Path("migrations").exists()


def test_a_folder_that_cannot_be_written_leaves_nothing_behind(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(config: Any, directory: str, template: str, package: bool) -> None:
        Path("migrations", "versions").mkdir(parents=True)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(alembic.command, "init", no_space)
    with pytest.raises(ScriptDirectoryError, match="No space left"):
        commands.init()
    assert not Path("migrations").exists()


def test_a_template_of_the_users_own(app: Flask, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    for name in ("alembic.ini.mako", "env.py", "script.py.mako", "README"):
        (folder / name).write_text("# mine\n")
    commands.init(template=folder, package=True)
    assert Path("migrations", "env.py").read_text() == "# mine\n"
    assert Path("migrations", "versions", "__init__.py").is_file()


def test_package_folders_for_several_databases(app: Flask) -> None:
    commands.init("elsewhere", True)
    assert "engine_name" in Path("elsewhere", "script.py.mako").read_text()


def test_templates_are_listed(app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    commands.list_templates()
    lines = capsys.readouterr().out.splitlines()
    names = [line.partition(" - ")[0] for line in lines if " - " in line]
    assert names == ["aioflask", "aioflask-multidb", "flask", "flask-multidb"]
    assert all(line.partition(" - ")[2] for line in lines if " - " in line)


def test_scripts_are_returned(app: Flask) -> None:
    commands.init()
    first = commands.migrate(message="first", rev_id="a1")
    assert not isinstance(first, list)
    assert first is not None
    assert first.revision == "a1"
    commands.upgrade()
    assert not commands.migrate(message="nothing to do")
    commands.revision(rev_id="b1", head="a1")
    commands.revision(None, "right", head="a1", splice=True, rev_id="b2")
    merged = commands.merge(None, ("b1", "b2"), rev_id="c1")
    assert merged is not None
    assert set(merged.down_revision) == {"b1", "b2"}
    depending = commands.revision(
        head="base", splice=True, rev_id="d1", depends_on=("c1",), branch_label="other"
    )
    assert not isinstance(depending, list)
    assert depending is not None
    assert depending.dependencies in ("c1", ("c1",))


def test_hooks_of_python_callers(app: Flask) -> None:
    def keep_nothing(context: Any, revision: Any, directives: list[Any]) -> None:
        directives[:] = []

    commands.init()
    assert not commands.migrate(process_revision_directives=keep_nothing)
    assert not list(Path("migrations", "versions").glob("*.py"))


def test_the_cause_of_an_error_is_alembics_own(app: Flask) -> None:
    commands.init()
    with pytest.raises(RevisionError, match=r"nonsense.*'history'") as info:
        commands.upgrade(revision="nonsense")
    assert isinstance(info.value.__cause__, CommandError)


def test_two_heads_are_explained(app: Flask) -> None:
    commands.init()
    write("a1")
    write("a2")
    for command in (commands.upgrade, commands.revision):
        with pytest.raises(RevisionError, match=r"Multiple heads: .*db merge heads'"):
            command()
    commands.upgrade(revision="heads")


def test_pending_revisions_are_explained(app: Flask) -> None:
    commands.init()
    write("a1")
    with pytest.raises(RevisionError, match=r"not up to date: .*'flask db upgrade'"):
        commands.migrate()


def test_a_merge_needs_revisions(app: Flask) -> None:
    for nothing in ("", (), []):
        with pytest.raises(MigrateError, match="nothing to merge"):
            commands.merge(revisions=nothing)


def test_sql_of_a_bare_downgrade_starts_at_the_head(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    commands.init()
    write("a1")
    write("b2", "a1")
    commands.downgrade(sql=True)
    assert "'b2'" in capsys.readouterr().out


def test_exceptions_of_the_users_code_pass_unchanged(app: Flask) -> None:
    commands.init()
    write("a1", upgrade="raise LookupError('mine')")
    with pytest.raises(LookupError, match="mine"):
        commands.upgrade()


def test_check_lists_the_differences(app: Flask) -> None:
    commands.init()
    if not hasattr(alembic.command, "check"):
        with pytest.raises(UnsupportedError, match=r"'check' needs a newer Alembic"):
            commands.check()
        return
    with pytest.raises(PendingChangesError, match="'migrate'") as info:
        commands.check()
    assert info.value.__cause__ is not None
    commands.migrate()
    commands.upgrade()
    commands.check()


def test_options_that_alembic_lacks_are_refused_only_when_used(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setattr(
        alembic.command, "current", lambda config, verbose=False: seen.append(verbose)
    )
    commands.init()
    commands.current()
    assert seen == [False]
    with pytest.raises(UnsupportedError, match="--check-heads of 'current'"):
        commands.current(check_heads=True)


def test_the_version_table_can_be_made_alone(app: Flask) -> None:
    commands.init()
    if not hasattr(alembic.command, "ensure_version"):
        with pytest.raises(UnsupportedError, match="'ensure-version'"):
            commands.ensure_version()
        return
    commands.ensure_version()
    import sqlite3

    with sqlite3.connect("app.db") as connection:
        rows = connection.execute("SELECT name FROM sqlite_master").fetchall()
    connection.close()
    assert ("alembic_version",) in rows
