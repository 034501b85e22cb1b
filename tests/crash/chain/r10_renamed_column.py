"""Rename a column with an index on it."""

import sqlalchemy as sa
from alembic import op

revision = "r10"
down_revision = "r09"


def upgrade():
    op.drop_index("ix_account_name", table_name="account")
    with op.batch_alter_table("account") as batch:
        batch.alter_column(
            "name",
            new_column_name="full_name",
            existing_type=sa.String(40),
            existing_nullable=False,
        )
    op.create_index("ix_account_full_name", "account", ["full_name"])
    op.execute("UPDATE account SET full_name = 'first' WHERE id = 1")
    op.execute("INSERT INTO applied (revision) VALUES ('r10')")
