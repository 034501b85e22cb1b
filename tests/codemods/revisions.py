"""Make revision scripts of the bodies of their ``upgrade()``."""

from __future__ import annotations

import textwrap

from flask_migrate_compat.codemods.rule import Finding, Rule
from tests.codemods import tools

HEAD = """\
import sqlalchemy as sa
from alembic import op

revision = "r2"
down_revision = "r1"


def upgrade():
    bind = op.get_bind()
    users = sa.sql.table("users", sa.sql.column("id"), sa.sql.column("name"))
"""


def script(body: str) -> str:
    """Return a revision script in which ``bind`` and ``users`` are known."""
    return HEAD + textwrap.indent(textwrap.dedent(body).lstrip("\n"), "    ")


def assert_unchanged(rule: Rule, body: str) -> None:
    """Make sure that a rule finds nothing in a body."""
    tools.assert_unchanged(rule, script(body))


def assert_rewritten(rule: Rule, before: str, after: str) -> None:
    """Make sure that a rule changes one body into another, and leaves nothing."""
    tools.assert_rewritten(rule, script(before), script(after))


def assert_left(rule: Rule, body: str, *reasons: str) -> list[Finding]:
    """Make sure that a rule reports places of a body that it does not change."""
    return tools.assert_left(rule, script(body), *reasons)
