"""Idioms of revision scripts written between 2013 and 2019, as data.

Each is the body of an ``upgrade()`` in which ``op``, ``sa``, ``bind``, the connection,
and ``users``, a lightweight table, are known. The revision before it has made

* ``users(id, name varchar(128), age)`` with the rows (1, 'a', 1) and (2, 'b', 2),
* ``things(id, a, b)`` with the row (1, 1, 1) and UNIQUE(a), named ``uq_u``,
* on PostgreSQL the enum type ``mood``, with the value 'ok'.

``PARAM`` stands for the driver's placeholder. What the body assigns to ``seen`` is
part of the result that is compared between stacks.
"""

from __future__ import annotations

import textwrap
from importlib import import_module
from typing import NamedTuple


class Idiom(NamedTuple):
    """One way of writing, and what it must have done.

    :param name: what it is called in the tables.
    :param code: the body of ``upgrade()``.
    :param check: a query of one value, sent on a new connection afterwards.
    :param expected: that value, as text.
    """

    name: str
    code: str
    check: str | None
    expected: str | None


#: Makes ``r``, a row.
ROW = """
r = bind.execute(sa.text("select id, name from users where id=1")).fetchone()
"""

#: Makes ``U``, a mapped class.
MODEL = """
from sqlalchemy.ext.declarative import declarative_base

Base = declarative_base()

class U(Base):
    __tablename__ = "users"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String(9))
"""

#: One module each, in the order of the tables.
SUBJECTS = (
    "strings",
    "constructs",
    "rows",
    "inspection",
    "tables",
    "transactions",
    "sessions",
    "types",
    "operations",
    "names",
    "further",
    "beyond",
)

_idioms: list[Idiom] = []


def idiom(
    name: str,
    code: str,
    given: str = "",
    check: str | None = None,
    expected: str | None = None,
) -> None:
    """Add an idiom; ``given`` is code that comes before it."""
    lines = given.strip() + "\n" + textwrap.dedent(code).strip()
    _idioms.append(Idiom(name, lines.strip() + "\n", check, expected))


def all_idioms() -> tuple[Idiom, ...]:
    """Return every idiom, in the order of the tables."""
    if not _idioms:
        for subject in SUBJECTS:
            import_module(f"{__name__}.{subject}")
    return tuple(_idioms)
