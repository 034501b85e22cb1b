"""Old names of the arguments of Alembic's directives.

Alembic 0.8 renamed them, and took the old ones until 1.5, with a warning. Today most
arguments need their names.
"""

from __future__ import annotations

from typing import NamedTuple

import libcst as cst

from ..revisions.kind import Kind
from ..revisions.script import is_revision_script
from ..revisions.transformer import RevisionTransformer, method, receiver
from ..rule import Rule
from ..transformer import keyword, transforming

_TWICE = "it has {}= beside {}=; write the one that is meant"
_POSITIONS = "too many arguments stand without a name; write their names"


class Directive(NamedTuple):
    """What the arguments of a directive are called.

    :param order: the arguments that may stand without a name, in their order.
    :param renamed: old name -> new name.
    :param keywords: what old releases took without a name behind them, in order.
    """

    order: tuple[str, ...]
    renamed: dict[str, str]
    keywords: tuple[str, ...] = ()


_NAME = {"name": "constraint_name"}
_INDEX = {"name": "index_name", "tablename": "table_name"}
_DIRECTIVES = {
    "create_index": Directive(
        ("index_name", "table_name", "columns"), _INDEX, ("schema", "unique")
    ),
    "drop_index": Directive(("index_name", "table_name"), _INDEX, ("schema",)),
    "drop_constraint": Directive(
        ("constraint_name", "table_name", "type_"),
        {**_NAME, "tablename": "table_name", "type": "type_"},
        ("schema",),
    ),
    "create_unique_constraint": Directive(
        ("constraint_name", "table_name", "columns"),
        {**_NAME, "source": "table_name", "local_cols": "columns"},
        ("schema",),
    ),
    "create_check_constraint": Directive(
        ("constraint_name", "table_name", "condition"),
        {**_NAME, "source": "table_name"},
        ("schema",),
    ),
    "create_primary_key": Directive(
        ("constraint_name", "table_name", "columns"),
        {**_NAME, "source": "table_name", "cols": "columns"},
        ("schema",),
    ),
    "create_foreign_key": Directive(
        (
            *("constraint_name", "source_table", "referent_table"),
            *("local_cols", "remote_cols"),
        ),
        {**_NAME, "source": "source_table", "referent": "referent_table"},
        ("onupdate", "ondelete"),
    ),
    "create_table": Directive(("table_name",), {"name": "table_name"}),
    "drop_table": Directive(("table_name",), {"name": "table_name"}),
    "alter_column": Directive(
        ("table_name", "column_name"),
        {"name": "new_column_name"},
        (
            *("nullable", "server_default", "new_column_name", "type_"),
            *("existing_type", "existing_server_default", "existing_nullable"),
        ),
    ),
    "rename_table": Directive(
        ("old_table_name", "new_table_name", "schema"), {"name": "old_table_name"}
    ),
}


class OperationKeywords(RevisionTransformer):
    """Change ``op.drop_index("x", tablename="t")``."""

    def leave_Call(
        self, original_node: cst.Call, updated_node: cst.Call
    ) -> cst.BaseExpression:
        """Change the arguments of a directive."""
        found = self._directive(original_node)
        if found is None or any(one.star == "*" for one in original_node.args):
            return updated_node
        name, directive = found
        args, old = [], []
        positional = sum(
            one.keyword is None and not one.star for one in original_node.args
        )
        limit = len(directive.order)
        for at, (one, new) in enumerate(zip(original_node.args, updated_node.args)):
            if one.star:
                args.append(new)
            elif one.keyword is None and at >= limit and name != "create_table":
                extra = directive.keywords[at - limit : at - limit + 1]
                # Nothing but a string is a schema; a flag was never taken there.
                is_flag = self.code(one.value) in ("True", "False")
                if not extra or (extra[0] == "schema" and is_flag):
                    self.keep(original_node, f"arguments of {name}()", _POSITIONS)
                    return updated_node
                old.append(extra[0])
                args.append(_named(new, extra[0]))
            elif one.keyword is not None and one.keyword.value in directive.renamed:
                successor = directive.renamed[one.keyword.value]
                taken = directive.order[:positional]
                if keyword(original_node, successor) or successor in taken:
                    reason = _TWICE.format(one.keyword.value, successor)
                    self.keep(original_node, f"arguments of {name}()", reason)
                    return updated_node
                old.append(one.keyword.value)
                args.append(new.with_changes(keyword=cst.Name(successor)))
            else:
                args.append(new)
        what = f"{name}() with {', '.join(f'{one}=' for one in old)} of old"
        if not old or not self.change(original_node, what):
            return updated_node
        return updated_node.with_changes(args=args)

    def _directive(self, call: cst.Call) -> tuple[str, Directive] | None:
        """Return which directive is called, and its arguments."""
        names = self.names(call.func)
        for name, directive in _DIRECTIVES.items():
            if names == {f"alembic.op.{name}"}:
                return name, directive
        name = method(call)
        if name not in _DIRECTIVES or name.endswith("_table"):
            return None
        if not self.kinds.is_a(receiver(call), Kind.OPERATIONS):
            return None
        # A directive of a batch, which knows its table.
        directive = _DIRECTIVES[name]
        order = tuple(
            one for one in directive.order if one not in ("table_name", "source_table")
        )
        return name, directive._replace(order=order)


def _named(argument: cst.Arg, name: str) -> cst.Arg:
    """Return an argument with a name."""
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    return argument.with_changes(keyword=cst.Name(name), equal=equal)


RULE = Rule(
    code="FMC409",
    name="operation_keywords",
    summary="old names of arguments of Alembic's directives -> the new ones",
    blocks="Alembic 1.5",
    triggers=tuple(_DIRECTIVES),
    applies=is_revision_script,
    apply=transforming(OperationKeywords),
)
