"""What is written into the journal is read as it was."""

from __future__ import annotations

import datetime
import decimal
import math
import uuid
from typing import Any

import pytest
from hypothesis import given, strategies as st

from flask_migrate_compat.running.journal import values

SCALARS = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.text(), st.binary()),
    st.floats(allow_nan=False),
    st.decimals(allow_nan=False),
    *(st.datetimes(), st.dates(), st.times(), st.timedeltas(), st.uuids()),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.dictionaries(st.text(), inner),
    ),
    max_leaves=20,
)


@given(value=VALUES)
def test_any_value_survives(value: Any) -> None:
    read = values.loads(values.dumps(value))
    assert read == value
    assert type(read) is type(value)


def test_a_float_that_is_no_number_survives() -> None:
    assert math.isnan(values.loads(values.dumps(float("nan"))))


def test_much_is_compressed_and_too_much_refused() -> None:
    rows = [[number, "name"] for number in range(10_000)]
    text = values.dumps(rows)
    assert len(text) < 100_000
    assert values.loads(text) == rows
    noise = [str(uuid.uuid4()) for _ in range(60_000)]
    with pytest.raises(values.UnknownValueError):
        values.dumps(noise)


def test_what_is_not_known_is_refused() -> None:
    with pytest.raises(values.UnknownValueError):
        values.dumps(object())


class Name(str):
    """A string of a driver."""


def test_classes_of_drivers_are_kept_as_what_they_are() -> None:
    assert values.loads(
        values.dumps([Name("a"), bytearray(b"x"), memoryview(b"y")])
    ) == [
        "a",
        b"x",
        b"y",
    ]


@given(one=VALUES, other=VALUES)
def test_a_fingerprint_tells_parameters_apart(one: Any, other: Any) -> None:
    same = values.fingerprint("SELECT 1", [one]) == values.fingerprint(
        "SELECT 1", [other]
    )
    # 1, 1.0 and True are equal, and are not the same parameters.
    assert same == (values.dumps(one) == values.dumps(other))


def test_a_fingerprint_passes_over_the_numbers_of_savepoints() -> None:
    one = values.fingerprint("SAVEPOINT sa_savepoint_1", ())
    assert one == values.fingerprint("SAVEPOINT sa_savepoint_4", ())
    assert one != values.fingerprint("SAVEPOINT a", ())
    assert one != values.fingerprint(
        "SAVEPOINT sa_savepoint_1", (decimal.Decimal(1), datetime.date(2020, 1, 1))
    )
