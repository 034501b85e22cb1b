"""Every idiom that worked on the old stack works here, with the same result."""

from __future__ import annotations

import os
import sys
from typing import Any

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.engine.url import URL

from .conftest import has_postgresql
from .idioms import all_idioms
from .record import ROOT, load, outcomes, record, summary

IS_1X = hasattr(Engine, "execute")
IS_13 = IS_1X and not issubclass(URL, tuple)
OLD = ROOT / ".stacks" / "old38" / "bin" / "python"

# What worked on SQLAlchemy 1.3 and is refused with the line and the rewrite.
REFUSED = {"bind.engine.url.password_original / translate"}
# What SQLAlchemy 1.x would answer with the loss of the migration: 1.4 everywhere, 1.3
# on SQLite, where a migration is one transaction now.
REFUSED_ON_1X = {"session.rollback() after read"}
# What SQLAlchemy 1.4 answers otherwise by itself, and is left to it.
OTHER_ON_14 = {
    "select(use_labels=True)",
    "types with arguments of old",
    "rows of a Query",
}


def refused(database: str) -> set[str]:
    if IS_13:
        return REFUSED_ON_1X if database == "sqlite" else set()
    return REFUSED | REFUSED_ON_1X if IS_1X else REFUSED


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_the_idioms_do_what_they_did(database: str) -> None:
    if database == "postgresql" and not has_postgresql():
        pytest.skip("needs psycopg2 and a PostgreSQL, see TEST_POSTGRESQL_URL")
    expected = load()[database]
    found = outcomes(sys.executable, database, "warn")
    worked = {name for name, value in expected.items() if isinstance(value, dict)}
    others = OTHER_ON_14 if IS_1X and not IS_13 else set()
    different: dict[str, Any] = {
        name: found[name]["verdict"]
        for name in worked - refused(database) - others
        if summary(found[name]) != expected[name]
    }
    assert different == {}
    for name in refused(database) & worked:
        assert found[name]["verdict"].startswith("LegacyIdiomError")
        assert "line" in found[name]["verdict"]
        assert "Write" in found[name]["verdict"]


def test_every_idiom_is_recorded() -> None:
    names = [idiom.name for idiom in all_idioms()]
    assert len(names) == len(set(names)) >= 186
    for records in load().values():
        assert list(records) == names


@pytest.mark.skipif(not OLD.exists(), reason="needs the old stack, see 'make matrix'")
@pytest.mark.skipif(not has_postgresql(), reason="needs PostgreSQL")
@pytest.mark.skipif("CI" not in os.environ and not IS_1X, reason="slow; CI does it")
def test_the_records_are_those_of_the_old_stack() -> None:
    assert record(str(OLD)) == load()
