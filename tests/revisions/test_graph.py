"""How much of a history is looked at: numbers that grow as the history does."""

from __future__ import annotations

import random
from typing import Iterator

import pytest

from flask_migrate_compat.revisions import graph as graph_module
from flask_migrate_compat.revisions.graph import (
    CircleError,
    Graph,
    UnusualHistoryError,
    newest_first,
    reachable,
)
from flask_migrate_compat.revisions.headers import Header


class Counted(dict):  # type: ignore[type-arg]
    """Count how often something is looked up."""

    count = 0

    def __getitem__(self, key: str) -> tuple[str, ...]:
        self.count += 1
        value: tuple[str, ...] = super().__getitem__(key)
        return value

    def get(self, key: str, default: object = None) -> object:
        self.count += 1
        return super().get(key, default)


def header(name: str, *down: str, depends_on: tuple[str, ...] = ()) -> Header:
    return Header(name, down, (), depends_on, "")


def chain(length: int) -> list[Header]:
    return [
        header(f"r{number}", *([f"r{number - 1}"] if number else []))
        for number in range(length)
    ]


def rounds(count: int, width: int) -> list[Header]:
    """Return branches that begin at one revision and are merged, again and again."""
    headers = [header("m0")]
    for number in range(count):
        tips = [f"b{number}_{place}" for place in range(width)]
        headers += [header(tip, f"m{number}") for tip in tips]
        headers.append(header(f"m{number + 1}", *tips))
    return headers


def test_a_chain() -> None:
    headers = chain(5)
    random.Random(1).shuffle(headers)
    graph = Graph(headers)
    assert (graph.heads, graph.bases) == (("r4",), ("r0",))
    assert graph.in_order() == ["r4", "r3", "r2", "r1", "r0"]


def test_no_revisions() -> None:
    graph = Graph([])
    assert graph.heads == graph.real_heads == graph.bases == graph.real_bases == ()
    assert graph.in_order() == []


def test_what_an_ancestor_needs_is_not_needed_again() -> None:
    graph = Graph(
        [
            header("x"),
            header("a", depends_on=("x",)),
            header("b", "a"),
            header("c", "b", depends_on=("x",)),
        ]
    )
    assert graph.dependencies["c"] == ("x",)
    assert list(graph.normalized_dependencies) == ["a"]
    assert graph.normalized_down["c"] == ("b",)


def test_a_dependency_makes_a_head_an_effective_one() -> None:
    graph = Graph([header("a"), header("b"), header("c", "b", depends_on=("a",))])
    assert graph.heads == ("a", "c")
    assert graph.real_heads == ("c",)
    assert graph.bases == ("a", "b")


@pytest.mark.parametrize(
    "headers",
    [
        [header("a"), header("a")],
        [header("a", "missing")],
        [header("a", depends_on=("missing",))],
        [header("a"), header("b")._replace(branch_labels=("a",))],
        [header(name)._replace(branch_labels=("x",)) for name in "ab"],
    ],
)
def test_faults(headers: list[Header]) -> None:
    with pytest.raises(UnusualHistoryError) as info:
        Graph(headers)
    assert not isinstance(info.value, CircleError)


def test_a_circle_is_named_without_what_only_hangs_on_it() -> None:
    headers = [
        header("base"),
        header("one", "base", "three"),
        header("two", "one"),
        header("three", "two"),
        header("head", "three"),
    ]
    with pytest.raises(CircleError) as info:
        Graph(headers)
    assert info.value.names == ["one", "three", "two"]


@pytest.mark.parametrize("make", [chain, lambda size: rounds(size // 51, 50)])
def test_the_order_looks_at_each_revision_some_times(make: object) -> None:
    def looks(size: int) -> int:
        graph = Graph(make(size))  # type: ignore[operator]
        down = Counted(graph.normalized_down)
        order = newest_first(graph.headers, graph.real_heads, down, graph.headers)
        assert len(order) == len(graph.headers)
        return down.count

    few, many = looks(1020), looks(4080)
    assert few <= 5 * 1100
    assert many <= 4.2 * few


def test_a_history_is_linked_in_a_few_steps_for_each_revision(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps = 0
    original = graph_module._parents_first

    def parents_first(*args: object) -> Iterator[str]:
        nonlocal steps
        for name in original(*args):  # type: ignore[arg-type]
            steps += 1
            yield name

    monkeypatch.setattr(graph_module, "_parents_first", parents_first)
    Graph(chain(1000))
    assert steps == 1000
    Graph([*chain(1000), header("x", "r999", depends_on=("r0", "r1"))])
    assert steps == 1000 + 2 * 1001


def test_reachable_sees_each_revision_once() -> None:
    graph = Graph(rounds(10, 10))
    down = Counted(graph.down)
    assert len(list(reachable(graph.heads, down))) == len(graph.headers) == 111
    assert down.count == 111
