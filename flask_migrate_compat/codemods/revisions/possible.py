"""Tell what an expression of a revision script may be, when that is not certain."""

from __future__ import annotations

import libcst as cst
from libcst.metadata import ScopeProvider

from ..transformer import Transformer
from .kind import Kind
from .kinds import Kinds

# What gives what it was given, or a part of it.
_PASSING = tuple(
    f"builtins.{one}"
    for one in ("zip", "enumerate", "filter", "iter", "list", "reversed", "sorted")
)


class PossibleKinds(Kinds):
    """Tell the kinds of the original nodes of a file, and what they may be.

    :param transformer: what visits the file.
    """

    def __init__(self, transformer: Transformer) -> None:
        super().__init__(transformer)
        self._looked_at: set[cst.CSTNode] = set()

    def may_be(self, node: cst.CSTNode | None, *kinds: Kind) -> bool:
        """Tell whether one thing that an expression may be is of one of these kinds."""
        if self.of(node) in kinds:
            return True
        if isinstance(node, cst.IfExp):
            return self.may_be(node.body, *kinds) or self.may_be(node.orelse, *kinds)
        if isinstance(node, cst.BooleanOperation):
            return self.may_be(node.left, *kinds) or self.may_be(node.right, *kinds)
        if isinstance(node, cst.Subscript):
            return Kind.ROW in kinds and self.may_be(node.value, Kind.ROWS)
        if isinstance(node, cst.Call):
            return Kind.ROW in kinds and self._may_give_row(node)
        if not isinstance(node, cst.Name):
            return False
        targets = self.assignments(node)
        if not self._looked_at.isdisjoint(targets):
            return False
        self._looked_at.update(targets)
        try:
            return any(self._target_may_be(one, kinds) for one in targets)
        finally:
            self._looked_at.difference_update(targets)

    def _may_give_row(self, call: cst.Call) -> bool:
        is_next = self._transformer.is_named(call.func, "builtins.next")
        return is_next and bool(call.args) and self._may_have_rows(call.args[0].value)

    def _may_have_rows(self, node: cst.CSTNode) -> bool:
        """Tell whether a loop over an expression may give rows."""
        if isinstance(node, cst.GeneratorExp):
            return self.may_be(node.elt, Kind.ROW)
        if isinstance(node, cst.Call) and self._transformer.is_named(
            node.func, *_PASSING
        ):
            return any(self._may_have_rows(one.value) for one in node.args)
        return self.may_be(node, Kind.RESULT, Kind.ROWS)

    def _target_may_be(self, target: cst.CSTNode, kinds: tuple[Kind, ...]) -> bool:
        if self._target(target) in kinds:
            return True
        node: cst.CSTNode | None = target
        parent = self._transformer.parent(target)
        while isinstance(parent, (cst.AssignTarget, cst.Element, cst.Tuple)):
            node, parent = parent, self._transformer.parent(parent)
        if isinstance(parent, (cst.For, cst.CompFor)) and parent.target is not None:
            return Kind.ROW in kinds and self._may_have_rows(parent.iter)
        if isinstance(node, cst.Tuple) or not isinstance(
            parent, (cst.Assign, cst.AnnAssign, cst.NamedExpr)
        ):
            return isinstance(target, cst.Param) and (
                Kind.ROW in kinds and self._may_get_row(target)
            )
        return self.may_be(parent.value, *kinds)

    def _may_get_row(self, param: cst.Param) -> bool:
        """Tell whether ``sorted(rows, key=lambda r: …)`` gives a row to ``r``."""
        parameters = self._transformer.parent(param)
        function = parameters and self._transformer.parent(parameters)
        argument = function and self._transformer.parent(function)
        call = argument and self._transformer.parent(argument)
        if isinstance(function, cst.FunctionDef):
            return self._is_called_with_row(function, param)
        if not isinstance(function, cst.Lambda) or not isinstance(call, cst.Call):
            return False
        some = [one.value for one in call.args if one is not argument]
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == "sort":
            some.append(call.func.value)
        return any(self._may_have_rows(one) for one in some)

    def _is_called_with_row(self, function: cst.FunctionDef, param: cst.Param) -> bool:
        """Tell whether the script calls a function with a row at a place."""
        scope = self._transformer.get_metadata(ScopeProvider, function, None)
        if scope is None or param not in function.params.params:
            return False
        place = function.params.params.index(param)
        for assignment in scope[function.name.value]:
            for access in getattr(assignment, "references", ()):
                call = self._transformer.parent(access.node)
                if not isinstance(call, cst.Call) or call.func is not access.node:
                    continue
                given = call.args[place : place + 1]
                if given and self.may_be(given[0].value, Kind.ROW):
                    return True
        return False
