"""a slug for each post, made from its title

Revision: 57b0c4d98e13
After: 19d3f5e6a702
Date: 2014-09-11 17:30:00.173205

"""

revision = '57b0c4d98e13'
down_revision = '19d3f5e6a702'

import re

from alembic import op
import sqlalchemy as sa
from sqlalchemy.sql import text


def upgrade():
    op.add_column('posts', sa.Column('slug', sa.String(length=200),
                                     nullable=True))

    conn = op.get_bind()
    posts = conn.execute(text('SELECT id, title FROM posts')).fetchall()
    taken = set()
    for post_id, title in posts:
        slug = re.sub(r'[^a-z0-9]+', '-', title.lower()).strip('-')
        if not slug or slug in taken:
            slug = '%s-%d' % (slug, post_id)
        taken.add(slug)
        conn.execute(text('UPDATE posts SET slug = :slug WHERE id = :id'),
                     {'slug': slug, 'id': post_id})


def downgrade():
    with op.batch_alter_table('posts') as batch_op:
        batch_op.drop_column('slug')
