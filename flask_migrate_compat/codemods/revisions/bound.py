"""What metadata, tables and statements of SQLAlchemy 1.x were bound to."""

from __future__ import annotations

from typing import Callable

import libcst as cst
from libcst import matchers
from libcst.metadata import ScopeProvider

from ..transformer import keyword
from .kind import Kind
from .transformer import RevisionTransformer, is_pure, method


class Bound(RevisionTransformer):
    """Find the connection to which something is bound."""

    def visit_Module(self, node: cst.Module) -> None:
        """Look at the assignments ``metadata.bind = …``."""
        super().visit_Module(node)
        #: Metadata -> what is assigned to its ``bind``.
        self.bindings: dict[cst.CSTNode, list[cst.BaseExpression]] = {}
        for one in matchers.findall(node, matchers.Assign()):
            assign = cst.ensure_type(one, cst.Assign)
            metadata = bind_target(assign)
            if metadata is not None and self.kinds.is_a(metadata, Kind.METADATA):
                for value in self.kinds.values(metadata):
                    self.bindings.setdefault(value, []).append(assign.value)

    def metadata_bind(self, node: cst.CSTNode) -> cst.BaseExpression | None:
        """Return the connection that metadata is bound to, when it is one and the same.

        :param node: an original expression.
        """
        values = self.kinds.values(node)
        found: list[cst.BaseExpression] = []
        for value in values:
            binds = list(self.bindings.get(value, ()))
            if isinstance(value, cst.Call) and not binds:
                argument = bind_argument(self, value)
                binds = [argument.value] if argument is not None else []
            if not binds:
                return None
            found += binds
        return self._one(found)

    def _one(self, found: list[cst.BaseExpression]) -> cst.BaseExpression | None:
        if not found:
            # A parameter of a function.
            return None
        first, *_ = found = [self._connection(one) for one in found]
        codes = {self.code(one) for one in found}
        if len(codes) != 1 or not is_pure(first):
            return None
        return first if self.kinds.is_a(first, Kind.CONNECTION) else None

    def _connection(self, node: cst.BaseExpression) -> cst.BaseExpression:
        """Return the connection for ``bind.engine``."""
        if isinstance(node, cst.Attribute) and self.kinds.is_a(node, Kind.ENGINE):
            return node.value
        return node

    def at(
        self, bind: cst.BaseExpression | None, node: cst.CSTNode
    ) -> cst.BaseExpression | None:
        """Return how the connection of the migration is called at an original node.

        :param bind: an original expression for it, of another place.
        :param node: where it is needed.
        :returns: the expression, or ``op.get_bind()`` where its name means nothing.
        """
        if bind is None:
            return None
        first: cst.CSTNode = bind
        while isinstance(first, (cst.Attribute, cst.Call)):
            first = first.value if isinstance(first, cst.Attribute) else first.func
        here = self.get_metadata(ScopeProvider, node, None)
        there = self.get_metadata(ScopeProvider, first, None)
        if not isinstance(first, cst.Name) or here is None or there is None:
            return self.bind(node)
        is_same = set(here[first.value]) == set(there[first.value])
        return bind if is_same else self.bind(node)

    def table_bind(self, node: cst.CSTNode) -> cst.BaseExpression | None:
        """Return the connection that a table is bound to by its metadata."""
        binds = []
        for value in self.kinds.values(node):
            if isinstance(value, cst.Subscript):
                tables = value.value
                if isinstance(tables, cst.Attribute) and self.kinds.is_a(
                    tables, Kind.TABLES
                ):
                    binds.append(self.metadata_bind(tables.value))
            elif (
                isinstance(value, cst.Call)
                and len(value.args) > 1
                and self.kinds.sqlalchemy_name(value.func) == "Table"
            ):
                binds.append(self.metadata_bind(value.args[1].value))
        known = [one for one in binds if one is not None]
        return self._one(known) if known and len(known) == len(binds) else None

    def statement_bind(self, node: cst.BaseExpression) -> cst.BaseExpression | None:
        """Return what a statement is bound to, by ``bind=`` or by its tables."""
        for value in self.kinds.values(node):
            root = bound_root(value)
            if root is not None:
                argument = keyword(root, "bind")
                return self._one([argument.value]) if argument is not None else None
            found = matchers.findall(value, matchers.Name() | matchers.Call())
            for one in (value, *found):
                if self.kinds.is_a(one, Kind.TABLE):
                    bind = self.table_bind(one)
                    if bind is not None:
                        return bind
        return None


def bind_target(assign: cst.Assign) -> cst.BaseExpression | None:
    """Return ``x`` of a statement ``x.bind = …``."""
    target = assign.targets[0].target
    if len(assign.targets) == 1 and isinstance(target, cst.Attribute):
        return target.value if target.attr.value == "bind" else None
    return None


def bind_argument(transformer: RevisionTransformer, call: cst.Call) -> cst.Arg | None:
    """Return the argument of ``MetaData`` that binds it."""
    argument = keyword(call, "bind")
    if argument is not None or not call.args or call.args[0].keyword is not None:
        return argument
    # The first one of SQLAlchemy 2.0 is a schema, a string.
    is_schema = transformer.kinds.is_a(call.args[0].value, Kind.STRING)
    return None if is_schema else call.args[0]


def bound_root(node: cst.CSTNode) -> cst.Call | None:
    """Return the call with ``bind=`` that a chain of methods begins with."""
    while isinstance(node, cst.Call) and method(node) not in ("execute", "scalar"):
        if keyword(node, "bind") is not None:
            return node
        if not isinstance(node.func, cst.Attribute):
            return None
        node = node.func.value
    return None


def with_root(
    node: cst.BaseExpression, change: Callable[[cst.Call], cst.BaseExpression]
) -> cst.BaseExpression:
    """Return a chain of methods with another call at its beginning."""
    if isinstance(node, cst.Call):
        if keyword(node, "bind") is not None:
            return change(node)
        if isinstance(node.func, cst.Attribute):
            value = with_root(node.func.value, change)
            return node.with_changes(func=node.func.with_changes(value=value))
    return node


def unbound(node: cst.BaseExpression) -> cst.BaseExpression:
    """Return a statement without ``bind=``."""

    def change(call: cst.Call) -> cst.BaseExpression:
        args = [one for one in call.args if one is not keyword(call, "bind")]
        if args and len(args) < len(call.args):
            args[-1] = args[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return call.with_changes(args=args)

    return with_root(node, change)
