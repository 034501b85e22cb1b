"""Send SQL as it is, and many rows at once."""

import sqlalchemy as sa
from alembic import op

revision = "r16"
down_revision = "r15"


def upgrade():
    op.execute("INSERT INTO applied (revision) VALUES ('r16')")
    bind = op.get_bind()
    # SQLAlchemy before 1.4 has no exec_driver_sql.
    raw = getattr(bind, "exec_driver_sql", bind.execute)
    raw("CREATE TABLE measure (id INTEGER NOT NULL PRIMARY KEY, value INTEGER)")
    raw("INSERT INTO measure (id, value) VALUES (1, 10), (2, 20)")
    raw("UPDATE measure SET value = value + 5")
    many = sa.text("INSERT INTO measure (id, value) VALUES (:id, :value)")
    bind.execute(many, [{"id": n, "value": n * n} for n in range(3, 23)])
    total = raw("SELECT sum(value) FROM measure").scalar()
    raw(f"INSERT INTO summary (name, value) VALUES ('measure', {int(total)})")
    if bind.dialect.name == "postgresql":
        raw("CREATE TYPE mood AS ENUM ('calm')")
