"""Add a foreign key and a unique constraint to tables with rows."""

from alembic import op

revision = "r15"
down_revision = "r14"


def upgrade():
    with op.batch_alter_table("remark") as batch:
        batch.create_foreign_key(
            "fk_remark_account", "account", ["account_id"], ["id"], ondelete="CASCADE"
        )
    with op.batch_alter_table("account") as batch:
        batch.create_unique_constraint("uq_account_full_name", ["full_name"])
    op.execute("UPDATE remark SET words = 'of the first' WHERE account_id = 1")
    op.execute("INSERT INTO applied (revision) VALUES ('r15')")
