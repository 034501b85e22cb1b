"""Restart the server, or cut its connections, in the middle of a run."""

from __future__ import annotations

import contextlib
import time
from typing import Any, Iterator

from sqlalchemy.engine.url import make_url

from .. import servers
from .own_servers import STOPS, OwnServer, own_server
from .processes import Result
from .proxy import Proxy, proxy
from .stage import Stage, check, expect, scenario
from .targets import connected

ON_SERVERS = ("postgresql", "mariadb")
WAYS = ("orderly", "at once")
#: Whether the run is in a statement, or between two, when it happens.
MOMENTS: dict[str, dict[str, Any]] = {
    "in a statement": {},
    "between two": {"CRASH_IDLE": "1"},
}


@scenario(*ON_SERVERS, each=WAYS)
def server_restarted(stage: Stage, way: str) -> None:
    """The server is restarted in the middle of a revision."""
    with own_server(stage.kind) as server:
        for number, idle in enumerate(MOMENTS.values()):
            stage.env["CRASH_URL"] = _fresh_database(server, f"fresh{number}")
            running = stage.start_and_pause(pause=3, **idle)
            server.stop(STOPS[stage.kind][way])
            server.start()
            expect(running.wait(), 1)
            with connected(stage.kind, stage.env["CRASH_URL"]) as target:
                if stage.kind == "postgresql":
                    check(not target.tables(), f"left behind: {target.tables()}")
                expect(stage.run(), 0)
                stage.check_small_chain(target)


@scenario(*ON_SERVERS, each=WAYS)
def server_restarted_while_waiting(stage: Stage, way: str) -> None:
    """The server is restarted while one run holds the lock, and one waits."""
    with own_server(stage.kind) as server:
        stage.env["CRASH_URL"] = _fresh_database(server, "fresh")
        holder = stage.start_and_hold()
        waiter = stage.start_and_wait()
        server.stop(STOPS[stage.kind][way])
        server.start()
        stage.let_go()
        expect(holder.wait(), 1)
        _expect_either(waiter.wait())
        with connected(stage.kind, stage.env["CRASH_URL"]) as target:
            expect(stage.run(), 0)
            stage.check_small_chain(target)


def _fresh_database(server: OwnServer, name: str) -> str:
    servers.execute(server.url, f"CREATE DATABASE {name}")
    return server.url.rpartition("/")[0] + f"/{name}"


def _expect_either(result: Result) -> None:
    """Check that a run succeeded, or said in one line why it did not."""
    expect(result, 1 if result.status else 0)


# --- connections ------------------------------------------------------------------


@contextlib.contextmanager
def _through_a_proxy(stage: Stage) -> Iterator[tuple[Proxy, str]]:
    """Yield a proxy of the server, and the URL of the database through it."""
    url = make_url(stage.target.url)
    default = {"postgresql": 5432, "mariadb": 3306}[stage.kind]
    port = url.port or default
    with proxy(str(url.host), port) as made:
        place = f"@{url.host}" + (f":{url.port}" if url.port else "")
        head, _, tail = stage.target.url.rpartition(place)
        yield made, f"{head}@127.0.0.1:{made.port}{tail}"


@scenario(*ON_SERVERS, each=list(MOMENTS))
def all_connections_cut(stage: Stage, moment: str) -> None:
    """The network is gone in the middle of a revision."""
    with _through_a_proxy(stage) as (between, url):
        running = stage.start_and_pause(CRASH_URL=url, **MOMENTS[moment])
        for number in between.open_connections:
            between.cut(number)
        expect(running.wait(), 1)
        stage.check_repair()


@scenario(*ON_SERVERS, each=list(MOMENTS))
def each_connection_cut(stage: Stage, moment: str) -> None:
    """One of the connections is lost, which may be the one that holds the lock.

    Meanwhile another run tries to get the lock.
    """
    number = 0
    while True:
        stage.target.reset()
        with _through_a_proxy(stage) as (between, url):
            running = stage.start_and_pause(3, CRASH_URL=url, **MOMENTS[moment])
            connections = between.open_connections
            between.cut(connections[number])
            other = stage.start()
            results = running.wait(), other.wait()
        for result in results:
            _expect_either(result)
        try:
            stage.check_repair()
        except AssertionError as problem:
            statuses = [result.status for result in results]
            raise AssertionError(
                f"without connection {number} of {len(connections)}, statuses"
                f" {statuses}: {problem}"
            ) from problem
        number += 1
        if number >= len(connections):
            return


@scenario(*ON_SERVERS)
def connections_cut_while_waiting(stage: Stage) -> None:
    """The network of one that waits for the lock is gone."""
    with _through_a_proxy(stage) as (between, url):
        holder = stage.start_and_hold()
        waiter = stage.start_and_wait(CRASH_URL=url)
        check(between.open_connections, "the one that waits has no connection")
        for number in between.open_connections:
            between.cut(number)
        time.sleep(1)
        stage.let_go()
        _expect_either(waiter.wait())
        expect(holder.wait(), 0)
        stage.check_small_chain()
