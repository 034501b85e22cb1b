<%!
    import re

    from flask import current_app

    def docstring(text):
        return text.replace("\\", "\\\\").replace('"', '\\"')

    def databases():
        """List the main database and the binds, as get_databases() in env.py does."""
        binds = current_app.config.get("SQLALCHEMY_BINDS")
        db = current_app.extensions["migrate"].db
        if binds is None and hasattr(db, "bind_names"):
            db.get_engine()  # Alchemical knows the names of its binds only after this
            binds = db.bind_names()
        return [""] + [name for name in binds or () if name]
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


def upgrade(engine_name):
    # A database that was added after this revision has no function here: nothing to do.
    globals().get("upgrade_" + engine_name, lambda: None)()


def downgrade(engine_name):
    globals().get("downgrade_" + engine_name, lambda: None)()
% for name in databases():
<% function = re.sub(r"\W", "_", name) %>

def upgrade_${function}():
    ${context.get(name + "_upgrades") or "pass"}


def downgrade_${function}():
    ${context.get(name + "_downgrades") or "pass"}
% endfor
