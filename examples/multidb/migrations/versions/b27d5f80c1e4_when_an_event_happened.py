"""when an event happened

Revision b27d5f80c1e4, written 2026-11-21 10:08:36.620642
Follows: 60c9e2a7f3b5
"""
import sqlalchemy as sa
from alembic import op

# The place of this revision in the history, read by Alembic.
revision = 'b27d5f80c1e4'
down_revision = '60c9e2a7f3b5'
branch_labels = None
depends_on = None


def upgrade(engine_name):
    # A database that was added after this revision has no function here: nothing to do.
    globals().get("upgrade_" + engine_name, lambda: None)()


def downgrade(engine_name):
    globals().get("downgrade_" + engine_name, lambda: None)()


def upgrade_():
    pass


def downgrade_():
    pass


def upgrade_audit():
    with op.batch_alter_table('event', schema=None) as batch_op:
        batch_op.add_column(sa.Column('happened', sa.DateTime(), nullable=True))


def downgrade_audit():
    with op.batch_alter_table('event', schema=None) as batch_op:
        batch_op.drop_column('happened')
