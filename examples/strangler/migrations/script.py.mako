<%!
    def docstring(text):
        return text.replace("\\", "\\\\").replace('"', '\\"')
%>\
"""${message | docstring}

Revision ${up_revision}, written ${create_date}
Follows: ${comma(down_revision) or "nothing, this is the first"}
"""
import sqlalchemy as sa
from alembic import op
% if imports:
${imports}
% endif

# The place of this revision in the history, read by Alembic.
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade():
    ${upgrades or "pass"}


def downgrade():
    ${downgrades or "pass"}
