"""Engines and URLs, beyond what ``test_conformance`` compares."""

from __future__ import annotations

import pytest

from flask_migrate_compat import MigrateError

from .conftest import Upgrade, only_on_2


@only_on_2
@pytest.mark.parametrize("mode", ["warn", "allow", "error"])
def test_a_url_that_is_changed_stops_with_the_rewrite(
    upgrade: Upgrade, mode: str
) -> None:
    with pytest.raises(MigrateError, match=r"line \d+: .*url\.set\(database=\.\.\.\)"):
        upgrade("bind.engine.url.database = 'x'", mode=mode)


@only_on_2
def test_engine_execute_is_part_of_the_migration(anywhere: Upgrade) -> None:
    """It waits for no lock of the migration, and is undone with it."""
    body = """
    op.execute("UPDATE users SET name='x' WHERE id=1")
    bind.engine.execute("UPDATE users SET name='y' WHERE id=1")
    """
    assert anywhere(body).names == ["y", "b"]
    with pytest.raises(ZeroDivisionError):
        anywhere(body + "1 / 0")
    assert anywhere.last is not None
    assert anywhere.last.names == ["a", "b"]


@only_on_2
def test_engines_in_memory_are_databases_of_their_own(upgrade: Upgrade) -> None:
    done = upgrade(
        """
        engine = sa.create_engine("sqlite://")
        engine.execute("CREATE TABLE users (n INTEGER)")
        engine.execute("INSERT INTO users VALUES (5)")
        seen.append([row["n"] for row in engine.execute("SELECT n FROM users")])
        seen.append([engine.has_table("users"), engine.has_table("things")])
        seen.append(engine.table_names())
        engine.dispose()
        """
    )
    assert done.seen == [[5], [True, False], ["users"]]
    assert done.names == ["a", "b"]


@only_on_2
def test_an_unknown_argument_is_still_an_error(upgrade: Upgrade) -> None:
    with pytest.raises(TypeError, match="nonsense"):
        upgrade("sa.create_engine('sqlite://', nonsense=1)")
    with pytest.raises(MigrateError, match="create_mock_engine"):
        upgrade("sa.create_engine('sqlite://', strategy='mock', executor=print)")
