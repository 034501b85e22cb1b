"""Test :mod:`flask_migrate_compat.codemods.rules.rows`."""

from __future__ import annotations

import pytest

from flask_migrate_compat.codemods.rules.rows import RULE
from tests.codemods.revisions import assert_left, assert_rewritten, assert_unchanged

ROW = "row = bind.execute(sa.text('x')).fetchone()\n"
LOOP = "for row in bind.execute(sa.text('x')):\n    "


@pytest.mark.parametrize(
    "body",
    [
        f"{ROW}row[0], row[-1], row[1:], row.name, tuple(row), list(row), len(row)\n",
        f"{ROW}row._mapping['name']\n",
        f"{ROW}dict(row._mapping)\n",
        f"{ROW}f(*row)\n",
        f"{ROW}for i in range(2):\n    row[i]\n",
        f"{ROW}for value in row:\n    value['name']\n",
        "row = {'name': 1}\nbind.execute(row)\nrow['name']\n",
        "row = bind.execute(sa.text('x')).mappings().first()\nrow['name']\n",
        "for row in bind.execute(sa.text('x')).mappings():\n    dict(row)\n",
        "row = sa.orm.Session(bind).query(x).first()\n'name' in row, bind.execute(y)\n",
        "row = x if y else bind.execute(sa.text('x')).first()\nrow[0]\n",
        "def f(row):\n    return row['name'], bind.execute(sa.text('x'))\n",
        f"{ROW}row['name']  # noqa: FMC404\n",
        f"{LOOP}row.id\nfor row in bind.execute(x).mappings():\n    row['id']\n",
    ],
)
def test_unchanged(body: str) -> None:
    assert_unchanged(RULE, body)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("row['name']  # comment\n", "row._mapping['name']  # comment\n"),
        ("key = 'name'\nrow[key]\n", "key = 'name'\nrow._mapping[key]\n"),
        ("row['name']['x']\n", "row._mapping['name']['x']\n"),
        ("dict(row)\n", "dict(row._mapping)\n"),
        ("dict(row, a=1)\n", "dict(row._mapping, a=1)\n"),
        ("f(1, **row)\n", "f(1, **row._mapping)\n"),
        ("{**row, 'a': 1}\n", "{**row._mapping, 'a': 1}\n"),
        ("x = row.keys()\n", "x = list(row._mapping.keys())\n"),
        ("x = row.values()[0]\n", "x = list(row._mapping.values())[0]\n"),
        ("x = dict(row.items())\n", "x = dict(row._mapping.items())\n"),
        (
            "for k, v in row.items():\n    pass\n",
            "for k, v in row._mapping.items():\n    pass\n",
        ),
        ("x = row.iteritems()\n", "x = iter(row._mapping.items())\n"),
        ("'name' in row\n", "'name' in row._mapping\n"),
        ("'name' not in row\n", "'name' not in row._mapping\n"),
        ("x = row.has_key('name')\n", "x = ('name' in row._mapping)\n"),
        ("x = 'name' in row.keys()\n", "x = 'name' in row._mapping.keys()\n"),
    ],
)
def test_rewritten(before: str, after: str) -> None:
    assert_rewritten(RULE, ROW + before, ROW + after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "for row in bind.execute(users.select()).fetchall():\n"
            "    row[users.c.id]\n",
            "for row in bind.execute(users.select()).fetchall():\n"
            "    row._mapping[users.c.id]\n",
        ),
        (
            "s = sa.select(users.c.id).where(x)\nrow = bind.execute(s).first()\n"
            "row[users.c.id]\n",
            "s = sa.select(users.c.id).where(x)\nrow = bind.execute(s).first()\n"
            "row._mapping[users.c.id]\n",
        ),
        (
            "row = sa.orm.Session(bind).query(a, b).filter(c).first()\n"
            "x = row.keys(), row.items(), 'a' in row\n",
            "row = sa.orm.Session(bind).query(a, b).filter(c).first()\n"
            "x = list(row._mapping.keys()), row.items(), 'a' in row\n",
        ),
        (f"{LOOP}row['id']\n", f"{LOOP}row._mapping['id']\n"),
        (
            "rows = bind.execute(users.select()).fetchall()\nrows[0]['id']\n",
            "rows = bind.execute(users.select()).fetchall()\nrows[0]._mapping['id']\n",
        ),
        (
            "x = [dict(r) for r in bind.execute(users.select()).fetchall()]\n",
            "x = [dict(r._mapping) for r in bind.execute(users.select()).fetchall()]\n",
        ),
        (
            "r = bind.execute(users.select())\nfor i, row in enumerate(r):\n"
            "    row['id']\n",
            "r = bind.execute(users.select())\nfor i, row in enumerate(r):\n"
            "    row._mapping['id']\n",
        ),
        (
            "r = bind.execute(users.select())\nr = r.fetchall()\n"
            "for row in r:\n    row['id']\nr[0]['id']\n",
            "r = bind.execute(users.select())\nr = r.fetchall()\n"
            "for row in r:\n    row._mapping['id']\nr[0]._mapping['id']\n",
        ),
        (
            "s = sa.orm.Session(bind)\ns.execute(x).first()['id']\n",
            "s = sa.orm.Session(bind)\ns.execute(x).first()._mapping['id']\n",
        ),
        (
            "bind.exec_driver_sql('x').first()['id']\nbind.execute(users.select())\n",
            "bind.exec_driver_sql('x').first()._mapping['id']\n"
            "bind.execute(users.select())\n",
        ),
    ],
)
def test_where_rows_come_from(before: str, after: str) -> None:
    assert_rewritten(RULE, before, after)


def test_left() -> None:
    assert_left(RULE, f"{ROW}row[key]\n", "whether key is a number or a name")
    assert_left(RULE, f"{ROW}row[users.c.id]\n", "write the name of the column")
    assert_left(RULE, f"{ROW}x = users.c.id in row\n", "write its name")
    two = f"{ROW}row = dict(row)\nrow['name']\nrow[0]\n'name' in row\n"
    assert_left(RULE, two, *["row is a row at one place"] * 3)


ROWS = "bind.execute(users.select()).fetchall()"


@pytest.mark.parametrize(
    "body",
    [
        f"rows = []\nif x:\n    rows = {ROWS}\nfor row in rows:\n    row['id']\n",
        f"rows = {ROWS} if x else []\nfor row in rows:\n    row['id']\n",
        f"rows = {ROWS} or None\nx = rows[0]['id']\n",
        f"row = {ROWS}[0] or {{}}\nrow['id']\n",
        f"x = sorted({ROWS}, key=lambda row: row['id'])\n",
        f"rows = {ROWS}\nrows.sort(key=lambda row: row['id'])\n",
        "x = next(bind.execute(users.select()))['id']\n",
        f"for a, row in zip(x, {ROWS}):\n    row['id']\n",
        f"for row in (row for row in {ROWS}):\n    row['id']\n",
        f"def f(x, row):\n    row['id']\nfor row in {ROWS}:\n    f(1, row)\n",
    ],
)
def test_left_what_may_be_a_row(body: str) -> None:
    assert_left(RULE, body, "row._mapping for a row")


def test_left_where_nothing_can_be_written() -> None:
    assert_left(RULE, f"x = list(map(dict, {ROWS}))\n", "dict(row._mapping)")
    assert_left(RULE, "x = bind.execute(users.select()).keys()[0]\n", "list()")
    assert_left(RULE, f"{ROW}list = [1]\nx = row.keys()\n", "list is taken")


def test_unknown_rows_are_not_looked_for_without_end() -> None:
    body = "a = b if x else c\nb = a or d\nfor a in b:\n    b = a['id']\n"
    assert_unchanged(RULE, body)


def test_many_lines_of_one_name_take_no_time() -> None:
    lines = "s = s + 'x'\nq = q.where(x)\n" * 40
    body = f"s = ''\nq = users.select()\n{lines}bind.execute(s)\nbind.execute(q)\n"
    assert_unchanged(RULE, body)
    rows = f"r = {ROWS}\n" + "r = r or None\n" * 40
    assert_left(RULE, f"{rows}r[0]['id']\n", "row._mapping for a row")
