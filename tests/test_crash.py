"""Test the pure parts of :mod:`tests.crash`."""

from __future__ import annotations

import importlib
import runpy
from pathlib import Path

import pytest

from tests import servers
from tests.crash import reports, rounds
from tests.crash.options import CRASH, KINDS, REPLICAS, parser
from tests.crash.own_servers import own_server
from tests.crash.points import Reference, points_of
from tests.crash.stage import NotHere
from tests.crash.targets import State

CHAIN = Path(reports.__file__).with_name("chain")


def test_chain_has_20_revisions_in_a_row() -> None:
    scripts = [runpy.run_path(str(path)) for path in sorted(CHAIN.glob("*.py"))]
    names = [f"r{number:02}" for number in range(1, 21)]
    assert [script["revision"] for script in scripts] == names
    assert [script["down_revision"] for script in scripts] == [None, *names[:-1]]
    assert all(callable(script["upgrade"]) for script in scripts)


def test_points_are_before_the_first_act_and_after_each() -> None:
    reference = Reference(State([], {}), {"driver": ["a", "b"]}, 0.0)
    some = ["driver:1:before", "driver:1:after", "driver:2:after"]
    assert points_of(reference, "driver", is_full=False) == some
    every = [*some[:2], "driver:2:before", some[2]]
    assert points_of(reference, "driver", is_full=True) == every


def test_ids_that_the_database_gave_out_are_compared_by_rank() -> None:
    def state(first: int) -> State:
        events = [{"id": first}, {"id": first + 5}]
        tags = [{"id": 1, "event_id": first + 5}]
        return State([], {"event": events, "event_tag": tags})

    assert not state(1).differences(state(3))
    lost = State([], {"event": [{"id": 1}], "event_tag": [{"id": 1, "event_id": 2}]})
    assert any("lost 2" in line for line in lost.differences(state(1)))


def test_rounds_meet_every_size_and_state_forked_and_not() -> None:
    planned = rounds.plan(50, None)
    met = {(one.size, one.start, one.per_migration) for one in planned}
    assert len(met) == 8
    assert {one.size for one in planned if one.real} == set(rounds.SIZES)
    assert {one.face for one in planned} == {"flask", "manage", "function"}
    assert {one.size for one in rounds.plan(12, None) if one.real} == set(rounds.SIZES)


def test_each_kind_has_scenarios() -> None:
    inside = importlib.import_module("tests.crash.inside")
    for module in inside.DECLARING:
        functions = {one.play for one in inside.stage.SCENARIOS.values()}
        assert any(function.__module__ == module.__name__ for function in functions)
    kinds = {kind for one in inside.stage.SCENARIOS.values() for kind in one.kinds}
    assert kinds == set(KINDS)


def test_counts_survive_the_way_out_of_an_environment(tmp_path: Path) -> None:
    count = reports.Count("what", "sqlite")
    count.add("first", "")
    count.add("second", "is wrong")
    reports.write([count], tmp_path / "report.json")
    (again,) = reports.read(tmp_path / "report.json")
    assert (again.passed, again.failed) == (1, 1)
    assert reports.read(tmp_path / "missing.json") == []


def test_options_have_defaults() -> None:
    assert parser(CRASH).parse_args([]).rounds == 100
    assert parser(REPLICAS).parse_args(["--server", "mariadb"]).server == ["mariadb"]


def test_server_of_our_own_shares_no_folder_with_another() -> None:
    pytest.importorskip("pymysql")
    try:
        with own_server("mariadb") as server:
            ((folder,),) = servers.execute(server.url, "SELECT @@tmpdir")
            assert Path(folder) == server.folder / "tmp"
    except NotHere as error:
        pytest.skip(str(error))
