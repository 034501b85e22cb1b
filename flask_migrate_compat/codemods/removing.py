"""Take statements out of a module, and leave their comments.

LibCST drops a statement together with the comments above it, and a heading of the lines
below may be among them.
"""

from __future__ import annotations

import re

import libcst as cst

# Stands in a line that is to go; LibCST would drop an empty one by itself.
_MARK = cst.Pass()
# Comments on what is no more.
_DIRECTIVE = re.compile(r"#\s*(?:noqa|type:|pylint:|isort:|flake8:|pragma)")


def removed(line: cst.SimpleStatementLine) -> cst.SimpleStatementLine:
    """Return a line that :func:`without_removed` takes out."""
    return line.with_changes(body=(_MARK,))


def is_removed(statement: cst.BaseStatement) -> bool:
    """Tell whether a statement comes from :func:`removed`."""
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    return any(one is _MARK for one in statement.body)


def without_removed(module: cst.Module) -> cst.Module:
    """Return a module without the lines that were marked; their comments stay."""
    body: list[cst.BaseStatement] = []
    waiting: list[cst.EmptyLine] = []
    for statement in module.body:
        if is_removed(statement):
            waiting += _comments(cst.ensure_type(statement, cst.SimpleStatementLine))
            continue
        if waiting:
            leading = getattr(statement, "leading_lines", ())
            statement = statement.with_changes(leading_lines=[*waiting, *leading])
            waiting = []
        body.append(statement)
    if len(body) == len(module.body):
        return module
    return module.with_changes(body=body, footer=[*waiting, *module.footer])


def _comments(line: cst.SimpleStatementLine) -> list[cst.EmptyLine]:
    """Return what stands above a line, if there is a comment in it."""
    lines = list(line.leading_lines)
    comment = line.trailing_whitespace.comment
    if comment is not None and not _DIRECTIVE.match(comment.value):
        lines.append(cst.EmptyLine(comment=comment))
    return lines if any(one.comment is not None for one in lines) else []
