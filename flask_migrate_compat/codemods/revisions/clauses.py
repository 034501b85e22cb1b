"""The clauses that ``select``, ``update`` and the like took as arguments."""

from __future__ import annotations

from typing import Callable, Sequence

import libcst as cst
from libcst import matchers

from ..transformer import undotted
from .execution import Left
from .kind import Kind
from .transformer import RevisionTransformer, called

#: The parameters of ``select`` of SQLAlchemy 1.3, in their order.
SELECT = (
    *("columns", "whereclause", "from_obj", "distinct", "having", "correlate"),
    *("prefixes", "suffixes"),
)
# Those of a select, in the order in which they are best read.
_METHODS = {
    "from_obj": "select_from",
    "whereclause": "where",
    "values": "values",
    "group_by": "group_by",
    "having": "having",
    "order_by": "order_by",
    "limit": "limit",
    "offset": "offset",
    "prefixes": "prefix_with",
    "suffixes": "suffix_with",
    "returning": "returning",
}
#: What a list is spread out for.
_OF_LISTS = ("from_obj", "group_by", "order_by", "prefixes", "suffixes", "returning")
_FLAGS = ("distinct", "correlate", "use_labels", "for_update", "autocommit", "inline")
_NOTHING: frozenset[str] = frozenset()
CLAUSES = (*_METHODS, *_FLAGS)
LIST = "whether {} is a list is not known; write {}"


class Clauses(RevisionTransformer):
    """Change arguments into methods."""

    def made(
        self,
        old: cst.Call,
        new: cst.Call,
        message: str,
        make: Callable[[cst.Call, cst.Call], cst.BaseExpression],
    ) -> cst.BaseExpression:
        """Return what a function makes of a call; report why when it cannot.

        :param old: the original node.
        :param new: what it is now.
        :param message: what is old about it.
        :param make: raises :class:`Left` when the call stays.
        """
        try:
            result = keeping_comments(old, lambda: make(old, new))
        except Left as left:
            self.keep(old, message, left.reason)
            return new
        return result if self.change(old, message) else new

    def arguments(
        self, old: cst.Call, new: cst.Call, order: Sequence[str]
    ) -> dict[str, tuple[cst.Arg, cst.Arg]]:
        """Return the arguments of a call by name, each as it was and as it is.

        :param order: the names of those that stand without one.
        :raises Left: when a name cannot be told.
        """
        found = {}
        for at, (one, other) in enumerate(zip(old.args, new.args)):
            if one.star or (one.keyword is None and at >= len(order)):
                raise Left("its arguments are not known; write them as methods")
            name = order[at] if one.keyword is None else one.keyword.value
            found[name] = (one, other)
        return found

    def with_clauses(
        self, node: cst.BaseExpression, found: dict[str, tuple[cst.Arg, cst.Arg]]
    ) -> cst.BaseExpression:
        """Return a statement with methods for its arguments.

        :param node: the new statement.
        :param found: the arguments, without what is no clause.
        :raises Left: when one is not known.
        """
        for name in found:
            if name not in CLAUSES:
                raise Left(f"{name}= has no successor that is known; write a method")
        for name, successor in _METHODS.items():
            if name not in found:
                continue
            old, new = (one.value for one in found[name])
            if isinstance(old, cst.Name) and old.value == "None":
                continue
            if name == "whereclause" and self._may_be_none(old):
                raise Left(f"{self.code(old)} may be None; write where()")
            values = self._listed(old, new) if name in _OF_LISTS else [cst.Arg(new)]
            if name == "from_obj":
                # One at a time, as all releases take it.
                for value in values:
                    node = called(node, successor, value)
            else:
                node = called(node, successor, *values)
        return self._with_flags(node, found)

    def _may_be_none(
        self, node: cst.BaseExpression, seen: frozenset[str] = _NOTHING
    ) -> bool:
        if isinstance(node, (cst.IfExp, cst.BooleanOperation)):
            return any(self._may_be_none(one, seen) for one in _sides(node))
        if not isinstance(node, cst.Name):
            return False
        if node.value == "None":
            return True
        if node.value in seen:
            # where = where if x else …
            return False
        seen = seen | {node.value}
        values = self.kinds.values(node)
        return not values or any(self._may_be_none(one, seen) for one in values)

    def _with_flags(
        self, node: cst.BaseExpression, found: dict[str, tuple[cst.Arg, cst.Arg]]
    ) -> cst.BaseExpression:
        for name in _FLAGS:
            if name not in found or name == "autocommit":
                continue
            old, new = (one.value for one in found[name])
            is_default = name != "correlate"
            value = old.value if isinstance(old, cst.Name) else ""
            if value == str(not is_default):
                continue
            if name == "distinct" and isinstance(old, (cst.List, cst.Tuple)):
                node = called(node, "distinct", *self._listed(old, new))
            elif value != str(is_default):
                raise Left(f"what {name}= is is not known; write a method")
            elif name == "correlate":
                node = called(node, "correlate", cst.Name("None"))
            elif name == "use_labels":
                style = undotted("LABEL_STYLE_TABLENAME_PLUS_COL")
                module = self.sqlalchemy_module(old)
                if module is None:
                    raise Left("write set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)")
                style = undotted(f"{module}.{style.value}")
                node = called(node, "set_label_style", style)
            else:
                successor = "with_for_update" if name == "for_update" else name
                node = called(node, successor)
        return node

    def _listed(
        self, old: cst.BaseExpression, new: cst.BaseExpression
    ) -> list[cst.Arg]:
        """Return a list, or one thing, as arguments."""
        if isinstance(new, (cst.List, cst.Tuple)):
            return spread(new)
        kind = self.kinds.of(old)
        if kind in (Kind.LIST, Kind.TUPLE):
            return [cst.Arg(new, star="*")]
        if kind is None and isinstance(old, cst.Name) and not self.kinds.values(old):
            code = self.code(old)
            raise Left(LIST.format(code, f"*{code} for a list"))
        return [cst.Arg(new)]

    def columns(
        self,
        old: cst.BaseExpression,
        call: cst.Call,
        argument: cst.Arg,
        rest: Sequence[cst.Arg] = (),
    ) -> cst.Call:
        """Return a call whose list of columns is spread out.

        :param old: the original list.
        :param call: the call in its new form.
        :param argument: its argument, the list.
        :param rest: the arguments behind it.
        """
        new = argument.value
        if not isinstance(new, (cst.List, cst.Tuple)):
            if not self.kinds.is_a(old, Kind.LIST, Kind.TUPLE):
                code = self.code(old)
                raise Left(LIST.format(code, f"*{code} for a list"))
            first = argument.with_changes(star="*", value=new, keyword=None)
            if not rest:
                first = first.with_changes(comma=cst.MaybeSentinel.DEFAULT)
            return call.with_changes(args=[first, *rest])
        args = spread(new)
        end = argument.comma if rest else None
        left, right = _inside(new)
        if args:
            last = args[-1].with_changes(whitespace_after_arg=right)
            if isinstance(end, cst.Comma):
                last = last.with_changes(
                    comma=end, whitespace_after_arg=cst.SimpleWhitespace("")
                )
            args[-1] = last
            is_one_line = not isinstance(right, cst.ParenthesizedWhitespace)
            after = argument.whitespace_after_arg
            if (not rest and is_one_line) and (
                isinstance(argument.comma, cst.Comma)
                or isinstance(after, cst.ParenthesizedWhitespace)
            ):
                # The end of the line of the list is the end of the call now.
                args[-1] = last.with_changes(
                    comma=argument.comma, whitespace_after_arg=after
                )
        if isinstance(left, cst.ParenthesizedWhitespace):
            call = call.with_changes(whitespace_before_args=left)
        return call.with_changes(args=[*args, *rest])


def _sides(
    node: cst.IfExp | cst.BooleanOperation,
) -> tuple[cst.BaseExpression, cst.BaseExpression]:
    """Return what an expression may be."""
    if isinstance(node, cst.IfExp):
        return node.body, node.orelse
    return node.left, node.right


def _inside(
    node: cst.List | cst.Tuple,
) -> tuple[cst.BaseParenthesizableWhitespace, cst.BaseParenthesizableWhitespace]:
    """Return the space inside the brackets of a list."""
    if isinstance(node, cst.List):
        return node.lbracket.whitespace_after, node.rbracket.whitespace_before
    if node.lpar:
        return node.lpar[0].whitespace_after, node.rpar[-1].whitespace_before
    return cst.SimpleWhitespace(""), cst.SimpleWhitespace("")


def spread(node: cst.List | cst.Tuple) -> list[cst.Arg]:
    """Return the elements of a list as arguments, with their lines and comments."""
    return [
        cst.Arg(one.value, star="*", comma=one.comma)
        if isinstance(one, cst.StarredElement)
        else cst.Arg(one.value, comma=one.comma)
        for one in node.elements
    ]


def comments(node: cst.CSTNode) -> int:
    """Return how many comments stand in an expression."""
    return len(matchers.findall(node, matchers.Comment()))


def keeping_comments(
    old: cst.Call, make: Callable[[], cst.BaseExpression]
) -> cst.BaseExpression:
    """Return what is made of a call, unless a comment would get lost.

    :raises Left: when one would.
    """
    new = make()
    if comments(new) < comments(old):
        raise Left("a comment in it would get lost; move it out")
    return new
