"""Test the pure parts of :mod:`tests.matrix`."""

from __future__ import annotations

import pytest

from tests.matrix import environments
from tests.matrix.__main__ import pytest_arguments
from tests.matrix.conformance import judge
from tests.matrix.results import Case, Outcome, read_junit, table
from tests.matrix.stacks import STACKS, Stack, select
from tests.matrix.suites import (
    FLASK_MIGRATE_2,
    FLASK_MIGRATE_4,
    FLASK_SCRIPT,
    SUITES,
    ExpectedFailure,
    applies,
    expected_failures,
)

EXPECTED = {"test_a.T.test_x": ExpectedFailure("outside of context", "needs a context")}


def stack(name: str) -> Stack:
    """Return the stack of this name."""
    return select((name,))[0]


def test_nothing_asked_means_all_stacks() -> None:
    assert select(()) == STACKS


def test_unknown_stack_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"no stack is called py2\. There are: anc38"):
        select(("anc38", "py2"))


def test_each_era_has_a_required_stack() -> None:
    required = {s.era for s in STACKS if s.required}
    assert required == {"ANCIENT", "OLD", "MID", "NEW"}
    assert len({s.name for s in STACKS}) == len(STACKS)


def test_fingerprint_changes_with_a_pin_and_with_the_python() -> None:
    old, new = stack("new313_sa20"), stack("new313_sa21")
    assert environments.fingerprint(old) == environments.fingerprint(old)
    assert environments.fingerprint(old) != environments.fingerprint(new)
    assert environments.fingerprint(old) != environments.fingerprint(
        stack("new312_sa20")
    )


def test_moved_pins() -> None:
    small = Stack("s", "NEW", "3.8", {"Flask-SQLAlchemy": "2.5.1", "click": "8.1.8"})
    assert not environments.moved_pins(
        small, {"flask_sqlalchemy": "2.5.1", "click": "8.1.8", "mako": "1"}
    )
    assert environments.moved_pins(small, {"click": "8.2"}) == [
        "Flask-SQLAlchemy is missing instead of 2.5.1",
        "click 8.2 instead of 8.1.8",
    ]


def test_named_interpreter_that_is_missing_is_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MATRIX_PYTHON_3_8", "/nonexistent/python")
    with pytest.raises(
        environments.NoInterpreterError, match=r"no Python 3\.8 .*MATRIX_PYTHON_3_8="
    ):
        environments.find_interpreter("3.8")


def test_warnings_of_old_libraries_are_not_errors() -> None:
    assert "-o" in pytest_arguments(stack("old38"))
    assert "-o" not in pytest_arguments(stack("new313_sa21"))
    assert pytest_arguments(stack("new313_sa21"), "cli")[-2:] == ["-k", "cli"]


def test_read_junit() -> None:
    cases = read_junit(
        "<testsuites><testsuite>"
        '<testcase classname="tests.legacy.test_a" name="test_1"/>'
        '<testcase classname="test_b.TestX" name="test_2">'
        '<failure message="assert 0">E  assert 0</failure>'
        "<system-out>$ flask\nValueError: first\nError: last\ngone</system-out>"
        "</testcase>"
        '<testcase classname="" name="tests.test_c">'
        '<error message="collection failure">no module</error></testcase>'
        '<testcase classname="tests.test_d" name="test_4">'
        '<skipped message="no server"/></testcase>'
        "</testsuite></testsuites>"
    )
    assert [(case.name, case.outcome) for case in cases] == [
        ("legacy.test_a.test_1", "passed"),
        ("test_b.TestX.test_2", "failed"),
        ("tests.test_c", "failed"),
        ("test_d.test_4", "skipped"),
    ]
    assert cases[1].detail == "assert 0\nE  assert 0"
    assert cases[1].reason == "assert 0 <- Error: last"
    assert cases[2].reason == "collection failure"


def test_outcome_without_results_is_not_ok() -> None:
    assert Outcome([Case("a", "passed")]).ok
    assert not Outcome([Case("a", "failed")]).ok
    assert not Outcome(problem="pytest ended with status 4").ok


def test_table() -> None:
    rows = [
        ("stack", "Flask", "passed"),
        ("anc38", "0.12.5", 7),
        ("gone", "why not"),
    ]
    assert table(rows).splitlines() == [
        "stack  Flask   passed",
        "-----  ------  ------",
        "anc38  0.12.5       7",
        "gone   why not",
    ]


def test_judge_accepts_what_is_listed() -> None:
    cases = [
        Case("test_a.T.test_x", "failed", "RuntimeError: outside of context"),
        Case("test_a.T.test_y", "passed"),
    ]
    verdict = judge(cases, EXPECTED, 2)
    assert verdict.passed == 1
    assert verdict.expected == ["test_a.T.test_x: needs a context"]
    assert verdict.unexpected == []


@pytest.mark.parametrize(
    ("case", "text"),
    [
        (Case("test_a.T.test_x", "passed"), "listed as failing"),
        (Case("test_a.T.test_x", "failed", "TypeError: other"), "TypeError: other"),
        (Case("test_a.T.test_z", "failed", "\nAssertionError"), "AssertionError"),
        (Case("test_a.T.test_x", "skipped"), "skipped"),
    ],
)
def test_judge_finds_what_is_not_listed(case: Case, text: str) -> None:
    verdict = judge([case], EXPECTED, 1)
    assert len(verdict.unexpected) == 1
    assert text in verdict.unexpected[0]


def test_judge_notices_lost_tests() -> None:
    assert judge([], {}, 46).unexpected == ["0 tests were run instead of 46"]


def test_suites_of_a_stack() -> None:
    assert not applies(FLASK_MIGRATE_4, stack("anc38"))
    assert applies(FLASK_MIGRATE_4, stack("mid310"))
    assert all(applies(FLASK_SCRIPT, s) for s in STACKS)


def test_failures_are_expected_of_one_suite_and_flask_sqlalchemy_3_only() -> None:
    assert expected_failures(FLASK_MIGRATE_2, stack("mid310")) == {}
    assert len(expected_failures(FLASK_MIGRATE_2, stack("mid310b"))) == 5
    assert len(expected_failures(FLASK_MIGRATE_2, stack("new313_sa21"))) == 5
    others = [suite for suite in SUITES if suite is not FLASK_MIGRATE_2]
    assert not any(expected_failures(suite, s) for suite in others for s in STACKS)
