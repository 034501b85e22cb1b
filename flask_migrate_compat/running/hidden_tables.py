"""Keep autogenerate from dropping the table with the journal, while it is there.

Apart from the journal itself, which the commands that write revisions do not need.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Iterator

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from ..config import Config


def name_of_journal(version_table: str) -> str:
    """Return the name of the table with the journal.

    :param version_table: the name of the version table.
    """
    return f"{version_table}_journal"


@contextlib.contextmanager
def hide_journal(
    command: str, config: Config, context: MigrationContext
) -> Iterator[None]:
    """Keep autogenerate from dropping the table, while it is there.

    :param command: the name of the command.
    :param config: the configuration that Alembic is called with.
    :param context: Alembic's context of the database.
    """
    name = name_of_journal(context.version_table)
    own_filter = context.opts.get("include_object")

    def include_object(
        item: Any, item_name: Any, type_: str, reflected: bool, compare_to: Any
    ) -> bool:
        if type_ == "table" and reflected and item_name == name:
            return False
        return own_filter is None or own_filter(
            item, item_name, type_, reflected, compare_to
        )

    context.opts["include_object"] = include_object
    yield
