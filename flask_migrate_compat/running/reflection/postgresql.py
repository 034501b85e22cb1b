"""Which column owns each sequence of a PostgreSQL database, in one query.

Alembic leaves out the default of a column that stems from ``SERIAL``. To know one, it
asks the database for the owner of the sequence of each such column.
"""

from __future__ import annotations

import contextlib
import functools
import re
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Tuple

import sqlalchemy
from alembic.ddl.postgresql import PostgresqlImpl

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

# The name of a sequence and the column that owns it, for each sequence; by its name as
# PostgreSQL writes it into a default, which is how it reads it, too.
Owners = Dict[str, List[Tuple[str, str]]]

# Where an inspector keeps what has been read; it forgets it with all the rest.
_KEY = "flask_migrate_compat.sequence_owners"

_METHOD = "autogen_column_reflect"

# Alembic's question, since it looks up the name as PostgreSQL does. An older Alembic
# compares the bare name, and is left to it.
_QUESTION = re.compile(
    r"select c\.relname, a\.attname from pg_class as c join pg_depend d .*"
    r" where c\.relkind='S' and c\.oid=cast\(:seqname as regclass\)"
)
_OWNERS = """
    SELECT CAST(CAST(sequence.oid AS regclass) AS text),
        CAST(sequence.relname AS text), CAST(owner.attname AS text)
    FROM pg_catalog.pg_class sequence
    LEFT JOIN (
        pg_catalog.pg_depend link
        JOIN pg_catalog.pg_attribute owner
        ON owner.attrelid = link.refobjid AND owner.attnum = link.refobjsubid
    )
    ON link.objid = sequence.oid
    AND link.classid = CAST('pg_catalog.pg_class' AS regclass)
    AND link.refclassid = CAST('pg_catalog.pg_class' AS regclass)
    WHERE sequence.relkind = 'S'
"""


@contextlib.contextmanager
def owners_read_ahead(context: MigrationContext) -> Iterator[None]:
    """Answer Alembic's questions for the owner of a sequence from one query.

    :param context: Alembic's context of a PostgreSQL database.
    """
    implementation: Any = context.impl
    original: Any = getattr(implementation, _METHOD, None)
    stock = getattr(PostgresqlImpl, _METHOD, None)
    if stock is None or getattr(original, "__func__", None) is not stock:
        yield
        return

    def autogen_column_reflect(inspector: Any, table: Any, column_info: Any) -> None:
        original(_Inspector(inspector), table, column_info)

    setattr(implementation, _METHOD, autogen_column_reflect)
    try:
        yield
    finally:
        delattr(implementation, _METHOD)


class _Inspector:
    """Stand for an inspector, but answer on the connection what is known."""

    def __init__(self, inspector: Any) -> None:
        self._inspector = inspector

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inspector, name)

    @contextlib.contextmanager
    def _operation_context(self) -> Iterator[Any]:
        with self._inspector._operation_context() as connection:
            yield _Connection(self._inspector, connection)


class _Connection:
    """Stand for a connection, but answer what is known."""

    def __init__(self, inspector: Any, connection: Any) -> None:
        self._inspector = inspector
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, statement: Any, *args: Any, **kwargs: Any) -> Any:
        ask = functools.partial(self._connection.execute, statement, *args, **kwargs)
        if not _is_question(str(getattr(statement, "text", "")), *args, **kwargs):
            return ask()
        owners = _owners(self._inspector, self._connection)
        found = owners.get(args[0]["seqname"])
        # With several it would be for PostgreSQL to say which one is the first.
        if found is None or len(found) > 1:
            return ask()
        return _Result(found, ask)


class _Result:
    """Stand for the result of a query; asked for anything unknown, execute it."""

    def __init__(self, rows: list[tuple[str, str]], ask: Any) -> None:
        self._rows = rows
        self._ask = ask

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ask(), name)

    def first(self) -> tuple[str, str] | None:
        return self._rows[0] if self._rows else None


def _is_question(text: str, *args: Any, **kwargs: Any) -> bool:
    return (
        not kwargs
        and len(args) == 1
        and isinstance(args[0], dict)
        and set(args[0]) == {"seqname"}
        and _is_familiar(text)
    )


@functools.lru_cache(maxsize=None)
def _is_familiar(text: str) -> bool:
    return _QUESTION.fullmatch(text) is not None


def _owners(inspector: Any, connection: Any) -> Owners:
    """Return what an inspector knows about sequences; it reads all of them once."""
    owners: Owners | None = inspector.info_cache.get(_KEY)
    if owners is None:
        owners = {}
        for name, sequence, column in connection.execute(sqlalchemy.text(_OWNERS)):
            rows = owners.setdefault(name, [])
            if column is not None:
                rows.append((sequence, column))
        inspector.info_cache[_KEY] = owners
    return owners
