"""The directives of Alembic."""

from __future__ import annotations

from . import idiom

idiom(
    "op.alter_column existing_* args (batch-less)",
    """
    from alembic import context

    if op.get_bind().dialect.name != "sqlite":
        op.alter_column(
            "users",
            "name",
            existing_type=sa.VARCHAR(length=128),
            type_=sa.Text(),
            existing_nullable=True,
            existing_server_default=None,
            nullable=True,
        )
    """,
)
idiom(
    "op.alter_column(server_default=None, existing_server_default=sa.text)",
    """
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column(
            "users",
            "name",
            server_default=None,
            existing_server_default=sa.text("'x'"),
        )
    """,
)
idiom(
    "op.alter_column(name='new') legacy",
    """
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column("users", "name", name="nm2")
    else:
        raise Exception("skip sqlite")
    """,
)
idiom(
    "op.alter_column('t','c', False) positional nullable",
    """
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column("users", "name", True)
    else:
        raise Exception("skip sqlite")
    """,
)
idiom(
    "op.alter_column(new_column_name)",
    """
    op.alter_column("users", "name", new_column_name="nm2")
    """,
)
idiom(
    "op.alter_column(nullable=False) sqlite direct",
    """
    op.alter_column("users", "name", nullable=False)
    """,
)
idiom(
    "op.drop_constraint(name, table) no type_",
    """
    op.drop_constraint("uq_u", "things")
    """,
)
idiom(
    "op.drop_constraint(name, table, 'unique') positional",
    """
    op.drop_constraint("uq_u", "things", "unique")
    """,
)
idiom(
    "op.drop_constraint(None, ..)",
    """
    op.drop_constraint(None, "things", type_="unique")
    """,
)
idiom(
    "op.drop_constraint(name=,tablename=)",
    """
    op.drop_constraint(name="uq_u", tablename="things", type="unique")
    """,
)
idiom(
    "op.create_unique_constraint(name=,source=,local_cols=)",
    """
    op.create_unique_constraint(name="uq2", source="things", local_cols=["b"])
    """,
)
idiom(
    "op.create_unique_constraint(None,t,[..])",
    """
    op.create_unique_constraint(None, "things", ["b"])
    """,
)
idiom(
    "op.create_foreign_key(name=,source=,referent=)",
    """
    op.create_foreign_key(
        name="fk2",
        source="things",
        referent="users",
        local_cols=["b"],
        remote_cols=["id"],
    )
    """,
)
idiom(
    "op.create_foreign_key positional",
    """
    op.create_foreign_key("fk2", "things", "users", ["b"], ["id"])
    """,
)
idiom(
    "op.create_index(name=,tablename=)",
    """
    op.create_index(name="ix9", tablename="things", columns=["b"])
    """,
)
idiom(
    "op.create_index(.., True) positional unique",
    """
    op.create_index("ix9", "things", ["b"], True)
    """,
)
idiom(
    "op.create_index(.., unique=True)",
    """
    op.create_index(op.f("ix9"), "things", ["b"], unique=True)
    """,
)
idiom(
    "op.drop_index(name, tablename=)",
    """
    op.create_index("ix9", "things", ["b"])
    op.drop_index("ix9", tablename="things")
    """,
)
idiom(
    "op.drop_index(name, 'table') positional",
    """
    op.create_index("ix9", "things", ["b"])
    op.drop_index("ix9", "things")
    """,
)
idiom(
    "op.drop_index(name, table_name=)",
    """
    op.create_index("ix9", "things", ["b"])
    op.drop_index("ix9", table_name="things")
    """,
)
idiom(
    "op.create_check_constraint(name,t,'raw')",
    """
    if op.get_bind().dialect.name != "sqlite":
        op.create_check_constraint("ck9", "things", "b>0")
    """,
)
idiom(
    "op.create_check_constraint(name=,source=)",
    """
    op.create_check_constraint(name="ck9", source="things", condition="b>0")
    """,
)
idiom(
    "op.create_primary_key(name,t,cols=)",
    """
    op.create_table("nk", sa.Column("id", sa.Integer))
    op.create_primary_key("pk9", "nk", cols=["id"])
    """,
)
idiom(
    "op.add_column positional schema / op.drop_column",
    """
    op.add_column("users", sa.Column("z", sa.Integer()))
    op.drop_column("users", "z")
    """,
)
idiom(
    "op.rename_table",
    """
    op.rename_table("things", "things2")
    """,
    check="select count(*) from things2",
    expected="1",
)
idiom(
    "op.create_table returns Table -> bulk_insert",
    """
    t = op.create_table("nt", sa.Column("id", sa.Integer, primary_key=True))
    op.bulk_insert(t, [{"id": 1}])
    """,
    check="select count(*) from nt",
    expected="1",
)
idiom(
    "batch_alter_table add/drop/alter",
    """
    with op.batch_alter_table("things", schema=None) as b:
        b.add_column(sa.Column("n", sa.Integer(), nullable=True))
        b.alter_column("b", existing_type=sa.Integer(), nullable=True)
        b.drop_constraint("uq_u", type_="unique")
    """,
    check="select count(n) from things",
    expected="0",
)
idiom(
    "batch drop_constraint without type_",
    """
    with op.batch_alter_table("things") as b:
        b.drop_constraint("uq_u")
    """,
)
idiom(
    "batch recreate='always', reflect_args, table_args",
    """
    with op.batch_alter_table(
        "things",
        recreate="always",
        reflect_args=[sa.Column("b", sa.Integer)],
        table_args=(sa.CheckConstraint("b>0", name="ck"),),
    ) as b:
        b.alter_column("b", new_column_name="bb")
    """,
    check="select count(bb) from things",
    expected="1",
)
idiom(
    "batch create_foreign_key unnamed (None)",
    """
    with op.batch_alter_table("things") as b:
        b.create_foreign_key(None, "users", ["b"], ["id"])
    """,
)
idiom(
    "batch create_foreign_key named w/ legacy kw referent=",
    """
    with op.batch_alter_table("things") as b:
        b.create_foreign_key(
            "fk9", referent="users", local_cols=["b"], remote_cols=["id"]
        )
    """,
)
idiom(
    "batch create_index/drop_index(b.f)",
    """
    with op.batch_alter_table("things") as b:
        b.create_index(b.f("ix9"), ["b"], unique=False)
    """,
)
idiom(
    "batch alter type Enum->String",
    """
    with op.batch_alter_table("things") as b:
        b.alter_column("b", existing_type=sa.Integer(), type_=sa.String(5))
    """,
)
idiom(
    "batch add FK via add_column(Column(ForeignKey)) unnamed",
    """
    with op.batch_alter_table("things") as b:
        b.add_column(sa.Column("uid", sa.Integer, sa.ForeignKey("users.id")))
    """,
)
idiom(
    "batch naming_convention",
    """
    with op.batch_alter_table(
        "things",
        naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s"},
    ) as b:
        b.drop_constraint("uq_u", type_="unique")
    """,
)
