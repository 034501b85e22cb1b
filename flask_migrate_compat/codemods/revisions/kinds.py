"""Tell what an expression of a revision script is: a connection, a row, a table.

The order of statements plays no part: a name is something when everything that is
assigned to it in its scope is that. A parameter of a function is not known.
"""

from __future__ import annotations

from typing import Callable, Iterable

import libcst as cst
from libcst.metadata import Assignment, ScopeProvider

from ..transformer import Transformer
from .kind import (
    ATTRIBUTES,
    CALLERS,
    CONNECTIONS,
    ENGINES,
    GIVING_VALUES,
    MADE_BY_ALEMBIC,
    MADE_BY_SQLALCHEMY,
    METHODS,
    MODULES,
    NO_STATEMENT,
    QUERIES,
    SEQUENCES,
    STRING_METHODS,
    TABLE_OF_STATEMENT,
    Kind,
)


class Kinds:
    """Tell the kinds of the original nodes of a file.

    :param transformer: what visits the file.
    """

    def __init__(self, transformer: Transformer) -> None:
        self._transformer = transformer
        self._active: set[cst.CSTNode] = set()
        # First target of a name that is looked at -> what is known of it up to now.
        self._so_far: dict[cst.CSTNode | None, list[Kind | None]] = {}

    def of(self, node: cst.CSTNode | None) -> Kind | None:
        """Return what an original expression is, or nothing when that is not known."""
        kind = self._of(node)
        return None if kind is Kind.SAME else kind

    def is_a(self, node: cst.CSTNode | None, *kinds: Kind) -> bool:
        """Tell whether an original expression is of one of these kinds."""
        return self.of(node) in kinds

    def sqlalchemy_name(self, node: cst.CSTNode) -> str:
        """Return ``select`` for any name of ``sqlalchemy.select``, else nothing."""
        if not isinstance(node, (cst.Name, cst.Attribute)):
            return ""
        found = self._transformer.names(node)
        short = {name.rpartition(".")[2] for name in found}
        modules = {name.rpartition(".")[0] for name in found}
        return short.pop() if len(short) == 1 and modules <= MODULES else ""

    def values(self, node: cst.CSTNode) -> list[cst.BaseExpression]:
        """Return what an original expression is when names are looked up, all of it.

        :returns: expressions that are no names; nothing when one is not known.
        """
        if not isinstance(node, cst.Name):
            return [node] if isinstance(node, cst.BaseExpression) else []
        if node in self._active:
            return []
        self._active.add(node)
        try:
            found = []
            for target in self.assignments(node):
                values = self._assigned(target)
                if not values:
                    return []
                found += values
            return found
        finally:
            self._active.discard(node)

    def _assigned(self, target: cst.CSTNode) -> list[cst.BaseExpression]:
        parent = self._transformer.parent(target)
        if isinstance(parent, cst.AssignTarget):
            parent = self._transformer.parent(parent)
        if isinstance(parent, (cst.Assign, cst.AnnAssign, cst.NamedExpr)):
            return self.values(parent.value) if parent.value is not None else []
        if isinstance(parent, (cst.For, cst.CompFor)) and parent.target is target:
            found = []
            for value in self.values(parent.iter):
                if not isinstance(value, (cst.List, cst.Tuple)):
                    return []
                for element in value.elements:
                    values = self.values(element.value)
                    if isinstance(element, cst.StarredElement) or not values:
                        return []
                    found += values
            return found
        return []

    def assignments(self, name: cst.Name) -> list[cst.CSTNode]:
        """Return the nodes that bind a name: its targets, parameters, imports."""
        scope = self._transformer.get_metadata(ScopeProvider, name, None)
        if scope is None:
            return []
        found = scope[name.value]
        if not all(isinstance(one, Assignment) for one in found):
            return []
        return [one.node for one in found if isinstance(one, Assignment)]

    def references(self, name: cst.Name) -> list[cst.CSTNode]:
        """Return where a name is used."""
        scope = self._transformer.get_metadata(ScopeProvider, name, None)
        if scope is None:
            return []
        return [
            access.node
            for assignment in scope[name.value]
            for access in getattr(assignment, "references", ())
        ]

    def methods(self, name: cst.Name) -> set[str]:
        """Return the attributes of a name that are used, and nothing for other uses."""
        parents = [self._transformer.parent(one) for one in self.references(name)]
        return {
            one.attr.value if isinstance(one, cst.Attribute) else "" for one in parents
        }

    def is_lost(self, connection: cst.CSTNode) -> bool:
        """Tell whether what a connection writes is lost, because nothing commits it."""
        if not self.is_a(connection, Kind.OTHER_CONNECTION):
            return False
        return not isinstance(connection, cst.Name) or not (
            self.methods(connection) & {"begin", "commit"}
        )

    # --- one method for each form of an expression

    def _of(self, node: cst.CSTNode | None) -> Kind | None:
        look = _LOOKS.get(type(node))
        return look(self, node) if look is not None else None

    def _name(self, node: cst.Name) -> Kind | None:
        if node.value in ("True", "False", "None"):
            return Kind.VALUE
        if self._transformer.is_named(node, "alembic.op"):
            return Kind.OPERATIONS
        targets = sorted(self.assignments(node), key=self._transformer.place)
        first = targets[0] if targets else None
        if first in self._so_far:
            # query = query.where(…): what the lines before make of it.
            return _agreed(self._so_far[first]) or Kind.SAME
        if first is None:
            return None
        found = self._so_far[first] = []
        try:
            for one in targets:
                found.append(self._target(one))
            return _agreed(found)
        finally:
            del self._so_far[first]

    def _target(self, node: cst.CSTNode) -> Kind | None:
        """Return what is assigned to a target."""
        if node in self._active:
            return Kind.SAME
        self._active.add(node)
        try:
            return self._what_is_assigned(node)
        finally:
            self._active.discard(node)

    def _what_is_assigned(self, node: cst.CSTNode) -> Kind | None:
        parent = self._transformer.parent(node)
        if isinstance(parent, cst.AssignTarget):
            parent = self._transformer.parent(parent)
        if isinstance(parent, (cst.Assign, cst.AnnAssign, cst.NamedExpr)):
            return self._of(parent.value)
        if isinstance(parent, cst.AugAssign):
            kind = self._of(parent.value)
            return kind if kind is Kind.STRING else Kind.SAME
        if isinstance(parent, (cst.For, cst.CompFor)) and parent.target is node:
            return self._item(parent.iter)
        if isinstance(parent, cst.AsName):
            item = self._transformer.parent(parent)
            if isinstance(item, cst.WithItem):
                return self._entered(item.item)
        if isinstance(parent, cst.Element):
            return self._unpacked(parent)
        if isinstance(node, cst.Param) and isinstance(parent, cst.Parameters):
            return self._parameter(node, parent)
        return None

    def _parameter(self, node: cst.Param, parameters: cst.Parameters) -> Kind | None:
        """Return what ``connection.run_callable(lambda c: …)`` gives to ``c``."""
        function = self._transformer.parent(parameters)
        argument = self._transformer.parent(function) if function is not None else None
        call = self._transformer.parent(argument) if argument is not None else None
        if not isinstance(argument, cst.Arg) or not isinstance(call, cst.Call):
            return None
        if parameters.params[0] is not node or call.args[0] is not argument:
            return None
        if isinstance(call.func, cst.Attribute) and call.func.attr.value in CALLERS:
            of = self._of(call.func.value)
            return Kind.CONNECTION if of in (Kind.CONNECTION, Kind.ENGINE) else None
        return None

    def _unpacked(self, element: cst.Element) -> Kind | None:
        """Return what a part of a tuple of targets gets: of a row, a value."""
        row = self._transformer.parent(element)
        parent = self._transformer.parent(row) if row is not None else None
        if not isinstance(row, cst.Tuple):
            return None
        if isinstance(parent, (cst.For, cst.CompFor)) and parent.target is row:
            iterated = parent.iter
            if self._item(iterated) is Kind.ROW:
                return Kind.VALUE
            if isinstance(iterated, cst.Call) and len(row.elements) == 2:
                is_number = row.elements[0] is element
                if self._transformer.is_named(iterated.func, "builtins.enumerate"):
                    first = iterated.args[0].value if iterated.args else None
                    return Kind.VALUE if is_number else self._item(first)
        if isinstance(parent, cst.AssignTarget):
            statement = self._transformer.parent(parent)
            if isinstance(statement, cst.Assign) and self.is_a(
                statement.value, Kind.ROW
            ):
                return Kind.VALUE
        return None

    def _item(self, node: cst.CSTNode | None) -> Kind | None:
        """Return what a loop over an expression gives."""
        if isinstance(node, (cst.List, cst.Tuple)):
            return _agreed(self._of(one.value) for one in node.elements)
        if isinstance(node, cst.Call) and self._transformer.is_named(
            node.func, "builtins.range"
        ):
            return Kind.VALUE
        kind = self._of(node)
        if kind in (Kind.RESULT, Kind.ROWS):
            return Kind.ROW
        if kind is Kind.LIST and isinstance(node, cst.Name):
            return _agreed(self._item(one) for one in self.values(node))
        if kind is Kind.ROW_QUERY:
            return Kind.QUERY_ROW
        return Kind.VALUE if kind is Kind.ROW else None

    def _entered(self, node: cst.CSTNode) -> Kind | None:
        """Return what ``with … as`` binds."""
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
            kind = self._of(node.func.value)
            if node.func.attr.value == "begin" and kind in ENGINES:
                return Kind.BEGUN_CONNECTION
        kind = self._of(node)
        return kind if kind in (*CONNECTIONS, Kind.SESSION, Kind.OPERATIONS) else None

    def _attribute(self, node: cst.Attribute) -> Kind | None:
        if self._transformer.is_named(node, "alembic.op"):
            return Kind.OPERATIONS
        kind = self._of(node.value)
        name = node.attr.value
        if name == "__table__":
            return Kind.TABLE
        if kind in CONNECTIONS and name == "engine":
            return Kind.ENGINE if kind is Kind.CONNECTION else Kind.OTHER_ENGINE
        if kind is Kind.COLUMNS:
            return Kind.COLUMN
        if kind is Kind.ROW:
            return None if name.startswith("_") else Kind.VALUE
        return ATTRIBUTES.get(kind, {}).get(name) if kind is not None else None

    def _subscript(self, node: cst.Subscript) -> Kind | None:
        kind = self._of(node.value)
        is_one = len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index)
        if kind is Kind.ROWS:
            return Kind.ROW if is_one else Kind.ROWS
        if not is_one:
            return None
        if kind is Kind.ROW:
            return Kind.VALUE
        return {Kind.TABLES: Kind.TABLE, Kind.COLUMNS: Kind.COLUMN}.get(
            kind or Kind.SAME
        )

    def _call(self, node: cst.Call) -> Kind | None:
        names = self._transformer.names(node.func)
        made = _agreed(MADE_BY_ALEMBIC.get(name) for name in names)
        if made is not None:
            return made
        short = self.sqlalchemy_name(node.func)
        first = node.args[0].value if node.args else None
        if short in MADE_BY_SQLALCHEMY:
            return MADE_BY_SQLALCHEMY[short]
        if short == "inspect":
            of = self._of(first)
            return Kind.INSPECTOR if of in (*CONNECTIONS, *ENGINES) else None
        if names and isinstance(node.func, (cst.Name, cst.Attribute)):
            if names <= GIVING_VALUES:
                return Kind.VALUE
            if names <= SEQUENCES:
                is_row = self._item(first) is Kind.ROW
                return Kind.ROWS if is_row else Kind.LIST
            if names <= {"textwrap.dedent"} and self.is_a(first, Kind.STRING):
                return Kind.STRING
        if isinstance(node.func, cst.Attribute):
            name = node.func.attr.value
            # Nothing else has it, and what the driver gives is often not known.
            if name == "cursor":
                return Kind.CURSOR
            if name == "query" and len(node.args) > 1:
                return Kind.ROW_QUERY if self._is_session(node) else None
            return self._method(self._of(node.func.value), name)
        called = self._of(node.func)
        return Kind.SESSION if called is Kind.SESSION_FACTORY else None

    def _is_session(self, node: cst.Call) -> bool:
        of = cst.ensure_type(node.func, cst.Attribute).value
        return self._of(of) in (Kind.SESSION, Kind.SESSION_FACTORY)

    def _method(self, kind: Kind | None, name: str) -> Kind | None:
        if kind is None:
            return None
        if kind is Kind.STATEMENT:
            if name in TABLE_OF_STATEMENT:
                return Kind.TABLE
            if name == "execute":
                return Kind.RESULT
            return None if name in NO_STATEMENT else Kind.STATEMENT
        if kind is Kind.ROW_QUERY:
            is_one = name in ("first", "one", "one_or_none")
            return Kind.QUERY_ROW if is_one else QUERIES.get(name)
        if kind is Kind.STRING:
            return Kind.STRING if name in STRING_METHODS else None
        return METHODS.get(kind, {}).get(name)

    def _operation(self, node: cst.BinaryOperation) -> Kind | None:
        sides = (self._of(node.left), self._of(node.right))
        if isinstance(node.operator, cst.Modulo):
            return Kind.STRING if sides[0] is Kind.STRING else None
        if isinstance(node.operator, cst.Add):
            # What can be added to one of these is another one.
            some = [one for one in _SUMS if one in sides]
            return some[0] if some else None
        return None

    def _either(self, node: cst.CSTNode) -> Kind | None:
        if isinstance(node, cst.IfExp):
            return _agreed((self._of(node.body), self._of(node.orelse)))
        if isinstance(node, cst.BooleanOperation):
            return _agreed((self._of(node.left), self._of(node.right)))
        return None

    def _named(self, node: cst.NamedExpr) -> Kind | None:
        return self._of(node.value)

    def _text(self, node: cst.CSTNode) -> Kind | None:
        if isinstance(node, cst.SimpleString) and "b" in node.prefix:
            return Kind.VALUE
        return Kind.STRING

    def _comprehension(self, node: cst.CSTNode) -> Kind | None:
        element = getattr(node, "elt", None)
        return Kind.ROWS if self.is_a(element, Kind.ROW) else Kind.LIST

    def _constant(self, node: cst.CSTNode) -> Kind | None:
        return {
            cst.Integer: Kind.VALUE,
            cst.Float: Kind.VALUE,
            cst.List: Kind.LIST,
            cst.Tuple: Kind.TUPLE,
            cst.Dict: Kind.DICT,
            cst.DictComp: Kind.DICT,
            cst.UnaryOperation: Kind.VALUE,
        }[type(node)]


def _agreed(kinds: Iterable[Kind | None]) -> Kind | None:
    """Return the one kind that all are."""
    found = set(kinds)
    if found != {Kind.SAME}:
        found.discard(Kind.SAME)
    if found == {Kind.RESULT, Kind.ROWS}:
        # result = result.fetchall()
        return Kind.ROWS
    return found.pop() if len(found) == 1 else None


_SUMS = (Kind.STRING, Kind.LIST, Kind.TUPLE)
_LOOKS: dict[type, Callable[..., Kind | None]] = {
    cst.Name: Kinds._name,
    cst.Attribute: Kinds._attribute,
    cst.Subscript: Kinds._subscript,
    cst.Call: Kinds._call,
    cst.BinaryOperation: Kinds._operation,
    cst.IfExp: Kinds._either,
    cst.BooleanOperation: Kinds._either,
    cst.NamedExpr: Kinds._named,
    cst.SimpleString: Kinds._text,
    cst.ConcatenatedString: Kinds._text,
    cst.FormattedString: Kinds._text,
    cst.ListComp: Kinds._comprehension,
    **dict.fromkeys(
        (cst.Integer, cst.Float, cst.List, cst.Tuple, cst.Dict, cst.DictComp),
        Kinds._constant,
    ),
    cst.UnaryOperation: Kinds._constant,
}
