"""All rules, in the order in which they are applied.

A rule is one file here, a test of the same name in ``tests/codemods/rules`` and a page
of the same name in ``docs/rules``. The order matters where one rule reads what another
one writes: names first, then managers, then the migrations folder.
"""

from __future__ import annotations

from ..rule import Rule
from . import alembic_ini, env_py, flask_ext_strings

RULES: tuple[Rule, ...] = (
    flask_ext_strings.RULE,
    env_py.RULE,
    alembic_ini.RULE,
)
