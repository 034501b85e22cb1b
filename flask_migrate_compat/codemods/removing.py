"""Take statements and arguments out of a module, and leave their comments.

LibCST drops a statement together with the comments above it, and a heading of the lines
below may be among them.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Container, Iterable, Iterator

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


def lost_comments(old: cst.CSTNode, new: Iterable[cst.CSTNode]) -> list[cst.EmptyLine]:
    """Return the comments of a node that its successors do not have, each on a line."""
    left = Counter(one.value for node in new for one in _comments_in(node))
    lines = []
    for comment in _comments_in(old):
        if left[comment.value]:
            left[comment.value] -= 1
        elif not _DIRECTIVE.match(comment.value):
            lines.append(cst.EmptyLine(comment=comment))
    return lines


def _comments_in(node: cst.CSTNode) -> Iterator[cst.Comment]:
    for child in node.children:
        if isinstance(child, cst.Comment):
            yield child
        yield from _comments_in(child)


def without_arguments(call: cst.Call, removed: Container[int]) -> cst.Call | None:
    """Return a call without some of its arguments; nothing if it would lose a comment.

    :param removed: their places.
    """
    arguments = [one for at, one in enumerate(call.args) if at not in removed]
    last = call.args[-1]
    if arguments and arguments[-1] is not last:
        if any(_comments_in(last.whitespace_after_arg)):
            return None
        # What stands before the parenthesis goes to the one that is the last now.
        end = arguments[-1]
        arguments[-1] = end.with_changes(
            comma=_first_line_of(end.comma, last.comma),
            whitespace_after_arg=last.whitespace_after_arg,
        )
    result = call.with_changes(args=arguments)
    if not arguments:
        blank = cst.SimpleWhitespace("")
        result = result.with_changes(whitespace_before_args=blank)
    return None if lost_comments(call, [result]) else result


def _first_line_of(
    comma: cst.Comma | cst.MaybeSentinel, last: cst.Comma | cst.MaybeSentinel
) -> cst.Comma | cst.MaybeSentinel:
    """Return the last comma of some arguments, behind another one of them."""
    space = getattr(comma, "whitespace_after", None)
    end = getattr(last, "whitespace_after", None)
    if not isinstance(last, cst.Comma) or not isinstance(
        end, cst.ParenthesizedWhitespace
    ):
        return last
    if isinstance(space, cst.ParenthesizedWhitespace):
        end = end.with_changes(
            first_line=space.first_line,
            empty_lines=[*space.empty_lines, *end.empty_lines],
        )
    return last.with_changes(whitespace_after=end)
