"""Rewritten revision scripts do with plain Alembic what the old ones once did."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from typing import Any

import pytest
import sqlalchemy

from flask_migrate_compat.codemods.engine import find, rewrite
from flask_migrate_compat.codemods.rule import Finding
from flask_migrate_compat.codemods.rules import RULES
from flask_migrate_compat.codemods.source import Source
from tests.legacy.revisions.harness import SECOND
from tests.legacy.revisions.idioms import all_idioms
from tests.legacy.revisions.record import ROOT, load, summary

if not sqlalchemy.__version__.startswith("2."):
    pytest.skip("the newest SQLAlchemy only", allow_module_level=True)

#: What stays, and is reported with a reason.
LEFT = {
    "bind.engine.url.password_original / translate",
    "bind.engine.connect().execute(text) no commit",
    "bind.execution_options(isolation_level='AUTOCOMMIT')",
    "session.rollback() after read",
    "'in' for a name, for nothing, for a number",
    "an engine of its own",
    "bind.transaction(fn) and run_callable(fn)",
    "bound metadata",
    "a statement that is bound to nothing",
    "orm.mapper(cls, table)",
    "mapper() with relation()",
    "mysql.ENUM quoting=",
    "types with arguments of old",
    "sqlalchemy.databases",
    "sa.engine.create_engine / sa.create_engine(strategy=)",
}
#: What runs as it is on SQLite, because its old part is for PostgreSQL.
ON_POSTGRESQL = {
    "update(returning=)",
    "drop_constraint(type=), create_primary_key(name=, cols=)",
}
NAMES = [idiom.name for idiom in all_idioms()]


@functools.lru_cache(maxsize=None)
def sources() -> dict[str, Source]:
    """Return the script of each idiom."""
    found = {}
    for idiom in all_idioms():
        code = idiom.code.replace("PARAM", "?")
        body = "".join(f"    {line}".rstrip() + "\n" for line in code.splitlines())
        found[idiom.name] = Source("r2.py", SECOND.format(code=body))
    return found


@functools.lru_cache(maxsize=None)
def rewritten() -> dict[str, Source]:
    """Return the script of each idiom after all rules."""
    return {name: rewrite(source, RULES) for name, source in sources().items()}


@functools.lru_cache(maxsize=None)
def findings() -> dict[str, list[Finding]]:
    """Return what the rules find in the script of each idiom."""
    return {name: find(source, RULES) for name, source in sources().items()}


@functools.lru_cache(maxsize=None)
def outcomes(is_rewritten: bool) -> dict[str, Any]:
    """Run all scripts, rewritten or as they are."""
    scripts = rewritten() if is_rewritten else sources()
    done = subprocess.run(
        [sys.executable, "-m", "tests.codemods.plain"],
        input=json.dumps({name: source.text for name, source in scripts.items()}),
        cwd=str(ROOT),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def worked() -> set[str]:
    """Return the names of the idioms that the old stack ran."""
    return {name for name, one in load()["sqlite"].items() if isinstance(one, dict)}


def is_same(outcome: dict[str, Any], name: str) -> bool:
    """Tell whether an outcome is that of the old stack."""
    return bool(summary(outcome) == load()["sqlite"][name])


def broken() -> set[str]:
    """Return the names of the idioms that ran on the old stack and do not here."""
    bare = outcomes(False)
    return {name for name in worked() if not is_same(bare[name], name)}


def test_the_sets_name_idioms() -> None:
    assert set(NAMES) >= LEFT | ON_POSTGRESQL


def test_old_idioms_do_what_they_did() -> None:
    after = outcomes(True)
    failed = {
        name: after[name]["verdict"]
        for name in broken() - LEFT
        if not is_same(after[name], name)
    }
    assert failed == {}


def test_what_is_rewritten_is_not_in_the_sets() -> None:
    """A rule that learns more takes a name out of its set."""
    after = outcomes(True)
    assert {name for name in LEFT if is_same(after[name], name)} == set()


def test_what_works_stays() -> None:
    works = worked() - broken() - ON_POSTGRESQL
    changed = {name for name in works if rewritten()[name].text != sources()[name].text}
    assert changed == set()
    assert {name for name in works if findings()[name]} == set()


def test_what_worked_on_postgresql_works_on_sqlite() -> None:
    after = outcomes(True)
    for name in ON_POSTGRESQL:
        assert rewritten()[name].text != sources()[name].text
        assert is_same(after[name], name)


def test_nothing_old_is_silent() -> None:
    silent = {name for name in broken() if not findings()[name]}
    assert silent == set()
    for name in LEFT:
        assert any(one.reason for one in findings()[name]), name


def test_a_second_run_changes_nothing() -> None:
    for name, source in rewritten().items():
        if source.text == sources()[name].text:
            continue
        assert rewrite(source, RULES).text == source.text, name
