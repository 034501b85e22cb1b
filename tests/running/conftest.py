"""What the tests of a run have in common."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder that is the working directory."""
    # Python keeps the byte code of revision files that a test writes and rewrites.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the commands as Alembic alone would, to show what the guards are for."""
    monkeypatch.setattr("flask_migrate_compat.running._surroundings", lambda _: ())
