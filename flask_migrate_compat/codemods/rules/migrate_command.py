"""``MigrateCommand`` of Flask-Migrate: the click group that ``Migrate`` registers.

It is a command of a Manager and goes with it, so it is ``flask_script_manager`` that
takes it out of a file whose Manager can be converted. This rule says what becomes of it
everywhere else, and takes out imports that nobody uses.
"""

from __future__ import annotations

import libcst as cst

from ..managers.plan import MIGRATE_MODULE
from ..managers.planner import Planner
from ..removing import removed, without_removed
from ..rule import Report, Rule
from ..source import Source
from ..transformer import Transformer, dotted, transforming

_OLD = "MigrateCommand of Flask-Migrate"


class MigrateCommand(Transformer):
    """Take out unused imports, and report the rest."""

    def __init__(self, source: Source, report: Report) -> None:
        super().__init__(source, report)
        self.gone: set[cst.ImportAlias] = set()

    def visit_Module(self, node: cst.Module) -> None:
        """Find out which Manager it belongs to."""
        self.planner = Planner(self)
        plan = self.planner.make()
        reasons = {one: reason for one, _, reason in plan.obstacles}
        for used, name in self.planner.uses.migrate:
            if name == "MigrateCommand":
                reason = self._reason(used, reasons)
                if reason:
                    self.keep(used, _OLD, reason)

    def _reason(self, used: cst.CSTNode, reasons: dict[cst.CSTNode, str]) -> str:
        plan = self.planner.plan
        call = self._call_around(used)
        if call is not None and call in reasons:
            return reasons[call]
        adding = next(
            (one for one, added in self.planner.adding if added is call), None
        )
        if adding is None:
            if dotted(getattr(call, "func", None)).endswith(".add_command"):
                return (
                    "its Manager is in another file; when that is converted, remove"
                    " this line, because Migrate(app, db) makes 'flask db'"
                )
            return (
                "it is changed, copied or handed on; see app.cli.commands['db'], the"
                " click group that Migrate(app, db) makes"
            )
        line = self.place(adding.call).line
        if plan.is_possible:
            # FMC201 takes it out together with its Manager, and reports it.
            return ""
        return f"it waits for the Manager of line {line}; see FMC201 there"

    def _call_around(self, used: cst.CSTNode) -> cst.Call | None:
        argument = self.parent(used)
        call = self.parent(argument) if isinstance(argument, cst.Arg) else None
        return call if isinstance(call, cst.Call) else None

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        """Look for an import that nobody uses."""
        module = "." * len(node.relative) + dotted(node.module)
        if isinstance(node.names, cst.ImportStar) or not MIGRATE_MODULE.fullmatch(
            module
        ):
            return
        for alias in node.names:
            if alias.evaluated_name == "MigrateCommand":
                self._look_at(node, alias)

    def _look_at(self, node: cst.ImportFrom, alias: cst.ImportAlias) -> None:
        scope = self.planner.scope
        local = alias.evaluated_alias or alias.evaluated_name
        if scope is None or self.planner.references(local):
            return
        line = self.parent(node)
        if (
            not isinstance(line, cst.SimpleStatementLine)
            or self.parent(line) is not self.source.module
        ):
            self.keep(alias, _OLD, "it is imported in a block; remove it by hand")
        elif line.body[0] is not node:
            self.keep(alias, _OLD, "there is more on its line; remove it by hand")
        elif self.source.name == "__init__.py" or self.planner.is_public(local):
            reason = "other files may import it from here; remove it when none does"
            self.keep(alias, _OLD, reason)
        elif self.change(alias, f"unused {_OLD}"):
            self.gone.add(alias)

    def leave_SimpleStatementLine(
        self,
        original_node: cst.SimpleStatementLine,
        updated_node: cst.SimpleStatementLine,
    ) -> cst.SimpleStatementLine:
        """Take the name out."""
        statement = original_node.body[0]
        if not isinstance(statement, cst.ImportFrom) or isinstance(
            statement.names, cst.ImportStar
        ):
            return updated_node
        names = [one for one in statement.names if one not in self.gone]
        if len(names) == len(statement.names):
            return updated_node
        rest = updated_node.body[1:]
        if names:
            names[-1] = names[-1].with_changes(comma=statement.names[-1].comma)
            first = statement.with_changes(names=names)
            return updated_node.with_changes(body=[first, *rest])
        return updated_node.with_changes(body=rest) if rest else removed(updated_node)

    def leave_Module(
        self, original_node: cst.Module, updated_node: cst.Module
    ) -> cst.Module:
        """Take out what is marked."""
        return without_removed(updated_node)


RULE = Rule(
    code="FMC202",
    name="migrate_command",
    summary="MigrateCommand of Flask-Migrate -> the click group of Migrate(app, db)",
    blocks="Flask-Migrate 3.0",
    triggers=("MigrateCommand",),
    applies=lambda source: source.is_python,
    apply=transforming(MigrateCommand),
)
