"""notes can be done

Revision e4b81f5c03a6, written 2026-11-21 10:08:29.920990
Follows: 7d20b4e6a19f
"""
import sqlalchemy as sa
from alembic import op

# The place of this revision in the history, read by Alembic.
revision = 'e4b81f5c03a6'
down_revision = '7d20b4e6a19f'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('note', schema=None) as batch_op:
        batch_op.add_column(sa.Column('done', sa.Boolean(), nullable=True))


def downgrade():
    with op.batch_alter_table('note', schema=None) as batch_op:
        batch_op.drop_column('done')
