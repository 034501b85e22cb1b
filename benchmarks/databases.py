"""Make the databases that one process measures, and print what it found."""

from __future__ import annotations

import contextlib
import tempfile
import time
from pathlib import Path
from typing import Callable, Iterable, Iterator

import pytest

from tests.servers import SERVERS, database

#: The kinds of databases.
ALL = ("sqlite", *SERVERS)


@contextlib.contextmanager
def fresh(kind: str) -> Iterator[str]:
    """Make a database and give its URL.

    :param kind: one of :data:`ALL`.
    """
    if kind != "sqlite":
        with database(kind) as url:
            yield url
        return
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder, f'{time.monotonic_ns()}.db').as_posix()}"


def for_each(kinds: Iterable[str], measure: Callable[[str], None]) -> None:
    """Measure each kind of database, and say of which there is no server.

    :param kinds: some of :data:`ALL`.
    :param measure: measures one, and prints.
    """
    for kind in kinds:
        try:
            measure(kind)
        except pytest.skip.Exception as reason:
            print(f"{kind:<12}not measured: {reason}")
