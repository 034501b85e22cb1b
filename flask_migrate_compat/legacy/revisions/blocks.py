"""Objects that stand in for the transactions of SQLAlchemy 1.x.

Deletable with the other files of this folder.
"""

from __future__ import annotations

from typing import Any


class TransactionBlock:
    """End a ``with`` block as a transaction does: commit, or roll back if it failed."""

    def commit(self) -> None:
        """Keep the work of the block."""
        raise NotImplementedError

    def rollback(self) -> None:
        """Undo the work of the block."""
        raise NotImplementedError

    def __enter__(self) -> Any:
        return self

    def __exit__(self, kind: Any, value: Any, traceback: Any) -> None:
        if kind is None:
            self.commit()
        else:
            self.rollback()
