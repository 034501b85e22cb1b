"""The names that Alembic's arguments had once."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from alembic.operations import Operations

from flask_migrate_compat.legacy.revisions.operations import NAMES, _translate

from .conftest import IS_2, Upgrade

only_new = pytest.mark.skipif(not IS_2, reason="Alembic 1.4 knows the old names")


def translated(name: str, /, *args: Any, **kwargs: Any) -> Any:
    parameters = inspect.signature(getattr(Operations, name)).parameters
    return _translate(name, parameters, args, kwargs)


@only_new
def test_names() -> None:
    assert translated("drop_index", "i", tablename="t") == (("i",), {"table_name": "t"})
    assert translated("create_unique_constraint", name="u", source="t") == (
        (),
        {"constraint_name": "u", "table_name": "t"},
    )
    assert translated("create_primary_key", "p", "t", cols=["a"]) == (
        ("p", "t"),
        {"columns": ["a"]},
    )


@only_new
def test_positions() -> None:
    assert translated("alter_column", "t", "c", False) == (
        ("t", "c"),
        {"nullable": False},
    )
    assert translated("drop_constraint", "c", "t", "unique") == (
        ("c", "t", "unique"),
        {},
    )
    # Alembic 0.6 and 0.7 had `schema` before `unique`.
    assert translated("create_index", "i", "t", ["a"], "s", True) == (
        ("i", "t", ["a"]),
        {"schema": "s", "unique": True},
    )


def test_present_forms_are_left_alone() -> None:
    for name in NAMES:
        parameters = inspect.signature(getattr(Operations, name)).parameters
        kwargs = {key: None for key in parameters if key not in ("self", "kw")}
        assert _translate(name, parameters, (), kwargs) == ((), kwargs)


@only_new
def test_warns_at_the_line(upgrade: Upgrade) -> None:
    done = upgrade(
        """
        op.create_index("i", "things", ["a"])
        op.drop_index("i", tablename="things")
        """
    )
    (warning,) = done.caught
    line = done.file.read_text().splitlines()[warning.lineno - 1]
    assert "tablename" in line
    assert "Alembic 1.5" in str(warning.message)


@only_new
def test_a_wrong_argument_is_still_an_error(upgrade: Upgrade) -> None:
    with pytest.raises(TypeError):
        upgrade('op.drop_index("i", "things", "a", "b", "c", "d")')
