"""The first forms of Alembic's directives.

Deletable when no revision is left that was written for Alembic before 0.8, which gave
the arguments their present names. Alembic 1.5 removed the support for the old ones.

The old names are translated where the installed Alembic does not do it, on every
stack: they are Alembic's, whatever SQLAlchemy there is.
"""

from __future__ import annotations

import functools
import inspect
from typing import Any

from alembic.operations import BatchOperations, Operations

from .patching import Patches
from .run import Run

_INDEX = {"name": "index_name", "tablename": "table_name"}
_CONSTRAINT = {"name": "constraint_name", "source": "table_name"}
# Directive -> old name of an argument -> its present name.
NAMES: dict[str, dict[str, str]] = {
    "create_index": _INDEX,
    "drop_index": _INDEX,
    "create_unique_constraint": {**_CONSTRAINT, "local_cols": "columns"},
    "create_check_constraint": _CONSTRAINT,
    "create_primary_key": {**_CONSTRAINT, "cols": "columns"},
    "create_foreign_key": {
        "name": "constraint_name",
        "source": "source_table",
        "referent": "referent_table",
    },
    "drop_constraint": {
        "name": "constraint_name",
        "tablename": "table_name",
        "type": "type_",
    },
    "alter_column": {"name": "new_column_name"},
    "create_table": {"name": "table_name"},
    "drop_table": {"name": "table_name"},
    "rename_table": {"name": "old_table_name"},
}
# Directive -> the arguments that were positional, behind those that still are.
POSITIONAL: dict[str, tuple[str, ...]] = {
    "create_index": ("schema", "unique"),
    "drop_index": ("schema",),
    "drop_constraint": ("type_", "schema"),
    "create_unique_constraint": ("schema",),
    "create_check_constraint": ("schema",),
    "create_primary_key": ("schema",),
    "alter_column": (
        "nullable",
        "server_default",
        "new_column_name",
        "type_",
        "existing_type",
        "existing_server_default",
        "existing_nullable",
    ),
    "create_foreign_key": ("onupdate", "ondelete"),
}
_POSITIONAL_KINDS = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
)


def install(patches: Patches) -> None:
    """Change the directives of ``op`` and of ``batch_alter_table``."""
    for owner in (Operations, BatchOperations):
        for name in NAMES:
            if hasattr(owner, name):
                is_batch = owner is BatchOperations
                patches.method(owner, name, _directive(name, is_batch))


def _directive(name: str, is_batch: bool) -> Any:
    def directive(run: Run, original: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
        parameters = _parameters(original)
        new_args, new_kwargs = _translate(name, parameters, args, kwargs)
        if is_batch:
            # A batch knows its table.
            new_kwargs = {k: v for k, v in new_kwargs.items() if k not in _TABLES}
        if (new_args, new_kwargs) != (args, kwargs):
            run.report(
                f"op.{name}() with the arguments of Alembic 0.7",
                f"op.{name}({', '.join(list(parameters)[1:4])}, ...)",
                "Alembic 1.5",
            )
        return original(self, *new_args, **new_kwargs)

    return directive


# A long upgrade asks for the same few again and again.
@functools.lru_cache(maxsize=64)
def _parameters(original: Any) -> Any:
    return inspect.signature(original).parameters


_TABLES = frozenset(("table_name", "source_table"))


def _translate(
    name: str, parameters: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of an old call as the present directive takes them."""
    if not args and not kwargs:
        return args, kwargs
    renamed = {}
    for key, value in kwargs.items():
        new = NAMES[name].get(key, key)
        renamed[key if key in parameters or new in kwargs else new] = value
    places = [p for p in parameters.values() if p.kind in _POSITIONAL_KINDS][1:]
    has_rest = any(p.kind is p.VAR_POSITIONAL for p in parameters.values())
    if len(args) > len(places) and not has_rest:
        rest = args[len(places) :]
        present = [key for key in POSITIONAL.get(name, ()) if key in parameters]
        if len(rest) <= len(present) and not renamed.keys() & present[: len(rest)]:
            return args[: len(places)], {**renamed, **dict(zip(present, rest))}
    return args, renamed
