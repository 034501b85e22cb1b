"""${message}

${create_date}: ${up_revision}, after ${comma(down_revision) or "nothing"}
"""
from alembic import op
import sqlalchemy as sa
% if imports:
${imports}
% endif

down_revision = ${repr(down_revision)}
revision = ${repr(up_revision)}


def upgrade():
    ${upgrades or "pass"}


def downgrade():
    ${downgrades or "pass"}
