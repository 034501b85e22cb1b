"""Use what only this kind of database has."""

from alembic import op

revision = "r17"
down_revision = "r16"


def postgresql():
    # What cannot be in a transaction is written so that it can be repeated.
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_measure_value")
        op.execute("CREATE INDEX CONCURRENTLY ix_measure_value ON measure (value)")
        op.execute("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'merry'")
    op.execute("ALTER TABLE measure ADD COLUMN mood mood")
    op.execute("UPDATE measure SET mood = 'merry' WHERE id < 4")


def mysql():
    op.execute("ALTER TABLE measure ADD COLUMN mood ENUM('calm') NULL")
    op.execute("ALTER TABLE measure MODIFY mood ENUM('calm', 'merry') NULL")
    op.execute("UPDATE measure SET mood = 'merry' WHERE id < 4")
    op.execute("CREATE INDEX ix_measure_value ON measure (value)")
    op.execute("ALTER TABLE measure COMMENT = 'what was measured'")


def sqlite():
    op.execute("CREATE INDEX ix_measure_value ON measure (value) WHERE value > 20")
    op.execute("CREATE VIEW large AS SELECT id FROM measure WHERE value > 100")
    op.execute("ALTER TABLE measure ADD COLUMN mood VARCHAR(5)")
    op.execute("UPDATE measure SET mood = 'merry' WHERE id < 4")


def upgrade():
    name = op.get_bind().dialect.name
    {"postgresql": postgresql, "sqlite": sqlite}.get(name, mysql)()
    op.execute("INSERT INTO applied (revision) VALUES ('r17')")
