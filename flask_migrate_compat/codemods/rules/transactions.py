"""Transactions and connections within the one of the migration, and what gets lost.

A connection of SQLAlchemy 1.x could begin, connect and call again and again; one of 2.0
that has a transaction cannot begin another one.
"""

from __future__ import annotations

from typing import Sequence, Union

import libcst as cst
from libcst import matchers

from ..revisions.clauses import comments
from ..revisions.kind import CALLERS, Kind
from ..revisions.script import is_revision_script
from ..revisions.sql_text import is_reading
from ..revisions.transformer import RevisionTransformer, listed, method, receiver
from ..rule import Rule
from ..transformer import keyword, transforming

_CONNECTS = ("connect", "contextual_connect")
_LOST = (
    "SQLAlchemy 2.0 forgets what a connection of its own writes without a commit; use"
    " op.get_bind()"
)
_ROLLBACK = (
    "SQLAlchemy 2.0 rolls the whole migration back without an error; write"
    " session.close(), or raise an error behind it"
)
_AUTOCOMMIT = (
    "the migration has a transaction; write 'with op.get_context().autocommit_block():'"
    " around what it is for"
)
_BEGIN = (
    "the transaction is used for more than a commit; remove it, or write begin_nested()"
)
_CONNECT = "what becomes of the connection is not known; use {} itself"
_COMMENT = "a comment would get lost; move it out of the line"
Statements = Union[cst.BaseStatement, cst.FlattenSentinel[cst.BaseStatement]]


class Transactions(RevisionTransformer):
    """Take transactions within the one of the migration away, and report losses."""

    def visit_Module(self, node: cst.Module) -> None:
        """Find the transactions and connections with a name."""
        super().visit_Module(node)
        # Statements that go, and calls that become the connection.
        self._going: set[cst.CSTNode] = set()
        self._plain: set[cst.CSTNode] = set()
        for one in matchers.findall(node, matchers.Assign()):
            self._look_at(cst.ensure_type(one, cst.Assign))

    def _is_made(self, node: cst.CSTNode | None, *names: str) -> bool:
        """Tell whether the connection of the migration begins or connects."""
        return (
            isinstance(node, cst.Call)
            and method(node) in names
            and self.kinds.is_a(receiver(node), Kind.CONNECTION)
        )

    def _look_at(self, assign: cst.Assign) -> None:
        """Look at ``transaction = bind.begin()`` and ``c = bind.connect()``."""
        name, value = assign.targets[0].target, assign.value
        if not isinstance(value, cst.Call):
            return
        if self._is_made(value, "begin"):
            lines = self._lines(name, ("commit", "rollback"))
            line = self._line(assign)
            if lines is None or line is None or len(assign.targets) != 1:
                self.keep(value, "begin() in a migration", _BEGIN)
            elif any(comments(one) for one in (line, *lines)):
                self.keep(value, "begin() in a migration", _COMMENT)
            elif self.change(value, "begin() in a migration"):
                self._going.update((line, *lines))
        elif self._is_made(value, *_CONNECTS):
            self._note_connection(name, value)

    def _note_connection(self, name: cst.CSTNode, value: cst.Call) -> None:
        what = f"{method(value)}() of a connection"
        closing = self._closing(name)
        if closing is None:
            self.keep(value, what, _CONNECT.format(self.code(receiver(value))))
        elif any(comments(one) for one in closing):
            self.keep(value, what, _COMMENT)
        elif self.change(value, what):
            self._plain.add(value)
            self._going.update(closing)

    def _closing(self, name: cst.CSTNode) -> list[cst.CSTNode] | None:
        """Return the lines ``c.close()``; nothing when there are other uses of note."""
        if not isinstance(name, cst.Name) or len(self.kinds.assignments(name)) != 1:
            return None
        if not self.kinds.methods(name) <= {"execute", "scalar", "close"} | {
            *("exec_driver_sql", "dialect", "engine"),
        }:
            return None
        return self._lines(name, ("close",), is_all=False)

    def _lines(
        self, name: cst.CSTNode, names: Sequence[str], is_all: bool = True
    ) -> list[cst.CSTNode] | None:
        """Return the lines ``name.commit()``; nothing when a use is none."""
        if not isinstance(name, cst.Name) or len(self.kinds.assignments(name)) != 1:
            return None
        found = []
        for use in self.kinds.references(name):
            attribute = self.parent(use)
            call = self.parent(attribute) if attribute is not None else None
            expression = self.parent(call) if call is not None else None
            line = self._line(expression)
            if _is_handed_on(attribute, names) and not isinstance(expression, cst.Expr):
                return None
            if method(call or use) in names and isinstance(expression, cst.Expr):
                if line is None or not self._may_go(method(call or use), line):
                    return None
                found.append(line)
            elif is_all:
                return None
        return found

    def _line(self, node: cst.CSTNode | None) -> cst.CSTNode | None:
        """Return the line that a small statement has for itself."""
        line = self.parent(node) if node is not None else None
        if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1:
            return line
        return None

    def _may_go(self, name: str, line: cst.CSTNode) -> bool:
        """Tell whether a line does nothing: a rollback does, but before an error."""
        return name != "rollback" or self._is_before_raise(line)

    def _is_before_raise(self, line: cst.CSTNode) -> bool:
        block = self.parent(line)
        body = list(getattr(block, "body", ()))
        if line not in body or body.index(line) + 1 >= len(body):
            return False
        after = body[body.index(line) + 1]
        return isinstance(after, cst.SimpleStatementLine) and isinstance(
            after.body[0], cst.Raise
        )

    # --- statements

    def leave_SimpleStatementLine(
        self,
        original_node: cst.SimpleStatementLine,
        updated_node: cst.SimpleStatementLine,
    ) -> cst.SimpleStatementLine | cst.RemovalSentinel:
        """Remove a line."""
        if original_node in self._going:
            return cst.RemoveFromParent()
        return updated_node

    def visit_With(self, node: cst.With) -> None:
        """Find ``with bind.connect() as connection``."""
        if len(node.items) == 1 and self._is_made(node.items[0].item, *_CONNECTS):
            call = cst.ensure_type(node.items[0].item, cst.Call)
            if node.items[0].asname is not None and not _footer(node):
                self._note_connection(node.items[0].asname.name, call)

    def leave_With(self, original_node: cst.With, updated_node: cst.With) -> Statements:
        """Take ``with bind.begin()`` from around its body."""
        item = original_node.items[0]
        if item.item in self._plain and item.asname is not None:
            bind = receiver(cst.ensure_type(item.item, cst.Call))
            target = cst.AssignTarget(cst.ensure_type(item.asname.name, cst.Name))
            line = cst.SimpleStatementLine([cst.Assign([target], bind)])
            return _unwrapped(updated_node, [line])
        if not self._is_made(item.item, "begin"):
            return updated_node
        what = "begin() in a migration"
        if len(original_node.items) > 1 or item.asname is not None:
            self.keep(item.item, what, _BEGIN)
        elif _footer(original_node):
            self.keep(item.item, what, _COMMENT)
        elif self.change(item.item, what):
            return _unwrapped(updated_node, [])
        return updated_node

    # --- calls

    def leave_Call(
        self, original_node: cst.Call, updated_node: cst.Call
    ) -> cst.BaseExpression:
        """Change a call of a connection or an engine, and report what is lost."""
        name = method(original_node)
        if not name:
            return updated_node
        of = receiver(original_node)
        kind = self.kinds.of(of)
        if original_node in self._plain:
            return receiver(updated_node)
        is_own = kind in (Kind.OTHER_CONNECTION, Kind.OTHER_ENGINE)
        if name in CALLERS and is_own:
            what = f"{name}() of a connection or engine"
            self.keep(original_node, what, "call the function with a connection")
        if name in CALLERS and kind in (Kind.CONNECTION, Kind.ENGINE):
            return self._called(original_node, updated_node)
        if kind is Kind.CONNECTION:
            return self._of_connection(original_node, updated_node)
        if kind in (Kind.SESSION, Kind.SESSION_FACTORY) and name == "rollback":
            line = self._line(self.parent(original_node))
            if line is None or not self._is_before_raise(line):
                self.keep(original_node, "rollback() of a session", _ROLLBACK)
        if name in ("execute", "exec_driver_sql") and self.kinds.is_lost(of):
            self._report_loss(original_node)
        return updated_node

    def _of_connection(self, old: cst.Call, new: cst.Call) -> cst.BaseExpression:
        parent = self.parent(old)
        name = method(old)
        if name == "execution_options":
            level = keyword(old, "isolation_level")
            if level is not None:
                self.keep(old, "an isolation level in a migration", _AUTOCOMMIT)
        elif name in _CONNECTS and not isinstance(parent, (cst.Assign, cst.WithItem)):
            what = f"{name}() of a connection"
            is_asked = isinstance(parent, cst.Attribute) and (
                parent.attr.value in ("execute", "scalar", "exec_driver_sql")
            )
            if not is_asked and not isinstance(parent, cst.Expr):
                self.keep(old, what, _CONNECT.format(self.code(receiver(old))))
            elif self.change(old, what):
                return receiver(new)
        elif name in _CONNECTS and isinstance(parent, cst.WithItem):
            self.keep(
                old,
                f"{name}() of a connection",
                _CONNECT.format(self.code(receiver(old))),
            )
        elif name == "begin" and not isinstance(parent, (cst.Assign, cst.WithItem)):
            self.keep(old, "begin() in a migration", _BEGIN)
        return new

    def _called(self, old: cst.Call, new: cst.Call) -> cst.BaseExpression:
        """Change ``bind.run_callable(function, 1)`` into ``function(bind, 1)``."""
        of, what = receiver(new), f"{method(old)}() of a connection or engine"
        bind: cst.BaseExpression | None = of
        if self.kinds.is_a(receiver(old), Kind.ENGINE):
            is_engine = isinstance(of, cst.Attribute) and of.attr.value == "engine"
            bind = of.value if is_engine else self.bind(old)  # type: ignore[attr-defined]
        if bind is None or not old.args or old.args[0].star or old.args[0].keyword:
            self.keep(old, what, "call the function with op.get_bind()")
            return new
        if comments(old) > comments(old.args[0].value):
            self.keep(old, what, _COMMENT)
            return new
        if not self.change(old, what):
            return new
        function = new.args[0].value
        if not isinstance(function, (cst.Name, cst.Attribute)) and not function.lpar:
            function = function.with_changes(
                lpar=[cst.LeftParen()], rpar=[cst.RightParen()]
            )
        return cst.Call(function, listed([cst.Arg(bind), *new.args[1:]]))

    def _report_loss(self, node: cst.Call) -> None:
        if not node.args:
            return
        statement = node.args[0].value
        if isinstance(statement, cst.Call):
            name = self.kinds.sqlalchemy_name(statement.func)
            if name == "text" and statement.args:
                statement = statement.args[0].value
        root: cst.CSTNode = statement
        while isinstance(root, cst.Call) and isinstance(root.func, cst.Attribute):
            if self.kinds.sqlalchemy_name(root.func) == "select":
                return
            if root.func.attr.value == "select":
                return
            root = root.func.value
        if isinstance(root, cst.Call) and (
            self.kinds.sqlalchemy_name(root.func) == "select"
        ):
            return
        if not is_reading(statement):
            self.keep(node, "a write on a connection of its own", _LOST)


def _is_handed_on(attribute: cst.CSTNode | None, names: Sequence[str]) -> bool:
    """Tell whether a use is one of these methods, called or not."""
    return isinstance(attribute, cst.Attribute) and attribute.attr.value in names


def _footer(node: cst.With) -> bool:
    """Tell whether comments stand behind the last statement of a block."""
    return isinstance(node.body, cst.IndentedBlock) and any(
        one.comment is not None for one in node.body.footer
    )


def _unwrapped(
    node: cst.With, before: Sequence[cst.SimpleStatementLine]
) -> cst.FlattenSentinel[cst.BaseStatement]:
    """Return the statements of a block with their comments."""
    body: list[cst.BaseStatement] = list(before)
    leading = list(node.leading_lines)
    if isinstance(node.body, cst.IndentedBlock):
        comment = node.body.header.comment
        if comment is not None:
            leading.append(cst.EmptyLine(comment=comment))
        body += [one for one in node.body.body if isinstance(one, cst.BaseStatement)]
    else:
        suite = cst.ensure_type(node.body, cst.SimpleStatementSuite)
        end = suite.trailing_whitespace
        body.append(cst.SimpleStatementLine(suite.body, trailing_whitespace=end))
    if not body:
        body = [cst.SimpleStatementLine([cst.Pass()])]
    first = body[0]
    lines = [*leading, *getattr(first, "leading_lines", ())]
    body[0] = first.with_changes(leading_lines=lines)
    return cst.FlattenSentinel(body)


RULE = Rule(
    code="FMC407",
    name="transactions",
    summary="transactions and connections in a migration -> its own; losses",
    blocks="SQLAlchemy 2.0",
    triggers=(
        *("begin(", "connect(", "run_callable(", "transaction(", "rollback("),
        "isolation_level",
    ),
    applies=is_revision_script,
    apply=transforming(Transactions),
)
