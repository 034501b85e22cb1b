"""Make the first tables, and fill one of them."""

import sqlalchemy as sa
from alembic import op

revision = "r01"
down_revision = None


def upgrade():
    op.create_table("applied", sa.Column("revision", sa.String(8), nullable=False))
    op.execute("INSERT INTO applied (revision) VALUES ('r01')")
    account = op.create_table(
        "account",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("balance", sa.Integer, nullable=False),
    )
    op.create_table(
        "note",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("words", sa.String(80), nullable=False),
    )
    op.bulk_insert(
        account,
        [
            {"id": number, "name": f"name {number}", "balance": 100 * number}
            for number in range(1, 6)
        ],
    )
