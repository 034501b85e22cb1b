"""Which room of the package may import which: a walk over all its imports."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Iterator

import flask_migrate_compat

PACKAGE = Path(flask_migrate_compat.__file__).parent
# The places of the core that may load the legacy room, each of them lazily.
LAZY_DOORS = {
    ("__init__.py", "legacy.manager"),
    ("__main__.py", "legacy"),
    ("running/__init__.py", "legacy.env"),
    ("running/__init__.py", "legacy.revisions"),
}


def modules() -> list[Path]:
    return [
        path
        for path in PACKAGE.rglob("*.py")
        if path.relative_to(PACKAGE).parts[0] != "templates"
    ]


def room(relative: str) -> str:
    first = relative.split("/")[0].split(".")[0]
    return first if first in ("legacy", "codemods") else "core"


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield what a file imports of this package, and whether at module level."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = {id(node) for node in tree.body}
    parts = ("flask_migrate_compat", *path.relative_to(PACKAGE.parent).parts[1:-1])
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = parts[: len(parts) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{module}.{alias.name}" for alias in node.names]
        for name in names:
            if name.startswith("flask_migrate_compat."):
                yield name[len("flask_migrate_compat.") :], id(node) in top


def test_the_walk_sees_the_imports() -> None:
    seen = dict(imports(PACKAGE / "cli.py"))
    assert seen["errors.describe"] is True
    assert seen["commands"] is False


def test_the_core_opens_no_door_but_the_named_ones() -> None:
    for path in modules():
        relative = path.relative_to(PACKAGE).as_posix()
        for name, at_top in imports(path):
            target = room(name)
            if room(relative) == "core" and target != "core":
                door = (relative, ".".join(name.split(".")[:2]))
                assert not at_top, f"{relative} imports {name} at once"
                assert door in LAZY_DOORS or (door[0], target) in LAZY_DOORS, door
            if room(relative) == "codemods" and target != "codemods":
                assert name.startswith("errors"), f"{relative} imports {name}"
            if room(relative) == "legacy":
                assert target != "codemods", f"{relative} imports {name}"


def test_only_commands_calls_alembic_command() -> None:
    for path in modules():
        if path.name == "commands.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = {alias.name for alias in node.names}
                assert "alembic.command" not in names, path
            elif isinstance(node, ast.ImportFrom) and node.module == "alembic":
                names = {alias.name for alias in node.names}
                assert "command" not in names, path
