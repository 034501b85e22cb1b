"""Test :mod:`flask_migrate_compat.codemods.rules.bound_metadata`."""

from __future__ import annotations

import pytest

from flask_migrate_compat.codemods.rules.bound_metadata import RULE
from tests.codemods.revisions import assert_left, assert_rewritten, assert_unchanged

M = "m = sa.MetaData()\n"
COLUMN = "sa.Column('id', sa.Integer)"


@pytest.mark.parametrize(
    "body",
    [
        f"{M}m.reflect(bind=bind)\nm.reflect(bind)\nm.create_all(bind)\n",
        "m = sa.MetaData('schema')\nm = sa.MetaData(schema='schema')\n",
        f"{M}t = sa.Table('t', m, autoload_with=bind)\nt.create(bind, True)\n",
        f"{M}t = sa.Table('t', m, {COLUMN}, extend_existing=True)\nt.drop(bind=bind)\n",
        "e = sa.Enum('a', name='e')\ne.create(bind)\ne.create()\n",
        "x.exists()\nx.bind = bind\nx.create()\n",
        "sa.exists()\n",
        "sa.MetaData(bind=bind)  # noqa: FMC406\n",
        "def f(m):\n    sa.Table('t', m)\n    sa.Table('t', m).create(bind)\n",
    ],
)
def test_unchanged(body: str) -> None:
    assert_unchanged(RULE, body)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "m = sa.MetaData(bind=bind)\nm.reflect()\nm.tables['users']\n",
            "m = sa.MetaData()\nm.reflect(bind=bind)\nm.tables['users']\n",
        ),
        (
            "m = sa.MetaData(op.get_bind(), schema='s')\nm.create_all()\n",
            "m = sa.MetaData(schema='s')\nm.create_all(op.get_bind())\n",
        ),
        (
            "m = sa.MetaData(bind.engine)\nm.reflect(only=['users'])\n",
            "m = sa.MetaData()\nm.reflect(only=['users'], bind=bind)\n",
        ),
        (
            "m = sa.MetaData(bind=bind, reflect=True)  # comment\n",
            "m = sa.MetaData()  # comment\nm.reflect(bind=bind)\n",
        ),
        (
            f"{M}m.bind = bind\nm.drop_all(checkfirst=False)\n",
            f"{M}m.drop_all(checkfirst=False, bind=bind)\n",
        ),
        (
            "t = sa.Table('t', sa.MetaData(), autoload=True, autoload_with=bind)\n",
            "t = sa.Table('t', sa.MetaData(), autoload_with=bind)\n",
        ),
        (
            "t = sa.Table('t', sa.MetaData(), autoload_with=bind, autoload=True)\n",
            "t = sa.Table('t', sa.MetaData(), autoload_with=bind)\n",
        ),
        (
            "t = sa.Table(\n    't',\n    sa.MetaData(bind),\n    autoload=True,\n)\n",
            "t = sa.Table(\n    't',\n    sa.MetaData(),\n    autoload_with=bind,\n)\n",
        ),
        (
            f"{M}t = sa.Table('t', m, {COLUMN}, useexisting=True)\n",
            f"{M}t = sa.Table('t', m, {COLUMN}, extend_existing=True)\n",
        ),
        (
            f"m = sa.MetaData(bind)\nt = sa.Table('t', m, {COLUMN})\nt.create()\n",
            f"m = sa.MetaData()\nt = sa.Table('t', m, {COLUMN})\nt.create(bind)\n",
        ),
        (
            f"m = sa.MetaData(bind)\n"
            f"sa.Table('t', m, {COLUMN}).drop(checkfirst=True)\n",
            f"m = sa.MetaData()\n"
            f"sa.Table('t', m, {COLUMN}).drop(checkfirst=True, bind=bind)\n",
        ),
        (
            "m = sa.MetaData(bind)\nm.reflect()\n"
            "i = sa.Index('i', m.tables['t'].c.id)\ni.create()\n",
            "m = sa.MetaData()\nm.reflect(bind=bind)\n"
            "i = sa.Index('i', m.tables['t'].c.id)\ni.create(bind)\n",
        ),
        (
            f"{M}t = sa.Table('t', m, {COLUMN})\nx = t.exists(bind)\n",
            f"{M}t = sa.Table('t', m, {COLUMN})\n"
            "x = bind.dialect.has_table(bind, t.name, t.schema)\n",
        ),
        (
            "m = sa.MetaData(bind)\nt = sa.Table(\n    't',\n    m,\n"
            f"    {COLUMN},  # one\n    autoload=True,  # two\n).drop()\n",
            "m = sa.MetaData()\nt = sa.Table(\n    't',\n    m,\n"
            f"    {COLUMN},  # one\n    autoload_with=bind,  # two\n).drop(bind)\n",
        ),
        (
            "sa.Table('t', sa.MetaData()).exists(bind)\n",
            "bind.dialect.has_table(bind, sa.Table('t', sa.MetaData()).name)\n",
        ),
    ],
)
def test_rewritten(before: str, after: str) -> None:
    assert_rewritten(RULE, before, after)


def test_the_connection_has_another_name_elsewhere() -> None:
    head = "m = sa.MetaData()\nt = sa.Table('t', m)\ndef f():\n    c = bind\n"
    assert_rewritten(
        RULE,
        f"{head}    m.bind = c\n    t.create()\ndef g():\n    t.drop()\n",
        f"{head}    t.create(c)\ndef g():\n    t.drop(op.get_bind())\n",
    )


@pytest.mark.parametrize(
    ("body", "reasons"),
    [
        ("m = sa.MetaData(bind=x)\n", ["MetaData()"]),
        ("m = sa.MetaData(bind=bind)\nf(m)\n", ["MetaData()"]),
        ("m = sa.MetaData(bind=bind)\nm.is_bound()\n", ["MetaData()"]),
        ("m = sa.MetaData(bind=bind)\nprint(m.bind)\n", ["MetaData()"]),
        ("f(sa.MetaData(bind=bind, reflect=True))\n", ["MetaData()"]),
        (f"{M}m.bind = x\nm.reflect()\n", ["MetaData()", "op.get_bind()"]),
        (f"{M}m.bind = bind  # comment\n", ["MetaData()"]),
        (f"{M}m.reflect()\n", ["op.get_bind()"]),
        ("def f(m):\n    sa.Table('t', m, autoload=True)\n", ["autoload_with"]),
        ("sa.Table('t', autoload=True, metadata=x)\n", ["autoload_with"]),
        # What is not True or False may be either.
        ("m = sa.MetaData(bind=bind, reflect=x)\n", ["a line of its own"]),
        ("m = sa.MetaData(bind, True)\n", ["names of its arguments"]),
        # The binding stays as long as one place needs it.
        (f"{M}m.bind = bind\nm.reflect()  # noqa\n", ["MetaData()"]),
        (
            "m = sa.MetaData(bind=bind)\nm.reflect(\n    only=['a'],  # one\n)\n",
            ["MetaData()", "comment"],
        ),
        ("m = sa.MetaData(\n    bind=bind,  # one\n)\n", ["comment"]),
        (
            f"{M}sa.Table(\n    't',\n    m,\n    autoload=True,  # one\n"
            "    autoload_with=bind,\n)\n",
            ["comment"],
        ),
        (f"{M}t = sa.Table('t', m)\nt.create()\n", ["op.get_bind()"]),
        (f"{M}sa.Table('t', m, autoload=True)\n", ["autoload_with"]),
        (f"{M}sa.Table('t', m, autoload=x, autoload_with=bind)\n", ["autoload_with"]),
        (f"{M}sa.Table('t', m, schema='s').exists(bind)\n", ["sa.inspect"]),
        (f"{M}sa.Table('t', m).exists(x)\n", ["sa.inspect"]),
        (f"{M}sa.Table('t', m).exists(\n    bind  # one\n)\n", ["comment"]),
        (
            "from sqlalchemy.ext.declarative import declarative_base\n"
            "B = declarative_base()\nB.metadata.bind = x\nB.metadata.create_all()\n",
            ["MetaData()", "op.get_bind()"],
        ),
    ],
)
def test_left(body: str, reasons: list[str]) -> None:
    assert_left(RULE, body, *reasons)
