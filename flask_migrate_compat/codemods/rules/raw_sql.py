"""Strings, and parameters of old, that a connection or a session executes.

SQLAlchemy 2.0 takes no strings there: what was meant is ``sa.text``, or
``exec_driver_sql``, which is what ``Connection.execute`` did with a string.
"""

from __future__ import annotations

import libcst as cst

from ..revisions.clauses import comments
from ..revisions.execution import METHODS, Executions, Left
from ..revisions.kind import CONNECTIONS, ENGINES, Kind
from ..revisions.script import is_revision_script
from ..revisions.sql_text import is_reading
from ..revisions.transformer import called, listed, method, receiver
from ..rule import Rule
from ..transformer import keyword, transforming

_RECEIVER = (
    "what {} is is not known; if it is a connection or a session, write sa.text()"
    " around the string, and escape the colons that are no parameters"
)
_LOST = "a write on a connection of its own is lost without a commit; use op.get_bind()"
_SESSIONS = (Kind.SESSION, Kind.SESSION_FACTORY)
_COMMENT = "a comment in it would get lost; move it out"
_POSITIONS = "text() takes nothing but a string; write its methods, and execute it"
_TEXT_ARGUMENTS = ("bindparams", "autocommit", "typemap")


class RawSql(Executions):
    """Change ``bind.execute("…")`` into ``bind.execute(sa.text("…"))``."""

    def leave_Call(
        self, original_node: cst.Call, updated_node: cst.Call
    ) -> cst.BaseExpression:
        """Change what is executed, and the arguments of ``text``."""
        if self.kinds.sqlalchemy_name(original_node.func) == "text":
            return self._text(original_node, updated_node)
        if method(original_node) not in METHODS or not original_node.args:
            return updated_node
        target = receiver(original_node)
        kind = self.kinds.of(target)
        what = f"{method(original_node)}() of a string or with parameters of old"
        if kind is None:
            # A script without the import is incomplete, but op is what it is.
            if isinstance(target, cst.Name) and self._is_unbound_op(target):
                return updated_node
            if self.kinds.is_a(original_node.args[0].value, Kind.STRING):
                self.keep(original_node, what, _RECEIVER.format(self._short(target)))
            return updated_node
        if kind not in (*CONNECTIONS, *_SESSIONS) or kind in ENGINES:
            return updated_node
        try:
            new = self.new_execution(
                original_node, updated_node, receiver(updated_node), kind in _SESSIONS
            )
        except Left as left:
            self.keep(original_node, what, left.reason)
            return updated_node
        if new is None:
            return updated_node
        if comments(new) < comments(original_node):
            self.keep(original_node, what, _COMMENT)
            return updated_node
        if self.kinds.is_lost(target) and not is_reading(original_node.args[0].value):
            self.keep(original_node, what, _LOST)
            return updated_node
        return new if self.change(original_node, what) else updated_node

    def _is_unbound_op(self, node: cst.Name) -> bool:
        return node.value == "op" and not self.kinds.assignments(node)

    def _short(self, node: cst.CSTNode) -> str:
        code = self.code(node)
        return code if len(code) < 40 and "\n" not in code else "it"

    def _text(self, old: cst.Call, new: cst.Call) -> cst.BaseExpression:
        """Change ``sa.text("…", bindparams=[…], autocommit=True)``."""
        found = [one for one in _TEXT_ARGUMENTS if keyword(old, one) is not None]
        if sum(one.keyword is None for one in old.args) > 1:
            self.keep(old, "text() with several arguments", _POSITIONS)
            return new
        if not found:
            return new
        what = f"text({found[0]}=)"
        typemap = keyword(old, "typemap")
        if typemap is not None and not isinstance(typemap.value, cst.Dict):
            self.keep(old, what, "write the method columns() of its types")
            return new
        bindparams = keyword(old, "bindparams")
        if bindparams is not None and not self.kinds.is_a(
            bindparams.value, Kind.LIST, Kind.TUPLE
        ):
            self.keep(old, what, "write the method bindparams() of its parameters")
            return new
        if comments(old):
            self.keep(old, what, _COMMENT)
            return new
        if not self.change(old, what):
            return new
        result = new.with_changes(
            args=listed(
                [
                    one
                    for one in new.args
                    if one.keyword is None or one.keyword.value not in _TEXT_ARGUMENTS
                ]
            )
        )
        for name, successor in (("bindparams", "bindparams"), ("typemap", "columns")):
            argument = keyword(new, name)
            if argument is not None:
                result = called(result, successor, *_spread(argument.value))
        return result


def _spread(node: cst.BaseExpression) -> list[cst.Arg]:
    """Return a list or a dict as arguments."""
    if isinstance(node, (cst.List, cst.Tuple)):
        return [
            cst.Arg(one.value, star="*")
            if isinstance(one, cst.StarredElement)
            else cst.Arg(one.value)
            for one in node.elements
        ]
    if isinstance(node, cst.Dict):
        return [cst.Arg(node, star="**")]
    return [cst.Arg(node, star="*")]


RULE = Rule(
    code="FMC401",
    name="raw_sql",
    summary="strings that connections and sessions execute -> sa.text()",
    blocks="SQLAlchemy 2.0",
    triggers=("execute", "scalar", "text("),
    applies=is_revision_script,
    apply=transforming(RawSql),
)
