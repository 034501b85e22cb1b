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


class FlaskExtStrings(Transformer):
    """Change ``"flask.ext.sqlalchemy"`` into ``"flask_sqlalchemy"``."""

    def leave_SimpleString(
        self, original_node: cst.SimpleString, updated_node: cst.SimpleString
    ) -> cst.BaseExpression:
        """Change a string that is nothing but such a name."""
        found = _NAME.fullmatch(original_node.value)
        if found is None:
            return updated_node
        prefix, quote, package, name = found.groups()
        if _FILE.search(name):
            return updated_node
        message = f"the name {package}.{name} in a string"
        if not self.change(original_node, message):
            return updated_node
        return updated_node.with_changes(value=f"{prefix}{quote}flask_{name}{quote}")


RULE = Rule(
    code="FMC102",
    name="flask_ext_strings",
    summary="names below flask.ext in strings -> the extension's own name",
    blocks="Flask 1.0",
    triggers=("flask.ext.", "flaskext."),
    applies=lambda source: source.is_python,
    apply=transforming(FlaskExtStrings),
)
