"""Test :mod:`flask_migrate_compat.codemods.rules.engines`."""

from __future__ import annotations

import pytest

from flask_migrate_compat.codemods.rules.engines import RULE
from tests.codemods.revisions import assert_left, assert_rewritten, assert_unchanged

OWN = "engine = sa.create_engine('sqlite://')\n"


@pytest.mark.parametrize(
    "body",
    [
        "bind.execute(sa.text('x'))\n",
        "bind.engine.dialect.name, bind.engine.url.database\n",
        "bind.dialect.has_table(bind, 'users')\n",
        "sa.inspect(bind.engine).get_table_names()\n",
        f"{OWN}with engine.begin() as c:\n    c.execute(sa.text('x'))\n",
        "x.has_table('users')\n",
        "game.engine.run()\n",
        "bind.engine.execute('x')  # noqa: FMC405\n",
    ],
)
def test_unchanged(body: str) -> None:
    assert_unchanged(RULE, body)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "bind.engine.execute('UPDATE users')  # comment\n",
            "bind.execute(sa.text('UPDATE users'))  # comment\n",
        ),
        (
            "engine = op.get_bind().engine\nengine.execute(users.delete())\n",
            "engine = op.get_bind().engine\nop.get_bind().execute(users.delete())\n",
        ),
        (
            "bind.engine.execute('x ?', (1,))\n",
            "bind.exec_driver_sql('x ?', (1,))\n",
        ),
        (
            "bind.engine.execute(users.insert(), id=2)\n",
            'bind.execute(users.insert(), {"id": 2})\n',
        ),
        ("bind.engine.scalar('x')\n", "bind.scalar(sa.text('x'))\n"),
        (
            "bind.engine.has_table('users', schema='s')\n",
            "bind.dialect.has_table(bind, 'users', schema='s')\n",
        ),
        (
            "e = bind.engine\ne.has_table('users')\n",
            "e = bind.engine\n"
            "op.get_bind().dialect.has_table(op.get_bind(), 'users')\n",
        ),
        (
            "'users' in bind.engine.table_names()\n",
            "'users' in sa.inspect(bind).get_table_names()\n",
        ),
        (
            "bind.dialect.has_table(bind.engine, 'users')\n",
            "bind.dialect.has_table(bind, 'users')\n",
        ),
        (
            f"{OWN}engine.has_table('users')\n",
            f"{OWN}sa.inspect(engine).has_table('users')\n",
        ),
        (
            "i = sa.inspect(bind)\ni.get_primary_keys('users')\n",
            "i = sa.inspect(bind)\n"
            "i.get_pk_constraint('users')[\"constrained_columns\"]\n",
        ),
    ],
)
def test_rewritten(before: str, after: str) -> None:
    assert_rewritten(RULE, before, after)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (f"{OWN}engine.execute('UPDATE users')\n", "with engine.begin()"),
        (f"{OWN}bind.dialect.has_table(engine, 'users')\n", "with engine.begin()"),
        ("bind.engine.execute('x ?', y)\n", "one set or several"),
        ("db.engine.execute(users.delete())\n", "what db.engine is is not known"),
        ("bind.engine.url.database = 'x'\n", "url.set()"),
        ("u = bind.engine.url\nu.database = 'x'\n", "url.set()"),
        ("bind.engine.table_names(connection=bind)\n", "sa.inspect()"),
        ("bind.engine.has_table(  # one\n    'users')\n", "comment"),
        (f"{OWN}engine.contextual_connect()\n", "connect()"),
    ],
)
def test_left(body: str, reason: str) -> None:
    assert_left(RULE, body, reason)
