"""Forms of SELECT, INSERT, UPDATE and DELETE."""

from __future__ import annotations

from . import idiom

idiom(
    "sa.select([t.c.x])",
    """
    rows = bind.execute(sa.select([users.c.id, users.c.name])).fetchall()
    assert len(rows) == 2
    """,
)
idiom(
    "sa.select([..], whereclause)",
    """
    rows = bind.execute(sa.select([users.c.id], users.c.id == 1)).fetchall()
    assert len(rows) == 1
    """,
)
idiom(
    "sa.select([..], from_obj=)",
    """
    rows = bind.execute(sa.select([sa.func.count()], from_obj=[users])).scalar()
    assert rows == 2
    """,
)
idiom(
    "sa.sql.select([..]).where()",
    """
    from sqlalchemy.sql import select

    assert (
        bind.execute(select([users.c.id]).where(users.c.name == "a")).scalar()
        == 1
    )
    """,
)
idiom(
    "sa.select([users]) whole table",
    """
    assert len(bind.execute(sa.select([users])).fetchall()) == 2
    """,
)
idiom(
    "sa.select(users.c.id) 2.0 style",
    """
    assert len(bind.execute(sa.select(users.c.id)).fetchall()) == 2
    """,
)
idiom(
    "t.select(whereclause)",
    """
    assert len(bind.execute(users.select(users.c.id == 1)).fetchall()) == 1
    """,
)
idiom(
    "t.select().where()",
    """
    assert (
        len(bind.execute(users.select().where(users.c.id == 1)).fetchall()) == 1
    )
    """,
)
idiom(
    "t.update(whereclause, values)",
    """
    bind.execute(users.update(users.c.id == 1, {"name": "x"}))
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "t.update(values=..)",
    """
    bind.execute(users.update(values={"name": "x"}))
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "t.update().where().values()",
    """
    bind.execute(users.update().where(users.c.id == 1).values(name="x"))
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "op.execute(t.update()..op.inline_literal)",
    """
    op.execute(
        users.update()
        .where(users.c.id == op.inline_literal(1))
        .values({"name": op.inline_literal("x")})
    )
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "t.delete(whereclause)",
    """
    bind.execute(users.delete(users.c.id == 1))
    """,
    check="select count(*) from users",
    expected="1",
)
idiom(
    "t.insert(values)",
    """
    bind.execute(users.insert({"id": 9, "name": "z"}))
    """,
    check="select name from users where id=9",
    expected="z",
)
idiom(
    "t.insert().values()",
    """
    bind.execute(users.insert().values(id=9, name="z"))
    """,
    check="select name from users where id=9",
    expected="z",
)
idiom(
    "t.count()",
    """
    bind.execute(users.count()).scalar()
    """,
)
idiom(
    "select.as_scalar()",
    """
    from sqlalchemy import select

    q = users.select().with_only_columns([users.c.id]).as_scalar()
    """,
)
idiom(
    "with_only_columns([..]) list",
    """
    bind.execute(users.select().with_only_columns([users.c.id])).fetchall()
    """,
)
idiom(
    "sa.case([(..)], else_)",
    """
    bind.execute(
        users.update().values(name=sa.case([(users.c.id == 1, "x")], else_="y"))
    )
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "sa.and_() empty",
    """
    sa.and_()
    """,
)
idiom(
    "sa.exists([..])",
    """
    sa.exists([users.c.id]).where(users.c.id == 1)
    """,
)
idiom(
    "stmt.execute() bound",
    """
    m = sa.MetaData()
    m.bind = bind
    t = sa.Table(
        "users", m, sa.Column("id", sa.Integer), sa.Column("name", sa.String(9))
    )
    t.update().values(name="x").execute()
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "op.bulk_insert(sa.sql.table, rows)",
    """
    op.bulk_insert(users, [{"id": 9, "name": "z", "age": 1}])
    """,
    check="select name from users where id=9",
    expected="z",
)
idiom(
    "sa.sql.table w/ sa.Column",
    """
    t = sa.sql.table(
        "users", sa.Column("id", sa.Integer), sa.Column("name", sa.String(9))
    )
    bind.execute(t.update().values(name="x"))
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "sa.sql.table.insert().from_select",
    """
    bind.execute(
        users.insert().from_select(
            ["id", "name"],
            sa.text("select 9,'z'").columns(sa.column("id"), sa.column("name")),
        )
    )
    """,
    check="select name from users where id=9",
    expected="z",
)
