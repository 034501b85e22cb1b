"""Copy the rows of a table into a new one, and drop it."""

import sqlalchemy as sa
from alembic import op

revision = "r13"
down_revision = "r12"


def upgrade():
    op.create_table(
        "remark",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("words", sa.String(80), nullable=False),
    )
    op.execute(
        "INSERT INTO remark (id, account_id, words)"
        " SELECT id, account_id, words FROM note"
    )
    op.drop_index("ix_note_words", table_name="note")
    op.drop_table("note")
    op.execute("INSERT INTO applied (revision) VALUES ('r13')")
