"""The modes, and the warnings: which line they name, and how often."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import flask_migrate_compat
from flask_migrate_compat import LegacyMigrationWarning, MigrateError
from flask_migrate_compat.legacy.revisions import run as running

from .conftest import Upgrade, only_on_2

STRING = "bind.execute(\"UPDATE users SET name='x' WHERE id=1\")"


@only_on_2
def test_warns_at_the_line_of_the_revision(upgrade: Upgrade) -> None:
    done = upgrade(STRING)
    (warning,) = done.caught
    assert warning.filename == str(done.file)
    assert STRING in done.file.read_text().splitlines()[warning.lineno - 1]
    assert "exec_driver_sql" in str(warning.message)
    assert done.names == ["x", "b"]


@only_on_2
def test_warns_once_per_line(upgrade: Upgrade) -> None:
    done = upgrade(
        """
        for _ in range(3):
            bind.execute("SELECT 1")
        bind.execute("SELECT 2")
        """
    )
    assert len(done.caught) == 2


@only_on_2
def test_allow_is_silent(upgrade: Upgrade) -> None:
    done = upgrade(STRING, mode="allow")
    assert not done.caught
    assert done.names == ["x", "b"]


@only_on_2
def test_error_names_line_and_rewrite_and_executes_nothing(upgrade: Upgrade) -> None:
    with pytest.raises(MigrateError, match=r"r2\.py, line \d+: .*exec_driver_sql"):
        upgrade(STRING, mode="error")
    assert upgrade.last is not None
    assert upgrade.last.names == ["a", "b"]


@only_on_2
def test_off_leaves_the_failure_to_sqlalchemy(upgrade: Upgrade) -> None:
    with pytest.raises(Exception, match="Not an executable object"):
        upgrade(STRING, mode="off")


def test_another_value_is_an_error(upgrade: Upgrade) -> None:
    with pytest.raises(MigrateError, match="warn, allow, error, off"):
        upgrade("pass", mode="on")


def test_a_modern_revision_hears_nothing(upgrade: Upgrade) -> None:
    done = upgrade(
        """
        bind.execute(sa.text("UPDATE users SET name=:name"), {"name": "x"})
        op.add_column("users", sa.Column("n", sa.Integer))
        row = bind.execute(sa.text("SELECT id, name FROM users")).fetchone()
        seen.extend([row.name, row[0], tuple(row), len(row), bool(row)])
        """,
        mode="error",
    )
    assert done.seen == ["x", 1, (1, "x"), 2, True]


def test_a_warning_that_is_an_error_stops_the_run(upgrade: Upgrade) -> None:
    one = running.Run("warn")
    place = running.Place("r2.py", 7, "r2_py")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(LegacyMigrationWarning):
            one.report_at(place, "old")


def test_the_category_is_public() -> None:
    category: Any = flask_migrate_compat.LegacyMigrationWarning
    assert issubclass(category, Warning)
    # Python hides those by default.
    assert not issubclass(category, (DeprecationWarning, PendingDeprecationWarning))
