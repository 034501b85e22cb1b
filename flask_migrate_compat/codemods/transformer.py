"""The base of the rules that change Python, on LibCST."""

from __future__ import annotations

from functools import cached_property
from typing import Callable, Container, Iterator, Sequence

import libcst as cst
from libcst.metadata import (
    ExpressionContext,
    ExpressionContextProvider,
    ImportAssignment,
    ParentNodeProvider,
    PositionProvider,
    QualifiedNameProvider,
    QualifiedNameSource,
    ScopeProvider,
)

from .removing import without_arguments
from .rule import Report
from .source import Place, Source

#: Why a name that is assigned is not changed.
REPLACED = (
    "it is assigned or deleted in this file, for others perhaps: remove that, or both"
)

_COMMENTED = "it has no effect any more: remove it, and the comments that are about it"


class Transformer(cst.CSTTransformer):
    """Visit the syntax of a file, and change what is old.

    A ``leave_…`` method of a child asks :meth:`change` before it returns something
    else than ``updated_node``, and tells :meth:`keep` what it cannot change. Positions
    and names belong to the original nodes; code of the new ones comes from
    :meth:`code`.

    :param source: the file.
    :param report: where to report what is found.
    """

    METADATA_DEPENDENCIES = (
        ExpressionContextProvider,
        ParentNodeProvider,
        PositionProvider,
        QualifiedNameProvider,
        ScopeProvider,
    )

    def __init__(self, source: Source, report: Report) -> None:
        super().__init__()
        self.source = source
        self.report = report

    def change(
        self, node: cst.CSTNode, message: str, blocks: str | None = None
    ) -> bool:
        """Report something old; return whether it is to be changed.

        :param node: an original node.
        :param message: what is old, one line.
        :param blocks: the release that took it away, when not the one of the rule.
        """
        return self.report.change(self.place(node), message, blocks)

    def keep(
        self, node: cst.CSTNode, message: str, reason: str, blocks: str | None = None
    ) -> None:
        """Report something old that stays as it is.

        :param node: an original node.
        :param message: what is old, one line.
        :param reason: why it stays, and what to do.
        :param blocks: the release that took it away, when not the one of the rule.
        """
        self.report.leave(self.place(node), message, reason, blocks)

    def remove_arguments(
        self, old: cst.Call, new: cst.Call, names: Container[str], blocks: str
    ) -> cst.Call:
        """Return the new call without keyword arguments that have no effect.

        :param old: the original node.
        :param new: what it is now.
        :param names: of the arguments.
        :param blocks: the release that took them away.
        """
        found = [
            (at, argument, f"the argument {argument.keyword.value}")
            for at, argument in enumerate(old.args)
            if argument.keyword is not None
            and argument.keyword.value in names
            and not self.is_excused(argument)
        ]
        if not found:
            return new
        result = without_arguments(new, [at for at, _, _ in found])
        for _, argument, message in found:
            if result is None:
                self.keep(argument, message, _COMMENTED, blocks)
            else:
                self.change(argument, message, blocks)
        return new if result is None else result

    def is_excused(self, node: cst.CSTNode) -> bool:
        """Tell whether a ``noqa`` comment excuses an original node."""
        return self.source.is_excused(self.place(node), self.report.rule.code)

    def place(self, node: cst.CSTNode) -> Place:
        """Return where an original node stands."""
        position = self.get_metadata(PositionProvider, node)
        start, end = position.start, position.end
        return Place(start.line, start.column + 1, end.line)

    def names(self, node: cst.CSTNode) -> set[str]:
        """Return the full names that an original node may have.

        :returns: such as ``{"sqlalchemy.select"}`` for ``sa.select`` after ``import
            sqlalchemy as sa``; several when different branches bind it; nothing for
            an expression without a name. What a class or a function of the file has
            begins with ``<local>``.
        """
        found = self.get_metadata(QualifiedNameProvider, node, set())
        # `class flask: g = 1` makes flask.g, too, but not the one that is meant.
        return {
            f"<local>.{one.name}"
            if one.source is QualifiedNameSource.LOCAL and "." in one.name
            else one.name
            for one in found
        }

    def is_named(self, node: cst.CSTNode, *names: str) -> bool:
        """Tell whether an original node can only be one of these full names."""
        found = self.names(node)
        return bool(found) and found <= set(names)

    def assigned(self, node: cst.CSTNode) -> list[cst.BaseExpression]:
        """Return the values that an original name is assigned, if nothing else is.

        :returns: nothing when one of them is not known, such as an argument.
        """
        scope = self.get_metadata(ScopeProvider, node, None)
        if scope is None or not isinstance(node, cst.Name):
            return []
        values = []
        for assignment in scope[node.value]:
            target = self.parent(getattr(assignment, "node", node))
            statement = self.parent(target) if target is not None else None
            if not (
                isinstance(target, cst.AssignTarget)
                and isinstance(statement, cst.Assign)
            ):
                return []
            values.append(statement.value)
        return values

    def is_read(self, node: cst.CSTNode) -> bool:
        """Tell whether an expression is read, and not assigned or deleted."""
        context = self.get_metadata(ExpressionContextProvider, node, None)
        return context in (None, ExpressionContext.LOAD)

    @cached_property
    def replaced(self) -> set[str]:
        """Return the full names that the file assigns or deletes in modules."""
        return {
            name
            for node in self.metadata[ExpressionContextProvider]
            if isinstance(node, cst.Attribute) and not self.is_read(node)
            for name in self.names(node)
        }

    def is_free(self, node: cst.CSTNode, module: str) -> bool:
        """Tell whether the first name of a module means the module, or nothing yet.

        :param node: an original node, where the module is to be used.
        :param module: its full name.
        """
        scope = self.get_metadata(ScopeProvider, node, None)
        first = module.split(".")[0]
        return scope is not None and all(
            isinstance(assignment, ImportAssignment)
            and isinstance(assignment.node, cst.Import)
            and all(
                alias.asname is None or alias.evaluated_alias != first
                for alias in assignment.node.names
            )
            for assignment in (*scope[first], *scope.globals[first])
        )

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """Return the node around an original node."""
        parent: cst.CSTNode | None = self.get_metadata(ParentNodeProvider, node, None)
        return parent

    def code(self, node: cst.CSTNode) -> str:
        """Return the code of a node, with the line ends of the file."""
        return self.source.module.code_for_node(node)


def transforming(
    kind: Callable[[Source, Report], Transformer],
) -> Callable[[Source, Report], str]:
    """Make the ``apply`` of a rule from its transformer."""

    def apply(source: Source, report: Report) -> str:
        changed = source.wrapper.visit(kind(source, report))
        return changed.code

    return apply


def dotted(node: cst.CSTNode | None) -> str:
    """Return ``a.b.c`` as it is written, or nothing for another expression."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr.value}" if before else ""
    return ""


def extension_name(name: str) -> str:
    """Return ``flask_x.y`` for ``flask.ext.x.y`` and ``flaskext.x.y``, or nothing."""
    for prefix in ("flask.ext.", "flaskext."):
        if name.startswith(prefix):
            return f"flask_{name[len(prefix) :]}"
    return ""


def undotted(name: str) -> cst.Name | cst.Attribute:
    """Make the expression ``a.b.c``."""
    first, *rest = name.split(".")
    node: cst.Name | cst.Attribute = cst.Name(first)
    for part in rest:
        node = cst.Attribute(node, cst.Name(part))
    return node


def keyword(call: cst.Call, *names: str) -> cst.Arg | None:
    """Return the argument of a call that has one of these names."""
    for argument in call.args:
        if argument.keyword is not None and argument.keyword.value in names:
            return argument
    return None


def spread(call: cst.Call) -> Iterator[tuple[cst.Arg, str]]:
    """Return the names in ``**{"a": …}`` and ``**dict(a=…)``, with their argument."""
    for argument in call.args:
        value = argument.value
        if argument.star != "**":
            continue
        if isinstance(value, cst.Dict):
            for one in value.elements:
                key = one.key if isinstance(one, cst.DictElement) else None
                if isinstance(key, cst.SimpleString):
                    yield argument, str(key.evaluated_value)
        elif isinstance(value, cst.Call) and dotted(value.func) == "dict":
            for given in value.args:
                if given.keyword is not None:
                    yield argument, given.keyword.value


def comment_behind(alias: cst.ImportAlias) -> cst.TrailingWhitespace | None:
    """Return the comment that ends the line of a name in parentheses."""
    if isinstance(alias.comma, cst.Comma):
        space = alias.comma.whitespace_after
        if isinstance(space, cst.ParenthesizedWhitespace) and space.first_line.comment:
            return space.first_line
    return None


def with_commas(names: Sequence[cst.ImportAlias]) -> list[cst.ImportAlias]:
    """Return names with a comma between, and none behind."""
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    some = [
        name if isinstance(name.comma, cst.Comma) else name.with_changes(comma=comma)
        for name in names
    ]
    some[-1] = some[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return some
