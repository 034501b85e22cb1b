"""products

Revision 5a1e0c7d42b8, written 2026-11-21 10:08:23.905223
Follows: nothing, this is the first
"""
import sqlalchemy as sa
from alembic import op

# The place of this revision in the history, read by Alembic.
revision = '5a1e0c7d42b8'
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('product',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('price', sa.Integer(), server_default='0', nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('name')
    )


def downgrade():
    op.drop_table('product')
