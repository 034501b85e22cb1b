"""Sessions: rollback() undoes what the session did, and no more."""

from __future__ import annotations

import pytest

from flask_migrate_compat import MigrateError

from .conftest import IS_2, Upgrade, only_on_2
from .idioms import MODEL

EARLIER = "op.execute(\"UPDATE users SET name='x' WHERE id=1\")"
ROLLBACK = """
op.execute("UPDATE users SET age=7")
session = Session(bind=bind)
session.execute(sa.text("UPDATE users SET name='y' WHERE id=2"))
session.rollback()
op.execute("UPDATE things SET a=5")
"""
NAMES = "from sqlalchemy.orm import Session, sessionmaker, scoped_session\n"


@only_on_2
def test_without_the_guard_everything_is_lost_in_silence(anywhere: Upgrade) -> None:
    done = anywhere(ROLLBACK, names=NAMES, mode="off")
    # Neither the work before it is kept, nor that after it, nor the version.
    assert done.query("SELECT age FROM users ORDER BY id") == [(1,), (2,)]
    assert done.query("SELECT a FROM things") == [(1,)]
    assert done.version == "r1"


@only_on_2
def test_rollback_undoes_the_session_alone(anywhere: Upgrade) -> None:
    done = anywhere(EARLIER, ROLLBACK, names=NAMES)
    assert done.version == "r3"
    assert done.names == ["x", "b"]
    assert done.query("SELECT age FROM users") == [(7,), (7,)]
    assert done.query("SELECT a FROM things") == [(5,)]
    (message,) = done.messages
    assert "create_savepoint" in message


@pytest.mark.skipif(IS_2, reason="SQLAlchemy 2.0 can work in a savepoint")
def test_on_1x_a_rollback_that_would_undo_the_migration_is_refused(
    anywhere: Upgrade,
) -> None:
    with pytest.raises(MigrateError, match=r"r3\.py, line \d+: session\.rollback"):
        anywhere(EARLIER, ROLLBACK, names=NAMES)
    assert anywhere.last is not None
    assert anywhere.last.query("SELECT age FROM users ORDER BY id") == [(1,), (2,)]


def test_rollback_of_a_session_with_a_connection_of_its_own(anywhere: Upgrade) -> None:
    done = anywhere(
        """
        session = Session(bind=bind.engine)
        session.execute(sa.text("UPDATE users SET name='y' WHERE id=2"))
        session.rollback()
        session.execute(sa.text("UPDATE users SET name='z' WHERE id=2"))
        session.commit()
        """,
        names=NAMES,
        mode="error",
    )
    assert done.names == ["a", "z"]


@pytest.mark.parametrize(
    "end", ["session.commit()", "session.flush()", "session.commit(); session.close()"]
)
def test_work_of_a_session_is_kept(anywhere: Upgrade, end: str) -> None:
    if not IS_2 and "flush" in end:
        pytest.skip("Alembic 1.4 refuses a transaction that was left open")
    done = anywhere(
        f"""
        session = Session(bind=bind)
        for user in session.query(U):
            user.name = "x"
        {end}
        op.add_column("users", sa.Column("n", sa.Integer))
        """,
        names=NAMES + "import sqlalchemy as sa\n" + MODEL,
    )
    assert done.names == ["x", "x"]


@only_on_2
@pytest.mark.parametrize("mode", ["warn", "off"])
def test_close_without_commit_keeps_the_work(anywhere: Upgrade, mode: str) -> None:
    """As it does without us, because the session has joined the migration."""
    done = anywhere(
        """
        session = Session(bind=bind)
        session.execute(sa.text("UPDATE users SET name='y' WHERE id=2"))
        session.close()
        """,
        names=NAMES,
        mode=mode,
    )
    assert done.names == ["a", "y"]


def test_an_explicit_mode_is_respected(upgrade: Upgrade) -> None:
    if not IS_2:
        pytest.skip("SQLAlchemy 2.0 has the argument")
    done = upgrade(
        """
        session = Session(bind=bind, join_transaction_mode="rollback_only")
        seen.append(session.join_transaction_mode)
        """,
        names=NAMES,
    )
    assert done.seen == ["rollback_only"]


def test_scoped_sessions_and_raw_strings(anywhere: Upgrade) -> None:
    done = anywhere(
        """
        session = scoped_session(sessionmaker(bind=bind))
        session.execute("UPDATE users SET name=:n WHERE id=1", {"n": "x"})
        seen.append(session.scalar("SELECT count(*) FROM users"))
        session.commit()
        session.remove()
        """,
        names=NAMES,
    )
    assert done.names == ["x", "b"]
    assert done.seen == [2]


def test_autocommit(anywhere: Upgrade) -> None:
    done = anywhere(
        """
        session = sessionmaker(bind=bind, autocommit=True)()
        session.query(U).filter_by(id=1).first().name = "x"
        session.flush()
        with session.begin():
            session.query(U).filter_by(id=2).first().name = "y"
        """,
        names=NAMES + "import sqlalchemy as sa\n" + MODEL,
    )
    assert done.names == ["x", "y"]


def test_autocommit_on_an_engine(anywhere: Upgrade) -> None:
    done = anywhere(
        """
        session = sessionmaker(bind=bind.engine, autocommit=True)()
        session.execute(sa.text("UPDATE users SET name='x' WHERE id=1"))
        with session.begin(subtransactions=True):
            session.execute(sa.text("UPDATE users SET name='y' WHERE id=2"))
        session.close()
        """,
        names=NAMES,
    )
    assert done.names == ["x", "y"]


def test_subtransactions(anywhere: Upgrade) -> None:
    done = anywhere(
        """
        session = Session(bind=bind)
        with session.begin(subtransactions=True):
            session.query(U).filter_by(id=1).first().name = "x"
        session.commit()
        """,
        names=NAMES + "import sqlalchemy as sa\n" + MODEL,
    )
    assert done.names == ["x", "b"]


@only_on_2
def test_mapper(upgrade: Upgrade) -> None:
    done = upgrade(
        """
        class Thing(object):
            pass

        things = sa.Table("things", sa.MetaData(), autoload_with=bind)
        mapper(Thing, things)
        seen.append(Session(bind=bind).query(Thing).one().a)
        """,
        names=NAMES + "from sqlalchemy.orm import mapper\n",
    )
    assert done.seen == [1]
