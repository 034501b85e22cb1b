"""The quick map finds what Alembic's map finds, in every history."""

from __future__ import annotations

import functools
import re
import warnings
from types import ModuleType
from typing import Any, Callable

import pytest
from hypothesis import given, settings, strategies as st

pytest.importorskip("alembic", minversion="1.10")

from alembic.script import Script
from alembic.script.revision import DependencyCycleDetected, Revision, RevisionMap

from flask_migrate_compat.revisions.alembic_map import LazyScript, QuickRevisionMap
from flask_migrate_compat.revisions.graph import CircleError, Graph, UnusualHistoryError
from flask_migrate_compat.revisions.headers import Header, is_usual

from .histories import histories


def stock_script(header: Header) -> Script:
    """Make what Alembic makes of a file that says the same."""
    module = ModuleType("revision", header.doc)
    vars(module).update(
        down_revision=header.down_revisions or None,
        depends_on=header.depends_on or None,
        branch_labels=header.branch_labels or None,
    )
    return Script(module, header.revision, "a.py")


def stock_map(headers: list[Header]) -> RevisionMap:
    return RevisionMap(lambda: [stock_script(one) for one in headers])


def quick_map(headers: list[Header]) -> QuickRevisionMap:
    # Files of which the header cannot be told are imported.
    return QuickRevisionMap(
        lambda: [
            LazyScript(one, "a.py") if is_usual(one) else stock_script(one)
            for one in headers
        ]
    )


def outcome(function: Callable[[], Any]) -> Any:
    """Return what a function returns or raises, and what it warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = _plain(function())
        except Exception as error:
            # Which of two Alembic names first is a matter of chance.
            words = sorted(re.findall(r"\w+", re.sub(r"'label.*", "", str(error))))
            result = (type(error).__name__, words)
    return result, [str(warning.message) for warning in caught]


def _plain(value: Any) -> Any:
    if isinstance(value, Revision):
        return value.revision
    if isinstance(value, (set, frozenset)):
        return {_plain(one) for one in value}
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (str, bool)) or value is None:
        return value
    return [_plain(one) for one in value]


def attributes(map_: RevisionMap) -> Any:
    loose: Any = map_
    # The order of labels is that of a set of objects, a new one in each process.
    revisions = [name for name, one in loose._revision_map.items() if one is not None]
    revisions = [name for name in revisions if not name.startswith("label")]
    return revisions, {
        name: (
            script.revision,
            script.down_revision,
            script.dependencies,
            sorted(script.branch_labels),
            sorted(script.nextrev),
            sorted(script._all_nextrev),
            script._all_down_revisions,
            script._normalized_down_revisions,
            script._versioned_down_revisions,
            script.is_head,
            script._is_real_head,
            script.is_base,
            script._is_real_base,
            script.is_branch_point,
            script.is_merge_point,
        )
        for name, script in loose._revision_map.items()
        if script is not None
    }


def has_hidden_circle(stock: RevisionMap, headers: list[Header]) -> bool:
    """Tell whether there is a circle that Alembic does not see, and walks for ever."""
    if not all(map(is_usual, headers)):
        return False
    try:
        Graph(headers)
    except CircleError:
        return not isinstance(outcome(lambda: stock.heads)[0], tuple)
    except UnusualHistoryError:
        return False
    return False


@settings(max_examples=300, deadline=None)
@given(histories(faults=True))
def test_the_links_are_the_same(headers: list[Header]) -> None:
    stock, quick = stock_map(headers), quick_map(headers)

    def everything(map_: Any) -> Any:
        ends = map_.heads, map_._real_heads, map_.bases, map_._real_bases
        return [*ends, attributes(map_)]

    if has_hidden_circle(stock, headers):
        with pytest.raises(DependencyCycleDetected):
            attributes(quick)
    else:
        assert outcome(lambda: everything(quick)) == outcome(lambda: everything(stock))


SYMBOLS = ["head", "heads", "base", "+1", "+2", "-1", "-2", "label0", "label1@head"]
SYMBOLS += ["label0@base", "label0@+1", "label1@heads", "a0", "none", "a000"]


@settings(max_examples=500, deadline=None)
@given(histories(faults=True), st.data())
def test_each_walk_is_the_same(headers: list[Header], data: st.DataObject) -> None:
    names = [header.revision for header in headers] or ["none"]
    identifiers = st.one_of(st.sampled_from(names), st.sampled_from(SYMBOLS))
    several = st.lists(st.sampled_from(names), max_size=3, unique=True).map(tuple)
    upper = data.draw(st.one_of(identifiers, several))
    lower = data.draw(st.one_of(identifiers, several, st.none()))
    options: dict[str, Any] = data.draw(
        st.fixed_dictionaries(
            {
                "implicit_base": st.booleans(),
                "inclusive": st.booleans(),
                "assert_relative_length": st.booleans(),
                "select_for_downgrade": st.booleans(),
            }
        )
    )
    stock, quick = stock_map(headers), quick_map(headers)
    if has_hidden_circle(stock, headers):
        return
    walks: list[Callable[[Any], Any]] = [
        lambda map_: map_.iterate_revisions(upper, lower, **options),
        lambda map_: map_.get_revisions(upper),
        lambda map_: map_._get_all_current(upper),
        lambda map_: map_.filter_for_lineage(names, lower),
        lambda map_: map_.iterate_revisions("heads", "base", inclusive=True),
    ]
    for walk in walks:
        found, expected = (
            outcome(functools.partial(walk, map_)) for map_ in (quick, stock)
        )
        assert found == expected


@settings(max_examples=100, deadline=None)
@given(histories(), st.data())
def test_a_revision_that_is_added(headers: list[Header], data: st.DataObject) -> None:
    stock, quick = stock_map(headers), quick_map(headers)
    heads = stock.heads
    parents = (
        data.draw(st.lists(st.sampled_from(heads), max_size=2, unique=True))
        if (heads)
        else []
    )
    for map_ in (stock, quick):
        attributes(map_)
        map_.add_revision(Revision("new", tuple(parents) or None))
    assert attributes(quick) == attributes(stock)
    assert outcome(lambda: quick.iterate_revisions("heads", "base")) == outcome(
        lambda: stock.iterate_revisions("heads", "base")
    )


@given(histories())
def test_a_history_without_a_fault_is_walked_quickly(headers: list[Header]) -> None:
    quick = quick_map(headers)
    attributes(quick)
    assert quick.is_quick


def test_a_circle_that_alembic_would_walk_for_ever() -> None:
    links = [
        ("base", (), ()),
        ("one", ("base",), ("three",)),
        ("two", ("one",), ()),
        ("three", (), ("two",)),
        ("head", ("two",), ()),
    ]
    headers = [Header(name, down, (), needs, "") for name, down, needs in links]
    assert stock_map(headers).heads
    with pytest.raises(DependencyCycleDetected, match=r"\(one, three, two\)"):
        attributes(quick_map(headers))
