"""Metadata and tables."""

from __future__ import annotations

from . import idiom

idiom(
    "MetaData(bind=bind)",
    """
    m = sa.MetaData(bind=bind)
    m.reflect()
    assert "users" in m.tables
    """,
)
idiom(
    "MetaData(bind) positional",
    """
    m = sa.MetaData(bind)
    m.reflect()
    """,
)
idiom(
    "meta.bind = bind; reflect()",
    """
    m = sa.MetaData()
    m.bind = bind
    m.reflect()
    """,
)
idiom(
    "MetaData(); reflect(bind=bind)",
    """
    m = sa.MetaData()
    m.reflect(bind=bind)
    assert "users" in m.tables
    """,
)
idiom(
    "MetaData(reflect=True)",
    """
    m = sa.MetaData(bind=bind, reflect=True)
    """,
)
idiom(
    "Table(autoload=True, autoload_with)",
    """
    t = sa.Table("users", sa.MetaData(), autoload=True, autoload_with=bind)
    assert "name" in t.c
    """,
)
idiom(
    "Table(autoload_with)",
    """
    t = sa.Table("users", sa.MetaData(), autoload_with=bind)
    assert "name" in t.c
    """,
)
idiom(
    "Table(useexisting=True)",
    """
    t = sa.Table(
        "users",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        useexisting=True,
    )
    """,
)
idiom(
    "table.create(bind)",
    """
    sa.Table(
        "nt", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True)
    ).create(bind)
    """,
    check="select count(*) from nt",
    expected="0",
)
idiom(
    "table.create() bound meta",
    """
    m = sa.MetaData()
    m.bind = bind
    sa.Table("nt", m, sa.Column("id", sa.Integer, primary_key=True)).create()
    """,
    check="select count(*) from nt",
    expected="0",
)
idiom(
    "meta.create_all(bind)",
    """
    m = sa.MetaData()
    sa.Table("nt", m, sa.Column("id", sa.Integer, primary_key=True))
    m.create_all(bind)
    """,
    check="select count(*) from nt",
    expected="0",
)
idiom(
    "meta.create_all(bind.engine) second conn",
    """
    m = sa.MetaData()
    sa.Table("nt", m, sa.Column("id", sa.Integer, primary_key=True))
    m.create_all(bind.engine)
    """,
    check="select count(*) from nt",
    expected="0",
)
idiom(
    "table.tometadata",
    """
    t = sa.Table(
        "nt", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True)
    ).tometadata(sa.MetaData())
    """,
)
idiom(
    "table.exists()",
    """
    sa.Table(
        "users", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True)
    ).exists(bind)
    """,
)
