"""What SQLite says about all tables of a schema, in one query for each question.

SQLAlchemy asks SQLite with about ten PRAGMA statements for each table. Every PRAGMA is
a table-valued function as well, since SQLite 3.16, which can be joined with the list
of the tables.
"""

from __future__ import annotations

import copy
import inspect
from typing import Any, Dict, List, Tuple

from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from ..driver import Driver

# The rows that one PRAGMA gives for each table, or each index, of a schema.
Rows = Dict[str, List[Tuple[Any, ...]]]

# Where an inspector keeps what has been read; it forgets it with all the rest.
_KEY = "flask_migrate_compat.sqlite"

# One table of a module that is not loaded would spoil the query for all.
_IS_ORDINARY = "o.type = 'table' AND substr(o.sql, 1, 15) <> 'CREATE VIRTUAL '"
_TABLES = f"SELECT o.name, o.sql FROM {{schema}}.sqlite_master o WHERE {_IS_ORDINARY}"
# CROSS JOIN keeps SQLite from another order, so the rows of a table are in theirs.
_OF_TABLES = (
    f"SELECT o.name, p.* FROM {{schema}}.sqlite_master o"
    f" CROSS JOIN pragma_{{pragma}}(o.name, {{literal}}) p WHERE {_IS_ORDINARY}"
)
_OF_INDEXES = (
    f"SELECT i.name, p.* FROM {{schema}}.sqlite_master o"
    f" CROSS JOIN pragma_index_list(o.name, {{literal}}) i"
    f" CROSS JOIN pragma_{{pragma}}(i.name, {{literal}}) p WHERE {_IS_ORDINARY}"
)
_QUERIES = {
    "table_info": _OF_TABLES,
    "table_xinfo": _OF_TABLES,
    "foreign_key_list": _OF_TABLES,
    "index_list": _OF_TABLES,
    "index_info": _OF_INDEXES,
}
_NAMES_IN_TEMP = "SELECT name FROM sqlite_temp_master WHERE type IN ('table', 'view')"

# The methods of the dialect that ask, and how they are called.
_ASKING = {
    "_get_table_pragma": ["self", "connection", "pragma", "table_name", "schema"],
    "_get_table_sql": ["self", "connection", "table_name", "schema", "kw"],
}


def read_tables_ahead(inspector: Any) -> None:
    """Let an inspector of SQLite answer from what is read at once.

    It is given a dialect of its own, a copy that differs in two methods; a dialect
    that has other methods than those of SQLAlchemy is left to it.

    :param inspector: SQLAlchemy's inspector of a connection, as it was made.
    """
    if _is_familiar(inspector.dialect):
        inspector.dialect = _dialect_that_reads_ahead(inspector)


def _is_familiar(dialect: Any) -> bool:
    """Tell whether a dialect has the methods that are known, and no others."""
    for name, parameters in _ASKING.items():
        stock = getattr(SQLiteDialect, name, None)
        if not callable(stock) or name in vars(dialect):
            return False
        if list(inspect.signature(stock).parameters) != parameters:
            return False
        if getattr(type(dialect), name, None) is not stock:
            return False
    return True


def _dialect_that_reads_ahead(inspector: Any) -> Any:
    original = inspector.dialect

    def _get_table_pragma(
        connection: Any, pragma: str, table_name: str, schema: str | None = None
    ) -> Any:
        rows = None
        if connection is inspector.bind and pragma in _QUERIES:
            rows = _schema_of(inspector, schema).rows(pragma, table_name)
        if rows is None:
            rows = original._get_table_pragma(connection, pragma, table_name, schema)
        return rows

    def _get_table_sql(
        connection: Any, table_name: str, schema: str | None = None, **kwargs: Any
    ) -> Any:
        text = None
        if connection is inspector.bind:
            text = _schema_of(inspector, schema).tables.get(table_name)
        if text is None:
            text = original._get_table_sql(connection, table_name, schema, **kwargs)
        return text

    dialect = copy.copy(original)
    dialect._get_table_pragma = _get_table_pragma
    dialect._get_table_sql = _get_table_sql
    return dialect


def _schema_of(inspector: Any, name: str | None) -> _Schema:
    """Return what is known about a schema; an inspector reads each one once."""
    schemas = inspector.info_cache.setdefault(_KEY, {})
    if name not in schemas:
        schemas[name] = _Schema(inspector.bind, name)
    schema: _Schema = schemas[name]
    return schema


class _Schema:
    """Hold what SQLite says about the tables of one schema, as far as it was asked.

    :param connection: the connection.
    :param name: the name of the schema; ``None``: the main one, and where it says
        nothing, the one of the temporary tables.
    """

    def __init__(self, connection: Any, name: str | None) -> None:
        self._driver = Driver(connection)
        self._name = "main" if name is None else name
        self._read: dict[str, Rows] = {}
        # A temporary table may have the name of another one.
        twice = _NAMES_IN_TEMP if name is None else None
        # The texts of the CREATE statements.
        self.tables: dict[str, str] = self._texts(twice)

    def rows(self, pragma: str, name: str) -> list[tuple[Any, ...]] | None:
        """Return what a PRAGMA gives for a table or an index.

        :param pragma: the name of the PRAGMA.
        :param name: the name of the table or the index.
        :returns: ``None`` when SQLite itself has to be asked.
        """
        if pragma not in self._read:
            self._read[pragma] = self._all_rows(pragma)
        return self._read[pragma].get(name)

    def _texts(self, names_twice: str | None) -> dict[str, str]:
        try:
            texts = dict(self._fetch(_TABLES))
            twice = self._fetch(names_twice) if names_twice else []
        except self._driver.error_classes:
            return {}
        hidden = {name.lower() for (name,) in twice}
        return {name: texts[name] for name in texts if name.lower() not in hidden}

    def _all_rows(self, pragma: str) -> Rows:
        query = _QUERIES[pragma]
        # Most tables have no foreign key, and many no index.
        names = self.tables if query is _OF_TABLES else ()
        found: Rows = {name: [] for name in names}
        try:
            for name, *row in self._fetch(query, pragma):
                found.setdefault(name, []).append(tuple(row))
        # An SQLite without these functions, or one table that is damaged.
        except self._driver.error_classes:
            return {}
        return found

    def _fetch(self, query: str, pragma: str = "") -> list[Any]:
        schema = '"' + self._name.replace('"', '""') + '"'
        literal = "'" + self._name.replace("'", "''") + "'"
        return self._driver.fetch(
            query.format(schema=schema, literal=literal, pragma=pragma)
        )
