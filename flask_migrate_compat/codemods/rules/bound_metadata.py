"""Metadata that is bound to a connection, and what tables and indexes got from that.

SQLAlchemy 2.0 binds nothing: who reflects or creates says where.
"""

from __future__ import annotations

from typing import Sequence

import libcst as cst
from libcst import matchers
from libcst.metadata import ScopeProvider

from ..revisions.bound import Bound, bind_argument, bind_target
from ..revisions.clauses import comments, keeping_comments
from ..revisions.execution import METHODS, Left
from ..revisions.kind import Kind
from ..revisions.script import is_revision_script
from ..revisions.transformer import called, is_pure, listed, method, receiver
from ..rule import Rule
from ..transformer import keyword, transforming

_MAKERS = ("create", "drop", "exists")
_OF_METADATA = ("reflect", "create_all", "drop_all")
# What may be done with metadata that is about to be bound to nothing.
_HARMLESS = frozenset(
    (*_OF_METADATA, "tables", "clear", "remove", "sorted_tables", "schema")
)
_UNKNOWN = "what it is bound to is not known; give {}() the connection, op.get_bind()"
_UNBOUND = (
    "it is used where the binding counts, or where that is not known; give the"
    " connection to each of these instead, and write MetaData()"
)
_AUTOLOAD = "what it is bound to is not known; write autoload_with=op.get_bind()"
_COMMENT = "a comment in it would get lost; move it out"
_EXISTS = "write sa.inspect(op.get_bind()).has_table() with the name of the table"


class BoundMetadata(Bound):
    """Change ``MetaData(bind=bind)`` into ``MetaData()``, and name ``bind`` later."""

    def visit_Module(self, node: cst.Module) -> None:
        """Find the metadata that can do without its binding."""
        super().visit_Module(node)
        self._free: dict[cst.CSTNode, cst.BaseExpression] = {}
        self._reflected: dict[cst.CSTNode, cst.BaseExpression] = {}
        if self._is_binding_used(node) or self._is_binding_needed(node):
            return
        for one in matchers.findall(node, matchers.Call()):
            call = cst.ensure_type(one, cst.Call)
            if self.kinds.sqlalchemy_name(call.func) == "MetaData":
                bind = self.metadata_bind(call)
                if bind is not None and self._is_harmless(call):
                    self._free[call] = bind

    def _is_binding_used(self, module: cst.Module) -> bool:
        """Tell whether something in the file asks for a binding, or executes by it."""
        assigned = {
            assign.targets[0].target
            for one in matchers.findall(module, matchers.Assign())
            for assign in [cst.ensure_type(one, cst.Assign)]
            if bind_target(assign) is not None
        }
        for one in matchers.findall(module, matchers.Attribute()):
            attribute = cst.ensure_type(one, cst.Attribute)
            is_read = attribute not in assigned and attribute.attr.value == "bind"
            if is_read and self.kinds.is_a(
                attribute.value, Kind.METADATA, Kind.TABLE, Kind.STATEMENT
            ):
                return True
            parent = self.parent(attribute)
            if (
                attribute.attr.value in METHODS
                and isinstance(parent, cst.Call)
                and parent.func is attribute
                and self.kinds.is_a(attribute.value, Kind.STATEMENT)
            ):
                return True
        return False

    def _is_binding_needed(self, module: cst.Module) -> bool:
        """Tell whether a call without a connection stays as it is."""
        return any(
            self._is_staying(cst.ensure_type(one, cst.Call))
            for one in matchers.findall(module, matchers.Call())
        )

    def _is_staying(self, call: cst.Call) -> bool:
        is_making = method(call) in (*_OF_METADATA, *_MAKERS)
        if is_making and _has_no_bind(call) and _has_comment(call):
            return True
        is_reflecting = keyword(call, "autoload") and not keyword(call, "autoload_with")
        if not is_reflecting and not (is_making and _has_no_bind(call)):
            return False
        return self.source.is_excused(self.place(call), self.report.rule.code)

    def _is_harmless(self, call: cst.Call) -> bool:
        """Tell whether all uses of new metadata are known."""
        parent = self.parent(call)
        if isinstance(parent, cst.Arg):
            return self._is_table(self.parent(parent))
        if not isinstance(parent, cst.Assign) or len(parent.targets) != 1:
            return False
        name = parent.targets[0].target
        scope = self.get_metadata(ScopeProvider, name, None)
        if not isinstance(name, cst.Name) or scope is None:
            return False
        if len(self.kinds.values(name)) != 1:
            return False
        return all(
            self._is_harmless_use(access.node)
            for assignment in scope[name.value]
            for access in getattr(assignment, "references", ())
        )

    def _is_harmless_use(self, node: cst.CSTNode) -> bool:
        parent = self.parent(node)
        if isinstance(parent, cst.Attribute):
            if isinstance(self.parent(parent), cst.AssignTarget):
                return parent.attr.value == "bind"
            return parent.attr.value in _HARMLESS
        return isinstance(parent, cst.Arg) and self._is_table(self.parent(parent))

    def _is_table(self, node: cst.CSTNode | None) -> bool:
        return isinstance(node, cst.Call) and (
            self.kinds.sqlalchemy_name(node.func) == "Table"
            or method(node) in ("tometadata", "to_metadata")
        )

    # --- calls

    def leave_Call(
        self, original_node: cst.Call, updated_node: cst.Call
    ) -> cst.BaseExpression:
        """Change the metadata, a table, or what one of them does."""
        name = self.kinds.sqlalchemy_name(original_node.func)
        if name == "MetaData":
            return self._metadata(original_node, updated_node)
        if name == "Table":
            return self._table(original_node, updated_node)
        name = method(original_node)
        if name in _OF_METADATA:
            of = receiver(original_node)
            if self.kinds.is_a(of, Kind.METADATA) and _has_no_bind(original_node):
                return self._given(original_node, updated_node, self.metadata_bind(of))
        if name in _MAKERS:
            return self._maker(original_node, updated_node)
        return updated_node

    def _metadata(self, old: cst.Call, new: cst.Call) -> cst.BaseExpression:
        bind, reflect = bind_argument(self, old), keyword(old, "reflect")
        if bind is None and reflect is None:
            return new
        what = f"MetaData({'reflect=' if reflect else 'bind='})"
        dropped = [one for one in (bind, reflect) if one is not None]
        if old not in self._free:
            self.keep(old, what, _UNBOUND)
            return new
        value = self.code(reflect.value) if reflect is not None else "False"
        if value not in ("True", "False") or (
            value == "True" and self._line_of(old) is None
        ):
            self.keep(old, what, "write reflect(bind=) in a line of its own")
            return new
        if sum(one.keyword is None for one in old.args) > 1:
            self.keep(old, what, "write the names of its arguments")
            return new
        args = _without(old, new, dropped)
        result = new.with_changes(args=args)
        if comments(result) < comments(new):
            self.keep(old, what, _COMMENT)
            return new
        if not self.change(old, what):
            return new
        if value == "True":
            line = self._line_of(old)
            if line is not None:
                self._reflected[line] = self._free[old]
        return result

    def _line_of(self, call: cst.Call) -> cst.CSTNode | None:
        """Return the line ``metadata = MetaData()`` when it is one."""
        assign = self.parent(call)
        line = self.parent(assign) if isinstance(assign, cst.Assign) else None
        if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1:
            return line
        return None

    def _table(self, old: cst.Call, new: cst.Call) -> cst.BaseExpression:
        """Change ``autoload=True`` and ``useexisting=True``."""
        autoload, existing = keyword(old, "autoload"), keyword(old, "useexisting")
        result = new
        if existing is not None and self.change(existing, "Table(useexisting=)"):
            result = _renamed(old, result, existing, "extend_existing")
        if autoload is None:
            return result
        value = self.code(autoload.value)
        has_source = keyword(old, "autoload_with") is not None
        metadata = old.args[1].value if len(old.args) > 1 else old
        bind = self.at(self.metadata_bind(metadata), old)
        if value not in ("True", "False") or (
            value == "True" and not has_source and bind is None
        ):
            self.keep(autoload, "Table(autoload=)", _AUTOLOAD)
            return result
        if has_source or value == "False" or bind is None:
            made = result.with_changes(args=_without(old, result, [autoload]))
        else:
            made = _renamed(old, result, autoload, "autoload_with", bind)
        if comments(made) < comments(result):
            self.keep(autoload, "Table(autoload=)", _COMMENT)
            return result
        return made if self.change(autoload, "Table(autoload=)") else result

    def _maker(self, old: cst.Call, new: cst.Call) -> cst.BaseExpression:
        """Change ``table.create()``, ``index.drop()``, ``table.exists(bind)``."""
        of = receiver(old)
        name = method(old)
        if name == "exists" and self.kinds.is_a(of, Kind.TABLE):
            what = "exists() of a table"
            try:
                result = keeping_comments(old, lambda: self._exists(old, new))
            except Left as left:
                self.keep(old, what, left.reason)
                return new
            return result if self.change(old, what) else new
        if name == "exists" or not _has_no_bind(old):
            return new
        if self.kinds.is_a(of, Kind.TABLE):
            return self._given(old, new, self.table_bind(of))
        if self.kinds.is_a(of, Kind.INDEX):
            return self._given(old, new, self._index_bind(of))
        return new

    def _index_bind(self, node: cst.BaseExpression) -> cst.BaseExpression | None:
        values = self.kinds.values(node)
        if len(values) != 1:
            return None
        found = matchers.Name() | matchers.Subscript()
        for one in matchers.findall(values[0], found):
            if self.kinds.is_a(one, Kind.TABLE):
                return self.table_bind(one)
        return None

    def _given(
        self, old: cst.Call, new: cst.Call, bind: cst.BaseExpression | None
    ) -> cst.BaseExpression:
        """Give a call the connection."""
        name = method(old)
        bind = self.at(bind, old)
        what = f"{name}() without a connection"
        if bind is None or _has_comment(old):
            reason = _UNKNOWN.format(name) if bind is None else _COMMENT
            self.keep(old, what, reason)
            return new
        if not self.change(old, what):
            return new
        if name == "reflect" or new.args:
            equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
            last = cst.Arg(bind, cst.Name("bind"), equal)
            return new.with_changes(args=listed([*new.args, last]))
        return new.with_changes(args=[cst.Arg(bind)])

    def _exists(self, old: cst.Call, new: cst.Call) -> cst.BaseExpression:
        table, first = receiver(new), old.args[0] if old.args else None
        bind = first.value if first is not None else None
        is_bound = bind is None or self.kinds.is_a(bind, Kind.CONNECTION)
        if bind is None:
            bind = self.at(self.table_bind(receiver(old)), old)
        if bind is None or not is_bound:
            raise Left(_EXISTS)
        if not is_pure(bind) or len(old.args) > 1:
            raise Left(_EXISTS)
        is_here = isinstance(receiver(old), cst.Call)
        if is_here and keyword(cst.ensure_type(receiver(old), cst.Call), "schema"):
            raise Left(_EXISTS)
        if not is_here and not is_pure(table):
            raise Left(_EXISTS)
        arguments = [cst.Arg(bind), cst.Arg(cst.Attribute(table, cst.Name("name")))]
        if not is_here:
            schema = cst.Attribute(table, cst.Name("schema"))
            arguments.append(cst.Arg(schema))
        return called(cst.Attribute(bind, cst.Name("dialect")), "has_table", *arguments)

    # --- statements

    def leave_SimpleStatementLine(
        self,
        original_node: cst.SimpleStatementLine,
        updated_node: cst.SimpleStatementLine,
    ) -> (
        cst.SimpleStatementLine
        | cst.FlattenSentinel[cst.SimpleStatementLine]
        | cst.RemovalSentinel
    ):
        """Reflect in a line of its own, and remove ``metadata.bind = …``."""
        bind = self._reflected.get(original_node)
        assign = original_node.body[0]
        if bind is not None:
            name = cst.ensure_type(assign, cst.Assign).targets[0].target
            argument = cst.parse_expression("f(bind=x)")
            arg = cst.ensure_type(argument, cst.Call).args[0].with_changes(value=bind)
            line = cst.SimpleStatementLine([cst.Expr(called(name, "reflect", arg))])
            return cst.FlattenSentinel([updated_node, line])
        if not isinstance(assign, cst.Assign):
            return updated_node
        target = bind_target(assign)
        if target is None or not self.kinds.is_a(target, Kind.METADATA):
            return updated_node
        is_free = all(one in self._free for one in self.kinds.values(target))
        is_alone = len(original_node.body) == 1 and not comments(original_node)
        if not is_free or not is_alone:
            self.keep(assign, "a binding of metadata", _UNBOUND)
            return updated_node
        if not self.change(assign, "a binding of metadata"):
            return updated_node
        return cst.RemoveFromParent()


def _has_no_bind(call: cst.Call) -> bool:
    """Tell whether a call of ``create`` or the like lacks the connection."""
    return not any(
        one.star or one.keyword is None or one.keyword.value == "bind"
        for one in call.args
    )


def _has_comment(call: cst.Call) -> bool:
    """Tell whether a comment stands between the arguments of a call."""
    return comments(call) > comments(call.func)


def _without(old: cst.Call, new: cst.Call, dropped: Sequence[cst.Arg]) -> list[cst.Arg]:
    """Return the arguments of a call without some of them."""
    args = [other for one, other in zip(old.args, new.args) if one not in dropped]
    if args and old.args[-1] in dropped:
        last = new.args[-1]
        args[-1] = args[-1].with_changes(
            comma=last.comma, whitespace_after_arg=last.whitespace_after_arg
        )
    return args


def _renamed(
    old: cst.Call,
    new: cst.Call,
    argument: cst.Arg,
    name: str,
    value: cst.BaseExpression | None = None,
) -> cst.Call:
    """Return a call with another name, and another value, for an argument."""
    return new.with_changes(
        args=[
            other.with_changes(keyword=cst.Name(name), value=value or other.value)
            if one is argument
            else other
            for one, other in zip(old.args, new.args)
        ]
    )


RULE = Rule(
    code="FMC406",
    name="bound_metadata",
    summary="MetaData(bind=), autoload=True -> the connection where it is used",
    blocks="SQLAlchemy 2.0",
    triggers=("MetaData", "Table", ".bind", ".exists("),
    applies=is_revision_script,
    apply=transforming(BoundMetadata),
)
