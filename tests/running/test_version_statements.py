"""How many statements SQLAlchemy compiles to record versions."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.runtime import migration
from sqlalchemy.sql.compiler import SQLCompiler

from flask_migrate_compat import commands

from .applications import make_app, used, write_revision


def compiled_updates(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of the UPDATE statements that are compiled from now on."""
    updates: list[str] = []
    original = SQLCompiler.visit_update

    def visit_update(self: SQLCompiler, *args: object, **kwargs: object) -> str:
        updates.append(original(self, *args, **kwargs))  # type: ignore[arg-type]
        return updates[-1]

    monkeypatch.setattr(SQLCompiler, "visit_update", visit_update)
    return updates


def test_the_version_is_compiled_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("sqlalchemy", minversion="1.4")  # older ones keep nothing
    before = migration.literal_column  # type: ignore[attr-defined]
    with used(make_app(folder, {})):
        commands.init()
        previous = None
        for number in range(10):
            write_revision(folder, f"a{number}", previous)
            previous = f"a{number}"
        updates = compiled_updates(monkeypatch)
        commands.upgrade()
        assert len(updates) == 1
        commands.current(check_heads=True)
        commands.downgrade(revision="a3")
        assert len(updates) <= 2
        commands.upgrade(sql=True)
        assert updates[-1].endswith("version_num = 'a8'")
    assert migration.literal_column is before  # type: ignore[attr-defined]
