"""All rules, in the order in which they are applied.

A rule is one file here, a test of the same name in ``tests/codemods/rules`` and a page
of the same name in ``docs/rules``. The order matters where one rule reads what another
one writes: names first, then managers, then the migrations folder.
"""

from __future__ import annotations

from ..rule import Rule
from . import (
    alembic_ini,
    bound_metadata,
    engines,
    env_py,
    flask_ext,
    flask_ext_strings,
    flask_names,
    flask_script_manager,
    flask_sqlalchemy_names,
    manage_py_in_scripts,
    migrate_command,
    operation_keywords,
    raw_sql,
    rows,
    select_lists,
    sessions,
    sqlalchemy_names,
    statement_arguments,
    transactions,
)

RULES: tuple[Rule, ...] = (
    flask_ext.RULE,
    flask_ext_strings.RULE,
    flask_names.RULE,
    flask_sqlalchemy_names.RULE,
    sqlalchemy_names.RULE,
    flask_script_manager.RULE,
    migrate_command.RULE,
    manage_py_in_scripts.RULE,
    env_py.RULE,
    alembic_ini.RULE,
    raw_sql.RULE,
    select_lists.RULE,
    statement_arguments.RULE,
    rows.RULE,
    engines.RULE,
    bound_metadata.RULE,
    transactions.RULE,
    sessions.RULE,
    operation_keywords.RULE,
)
