"""Add a column, and fill it row by row from what was read."""

import sqlalchemy as sa
from alembic import op

revision = "r02"
down_revision = "r01"


def upgrade():
    with op.batch_alter_table("account") as batch:
        batch.add_column(sa.Column("level", sa.Integer, nullable=True))
    bind = op.get_bind()
    rows = bind.execute(sa.text("SELECT id, balance FROM account ORDER BY id"))
    for number, balance in rows.fetchall():
        bind.execute(
            sa.text("UPDATE account SET level = :level WHERE id = :id"),
            {"level": balance // 100 * 7, "id": number},
        )
    op.execute("INSERT INTO applied (revision) VALUES ('r02')")
