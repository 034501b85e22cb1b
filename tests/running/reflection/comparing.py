"""Compare what is found by reading ahead with what SQLAlchemy and Alembic find."""

from __future__ import annotations

import contextlib
import re
import warnings
from typing import Any, Callable, Iterator

import sqlalchemy as sa
from alembic.autogenerate import (
    compare_metadata,
    produce_migrations,
    render_python_code,
)
from alembic.runtime.migration import MigrationContext

from flask_migrate_compat.config import Config
from flask_migrate_compat.running.reflection import read_ahead

METHODS = [
    "columns",
    "pk_constraint",
    "foreign_keys",
    "indexes",
    "unique_constraints",
    "check_constraints",
    "table_options",
    "table_comment",
]


def outcome(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Return what a function returns or raises, and what it warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = plain(function(*args, **kwargs))
        except Exception as error:
            found = type(error), str(error)
    return found, [str(warning.message) for warning in caught]


def plain(value: Any) -> Any:
    """Return a value that is equal to another one that means the same."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, sa.types.TypeEngine):
        return repr(value)
    if isinstance(value, sa.sql.elements.ClauseElement):
        return type(value), str(value)
    return value


def reflected(inspector: Any, schema: str | None, names: list[str]) -> dict[str, Any]:
    """Return everything that an inspector says about some tables of a schema."""
    found: dict[str, Any] = {}
    for method in METHODS:
        if not hasattr(inspector, f"get_{method}"):
            continue  # an old SQLAlchemy
        for name in names:
            found[f"{method} of {name}"] = outcome(
                getattr(inspector, f"get_{method}"), name, schema=schema
            )
        several = getattr(inspector, f"get_multi_{method}", None)
        if several is not None:
            found[method] = outcome(several, schema=schema)
    for name in names:
        if hasattr(inspector, "has_table"):
            found[f"{name} is there"] = outcome(
                inspector.has_table, name, schema=schema
            )
    for kind in ("table", "view", "temp_table", "temp_view"):
        names_of = getattr(inspector, f"get_{kind}_names")
        found[kind] = outcome(names_of, *([schema] if "temp" not in kind else []))
    return found


@contextlib.contextmanager
def reading_ahead(context: MigrationContext, ours: bool = True) -> Iterator[None]:
    """Have the guard in force, or not."""
    if not ours:
        yield
        return
    with read_ahead("check", Config(), context):
        yield


def generated(
    connection: Any, metadata: Any, ours: bool, **options: Any
) -> tuple[Any, str, str]:
    """Return what autogenerate finds, and the text of both halves of a revision."""
    context = MigrationContext.configure(
        connection, opts={"target_metadata": metadata, **options}
    )
    with reading_ahead(context, ours):
        differences = plain(compare_metadata(context, metadata))
        script = produce_migrations(context, metadata)
        ups, downs = script.upgrade_ops, script.downgrade_ops
    assert ups is not None
    assert downs is not None
    return (
        re.sub(" object at 0x[0-9a-f]+", "", repr(differences)),
        render_python_code(ups, migration_context=context),
        render_python_code(downs, migration_context=context),
    )


def both(connection: Any, metadata: Any, **options: Any) -> list[Any]:
    """Return what autogenerate finds without reading ahead, and with it."""
    return [
        outcome(generated, connection, metadata, ours, **options)
        for ours in (False, True)
    ]


@contextlib.contextmanager
def queries(engine: Any) -> Iterator[list[str]]:
    """Note the statements that SQLAlchemy executes."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
