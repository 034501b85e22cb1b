"""Show the tables of all binds in one ``db.metadata``, as Flask-SQLAlchemy 2 did.

Deletable with this folder. Flask-SQLAlchemy 3.0 gave each bind a ``MetaData`` of its
own. The multi-database ``env.py`` files of Flask-Migrate 1.5 to 3.1 look through
``db.metadata`` for tables with the right ``info["bind_key"]``, find none, and would
have autogenerate drop every table of the bind.
"""

from __future__ import annotations

from typing import Any, Mapping, Optional

from sqlalchemy import MetaData
from sqlalchemy.util import immutabledict

Metadatas = Mapping[Optional[str], MetaData]


class AllTables(MetaData):
    """Hold the tables of all binds, each of them labelled with its bind.

    A real ``MetaData`` cannot hold two tables of one name, but its ``tables`` can:
    each table lives in the ``MetaData`` of its own bind, where its foreign keys find
    their targets. A name that an earlier bind has taken is prefixed with the bind;
    the old files look at the values only.

    :param metadatas: what Flask-SQLAlchemy 3 has in ``db.metadatas``.
    """

    def __init__(self, metadatas: Metadatas) -> None:
        self.metadatas = metadatas
        self._seen: frozenset[Any] | None = None
        self._tables: immutabledict[Any, Any] = immutabledict()
        main = metadatas[None]
        super().__init__(schema=main.schema, naming_convention=main.naming_convention)

    @property
    def tables(self) -> Any:
        """Return name -> table, as of now: an ``env.py`` may yet import models."""
        seen = frozenset(
            table
            for metadata in self.metadatas.values()
            for table in metadata.tables.values()
        )
        if seen != self._seen:
            self._seen, self._tables = seen, immutabledict(_merged(self.metadatas))
        return self._tables

    @tables.setter
    def tables(self, tables: Any) -> None:
        """Take the empty dictionary that ``MetaData`` begins with, and forget it."""


def _merged(metadatas: Metadatas) -> dict[str, Any]:
    tables = dict(metadatas[None].tables)
    for bind, metadata in metadatas.items():
        if bind is not None:
            for key, table in _labelled(metadata, bind).tables.items():
                tables[f"{bind}:{key}" if key in tables else key] = table
    return tables


def _labelled(metadata: MetaData, bind: str) -> MetaData:
    """Return a copy of a bind's tables that says in each which bind it is of.

    The application's own tables stay as they are: Flask-SQLAlchemy 3 does not label
    them, and other libraries may look.
    """
    copies = MetaData(
        schema=metadata.schema, naming_convention=metadata.naming_convention
    )
    for table in metadata.tables.values():
        table.to_metadata(copies).info.setdefault("bind_key", bind)
    return copies
