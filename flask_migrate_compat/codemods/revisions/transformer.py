"""The base of the rules that change revision scripts."""

from __future__ import annotations

from typing import Sequence

import libcst as cst
from libcst import matchers
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor
from libcst.metadata import ScopeProvider

from ..rule import Report
from ..source import Source
from ..transformer import Transformer, dotted, undotted
from .possible import PossibleKinds

#: Where the names of SQLAlchemy's expression language are found.
_EXPRESSION = ("sqlalchemy", "sqlalchemy.sql", "sqlalchemy.sql.expression")
# What an attribute needs parentheses around.
_LOOSE = (
    *(cst.BinaryOperation, cst.BooleanOperation, cst.Comparison, cst.IfExp),
    *(cst.UnaryOperation, cst.Lambda, cst.Await, cst.Integer),
)


class RevisionTransformer(Transformer):
    """Visit a revision script, and know what its expressions are."""

    def __init__(self, source: Source, report: Report) -> None:
        super().__init__(source, report)
        self.kinds = PossibleKinds(self)
        self._imported: list[tuple[str, int]] = []
        self._bound: set[str] = set()
        self._needs_import = False

    def visit_Module(self, node: cst.Module) -> None:
        """Look at what the imports bind."""
        self._bound = {
            cst.ensure_type(name, cst.Name).value
            for name in matchers.findall(node, matchers.Name())
        }
        imports = matchers.OneOf(matchers.Import(), matchers.ImportFrom())
        for statement in matchers.findall(node, imports):
            names = getattr(statement, "names", ())
            if isinstance(names, cst.ImportStar):
                continue
            for alias in names:
                bound = alias.evaluated_alias or alias.evaluated_name
                if "." not in bound:
                    self._imported.append((bound, self.place(statement).line))

    def sqlalchemy(self, node: cst.CSTNode, name: str) -> cst.BaseExpression | None:
        """Return an expression for a name of SQLAlchemy, ``sa.text``.

        :param node: the original node at whose place it is to stand.
        :param name: of the expression language.
        :returns: nothing when it cannot be named there.
        """
        for bound in self.bound_to(
            node, [f"{module}.{name}" for module in _EXPRESSION]
        ):
            return cst.Name(bound)
        for bound in self.bound_to(node, _EXPRESSION):
            return undotted(f"{bound}.{name}")
        if "sa" in self._bound:
            return None
        self._needs_import = True
        return undotted(f"sa.{name}")

    def sqlalchemy_module(self, node: cst.CSTNode) -> str | None:
        """Return how ``sqlalchemy`` is called at an original node, or nothing."""
        for bound in self.bound_to(node, ["sqlalchemy"]):
            return bound
        return None

    def bind(self, node: cst.CSTNode) -> cst.BaseExpression | None:
        """Return ``op.get_bind()``, or nothing when ``op`` is not known at a node."""
        for bound in self.bound_to(node, ["alembic.op"]):
            return cst.Call(undotted(f"{bound}.get_bind"))
        return None

    def bound_to(self, node: cst.CSTNode, names: Sequence[str]) -> list[str]:
        """Return what has one of these full names at an original node."""
        scope = self.get_metadata(ScopeProvider, node, None)
        if scope is None:
            return []
        line = self.place(node).line
        found = []
        for bound, bound_at in self._imported:
            full = {one.name for one in scope.get_qualified_names_for(bound)}
            if bound_at < line and full and full <= set(names):
                found.append(bound)
        return sorted(found, key=lambda one: (one != "sa", one))

    def leave_Module(
        self, original_node: cst.Module, updated_node: cst.Module
    ) -> cst.Module:
        """Add ``import sqlalchemy as sa`` when a new name needs it."""
        # What needed it may have been excused by a comment.
        if not self._needs_import or not matchers.findall(
            updated_node, matchers.Name("sa")
        ):
            return updated_node
        context = CodemodContext()
        AddImportsVisitor.add_needed_import(context, "sqlalchemy", asname="sa")
        return AddImportsVisitor(context).transform_module(updated_node)


def method(call: cst.CSTNode) -> str:
    """Return the name of the method that a call calls, or nothing."""
    if isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute):
        return call.func.attr.value
    return ""


def receiver(call: cst.Call) -> cst.BaseExpression:
    """Return what the method of a call belongs to."""
    return cst.ensure_type(call.func, cst.Attribute).value


def is_pure(node: cst.CSTNode) -> bool:
    """Tell whether an expression may stand twice: ``bind``, ``op.get_bind()``."""
    if isinstance(node, cst.Call):
        return not node.args and bool(dotted(node.func)) and method(node) == "get_bind"
    return bool(dotted(node))


def called(
    value: cst.BaseExpression, name: str, *arguments: cst.BaseExpression | cst.Arg
) -> cst.Call:
    """Make ``value.name(arguments)``."""
    if isinstance(value, _LOOSE) and not value.lpar:
        value = value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return cst.Call(cst.Attribute(value, cst.Name(name)), args=listed(arguments))


def listed(arguments: Sequence[cst.BaseExpression | cst.Arg]) -> list[cst.Arg]:
    """Return arguments with a comma between, on one line."""
    some = [one if isinstance(one, cst.Arg) else cst.Arg(one) for one in arguments]
    return [
        one.with_changes(
            comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
            if at < len(some) - 1
            else cst.MaybeSentinel.DEFAULT,
            whitespace_after_arg=cst.SimpleWhitespace(""),
        )
        for at, one in enumerate(some)
    ]
