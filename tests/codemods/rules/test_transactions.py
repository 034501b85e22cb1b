"""Test :mod:`flask_migrate_compat.codemods.rules.transactions`."""

from __future__ import annotations

import pytest

from flask_migrate_compat.codemods.rules.transactions import RULE
from tests.codemods.revisions import assert_left, assert_rewritten, assert_unchanged

SESSION = "s = sa.orm.Session(bind=bind)\n"


@pytest.mark.parametrize(
    "body",
    [
        "with bind.begin_nested():\n    pass\n",
        "t = bind.begin_nested()\nt.commit()\n",
        "with bind.engine.begin() as c:\n    c.execute(users.delete())\n",
        "c = bind.engine.connect()\nwith c.begin():\n    c.execute(users.delete())\n",
        "c = bind.engine.connect()\nc.execute(users.delete())\nc.commit()\n",
        "c = bind.engine.connect()\nc.execute(sa.text('SELECT 1'))\n",
        "c = bind.engine.connect()\nc.execute(users.select().where(x))\n",
        "c = bind.engine.connect()\nc.execute(sa.select(users.c.id))\n",
        "with op.get_context().begin_transaction():\n    pass\n",
        f"{SESSION}try:\n    s.commit()\nexcept E:\n    s.rollback()\n    raise\n",
        f"{SESSION}s.begin()\n",
        "x.connect(), x.begin(), x.rollback(), x.transaction(f)\n",
        "with bind.begin():  # noqa: FMC407\n    pass\n",
    ],
)
def test_unchanged(body: str) -> None:
    assert_unchanged(RULE, body)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "x = 1\n# one\nwith bind.begin():  # two\n    # three\n"
            "    f(\n        x)\n\n"
            "    if x:\n        g()  # four\n\nh()\n",
            "x = 1\n# one\n# two\n# three\nf(\n    x)\n\n"
            "if x:\n    g()  # four\n\nh()\n",
        ),
        ("with bind.begin(): f()\n", "f()\n"),
        ("with bind.begin():\n    with bind.begin():\n        f()\n", "f()\n"),
        (
            "t = bind.begin()\nop.drop_table('x')\nt.commit()\nf()\n",
            "op.drop_table('x')\nf()\n",
        ),
        (
            "t = bind.begin()\ntry:\n    f()\n    t.commit()\n"
            "except E:\n    t.rollback()\n    raise\n",
            "try:\n    f()\nexcept E:\n    raise\n",
        ),
        (
            "t = bind.begin()\nf()\nif x:\n    t.commit()\n",
            "f()\nif x:\n    pass\n",
        ),
        (
            "c = bind.connect()\nc.execute(users.delete())\nc.close()\n",
            "c = bind\nc.execute(users.delete())\n",
        ),
        (
            "with bind.connect() as c:\n    c.execute(users.delete())\n    f()\n",
            "c = bind\nc.execute(users.delete())\nf()\n",
        ),
        (
            "bind.connect().execute(users.delete())\n",
            "bind.execute(users.delete())\n",
        ),
        ("bind.contextual_connect()\n", "bind\n"),
        ("bind.run_callable(f)\n", "f(bind)\n"),
        ("x = bind.transaction(f, 1, n=2)\n", "x = f(bind, 1, n=2)\n"),
        ("bind.run_callable(lambda c: None)\n", "(lambda c: None)(bind)\n"),
        ("bind.engine.transaction(f)\n", "f(bind)\n"),
        ("e = bind.engine\ne.run_callable(f)\n", "e = bind.engine\nf(op.get_bind())\n"),
    ],
)
def test_rewritten(before: str, after: str) -> None:
    assert_rewritten(RULE, before, after)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("c = bind.engine.connect()\nc.execute(users.delete())\n", "forgets"),
        ("bind.engine.connect().execute(sa.text('UPDATE x'))\n", "forgets"),
        (
            "with sa.create_engine('x').connect() as c:\n"
            "    c.execute(users.delete())\n",
            "forgets",
        ),
        (f"{SESSION}s.rollback()\n", "without an error"),
        # It would close the connection of the migration.
        ("c = bind.connect()\nf(c.close)\n", "not known"),
        ("c = bind.connect()\nx = lambda: c.close()\n", "not known"),
        ("bind.run_callable(\n    f,  # one\n    1,\n)\n", "comment"),
        ("sa.create_engine('x').run_callable(f)\n", "with a connection"),
        ("bind.execution_options(isolation_level='AUTOCOMMIT')\n", "autocommit_block"),
        ("with bind.begin() as t:\n    f(t)\n", "more than a commit"),
        ("t = bind.begin()\nf(t)\n", "more than a commit"),
        ("t = bind.begin()\nt.rollback()\n", "more than a commit"),
        ("t = bind.begin()\nt.commit()  # comment\n", "comment"),
        ("with bind.begin():\n    f()\n    # comment\n", "comment"),
        ("bind.begin()\n", "more than a commit"),
        ("c = bind.connect()\nf(c)\n", "use bind itself"),
        ("f(bind.connect())\n", "use bind itself"),
        ("with bind.connect():\n    f()\n", "use bind itself"),
        ("bind.run_callable(*x)\n", "op.get_bind()"),
    ],
)
def test_left(body: str, reason: str) -> None:
    assert_left(RULE, body, reason)


def test_two_things_left() -> None:
    body = "c = bind.connect()\nc.begin()\n"
    assert_left(RULE, body, "use bind itself", "more than a commit")
