"""Plan what becomes of ``manager.add_command(…)``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import libcst.matchers as m

from ..transformer import dotted
from .command_classes import convert

if TYPE_CHECKING:
    from .plan import Manager
    from .planner import Planner

_THIRD = {
    "Server": "'flask run' is the server, with options of its own: remove this line"
    " when nobody types the old name, and the rest can be converted",
    "ShowUrls": "'flask routes' lists the routes: remove this line when nobody types"
    " the old name",
    "Clean": "it has no successor: remove it, or write a command with a function",
    "Shell": "only its make_context= has a successor, app.shell_context_processor",
}


def plan_command(planner: Planner, manager: Manager, call: cst.Call) -> None:
    """Plan what becomes of ``manager.add_command(name, command)``.

    :param planner: the plan of the file.
    :param manager: the Manager.
    :param call: the call.
    """
    old = "Manager.add_command of Flask-Script"
    line = planner.statement_of(call)
    plain = [one for one in call.args if not one.star and one.keyword is None]
    title = planner.reader.literal(plain[0].value).value if plain else None
    if line is None or len(plain) != 2 or len(call.args) != 2:
        planner.leave(call, old, "it has not a name and a command, and nothing else")
        return
    if not isinstance(title, str):
        planner.leave(call, old, "the name of the command is computed")
        return
    value = plain[1].value
    child = planner.plan.managers.get(dotted(value))
    made = value.func if isinstance(value, cst.Call) else value
    names = {one for node, one in planner.uses.script if node is made}
    migrate = {one for node, one in planner.uses.migrate if node is value}
    if child is not None:
        _add_manager(planner, manager, call, child, title)
    elif migrate == {"MigrateCommand"}:
        _add_migrate(planner, manager, call, title)
    elif names == {"Shell"} and isinstance(value, cst.Call):
        _add_shell(planner, manager, call, title, value)
    elif names and min(names) in _THIRD:
        planner.plan.claimed.add(made)
        planner.leave(call, f"{min(names)} of Flask-Script", _THIRD[min(names)])
    elif isinstance(planner.bodies.known.get(dotted(made)), cst.ClassDef) and not (
        isinstance(value, cst.Call) and value.args
    ):
        convert(planner, manager, call, title, made)
    else:
        reason = (
            "it is not seen here what kind of command it is: see whether there is a"
            " click command in its place, or convert it by hand"
        )
        planner.leave(call, old, reason)


def _add_manager(
    planner: Planner, manager: Manager, call: cst.Call, child: Manager, title: str
) -> None:
    reason = planner.why_no_name(manager, title)
    if child.parent != manager.name or child.title:
        reason = "it is added twice"
    if reason:
        planner.leave(call, "Manager.add_command of Flask-Script", reason)
        return
    child.title = title
    planner.change(call, "Manager.add_command of Flask-Script")
    code = f"{planner.target(manager)}.add_command({child.name})"
    planner.plan.expressions[call] = code


def _add_migrate(
    planner: Planner, manager: Manager, call: cst.Call, title: str
) -> None:
    used = [node for node, name in planner.uses.migrate if name == "MigrateCommand"]
    made = [
        parent
        for node, name in planner.uses.migrate
        for parent in [planner.parent(node)]
        if name == "Migrate" and isinstance(parent, cst.Call)
    ]
    reason = ""
    if manager.parent:
        reason = "it is below another command; 'flask db' is not"
    elif title != "db":
        reason = (
            f"'flask db' is its new name; for 'flask {title}' give Migrate"
            f" command={title!r}, and remove this line"
        )
    elif len(used) != 1:
        reason = "MigrateCommand is changed or used elsewhere in this file"
    elif any(m.findall(one, m.Arg(keyword=m.Name("command"))) for one in made):
        reason = "Migrate(command=...) gives 'flask db' another name"
    if reason:
        planner.leave(call, "MigrateCommand of Flask-Migrate", reason)
        return
    planner.plan.claimed.update(used)
    # It works with an application that Migrate knows; where that is done, is no matter.
    elsewhere = (
        "" if made else "; the Migrate(app, db) of another file makes 'flask db'"
    )
    planner.change(call, f"MigrateCommand of Flask-Migrate{elsewhere}")
    planner.plan.removed.add(planner.statement_of(call) or call)


def _add_shell(
    planner: Planner, manager: Manager, call: cst.Call, title: str, shell: cst.Call
) -> None:
    old = "Shell of Flask-Script"
    planner.plan.claimed.add(shell.func)
    keys = [one.keyword.value for one in shell.args if one.keyword is not None]
    if title != "shell" or manager.parent:
        planner.leave(call, old, "it has another name than 'flask shell'")
    elif len(keys) != len(shell.args) or not set(keys) <= {"make_context"}:
        planner.leave(call, old, _THIRD["Shell"])
    else:
        planner.change(call, old)
        if not keys:
            planner.plan.removed.add(planner.statement_of(call) or call)
            return
        context = planner.code(shell.args[0].value)
        code = f"{planner.app}.shell_context_processor({context})"
        planner.plan.expressions[call] = code
