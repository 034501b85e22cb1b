"""Variations of statements, whose results say more than that they ran."""

from __future__ import annotations

from . import idiom

NAME = "select name from users where id=1"

idiom(
    "raw string with %%",
    """
    bind.execute("UPDATE users SET name='5%%' WHERE name LIKE 'a%%'")
    """,
)
idiom(
    "raw string with %% and parameters",
    """
    bind.execute("UPDATE users SET name='5%%' WHERE id=PARAM", (1,))
    """,
)
idiom(
    "raw string with a colon",
    """
    bind.execute("UPDATE users SET name='a:b' WHERE id=1")
    """,
    check=NAME,
    expected="a:b",
)
idiom(
    "raw string, single %",
    """
    bind.execute("UPDATE users SET name='5%' WHERE id=1")
    """,
)
idiom(
    "raw string, parameters by name",
    """
    if bind.dialect.name == "postgresql":
        bind.execute("UPDATE users SET name=%(n)s WHERE id=%(i)s", n="x", i=1)
        bind.execute("UPDATE users SET name=%(n)s WHERE id=%(i)s", {"n": "y", "i": 2})
    else:
        bind.execute("UPDATE users SET name=:n WHERE id=:i", n="x", i=1)
        bind.execute("UPDATE users SET name=:n WHERE id=:i", {"n": "y", "i": 2})
    """,
)
idiom(
    "raw string, several tuples",
    """
    bind.execute("UPDATE users SET name=PARAM WHERE id=PARAM", ("x", 1), ("y", 2))
    """,
)
idiom(
    "raw string, a list of tuples",
    """
    bind.execute("UPDATE users SET name=PARAM WHERE id=PARAM", [("x", 1), ("y", 2)])
    """,
)
idiom(
    "raw string, a list of one tuple",
    """
    bind.execute("UPDATE users SET name=PARAM WHERE id=PARAM", [("x", 1)])
    """,
)
idiom(
    "raw string, a list of values",
    """
    bind.execute("UPDATE users SET name=PARAM WHERE id=PARAM", ["x", 1])
    """,
)
idiom(
    "raw string, values",
    """
    bind.execute("UPDATE users SET name=PARAM WHERE id=PARAM", "x", 1)
    """,
)
idiom(
    "raw string, one value",
    """
    seen = bind.execute("SELECT name FROM users WHERE id=PARAM", 2).scalar()
    """,
)
idiom(
    "scalar() of a raw string with a value",
    """
    seen = bind.scalar("SELECT name FROM users WHERE id=PARAM", 2)
    """,
)
idiom(
    "text() with several dicts",
    """
    text = sa.text("UPDATE users SET name=:n WHERE id=:i")
    bind.execute(text, {"n": "x", "i": 1}, {"n": "y", "i": 2})
    """,
)
idiom(
    "text() with typemap",
    """
    text = sa.text("SELECT id AS a FROM users ORDER BY id", typemap={"a": sa.String})
    seen = len(bind.execute(text).fetchall())
    """,
)
idiom(
    "select() with every clause as an argument",
    """
    statement = sa.select(
        [users.c.age, sa.func.count(users.c.id).label("n")],
        users.c.id > 0,
        [users],
        group_by=[users.c.age],
        having=sa.func.count(users.c.id) > 0,
        order_by=[users.c.age.desc()],
        limit=1,
        offset=1,
    )
    seen = [tuple(row) for row in bind.execute(statement)]
    """,
)
idiom(
    "select() with columns and whereclause by name",
    """
    statement = sa.select(columns=[users.c.name], whereclause=users.c.id == 2)
    seen = bind.execute(statement).scalar()
    """,
)
idiom(
    "select(distinct=True)",
    """
    statement = sa.select([users.c.age], distinct=True, order_by=users.c.age)
    seen = [row[0] for row in bind.execute(statement)]
    """,
)
idiom(
    "select(use_labels=True)",
    """
    query = sa.select([users.c.id], users.c.id == 1, use_labels=True)
    row = bind.execute(query).first()
    seen = [row.keys(), row["users_id"], row[users.c.id]]
    """,
)
idiom(
    "select() in a where clause",
    """
    newest = sa.select([sa.func.max(users.c.id)]).as_scalar()
    bind.execute(users.update().where(users.c.id == newest).values(name="x"))
    """,
)
idiom(
    "select() of a literal",
    """
    seen = bind.execute(sa.select([sa.literal(5)])).scalar()
    """,
)
idiom(
    "insert from select()",
    """
    query = sa.select([users.c.id + 10, users.c.name])
    bind.execute(users.insert().from_select(["id", "name"], query))
    """,
)
idiom(
    "union of selects",
    """
    one = sa.select([users.c.id], users.c.id == 1)
    two = sa.select([users.c.id], users.c.id == 2)
    seen = sorted(row[0] for row in bind.execute(sa.union(one, two)))
    """,
)
idiom(
    "case() with a value",
    """
    names = sa.case({"a": "x", "b": "y"}, value=users.c.name, else_="z")
    bind.execute(users.update().values(name=names))
    """,
)
idiom(
    "case() with a value by position",
    """
    bind.execute(users.update().values(name=sa.case({"a": "x"}, users.c.name, "z")))
    """,
)
idiom(
    "case(whens=, else_=)",
    """
    names = sa.case(whens=[(users.c.id == 1, "x"), (users.c.id == 2, "y")], else_="z")
    bind.execute(users.update().values(name=names))
    """,
)
idiom(
    "exists() with a where clause",
    """
    things = sa.sql.table("things", sa.sql.column("id"), sa.sql.column("a"))
    some = sa.exists([things.c.id], things.c.a == users.c.id)
    bind.execute(users.update().where(some).values(name="x"))
    bind.execute(users.update().where(~some).values(name="y"))
    """,
)
idiom(
    "update(), delete() and insert() with arguments",
    """
    bind.execute(sa.update(users, users.c.id == 1, {"name": "x"}))
    bind.execute(sa.update(users, whereclause=users.c.id == 1, values={"age": 5}))
    bind.execute(sa.delete(users, users.c.id == 2))
    bind.execute(sa.insert(users, {"id": 7, "name": "z"}))
    bind.execute(users.insert(values={"id": 8, "name": "z"}))
    bind.execute(users.insert([{"id": 9, "name": "q"}, {"id": 10, "name": "r"}]))
    """,
)
idiom(
    "update(returning=)",
    """
    if bind.dialect.name == "postgresql":
        one = users.c.id == 1
        change = users.update(one, {"name": "x"}, returning=[users.c.name])
        seen = bind.execute(change).fetchone()["name"]
    """,
)
