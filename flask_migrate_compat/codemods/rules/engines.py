"""Engines that execute or know their tables, and what an inspector has lost.

SQLAlchemy 2.0 leaves all that to connections and inspectors.
"""

from __future__ import annotations

import libcst as cst

from ..revisions.clauses import keeping_comments
from ..revisions.execution import METHODS, Executions, Left
from ..revisions.kind import ENGINES, Kind
from ..revisions.script import is_revision_script
from ..revisions.transformer import called, is_pure, method, receiver
from ..rule import Rule
from ..transformer import transforming

_OWN = (
    "an engine of its own has no connection here; write"
    " 'with {}.begin() as connection:' and execute on that"
)
_UNKNOWN = "what {} is is not known; if it is an engine, execute on op.get_bind()"
_NO_BIND = "op is not known here; use the connection op.get_bind()"
_URL = "a URL does not change any more; make another one with url.set()"
_EXECUTION = "{}() of an engine"


class Engines(Executions):
    """Change ``bind.engine.execute("…")`` into ``bind.execute(sa.text("…"))``."""

    def leave_Call(
        self, original_node: cst.Call, updated_node: cst.Call
    ) -> cst.BaseExpression:
        """Change a method of an engine, a dialect or an inspector."""
        name = method(original_node)
        if not name:
            return updated_node
        target = receiver(original_node)
        kind = self.kinds.of(target)
        if name in METHODS:
            if kind in ENGINES:
                what = _EXECUTION.format(name)
                return self._tried(original_node, updated_node, what)
            self._report_unknown(original_node, name)
        elif name in ("has_table", "table_names"):
            is_old = kind in ENGINES
            if kind is Kind.DIALECT and name == "has_table" and original_node.args:
                is_old = self.kinds.is_a(original_node.args[0].value, *ENGINES)
            if is_old:
                what = f"{name}() of an engine"
                return self._tried(original_node, updated_node, what)
        elif name == "contextual_connect" and kind in ENGINES:
            self.keep(original_node, _EXECUTION.format(name), "write connect()")
        elif name == "get_primary_keys" and kind is Kind.INSPECTOR:
            return self._tried(original_node, updated_node, "get_primary_keys()")
        return updated_node

    def _report_unknown(self, node: cst.Call, name: str) -> None:
        target = receiver(node)
        is_engine = isinstance(target, cst.Attribute) and target.attr.value == "engine"
        # Strings are reported by the rule raw_sql.
        if (
            is_engine
            and self.kinds.of(target) is None
            and node.args
            and not self.kinds.is_a(node.args[0].value, Kind.STRING)
        ):
            reason = _UNKNOWN.format(self.code(target))
            self.keep(node, _EXECUTION.format(name), reason)

    def _tried(self, old: cst.Call, new: cst.Call, message: str) -> cst.BaseExpression:
        try:
            result = keeping_comments(old, lambda: self._new(old, new))
        except Left as left:
            self.keep(old, message, left.reason)
            return new
        return result if self.change(old, message) else new

    def _new(self, old: cst.Call, new: cst.Call) -> cst.BaseExpression:
        name, target = method(old), receiver(old)
        if name == "get_primary_keys":
            key = called(receiver(new), "get_pk_constraint").with_changes(args=new.args)
            index = cst.Index(cst.SimpleString('"constrained_columns"'))
            return cst.Subscript(key, [cst.SubscriptElement(index)])
        if self.kinds.is_a(target, Kind.DIALECT):
            first = new.args[0]
            bind = self._connection(old.args[0].value, first.value)
            return new.with_changes(
                args=[first.with_changes(value=bind), *new.args[1:]]
            )
        if name in METHODS:
            bind = self._connection(target, receiver(new))
            made = self.new_execution(old, new, bind)
            return made or new.with_changes(func=cst.Attribute(bind, cst.Name(name)))
        return self._about_tables(old, new)

    def _about_tables(self, old: cst.Call, new: cst.Call) -> cst.BaseExpression:
        """Return what tells about tables instead of an engine."""
        target = receiver(old)
        is_own = self.kinds.is_a(target, Kind.OTHER_ENGINE)
        bind = receiver(new) if is_own else self._connection(target, receiver(new))
        if any(one.keyword and one.keyword.value == "connection" for one in old.args):
            raise Left("it has connection=; write sa.inspect() of that")
        if method(old) == "has_table" and not is_own and is_pure(bind):
            # As old as any SQLAlchemy; an inspector has it from 1.4 on only.
            dialect = cst.Attribute(bind, cst.Name("dialect"))
            comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
            first = cst.Arg(bind, comma=comma)
            return called(dialect, "has_table").with_changes(args=[first, *new.args])
        inspect = self.sqlalchemy_module(old)
        if inspect is None:
            raise Left("write sa.inspect() of op.get_bind()")
        inspector = called(cst.Name(inspect), "inspect", bind)
        name = "has_table" if method(old) == "has_table" else "get_table_names"
        return called(inspector, name).with_changes(args=new.args)

    def _connection(
        self, old: cst.BaseExpression, new: cst.BaseExpression
    ) -> cst.BaseExpression:
        """Return the connection for the engine of the migration.

        :raises Left: when it is another engine, or the connection has no name.
        """
        if not self.kinds.is_a(old, Kind.ENGINE):
            raise Left(_OWN.format(self.code(old)))
        if isinstance(new, cst.Attribute) and new.attr.value == "engine":
            return new.value
        bind = self.bind(old)
        if bind is None:
            raise Left(_NO_BIND)
        return bind

    def leave_Assign(
        self, original_node: cst.Assign, updated_node: cst.Assign
    ) -> cst.Assign:
        """Report ``engine.url.database = …``."""
        for one in original_node.targets:
            target = one.target
            if isinstance(target, cst.Attribute) and self.kinds.is_a(
                target.value, Kind.URL
            ):
                self.keep(original_node, "a change of a URL", _URL, "SQLAlchemy 1.4")
        return updated_node


RULE = Rule(
    code="FMC405",
    name="engines",
    summary="engine.execute(), has_table(), table_names() -> the connection, inspect()",
    blocks="SQLAlchemy 2.0",
    triggers=("engine", "url", "get_primary_keys", "contextual_connect"),
    applies=is_revision_script,
    apply=transforming(Engines),
)
