"""The kinds of expressions of revision scripts, and what gives something of a kind."""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """What an expression is."""

    CONNECTION = "the connection of the migration"
    OTHER_CONNECTION = "a connection of its own"
    BEGUN_CONNECTION = "a connection of its own, with a transaction"
    ENGINE = "the engine of the migration"
    OTHER_ENGINE = "an engine of its own"
    CONTEXT = "the migration context"
    OPERATIONS = "the directives of Alembic"
    SESSION = "a session"
    SESSION_FACTORY = "a session factory"
    QUERY = "a query of the ORM"
    #: Of several columns or entities, so that it has rows.
    ROW_QUERY = "a query of the ORM with rows"
    QUERY_ROW = "a row of a query of the ORM"
    TRANSACTION = "a transaction"
    DIALECT = "a dialect"
    URL = "the URL of a database"
    INSPECTOR = "an inspector"
    DBAPI = "a connection of the driver"
    CURSOR = "a cursor of the driver"
    RESULT = "a result"
    ROWS = "a list of rows"
    ROW = "a row"
    MAPPINGS = "a result of mappings"
    METADATA = "metadata"
    BASE = "the base of the classes of the ORM"
    TABLES = "the tables of metadata"
    TABLE = "a table"
    COLUMNS = "the columns of a table"
    COLUMN = "a column"
    INDEX = "an index"
    STATEMENT = "a statement"
    STRING = "a string"
    VALUE = "one value"
    LIST = "a list"
    TUPLE = "a tuple"
    DICT = "a dict"
    #: An expression that is what another part of it is.
    SAME = "the same"


CONNECTIONS = (Kind.CONNECTION, Kind.OTHER_CONNECTION, Kind.BEGUN_CONNECTION)
ENGINES = (Kind.ENGINE, Kind.OTHER_ENGINE)
#: Methods of engines and connections that call a function with a connection.
CALLERS = ("run_callable", "transaction")
#: What has one value for a parameter of a statement.
VALUES = (Kind.VALUE, Kind.STRING)

MODULES = frozenset(
    (
        "sqlalchemy",
        "sqlalchemy.sql",
        "sqlalchemy.sql.expression",
        "sqlalchemy.sql.schema",
        "sqlalchemy.sql.elements",
        "sqlalchemy.sql.selectable",
        "sqlalchemy.sql.ddl",
        "sqlalchemy.schema",
        "sqlalchemy.engine",
        "sqlalchemy.engine.url",
        "sqlalchemy.engine.reflection",
        "sqlalchemy.engine.reflection.Inspector",
        "sqlalchemy.ext.declarative",
        "sqlalchemy.orm",
        "sqlalchemy.orm.session",
        "sqlalchemy.orm.scoping",
    )
)
MADE_BY_SQLALCHEMY = {
    "create_engine": Kind.OTHER_ENGINE,
    "engine_from_config": Kind.OTHER_ENGINE,
    "make_url": Kind.URL,
    "Inspector": Kind.INSPECTOR,
    "from_engine": Kind.INSPECTOR,
    "Table": Kind.TABLE,
    "table": Kind.TABLE,
    "alias": Kind.TABLE,
    "join": Kind.TABLE,
    "outerjoin": Kind.TABLE,
    "Column": Kind.COLUMN,
    "column": Kind.COLUMN,
    "literal_column": Kind.COLUMN,
    "Index": Kind.INDEX,
    "MetaData": Kind.METADATA,
    "declarative_base": Kind.BASE,
    "Session": Kind.SESSION,
    "create_session": Kind.SESSION,
    "sessionmaker": Kind.SESSION_FACTORY,
    "scoped_session": Kind.SESSION_FACTORY,
    **dict.fromkeys(
        (
            *("text", "select", "insert", "update", "delete", "union", "union_all"),
            *("DDL", "CreateTable", "DropTable", "CreateIndex", "DropIndex"),
            *("CreateSequence", "DropSequence", "AddConstraint", "DropConstraint"),
        ),
        Kind.STATEMENT,
    ),
}
MADE_BY_ALEMBIC = {
    "alembic.op.get_bind": Kind.CONNECTION,
    "alembic.context.get_bind": Kind.CONNECTION,
    "alembic.op.get_context": Kind.CONTEXT,
    "alembic.context.get_context": Kind.CONTEXT,
    "alembic.op.create_table": Kind.TABLE,
    "alembic.op.batch_alter_table": Kind.OPERATIONS,
}
GIVING_VALUES = frozenset(
    (
        *(f"builtins.{one}" for one in ("str", "int", "float", "len", "bool", "max")),
        *(f"builtins.{one}" for one in ("min", "sum", "abs", "round", "bytes", "repr")),
        *(f"datetime.datetime.{one}" for one in ("now", "utcnow", "today")),
        *("datetime.datetime", "datetime.date", "datetime.date.today"),
        *("uuid.uuid1", "uuid.uuid4", "time.time", "json.dumps"),
        *("decimal.Decimal", "os.getenv", "datetime.timedelta"),
    )
)
CONNECTION_METHODS = {
    "execute": Kind.RESULT,
    "exec_driver_sql": Kind.RESULT,
    "scalar": Kind.VALUE,
    "begin": Kind.TRANSACTION,
    "begin_nested": Kind.TRANSACTION,
}
RESULT_METHODS = {
    **dict.fromkeys(("fetchone", "first", "one", "one_or_none"), Kind.ROW),
    **dict.fromkeys(("fetchall", "fetchmany", "all"), Kind.ROWS),
    **dict.fromkeys(("scalar", "scalar_one"), Kind.VALUE),
    "mappings": Kind.MAPPINGS,
}
ENGINE_METHODS = {
    "connect": Kind.OTHER_CONNECTION,
    "contextual_connect": Kind.OTHER_CONNECTION,
    "execute": Kind.RESULT,
    "scalar": Kind.VALUE,
    "raw_connection": Kind.DBAPI,
}
# What a method of something of a kind returns.
METHODS: dict[Kind, dict[str, Kind]] = {
    Kind.CONNECTION: {
        **CONNECTION_METHODS,
        **dict.fromkeys(
            ("connect", "contextual_connect", "execution_options"), Kind.CONNECTION
        ),
    },
    Kind.OTHER_CONNECTION: {
        **CONNECTION_METHODS,
        **dict.fromkeys(
            ("connect", "contextual_connect", "execution_options"),
            Kind.OTHER_CONNECTION,
        ),
    },
    Kind.BEGUN_CONNECTION: CONNECTION_METHODS,
    Kind.ENGINE: ENGINE_METHODS,
    Kind.OTHER_ENGINE: ENGINE_METHODS,
    Kind.SESSION: {
        "execute": Kind.RESULT,
        "scalar": Kind.VALUE,
        "query": Kind.QUERY,
        "connection": Kind.CONNECTION,
    },
    Kind.SESSION_FACTORY: {"execute": Kind.RESULT, "query": Kind.QUERY},
    Kind.RESULT: RESULT_METHODS,
    Kind.ROWS: {**RESULT_METHODS, "pop": Kind.ROW},
    Kind.DBAPI: {"cursor": Kind.CURSOR},
    Kind.TABLE: {
        **dict.fromkeys(
            ("select", "insert", "update", "delete", "count"), Kind.STATEMENT
        ),
        **dict.fromkeys(("alias", "join", "outerjoin", "tometadata"), Kind.TABLE),
        "to_metadata": Kind.TABLE,
    },
    Kind.METADATA: {},
}
ATTRIBUTES: dict[Kind, dict[str, Kind]] = {
    Kind.CONNECTION: {"dialect": Kind.DIALECT, "connection": Kind.DBAPI},
    Kind.OTHER_CONNECTION: {"dialect": Kind.DIALECT, "connection": Kind.DBAPI},
    Kind.BEGUN_CONNECTION: {"dialect": Kind.DIALECT, "connection": Kind.DBAPI},
    Kind.ENGINE: {"dialect": Kind.DIALECT, "url": Kind.URL},
    Kind.OTHER_ENGINE: {"dialect": Kind.DIALECT, "url": Kind.URL},
    Kind.CONTEXT: {
        "bind": Kind.CONNECTION,
        "connection": Kind.CONNECTION,
        "dialect": Kind.DIALECT,
    },
    Kind.DBAPI: {"connection": Kind.DBAPI, "dbapi_connection": Kind.DBAPI},
    Kind.TABLE: {"c": Kind.COLUMNS, "columns": Kind.COLUMNS},
    Kind.METADATA: {"tables": Kind.TABLES},
    Kind.BASE: {"metadata": Kind.METADATA},
}
# Methods that end a statement, or ask it something.
NO_STATEMENT = frozenset(("execute", "scalar", "compile", "label", "as_scalar"))
TABLE_OF_STATEMENT = frozenset(("alias", "subquery", "cte", "lateral"))
QUERIES = dict.fromkeys(
    ("filter", "filter_by", "order_by", "join", "group_by", "limit", "offset", "all"),
    Kind.ROW_QUERY,
)
STRING_METHODS = frozenset(
    (
        *("format", "join", "strip", "lstrip", "rstrip", "replace", "lower", "upper"),
        *("format_map", "title", "capitalize", "decode", "expandtabs", "zfill"),
    )
)
SEQUENCES = frozenset(("builtins.list", "builtins.sorted", "builtins.reversed"))
