"""What is not the same in two snapshots, as lines for a person."""

from __future__ import annotations

import collections
import difflib
from typing import Any, Collection, Iterator, Mapping, Sequence, Tuple

#: The rows of one table: the names of its columns, and its values as text.
Table = Mapping[str, Sequence[Any]]
Column = Tuple[str, str]
_MOST = 3


def of_schema(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Compare what a database has: tables, columns, keys, indexes, constraints.

    :param before: table -> part -> description of each.
    :param after: the same of the other side.
    """
    lines = []
    for table in sorted({*before, *after}):
        if table not in after:
            lines.append(f"table {table}: is missing after the change")
        elif table not in before:
            lines.append(f"table {table}: is there only after the change")
        else:
            lines += _of_table(table, before[table], after[table])
    return lines


def _of_table(
    table: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[str]:
    found = False
    for part in before:
        old = collections.Counter(before[part])
        new = collections.Counter(after.get(part, ()))
        gone, come = sorted((old - new).elements()), sorted((new - old).elements())
        # A definition says all of it once more.
        if (gone or come) and not (part == "definition" and found):
            found = True
            yield (
                f"table {table}, {part}: {'; '.join(gone) or 'none'} before,"
                f" {'; '.join(come) or 'none'} after"
            )


def of_tables(
    before: Mapping[str, Table],
    after: Mapping[str, Table],
    *,
    without: Collection[Column] = (),
) -> list[str]:
    """Compare the rows of the tables that both sides have.

    :param without: columns that are not compared.
    """
    lines = []
    for name in sorted({*before} & {*after}):
        left_out = {column for table, column in without if table == name}
        old, new = (_rows(side[name], left_out) for side in (before, after))
        if old == new:
            continue
        count, other = sum(old.values()), sum(new.values())
        if count != other:
            lines.append(f"table {name}: {count} rows before, {other} after")
        examples = zip(sorted((old - new).elements()), sorted((new - old).elements()))
        for number, (one, two) in enumerate(examples):
            if number == _MOST:
                lines.append(f"table {name}: and more rows")
                break
            lines.append(f"table {name}: the row ({one}) is ({two}) after")
    return lines


def _rows(table: Table, left_out: Collection[str]) -> collections.Counter[str]:
    kept = [
        index for index, name in enumerate(table["columns"]) if name not in left_out
    ]
    return collections.Counter(
        ", ".join(row[index] for index in kept) for row in table["rows"]
    )


def differing_columns(
    before: Mapping[str, Table], again: Mapping[str, Table]
) -> set[Column]:
    """Return the columns whose values are not the same in two runs of one side."""
    found = set()
    for name in {*before} & {*again}:
        one, two = before[name], again[name]
        for index, column in enumerate(one["columns"]):
            values = [
                collections.Counter(row[index] for row in side["rows"])
                for side in (one, two)
            ]
            if values[0] != values[1]:
                found.add((name, column))
    return found


def of_sql(name: str, before: str, after: str) -> list[str]:
    """Compare SQL statement by statement; white space does not count."""
    old, new = (
        [line for line in map(_normal, text.split(";\n")) if line]
        for text in (before, after)
    )
    where = f"SQL of the database {name}" if name else "SQL"
    changes = [
        line for line in difflib.ndiff(old, new) if line.startswith(("- ", "+ "))
    ]
    lines = [
        f"{where}, {'before' if line[0] == '-' else 'after'}: {line[2:]}"
        for line in changes[: 2 * _MOST]
    ]
    if len(changes) > len(lines):
        lines.append(f"{where}: and {len(changes) - len(lines)} more statements")
    return lines


def _normal(statement: str) -> str:
    lines = [line for line in statement.splitlines() if not line.startswith("--")]
    return " ".join(" ".join(lines).split())
