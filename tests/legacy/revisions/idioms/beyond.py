"""Variations of the other idioms, whose results say more than that they ran."""

from __future__ import annotations

from . import MODEL, ROW, idiom

NAME = "select name from users where id=1"
ROWS = 'bind.execute(sa.text("select id, name, age from users order by id")).fetchall()'

idiom(
    "a row as a tuple",
    """
    seen = [r[0:1] == (1,), r == (1, "a"), len(r), tuple(r), list(r), bool(r), r[-1]]
    """,
    given=ROW,
)
idiom(
    "a row as a mapping",
    """
    seen = [dict(r), dict(**r), r.has_key("id"), r.values(), sorted(r.keys()), r["id"]]
    """,
    given=ROW,
)
idiom(
    "'in' for a name, for nothing, for a number",
    """
    seen = ["id" in r, "nosuch" in r, users.c.id in r, 7 in r, None in r]
    """,
    given=ROW,
)
idiom(
    "row['nosuch']",
    """
    try:
        r["nosuch"]
    except sa.exc.NoSuchColumnError as error:
        seen = type(error).__name__
    """,
    given=ROW,
)
idiom(
    "rows by column in two tables",
    """
    things = sa.sql.table("things", sa.sql.column("id"), sa.sql.column("a"))
    query = sa.select([users, things], users.c.id == things.c.id)
    row = bind.execute(query).first()
    seen = [row[users.c.id], row[things.c.a], row["name"], "a" in row]
    """,
)
idiom(
    "dicts of rows in a loop",
    f"""
    seen = [dict(row) for row in {ROWS}]
    """,
)
idiom(
    "dict(row.items()) and unpacking",
    f"""
    seen = [(dict(row.items()), [x for x in row]) for row in {ROWS}]
    for key, name, age in {ROWS}:
        seen.append((key, name, age))
    """,
)
idiom(
    "inserted_primary_key",
    """
    things = sa.Table("things", sa.MetaData(), autoload=True, autoload_with=bind)
    result = bind.execute(things.insert(), id=5, a=6)
    seen = [list(result.inserted_primary_key), result.rowcount]
    """,
)
idiom(
    "engine.execute() of a query",
    """
    query = "SELECT id, name FROM users WHERE id=PARAM"
    seen = [row["name"] for row in bind.engine.execute(query, (2,))]
    seen.append(bind.engine.execute(sa.select([users.c.id])).fetchall() == [(1,), (2,)])
    seen.append(bind.engine.scalar("SELECT count(*) FROM users"))
    """,
)
idiom(
    "engine.execute() of DDL and DML",
    """
    bind.engine.execute("CREATE TABLE nt (id INTEGER)")
    bind.engine.execute("INSERT INTO nt VALUES (PARAM)", (1,))
    bind.engine.execute(sa.sql.table("nt", sa.sql.column("id")).insert(), id=2)
    """,
    check="select count(*) from nt",
    expected="2",
)
idiom(
    "engine.execute() between directives",
    """
    op.add_column("users", sa.Column("n1", sa.Integer))
    seen = bind.engine.dialect.name and bind.engine.execute("SELECT 1").scalar()
    op.add_column("users", sa.Column("n2", sa.Integer))
    """,
)
idiom(
    "engine.run_callable() and transaction()",
    """
    count = sa.text("SELECT count(*) FROM users")
    seen = [bind.engine.run_callable(lambda c: c.execute(count).scalar())]
    change = sa.text("UPDATE users SET name='x' WHERE id=1")
    bind.engine.transaction(lambda c: c.execute(change))
    """,
    check=NAME,
    expected="x",
)
idiom(
    "an engine of its own",
    """
    engine = sa.create_engine(flask.current_app.config["SQLALCHEMY_DATABASE_URI"])
    engine.execute("UPDATE users SET name=PARAM WHERE id=1", ("x",))
    seen = [row["id"] for row in engine.execute("SELECT id FROM users ORDER BY id")]
    engine.dispose()
    """,
    check=NAME,
    expected="x",
)
idiom(
    "bind.connect() in a with block",
    """
    with bind.connect() as connection:
        connection.execute("UPDATE users SET name='x' WHERE id=1")
    bind.execute("UPDATE users SET age=7 WHERE id=1")
    """,
)
idiom(
    "bind.transaction(fn) and run_callable(fn)",
    """
    change = "UPDATE users SET name=PARAM WHERE id=PARAM"
    bind.transaction(lambda c, n: c.execute(change, (n, 1)), "x")
    seen = bind.run_callable(lambda c: c.execute(change, ("y", 2)).rowcount)
    """,
)
idiom(
    "begin() in begin()",
    """
    with bind.begin():
        with bind.begin():
            bind.execute("UPDATE users SET name='x' WHERE id=1")
        bind.execute("UPDATE users SET name='y' WHERE id=2")
    """,
)
idiom(
    "begin() and add_column in it",
    """
    transaction = bind.begin()
    op.add_column("users", sa.Column("n", sa.Integer))
    bind.execute("UPDATE users SET n=5")
    transaction.commit()
    """,
)
idiom(
    "bound metadata",
    """
    metadata = sa.MetaData(bind=bind)
    table = sa.Table("users", metadata, autoload=True)
    made = sa.Table("nt", metadata, sa.Column("id", sa.Integer, primary_key=True))
    seen = [metadata.is_bound(), metadata.bind is bind, table.bind is bind]
    seen.extend([made.exists(), made.create(), made.exists()])
    made.insert().execute(id=3)
    seen.append(made.select().execute().fetchall() == [(3,)])
    seen.append(sa.select([table.c.name], table.c.id == 1).execute().scalar())
    seen.append(sa.select([sa.func.count(table.c.id)]).scalar())
    seen.append(table.count().scalar())
    seen.append(table.count(table.c.id == 1).scalar())
    made.drop()
    """,
)
idiom(
    "bound metadata, create_all and drop_all",
    """
    metadata = sa.MetaData()
    metadata.bind = bind
    sa.Table("nt", metadata, sa.Column("id", sa.Integer, primary_key=True))
    metadata.create_all()
    other = sa.MetaData(bind)
    sa.Table("nt2", other, sa.Column("id", sa.Integer, primary_key=True)).create()
    other.drop_all()
    """,
)
idiom(
    "bound index",
    """
    metadata = sa.MetaData(bind=bind, reflect=True)
    index = sa.Index("ix_n", metadata.tables["users"].c.name)
    index.create()
    """,
)
idiom(
    "select(bind=) and DDL(bind=)",
    """
    seen = sa.select([sa.func.count()], from_obj=[users], bind=bind).execute().scalar()
    sa.DDL("UPDATE users SET name='x'", bind=bind).execute()
    """,
    check=NAME,
    expected="x",
)
idiom(
    "a statement that is bound to nothing",
    """
    try:
        users.delete().execute()
    except sa.exc.UnboundExecutionError as error:
        seen = type(error).__name__
    """,
)
idiom(
    "types with arguments of old",
    """
    from sqlalchemy.dialects import mysql

    kinds = [
        sa.String(7, convert_unicode=True),
        sa.Text(convert_unicode=True),
        sa.Unicode(7, collation="utf8_bin"),
        mysql.VARCHAR(5, charset="utf8", convert_unicode=True),
        mysql.ENUM("'a'", "'b'", quoting="quoted"),
        mysql.ENUM("'it''s'", "'b'"),
        mysql.ENUM("a", "b"),
        mysql.SET("'a'", "'b'"),
    ]
    seen = [str(kind.compile(dialect=mysql.dialect())) for kind in kinds]
    """,
)
idiom(
    "create_table with a String(convert_unicode=True)",
    """
    kind = sa.String(5, convert_unicode=True)
    op.create_table("nt", sa.Column("id", kind), sa.Column("b", sa.Binary()))
    """,
)
idiom(
    "from sqlalchemy import Binary, PassiveDefault",
    """
    from sqlalchemy import Binary, PassiveDefault

    column = sa.Column("n", sa.String(5), PassiveDefault("x"))
    op.add_column("users", column)
    seen = isinstance(Binary(), sa.LargeBinary)
    """,
)
idiom(
    "sqlalchemy.databases",
    """
    import sqlalchemy.databases
    from sqlalchemy.databases import mysql, postgresql as pg

    seen = [pg.UUID.__name__, sqlalchemy.databases.mysql is mysql, mysql.MSInteger]
    seen[2] = seen[2].__name__
    """,
)
idiom(
    "rows of a Query",
    """
    from sqlalchemy import orm

    session = orm.Session(bind=bind)
    row = session.query(U.id, U.name).order_by(U.id).first()
    seen = [row.keys(), row._asdict(), "a" in row, "name" in row, 1 in row, row.name]
    session.commit()
    """,
    given=MODEL,
)
idiom(
    "mapper() with relation()",
    """
    from sqlalchemy import orm
    from sqlalchemy.orm import mapper, relation

    class Thing(object):
        pass

    class User(object):
        pass

    metadata = sa.MetaData()
    mapped = sa.Table("users", metadata, autoload=True, autoload_with=bind)
    key = sa.ForeignKey("users.id")
    things = sa.Table(
        "things",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("a", sa.Integer, key),
    )
    mapper(Thing, things)
    mapper(User, mapped, properties={"things": relation(Thing, backref="user")})
    session = orm.Session(bind=bind)
    user = session.query(User).filter_by(id=1).one()
    seen = [len(user.things), user.things[0].user is user]
    user.name = "x"
    session.commit()
    """,
    check=NAME,
    expected="x",
)
idiom(
    "create_session()",
    """
    from sqlalchemy.orm import create_session

    session = create_session(bind=bind)
    user = session.query(U).filter_by(id=1).one()
    user.name = "x"
    session.flush()
    """,
    given=MODEL,
    check=NAME,
    expected="x",
)
idiom(
    "session.execute() of a raw string with parameters, rows by name",
    """
    from sqlalchemy import orm

    session = orm.Session(bind=bind)
    query = "SELECT id, name FROM users WHERE id=:i"
    seen = [session.execute(query, {"i": 2}).fetchone()["name"]]
    seen.append([dict(row) for row in session.execute(query, {"i": 1})])
    session.commit()
    """,
)
idiom(
    "batch directives with the old names of arguments",
    """
    with op.batch_alter_table("things") as batch:
        batch.create_unique_constraint("uq_b", ["b"])
        batch.create_index("ix_a", ["a"])
    with op.batch_alter_table("things") as batch:
        batch.drop_index("ix_a")
        batch.drop_constraint(name="uq_b", type="unique")
    """,
)
idiom(
    "create_table(name=), drop_table(name=), alter_column(name=)",
    """
    op.create_table("nt", sa.Column("id", sa.Integer, primary_key=True))
    op.drop_table(name="nt")
    if bind.dialect.name == "postgresql":
        op.alter_column("users", "name", name="nm")
        op.alter_column("users", "nm", False)
        op.alter_column("users", "age", nullable=True, type_=sa.BigInteger())
    """,
)
idiom(
    "drop_constraint(type=), create_primary_key(name=, cols=)",
    """
    if bind.dialect.name == "postgresql":
        op.drop_constraint("uq_u", "things", type="unique")
        op.drop_constraint("things_pkey", "things", "primary")
        op.create_primary_key(name="pk_t", table_name="things", cols=["id", "a"])
    """,
)
