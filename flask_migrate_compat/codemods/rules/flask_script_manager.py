"""Managers of Flask-Script and their commands: click commands of the application."""

from __future__ import annotations

from typing import Any, cast

import libcst as cst
from libcst.metadata import ScopeProvider

from ..managers.click_options import Parameter
from ..managers.command_classes import as_function
from ..managers.plan import PROMPTS, SCRIPT_MODULE, NewCommand, Plan, is_script_import
from ..managers.planner import Planner
from ..managers.prompts import PromptError, new_prompt
from ..removing import is_removed, removed, without_removed
from ..rule import Report, Rule
from ..source import Source
from ..transformer import Transformer, dotted, transforming

# What a file has that gets its Manager from another one.
_DECORATORS = ("anager.command", "anager.option(", "anager.add_command(")


class FlaskScriptManager(Transformer):
    """Carry out the plan for a file, or report what stands against it."""

    def __init__(self, source: Source, report: Report) -> None:
        super().__init__(source, report)
        self.plan = Plan()
        self.is_converting = False
        self.needs: set[str] = set()
        self.gone: set[cst.CSTNode] = set()
        self.unused: set[cst.CSTNode] = set()
        self.place_of_imports: cst.CSTNode | None = None

    def visit_Module(self, node: cst.Module) -> None:
        """Make the plan, and report it."""
        self.planner = Planner(self)
        self.plan = self.planner.make()
        self._report()
        if self.is_converting:
            self.needs |= self.plan.needs
            self.gone |= self.plan.claimed
        self._plan_prompts()
        self._find_unused()
        self._plan_imports()

    def visit_Attribute(self, node: cst.Attribute) -> None:
        """Look for commands of a Manager of another file."""
        module = self.planner.origin(node.value)
        kind = node.attr.value
        outer = self.parent(node)
        if isinstance(outer, cst.Call) and outer.func is node:
            is_call, outer = True, self.parent(outer)
        else:
            is_call = False
        if not module or is_call is not (kind != "command"):
            return
        is_decorator = isinstance(outer, cst.Decorator) and kind in (
            "command",
            "option",
        )
        if is_decorator or (kind == "add_command" and isinstance(outer, cst.Expr)):
            self.keep(
                node,
                f"Manager.{kind} of Flask-Script",
                f"its Manager comes from another file ({module}), which is to be"
                " converted together with this one",
            )

    # -- what is reported

    def _report(self) -> None:
        plan = self.plan
        excused = [
            node
            for node, _ in plan.changes
            if self.source.is_excused(self.place(node), self.report.rule.code)
        ]
        self.is_converting = plan.is_possible and not excused
        for node, old, reason in plan.obstacles:
            # FMC202 says so.
            if not old.startswith("MigrateCommand"):
                self.keep(node, old, reason)
        blocking = [node for node, _, _ in plan.obstacles] + excused
        lines = sorted({self.place(node).line for node in blocking})
        for node, old in plan.changes:
            if any(node is one for one in blocking):
                continue
            if self.is_converting:
                self.change(node, old)
            else:
                where = f"line {lines[0]}" if lines else "its Manager"
                reason = f"it waits for {where}: a file is converted as a whole"
                self.keep(node, old, reason)

    def _plan_prompts(self) -> None:
        """Find the questions, which need no Manager."""
        self.prompts: dict[cst.CSTNode, str] = {}
        for node, name in self.planner.uses.script:
            if name not in PROMPTS:
                continue
            call = self.parent(node)
            old = f"{name} of Flask-Script"
            if not isinstance(call, cst.Call) or call.func is not node:
                self.keep(node, old, "it is not called here")
                continue
            try:
                code = new_prompt(call, name, self.planner.reader)
            except PromptError as error:
                self.keep(call, old, str(error))
                continue
            if self._is_click_taken(node):
                self.keep(call, old, "the name click is taken in this file")
            elif self.change(call, old):
                self.prompts[call] = code
                self.needs.add("click")
                self.gone.add(node)

    def _find_unused(self) -> None:
        """Find imports that nobody uses, in a file without a Manager."""
        for node in self.planner.uses.imports:
            if self.planner.plan.managers or isinstance(node.names, cst.ImportStar):
                continue
            for alias in node.names:
                if self._is_script(node, alias) and not self.planner.references(
                    _local(alias)
                ):
                    self._look_at_unused(node, alias)

    def _look_at_unused(
        self, node: cst.Import | cst.ImportFrom, alias: cst.ImportAlias
    ) -> None:
        line = self.parent(node)
        old = f"unused import of {alias.evaluated_name} of Flask-Script"
        if line is None or self.parent(line) is not self.source.module:
            self.keep(alias, old, "it is imported in a block; remove it by hand")
        elif self.source.name == "__init__.py" or self.planner.is_public(_local(alias)):
            reason = "other files may import it from here; remove it when none does"
            self.keep(alias, old, reason)
        elif isinstance(line, cst.SimpleStatementLine) and len(line.body) > 1:
            self.keep(alias, old, "there is more on its line; remove it by hand")
        elif self.change(alias, old):
            self.unused.add(alias)

    def _is_click_taken(self, node: cst.CSTNode) -> bool:
        here = self.get_metadata(ScopeProvider, node, None) or self.planner.scope
        return any(
            {one.name for one in assignment.get_qualified_names_for("click")}
            != {"click"}
            for scope in (here, self.planner.scope)
            for assignment in scope["click"]
        )

    def _plan_imports(self) -> None:
        scope = self.planner.scope
        if scope is None:
            return
        self.needs = {need for need in self.needs if not scope[need.rpartition(".")[2]]}
        for node in self.planner.uses.imports:
            line = self.parent(node)
            if line is not None and self.parent(line) is self.source.module:
                self.place_of_imports = line
                break
        else:
            if self.prompts and self.needs:
                # Nowhere to import click: the questions stay.
                self.prompts = {}

    # -- what is changed

    def on_leave(
        self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT
    ) -> cst.CSTNodeT | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNodeT]:
        """Put new code where the plan has some."""
        result = super().on_leave(original_node, updated_node)
        code = self.prompts.get(original_node)
        if code is None and self.is_converting:
            code = self.plan.expressions.get(original_node)
        return result if code is None else cast("Any", self._expression(code))

    def _expression(self, code: str) -> cst.BaseExpression:
        return cst.parse_expression(code, self.source.module.config_for_parsing)

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef | cst.FlattenSentinel[cst.BaseStatement]:
        """Give a function the decorators of click."""
        new = self.plan.commands.get(original_node) if self.is_converting else None
        if new is None:
            return updated_node
        decorators = self._decorators(original_node, new)
        function = updated_node
        if not decorators:
            lines = [*updated_node.leading_lines, *_lines_of(original_node)]
            function = function.with_changes(leading_lines=lines)
        function = function.with_changes(decorators=decorators)
        if not new.registration:
            return function
        blank = cst.EmptyLine(indent=False)
        later = self._statement(new.registration)
        later = later.with_changes(leading_lines=[blank, blank])
        return cst.FlattenSentinel([function, later])

    def leave_ClassDef(
        self, original_node: cst.ClassDef, updated_node: cst.ClassDef
    ) -> cst.ClassDef | cst.FunctionDef:
        """Make a function of a command."""
        new = self.plan.commands.get(original_node) if self.is_converting else None
        if new is None:
            return updated_node
        function = as_function(original_node, updated_node, new.name)
        codes = [new.head, *(one.code for one in new.parameters), "with_appcontext"]
        comments = ["", *(one.comment for one in new.parameters), ""]
        decorators = [self._decorator(*both) for both in zip(codes, comments)]
        return function.with_changes(decorators=decorators)

    def _decorators(
        self, function: cst.FunctionDef, new: NewCommand
    ) -> list[cst.Decorator]:
        """Return the new decorators in the places of the old ones."""
        old = function.decorators
        if new.places:
            made = [self._in_place_of(line, new.places[line]) for line in new.places]
            made = [
                one.with_changes(leading_lines=()) if line is old[0] else one
                for line, one in zip(new.places, made)
            ]
        else:
            made = [self._decorator(one.code, one.comment) for one in new.parameters]
        first = self._decorator(new.head, "") if new.head else None
        if first is None:
            if made:
                made[0] = made[0].with_changes(leading_lines=old[0].leading_lines)
            return made
        first = first.with_changes(leading_lines=old[0].leading_lines)
        if not new.places:
            trailing = old[0].trailing_whitespace
            first = first.with_changes(trailing_whitespace=trailing)
        return [first, *made]

    def _in_place_of(self, line: cst.Decorator, parameter: Parameter) -> cst.Decorator:
        """Return an old decorator with a new parameter; its comments stay."""
        one = self._decorator(parameter.code, parameter.comment)
        comment = line.trailing_whitespace.comment
        trailing = one.trailing_whitespace
        if comment is not None:
            trailing = line.trailing_whitespace
            if parameter.comment:
                both = cst.Comment(f"{comment.value}  # {parameter.comment}")
                trailing = trailing.with_changes(comment=both)
        return line.with_changes(decorator=one.decorator, trailing_whitespace=trailing)

    def _decorator(self, code: str, comment: str) -> cst.Decorator:
        trailing = cst.TrailingWhitespace()
        if comment:
            trailing = cst.TrailingWhitespace(
                cst.SimpleWhitespace("  "), cst.Comment(f"# {comment}")
            )
        return cst.Decorator(self._expression(code), trailing_whitespace=trailing)

    def _statement(self, code: str) -> cst.SimpleStatementLine:
        return cst.ensure_type(
            cst.parse_statement(code, self.source.module.config_for_parsing),
            cst.SimpleStatementLine,
        )

    def leave_SimpleStatementLine(
        self,
        original_node: cst.SimpleStatementLine,
        updated_node: cst.SimpleStatementLine,
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        """Take statements out, put others before them, change imports."""
        if self.is_converting and original_node in self.plan.removed:
            return removed(updated_node)
        if self.is_converting and original_node in self.plan.before:
            first = self._statement(self.plan.before[original_node])
            first = first.with_changes(leading_lines=updated_node.leading_lines)
            return cst.FlattenSentinel(
                [first, updated_node.with_changes(leading_lines=())]
            )
        if len(original_node.body) != 1 or not (self.gone or self.unused):
            return updated_node
        statement = original_node.body[0]
        lines: list[cst.SimpleStatementLine] = []
        if isinstance(statement, (cst.Import, cst.ImportFrom)):
            kept = self._without_gone(statement, updated_node)
            if kept is not updated_node or original_node is self.place_of_imports:
                if original_node is self.place_of_imports:
                    lines = self._new_imports()
                if not is_removed(kept):
                    lines.append(kept)
                if not lines:
                    return kept
                lines[0] = lines[0].with_changes(
                    leading_lines=updated_node.leading_lines
                )
                if is_removed(kept) or len(lines) > 1:
                    lines[-1] = lines[-1].with_changes(
                        trailing_whitespace=updated_node.trailing_whitespace,
                        **({"leading_lines": ()} if len(lines) > 1 else {}),
                    )
                return cst.FlattenSentinel(lines)
        return updated_node

    def _new_imports(self) -> list[cst.SimpleStatementLine]:
        """Return the statements that import what is needed, each module once."""
        lines = [
            self._statement(f"import {need}")
            for need in sorted(self.needs)
            if "." not in need
        ]
        names = sorted(need.rpartition(".")[2] for need in self.needs if "." in need)
        if names:
            lines.append(self._statement(f"from flask.cli import {', '.join(names)}"))
        return lines

    def _without_gone(
        self,
        statement: cst.Import | cst.ImportFrom,
        line: cst.SimpleStatementLine,
    ) -> cst.SimpleStatementLine:
        """Return an import without the names that nobody uses any more."""
        if isinstance(statement.names, cst.ImportStar):
            return line
        kept = [one for one in statement.names if not self._is_gone(statement, one)]
        if len(kept) == len(statement.names):
            return line
        if not kept:
            return removed(line)
        kept[-1] = kept[-1].with_changes(comma=statement.names[-1].comma)
        return line.with_changes(body=[statement.with_changes(names=kept)])

    def _is_gone(
        self, statement: cst.Import | cst.ImportFrom, alias: cst.ImportAlias
    ) -> bool:
        """Tell whether a name is one of Flask-Script's that nobody uses now."""
        local = _local(alias)
        is_script = self._is_script(statement, alias)
        references = self.planner.references(local)
        if alias in self.unused:
            return True
        if not is_script and (alias.evaluated_name != "MigrateCommand"):
            return False
        if not references:
            return (
                self.is_converting and is_script and not self.planner.is_public(local)
            )
        return {self._whole(node) for node in references} <= self.gone

    def _is_script(
        self, statement: cst.Import | cst.ImportFrom, alias: cst.ImportAlias
    ) -> bool:
        """Tell whether a name is one of Flask-Script, or the module."""
        if isinstance(statement, cst.Import):
            return SCRIPT_MODULE.fullmatch(alias.evaluated_name) is not None
        module = dotted(statement.module)
        if module in ("flask.ext", "flaskext"):
            return alias.evaluated_name == "script"
        return is_script_import(statement)

    def _whole(self, node: cst.CSTNode) -> cst.CSTNode:
        """Return the dotted name that begins with a name."""
        while node not in self.gone:
            parent = self.parent(node)
            if not isinstance(parent, cst.Attribute) or not dotted(parent):
                return node
            node = parent
        return node

    def leave_Module(
        self, original_node: cst.Module, updated_node: cst.Module
    ) -> cst.Module:
        """Take out what is marked."""
        return without_removed(updated_node)


def _local(alias: cst.ImportAlias) -> str:
    """Return the name that an import binds."""
    return alias.evaluated_alias or alias.evaluated_name.partition(".")[0]


def _lines_of(function: cst.FunctionDef) -> list[cst.EmptyLine]:
    """Return the lines above the decorators and the function."""
    lines: list[cst.EmptyLine] = []
    for decorator in function.decorators:
        lines += decorator.leading_lines
    return [*lines, *function.lines_after_decorators]


RULE = Rule(
    code="FMC201",
    name="flask_script_manager",
    summary="Managers and commands of Flask-Script -> click commands of app.cli",
    blocks="Flask 2.0",
    triggers=("flask_script", "flask.ext", "flaskext", *_DECORATORS),
    applies=lambda source: source.is_python,
    apply=transforming(FlaskScriptManager),
)
