"""Test what :mod:`benchmarks` does beside measuring: histories, figures, the page."""

from __future__ import annotations

import datetime
import sys
import xml.etree.ElementTree as ElementTree
from argparse import Namespace
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from alembic.util import to_tuple

from benchmarks import growth, histories, page, projects
from benchmarks.__main__ import choose, hand_over
from benchmarks.commands import in_turn, run
from benchmarks.results import Result, Sample, Spread, from_pairs, report
from benchmarks.rows import ALL_ROWS, ROWS, linearity


def options(**more: object) -> Namespace:
    usual = {"rows": None, "quick": False, "write": False, "json": None}
    return Namespace(**{**usual, **more})


def result(key: str, peer: float, ours: float, target: float | None = None) -> Result:
    return from_pairs(key, key, [(Sample(peer, peer), Sample(ours, ours))], target)


# --- histories --------------------------------------------------------------------


def test_a_linear_history_has_one_head() -> None:
    history = histories.linear(7)
    assert len(history) == 7
    assert len({revision.identifier for revision in history}) == 7
    assert histories.heads(history) == [history[-1].identifier]


def test_a_branched_history_has_the_revisions_and_merges_it_promises() -> None:
    make, _ = projects.HISTORIES[projects.BRANCHED]
    history = make()
    merges = [revision for revision in history if len(revision.follows) > 1]
    assert len(history) == 5000
    assert [len(merge.follows) for merge in merges] == [50] * 25
    assert histories.heads(history) == [merges[-1].identifier]


def test_branches_without_revisions_are_refused() -> None:
    with pytest.raises(ValueError, match="not enough revisions"):
        histories.branched(20, rounds=5, branches=4)


def test_alembic_reads_what_is_written(tmp_path: Path) -> None:
    history = histories.branched(60, rounds=3, branches=6)
    versions = tmp_path / "versions"
    versions.mkdir()
    histories.write(history, versions, histories.create_table)
    read = ScriptDirectory(str(tmp_path))
    assert read.get_heads() == histories.heads(history)
    assert {
        r.revision: set(to_tuple(r.down_revision, ())) for r in read.walk_revisions()
    } == {revision.identifier: set(revision.follows) for revision in history}


def test_a_history_is_the_same_each_time(tmp_path: Path) -> None:
    for side in ("peer", "ours"):
        (tmp_path / side).mkdir()
        history = histories.linear(5)
        histories.write(history, tmp_path / side, histories.nothing)
    peer, ours = (
        {path.name: path.read_bytes() for path in (tmp_path / side).iterdir()}
        for side in ("peer", "ours")
    )
    assert peer == ours
    assert len(ours) == 5


# --- figures ----------------------------------------------------------------------


def test_a_ratio_is_that_of_the_pairs() -> None:
    pairs = [
        (Sample(4.0, 3.0), Sample(1.0, 1.0)),
        (Sample(9.0, 8.0), Sample(3.0, 2.0)),
        (Sample(4.0, 2.0), Sample(2.0, 1.0)),
    ]
    found = from_pairs("key", "title", pairs, 3)
    assert found.ratio == Spread(3.0, 2.0, 4.0)
    assert found.cpu_ratio == Spread(3.0, 2.0, 4.0)
    assert (found.peer, found.ours) == ("4.00 s", "2.00 s")
    assert found.verdict == "reached"
    assert from_pairs("key", "title", pairs, 3.1).verdict == "missed"
    assert from_pairs("key", "title", pairs, None).verdict == ""


def test_a_target_is_reached_by_both_clocks_unless_the_disk_is_what_counts() -> None:
    pairs = [(Sample(4.0, 1.0), Sample(1.0, 1.0))]
    assert from_pairs("key", "title", pairs, 2).verdict == "missed"
    found = from_pairs("key", "title", pairs, 2, is_waiting=True)
    assert found.verdict == "reached"


def test_without_processor_times_there_is_no_ratio_of_them() -> None:
    found = from_pairs("key", "title", [(Sample(2.0), Sample(1.0))], None)
    assert found.cpu_ratio is None


@pytest.mark.parametrize(
    ("ours", "problem"),
    [
        (Sample(1.0, 1.0, "b\n"), "the output differs: line 1 is 'a', and 'b'"),
        (Sample(1.0, 1.0, ""), "the output differs: there are 1 lines, and 0"),
        (Sample(1.0, 1.0, "a\n", "it failed"), "this package: it failed"),
    ],
)
def test_sides_that_do_not_do_the_same_are_marked(ours: Sample, problem: str) -> None:
    found = from_pairs("key", "title", [(Sample(9.0, 9.0, "a\n"), ours)], 2)
    assert (found.verdict, found.problem) == ("WRONG", problem)
    assert report([found]).endswith(f"WRONG: title: {problem}")


def test_a_failed_row_gives_status_1_and_a_missed_target_does_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    missed = result("one", 1.0, 1.0, 2.0)
    assert hand_over([missed], options()) == 0
    assert "missed" in capsys.readouterr().out
    failed = Result("two", "two", "", "", problem="no")
    assert hand_over([missed, failed], options()) == 1


def test_the_sides_take_turns_and_the_first_pair_is_forgotten() -> None:
    calls: list[int] = []

    def measure(side: int) -> int:
        calls.append(side)
        return side

    assert in_turn(measure, 2) == [(0, 1), (0, 1)]
    assert calls == [0, 1, 1, 0, 0, 1]


@pytest.mark.parametrize(
    ("key", "times", "verdict"),
    [("linear", (0.5, 1.5, 2.5), "reached"), ("square", (0.5, 1.5, 4.5), "missed")],
)
def test_growth_of_current(key: str, times: tuple[float, ...], verdict: str) -> None:
    sizes = (1, 5000, 10000)
    results = [result(f"current-{s}", 9 * s, time) for s, time in zip(sizes, times)]
    found = linearity(results)
    assert found is not None
    assert found.verdict == verdict
    assert linearity(results[1:]) is None


# --- commands ---------------------------------------------------------------------


def test_a_command_is_measured_and_its_failure_told(tmp_path: Path) -> None:
    sample = run([sys.executable, "-c", "print('done')"], tmp_path, {})
    assert (sample.output.strip(), sample.problem) == ("done", "")
    assert sample.wall > 0
    failed = run([sys.executable, "-c", "raise SystemExit('why')"], tmp_path, {})
    assert failed.problem == "the command failed: why"


# --- rows -------------------------------------------------------------------------


def test_rows_have_different_names_and_known_histories() -> None:
    keys = [row.key for row in ALL_ROWS]
    assert len(keys) == len(set(keys))
    assert {row.history for row in ALL_ROWS} - {""} <= set(projects.HISTORIES)


def test_each_size_of_the_growth_curve_is_measured() -> None:
    keys = {row.key for row in ALL_ROWS}
    assert keys >= {f"{c}-{s}" for c in growth.GROWING for s in growth.SIZES}


def test_rows_of_one_history_are_measured_together() -> None:
    names = [row.history for row in choose(options(write=True))]
    changes = [one for one, other in zip(names, names[1:]) if one != other]
    assert len(names) == len(ALL_ROWS)
    assert len(changes) == len(set(names)) - 1


def test_rows_are_chosen_by_pattern() -> None:
    assert [row.key for row in choose(options())] == [row.key for row in ROWS]
    chosen = choose(options(rows=["heads-[15]*", "worker"], quick=True))
    sizes = ("1", "5000", "100", "1000", "10000")
    assert {r.key for r in chosen} == {"worker", *(f"heads-{s}" for s in sizes)}
    assert not [row for row in choose(options(quick=True)) if row.is_slow]
    with pytest.raises(ValueError, match="no such rows"):
        choose(options(rows=["nonsense"]))


# --- the page ---------------------------------------------------------------------


def growing() -> list[Result]:
    return [
        result(f"{command}-{size}", 0.5 + (size / 1000) ** 2 * 0.4, 0.5 + size / 10000)
        for command in growth.GROWING
        for size in growth.SIZES
    ]


def test_the_picture_is_a_picture_and_tells_its_figures_in_words() -> None:
    lines = growth.curves(growing())
    assert [(line.command, line.side) for line in lines] == [
        (command, side) for command in growth.GROWING for side in growth.SIDES
    ]
    root = ElementTree.fromstring(growth.draw(lines))
    space = "{http://www.w3.org/2000/svg}"
    assert root.tag == f"{space}svg"
    described = root.find(f"{space}desc")
    assert described is not None
    assert "this package: 0.51 seconds at 100 revisions" in str(described.text)
    marks = [*root.iter(f"{space}circle"), *root.iter(f"{space}rect")]
    # Each point, one mark for each side in the legend, and the ground.
    assert len(marks) == len(lines) * len(growth.SIZES) + 2 + 1


def test_the_picture_stays_within_its_frame() -> None:
    lines = growth.curves(growing())
    for element in ElementTree.fromstring(growth.draw(lines)).iter():
        for name, end in (("x", growth.WIDTH), ("y", growth.HEIGHT)):
            assert 0 <= float(element.get(name, 0)) <= end


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.3, 40, [0.2, 0.5, 1, 2, 5, 10, 20, 50]), (0.5, 2, [0.5, 1, 2])],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert growth.ticks(low, high) == pytest.approx(expected)


def test_the_page_has_a_place_for_the_figures() -> None:
    if not page.PAGE.exists():
        pytest.skip("the documentation was not copied along")
    text = page.PAGE.read_text("utf-8")
    day = datetime.date(2024, 2, 1)
    figures = page.figures([result("heads", 2.0, 1.0, 1.5)], "Python 3", day)
    new = page.renewed(text, figures)
    assert page.renewed(new, figures) == new
    assert "Measured on 2024-02-01 with Python 3." in new
    assert "2.00 (2.00 to 2.00)" in new
    with pytest.raises(ValueError, match="no place for the figures"):
        page.renewed("nothing", figures)
