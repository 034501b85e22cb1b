"""Change values in a way that must not happen twice."""

import sqlalchemy as sa
from alembic import op

revision = "r09"
down_revision = "r08"


def upgrade():
    op.execute("INSERT INTO applied (revision) VALUES ('r09')")
    op.execute("UPDATE account SET balance = balance + 10")
    op.execute(
        sa.text("UPDATE account SET balance = balance * 2 WHERE id > :id").bindparams(
            id=3
        )
    )
    op.execute("UPDATE account SET balance = balance + 1 WHERE id = 1")
    op.execute("UPDATE account SET balance = balance + 1 WHERE id = 1")
