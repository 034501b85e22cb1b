"""What the tests of the locks have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

import pytest

from flask_migrate_compat import commands
from flask_migrate_compat.running import locks

from ...servers import SERVERS, database
from ..applications import make_app, sqlite_url, used, write_revision
from .projects import CREATE


@pytest.fixture(params=["sqlite", *SERVERS])
def url(request: Any, tmp_path: Path) -> Iterator[str]:
    """Return the URL of a database of each kind."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "app.db")
    else:
        with database(request.param) as url:
            yield url


@pytest.fixture
def app(folder: Path, url: str) -> Iterator[Any]:
    """Return an application with one revision that creates a table."""
    with used(make_app(folder, {}, uri=url)) as app:
        commands.init()
        write_revision(folder, "a1", upgrade=CREATE.format("new"))
        yield app


@pytest.fixture(autouse=True)
def _own_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test that plays two processes leave nothing to the next one."""
    monkeypatch.setattr(locks, "_held", {})
    monkeypatch.setattr(locks, "_of_connection", {})
