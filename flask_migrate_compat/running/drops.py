"""Stop autogenerate from dropping every table of a database.

It does so, without a word, when the modules with the models were not imported, when
the metadata that ``env.py`` names is empty, or when the application points at a
database that is not its own.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Iterable, Iterator

import sqlalchemy
from alembic.operations.ops import DropTableOp

from ..errors import DataLossError, shortened
from .databases import autogenerating, name_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from ..config import Config

# The key in Config.attributes under which a command says that it is meant.
ALLOWED = "flask_migrate_compat.allow_drop_all"


@contextlib.contextmanager
def guard_drop_of_everything(
    command: str, config: Config, context: MigrationContext
) -> Iterator[None]:
    """Raise an error when autogenerate would drop tables and keep none of the models.

    Tables that the application hides from autogenerate may stay.

    :param command: the name of the command.
    :param config: the configuration; :data:`ALLOWED` among its attributes lets it be.
    :param context: Alembic's context of the database.
    :raises DataLossError: before a revision is written, and for ``check``.
    """
    yield
    generated = autogenerating(context)
    if generated is None or config.attributes.get(ALLOWED):
        return
    dropped = _dropped_tables(generated.generated_revisions, context)
    if dropped and not _has_a_table_of_the_models(context):
        raise DataLossError(
            f"'{'check' if command == 'check' else 'migrate'}' found that these tables"
            f" of the {name_of(context)} would be dropped:"
            f" {shortened(sorted(dropped))}. {_reason(context)}",
            "Import the modules with the models where the application is made, and see"
            " that it is the right database. If these tables shall be dropped, say so:"
            " 'migrate --allow-drop-all'.",
        )


def _dropped_tables(scripts: Iterable[Any], context: MigrationContext) -> list[str]:
    """Return the tables that the new revisions drop in one database."""
    token = context.opts["upgrade_token"]
    return [
        f"{operation.schema}.{operation.table_name}"
        if operation.schema
        else operation.table_name
        for script in scripts
        for group in script.upgrade_ops_list
        if group.upgrade_token == token
        for operation in _flat(group)
        if isinstance(operation, DropTableOp)
    ]


def _flat(group: Any) -> Iterator[Any]:
    """Yield the operations of a group and of the groups in it."""
    for operation in group.ops:
        yield operation
        if hasattr(operation, "ops"):
            yield from _flat(operation)


def _tables(context: MigrationContext) -> list[sqlalchemy.Table]:
    """Return the tables that autogenerate compared the database with."""
    metadata = context.opts.get("target_metadata")
    several = metadata if isinstance(metadata, (list, tuple)) else [metadata]
    return [
        table for one in several if one is not None for table in one.tables.values()
    ]


def _has_a_table_of_the_models(context: MigrationContext) -> bool:
    """Tell whether the database has at least one table that the models have, too."""
    wanted = {(table.schema, table.name) for table in _tables(context)}
    inspector = sqlalchemy.inspect(context.connection) if wanted else None
    for schema in {schema for schema, _ in wanted}:
        assert inspector is not None
        names = inspector.get_table_names(schema=schema)
        if any((schema, name) in wanted for name in names):
            return True
    return False


def _reason(context: MigrationContext) -> str:
    if _tables(context):
        return "None of the tables of the models is in the database."
    return "The models have no tables there: they were probably not imported."
