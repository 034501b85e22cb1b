"""orders

Revision c93f18b6e0d1, written 2026-11-21 10:08:24.891800
Follows: 5a1e0c7d42b8
"""
import sqlalchemy as sa
from alembic import op

# The place of this revision in the history, read by Alembic.
revision = 'c93f18b6e0d1'
down_revision = '5a1e0c7d42b8'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('order',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('product_id', sa.Integer(), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], ),
    sa.PrimaryKeyConstraint('id')
    )


def downgrade():
    op.drop_table('order')
