"""Make indexes, one of them unique."""

from alembic import op

revision = "r04"
down_revision = "r03"


def upgrade():
    op.create_index("ix_account_name", "account", ["name"])
    op.create_index("ix_note_words", "note", ["account_id", "words"], unique=True)
    op.execute("INSERT INTO applied (revision) VALUES ('r04')")
