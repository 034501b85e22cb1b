"""Types, sequences and DDL constructs."""

from __future__ import annotations

from . import idiom

idiom(
    "sa.dialects.mysql attr w/o import",
    """
    sa.dialects.mysql.INTEGER(display_width=11)
    """,
)
idiom(
    "from sqlalchemy.dialects import mysql types",
    """
    from sqlalchemy.dialects import mysql

    mysql.INTEGER(display_width=11)
    mysql.TINYINT(display_width=1)
    mysql.VARCHAR(charset="utf8", collation="utf8_bin", length=5)
    mysql.ENUM("a", "b")
    mysql.SET("a", "b")
    mysql.DOUBLE(asdecimal=True)
    """,
)
idiom(
    "mysql.ENUM quoting=",
    """
    from sqlalchemy.dialects import mysql

    mysql.ENUM("'a'", "'b'", quoting="quoted")
    """,
)
idiom(
    "from sqlalchemy.databases import mysql",
    """
    from sqlalchemy.databases import mysql
    """,
)
idiom(
    "sa.String(convert_unicode=True)",
    """
    sa.String(10, convert_unicode=True)
    """,
)
idiom(
    "sa.Unicode(unicode_error)",
    """
    sa.Unicode(10, unicode_error="ignore")
    """,
)
idiom(
    "sa.Enum(convert_unicode=False)",
    """
    sa.Enum("a", "b", name="e", convert_unicode=False)
    """,
)
idiom(
    "sa.Binary()",
    """
    sa.Binary()
    """,
)
idiom(
    "sa.types.Binary",
    """
    sa.types.Binary()
    """,
)
idiom(
    "sa.PassiveDefault",
    """
    sa.PassiveDefault("x")
    """,
)
idiom(
    "sa.PickleType(mutable)",
    """
    sa.PickleType(mutable=True)
    """,
)
idiom(
    "sa.TIMESTAMP / sa.CLOB / sa.VARBINARY",
    """
    sa.TIMESTAMP(timezone=True)
    sa.CLOB()
    sa.VARBINARY(3)
    sa.NCHAR(2)
    sa.Interval()
    """,
)
idiom(
    "postgresql.JSON(astext_type)",
    """
    from sqlalchemy.dialects import postgresql as p

    p.JSON(astext_type=sa.Text())
    p.JSONB()
    p.UUID()
    p.ARRAY(sa.Integer())
    p.HSTORE()
    p.TIMESTAMP(precision=6)
    p.DOUBLE_PRECISION(precision=53)
    p.BYTEA()
    p.TSVECTOR()
    p.INET()
    p.BIT(varying=True)
    """,
)
idiom(
    "sa.dialects.postgresql attr w/o import",
    """
    sa.dialects.postgresql.UUID()
    """,
)
idiom(
    "sa.Column(server_default=False)",
    """
    op.add_column("users", sa.Column("f", sa.Boolean(), server_default=False))
    """,
)
idiom(
    "sa.Column(server_default=0)",
    """
    op.add_column("users", sa.Column("f", sa.Integer(), server_default=0))
    """,
)
idiom(
    "sa.Column(server_default=sa.false())",
    """
    op.add_column(
        "users", sa.Column("f", sa.Boolean(), server_default=sa.false())
    )
    """,
)
idiom(
    "create_table with Sequence",
    """
    op.create_table(
        "nt",
        sa.Column(
            "id", sa.Integer(), sa.Sequence("nt_id_seq"), primary_key=True
        ),
    )
    """,
    check="select count(*) from nt",
    expected="0",
)
idiom(
    "CreateSequence(Sequence) + create_table",
    """
    from sqlalchemy.schema import Sequence, CreateSequence

    if bind.dialect.name == "postgresql":
        op.execute(CreateSequence(Sequence("s1")))
    op.create_table("nt", sa.Column("id", sa.Integer(), primary_key=True))
    """,
    check="select count(*) from nt",
    expected="0",
)
idiom(
    "sa.Enum(..).create(bind, checkfirst)",
    """
    e = sa.Enum("a", "b", name="myenum")
    e.create(bind, checkfirst=False)
    e.drop(bind, checkfirst=False)
    """,
)
idiom(
    "postgresql.ENUM create+add_column",
    """
    from sqlalchemy.dialects import postgresql

    if bind.dialect.name == "postgresql":
        e = postgresql.ENUM("a", "b", name="myenum2")
        e.create(bind)
        op.add_column("users", sa.Column("e", e))
        op.drop_column("users", "e")
        e.drop(bind)
    """,
)
idiom(
    "sa.Enum in create_table (PG type)",
    """
    op.create_table(
        "nt",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("e", sa.Enum("a", "b", name="e3")),
    )
    """,
    check="select count(*) from nt",
    expected="0",
)
idiom(
    "sa.Boolean / Enum CHECK in create_table (name)",
    """
    op.create_table(
        "nt",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("b", sa.Boolean(name="ck_b")),
    )
    """,
    check="select count(*) from nt",
    expected="0",
)
idiom(
    "sa.DDL(..).execute(bind)",
    """
    sa.DDL("UPDATE users SET name='x'").execute(bind)
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "bind.execute(sa.DDL(..))",
    """
    bind.execute(sa.DDL("UPDATE users SET name='x'"))
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "sa.schema.CreateTable(t, bind=)",
    """
    sa.schema.CreateTable(
        sa.Table(
            "q", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True)
        ),
        bind=bind,
    )
    """,
)
