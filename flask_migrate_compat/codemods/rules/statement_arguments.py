"""Clauses as arguments of ``update``, ``delete`` and the like, and bound statements.

SQLAlchemy 1.4 deprecated both, 2.0 has neither.
"""

from __future__ import annotations

import libcst as cst

from ..revisions.bound import Bound, bound_root, unbound
from ..revisions.clauses import Clauses
from ..revisions.execution import METHODS, Executions, Left
from ..revisions.kind import CONNECTIONS, Kind
from ..revisions.script import is_revision_script
from ..revisions.transformer import called, is_pure, method, receiver
from ..rule import Rule
from ..transformer import keyword, transforming

_UNBOUND = "what it is bound to is not known; write op.get_bind().execute() around it"
_COUNT = "which column it counts is not known; write a select of sa.func.count()"
_ORDERS = {
    "select": ("whereclause",),
    "update": ("whereclause", "values", "inline"),
    "delete": ("whereclause",),
    "insert": ("values", "inline"),
    "count": ("whereclause",),
}
_DDL = frozenset(
    (
        *("DDL", "CreateTable", "DropTable", "CreateIndex", "DropIndex"),
        *("CreateSequence", "DropSequence", "AddConstraint", "DropConstraint"),
    )
)


class StatementArguments(Clauses, Bound, Executions):
    """Change ``t.update(t.c.id == 1)`` into ``t.update().where(t.c.id == 1)``."""

    def leave_Call(
        self, original_node: cst.Call, updated_node: cst.Call
    ) -> cst.BaseExpression:
        """Change one of the methods or functions, or the execution of a statement."""
        name = method(original_node)
        if name in METHODS:
            return self._executed(original_node, updated_node)
        if name in _ORDERS and self.kinds.is_a(receiver(original_node), Kind.TABLE):
            if name == "count":
                return self.made(original_node, updated_node, "count()", self._count)
            if original_node.args:
                what = f"{name}() with clauses as arguments"
                return self.made(original_node, updated_node, what, self._method)
            return updated_node
        name = self.kinds.sqlalchemy_name(original_node.func)
        if name in ("update", "delete", "insert") and len(original_node.args) > 1:
            what = f"{name}() with clauses as arguments"
            return self.made(original_node, updated_node, what, self._function)
        if name == "text" or name in _DDL:
            return self._declared(name, original_node, updated_node)
        return updated_node

    def _method(self, old: cst.Call, new: cst.Call) -> cst.BaseExpression:
        found = self.arguments(old, new, _ORDERS[method(old)])
        return self.with_clauses(called(receiver(new), method(new)), found)

    def _function(self, old: cst.Call, new: cst.Call) -> cst.BaseExpression:
        name = self.kinds.sqlalchemy_name(old.func)
        found = self.arguments(old, new, ("table", *_ORDERS[name]))
        table = found.pop("table")[1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return self.with_clauses(new.with_changes(args=[table]), found)

    def _count(self, old: cst.Call, new: cst.Call) -> cst.BaseExpression:
        found = self.arguments(old, new, _ORDERS["count"])
        table = receiver(new)
        column = self._counted(receiver(old))
        select, func = self.sqlalchemy(old, "select"), self.sqlalchemy(old, "func")
        if not column or select is None or func is None or not is_pure(table):
            raise Left(_COUNT)
        counted = cst.Attribute(cst.Attribute(table, cst.Name("c")), cst.Name(column))
        query = cst.Call(select, [cst.Arg(called(func, "count", counted))])
        return self.with_clauses(called(query, "select_from", table), found)

    def _counted(self, table: cst.BaseExpression) -> str:
        """Return the column that ``count`` counts: of the primary key, or the first."""
        names = set()
        for value in self.kinds.values(table):
            names.add(self._first_column(value))
        return names.pop() if len(names) == 1 else ""

    def _first_column(self, table: cst.BaseExpression) -> str:
        columns = []
        if isinstance(table, cst.Call):
            for argument in table.args[1:]:
                call = argument.value
                if isinstance(call, cst.Call) and self.kinds.is_a(call, Kind.COLUMN):
                    key = keyword(call, "primary_key")
                    columns.append((key is None, call))
        if not columns:
            return ""
        _, first = min(columns, key=lambda one: one[0])
        name = first.args[0].value if first.args else None
        if not isinstance(name, cst.SimpleString) or keyword(first, "key"):
            return ""
        text = str(name.evaluated_value)
        return text if text.isidentifier() else ""

    # --- bound statements

    def _executed(self, old: cst.Call, new: cst.Call) -> cst.BaseExpression:
        """Change ``statement.execute()``."""
        statement = receiver(old)
        if not self.kinds.is_a(statement, Kind.STATEMENT):
            return new
        root = bound_root(statement)
        if root is not None and self.kinds.sqlalchemy_name(root.func) == "select":
            # The rule select_lists has it.
            return new
        return self.made(old, new, f"{method(old)}() of a statement", self._execution)

    def _execution(self, old: cst.Call, new: cst.Call) -> cst.BaseExpression:
        statement = receiver(old)
        first = old.args[0].value if old.args else None
        is_ddl = isinstance(statement, cst.Call) and (
            self.kinds.sqlalchemy_name(statement.func) in _DDL
        )
        if is_ddl and len(old.args) == 1 and self.kinds.is_a(first, *CONNECTIONS):
            return called(new.args[0].value, "execute", unbound(receiver(new)))
        bind = self.at(self.statement_bind(statement), old)
        if bind is None or (is_ddl and old.args):
            raise Left(_UNBOUND)
        parameters = self.parameters(old.args, new.args)
        return called(bind, method(old), unbound(receiver(new)), *parameters)

    def _declared(self, name: str, old: cst.Call, new: cst.Call) -> cst.BaseExpression:
        """Take ``bind=`` off a construct that something else executes."""
        if keyword(old, "bind") is None:
            return new
        outer = self.parent(old)
        if isinstance(outer, cst.Attribute):
            while isinstance(outer, (cst.Attribute, cst.Call)):
                if method(outer) in METHODS:
                    # That is looked at by itself.
                    return new
                outer = self.parent(outer)
        is_executed = (
            isinstance(outer, cst.Arg)
            and method(self.parent(outer) or outer) in METHODS
        )
        if not is_executed and not isinstance(outer, cst.Expr):
            self.keep(old, f"{name}(bind=)", _UNBOUND)
            return new
        return unbound(new) if self.change(old, f"{name}(bind=)") else new


RULE = Rule(
    code="FMC403",
    name="statement_arguments",
    summary="clauses as arguments, bound statements -> methods, bind.execute()",
    blocks="SQLAlchemy 2.0",
    triggers=(
        *("select", "update", "delete", "insert", "count", "execute", "scalar"),
        "bind",
    ),
    applies=is_revision_script,
    apply=transforming(StatementArguments),
)
