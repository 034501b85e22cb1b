"""Sessions without a transaction, and transactions within that of a session.

SQLAlchemy 2.0 has no sessions that commit by themselves, and no subtransactions.
"""

from __future__ import annotations

import libcst as cst
from libcst import matchers

from ..revisions.clauses import comments
from ..revisions.kind import Kind
from ..revisions.script import is_revision_script
from ..revisions.transformer import RevisionTransformer, method, receiver
from ..rule import Rule
from ..transformer import keyword, transforming

_MAKERS = ("Session", "sessionmaker", "create_session")
_AUTOCOMMIT = (
    "it is bound to something else than op.get_bind(), or its transactions begin in the"
    " script; write commit() behind what it writes"
)
_BEGIN = "the rest of its block is a transaction; remove begin(), and write flush()"


class Sessions(RevisionTransformer):
    """Take ``autocommit=True`` and ``begin(subtransactions=True)`` away."""

    def visit_Module(self, node: cst.Module) -> None:
        """Look whether a session begins a transaction."""
        super().visit_Module(node)
        self._has_begin = any(
            method(one) == "begin"
            and self.kinds.of(receiver(cst.ensure_type(one, cst.Call)))
            not in (Kind.CONNECTION, Kind.ENGINE)
            for one in matchers.findall(node, matchers.Call())
        )
        # Without begin(), such a session would commit each statement.
        self._has_autocommit = any(
            self.kinds.sqlalchemy_name(call.func) in _MAKERS
            and self._commits_by_itself(call)
            for one in matchers.findall(node, matchers.Call())
            for call in [cst.ensure_type(one, cst.Call)]
        )

    def _commits_by_itself(self, call: cst.Call) -> bool:
        autocommit = keyword(call, "autocommit")
        return autocommit is not None and self.code(autocommit.value) != "False"

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        """Change ``sessionmaker(bind=bind, autocommit=True)``."""
        if self.kinds.sqlalchemy_name(original_node.func) in _MAKERS:
            return self._made(original_node, updated_node)
        if method(original_node) == "begin" and keyword(
            original_node, "subtransactions"
        ):
            expression = self.parent(original_node)
            if not isinstance(expression, cst.Expr) or not self._is_alone(expression):
                what = "begin(subtransactions=True)"
                self.keep(original_node, what, _BEGIN)
        return updated_node

    def _made(self, old: cst.Call, new: cst.Call) -> cst.Call:
        autocommit = keyword(old, "autocommit")
        if autocommit is None:
            return new
        value = self.code(autocommit.value)
        bind = keyword(old, "bind")
        if bind is None and old.args and old.args[0].keyword is None:
            bind = old.args[0]
        is_bound = bind is not None and self.kinds.is_a(bind.value, Kind.CONNECTION)
        is_known = value == "False" or (
            value == "True" and is_bound and not self._has_begin
        )
        what = "a session with autocommit="
        if not is_known or comments(autocommit):
            self.keep(old, what, _AUTOCOMMIT)
            return new
        if not self.change(old, what):
            return new
        args = [one for one, a in zip(new.args, old.args) if a is not autocommit]
        if args and old.args[-1] is autocommit:
            args[-1] = args[-1].with_changes(
                comma=new.args[-1].comma,
                whitespace_after_arg=new.args[-1].whitespace_after_arg,
            )
        return new.with_changes(args=args)

    def _is_alone(self, expression: cst.Expr) -> bool:
        line = self.parent(expression)
        call = expression.value
        return (
            isinstance(line, cst.SimpleStatementLine)
            and len(line.body) == 1
            and not self._has_autocommit
            and not comments(line)
            and self.kinds.is_a(receiver(cst.ensure_type(call, cst.Call)), Kind.SESSION)
        )

    def leave_SimpleStatementLine(
        self,
        original_node: cst.SimpleStatementLine,
        updated_node: cst.SimpleStatementLine,
    ) -> cst.SimpleStatementLine | cst.RemovalSentinel:
        """Remove ``session.begin(subtransactions=True)``."""
        expression = original_node.body[0]
        if not isinstance(expression, cst.Expr):
            return updated_node
        call = expression.value
        if not isinstance(call, cst.Call) or method(call) != "begin":
            return updated_node
        if not keyword(call, "subtransactions") or not self._is_alone(expression):
            return updated_node
        if not self.change(call, "begin(subtransactions=True)"):
            return updated_node
        return cst.RemoveFromParent()


RULE = Rule(
    code="FMC408",
    name="sessions",
    summary="sessions with autocommit=True, begin(subtransactions=True) -> without",
    blocks="SQLAlchemy 2.0",
    triggers=("autocommit", "subtransactions"),
    applies=is_revision_script,
    apply=transforming(Sessions),
)
