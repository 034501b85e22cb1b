"""Test :mod:`flask_migrate_compat.codemods.rules.raw_sql`."""

from __future__ import annotations

import sqlite3

import libcst as cst
import pytest
import sqlalchemy as sa
from hypothesis import given, strategies as st

from flask_migrate_compat.codemods.engine import find, rewrite
from flask_migrate_compat.codemods.revisions import sql_text
from flask_migrate_compat.codemods.rules.raw_sql import RULE
from tests.codemods import tools
from tests.codemods.revisions import (
    assert_left,
    assert_rewritten,
    assert_unchanged,
    script,
)


@pytest.mark.parametrize(
    "body",
    [
        "op.execute('UPDATE users')\n",
        "op.execute('UPDATE users', execution_options={'autocommit': True})\n",
        "op.get_context().execute('UPDATE users')\n",
        "with op.batch_alter_table('users') as batch:\n    batch.execute('UPDATE')\n",
        "bind.execute(sa.text('UPDATE users'))\n",
        "bind.execute(sa.text('UPDATE users SET id = :n'), {'n': 1})\n",
        "bind.execute(sa.text('UPDATE users SET id = :n'), parameters={'n': 1})\n",
        "bind.execute(users.insert(), [{'id': 1}, {'id': 2}])\n",
        "bind.execute(users.insert().values(id=1))\n",
        "bind.exec_driver_sql('UPDATE users SET id = ?', (1,))\n",
        "statement = users.update().where(users.c.id == 1)\nbind.execute(statement)\n",
        "for one in (users.delete(), sa.text('x')):\n    bind.execute(one)\n",
        "bind.execute(User.__table__.update().values(id=1))\n",
        "bind.scalar(sa.select(users.c.id))\n",
        "cursor = bind.connection.cursor()\ncursor.execute('SELECT ?', (1,))\n",
        "connect().cursor().execute('SELECT 1')\n",
        "bind.execute('UPDATE users')  # noqa: FMC401\n",
        "text('UPDATE users', autocommit=True)\n",
    ],
)
def test_unchanged(body: str) -> None:
    assert_unchanged(RULE, body)


def test_only_revision_scripts() -> None:
    text = script("bind.execute('UPDATE users')\n")
    tools.assert_unchanged(RULE, text.replace("down_revision", "other"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "bind.execute('UPDATE users')  # comment\n",
            "bind.execute(sa.text('UPDATE users'))  # comment\n",
        ),
        (
            "op.get_bind().execute(\n    'UPDATE '\n    'users',\n)\n",
            "op.get_bind().execute(\n    sa.text('UPDATE '\n    'users'),\n)\n",
        ),
        ("n = bind.scalar('SELECT 1')\n", "n = bind.scalar(sa.text('SELECT 1'))\n"),
        (
            "bind.execute('SELECT 1').fetchall()\n",
            "bind.execute(sa.text('SELECT 1')).fetchall()\n",
        ),
        (
            "op.get_context().bind.execute('UPDATE users')\n",
            "op.get_context().bind.execute(sa.text('UPDATE users'))\n",
        ),
        (
            "from sqlalchemy import text\nbind.execute('UPDATE users')\n",
            "from sqlalchemy import text\nbind.execute(text('UPDATE users'))\n",
        ),
        # Colons.
        (
            "bind.execute('a :b c:d e::f')\n",
            "bind.execute(sa.text('a \\\\:b c:d e::f'))\n",
        ),
        ("bind.execute(s := 'a')\n", "bind.exec_driver_sql(s := 'a')\n"),
        ("bind.execute(r'a :b')\n", "bind.execute(sa.text(r'a \\:b'))\n"),
        ("bind.execute('a ' 'b' ':c')\n", "bind.execute(sa.text('a ' 'b' ':c'))\n"),
        ("bind.execute('a ' ':b')\n", "bind.execute(sa.text('a ' '\\\\:b'))\n"),
        ("bind.execute('a ' + ':b')\n", "bind.execute(sa.text('a ' + '\\\\:b'))\n"),
        ("bind.execute('\\\\:b')\n", "bind.execute(sa.text('\\\\\\\\:b'))\n"),
        (
            "bind.execute('''\n    UPDATE\n    :users\n    ''')\n",
            "bind.execute(sa.text('''\n    UPDATE\n    \\\\:users\n    '''))\n",
        ),
        # Percent signs.
        ("bind.execute('a 5%')\n", "bind.execute(sa.text('a 5%'))\n"),
        ("bind.execute('a \\\\:$: b')\n", "bind.exec_driver_sql('a \\\\:$: b')\n"),
        ("bind.execute('a 5%%')\n", "bind.exec_driver_sql('a 5%%')\n"),
        # Names and strings that are made.
        (
            "s = 'UPDATE users'\nbind.execute(s)\n",
            "s = 'UPDATE users'\nbind.execute(sa.text(s))\n",
        ),
        (
            "s = 'UPDATE :users'\nbind.execute(s)\n",
            "s = 'UPDATE :users'\nbind.exec_driver_sql(s)\n",
        ),
        (
            "for s in ['a', 'b']:\n    bind.execute(s)\n",
            "for s in ['a', 'b']:\n    bind.execute(sa.text(s))\n",
        ),
        ("bind.execute(f'a {x}')\n", "bind.exec_driver_sql(f'a {x}')\n"),
        ("bind.execute('a %s' % x)\n", "bind.exec_driver_sql('a %s' % x)\n"),
        (
            "bind.execute('a {}'.format(x))\n",
            "bind.exec_driver_sql('a {}'.format(x))\n",
        ),
        (
            "s = 'a'\ns += x\nbind.execute(s)\n",
            "s = 'a'\ns += x\nbind.exec_driver_sql(s)\n",
        ),
        # Parameters of strings.
        ("bind.execute('a ?', ('x',))\n", "bind.exec_driver_sql('a ?', ('x',))\n"),
        ("bind.execute('a ?', 1)\n", "bind.exec_driver_sql('a ?', (1,))\n"),
        ("bind.execute('a ?', 'x', y)\n", "bind.exec_driver_sql('a ?', ('x', y))\n"),
        ("bind.execute('a ?', [1, 2])\n", "bind.exec_driver_sql('a ?', (1, 2))\n"),
        (
            "bind.execute('a ?', (1,), (2,))\n",
            "bind.exec_driver_sql('a ?', [(1,), (2,)])\n",
        ),
        (
            "bind.execute('a ?', ((1,), (2,)))\n",
            "bind.exec_driver_sql('a ?', [(1,), (2,)])\n",
        ),
        (
            "bind.execute('a ?', [(1,), (2,)])\n",
            "bind.exec_driver_sql('a ?', [(1,), (2,)])\n",
        ),
        ("bind.execute('a :n', n=1)\n", "bind.exec_driver_sql('a :n', {\"n\": 1})\n"),
        (
            "bind.execute('a :n', {'n': 1})\n",
            "bind.exec_driver_sql('a :n', {'n': 1})\n",
        ),
        ("bind.scalar('a ?', 2)\n", "bind.exec_driver_sql('a ?', (2,)).scalar()\n"),
        (
            "for row in bind.execute(sa.text('a')):\n"
            "    bind.execute('b ?', (row.id,))\n",
            "for row in bind.execute(sa.text('a')):\n"
            "    bind.exec_driver_sql('b ?', (row.id,))\n",
        ),
        (
            "for a, b in bind.execute(sa.text('a')):\n    bind.execute('b ?', a, b)\n",
            "for a, b in bind.execute(sa.text('a')):\n"
            "    bind.exec_driver_sql('b ?', (a, b))\n",
        ),
        # Parameters of constructs.
        (
            "bind.execute(sa.text('a :n'), n=1, m=2)\n",
            'bind.execute(sa.text(\'a :n\'), {"n": 1, "m": 2})\n',
        ),
        (
            "bind.execute(users.insert(), **values)\n",
            "bind.execute(users.insert(), values)\n",
        ),
        (
            "bind.execute(users.insert(), id=1, **values)\n",
            'bind.execute(users.insert(), {"id": 1, **values})\n',
        ),
        (
            "bind.execute(\n    t.insert(),\n    {'id': 1},  # c\n    {'id': 2},\n)\n",
            "bind.execute(\n    t.insert(),\n    [{'id': 1},  # c\n"
            "    {'id': 2},\n])\n",
        ),
        (
            "bind.execute(users.insert(), ({'id': 1}, {'id': 2}))\n",
            "bind.execute(users.insert(), [{'id': 1}, {'id': 2}])\n",
        ),
        # Sessions.
        (
            "s = sa.orm.Session(bind=bind)\ns.execute('a :n 5%%', {'n': 1})\n",
            "s = sa.orm.Session(bind=bind)\ns.execute(sa.text('a :n 5%%'), {'n': 1})\n",
        ),
        (
            "s = sa.orm.sessionmaker(bind=bind)()\ns.scalar(f'a {x}')\n",
            "s = sa.orm.sessionmaker(bind=bind)()\ns.scalar(sa.text(f'a {x}'))\n",
        ),
        # The arguments of text().
        (
            "sa.text('a :n', bindparams=[sa.bindparam('n', 1)])\n",
            "sa.text('a :n').bindparams(sa.bindparam('n', 1))\n",
        ),
        ("sa.text('a', autocommit=True)\n", "sa.text('a')\n"),
        ("sa.text('a', typemap={'a': int})\n", "sa.text('a').columns(**{'a': int})\n"),
        # Reads on a connection of its own lose nothing.
        (
            "c = bind.engine.connect()\nc.execute('SELECT 1')\n",
            "c = bind.engine.connect()\nc.execute(sa.text('SELECT 1'))\n",
        ),
    ],
)
def test_rewritten(before: str, after: str) -> None:
    assert_rewritten(RULE, before, after)


def test_an_import_is_added() -> None:
    head = "from alembic import op\n{}\nrevision = 'b'\ndown_revision = 'a'\n"
    body = "\ndef upgrade():\n    op.get_bind().execute({})\n"
    tools.assert_rewritten(
        RULE,
        head.format("") + body.format("'UPDATE users'"),
        head.format("import sqlalchemy as sa\n")
        + body.format("sa.text('UPDATE users')"),
    )
    taken = head.format("sa = 1\n") + body.format("'UPDATE users'")
    tools.assert_left(RULE, taken, "sa is something else here")


def test_left_arguments_of_text() -> None:
    for arguments, reason in (
        ("bindparams=x", "bindparams()"),
        ("bindparams=None", "bindparams()"),
        ("typemap=x", "columns()"),
        ("bindparams=[  # one\n    x]", "comment"),
    ):
        assert_left(RULE, f"x = f()\nsa.text('a :x', {arguments})\n", reason)
    assert_left(RULE, "sa.text('a', bind).execute()\n", "nothing but a string")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("def f(c):\n    c.execute('UPDATE users')\n", "what c is is not known"),
        ("db.session.execute('UPDATE users')\n", "what db.session is is not known"),
        ("def f(s):\n    bind.execute(s)\n", "what s is is not known"),
        ("bind.execute(read())\n", "what read() is is not known"),
        ("bind.execute('a ?', x)\n", "one set or several"),
        ("bind.execute('a ?', (x,))\n", "one set or several"),
        ("bind.execute('a ?', *x)\n", "one set or several"),
        ("bind.execute('a ?', {}, n=1)\n", "with and without names"),
        ("bind.execute(*x)\n", "its arguments are not known"),
        ("bind = x\nbind.execute('a')\n", "what bind is is not known"),
        ("c = bind.engine.connect()\nc.execute('UPDATE users')\n", "is lost"),
    ],
)
def test_left(body: str, reason: str) -> None:
    assert_left(RULE, body, reason)


#: What SQL may have around colons.
SQL = st.text(alphabet=":'\\ab$ \n%", max_size=12)


@given(SQL, st.sampled_from(["", "r", "u"]), st.booleans())
def test_text_sends_what_the_literal_is(text: str, prefix: str, is_split: bool) -> None:
    """SQLite receives through the new form what it received through the old one."""
    parts = [text[: len(text) // 2], text[len(text) // 2 :]] if is_split else [text]
    written = " ".join(_written(part, prefix) for part in parts)
    node = cst.parse_expression(written)
    new = sql_text.escaped(node)
    if new is None:
        return
    code = cst.Module([]).code_for_node(new)
    statement = sa.text(eval(code))
    dialect = sa.create_engine("sqlite://").dialect
    compiled = statement.compile(dialect=dialect)
    assert str(compiled) == text
    assert compiled.params == {} or not compiled.positiontup


def _written(text: str, prefix: str) -> str:
    """Write a literal, raw when that can be."""
    if prefix == "r" and "'" not in text and "\n" not in text and text[-1:] != "\\":
        return f"r'{text}'"
    return ("" if prefix == "r" else prefix) + repr(text)


@pytest.mark.skipif(
    sa.__version__.startswith("1.3"), reason="exec_driver_sql came with SQLAlchemy 1.4"
)
@given(SQL)
def test_a_string_literal_arrives_as_it_is(text: str) -> None:
    """The whole way: the old call on sqlite3, the new one through SQLAlchemy."""
    quoted = text.replace("'", "''").replace("%%", "%")
    sql = f"SELECT '{quoted}'"
    source = tools.source(
        script(f"seen = bind.execute({sql!r}).scalar()\nreturn seen\n")
    )
    result = rewrite(source, [RULE])
    assert [one.reason for one in find(source, [RULE])] == [""]
    names: dict[str, object] = {}
    exec(compile(result.text.replace("op.get_bind()", "op"), "r2", "exec"), names)
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        names["op"] = connection
        new = names["upgrade"]()  # type: ignore[operator]
    driver = sqlite3.connect(":memory:")
    assert new == driver.execute(sql).fetchone()[0]
    driver.close()
    engine.dispose()
