"""Rows: what cannot be answered is not answered in silence."""

from __future__ import annotations

import pytest

from flask_migrate_compat import MigrateError

from .conftest import Upgrade, only_on_2
from .idioms import ROW


@only_on_2
def test_a_value_that_is_no_name_stops_the_revision(upgrade: Upgrade) -> None:
    with pytest.raises(MigrateError, match=r"line \d+: 'a' in row: False .* True"):
        upgrade(ROW + 'seen.append("a" in r)')


@only_on_2
def test_without_the_guard_the_answer_is_silently_false(upgrade: Upgrade) -> None:
    assert upgrade(ROW + 'seen.append("name" in r)', mode="off").seen == [False]
    assert upgrade(ROW + 'seen.append("name" in r)').seen == [True]


@only_on_2
def test_modern_questions_are_answered_as_ever(upgrade: Upgrade) -> None:
    done = upgrade(
        ROW
        + """
seen.extend(["a" in tuple(r), "name" in r._mapping, 1 in r, 7 in r])
seen.extend([r._mapping["name"], r._asdict(), hash(r) == hash((1, "a"))])
        """,
        mode="error",
    )
    assert done.seen[:4] == [True, True, True, False]
    assert done.seen[4:] == ["a", {"id": 1, "name": "a"}, True]


@only_on_2
def test_a_column_named_like_a_method_is_the_column(upgrade: Upgrade) -> None:
    done = upgrade(
        """
        row = bind.execute(sa.text("SELECT 1 AS keys, 2 AS items")).first()
        seen.extend([row.keys, row.items, row.values()])
        """
    )
    assert done.seen == [1, 2, [1, 2]]


@only_on_2
def test_dict_of_a_row_warns_once(upgrade: Upgrade) -> None:
    done = upgrade(ROW + "seen.append(dict(r))")
    assert len(done.caught) == 1
    assert "dict(row._mapping)" in done.messages[0]
