"""Revision scripts of today come back byte for byte, and nothing is found in them."""

from __future__ import annotations

from hypothesis import given, settings, strategies as st

from flask_migrate_compat.codemods.engine import find, rewrite
from flask_migrate_compat.codemods.revisions.script import is_revision_script
from flask_migrate_compat.codemods.rules import RULES
from flask_migrate_compat.codemods.source import Source
from tests.codemods.revisions import script
from tests.codemods.tools import LAYOUTS

STATEMENTS = (
    "op.add_column('users', sa.Column('n', sa.Integer(), nullable=True))\n",
    "op.execute(\"UPDATE users SET name = 'a:b 5%%'\")\n",
    "op.execute(sa.text('UPDATE users SET name = :n').bindparams(n='x'))\n",
    "bind.execute(sa.text('UPDATE users SET name = :n'), {'n': 'x'})\n",
    "bind.execute(users.insert(), [{'id': 1}, {'id': 2}])\n",
    "bind.execute(users.update().where(users.c.id == 1).values(name='x'))\n",
    "bind.exec_driver_sql('UPDATE users SET name = ?', ('x',))\n",
    "rows = bind.execute(sa.select(users.c.id).where(users.c.id > 1)).fetchall()\n",
    "for row in bind.execute(sa.select(users)):\n    print(row.id, row[0])\n",
    "for one in bind.execute(sa.select(users)).mappings():\n    print(one['id'])\n",
    "data = [dict(row._mapping) for row in bind.execute(sa.select(users))]\n",
    "op.bulk_insert(users, [{'id': 1}])\n",
    "op.create_index(op.f('ix'), 'users', ['name'], unique=True)\n",
    "op.drop_constraint('uq', 'users', type_='unique')\n",
    "with op.batch_alter_table('users') as batch_op:\n"
    "    batch_op.alter_column('name', existing_type=sa.String(9), nullable=True)\n"
    "    batch_op.drop_index(batch_op.f('ix'))\n",
    "with op.get_context().autocommit_block():\n    op.execute('VACUUM')\n",
    "with sa.orm.Session(bind=bind) as session:\n"
    "    session.execute(sa.select(users)).all()\n    session.commit()\n",
    "case = sa.case((users.c.id == 1, 'x'), else_='y')\n",
    "metadata = sa.MetaData()\nmetadata.reflect(bind=bind)\n",
    "table = sa.Table('users', sa.MetaData(), autoload_with=bind)\n",
    "if 'users' in sa.inspect(bind).get_table_names():\n    op.drop_table('users')\n",
    "with bind.begin_nested():\n    op.execute('UPDATE users SET id = 1')\n",
    "with bind.engine.begin() as other:\n    other.execute(users.delete())\n",
    "count = bind.scalar(sa.select(sa.func.count()).select_from(users))\n",
    "exists = sa.exists().where(users.c.id == 1)\n",
    "pass  # a comment: execute('x'), select([1])\n",
    "'''select([1])'''\n",
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=6),
    st.sampled_from(sorted(LAYOUTS)),
)
def test_unchanged(statements: list[str], layout: str) -> None:
    source = Source("r2.py", LAYOUTS[layout](script("".join(statements))))
    assert find(source, RULES) == []
    assert rewrite(source, RULES).text == source.text


def test_what_a_revision_script_is() -> None:
    for text in (
        script("pass\n"),
        "from alembic import op\n"
        'revision: str = "a"\ndown_revision: Union[str, None] = None\n',
        "import alembic.op\r\nrevision='a'\r\ndown_revision=('b', 'c')\r\n",
    ):
        assert is_revision_script(Source("x.py", text))
        assert not is_revision_script(Source("x.py", text, is_python=False))
    for text in (
        "revision = 1\n",
        "down_revision = 1\n",
        "    revision = 1\n    down_revision = 2\n",
        "revision == 1\ndown_revision == 2\n",
        "f(\nrevision_a = 1,\ndown_revision = 2)\n",
    ):
        assert not is_revision_script(Source("x.py", text))
