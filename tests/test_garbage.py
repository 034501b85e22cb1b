"""How often Python looks for garbage."""

from __future__ import annotations

import contextlib
import gc

import pytest

from flask_migrate_compat.garbage import fewer_collections


@pytest.mark.parametrize("threshold", [(700, 10, 10), (0, 10, 10), (500_000, 7, 5)])
def test_less_often_and_then_as_before(threshold: tuple[int, int, int]) -> None:
    before = gc.get_threshold()
    gc.set_threshold(*threshold)
    try:
        with contextlib.suppress(LookupError), fewer_collections():
            now = gc.get_threshold()
            assert now[0] in (threshold[0], 100_000)
            assert now >= threshold
            assert now[1:] == threshold[1:]
            raise LookupError
        assert gc.get_threshold() == threshold
    finally:
        gc.set_threshold(*before)


def test_two_blocks_that_overlap() -> None:
    """As those of two threads do."""
    before = gc.get_threshold()
    first, second = fewer_collections(), fewer_collections()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert gc.get_threshold()[0] == 100_000
    second.__exit__(None, None, None)
    assert gc.get_threshold() == before
