"""Test :mod:`flask_migrate_compat.codemods.verify.coverage`."""

from __future__ import annotations

import pytest

from flask_migrate_compat.codemods.verify.coverage import lines_not_run

OLD = b"""\
def upgrade():
    "Documentation."
    for row in rows:
        one(
            row,
        )
    try:
        two()
    except ValueError:
        three()
"""


@pytest.mark.parametrize(
    ("old", "new", "run", "expected"),
    [
        (b"one", b"one", {4}, []),
        (b"row,", b"row.x,", {3}, [4]),
        (b"row,", b"row.x,", {3, 4}, []),
        (b"row,", b"row.x,", {3, 5}, []),
        (b"rows", b"some", set(), [3]),
        (b"rows", b"some", {3}, []),
        (b"two()", b"two(2)", {7}, [8]),
        (b"three()", b"three(3)", {7, 8}, [10]),
        (b"ValueError", b"KeyError", {7, 8}, []),
        (b"Documentation", b"Text", set(), []),
        (b"upgrade()", b"upgrade(name)", set(), []),
    ],
)
def test_statements(old: bytes, new: bytes, run: set[int], expected: list[int]) -> None:
    assert lines_not_run(OLD, OLD.replace(old, new), run) == expected


def test_line_ends_do_not_matter() -> None:
    old = OLD.replace(b"\n", b"\r\n")
    assert lines_not_run(old, old.replace(b"two()", b"two(2)"), set()) == [8]
