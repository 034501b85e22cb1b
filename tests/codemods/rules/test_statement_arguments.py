"""Test :mod:`flask_migrate_compat.codemods.rules.statement_arguments`."""

from __future__ import annotations

import pytest

from flask_migrate_compat.codemods.rules.statement_arguments import RULE
from tests.codemods.revisions import assert_left, assert_rewritten, assert_unchanged

METADATA = """\
m = sa.MetaData(bind=bind)
t = sa.Table('t', m, sa.Column('id', sa.Integer))
"""


@pytest.mark.parametrize(
    "body",
    [
        "users.update().where(users.c.id == 1).values(name='x')\n",
        "users.select()\n",
        "users.insert().values([{'id': 1}])\n",
        "sa.update(users).values(name='x')\n",
        "{}.update({'a': 1})\n",
        "x.delete(1)\n",
        "'abc'.count('a')\n",
        "bind.execute(users.delete())\n",
        "op.execute(users.delete())\n",
        "bind.execute(sa.DDL('x'))\n",
        "users.delete(users.c.id == 1)  # noqa: FMC403\n",
    ],
)
def test_unchanged(body: str) -> None:
    assert_unchanged(RULE, body)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "bind.execute(users.select(users.c.id == 1)).fetchall()\n",
            "bind.execute(users.select().where(users.c.id == 1)).fetchall()\n",
        ),
        (
            "op.execute(users.update(users.c.id == 1, {'name': 'x'}))  # comment\n",
            "op.execute(users.update().where(users.c.id == 1).values({'name': 'x'}))"
            "  # comment\n",
        ),
        ("users.update(values={'id': 1})\n", "users.update().values({'id': 1})\n"),
        ("users.delete(users.c.id == 1)\n", "users.delete().where(users.c.id == 1)\n"),
        ("users.insert([{'id': 1}])\n", "users.insert().values([{'id': 1}])\n"),
        (
            "users.update(a == 1, {'id': 1}, returning=[users.c.id])\n",
            "users.update().where(a == 1).values({'id': 1}).returning(users.c.id)\n",
        ),
        ("users.insert(inline=True)\n", "users.insert().inline()\n"),
        (
            "sa.update(users, whereclause=a == 1, values={'id': 1})\n",
            "sa.update(users).where(a == 1).values({'id': 1})\n",
        ),
        (
            "sa.select(users.c.id)\nsa.delete(users, users.c.id == 1)\n",
            "sa.select(users.c.id)\nsa.delete(users).where(users.c.id == 1)\n",
        ),
        ("sa.insert(users, {'id': 1})\n", "sa.insert(users).values({'id': 1})\n"),
        (
            "users.count()\n",
            "sa.select(sa.func.count(users.c.id)).select_from(users)\n",
        ),
        (
            "users.count(users.c.id > 1)\n",
            "sa.select(sa.func.count(users.c.id)).select_from(users)"
            ".where(users.c.id > 1)\n",
        ),
        ("sa.DDL('x').execute(bind)\n", "bind.execute(sa.DDL('x'))\n"),
        ("sa.DDL('x', bind=bind).execute()\n", "bind.execute(sa.DDL('x'))\n"),
        (
            "sa.text('x', bind=bind).execute(n=1)\n",
            "bind.execute(sa.text('x'), {\"n\": 1})\n",
        ),
        (
            "sa.text('x', bind=op.get_bind()).scalar()\n",
            "op.get_bind().scalar(sa.text('x'))\n",
        ),
        (
            "sa.text('x', bind=bind.engine).execute()\n",
            "bind.execute(sa.text('x'))\n",
        ),
        ("bind.execute(sa.text('x', bind=y))\n", "bind.execute(sa.text('x'))\n"),
        ("sa.schema.CreateTable(t, bind=bind)\n", "sa.schema.CreateTable(t)\n"),
        (
            f"{METADATA}t.update().values(id=1).execute()\n",
            f"{METADATA}bind.execute(t.update().values(id=1))\n",
        ),
        (
            "m = sa.MetaData()\nm.bind = bind\nt = sa.Table('t', m)\n"
            "t.insert().execute({'id': 1}, {'id': 2})\n",
            "m = sa.MetaData()\nm.bind = bind\nt = sa.Table('t', m)\n"
            "bind.execute(t.insert(), [{'id': 1}, {'id': 2}])\n",
        ),
        (
            f"{METADATA}sa.select(t.c.id).scalar()\n",
            f"{METADATA}bind.scalar(sa.select(t.c.id))\n",
        ),
    ],
)
def test_rewritten(before: str, after: str) -> None:
    assert_rewritten(RULE, before, after)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("users.delete().execute()\n", "op.get_bind().execute()"),
        ("x = sa.text('x', bind=bind)\n", "op.get_bind().execute()"),
        ("sa.text('x', bind=y).execute()\n", "op.get_bind().execute()"),
        ("def f(w):\n    users.update(w)\n", "may be None"),
        ("users.update(**x)\n", "as methods"),
        ("sa.Table('t', sa.MetaData()).count()\n", "sa.func.count()"),
        ("t = op.create_table('t')\nt.count()\n", "sa.func.count()"),
    ],
)
def test_left(body: str, reason: str) -> None:
    assert_left(RULE, body, reason)
