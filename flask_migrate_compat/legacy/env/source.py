"""Read off the text of an ``env.py`` what cannot be seen while it runs.

Deletable with this folder. Alembic's ``context.configure`` hands every parameter on,
given or not, so the call does not show what the file says itself.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class EnvSource:
    """Hold what the text of an ``env.py`` tells.

    :param spelled_out: the keywords that its calls of ``configure`` name themselves.
    :param beside_mapping: those of them that stand beside ``**configure_args``, where a
        keyword that is in both is a TypeError.
    :param names: the attributes, and the names in quotes, that it looks up.
    """

    spelled_out: frozenset[str] = frozenset()
    beside_mapping: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    @classmethod
    def read(cls, path: Path) -> EnvSource:
        """Read a file; one that is missing or cannot be parsed tells nothing.

        Alembic reports such a file when it comes to load it.
        """
        try:
            tree = ast.parse(path.read_bytes())
        except (OSError, SyntaxError, ValueError):
            return cls()
        spelled_out: set[str] = set()
        beside_mapping: set[str] = set()
        names: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _called(node) == "configure":
                keywords = {keyword.arg for keyword in node.keywords}
                given = {name for name in keywords if name is not None}
                spelled_out |= given
                if None in keywords:
                    beside_mapping |= given
            elif isinstance(node, ast.Attribute):
                names.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                names.add(node.value)
        return cls(frozenset(spelled_out), frozenset(beside_mapping), frozenset(names))

    @property
    def ignores_configure_args(self) -> bool:
        """Tell whether the file asks the extension for ``db``, but not for settings.

        So did the templates up to Flask-Migrate 1.3, and the multi-database one of
        1.5.0. A file that never asks the extension is not one of these.
        """
        return "migrate" in self.names and "configure_args" not in self.names


def _called(node: ast.Call) -> str:
    function = node.func
    return getattr(function, "attr", getattr(function, "id", ""))
