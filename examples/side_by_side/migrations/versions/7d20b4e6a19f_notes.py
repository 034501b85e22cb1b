"""notes

Revision 7d20b4e6a19f, written 2026-11-21 10:08:27.747013
Follows: nothing, this is the first
"""
import sqlalchemy as sa
from alembic import op

# The place of this revision in the history, read by Alembic.
revision = '7d20b4e6a19f'
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('note',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )


def downgrade():
    op.drop_table('note')
