"""Plan what becomes of functions that a Manager decorates."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Tuple

import libcst as cst

from .click_options import Untranslatable, quoted
from .plan import Manager, NewCommand

if TYPE_CHECKING:
    from .planner import Planner

Decorators = List[Tuple[cst.Decorator, Manager, str]]


def plan_function(
    planner: Planner,
    function: cst.FunctionDef,
    decorators: Decorators,
) -> None:
    """Plan what becomes of a function with decorators of a Manager.

    :param planner: the plan of the file.
    :param function: the function.
    :param decorators: each with its Manager, and what it is of that.
    """
    decorator, manager, kind = decorators[0]
    old = f"Manager.{kind} of Flask-Script"
    reason = _why_no_command(planner, function, decorators)
    if reason:
        planner.leave(decorator, old, reason)
        return
    if kind == "shell":
        planner.change(decorator, old)
        planner.plan.commands[function] = NewCommand(
            f"{planner.app}.shell_context_processor", []
        )
        return
    try:
        new = _new_command(planner, function, decorators)
    except Untranslatable as error:
        planner.leave(decorator, old, str(error))
        return
    for one, _, _ in decorators:
        planner.change(one, old)
    name = function.name.value
    make = f"{planner.target(manager)}.command({quoted(name)})"
    if planner.references(name) or planner.is_public(name):
        new.registration = f"{make}({name})"
    else:
        new.head = make
    planner.plan.commands[function] = new


def _new_command(
    planner: Planner,
    function: cst.FunctionDef,
    decorators: Decorators,
) -> NewCommand:
    if decorators[0][2] == "command":
        parameters = planner.reader.of_function(function)
        if parameters:
            planner.plan.needs.add("click")
        return NewCommand("", parameters)
    planner.plan.needs.add("click")
    # The last decorator is the first one to be applied, and to be read.
    lines = list(function.decorators)
    calls = [cst.ensure_type(line.decorator, cst.Call) for line in reversed(lines)]
    found = planner.reader.of_options(calls)
    each = dict(zip(lines, reversed(found)))
    # click reads them from the top, so the arguments change places.
    arguments = [line for line in lines if each[line].is_argument]
    places = {}
    for line in lines:
        moved = arguments.pop() if each[line].is_argument else line
        places[moved] = each[moved]
    return NewCommand("", [], places=places)


def _why_no_command(
    planner: Planner,
    function: cst.FunctionDef,
    decorators: Decorators,
) -> str:
    """Return why a function with decorators of a Manager stays, or nothing."""
    name = function.name.value
    _, manager, kind = decorators[0]
    if planner.parent(function) is not planner.module:
        return "it is not at the top of the module; move it there"
    if len(function.decorators) != len(decorators):
        return "it has other decorators, which may hide its name and its parameters"
    if len({one.name for _, one, _ in decorators}) > 1:
        return "it is a command of two Managers"
    kinds = {kind for _, _, kind in decorators}
    if kinds != {"option"} and len(decorators) > 1:
        return "it has more than one decorator of a Manager; one of them wins"
    if not planner.is_bound_once(name):
        return f"the name {name} is bound more than once"
    if kind == "shell":
        has_needs = any(one.default is None for one in function.params.params)
        return "it is called without arguments" if has_needs else ""
    return planner.why_no_name(manager, name) or planner.bodies.obstacle(
        function, planner.app
    )
