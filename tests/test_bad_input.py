"""What a user can do wrong: one line, status 1 or 2, nothing half-written.

Each case runs through ``flask db``; ``tests/legacy/test_manager.py`` runs them
through ``manage.py db``.
"""

from __future__ import annotations

import re
from typing import Callable, NamedTuple

import pytest

from .conftest import Project

Prepare = Callable[[Project], None]


class Case(NamedTuple):
    """One mistake: what was done before, the command, what the answer says."""

    prepare: Prepare
    argv: tuple[str, ...]
    says: str
    status: int = 1


def nothing(project: Project) -> None:
    """Leave the project as it is: revisions a1 and b2, no database yet."""


def two_heads(project: Project) -> None:
    project.write_revision("c2", "a1")


def broken_env(project: Project) -> None:
    (project.migrations / "env.py").write_text("import logging\n\nnonsense\n")


def env_with_a_syntax_error(project: Project) -> None:
    (project.migrations / "env.py").write_text("import logging\n\ndef (:\n")


def broken_ini(project: Project) -> None:
    (project.migrations / "alembic.ini").write_text("this is not an ini file")


def no_ini_access(project: Project) -> None:
    (project.migrations / "alembic.ini").unlink()
    (project.migrations / "alembic.ini").mkdir()


def no_migrate(project: Project) -> None:
    project.replace("app.py", "migrate = Migrate(app, db)", "")


def missing_driver(project: Project) -> None:
    # Flask-SQLAlchemy 2 makes the engine when it is first used, in env.py. Release 3
    # makes it together with the application, before any command is known.
    (project.migrations / "env.py").write_text(
        "from sqlalchemy import create_engine\ncreate_engine('mssql+pymssql://host/')\n"
    )


def unreachable_database(project: Project) -> None:
    project.replace("app.py", "app.db", "no/such/folder/app.db")


def broken_revision(project: Project) -> None:
    project.write_revision("c3", "b2", upgrade="raise KeyError('mine')")


def failing_statement(project: Project) -> None:
    project.write_revision("c3", "b2", upgrade='op.execute("SELECT * FROM nowhere")')


def name_of_python_2(project: Project) -> None:
    project.write_revision("c3", "b2", upgrade="unicode('x')")


CASES = {
    "unknown revision": Case(
        nothing, ("upgrade", "nonsense"), r"'nonsense'.*'history'"
    ),
    "missing directory": Case(
        nothing, ("-d", "elsewhere", "upgrade"), r"'elsewhere'.*'init'.*--directory"
    ),
    "directory exists": Case(
        nothing, ("init",), r"'migrations' already exists.*--directory"
    ),
    "unknown template": Case(
        nothing, ("init", "-d", "new", "-t", "nonsense"), r"nonsense.*list-templates"
    ),
    "two heads": Case(two_heads, ("upgrade",), r"[Mm]ultiple head.* db merge heads'"),
    "pending": Case(
        nothing,
        ("migrate",),
        r"not up to date: 2 .*a1 \(Title of a1\), b2 .* db upgrade'",
    ),
    "too far down": Case(nothing, ("downgrade", "-5"), r"'history'"),
    "broken env.py": Case(
        broken_env,
        ("upgrade",),
        r"migrations.env\.py, line 3: NameError: name 'nonsense'.*--traceback",
    ),
    "syntax error in env.py": Case(
        env_with_a_syntax_error, ("current",), r"migrations.env\.py, line 3: Syntax"
    ),
    "broken alembic.ini": Case(
        broken_ini, ("heads",), r"Cannot read 'migrations.alembic\.ini'"
    ),
    "unreadable alembic.ini": Case(
        no_ini_access, ("heads",), r"Cannot read 'migrations.alembic\.ini'"
    ),
    "missing driver": Case(
        missing_driver, ("upgrade",), r"driver 'pymssql' is not installed"
    ),
    "unreachable database": Case(
        unreachable_database, ("upgrade",), r"Cannot connect to the database: .*runs"
    ),
    "broken revision": Case(
        broken_revision,
        ("upgrade",),
        r"versions.c3_\.py, line 10: KeyError: 'mine'.*--traceback",
    ),
    "name of Python 2": Case(
        name_of_python_2,
        ("upgrade",),
        r"versions.c3_\.py, line 10: NameError: .*That is Python 2: write str\. Add",
    ),
    "failing statement": Case(
        failing_statement,
        ("upgrade",),
        r"versions.c3_\.py, line 10: OperationalError: no such table: nowhere",
    ),
    # click and argparse word these three; both must name what is wrong.
    "wrong option": Case(nothing, ("upgrade", "--sqll"), r"--sqll", 2),
    "merge of nothing": Case(nothing, ("merge",), r"(?i)argument.*\brevisions\b", 2),
    "unknown command": Case(
        nothing, ("nonsense",), r"(?i)(command|choice).*nonsense", 2
    ),
}


# Commands that open the database, for which SQLite makes the file.
CONNECTING = {"current", "downgrade", "migrate", "upgrade"}


def contents(project: Project, argv: tuple[str, ...]) -> dict[str, bytes | None]:
    """Return what lies below the project, by name; a folder has no content.

    Left out is what Python and SQLite make, the lock file beside the database, and the
    folder ``instance``, which Flask-SQLAlchemy 3 makes with the application.
    """
    found = {
        path.relative_to(project.path).as_posix(): (
            None if path.is_dir() else path.read_bytes()
        )
        for path in project.path.rglob("*")
        if "__pycache__" not in path.parts and path != project.path / "instance"
    }
    if CONNECTING.intersection(argv):
        found.pop("app.db", None)
        found.pop("app.db-migration-lock", None)
    return found


def check(case: Case, project: Project, run: Callable[..., object]) -> None:
    """Make the mistake and look at the answer."""
    case.prepare(project)
    before = contents(project, case.argv)
    done = run("db", *case.argv)
    stdout, stderr = getattr(done, "stdout"), getattr(done, "stderr")  # noqa: B009
    assert getattr(done, "returncode") == case.status, stderr  # noqa: B009
    assert "Traceback" not in stderr
    assert stdout == ""
    last = stderr.splitlines()[-1]
    if case.status == 1:
        errors = [line for line in stderr.splitlines() if line.startswith("Error: ")]
        assert errors == [last], stderr
    else:
        # argparse puts the name of the program before the word.
        assert re.search(r"(^|: )[Ee]rror: ", last), stderr
    assert re.search(case.says, last.partition("rror: ")[2]), last
    assert contents(project, case.argv) == before


@pytest.mark.parametrize("name", CASES)
def test_flask(migrated: Project, name: str) -> None:
    check(CASES[name], migrated, migrated.flask)


def test_an_app_without_migrate_has_no_such_command(migrated: Project) -> None:
    no_migrate(migrated)
    done = migrated.flask("db", "upgrade")
    assert done.returncode == 2
    assert "No such command" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_app(migrated: Project) -> None:
    done = migrated.flask("db", "upgrade", FLASK_APP="nowhere.py")
    assert done.returncode == 2
    assert "No such command" in done.stderr.splitlines()[-1]
    # An application that cannot be imported is reported by Flask, before there is a
    # command of ours; some releases do it with a traceback. Ours must not be in it.
    assert "flask_migrate_compat" not in done.stderr
