"""Test :mod:`flask_migrate_compat.codemods.rules.operation_keywords`."""

from __future__ import annotations

import inspect

import pytest
from alembic.operations import Operations

from flask_migrate_compat.codemods.rules import operation_keywords
from flask_migrate_compat.codemods.rules.operation_keywords import RULE
from tests.codemods.revisions import assert_left, assert_rewritten, assert_unchanged

BATCH = "with op.batch_alter_table('t') as batch:\n    "


@pytest.mark.parametrize(
    "body",
    [
        "op.create_index('i', 't', ['a'], unique=True)\n",
        "op.drop_index('i', table_name='t')\n",
        "op.drop_constraint('c', 't', 'unique')\n",
        "op.create_table('t', sa.Column('id', sa.Integer), sa.Column('a', x))\n",
        "op.alter_column('t', 'a', nullable=False, type_=sa.Text())\n",
        "op.create_foreign_key('f', 'a', 'b', ['a'], ['b'], ondelete='CASCADE')\n",
        "op.create_index(*x, tablename='t')\n",
        f"{BATCH}batch.create_index('i', ['a'])\n",
        f"{BATCH}batch.drop_constraint('c', type_='unique')\n",
        "x.drop_index('i', tablename='t')\n",
        "op.drop_index('i', tablename='t')  # noqa: FMC409\n",
    ],
)
def test_unchanged(body: str) -> None:
    assert_unchanged(RULE, body)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "op.create_index(name='i', tablename='t', columns=['a'])\n",
            "op.create_index(index_name='i', table_name='t', columns=['a'])\n",
        ),
        (
            "op.drop_index(\n    'i',\n    tablename = 't',  # comment\n)\n",
            "op.drop_index(\n    'i',\n    table_name = 't',  # comment\n)\n",
        ),
        (
            "op.drop_constraint(name='c', tablename='t', type='unique')\n",
            "op.drop_constraint(constraint_name='c', table_name='t', type_='unique')\n",
        ),
        (
            "op.create_check_constraint('c', source='t', condition='a > 0')\n",
            "op.create_check_constraint('c', table_name='t', condition='a > 0')\n",
        ),
        (
            "op.create_primary_key('p', 't', cols=['id'])\n",
            "op.create_primary_key('p', 't', columns=['id'])\n",
        ),
        (
            "op.create_foreign_key('f', source='a', referent='b', **x)\n",
            "op.create_foreign_key('f', source_table='a', referent_table='b', **x)\n",
        ),
        ("op.drop_table(name='t')\n", "op.drop_table(table_name='t')\n"),
        (
            "op.alter_column('t', 'a', False)\n",
            "op.alter_column('t', 'a', nullable=False)\n",
        ),
        (
            "op.alter_column('t', 'a', name='b')\n",
            "op.alter_column('t', 'a', new_column_name='b')\n",
        ),
        (
            "op.drop_index('i', 't', 'schema')\n",
            "op.drop_index('i', 't', schema='schema')\n",
        ),
        (
            "from alembic.op import drop_index as d\nd('i', tablename='t')\n",
            "from alembic.op import drop_index as d\nd('i', table_name='t')\n",
        ),
        (
            f"{BATCH}batch.create_foreign_key('f', referent='b', local_cols=x)\n",
            f"{BATCH}batch.create_foreign_key('f', referent_table='b', local_cols=x)\n",
        ),
        (
            f"{BATCH}batch.drop_constraint(name='c', type='unique')\n",
            f"{BATCH}batch.drop_constraint(constraint_name='c', type_='unique')\n",
        ),
        (
            f"{BATCH}batch.alter_column('a', False)\n",
            f"{BATCH}batch.alter_column('a', nullable=False)\n",
        ),
    ],
)
def test_rewritten(before: str, after: str) -> None:
    assert_rewritten(RULE, before, after)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("op.create_index('i', 't', ['a'], True)\n", "without a name"),
        ("op.rename_table('a', 'b', 'c', 'd')\n", "without a name"),
        ("op.drop_index('i', 't', tablename='t')\n", "beside table_name="),
        ("op.drop_index('i', tablename='t', table_name='t')\n", "beside table_name="),
    ],
)
def test_left(body: str, reason: str) -> None:
    assert_left(RULE, body, reason)


@pytest.mark.parametrize("name", operation_keywords._DIRECTIVES)
def test_the_new_names_are_those_of_alembic(name: str) -> None:
    parameters = inspect.signature(getattr(Operations, name)).parameters
    directive = operation_keywords._DIRECTIVES[name]
    new = {*directive.order, *directive.renamed.values(), *directive.keywords}
    assert new <= set(parameters)
    assert not set(directive.renamed) & set(parameters)
