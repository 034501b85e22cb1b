"""The ORM."""

from __future__ import annotations

from . import MODEL, idiom

idiom(
    "sqlalchemy.ext.declarative.declarative_base",
    """
    seen = U.__tablename__
    """,
    given=MODEL,
)
idiom(
    "Session(bind=bind) query/modify/commit",
    """
    from sqlalchemy.orm import sessionmaker

    S = sessionmaker()
    s = S(bind=bind)
    for u in s.query(U):
        u.name = "x"
    s.commit()
    """,
    given=MODEL,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "sessionmaker(bind) modify, flush only",
    """
    from sqlalchemy.orm import sessionmaker

    s = sessionmaker(bind)()
    for u in s.query(U):
        u.name = "x"
    s.flush()
    """,
    given=MODEL,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "Session commit, then op.add_column",
    """
    from sqlalchemy import orm

    s = orm.Session(bind=bind)
    for u in s.query(U):
        u.name = "x"
    s.commit()
    op.add_column("users", sa.Column("n1", sa.Integer))
    """,
    given=MODEL,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "session.query(U).get(1)",
    """
    from sqlalchemy import orm

    s = orm.Session(bind=bind)
    assert s.query(U).get(1).name == "a"
    """,
    given=MODEL,
)
idiom(
    "session.execute(raw str)",
    """
    from sqlalchemy import orm

    s = orm.Session(bind=bind)
    s.execute("UPDATE users SET name='x' WHERE id=1")
    s.commit()
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "session.query(U).update({..})",
    """
    from sqlalchemy import orm

    s = orm.Session(bind=bind)
    s.query(U).update({"name": "x"})
    s.commit()
    """,
    given=MODEL,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "session.query(U).filter(raw str)",
    """
    from sqlalchemy import orm

    s = orm.Session(bind=bind)
    s.query(U).filter("id=1").all()
    """,
    given=MODEL,
)
idiom(
    "session.query(U).order_by('name desc')",
    """
    from sqlalchemy import orm

    s = orm.Session(bind=bind)
    s.query(U).order_by("name desc").all()
    """,
    given=MODEL,
)
idiom(
    "sessionmaker(bind=bind, autocommit=True)",
    """
    from sqlalchemy.orm import sessionmaker

    s = sessionmaker(bind=bind, autocommit=True)()
    """,
    given=MODEL,
)
idiom(
    "session.begin(subtransactions=True)",
    """
    from sqlalchemy import orm

    s = orm.Session(bind=bind)
    s.begin(subtransactions=True)
    """,
    given=MODEL,
)
idiom(
    "session.rollback()/close() after read",
    """
    from sqlalchemy import orm

    s = orm.Session(bind=bind)
    s.query(U).all()
    s.close()
    op.execute("UPDATE users SET name='x' WHERE id=1")
    """,
    given=MODEL,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "session.rollback() after read",
    """
    from sqlalchemy import orm

    op.execute("UPDATE users SET name='x' WHERE id=1")
    s = orm.Session(bind=bind)
    s.query(U).all()
    s.rollback()
    """,
    given=MODEL,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "declarative Base w/ annotation-less typed attr",
    """
    from sqlalchemy.ext.declarative import declarative_base

    Base = declarative_base()


    class U(Base):
        __tablename__ = "users"
        id: int = sa.Column(sa.Integer, primary_key=True)
    """,
)
idiom(
    "orm.relation / backref",
    """
    from sqlalchemy.orm import relation, backref
    """,
    given=MODEL,
)
idiom(
    "orm.mapper(cls, table)",
    """
    from sqlalchemy.orm import mapper


    class X(object):
        pass


    mapper(
        X,
        sa.Table(
            "users",
            sa.MetaData(),
            sa.Column("id", sa.Integer, primary_key=True),
        ),
    )
    """,
)
idiom(
    "session.bulk_update_mappings",
    """
    from sqlalchemy import orm

    s = orm.Session(bind=bind)
    s.bulk_update_mappings(U, [{"id": 1, "name": "x"}])
    s.commit()
    """,
    given=MODEL,
    check="select name from users where id=1",
    expected="x",
)
