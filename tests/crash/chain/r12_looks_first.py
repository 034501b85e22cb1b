"""Look what is there, and make what is missing."""

import sqlalchemy as sa
from alembic import op

revision = "r12"
down_revision = "r11"


def names_of_tables():
    return sa.inspect(op.get_bind()).get_table_names()


def upgrade():
    op.execute("INSERT INTO applied (revision) VALUES ('r12')")
    inspector = sa.inspect(op.get_bind())
    if hasattr(inspector, "has_table"):  # SQLAlchemy 1.4 and newer
        missing = not inspector.has_table("maybe")
    else:
        missing = "maybe" not in names_of_tables()
    if missing:
        op.create_table(
            "maybe", sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)
        )
        op.execute("INSERT INTO maybe (id) VALUES (1)")
    columns = [c["name"] for c in sa.inspect(op.get_bind()).get_columns("maybe")]
    if "extra" not in columns:
        op.add_column("maybe", sa.Column("extra", sa.Integer, nullable=True))
        op.execute("UPDATE maybe SET extra = id + 41")
    if "note" in names_of_tables():
        op.execute(
            "INSERT INTO maybe (id, extra) SELECT id + 100, account_id FROM note"
        )
