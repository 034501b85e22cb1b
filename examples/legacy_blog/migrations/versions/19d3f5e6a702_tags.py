"""tags

Revision: 19d3f5e6a702
After: 4e8a7b21c5d0
Date: 2014-06-30 08:12:33.141421

"""

revision = '19d3f5e6a702'
down_revision = '4e8a7b21c5d0'

from alembic import op
import sqlalchemy as sa


def upgrade():
    op.create_table('tags',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=50), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('name')
    )
    op.create_table('taggings',
    sa.Column('post_id', sa.Integer(), nullable=False),
    sa.Column('tag_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['post_id'], ['posts.id'], ),
    sa.ForeignKeyConstraint(['tag_id'], ['tags.id'], ),
    sa.PrimaryKeyConstraint('post_id', 'tag_id')
    )


def downgrade():
    op.drop_table('taggings')
    op.drop_table('tags')
