"""Send statements that take their time."""

import os

from alembic import op

revision = "r18"
down_revision = "r17"


def upgrade():
    name = op.get_bind().dialect.name
    seconds = os.environ.get("CRASH_SLOW", "0.005")
    pauses = {"postgresql": f"pg_sleep({seconds})", "sqlite": "1"}
    pause = pauses.get(name, f"SLEEP({seconds})")
    slept = f"FROM (SELECT {pause} AS slept) AS nap WHERE slept IS NOT NULL"
    op.execute(f"SELECT {pause}")
    op.execute(f"INSERT INTO summary (name, value) SELECT 'slow', 7 {slept}")
    op.execute(f"CREATE TABLE nap AS SELECT 7 AS value {slept}")
    op.execute("INSERT INTO applied (revision) VALUES ('r18')")
