"""Writes on a connection that a revision opened itself are kept."""

from __future__ import annotations

import pytest

from flask_migrate_compat.legacy import revisions
from flask_migrate_compat.legacy.revisions import run as running

from .conftest import IS_2, Upgrade, only_on_2

SECOND = """
connection = bind.engine.connect()
connection.execute(sa.text("UPDATE users SET name='x' WHERE id=1"))
connection.close()
"""


@only_on_2
def test_without_the_guard_the_write_is_lost_in_silence(anywhere: Upgrade) -> None:
    done = anywhere(SECOND, mode="off")
    assert done.version == "r2"
    assert done.names == ["a", "b"]


def test_a_write_that_nobody_committed_is_kept(anywhere: Upgrade) -> None:
    assert anywhere(SECOND).names == ["x", "b"]


@only_on_2
def test_the_warning_names_the_line_that_wrote(upgrade: Upgrade) -> None:
    (warning,) = upgrade(SECOND).caught
    line = upgrade.versions.joinpath("r2.py").read_text().splitlines()
    assert "UPDATE" in line[warning.lineno - 1]
    assert "without commit()" in str(warning.message)


def test_a_connection_that_is_never_closed(anywhere: Upgrade) -> None:
    done = anywhere(
        """
        connection = bind.engine.connect()
        connection.execute(sa.text("UPDATE users SET name='x' WHERE id=1"))
        flask.current_app.config["KEEP"] = connection
        """
    )
    assert done.names == ["x", "b"]


def test_a_with_block_without_commit(anywhere: Upgrade) -> None:
    done = anywhere(
        """
        with bind.engine.connect() as connection:
            connection.execute(users.insert(), {"id": 3, "name": "c"})
            connection.execute(sa.text("CREATE TABLE made (id INTEGER)"))
        """
    )
    assert done.names == ["a", "b", "c"]
    assert done.query("SELECT * FROM made") == []


def test_a_block_that_fails_is_rolled_back(anywhere: Upgrade) -> None:
    """As SQLAlchemy 2.0 has it; 1.x had committed the statement before it failed."""
    done = anywhere(
        """
        try:
            with bind.engine.connect() as connection:
                connection.execute(sa.text("UPDATE users SET name='x' WHERE id=1"))
                raise KeyError
        except KeyError:
            pass
        """
    )
    assert done.names == ["a" if IS_2 else "x", "b"]


def test_a_revision_that_fails_is_rolled_back(anywhere: Upgrade) -> None:
    """The next run starts it again, and must not find half of its work done."""
    with pytest.raises(ZeroDivisionError):
        anywhere(
            """
            connection = bind.engine.connect()
            connection.execute(sa.text("UPDATE users SET name='x' WHERE id=1"))
            1 / 0
            """
        )
    assert anywhere.last is not None
    assert anywhere.last.names == ["a" if IS_2 else "x", "b"]
    assert anywhere.last.version == "r1"


def test_a_transaction_of_its_own_is_its_own_affair(anywhere: Upgrade) -> None:
    done = anywhere(
        """
        connection = bind.engine.connect()
        transaction = connection.begin()
        connection.execute(sa.text("UPDATE users SET name='x' WHERE id=1"))
        transaction.rollback()
        with connection.begin():
            connection.execute(sa.text("UPDATE users SET name='y' WHERE id=2"))
        connection.close()
        with bind.engine.begin() as connection:
            connection.execute(sa.text("UPDATE things SET a=7"))
        """,
        mode="error",
    )
    assert done.names == ["a", "y"]
    assert done.query("SELECT a FROM things") == [(7,)]


def test_begin_after_a_write(anywhere: Upgrade) -> None:
    done = anywhere(
        """
        connection = bind.engine.connect()
        connection.execute(sa.text("UPDATE users SET name='x' WHERE id=1"))
        transaction = connection.begin()
        connection.execute(sa.text("UPDATE users SET name='y' WHERE id=2"))
        transaction.rollback()
        connection.close()
        """
    )
    assert done.names == ["x", "b"]


@only_on_2
def test_commit_and_rollback_of_new_scripts(anywhere: Upgrade) -> None:
    done = anywhere(
        """
        with bind.engine.connect() as connection:
            connection.execute(sa.text("UPDATE users SET name='x' WHERE id=1"))
            connection.commit()
            connection.execute(sa.text("UPDATE users SET name='y' WHERE id=2"))
            connection.rollback()
        """,
        mode="error",
    )
    assert done.names == ["x", "b"]


def test_the_migration_goes_on_behind_it(anywhere: Upgrade) -> None:
    """Neither waits for a lock of the other, and both see what was done."""
    done = anywhere(
        """
        connection = bind.engine.connect()
        connection.execute(sa.text("UPDATE users SET name='x' WHERE id=1"))
        op.execute("UPDATE users SET name='y' WHERE id=1")
        seen.append(bind.execute(sa.text("SELECT name FROM users WHERE id=1")).scalar())
        """
    )
    assert done.seen == ["y"]
    assert done.names == ["y", "b"]


def test_it_sees_what_the_migration_did_where_it_did(upgrade: Upgrade) -> None:
    """On SQLite, Alembic had no transaction around a revision on the old stack."""
    done = upgrade(
        """
        bind.execute("UPDATE users SET name='x' WHERE id=1")
        connection = bind.engine.connect()
        query = sa.text("SELECT name FROM users WHERE id=1")
        seen.append(connection.execute(query).scalar())
        connection.execute(sa.text("UPDATE users SET name='y' WHERE id=2"))
        connection.close()
        op.execute("UPDATE users SET age=7")
        """
    )
    assert done.seen == ["x"]
    assert done.query("SELECT name, age FROM users ORDER BY id") == [("x", 7), ("y", 7)]


@only_on_2
def test_a_modern_script_that_only_reads_keeps_its_transaction(
    upgrade: Upgrade,
) -> None:
    with pytest.raises(ZeroDivisionError):
        upgrade(
            """
            op.execute("UPDATE users SET name='x' WHERE id=1")
            with bind.engine.connect() as connection:
                connection.execute(sa.text("SELECT name FROM users")).all()
            1 / 0
            """
        )
    assert upgrade.last is not None
    assert upgrade.last.names == ["a", "b"]


@only_on_2
def test_a_session_on_the_migration_commits_with_it(anywhere: Upgrade) -> None:
    with pytest.raises(ZeroDivisionError):
        anywhere(
            """
            from sqlalchemy.orm import Session
            session = Session(bind=bind)
            session.execute(sa.text("UPDATE users SET name='x' WHERE id=1"))
            session.commit()
            1 / 0
            """
        )
    assert anywhere.last is not None
    assert anywhere.last.names == ["a", "b"]


@only_on_2
@pytest.mark.parametrize("begin", [False, True])
def test_an_env_py_that_executes_before_it_configures(
    anywhere: Upgrade, begin: bool
) -> None:
    block = "with connection.begin():" if begin else "if True:"
    anywhere.env_py(f"""
from alembic import context
from flask import current_app
engine = current_app.extensions["migrate"].db.engine
with engine.connect() as connection:
    connection.execute("SELECT 1")
    {block}
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
""")
    done = anywhere("op.execute(\"UPDATE users SET name='x' WHERE id=1\")")
    assert done.names == ["x", "b"]
    assert done.version == "r2"


def test_on_postgresql_it_sees_what_was_committed(anywhere: Upgrade) -> None:
    if anywhere.kind == "sqlite":
        pytest.skip("PostgreSQL has transactional DDL")
    done = anywhere(
        """
        op.execute("UPDATE users SET name='x' WHERE id=1")
        with bind.engine.connect() as connection:
            query = sa.text("SELECT name FROM users WHERE id=1")
            seen.append(connection.execute(query).scalar())
        """
    )
    assert done.seen == ["a"]


def test_an_engine_with_autocommit(anywhere: Upgrade) -> None:
    if anywhere.kind == "sqlite":
        pytest.skip("SQLAlchemy 1.3 has no AUTOCOMMIT for SQLite")
    done = anywhere(
        """
        engine = bind.engine.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text("ALTER TYPE mood ADD VALUE 'meh'"))
            connection.execute(sa.text("UPDATE users SET name='x' WHERE id=1"))
        """,
        mode="error",
    )
    assert done.names == ["x", "b"]


def test_an_engine_of_its_own(anywhere: Upgrade) -> None:
    done = anywhere(
        """
        engine = sa.create_engine(flask.current_app.config["SQLALCHEMY_DATABASE_URI"])
        connection = engine.connect()
        connection.execute(sa.text("UPDATE users SET name='x' WHERE id=1"))
        connection.close()
        engine.dispose()
        """
    )
    assert done.names == ["x", "b"]


def test_several_revisions_in_one_run(anywhere: Upgrade) -> None:
    done = anywhere(
        SECOND,
        "op.execute(\"UPDATE users SET name='y' WHERE id=2\")",
        SECOND.replace("'x'", "'z'"),
    )
    assert done.version == "r4"
    assert done.names[0] == "z"


def test_the_context_of_a_run_that_failed_is_not_taken_for_that_of_the_next(
    upgrade: Upgrade,
) -> None:
    """Alembic itself keeps it as that of ``op``."""
    with pytest.raises(ZeroDivisionError):
        upgrade("1 / 0")
    with revisions.rescue("upgrade", None):  # type: ignore[arg-type]
        assert running.migration_context() is None
