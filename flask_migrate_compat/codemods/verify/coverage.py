"""Which changed statements were run: nothing is proved of one that was not."""

from __future__ import annotations

import ast
import difflib
from typing import Collection, Iterator


def lines_not_run(before: bytes, after: bytes, run: Collection[int]) -> list[int]:
    """Return the first lines of changed statements that were not run.

    :param before: the old file.
    :param after: the new file.
    :param run: the lines of the new file that were run.
    """
    changed = set(_changed_lines(before, after))
    return sorted(
        first
        for first, last in _statements(ast.parse(after))
        if not changed.isdisjoint(range(first, last + 1))
        and not any(first <= line <= last for line in run)
    )


def _changed_lines(before: bytes, after: bytes) -> Iterator[int]:
    old, new = before.splitlines(), after.splitlines()
    for kind, _, _, first, last in difflib.SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if kind != "equal":
            yield from range(first + 1, last + 1)


def _statements(tree: ast.AST) -> Iterator[tuple[int, int]]:
    """Yield the first and the last line of each statement.

    Of one with a block, only the lines above the block; definitions and documentation
    do nothing when they are run.
    """
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt) or isinstance(
            node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        ):
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        last = node.end_lineno or node.lineno
        for name in ("body", "cases"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block:
                inner = block[0]
                start = getattr(inner, "lineno", None) or inner.pattern.lineno
                last = max(node.lineno, min(last, start - 1))
        # `try:` and `else:` leave no trace of their own.
        if not isinstance(node, ast.Try):
            yield node.lineno, last
