"""Names: of Alembic, of SQLAlchemy, of engines."""

from __future__ import annotations

from . import idiom

idiom(
    "context.get_impl()",
    """
    from alembic import context

    context.get_impl()
    """,
)
idiom(
    "op.get_context().impl / .bind / .dialect",
    """
    c = op.get_context()
    c.impl
    c.bind
    c.dialect.name
    c.connection
    """,
)
idiom(
    "context.get_context().opts / config",
    """
    from alembic import context

    context.get_context().opts
    context.config.get_main_option("x")
    context.get_x_argument(as_dictionary=True)
    """,
)
idiom(
    "context.get_bind()",
    """
    from alembic import context

    context.get_bind()
    """,
)
idiom(
    "op.impl / op._proxy",
    """
    op._proxy.impl
    """,
)
idiom(
    "from alembic.op import create_table,..",
    """
    from alembic.op import create_table, get_bind, execute

    get_bind()
    """,
)
idiom(
    "from alembic.operations import ..; Operations.register",
    """
    from alembic.operations import Operations, MigrateOperation


    @Operations.register_operation("my_op_x")
    class X(MigrateOperation):
        @classmethod
        def my_op_x(cls, operations):
            return operations.invoke(cls())


    @Operations.implementation_for(X)
    def _x(operations, o):
        pass


    op.my_op_x()
    """,
)
idiom(
    "from alembic.ddl.base / alembic.util compat",
    """
    from alembic.util import sqla_compat, CommandError
    from alembic.ddl.impl import DefaultImpl
    """,
)
idiom(
    "alembic.util.sqla_08 etc.",
    """
    from alembic.util import sqla_08
    """,
)
idiom(
    "from sqlalchemy import Column as sa_Column, func; func.now default",
    """
    op.add_column(
        "users",
        sa.Column("ts", sa.DateTime(), server_default=sa.func.now())
        if op.get_bind().dialect.name != "sqlite"
        else sa.Column("ts", sa.DateTime()),
    )
    """,
)
idiom(
    "sqlalchemy.exc names: DBAPIError, ProgrammingError, OperationalError",
    """
    from sqlalchemy.exc import (
        OperationalError,
        ProgrammingError,
        IntegrityError,
        InternalError,
    )
    """,
)
idiom(
    "try: op.add_column dup except OperationalError (PG aborts tx in all versions)",
    """
    from sqlalchemy.exc import OperationalError, ProgrammingError

    try:
        op.add_column("users", sa.Column("name", sa.String(3)))
    except (OperationalError, ProgrammingError):
        pass
    """,
)
idiom(
    "sa.util / sqlalchemy.util.compat",
    """
    from sqlalchemy.util import compat
    """,
)
idiom(
    "sa.sql.functions / sa.sql.func.count(t.c.x)",
    """
    bind.execute(sa.select([sa.func.count(users.c.id)])).scalar()
    """,
)
idiom(
    "sa.orm.sessionmaker attr w/o import sqlalchemy.orm",
    """
    sa.orm.sessionmaker(bind=op.get_bind())
    """,
)
idiom(
    "sa.engine.create_engine / sa.create_engine(strategy=)",
    """
    sa.create_engine("sqlite://", strategy="threadlocal")
    """,
)
idiom(
    "sa.create_engine(convert_unicode/encoding)",
    """
    sa.create_engine("sqlite://", convert_unicode=True, encoding="utf8")
    """,
)
idiom(
    "sa.engine_from_config / pool.NullPool",
    """
    from sqlalchemy import engine_from_config, pool

    engine_from_config(
        {"sqlalchemy.url": "sqlite://"},
        prefix="sqlalchemy.",
        poolclass=pool.NullPool,
    )
    """,
)
