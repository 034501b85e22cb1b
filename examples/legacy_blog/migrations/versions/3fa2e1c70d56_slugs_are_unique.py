"""slugs are unique

Revision: 3fa2e1c70d56
After: 57b0c4d98e13
Date: 2014-11-27 10:02:44.223606

"""

revision = '3fa2e1c70d56'
down_revision = '57b0c4d98e13'

from alembic import op
import sqlalchemy as sa


def upgrade():
    with op.batch_alter_table('posts') as batch_op:
        batch_op.alter_column('slug', existing_type=sa.String(length=200),
                              nullable=False)
        batch_op.create_unique_constraint('uq_posts_slug', ['slug'])


def downgrade():
    with op.batch_alter_table('posts') as batch_op:
        batch_op.drop_constraint('uq_posts_slug', type_='unique')
        batch_op.alter_column('slug', existing_type=sa.String(length=200),
                              nullable=True)
