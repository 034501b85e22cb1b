"""What the database is asked about itself."""

from __future__ import annotations

from . import idiom

idiom(
    "Inspector.from_engine(bind)",
    """
    from sqlalchemy.engine.reflection import Inspector

    assert "users" in Inspector.from_engine(bind).get_table_names()
    """,
)
idiom(
    "sa.engine.reflection.Inspector.from_engine(bind.engine)",
    """
    assert (
        "users"
        in sa.engine.reflection.Inspector.from_engine(
            bind.engine
        ).get_table_names()
    )
    """,
)
idiom(
    "sa.inspect(bind)",
    """
    assert "users" in sa.inspect(bind).get_table_names()
    """,
)
idiom(
    "inspector.get_primary_keys",
    """
    sa.inspect(bind).get_primary_keys("users")
    """,
)
idiom(
    "bind.dialect.has_table(bind, t)",
    """
    assert bind.dialect.has_table(bind, "users")
    """,
)
idiom(
    "bind.dialect.has_table(bind.engine, t)",
    """
    assert bind.dialect.has_table(bind.engine, "users")
    """,
)
idiom(
    "bind.engine.has_table(t)",
    """
    assert bind.engine.has_table("users")
    """,
)
idiom(
    "bind.engine.table_names()",
    """
    assert "users" in bind.engine.table_names()
    """,
)
idiom(
    "bind.engine.dialect.name / bind.engine.url",
    """
    bind.engine.dialect.name
    bind.engine.name
    str(bind.engine.url)
    bind.engine.url.drivername
    """,
)
idiom(
    "bind.engine.url.password_original / translate",
    """
    u = bind.engine.url
    u.database = "x"
    """,
)
