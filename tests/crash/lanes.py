"""Work on several databases of a kind at once, each in a process of its own."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import signal
import traceback
from pathlib import Path
from typing import Any, Callable, Iterator, Sequence, Tuple

import pytest

from .targets import Target, target

Work = Callable[[Target, Any], Any]
Answer = Tuple[Any, Any]


class LaneError(Exception):
    """Report that the databases could not be made, or a lane broke down."""


class NoServerError(Exception):
    """Report that there is no server, which is an error only in CI."""


def in_lanes(
    kind: str, folder: Path, work: Work, tasks: Sequence[Any], jobs: int
) -> Iterator[Answer]:
    """Do work on databases of a kind; yield each task with its result.

    :param kind: the kind of the databases.
    :param folder: a folder for all of them.
    :param work: takes a database and a task.
    :param tasks: what is divided among the lanes.
    :param jobs: how many lanes.
    :raises NoServerError: when there is no server, and need not be one.
    :raises LaneError: when a lane cannot go on.
    """
    context = multiprocessing.get_context("fork")
    lanes = []
    readers: list[Any] = []
    for number in range(max(1, min(jobs, len(tasks)))):
        reader, writer = context.Pipe(duplex=False)
        share = tasks[number :: min(jobs, len(tasks))]
        arguments = (kind, folder / f"{kind}{number}", work, share, writer)
        lane = context.Process(target=_lane, args=arguments)
        lane.start()
        writer.close()
        lanes.append(lane)
        readers.append(reader)
    try:
        while readers:
            ready: list[Any] = multiprocessing.connection.wait(readers)
            for reader in ready:
                try:
                    answer = reader.recv()
                except EOFError:
                    readers.remove(reader)
                    continue
                if isinstance(answer, Exception):
                    raise answer
                yield answer
        for lane in lanes:
            lane.join()
            if lane.exitcode:
                raise LaneError(f"a lane ended with status {lane.exitcode}")
    finally:
        for lane in lanes:
            # Handled as an interruption: it drops its database.
            lane.terminate()
        for lane in lanes:
            lane.join()


def _lane(
    kind: str, folder: Path, work: Work, tasks: Sequence[Any], writer: Any
) -> None:
    try:
        with target(kind, folder) as database:
            try:
                for task in tasks:
                    writer.send((task, work(database, task)))
            finally:
                # A second signal must not keep the database from being dropped.
                for number in (signal.SIGTERM, signal.SIGINT):
                    signal.signal(number, signal.SIG_IGN)
    except KeyboardInterrupt:
        pass
    except pytest.skip.Exception as reason:
        writer.send(NoServerError(str(reason)))
    except pytest.fail.Exception as reason:
        writer.send(LaneError(str(reason)))
    except Exception:
        writer.send(LaneError(traceback.format_exc()))
