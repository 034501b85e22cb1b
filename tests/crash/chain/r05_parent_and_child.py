"""Make two tables, of which one refers to the other."""

import sqlalchemy as sa
from alembic import op

revision = "r05"
down_revision = "r04"


def upgrade():
    parent = op.create_table(
        "parent",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(20), nullable=False),
    )
    child = op.create_table(
        "child",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column(
            "parent_id",
            sa.Integer,
            sa.ForeignKey("parent.id", name="fk_child_parent", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("label", sa.String(20), nullable=False),
    )
    op.bulk_insert(parent, [{"id": n, "name": f"parent {n}"} for n in (1, 2, 3)])
    op.bulk_insert(
        child,
        [{"id": n, "parent_id": n % 3 + 1, "label": f"child {n}"} for n in range(9)],
    )
    op.execute("INSERT INTO applied (revision) VALUES ('r05')")
