"""Dotted names below ``flask.ext`` in strings: settings, ``import_string``, mocks."""

from __future__ import annotations

import re

import libcst as cst

from ..rule import Rule
from ..transformer import Transformer, transforming

# The whole string, so that prose and documentation are left alone.
_NAME = re.compile(r"([bBrRuU]*)('{3}|\"{3}|'|\")(flask\.ext|flaskext)\.(\w[\w.:]*)\2")
# `flaskext.css` is a file.
_FILE = re.compile(
    r"(?:^|\.)(?:py|pyc|css|js|json|html?|txt|rst|md|cfg|ini|conf|ya?ml|toml|xml|log"
    r"|db|sqlite|png|svg|gif|jpe?g|ico|zip|gz|sh|sql|csv)$"
)
# What a name is made of, with +, % or format().
_BEGINNING = re.compile(r"(?:flask\.ext|flaskext)\.(?:$|[\w.]*[%{])")
_MADE = "the name is made when the program runs: make flask_x there"


class FlaskExtStrings(Transformer):
    """Change ``"flask.ext.sqlalchemy"`` into ``"flask_sqlalchemy"``."""

    def leave_SimpleString(
        self, original_node: cst.SimpleString, updated_node: cst.SimpleString
    ) -> cst.BaseExpression:
        """Change a string that is nothing but such a name."""
        found = _NAME.fullmatch(original_node.value)
        if found is None:
            value = original_node.evaluated_value
            if isinstance(value, str) and _BEGINNING.match(value):
                self.keep(original_node, "a name below flask.ext in a string", _MADE)
            return updated_node
        prefix, quote, package, name = found.groups()
        if _FILE.search(name):
            return updated_node
        message = f"the name {package}.{name} in a string"
        if not self.change(original_node, message):
            return updated_node
        return updated_node.with_changes(value=f"{prefix}{quote}flask_{name}{quote}")

    def visit_FormattedString(self, node: cst.FormattedString) -> None:
        """Report names that are made with ``f"flask.ext.{name}"``."""
        first = node.parts[0] if len(node.parts) > 1 else None
        if isinstance(first, cst.FormattedStringText) and _BEGINNING.match(
            f"{first.value}{{"
        ):
            self.keep(node, "a name below flask.ext in a string", _MADE)


RULE = Rule(
    code="FMC102",
    name="flask_ext_strings",
    summary="names below flask.ext in strings -> the extension's own name",
    blocks="Flask 1.0",
    triggers=("flask.ext.", "flaskext."),
    applies=lambda source: source.is_python,
    apply=transforming(FlaskExtStrings),
)
