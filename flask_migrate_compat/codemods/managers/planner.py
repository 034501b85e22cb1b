"""Plan what becomes of the Managers in one file.

All of a file's Managers are converted, or none: a command that has moved to ``app.cli``
is none of the Manager's any more, and ``python manage.py NAME`` would not find it.
"""

from __future__ import annotations

import ast
import functools
import re
from typing import Any

import libcst as cst
import libcst.matchers as m
from libcst.metadata import ScopeProvider
from libcst.metadata.scope_provider import ImportAssignment

from ..transformer import Transformer, dotted
from .adding import plan_command
from .applications import why_no_application
from .click_options import Reader, quoted
from .command_body import Bodies
from .command_functions import Decorators, plan_function
from .plan import PROMPTS, Manager, Plan, Uses, names_from_outside

_OWN = ("run", "shell", "routes")


class Planner:
    """Make the plan for one file.

    :param transformer: the rule, with the syntax and the names of the file.
    """

    def __init__(self, transformer: Transformer) -> None:
        self.transformer = transformer
        self.module = transformer.source.module
        self.plan = Plan()
        self.uses = Uses(transformer)
        self.names = functools.partial(names_from_outside, transformer)
        self.parent = transformer.parent
        self.code = transformer.code
        self.scope: Any = None
        self.app = ""
        self.root: Manager | None = None
        self.adding: list[tuple[Manager, cst.Call]] = []
        self.decorated: dict[cst.FunctionDef, Decorators] = {}

    def make(self) -> Plan:
        """Return the plan."""
        self.module.visit(self.uses)
        if not self.module.body:
            return self.plan
        self.scope = self.transformer.get_metadata(ScopeProvider, self.module)
        if self.scope is None:
            return self.plan
        self.reader = Reader(
            self.code, self.names, self._constants(), self.module.default_indent
        )
        self.bodies = Bodies(self.module, self.names, self.code)
        for node, name in self.uses.script:
            if name == "Manager":
                self._find_manager(node)
        for manager in self.plan.managers.values():
            self._find_uses(manager)
        self._find_root()
        for manager, call in self.adding:
            plan_command(self, manager, call)
        for manager in self.plan.managers.values():
            self._convert_manager(manager)
        for function, decorators in self.decorated.items():
            plan_function(self, function, decorators)
        self._look_at_the_rest()
        self._check_imports()
        return self.plan

    # -- small things

    def leave(self, node: cst.CSTNode, old: str, reason: str) -> None:
        """Note something that cannot be converted."""
        self.plan.obstacles.append((node, old, reason))

    def change(self, node: cst.CSTNode, old: str) -> None:
        """Note something that can be converted."""
        self.plan.changes.append((node, old))

    def _constants(self) -> dict[str, Any]:
        """Return the names of the module that are bound once, to a plain value."""
        found = {}
        for statement in self.module.body:
            if not m.matches(statement, m.SimpleStatementLine(body=[m.Assign()])):
                continue
            assign = cst.ensure_type(
                cst.ensure_type(statement, cst.SimpleStatementLine).body[0], cst.Assign
            )
            target = assign.targets[0].target
            if len(assign.targets) > 1 or not isinstance(target, cst.Name):
                continue
            try:
                value = ast.literal_eval(self.code(assign.value))
            except (ValueError, SyntaxError):
                continue
            if self.is_bound_once(target.value) and not isinstance(value, (list, dict)):
                found[target.value] = value
        return found

    def is_bound_once(self, name: str) -> bool:
        """Tell whether a name of the module always means the same."""
        return len(self.scope[name]) == 1

    def references(self, name: str) -> list[cst.CSTNode]:
        """Return where a name of the module is used."""
        found = []
        for assignment in self.scope[name]:
            found += [access.node for access in assignment.references]
        return found

    def origin(self, node: cst.CSTNode) -> str:
        """Return the full name of what looks like a Manager of another file."""
        found = sorted(self.names(node)) if isinstance(node, cst.Name) else []
        is_one = len(found) == 1 and found[0].lower().endswith("manager")
        return found[0] if is_one and self.references(dotted(node)) else ""

    def statement_of(self, node: cst.CSTNode) -> cst.SimpleStatementLine | None:
        """Return the line of the module that is nothing but this expression."""
        parent = self.parent(node)
        line = self.parent(parent) if parent is not None else None
        if (
            isinstance(parent, (cst.Expr, cst.Assign))
            and isinstance(line, cst.SimpleStatementLine)
            and len(line.body) == 1
            and self.parent(line) is self.module
        ):
            return line
        return None

    # -- what there is

    def _find_manager(self, node: cst.CSTNode) -> None:
        call = self.parent(node)
        old = "Manager of Flask-Script"
        if not isinstance(call, cst.Call) or call.func is not node:
            self.leave(node, old, "it is not called here; change it by hand")
            return
        line = self.statement_of(call)
        assign = line.body[0] if line is not None else None
        if (
            line is None
            or not isinstance(assign, cst.Assign)
            or len(assign.targets) != 1
            or not isinstance(assign.targets[0].target, cst.Name)
        ):
            reason = "it is not assigned to one name of the module; convert it by hand"
            self.leave(node, old, reason)
            return
        name = assign.targets[0].target.value
        if not self.is_bound_once(name):
            self.leave(node, old, f"the name {name} is bound more than once")
            return
        self.plan.claimed.add(node)
        self.plan.managers[name] = Manager(name, call, line)

    def _find_uses(self, manager: Manager) -> None:
        for node in self.references(manager.name):
            attribute = self.parent(node)
            if isinstance(attribute, cst.Arg):
                call = self.parent(attribute)
                if isinstance(call, cst.Call) and self._is_adding(call):
                    continue
            if isinstance(attribute, cst.Attribute) and attribute.value is node:
                if self._find_use(manager, attribute):
                    continue
                old = f"Manager.{attribute.attr.value} of Flask-Script"
            else:
                old = "a Manager of Flask-Script"
            reason = "click has nothing like it, or not here; change it by hand"
            self.leave(node, old, reason)

    def _find_use(self, manager: Manager, attribute: cst.Attribute) -> bool:
        """Note a use of a Manager; return whether it is one of the known ones."""
        kind = attribute.attr.value
        outer = self.parent(attribute)
        if kind in ("command", "shell") and isinstance(outer, cst.Decorator):
            return self._find_decorator(manager, outer, kind)
        if not isinstance(outer, cst.Call) or outer.func is not attribute:
            return False
        above = self.parent(outer)
        if kind == "option" and isinstance(above, cst.Decorator):
            return self._find_decorator(manager, above, kind)
        if kind == "run" and isinstance(above, cst.Expr) and not outer.args:
            manager.is_run = True
            self.change(outer, "Manager.run of Flask-Script")
            self.plan.expressions[outer] = f"{manager.name}()"
            return True
        if kind == "add_command" and self.statement_of(outer) is not None:
            self.adding.append((manager, outer))
            return True
        return False

    def _find_decorator(
        self, manager: Manager, decorator: cst.Decorator, kind: str
    ) -> bool:
        function = self.parent(decorator)
        if not isinstance(function, cst.FunctionDef):
            return False
        self.decorated.setdefault(function, []).append((decorator, manager, kind))
        return True

    def _is_adding(self, call: cst.Call) -> bool:
        return any(call is one for _, one in self.adding) or (
            isinstance(call.func, cst.Attribute)
            and call.func.attr.value == "add_command"
            and dotted(call.func.value) in self.plan.managers
            and self.statement_of(call) is not None
        )

    def _find_root(self) -> None:
        for manager, call in self.adding:
            if len(call.args) == 2 and isinstance(call.args[1].value, cst.Name):
                child = self.plan.managers.get(call.args[1].value.value)
                if child is not None and not child.parent and child is not manager:
                    child.parent = manager.name
        roots = [one for one in self.plan.managers.values() if not one.parent]
        for manager in roots:
            old = "Manager of Flask-Script"
            if len(roots) > 1 and manager is not roots[0]:
                self.leave(manager.call, old, "it is the second one that is no part")
            elif not manager.is_run:
                reason = (
                    "it is run, or added to another one, in another file: convert both"
                    " by hand"
                )
                self.leave(manager.call, old, reason)
            else:
                self.root = manager
                self._find_application(manager)

    def _find_application(self, manager: Manager) -> None:
        """Find the code of the application, or say why it is none."""
        old = "Manager of Flask-Script"
        first = manager.call.args[0] if manager.call.args else None
        key = first.keyword.value if first is not None and first.keyword else "app"
        if first is None or first.star or key != "app":
            self.leave(manager.call, old, "it has no application; give it one")
            return
        value = first.value
        reason = why_no_application(self, value)
        if reason:
            self.leave(manager.call, old, reason)
        elif isinstance(value, cst.Call):
            self.app = "app"
            self.plan.before[manager.line] = f"app = {self.code(value)}"
        else:
            self.app = dotted(value)

    # -- what it becomes

    def _convert_manager(self, manager: Manager) -> None:
        old = "Manager of Flask-Script"
        words = []
        has_defaults = not manager.parent
        text = ""
        for position, argument in enumerate(manager.call.args):
            key = argument.keyword.value if argument.keyword is not None else ""
            if position and not key:
                self.leave(manager.call, old, "name its arguments, but for the first")
                return
            if manager.parent and key in ("", "app") and not dotted(argument.value):
                self.leave(manager.call, old, "its application is computed")
                return
            value = self.reader.literal(argument.value).value
            if argument.star:
                self.leave(manager.call, old, "its arguments are in a variable")
                return
            if key in ("usage", "help", "description") and isinstance(value, str):
                # The help of a Manager is its description.
                text = value if key == "description" or not text else text
            elif key == "with_default_commands" and isinstance(
                value, (bool, type(None))
            ):
                has_defaults = has_defaults if value is None else value
            elif key not in ("", "app", "disable_argcomplete"):
                self.leave(manager.call, old, f"its {key}= is not a plain value")
                return
        if text:
            words.append(f"help={quoted(_unescaped(text))}")
        if manager.parent:
            self.plan.needs.add("flask.cli.AppGroup")
            words.insert(0, quoted(manager.title or manager.name))
            self.plan.expressions[manager.call] = f"AppGroup({', '.join(words)})"
            self.change(manager.call, "Manager of Flask-Script, a part of another one")
            return
        note = "; its runserver is 'run' of flask" if has_defaults else ""
        self.change(manager.call, f"Manager of Flask-Script{note}")
        self.plan.needs.add("flask.cli.FlaskGroup")
        # As Manager: neither .env files nor FLASK_DEBUG.
        words = [
            f"create_app=lambda *_: {self.app}",
            "load_dotenv=False",
            "set_debug_flag=False",
            *words,
        ]
        indent = self.module.default_indent
        lines = "".join(f"{indent}{word},\n" for word in words)
        self.plan.expressions[manager.call] = f"FlaskGroup(\n{lines})"

    def why_no_name(self, manager: Manager, name: str) -> str:
        """Return why a command cannot have a name, or nothing; note the name."""
        if name in manager.commands:
            return f"there are two commands {name!r}"
        manager.commands.add(name)
        if not manager.parent and name in _OWN:
            return f"flask has a command {name!r} of its own, which comes first"
        if not manager.parent and name == "db" and self.uses.migrate:
            return "flask has a group 'db' of Flask-Migrate"
        return ""

    def target(self, manager: Manager) -> str:
        """Return the code of the group that has the commands of a Manager."""
        return manager.name if manager.parent else f"{self.app}.cli"

    def is_public(self, name: str) -> bool:
        """Tell whether ``__all__`` names something."""
        text = self.transformer.source.text
        return "__all__" in text and re.search(rf"[\"']{name}[\"']", text) is not None

    # -- what is left over

    def _look_at_the_rest(self) -> None:
        is_blocked = bool(self.plan.managers and self.plan.obstacles)
        for node, name in self.uses.script:
            if node in self.plan.claimed or name in PROMPTS:
                continue
            if any(
                name == "Manager" and one is node for one, _, _ in self.plan.obstacles
            ):
                continue
            is_part = name in ("Command", "Option", "Group")
            if is_part and is_blocked:
                # It may well be convertible, when the rest is.
                self.change(node, f"{name} of Flask-Script")
                continue
            if is_part and not self.plan.managers:
                reason = "its Manager is in another file: convert both by hand"
            else:
                reason = "it is used in a way that has no form in click here"
            self.leave(node, f"{name} of Flask-Script", reason)

    def _check_imports(self) -> None:
        """Make sure that what is to be imported means what it should."""
        for node in self.uses.imports:
            is_star = isinstance(node, cst.ImportFrom) and isinstance(
                node.names, cst.ImportStar
            )
            line = self.parent(node)
            is_nested = line is None or self.parent(line) is not self.module
            if is_star:
                self.leave(node, "import of all of Flask-Script", "name what is used")
            elif is_nested and self.plan.managers:
                reason = "it is imported in a block; do so at the top of the file"
                self.leave(node, "import of Flask-Script", reason)
        for need in sorted(self.plan.needs):
            name = need.rpartition(".")[2]
            for assignment in self.scope[name]:
                known = isinstance(assignment, ImportAssignment) and {
                    one.name for one in assignment.get_qualified_names_for(name)
                } == {need}
                if not known:
                    manager = next(iter(self.plan.managers.values()))
                    reason = f"the name {name} is taken in this file"
                    self.leave(manager.call, "Manager of Flask-Script", reason)
                    return


def _unescaped(text: str) -> str:
    """Return a text as argparse prints it."""
    try:
        return text % {}
    except (KeyError, TypeError, ValueError):
        return text
