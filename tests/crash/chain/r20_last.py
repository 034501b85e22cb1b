"""Rename a table, delete rows, and add up everything."""

import sqlalchemy as sa
from alembic import op

revision = "r20"
down_revision = "r19"


def upgrade():
    op.rename_table("summary_copy", "old_summary")
    with op.batch_alter_table("account") as batch:
        batch.alter_column(
            "balance",
            existing_type=sa.Integer,
            existing_nullable=False,
            server_default="0",
        )
    op.execute("DELETE FROM child WHERE id = 8")
    bind = op.get_bind()
    totals = {}
    for table in ("account", "child", "event_tag", "measure", "remark"):
        count = sa.text(f"SELECT count(*) FROM {table}")
        totals[table] = bind.execute(count).scalar()
    total = op.create_table(
        "total",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("value", sa.Integer, nullable=False),
    )
    op.bulk_insert(total, [{"name": k, "value": v} for k, v in totals.items()])
    money = bind.execute(sa.text("SELECT sum(balance) FROM account")).scalar()
    op.execute(f"INSERT INTO total (name, value) VALUES ('money', {int(money)})")
    op.execute("INSERT INTO applied (revision) VALUES ('r20')")
