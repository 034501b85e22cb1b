"""Rows and results."""

from __future__ import annotations

from . import ROW, idiom

idiom(
    "row['name']",
    """
    assert r["name"] == "a"
    """,
    given=ROW,
)
idiom(
    "row.name / row[1]",
    """
    assert r.name == "a" and r[1] == "a"
    """,
    given=ROW,
)
idiom(
    "row[t.c.name]",
    """
    r = bind.execute(users.select().where(users.c.id == 1)).fetchone()
    assert r[users.c.name] == "a"
    """,
)
idiom(
    "dict(row)",
    """
    assert dict(r)["name"] == "a"
    """,
    given=ROW,
)
idiom(
    "row.items()",
    """
    assert list(r.items())[1] == ("name", "a")
    """,
    given=ROW,
)
idiom(
    "row.keys()",
    """
    assert list(r.keys()) == ["id", "name"]
    """,
    given=ROW,
)
idiom(
    "'name' in row / row.has_key",
    """
    assert "name" in r
    """,
    given=ROW,
)
idiom(
    "for x in result: x['id']",
    """
    for x in bind.execute(sa.text("select id from users")):
        x["id"]
    """,
)
idiom(
    "result.first().values()",
    """
    r.values()
    """,
    given=ROW,
)
idiom(
    "result.rowcount/scalar/fetchall",
    """
    assert bind.execute(sa.text("select count(*) from users")).scalar() == 2
    """,
)
