"""All rules, in the order in which they are applied.

A rule is one file here, a test of the same name in ``tests/codemods/rules`` and a page
of the same name in ``docs/rules``. The order matters where one rule reads what another
one writes: names first, then managers, then the migrations folder.
"""

from __future__ import annotations

from ..rule import Rule
from . import (
    flask_ext_strings,
    flask_script_manager,
    manage_py_in_scripts,
    migrate_command,
)

RULES: tuple[Rule, ...] = (
    flask_ext_strings.RULE,
    flask_script_manager.RULE,
    migrate_command.RULE,
    manage_py_in_scripts.RULE,
)
