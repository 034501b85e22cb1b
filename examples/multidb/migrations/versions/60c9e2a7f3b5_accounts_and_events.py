"""accounts and events

Revision 60c9e2a7f3b5, written 2026-11-21 10:08:34.376265
Follows: nothing, this is the first
"""
import sqlalchemy as sa
from alembic import op

# The place of this revision in the history, read by Alembic.
revision = '60c9e2a7f3b5'
down_revision = None
branch_labels = None
depends_on = None


def upgrade(engine_name):
    # A database that was added after this revision has no function here: nothing to do.
    globals().get("upgrade_" + engine_name, lambda: None)()


def downgrade(engine_name):
    globals().get("downgrade_" + engine_name, lambda: None)()


def upgrade_():
    op.create_table('account',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )


def downgrade_():
    op.drop_table('account')


def upgrade_audit():
    op.create_table('event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('message', sa.String(length=200), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )


def downgrade_audit():
    op.drop_table('event')
