"""Engines, connections and transactions."""

from __future__ import annotations

from . import idiom

idiom(
    "bind.engine.execute(raw)",
    """
    bind.engine.execute("UPDATE users SET name='x' WHERE id=1")
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "bind.engine.connect().execute(text) no commit",
    """
    c = bind.engine.connect()
    c.execute(sa.text("UPDATE users SET name='x' WHERE id=1"))
    c.close()
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "with bind.begin()",
    """
    with bind.begin():
        bind.execute(sa.text("UPDATE users SET name='x' WHERE id=1"))
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "tr=bind.begin(); tr.commit()",
    """
    tr = bind.begin()
    bind.execute(sa.text("UPDATE users SET name='x' WHERE id=1"))
    tr.commit()
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "bind.begin_nested()",
    """
    tr = bind.begin_nested()
    bind.execute(sa.text("UPDATE users SET name='x' WHERE id=1"))
    tr.commit()
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "bind.transaction(fn)",
    """
    bind.transaction(lambda c: None)
    """,
)
idiom(
    "bind.connect() branch",
    """
    c = bind.connect()
    c.execute(sa.text("UPDATE users SET name='x' WHERE id=1"))
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "bind.contextual_connect()",
    """
    bind.contextual_connect()
    """,
)
idiom(
    "bind.run_callable",
    """
    bind.run_callable(lambda c: None)
    """,
)
idiom(
    "bind.execution_options(isolation_level='AUTOCOMMIT')",
    """
    bind.execution_options(isolation_level="AUTOCOMMIT")
    bind.execute(sa.text("UPDATE users SET name='x' WHERE id=1"))
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "op.execute('COMMIT'); then DML",
    """
    op.execute("COMMIT")
    op.execute("UPDATE users SET name='x' WHERE id=1")
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "bind.execute(text('COMMIT')) PG ALTER TYPE ADD VALUE",
    """
    bind.execute(sa.text("COMMIT"))
    if bind.dialect.name == "postgresql":
        bind.execute(sa.text("ALTER TYPE mood ADD VALUE 'meh'"))
    bind.execute(sa.text("UPDATE users SET name='x' WHERE id=1"))
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "bind.connection.connection raw DBAPI",
    """
    c = bind.connection.cursor()
    c.execute("UPDATE users SET name='x' WHERE id=1")
    c.close()
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "op.get_context().autocommit_block()",
    """
    with op.get_context().autocommit_block():
        op.execute("UPDATE users SET name='x' WHERE id=1")
    """,
    check="select name from users where id=1",
    expected="x",
)
