"""Send statements that take their time."""

import sqlalchemy as sa
from alembic import op

revision = "r18"
down_revision = "r17"


# How long, in seconds; nothing to speak of on SQLite.
PAUSES = {"postgresql": "pg_sleep(0.05)", "sqlite": "1"}


def upgrade():
    name = op.get_bind().dialect.name
    pause = PAUSES.get(name, "SLEEP(0.05)")
    slept = f"FROM (SELECT {pause} AS slept) AS nap WHERE slept IS NOT NULL"
    op.execute(f"SELECT {pause}")
    op.execute(f"INSERT INTO summary (name, value) SELECT 'slow', 7 {slept}")
    op.execute(f"CREATE TABLE nap AS SELECT 7 AS value {slept}")
    op.execute("INSERT INTO applied (revision) VALUES ('r18')")
