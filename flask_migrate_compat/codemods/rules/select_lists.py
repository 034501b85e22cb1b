"""Lists of ``select``, ``exists``, ``case`` and ``with_only_columns``.

SQLAlchemy 1.4 takes what is in the list as arguments, and clauses as methods only; 2.0
takes nothing else.
"""

from __future__ import annotations

import libcst as cst

from ..revisions.bound import Bound, bound_root, unbound
from ..revisions.clauses import CLAUSES, SELECT, Clauses
from ..revisions.execution import METHODS, Executions, Left
from ..revisions.kind import Kind
from ..revisions.script import is_revision_script
from ..revisions.transformer import called, method, receiver
from ..rule import Rule
from ..transformer import keyword, transforming

_BOUND = "what it is bound to is not known; write bind.execute() around it"
_STRINGS = "a string in it is no column any more; write sa.column() or sa.text()"


class SelectLists(Clauses, Bound, Executions):
    """Change ``select([a, b], a == 1)`` into ``select(a, b).where(a == 1)``."""

    def leave_Call(
        self, original_node: cst.Call, updated_node: cst.Call
    ) -> cst.BaseExpression:
        """Change one of the functions, or the execution of a bound select."""
        name = self.kinds.sqlalchemy_name(original_node.func)
        if method(original_node) in METHODS:
            return self._executed(original_node, updated_node)
        if method(original_node) == "with_only_columns":
            name = "with_only_columns"
        make = {
            "select": self._select,
            "exists": self._exists,
            "case": self._case,
            "with_only_columns": self._only,
        }.get(name)
        if make is None or not self._is_old(name, original_node):
            return updated_node
        return self.made(original_node, updated_node, f"{name}() of old", make)

    def _is_old(self, name: str, call: cst.Call) -> bool:
        """Tell whether a call has what only SQLAlchemy 1.x takes."""
        named = {one.keyword.value for one in call.args if one.keyword is not None}
        if name == "select" and named & {*CLAUSES, "columns", "bind"}:
            return True
        if name == "exists" and named & {*CLAUSES, "columns"}:
            return True
        if name == "case" and "whens" in named:
            return True
        if not call.args or call.args[0].star or call.args[0].keyword is not None:
            return False
        first = call.args[0].value
        is_list = self.kinds.is_a(first, Kind.LIST)
        if name == "case":
            positional = [one for one in call.args if one.keyword is None]
            is_dict = self.kinds.is_a(first, Kind.DICT)
            return (
                is_list or self._has_tuples(first) or (is_dict and len(positional) > 1)
            )
        return is_list or self.kinds.is_a(first, Kind.TUPLE)

    def _has_tuples(self, whens: cst.BaseExpression) -> bool:
        """Tell whether the pairs of ``case`` are in a tuple; one pair is none."""
        values = self.kinds.values(whens)
        return bool(values) and all(
            isinstance(value, cst.Tuple)
            and bool(value.elements)
            and all(self.kinds.is_a(one.value, Kind.TUPLE) for one in value.elements)
            for value in values
        )

    def _select(self, old: cst.Call, new: cst.Call) -> cst.BaseExpression:
        bind = keyword(old, "bind")
        if bind is not None and not self._is_executed(old):
            raise Left(_BOUND)
        found = self.arguments(old, new, SELECT)
        if "columns" not in found:
            raise Left("it has no columns; write sa.select().select_from()")
        rest = [cst.Arg(found.pop("bind")[1].value, bind.keyword)] if bind else []
        node = self._with_columns(found, new, rest)
        return self.with_clauses(node, found)

    def _with_columns(
        self,
        found: dict[str, tuple[cst.Arg, cst.Arg]],
        new: cst.Call,
        rest: list[cst.Arg],
    ) -> cst.Call:
        before, after = found.pop("columns")
        columns = before.value
        if isinstance(columns, (cst.List, cst.Tuple)):
            for one in columns.elements:
                if self.kinds.is_a(one.value, Kind.STRING, Kind.VALUE):
                    raise Left(_STRINGS)
        if len(new.args) > 1:
            after = after.with_changes(comma=cst.MaybeSentinel.DEFAULT)
            if rest:
                after = after.with_changes(
                    comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
                )
        return self.columns(columns, new, after, rest)

    def _exists(self, old: cst.Call, new: cst.Call) -> cst.BaseExpression:
        found = self.arguments(old, new, SELECT)
        if "columns" not in found:
            raise Left("it has no columns; write sa.exists().where()")
        columns = found["columns"][0].value
        node = self._with_columns(found, new, [])
        if not isinstance(columns, cst.List) or len(columns.elements) != 1:
            select = self.sqlalchemy(old, "select")
            if select is None:
                raise Left("write sa.exists() around a select()")
            node = new.with_changes(args=[cst.Arg(node.with_changes(func=select))])
        if not {*found} <= {"whereclause", "from_obj"}:
            raise Left("write sa.exists() around a select() with methods")
        return self.with_clauses(node, found)

    def _case(self, old: cst.Call, new: cst.Call) -> cst.BaseExpression:
        found = self.arguments(old, new, ("whens", "value", "else_"))
        before, after = found.pop("whens")
        rest = [
            other.with_changes(
                keyword=cst.Name(name),
                equal=one.equal
                if one.keyword is not None
                else cst.AssignEqual(
                    cst.SimpleWhitespace(""), cst.SimpleWhitespace("")
                ),
            )
            for name, (one, other) in found.items()
        ]
        if self.kinds.is_a(before.value, Kind.DICT):
            return new.with_changes(args=[after.with_changes(keyword=None), *rest])
        return self.columns(before.value, new, after, rest)

    def _only(self, old: cst.Call, new: cst.Call) -> cst.BaseExpression:
        return self.columns(old.args[0].value, new, new.args[0], new.args[1:])

    # --- select(bind=).execute()

    def _is_executed(self, node: cst.CSTNode) -> bool:
        """Tell whether a bound select is executed, and its connection is known."""
        parent = self.parent(node)
        while isinstance(parent, (cst.Attribute, cst.Call)):
            if method(parent) in METHODS and isinstance(parent, cst.Call):
                return self.statement_bind(receiver(parent)) is not None
            parent = self.parent(parent)
        return False

    def _executed(self, old: cst.Call, new: cst.Call) -> cst.BaseExpression:
        root = bound_root(receiver(old))
        if root is None or self.kinds.sqlalchemy_name(root.func) != "select":
            return new
        bind = self.at(self.statement_bind(receiver(old)), old)
        if bind is None:
            return new
        message = f"{method(old)}() of a bound select"
        return self.made(
            old,
            new,
            message,
            lambda _, call: called(
                bind,
                method(call),
                unbound(receiver(call)),
                *self.parameters(old.args, call.args),
            ),
        )


RULE = Rule(
    code="FMC402",
    name="select_lists",
    summary="lists and clauses of select(), exists(), case() -> arguments, methods",
    blocks="SQLAlchemy 2.0",
    triggers=("select", "exists", "case", "with_only_columns"),
    applies=is_revision_script,
    apply=transforming(SelectLists),
)
