"""SQLite undoes all of a revision, and loses no row to a rebuilt table."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any, Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from flask_migrate_compat import MigrateError, commands
from flask_migrate_compat.errors import DataLossError

from ..conftest import Project
from .applications import engines, execute, make_app, tables, used, write_revision

CREATE_T = 'op.create_table("t", sa.Column("id", sa.Integer))'


def rows(path: Path, query: str) -> list[Any]:
    with contextlib.closing(sqlite3.connect(str(path))) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture
def app(folder: Path) -> Iterator[Any]:
    with used(make_app(folder, {})) as app:
        commands.init()
        yield app


def test_a_killed_process_leaves_nothing_behind(migrated: Project) -> None:
    kill = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    path = migrated.write_revision("c3", "b2", upgrade=f"{CREATE_T}; {kill}")
    assert migrated.flask("db", "upgrade").returncode != 0
    assert tables(migrated.database) <= {"alembic_version"}
    path.write_text(path.read_text().replace(kill, "pass"))
    done = migrated.flask("db", "upgrade")
    assert done.returncode == 0, done.stderr
    assert tables(migrated.database) == {"alembic_version", "user", "t"}


def test_a_failure_undoes_the_whole_upgrade(folder: Path, app: Any) -> None:
    write_revision(folder, "a1", upgrade=CREATE_T)
    write_revision(folder, "b2", "a1", upgrade='op.drop_table("t"); 1 / 0')
    with pytest.raises(ZeroDivisionError):
        commands.upgrade()
    assert "t" not in tables(folder / "app.db")


def test_each_revision_can_have_its_own_transaction(folder: Path) -> None:
    with used(make_app(folder, {}, transaction_per_migration=True)):
        commands.init()
        write_revision(folder, "a1", upgrade=CREATE_T)
        write_revision(folder, "b2", "a1", upgrade='op.drop_table("t"); 1 / 0')
        with pytest.raises(ZeroDivisionError):
            commands.upgrade()
    assert rows(folder / "app.db", "SELECT * FROM alembic_version") == [("a1",)]
    assert "t" in tables(folder / "app.db")


def test_the_engine_of_the_application_is_as_it_was(folder: Path, app: Any) -> None:
    write_revision(folder, "a1", upgrade=CREATE_T)
    commands.upgrade()
    [engine] = engines(app)
    statements: list[str] = []
    with engine.connect() as connection:
        connection.connection.set_trace_callback(statements.append)
        connection.execute(sa.text("CREATE TABLE u (id INTEGER)"))
        connection.execute(sa.text("INSERT INTO u VALUES (1)"))
        connection.connection.set_trace_callback(None)
        connection.connection.rollback()
    # Its driver goes on to begin before data, and not before DDL.
    assert [one.strip() for one in statements[:3]] == [
        "CREATE TABLE u (id INTEGER)",
        "BEGIN",
        "INSERT INTO u VALUES (1)",
    ]


def test_an_env_py_may_decide_otherwise(folder: Path) -> None:
    with used(make_app(folder, {}, transactional_ddl=False)):
        commands.init()
        write_revision(folder, "a1", upgrade=f"{CREATE_T}; 1 / 0")
        with pytest.raises(ZeroDivisionError):
            commands.upgrade()
    assert "t" in tables(folder / "app.db")


def test_what_cannot_be_in_a_transaction_is_outside_of_it(
    folder: Path, app: Any
) -> None:
    write_revision(
        folder,
        "a1",
        upgrade=f'{CREATE_T}; op.execute("INSERT INTO t VALUES (1)");'
        ' op.execute("VACUUM"); op.execute("PRAGMA journal_mode=WAL");'
        ' op.execute("INSERT INTO t VALUES (2)")',
    )
    commands.upgrade()
    assert rows(folder / "app.db", "SELECT * FROM t") == [(1,), (2,)]
    assert rows(folder / "app.db", "PRAGMA journal_mode") == [("wal",)]


def test_an_autocommit_block_works(folder: Path, app: Any) -> None:
    write_revision(
        folder,
        "a1",
        upgrade=f"{CREATE_T}\n    with op.get_context().autocommit_block():\n"
        '        op.execute("VACUUM")\n    op.execute("INSERT INTO t VALUES (2)")',
    )
    commands.upgrade()
    assert rows(folder / "app.db", "SELECT * FROM t") == [(2,)]


def test_a_database_that_cannot_be_written_and_needs_nothing(
    folder: Path, app: Any
) -> None:
    write_revision(folder, "a1", upgrade=CREATE_T)
    commands.upgrade()
    [engine] = engines(app)
    event.listen(engine, "connect", lambda c, r: c.execute("PRAGMA query_only=ON"))
    engine.dispose()
    commands.upgrade()
    with pytest.raises(Exception, match="readonly database"):
        commands.downgrade()


def test_another_writer_is_named(folder: Path) -> None:
    app = make_app(folder, {})
    with used(app):
        commands.init()
    write_revision(folder, "a1", upgrade=CREATE_T)
    execute(folder / "app.db", "CREATE TABLE other (id INTEGER)")
    with app.app_context():
        [engine] = engines(app)
    event.listen(engine, "connect", lambda c, r: c.execute("PRAGMA busy_timeout=100"))
    with contextlib.closing(sqlite3.connect(str(folder / "app.db"))) as writer:
        writer.execute("INSERT INTO other VALUES (1)")
        with used(app), pytest.raises(MigrateError, match=r"another program.*timeout"):
            commands.upgrade()


PARENTS = """
op.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY, name VARCHAR(9))");
op.execute("CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER"
           " REFERENCES parent(id) ON DELETE CASCADE)");
op.execute("INSERT INTO parent VALUES (1, 'a')");
op.execute("INSERT INTO child VALUES (1, 1)")
""".replace("\n", " ")
REBUILD = (
    'with op.batch_alter_table("parent") as batch:'
    ' batch.alter_column("name", type_=sa.String(99))'
)


@pytest.fixture
def strict(folder: Path, app: Any) -> Any:
    """Return an application that switches foreign keys on, with two tables."""
    [engine] = engines(app)
    event.listen(engine, "connect", lambda c, r: c.execute("PRAGMA foreign_keys=ON"))
    engine.dispose()
    write_revision(folder, "a1", upgrade=PARENTS)
    return app


def foreign_keys(app: Any) -> Any:
    with engines(app)[0].connect() as connection:
        return connection.execute(sa.text("PRAGMA foreign_keys")).scalar()


def test_a_rebuilt_table_deletes_no_row_that_refers_to_it(
    folder: Path, strict: Any
) -> None:
    write_revision(folder, "b2", "a1", upgrade=REBUILD)
    write_revision(folder, "c3", "b2", upgrade=CREATE_T)
    commands.upgrade()
    assert rows(folder / "app.db", "SELECT * FROM child") == [(1, 1)]
    assert foreign_keys(strict) == 1
    assert rows(folder / "app.db", "SELECT * FROM alembic_version") == [("c3",)]


def test_deleting_along_still_works_where_nothing_is_rebuilt(
    folder: Path, strict: Any
) -> None:
    write_revision(folder, "b2", "a1", upgrade='op.execute("DELETE FROM parent")')
    commands.upgrade()
    assert rows(folder / "app.db", "SELECT * FROM child") == []


def test_rows_that_refer_to_nothing_stop_a_rebuild(folder: Path, strict: Any) -> None:
    write_revision(
        folder,
        "b2",
        "a1",
        upgrade=f'op.execute("DELETE FROM parent")\n    {REBUILD}',
    )
    with pytest.raises(DataLossError, match=r"b2 leaves 1 rows.*child \(to parent\)"):
        commands.upgrade()
    assert rows(folder / "app.db", "SELECT * FROM child") == [(1, 1)]
    assert rows(folder / "app.db", "SELECT * FROM alembic_version") == [("a1",)]
    assert foreign_keys(strict) == 1


def test_a_rebuild_that_the_text_does_not_show_is_refused(
    folder: Path, strict: Any
) -> None:
    write_revision(
        folder, "b2", "a1", upgrade=REBUILD.replace("op.batch_alter_table", "BATCH")
    ).write_text(
        (folder / "migrations/versions/b2_.py")
        .read_text()
        .replace(
            "\ndef upgrade",
            '\nBATCH = getattr(op, "batch_" "alter_table")\n\ndef upgrade',
            1,
        )
    )
    with pytest.raises(DataLossError, match=r"'parent' would delete.*child"):
        commands.upgrade()
    assert (
        rows(folder / "app.db", "SELECT * FROM sqlite_master WHERE name='child'") == []
    )


def test_a_failed_rebuild_switches_foreign_keys_on_again(
    folder: Path, strict: Any
) -> None:
    write_revision(folder, "b2", "a1", upgrade=f"{REBUILD}\n    1 / 0")
    with pytest.raises(ZeroDivisionError):
        commands.upgrade()
    assert rows(folder / "app.db", "SELECT * FROM child") == [(1, 1)]
    assert foreign_keys(strict) == 1


def test_a_later_revision_sees_it_through_the_session(folder: Path, app: Any) -> None:
    write_revision(
        folder, "a1", upgrade=f'{CREATE_T}; op.execute("INSERT INTO t VALUES (1)")'
    )
    read = "flask.current_app.extensions['migrate'].db.session.execute"
    write_revision(
        folder,
        "b2",
        "a1",
        upgrade="import flask\n    for one, in list("
        f"{read}(sa.text('SELECT id FROM t'))):\n"
        '        op.execute(f"INSERT INTO t VALUES ({one + 1})")',
    )
    commands.upgrade()
    assert rows(folder / "app.db", "SELECT id FROM t") == [(1,), (2,)]
    assert tables(folder / "app.db") == {"t", "alembic_version"}


@pytest.mark.legacy
def test_the_session_sees_a_new_column(folder: Path, app: Any) -> None:
    write_revision(folder, "a1", upgrade=CREATE_T)
    read = "flask.current_app.extensions['migrate'].db.session.execute"
    write_revision(
        folder,
        "b2",
        "a1",
        upgrade="import flask\n"
        "    op.add_column('t', sa.Column('name', sa.String(9)))\n"
        f"    {read}(sa.text('SELECT name FROM t'))",
    )
    commands.upgrade()
    assert tables(folder / "app.db") == {"t", "alembic_version"}


def test_a_script_may_switch_foreign_keys_on(folder: Path, app: Any) -> None:
    write_revision(folder, "a1", upgrade=PARENTS)
    write_revision(
        folder,
        "b2",
        "a1",
        upgrade='op.execute("PRAGMA foreign_keys=ON");'
        ' op.execute("DELETE FROM parent")',
    )
    commands.upgrade()
    assert rows(folder / "app.db", "SELECT * FROM child") == []
    assert foreign_keys(app) == 0


def test_a_foreign_key_that_is_wrong_elsewhere_stops_nothing(
    folder: Path, strict: Any
) -> None:
    wrong = "CREATE TABLE wrong (id INTEGER REFERENCES parent(name))"
    write_revision(folder, "b2", "a1", upgrade=f'op.execute("{wrong}")')
    write_revision(folder, "c3", "b2", upgrade=REBUILD)
    commands.upgrade()
    assert rows(folder / "app.db", "SELECT * FROM child") == [(1, 1)]


def test_the_transaction_of_the_caller_is_left_to_him(folder: Path, app: Any) -> None:
    write_revision(folder, "a1", upgrade=CREATE_T)
    env = folder / "migrations" / "env.py"
    handed = "with __import__('contextlib').nullcontext(current_app.connection) as"
    env.write_text(env.read_text().replace("with get_engine().connect() as", handed))
    execute(folder / "app.db", "CREATE TABLE own (id INTEGER)")
    with engines(app)[0].connect() as connection:
        transaction = connection.begin()
        connection.execute(sa.text("INSERT INTO own VALUES (1)"))
        app.connection = connection
        commands.upgrade()
        transaction.rollback()
    assert rows(folder / "app.db", "SELECT * FROM own") == []
    assert tables(folder / "app.db") == {"own"}
