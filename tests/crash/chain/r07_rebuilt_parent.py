"""Change a table that another one refers to with ON DELETE CASCADE."""

import sqlalchemy as sa
from alembic import op

revision = "r07"
down_revision = "r06"


def upgrade():
    op.execute("INSERT INTO applied (revision) VALUES ('r07')")
    with op.batch_alter_table("parent") as batch:
        batch.add_column(
            sa.Column("kind", sa.String(10), nullable=False, server_default="plain")
        )
        batch.alter_column(
            "name",
            type_=sa.String(60),
            existing_type=sa.String(20),
            existing_nullable=False,
        )
    bind = op.get_bind()
    children = bind.execute(sa.text("SELECT count(*) FROM child")).scalar()
    bind.execute(
        sa.text("UPDATE parent SET kind = :kind WHERE id = 2"),
        {"kind": f"of {children}"},
    )
