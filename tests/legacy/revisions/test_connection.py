"""The connection of the migration: transactions and AUTOCOMMIT.

What ``execute()`` takes is compared with the old stack in ``test_conformance``.
"""

from __future__ import annotations

import pytest

from flask_migrate_compat.legacy.revisions.connection import (
    _driver_parameters,
    _parameter_sets,
)

from .conftest import Upgrade, only_on_2

X = "UPDATE users SET name='x' WHERE id=1"
Y = "UPDATE users SET name='y' WHERE id=2"


@pytest.mark.parametrize(
    ("args", "kwargs", "expected"),
    [
        ((), {}, None),
        ((None,), {}, None),
        (([],), {}, None),
        ((), {"a": 1}, {"a": 1}),
        (({"a": 1},), {}, {"a": 1}),
        ((1,), {}, (1,)),
        (("text",), {}, ("text",)),
        (((1, 2),), {}, (1, 2)),
        (([1, 2],), {}, (1, 2)),
        ((1, 2), {}, (1, 2)),
        (([(1, 2)],), {}, (1, 2)),
        (([(1, 2), (3, 4)],), {}, [(1, 2), (3, 4)]),
        (((1, 2), (3, 4)), {}, [(1, 2), (3, 4)]),
        (({"a": 1}, {"a": 2}), {}, [{"a": 1}, {"a": 2}]),
    ],
)
def test_parameters(args: tuple, kwargs: dict, expected: object) -> None:  # type: ignore
    assert _driver_parameters(_parameter_sets(args, kwargs)) == expected


@only_on_2
def test_rollback_of_a_block_undoes_the_block(anywhere: Upgrade) -> None:
    done = anywhere(
        f"""
        op.execute("{X}")
        transaction = bind.begin()
        op.execute("{Y}")
        transaction.rollback()
        op.execute("UPDATE things SET a=5")
        """
    )
    assert done.names == ["x", "b"]
    assert done.query("SELECT a FROM things") == [(5,)]


@only_on_2
def test_an_exception_in_a_block_undoes_the_block(anywhere: Upgrade) -> None:
    done = anywhere(
        f"""
        op.execute("{X}")
        try:
            with bind.begin():
                op.execute("{Y}")
                raise KeyError
        except KeyError:
            pass
        """
    )
    assert done.names == ["x", "b"]


@only_on_2
def test_closing_a_branch_leaves_the_connection_open(anywhere: Upgrade) -> None:
    done = anywhere(
        f"""
        branch = bind.connect()
        branch.execute(sa.text("{X}"))
        branch.close()
        seen.append(bind.closed)
        op.execute("{Y}")
        """
    )
    assert done.names == ["x", "y"]
    assert done.seen == [False]


@only_on_2
def test_autocommit_ends_with_the_revision(anywhere: Upgrade) -> None:
    """What was done before is committed, and the next revision has a transaction."""
    with pytest.raises(ZeroDivisionError):
        anywhere(
            f"""
            op.execute("{X}")
            bind.execution_options(isolation_level="AUTOCOMMIT")
            if bind.dialect.name == "postgresql":
                op.execute("ALTER TYPE mood ADD VALUE 'meh'")
                op.execute("CREATE INDEX CONCURRENTLY ix ON users (name)")
            op.execute("{Y}")
            """,
            """
            op.execute("UPDATE users SET age=7")
            1 / 0
            """,
        )
    last = anywhere.last
    assert last is not None
    assert last.names == ["x", "y"]
    assert last.query("SELECT DISTINCT age FROM users ORDER BY age") == [(1,), (2,)]


@only_on_2
def test_autocommit_names_the_modern_form(upgrade: Upgrade) -> None:
    done = upgrade('bind.execution_options(isolation_level="AUTOCOMMIT")')
    (message,) = done.messages
    assert "autocommit_block()" in message
