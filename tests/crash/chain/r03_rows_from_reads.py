"""Insert rows that depend on rows that were read before."""

import sqlalchemy as sa
from alembic import op

revision = "r03"
down_revision = "r02"


def upgrade():
    op.execute("INSERT INTO applied (revision) VALUES ('r03')")
    bind = op.get_bind()
    for _ in range(3):
        highest = bind.execute(sa.text("SELECT max(id) FROM account")).scalar()
        bind.execute(
            sa.text(
                "INSERT INTO account (id, name, balance, level)"
                " VALUES (:id, :name, :balance, 0)"
            ),
            {"id": highest + 1, "name": f"heir of {highest}", "balance": highest},
        )
    note = sa.table(
        "note", sa.column("id"), sa.column("account_id"), sa.column("words")
    )
    people = bind.execute(sa.text("SELECT id, name FROM account ORDER BY id DESC"))
    for number, (account, name) in enumerate(people.fetchall(), 1):
        bind.execute(
            note.insert().values(id=number, account_id=account, words=name.upper())
        )
