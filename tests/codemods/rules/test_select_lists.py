"""Test :mod:`flask_migrate_compat.codemods.rules.select_lists`."""

from __future__ import annotations

import pytest

from flask_migrate_compat.codemods.rules.select_lists import RULE
from tests.codemods.revisions import assert_left, assert_rewritten, assert_unchanged


@pytest.mark.parametrize(
    "body",
    [
        "sa.select(users.c.id, users.c.name).where(users.c.id == 1)\n",
        "sa.select(users)\n",
        "sa.select(*columns)\n",
        "users.select().where(users.c.id == 1)\n",
        "sa.exists().where(users.c.id == 1)\n",
        "sa.exists(sa.select(users.c.id))\n",
        "sa.case((users.c.id == 1, 'x'), else_='y')\n",
        "sa.case({'a': 'x'}, value=users.c.name, else_='z')\n",
        "users.select().with_only_columns(users.c.id)\n",
        "select([1])\n",
        "widget.select([1], 2)\n",
        "w = (users.c.id == 1, 'x')\nsa.case(w)\n",
        "import select\nselect.select([1], [], [])\n",
        "sa.select([users.c.id])  # noqa: FMC402\n",
    ],
)
def test_unchanged(body: str) -> None:
    assert_unchanged(RULE, body)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("sa.select([users.c.id])\n", "sa.select(users.c.id)\n"),
        ("sa.sql.select([users, a])\n", "sa.sql.select(users, a)\n"),
        ("sa.select((users,))\n", "sa.select(users,)\n"),
        (
            "from sqlalchemy.sql import select as s\ns([users.c.id]).where(x)\n",
            "from sqlalchemy.sql import select as s\ns(users.c.id).where(x)\n",
        ),
        (
            "sa.select([\n    users.c.id,  # comment\n    users.c.name,\n])\n",
            "sa.select(\n    users.c.id,  # comment\n    users.c.name,\n)\n",
        ),
        (
            "sa.select(\n    [users.c.id,\n     users.c.name],\n)\n",
            "sa.select(\n    users.c.id,\n     users.c.name,\n)\n",
        ),
        ("c = [users.c.id]\nsa.select(c)\n", "c = [users.c.id]\nsa.select(*c)\n"),
        ("sa.select([x for x in users.c])\n", "sa.select(*[x for x in users.c])\n"),
        (
            "sa.select([users.c.id], users.c.id == 1)\n",
            "sa.select(users.c.id).where(users.c.id == 1)\n",
        ),
        (
            "sa.select([users.c.id], None, [users, b])\n",
            "sa.select(users.c.id).select_from(users).select_from(b)\n",
        ),
        (
            "sa.select(columns=[users.c.id], whereclause=users.c.id == 1)\n",
            "sa.select(users.c.id).where(users.c.id == 1)\n",
        ),
        (
            "sa.select([users], order_by=[users.c.id, users.c.name], limit=1)\n",
            "sa.select(users).order_by(users.c.id, users.c.name).limit(1)\n",
        ),
        (
            "sa.select([users], distinct=True, for_update=False, correlate=False)\n",
            "sa.select(users).distinct().correlate(None)\n",
        ),
        (
            "sa.select([users], use_labels=True)\n",
            "sa.select(users).set_label_style(sa.LABEL_STYLE_TABLENAME_PLUS_COL)\n",
        ),
        (
            "sa.select([sa.select([users.c.id]).as_scalar()])\n",
            "sa.select(sa.select(users.c.id).as_scalar())\n",
        ),
        (
            "sa.select([users], bind=bind).execute().fetchall()\n",
            "bind.execute(sa.select(users)).fetchall()\n",
        ),
        ("c = (users.c.id,)\nsa.select(c)\n", "c = (users.c.id,)\nsa.select(*c)\n"),
        ("sa.select([users.c.id] + x)\n", "sa.select(*[users.c.id] + x)\n"),
        ("c = x + [a]\nsa.select(c)\n", "c = x + [a]\nsa.select(*c)\n"),
        (
            "sa.case(((a, 'x'), (b, 'y')), else_='z')\n",
            "sa.case((a, 'x'), (b, 'y'), else_='z')\n",
        ),
        ("w = ((a, 'x'),)\nsa.case(w)\n", "w = ((a, 'x'),)\nsa.case(*w)\n"),
        ("sa.exists([users.c.id])\n", "sa.exists(users.c.id)\n"),
        (
            "sa.exists([users.c.id, users.c.name], users.c.id == 1)\n",
            "sa.exists(sa.select(users.c.id, users.c.name)).where(users.c.id == 1)\n",
        ),
        (
            "sa.case([(a, 'x'), (b, 'y')], else_='z')\n",
            "sa.case((a, 'x'), (b, 'y'), else_='z')\n",
        ),
        (
            "sa.case(\n    [\n        (a, 'x'),\n    ],\n    else_='z'\n)\n",
            "sa.case(\n        (a, 'x'),\n    else_='z'\n)\n",
        ),
        ("sa.case(whens=[(a, 'x')])\n", "sa.case((a, 'x'))\n"),
        (
            "sa.case({'a': 'x'}, users.c.name, 'z')\n",
            "sa.case({'a': 'x'}, value=users.c.name, else_='z')\n",
        ),
        (
            "w = [(a, 'x')]\nsa.case(w, else_='z')\n",
            "w = [(a, 'x')]\nsa.case(*w, else_='z')\n",
        ),
        (
            "users.select().with_only_columns([users.c.id])\n",
            "users.select().with_only_columns(users.c.id)\n",
        ),
    ],
)
def test_rewritten(before: str, after: str) -> None:
    assert_rewritten(RULE, before, after)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("def f(w):\n    sa.select([users.c.id], w)\n", "may be None"),
        ("sa.select([a], b if c else None)\n", "may be None"),
        ("w = a == 1\nw = w if c else None\nsa.select([a], w)\n", "may be None"),
        ("def f(c):\n    sa.select(c, order_by=x)\n", "whether c is a list"),
        ("sa.select(['id'])\n", "sa.column()"),
        ("sa.select([1])\n", "sa.column()"),
        ("sa.select([users], group_by=None, **x)\n", "not known"),
        ("sa.select([users], for_update='read')\n", "what for_update= is"),
        ("sa.select([users], bind=x).execute()\n", "bind.execute()"),
        ("query = sa.select([users], bind=bind)\n", "bind.execute()"),
        ("sa.select(from_obj=[users])\n", "no columns"),
        ("sa.select([users],  # comment\n    a == 1)\n", "comment"),
    ],
)
def test_left(body: str, reason: str) -> None:
    assert_left(RULE, body, reason)
