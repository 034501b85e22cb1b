"""Move the values of a column into a table, and drop it."""

import sqlalchemy as sa
from alembic import op

revision = "r14"
down_revision = "r13"


def upgrade():
    op.create_table(
        "account_level",
        sa.Column("account_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("level", sa.Integer, nullable=False),
    )
    bind = op.get_bind()
    level = sa.table("account_level", sa.column("account_id"), sa.column("level"))
    rows = bind.execute(sa.text("SELECT id, level FROM account ORDER BY id")).fetchall()
    op.bulk_insert(level, [{"account_id": row[0], "level": row[1]} for row in rows])
    with op.batch_alter_table("account") as batch:
        batch.drop_column("level")
    op.execute("INSERT INTO applied (revision) VALUES ('r14')")
