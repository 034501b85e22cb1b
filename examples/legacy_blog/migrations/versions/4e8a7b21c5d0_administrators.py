"""administrators

Revision: 4e8a7b21c5d0
After: 2c1f6d0a9b34
Date: 2014-04-18 22:05:51.271828

"""

revision = '4e8a7b21c5d0'
down_revision = '2c1f6d0a9b34'

from alembic import op
import sqlalchemy as sa


def upgrade():
    op.add_column('users', sa.Column('is_admin', sa.Boolean(), nullable=True))


def downgrade():
    with op.batch_alter_table('users') as batch_op:
        batch_op.drop_column('is_admin')
