"""books

Revision 2f6b91d07ce4, written 2026-11-25 03:40:12.518204
Follows: nothing, this is the first
"""
import sqlalchemy as sa
from alembic import op

# The place of this revision in the history, read by Alembic.
revision = '2f6b91d07ce4'
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('book',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )


def downgrade():
    op.drop_table('book')
