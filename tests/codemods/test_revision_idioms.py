"""Rewritten revision scripts do with plain Alembic what the old ones once did."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from typing import Any

from flask_migrate_compat.codemods.engine import find, rewrite
from flask_migrate_compat.codemods.rule import Finding
from flask_migrate_compat.codemods.rules import RULES
from flask_migrate_compat.codemods.source import Source
from tests.legacy.revisions.harness import SECOND
from tests.legacy.revisions.idioms import all_idioms
from tests.legacy.revisions.record import ROOT, load, summary

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
