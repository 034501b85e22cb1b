"""Rows as mappings: ``row["name"]``, ``dict(row)``, ``row.items()``, ``"name" in row``.

A row of SQLAlchemy 1.4 is a named tuple, and the mapping is its ``_mapping``.
"""

from __future__ import annotations

import libcst as cst
from libcst.metadata import BuiltinAssignment, ScopeProvider

from ..revisions.kind import VALUES, Kind
from ..revisions.script import is_revision_script
from ..revisions.transformer import RevisionTransformer, called, method, receiver
from ..rule import Rule
from ..transformer import dotted, transforming

_KEY = "whether {} is a number or a name is not known; for a name, write row._mapping[]"
_MAYBE = (
    "{} is a row at one place, and something else at another, or may be; use two names,"
    " and row._mapping for a row"
)
_COLUMN = "the row may be of a text, which has no columns; write the name of the column"
_IN = "a column is in a row of a select only, and else no error; write its name"
_TAKEN = "the name {} is taken in the script; write row._mapping"
_KEYS = "they are a view from SQLAlchemy 1.4 on; write list() around them"
_MAPPED = "write [dict(row._mapping) for row in …]"
_VIEWS = ("keys", "values", "items")
_ITERATORS = {"iterkeys": "keys", "itervalues": "values", "iteritems": "items"}
# What takes a view of a mapping as well as a list.
_TAKERS = frozenset(
    f"builtins.{one}"
    for one in ("list", "dict", "tuple", "set", "sorted", "len", "enumerate", "zip")
)


class Rows(RevisionTransformer):
    """Change ``row["name"]`` into ``row._mapping["name"]``."""

    def _is_row(self, node: cst.CSTNode) -> bool:
        return self.kinds.is_a(node, Kind.ROW)

    def _refused(self, node: cst.CSTNode, place: cst.CSTNode) -> None:
        """Report a use as a mapping of what is a row by one assignment only."""
        if self.kinds.may_be(node, Kind.ROW) and not self._is_mapping(node):
            code = self.code(node)
            code = code if len(code) < 40 and "\n" not in code else "it"
            self.keep(place, "what may be a row as a mapping", _MAYBE.format(code))

    def _is_mapping(self, node: cst.CSTNode) -> bool:
        """Tell whether a name is that of the loop around, over ``mappings()``."""
        loop = self.parent(node)
        while isinstance(node, cst.Name) and loop is not None:
            if isinstance(loop, cst.For) and dotted(loop.target) == node.value:
                return self.kinds.is_a(loop.iter, Kind.MAPPINGS)
            loop = self.parent(loop)
        return False

    def leave_Subscript(
        self, original_node: cst.Subscript, updated_node: cst.Subscript
    ) -> cst.BaseExpression:
        """Change ``row["name"]`` and ``row[table.c.name]``."""
        index = original_node.slice[0].slice
        if not isinstance(index, cst.Index) or len(original_node.slice) != 1:
            return updated_node
        keys = original_node.value
        is_keys = isinstance(keys, cst.Call) and method(keys) == "keys"
        if is_keys and self.kinds.is_a(
            receiver(cst.ensure_type(keys, cst.Call)), Kind.RESULT
        ):
            self.keep(original_node, "an item of the keys() of a result", _KEYS)
        if not self._is_row(original_node.value):
            if self._is_name(index.value):
                self._refused(original_node.value, original_node)
            return updated_node
        is_name = self._is_name(index.value)
        if is_name is False:
            return updated_node
        what = "an item of a row by name"
        if is_name is None:
            code = self.code(index.value)
            self.keep(original_node, what, _KEY.format(code))
            return updated_node
        is_column = not self.kinds.is_a(index.value, Kind.STRING)
        if is_column and not self._is_selected(original_node.value):
            self.keep(original_node, what, _COLUMN)
            return updated_node
        if not self.change(original_node, what):
            return updated_node
        return updated_node.with_changes(value=_mapping(updated_node.value))

    def _is_selected(self, row: cst.CSTNode) -> bool:
        """Tell whether a row is of a select, whose columns SQLAlchemy 2.0 finds.

        Those of a text were found by their names.
        """
        for _ in range(9):
            if isinstance(row, cst.Name):
                targets = self.kinds.assignments(row)
                statement = self.parent(targets[0]) if len(targets) == 1 else None
                if isinstance(statement, cst.AssignTarget):
                    statement = self.parent(statement)
                if isinstance(statement, cst.Assign):
                    row = statement.value
                elif isinstance(statement, (cst.For, cst.CompFor)):
                    row = statement.iter
                else:
                    return False
            elif isinstance(row, cst.Subscript):
                row = row.value
            elif method(row) == "execute":
                call = cst.ensure_type(row, cst.Call)
                return bool(call.args) and self._is_select(call.args[0].value)
            elif method(row):
                row = receiver(cst.ensure_type(row, cst.Call))
            else:
                return False
        return False

    def _is_select(self, statement: cst.BaseExpression) -> bool:
        values = self.kinds.values(statement)
        return bool(values) and all(self._begins_with_select(one) for one in values)

    def _begins_with_select(self, node: cst.CSTNode) -> bool:
        while isinstance(node, cst.Call):
            if self.kinds.sqlalchemy_name(node.func) == "select":
                return True
            if not isinstance(node.func, cst.Attribute):
                return False
            if node.func.attr.value == "select":
                return True
            node = node.func.value
        return False

    def _is_name(self, node: cst.BaseExpression) -> bool | None:
        """Tell whether an index of a row is a name or a column, if that is known."""
        kind = self.kinds.of(node)
        if kind in (Kind.STRING, Kind.COLUMN):
            return True
        if isinstance(node, (cst.Integer, cst.UnaryOperation)):
            return False
        values = self.kinds.values(node)
        if values and all(isinstance(one, cst.Integer) for one in values):
            return False
        if isinstance(node, cst.Name) and self._is_counted(node):
            return False
        return None

    def _is_counted(self, node: cst.Name) -> bool:
        """Tell whether a name comes from ``for … in range(…)`` only."""
        targets = self.kinds.assignments(node)
        for target in targets:
            loop = self.parent(target)
            if not isinstance(loop, (cst.For, cst.CompFor)):
                return False
            of = loop.iter
            if not isinstance(of, cst.Call):
                return False
            if not self.is_named(of.func, "builtins.range"):
                return False
        return bool(targets)

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        """Change ``dict(row)`` and ``f(**row)``."""
        call = self.parent(original_node)
        if self._is_mapped(original_node, call):
            self.keep(original_node, "rows as mappings", _MAPPED)
            return updated_node
        is_dict = (
            isinstance(call, cst.Call)
            and original_node.keyword is None
            and not original_node.star
            and self.is_named(call.func, "builtins.dict")
        )
        if not is_dict and original_node.star != "**":
            return updated_node
        if not self._is_row(original_node.value):
            self._refused(original_node.value, original_node)
            return updated_node
        if not self.change(original_node, "a row as a mapping"):
            return updated_node
        return updated_node.with_changes(value=_mapping(updated_node.value))

    def _is_mapped(self, argument: cst.Arg, call: cst.CSTNode | None) -> bool:
        """Tell whether ``map(dict, rows)`` has these rows."""
        if not isinstance(call, cst.Call) or not self.is_named(
            call.func, "builtins.map"
        ):
            return False
        function = call.args[0]
        return (
            argument is not function
            and self.is_named(function.value, "builtins.dict")
            and self.kinds.may_be(argument.value, Kind.RESULT, Kind.ROWS)
        )

    def leave_StarredDictElement(
        self,
        original_node: cst.StarredDictElement,
        updated_node: cst.StarredDictElement,
    ) -> cst.StarredDictElement:
        """Change ``{**row}``."""
        if not self._is_row(original_node.value):
            self._refused(original_node.value, original_node)
            return updated_node
        if not self.change(original_node, "a row as a mapping"):
            return updated_node
        return updated_node.with_changes(value=_mapping(updated_node.value))

    def leave_Call(
        self, original_node: cst.Call, updated_node: cst.Call
    ) -> cst.BaseExpression:
        """Change ``row.keys()`` and the like, and ``row.has_key("name")``."""
        name = method(original_node)
        kind = self.kinds.of(receiver(original_node)) if name else None
        # A row of a query has always been a tuple, but one with keys().
        if kind is not Kind.ROW and not (kind is Kind.QUERY_ROW and name == "keys"):
            return updated_node
        arguments = original_node.args
        is_view = not arguments and name in (*_VIEWS, *_ITERATORS)
        if not is_view and not (name == "has_key" and len(arguments) == 1):
            return updated_node
        mapping = _mapping(receiver(updated_node))
        if name == "has_key":
            if not self.change(original_node, f"{name}() of a row"):
                return updated_node
            return cst.Comparison(
                updated_node.args[0].value,
                [cst.ComparisonTarget(cst.In(), mapping)],
                lpar=[cst.LeftParen()],
                rpar=[cst.RightParen()],
            )
        view = called(mapping, _ITERATORS.get(name, name))
        taken = "iter" if name in _ITERATORS else "list"
        if not self._is_builtin(original_node, taken):
            self.keep(original_node, f"{name}() of a row", _TAKEN.format(taken))
            return updated_node
        if not self.change(original_node, f"{name}() of a row"):
            return updated_node
        if name in _ITERATORS:
            return cst.Call(cst.Name("iter"), [cst.Arg(view)])
        if self._takes_views(original_node):
            return view
        return cst.Call(cst.Name("list"), [cst.Arg(view)])

    def _is_builtin(self, node: cst.CSTNode, name: str) -> bool:
        """Tell whether a name of Python means at a node what it says."""
        scope = self.get_metadata(ScopeProvider, node, None)
        return scope is not None and all(
            isinstance(one, BuiltinAssignment) for one in scope[name]
        )

    def _takes_views(self, node: cst.CSTNode) -> bool:
        """Tell whether what is around a view needs no list."""
        parent = self.parent(node)
        if isinstance(parent, (cst.For, cst.CompFor)):
            return parent.iter is node
        if isinstance(parent, cst.ComparisonTarget):
            return isinstance(parent.operator, (cst.In, cst.NotIn))
        if isinstance(parent, cst.Arg) and not parent.star:
            call = self.parent(parent)
            return isinstance(call, cst.Call) and (
                method(call) == "join" or self.is_named(call.func, *_TAKERS)
            )
        return isinstance(parent, cst.Expr)

    def leave_ComparisonTarget(
        self,
        original_node: cst.ComparisonTarget,
        updated_node: cst.ComparisonTarget,
    ) -> cst.ComparisonTarget:
        """Change ``"name" in row``, which is false for every name today."""
        if not isinstance(original_node.operator, (cst.In, cst.NotIn)):
            return updated_node
        if not self._is_row(original_node.comparator):
            self._refused(original_node.comparator, original_node)
            return updated_node
        comparison = self.parent(original_node)
        left = getattr(comparison, "left", None)
        if not self.kinds.is_a(left, *VALUES):
            self.keep(original_node, "a column in a row", _IN)
            return updated_node
        if not self.change(original_node, "a name in a row"):
            return updated_node
        return updated_node.with_changes(comparator=_mapping(updated_node.comparator))


def _mapping(row: cst.BaseExpression) -> cst.Attribute:
    """Make ``row._mapping``."""
    return cst.Attribute(row, cst.Name("_mapping"))


RULE = Rule(
    code="FMC404",
    name="rows",
    summary="rows as mappings -> row._mapping",
    blocks="SQLAlchemy 2.0",
    triggers=("execute(", "exec_driver_sql(", "query("),
    applies=is_revision_script,
    apply=transforming(Rows),
)
