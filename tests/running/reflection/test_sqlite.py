"""Reading all tables of SQLite at once finds what asking for each one finds."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from typing import Any, Iterable, Iterator

import pytest
import sqlalchemy as sa
from hypothesis import given, settings, strategies as st
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.engine.reflection import Inspector
from sqlalchemy.pool import NullPool

from flask_migrate_compat.running.reflection import sqlite

from ..applications import sqlite_url
from .comparing import both, generated, queries, reflected
from .odd_schemas import NAMES, ODD, statements

# Before 2.0 the tables that a foreign key leads to are read by other inspectors.
needs_one_inspector = pytest.mark.skipif(
    not hasattr(Inspector, "get_multi_columns"), reason="SQLAlchemy is too old"
)
needs_functions = pytest.mark.skipif(
    sqlite3.sqlite_version_info < (3, 16), reason="SQLite has no PRAGMA functions"
)


@contextlib.contextmanager
def database(made_by: list[str]) -> Iterator[Any]:
    """Make a database, as far as SQLite makes it, and give a connection to it."""
    engine = sa.create_engine("sqlite://", poolclass=NullPool)
    with engine.connect() as connection:
        for statement in made_by:
            with contextlib.suppress(sqlite3.Error):
                cursor = connection.connection.cursor()
                cursor.execute(statement)
                cursor.close()
        yield connection


def models() -> sa.MetaData:
    """Return models of which the odd schemas have a few, and other ones."""
    metadata = sa.MetaData()
    for name in ("t", "a", "self", "B", "order", "new"):
        sa.Table(
            name,
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("a", sa.String(20), index=True),
            sa.Column("up", sa.ForeignKey("self.id"), unique=True),
        )
    return metadata


ALL_SCHEMAS = (None, "main", "temp", "aux", "AUX", "o'dd \"one", "missing")


def check(connection: Any, schemas: Iterable[str | None] = ALL_SCHEMAS) -> None:
    """Compare everything in a database."""
    stock, ours = sa.inspect(connection), sa.inspect(connection)
    sqlite.read_tables_ahead(ours)
    for schema in schemas:
        names = {"missing", "T", "sqlite_master", "sqlite_sequence", *NAMES}
        for kind in ("table", "view"):
            with contextlib.suppress(sa.exc.DBAPIError):
                names.update(getattr(stock, f"get_{kind}_names")(schema=schema))
        names.update([*stock.get_temp_table_names(), *stock.get_temp_view_names()])
        found = reflected(ours, schema, sorted(names))
        assert found == reflected(stock, schema, sorted(names)), schema
    for options in ({}, {"include_schemas": True}):
        for metadata in (sa.MetaData(), models()):
            expected, found = both(connection, metadata, **options)
            assert found == expected


@pytest.mark.parametrize("name", ODD)
def test_odd_schemas(name: str) -> None:
    with database(ODD[name]) as connection:
        check(connection)


@settings(max_examples=25, deadline=None)
@given(st.lists(statements(), max_size=12))
def test_generated_schemas(made_by: list[str]) -> None:
    with database(["ATTACH ':memory:' AS aux", *made_by]) as connection:
        check(connection, [None, "temp", "aux"])


@needs_functions
def test_a_table_of_a_module_that_is_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    with contextlib.closing(sqlite3.connect(str(path))) as connection:
        connection.execute("CREATE TABLE t(a INT)")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "INSERT INTO sqlite_master VALUES ('table', 'm', 'm', 0,"
            " 'CREATE VIRTUAL TABLE m USING missing(x)')"
        )
        connection.commit()
    engine = sa.create_engine(sqlite_url(path), poolclass=NullPool)
    with engine.connect() as connection:
        check(connection)
        inspector = sa.inspect(connection)
        sqlite.read_tables_ahead(inspector)
        with traced(connection) as statements:
            assert inspector.get_columns("t")
    assert 'PRAGMA main.table_xinfo("t")' not in statements


@contextlib.contextmanager
def traced(connection: Any) -> Iterator[list[str]]:
    """Note the statements that SQLite executes."""
    driver = connection.connection
    driver = getattr(driver, "dbapi_connection", None) or driver.connection
    statements: list[str] = []
    driver.set_trace_callback(statements.append)
    try:
        yield statements
    finally:
        driver.set_trace_callback(None)


def tables(count: int) -> sa.MetaData:
    """Return models with some tables that refer to each other."""
    metadata = sa.MetaData()
    for number in range(count):
        sa.Table(
            f"t{number}",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("name", sa.String(80), unique=True),
            sa.Column("made", sa.DateTime, index=True),
            sa.Column("up", sa.ForeignKey(f"t{max(number - 1, 0)}.id")),
        )
    return metadata


def number_of_statements(count: int, ours: bool) -> int:
    """Return how many statements autogenerate executes for some tables."""
    metadata = tables(count)
    with database([]) as connection:
        metadata.create_all(connection)
        with traced(connection) as statements:
            found = generated(connection, metadata, ours)[0]
    assert found == "[]"
    # It looks twice, and SQLite 3.40 also traces what a PRAGMA function executes.
    return len([text for text in statements if not text.startswith("-- ")]) // 2


@needs_functions
@needs_one_inspector
def test_the_number_of_statements_is_constant() -> None:
    few, many = (number_of_statements(count, ours=True) for count in (50, 100))
    assert few == many <= 15
    assert number_of_statements(50, ours=False) > 450


@pytest.mark.parametrize("part", ["read", "names"])
def test_an_sqlite_without_the_functions(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if part == "read":
        queries = {
            name: query.replace("pragma_{pragma}", "no_function_{pragma}")
            for name, query in sqlite._QUERIES.items()
        }
        monkeypatch.setattr(sqlite, "_QUERIES", queries)
    else:
        monkeypatch.setattr(sqlite, "_TABLES", "SELECT 1, 2 FROM {schema}.missing")
    for name in ("indexes", "foreign keys", "attached schemas"):
        with database(ODD[name]) as connection:
            check(connection)


def test_a_dialect_with_methods_of_its_own_is_left_alone() -> None:
    class Dialect(SQLiteDialect):
        supports_statement_cache = True

        def _get_table_pragma(self, *args: Any, **kwargs: Any) -> Any:
            raise NotImplementedError

    with database([]) as connection:
        inspector: Any = sa.inspect(connection)
        inspector.dialect = own = Dialect()
        sqlite.read_tables_ahead(inspector)
        assert inspector.dialect is own
        inspector.dialect = own = connection.dialect.__class__()
        vars(own)["_get_table_sql"] = None
        sqlite.read_tables_ahead(inspector)
        assert inspector.dialect is own


@pytest.mark.parametrize("name", ["_get_table_pragma", "_get_table_sql"])
def test_methods_that_are_not_familiar(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(self: Any, connection: Any, query: Any) -> Any:
        raise NotImplementedError

    for method in (other, None):
        monkeypatch.setattr(SQLiteDialect, name, method)
        with database([]) as connection:
            inspector: Any = sa.inspect(connection)
            sqlite.read_tables_ahead(inspector)
            assert inspector.dialect is connection.dialect


def test_the_dialect_of_the_engine_stays_as_it_is() -> None:
    with database(["CREATE TABLE t(a INT)"]) as connection:
        before = dict(vars(connection.dialect))
        inspector: Any = sa.inspect(connection)
        sqlite.read_tables_ahead(inspector)
        inspector.get_columns("t")
        assert vars(connection.dialect) == before
        assert vars(inspector.dialect).keys() - before == {
            "_get_table_pragma",
            "_get_table_sql",
        }


@needs_functions
def test_an_asynchronous_driver(tmp_path: Path) -> None:
    for module in ("aiosqlite", "greenlet", "sqlalchemy.ext.asyncio"):
        pytest.importorskip(module)
    from sqlalchemy.ext.asyncio import create_async_engine

    url = sqlite_url(tmp_path / "app.db").replace("sqlite:", "sqlite+aiosqlite:")
    engine = create_async_engine(url, poolclass=NullPool)

    def compare(connection: Any) -> None:
        connection.execute(sa.text("CREATE TABLE t(a INT UNIQUE)"))
        with queries(engine.sync_engine) as statements:
            found = generated(connection, sa.MetaData(), True)
        assert not [text for text in statements if text.startswith("PRAGMA")]
        assert found == generated(connection, sa.MetaData(), False)

    async def work() -> None:
        async with engine.connect() as connection:
            await connection.run_sync(compare)

    asyncio.run(work())


def test_an_inspector_that_forgets_reads_again() -> None:
    with database(["CREATE TABLE t(a INT)"]) as connection:
        inspector: Any = sa.inspect(connection)
        sqlite.read_tables_ahead(inspector)
        assert len(inspector.get_columns("t")) == 1
        connection.connection.cursor().execute("ALTER TABLE t ADD COLUMN b INT")
        assert len(inspector.get_columns("t")) == 1
        inspector.info_cache.clear()
        assert len(inspector.get_columns("t")) == 2


def test_a_table_that_came_later_is_found() -> None:
    with database(["CREATE TABLE t(a INT)"]) as connection:
        inspector: Any = sa.inspect(connection)
        sqlite.read_tables_ahead(inspector)
        inspector.get_columns("t")
        connection.connection.cursor().execute("CREATE TABLE later(a INT UNIQUE)")
        assert len(inspector.get_columns("later")) == 1
        assert len(inspector.get_unique_constraints("later")) == 1
