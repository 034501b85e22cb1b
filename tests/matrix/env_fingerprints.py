"""Find what makes the ``env.py`` of each release of Flask-Migrate known.

``python -m tests.matrix.env_fingerprints [--write | --check]``

All releases are downloaded when this runs. ``--write`` writes the table that the
rewriting tool reads: hashes and names, no text of theirs. ``--check`` compares it with
the one that is there. Needs LibCST.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Iterable, Sequence

from flask_migrate_compat.codemods.environment import known, options
from flask_migrate_compat.codemods.environment.comments import comment_hash, comments
from flask_migrate_compat.codemods.environment.units import parse

from .env_releases import Variant, distinct, download
from .session import guarded, say


def table_of(variants: Iterable[Variant]) -> dict[str, Any]:
    """Return the table of some templates."""
    units: dict[str, str] = {}
    of_extension: set[str] = set()
    remarks: set[str] = set()
    values: dict[str, set[str]] = {}
    releases: list[dict[str, Any]] = []
    for variant in variants:
        text = Path(variant.folder, "env.py").read_text(encoding="utf-8")
        parsed = parse(text)
        pieces = [unit for piece in parsed.pieces for unit in piece.units]
        for unit in (*parsed.imports, *pieces):
            units.setdefault(unit.hash, unit.label)
            if unit.is_of_extension:
                of_extension.add(unit.hash)
        remarks |= {comment_hash(comment) for _, comment in comments(text)}
        numbers = {one: number for number, one in enumerate(units)}
        release = {
            "template": variant.template,
            "first": variant.releases[0],
            "last": variant.releases[-1],
            "imports": sorted(numbers[unit.hash] for unit in parsed.imports),
            "pieces": [
                [piece.name, *(numbers[one] for one in piece.hashes)]
                for piece in parsed.pieces
            ],
        }
        before = releases[-1] if releases else {}
        if all(before.get(name) == release[name] for name in ("template", *_CONTENT)):
            before["last"] = release["last"]
        else:
            releases.append(release)
        ini = Path(variant.folder, "alembic.ini.mako").read_text(encoding="utf-8")
        for option in options.parse(ini):
            values.setdefault(option.name, set()).add(option.hash)
    return {
        "units": list(map(list, units.items())),
        "of_extension": sorted(of_extension),
        "comments": sorted(remarks),
        "releases": releases,
        "options": {name: sorted(hashes) for name, hashes in sorted(values.items())},
    }


_CONTENT = ("imports", "pieces")


def as_text(table: dict[str, Any]) -> str:
    """Return the table as it is stored, one entry a line."""
    parts = []
    for name, value in table.items():
        if isinstance(value, dict):
            lines = [
                f"{json.dumps(key)}: {json.dumps(one)}" for key, one in value.items()
            ]
            body, ends = ",\n".join(lines), "{}"
        else:
            body, ends = ",\n".join(map(json.dumps, value)), "[]"
        parts.append(f"{json.dumps(name)}: {ends[0]}\n{body}\n{ends[1]}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Print, write or check the table."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.matrix.env_fingerprints", description=__doc__
    )
    parser.add_argument("--write", action="store_true", help=f"write {known.PATH.name}")
    parser.add_argument("--check", action="store_true", help="compare with it")
    wanted = parser.parse_args(argv)
    found = download(Path(sys.executable))
    with tempfile.TemporaryDirectory() as folder:
        variants = distinct(found, Path(folder) / "templates")
        table = table_of(variants)
    count = len(table["releases"])
    say(f"{len(found)} releases have {count} env.py files that differ in their code")
    text = as_text(table)
    if wanted.write:
        known.PATH.write_text(text, encoding="utf-8")
        say(f"wrote {known.PATH.name}")
    if wanted.check and known.PATH.read_text(encoding="utf-8") != text:
        say(f"Error: {known.PATH.name} is another one: run this with --write.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
