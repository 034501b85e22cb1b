"""Mix changes of tables with reads and writes."""

import sqlalchemy as sa
from alembic import op

revision = "r08"
down_revision = "r07"


def upgrade():
    bind = op.get_bind()
    accounts = bind.execute(sa.text("SELECT count(*) FROM account")).scalar()
    op.create_table(
        "summary",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("value", sa.Integer, nullable=False),
    )
    insert = sa.text("INSERT INTO summary (name, value) VALUES (:name, :value)")
    bind.execute(insert, {"name": "accounts", "value": accounts})
    op.add_column("summary", sa.Column("twice", sa.Integer, nullable=True))
    bind.execute(sa.text("UPDATE summary SET twice = value * 2"))
    notes = bind.execute(sa.text("SELECT count(*) FROM note")).scalar()
    bind.execute(insert, {"name": "notes", "value": notes})
    op.create_index("ix_summary_value", "summary", ["value"])
    rows = bind.execute(sa.text("SELECT count(*) FROM summary")).scalar()
    op.create_table(
        "summary_copy",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("value", sa.Integer, nullable=False),
    )
    op.execute("INSERT INTO summary_copy SELECT name, value + 1 FROM summary")
    bind.execute(insert, {"name": "summary", "value": rows})
    op.execute("INSERT INTO applied (revision) VALUES ('r08')")
