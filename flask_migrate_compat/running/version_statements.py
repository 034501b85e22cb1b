"""Record versions with one statement that SQLAlchemy compiles once.

Alembic writes the identifiers of revisions into the text of each UPDATE, so that
SQLAlchemy compiles another one for every revision: a third of the time that SQLite
takes for a revision that does little. Other databases keep the text as it is: there the
round trip counts for more, and some drivers would prepare a statement with parameters,
which not every connection pooler takes well.
"""

from __future__ import annotations

from typing import Any, Sequence

from alembic.runtime import migration
from sqlalchemy import String, bindparam

from .steps import Step, StepObserver


class VersionStatements(StepObserver):
    """Have the versions of an SQLite database recorded with parameters."""

    # Typed loosely: Alembic does not export it.
    _module: Any = migration
    _original: Any = None

    def plan(self, steps: Sequence[Step]) -> None:
        """Begin, if there is anything to record."""
        connection = self.context.connection
        if steps and connection is not None and connection.dialect.name == "sqlite":
            self._original = self._module.literal_column
            self._module.literal_column = self._parameter

    def close(self) -> None:
        """End it."""
        if self._original is not None:
            self._module.literal_column = self._original

    def _parameter(self, text: str, *args: Any, **kwargs: Any) -> Any:
        """Make a parameter of an identifier between quotes."""
        if len(text) < 2 or not text[0] == text[-1] == "'":
            return self._original(text, *args, **kwargs)
        return bindparam(None, text[1:-1], String(), unique=True)
