"""Statements as text."""

from __future__ import annotations

from . import idiom

idiom(
    'bind.execute("UPDATE ..") raw str',
    """
    bind.execute("UPDATE users SET name='x' WHERE id=1")
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    'op.execute("UPDATE ..") raw str',
    """
    op.execute("UPDATE users SET name='x' WHERE id=1")
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "bind.execute(sa.text(..)) baseline",
    """
    bind.execute(sa.text("UPDATE users SET name='x' WHERE id=1"))
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    'bind.execute("..?", (v,)) raw+positional',
    """
    bind.execute("UPDATE users SET name=PARAM WHERE id=1", ("x",))
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    'bind.execute(sa.text(":n"), n=..) kwargs',
    """
    bind.execute(sa.text("UPDATE users SET name=:n WHERE id=:i"), n="x", i=1)
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "bind.execute(t.insert(), id=..) kwargs",
    """
    bind.execute(users.insert(), id=9, name="z")
    """,
    check="select name from users where id=9",
    expected="z",
)
idiom(
    "bind.execute(t.insert(), {..}, {..}) multi positional",
    """
    bind.execute(users.insert(), {"id": 8, "name": "a"}, {"id": 9, "name": "z"})
    """,
    check="select name from users where id=9",
    expected="z",
)
idiom(
    "bind.execute(t.insert(), [..])",
    """
    bind.execute(
        users.insert(), [{"id": 8, "name": "a"}, {"id": 9, "name": "z"}]
    )
    """,
    check="select name from users where id=9",
    expected="z",
)
idiom(
    'bind.scalar("select..") raw',
    """
    assert bind.scalar("select count(*) from users") == 2
    """,
)
idiom(
    "sa.text(.., bind=)",
    """
    sa.text("UPDATE users SET name='x' WHERE id=1", bind=bind).execute()
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "sa.text(.., bindparams=[..])",
    """
    bind.execute(
        sa.text(
            "UPDATE users SET name=:n WHERE id=1",
            bindparams=[sa.bindparam("n", "x")],
        )
    )
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "sa.text(..).execution_options(autocommit=True)",
    """
    bind.execute(
        sa.text("UPDATE users SET name='x' WHERE id=1").execution_options(
            autocommit=True
        )
    )
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "sa.text(.., autocommit=True)",
    """
    bind.execute(
        sa.text("UPDATE users SET name='x' WHERE id=1", autocommit=True)
    )
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "bind.execution_options(autocommit=True).execute",
    """
    bind.execution_options(autocommit=True).execute(
        sa.text("UPDATE users SET name='x' WHERE id=1")
    )
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "op.execute(.., execution_options={autocommit})",
    """
    op.execute(
        "UPDATE users SET name='x' WHERE id=1",
        execution_options={"autocommit": True},
    )
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "sa.sql.expression.text",
    """
    bind.execute(sa.sql.expression.text("UPDATE users SET name='x' WHERE id=1"))
    """,
    check="select name from users where id=1",
    expected="x",
)
idiom(
    "sa.sql.text / sa.sql.func",
    """
    bind.execute(sa.sql.text("UPDATE users SET name='x' WHERE id=1"))
    sa.sql.func.now()
    """,
    check="select name from users where id=1",
    expected="x",
)
