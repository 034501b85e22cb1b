"""Use savepoints: one is kept, one rolled back, one fails."""

import sqlalchemy as sa
from alembic import op

revision = "r11"
down_revision = "r10"


def upgrade():
    bind = op.get_bind()
    insert = sa.text("INSERT INTO summary (name, value) VALUES (:name, :value)")
    with bind.begin_nested():
        bind.execute(insert, {"name": "kept", "value": 1})
    savepoint = bind.begin_nested()
    bind.execute(insert, {"name": "taken back", "value": 2})
    savepoint.rollback()
    for name in ("kept", "new"):
        try:
            with bind.begin_nested():
                bind.execute(insert, {"name": name, "value": 3})
        except sa.exc.IntegrityError:
            bind.execute(insert, {"name": f"{name} again", "value": 4})
    op.execute("INSERT INTO applied (revision) VALUES ('r11')")
