"""Tell an application from what makes one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst
from libcst.metadata.scope_provider import Assignment, ImportAssignment

from ..transformer import dotted

if TYPE_CHECKING:
    from .planner import Planner

# How Flask itself tells an application from a factory: by name.
_APP = re.compile(
    r"(?!(?:create|make|get|build|init|new|setup)_)(?:\w+_)?app(?:lication)?"
)


def why_no_application(planner: Planner, value: cst.BaseExpression) -> str:
    """Return why what a Manager is given may be no application, or nothing.

    :param planner: the plan of the file.
    :param value: the first argument of the Manager.
    """
    factory = (
        "its application comes from a factory: give it the application"
        " (app = create_app()), or write FlaskGroup(create_app=...) by hand"
    )
    if isinstance(value, cst.Call):
        if planner.scope["app"]:
            return "the name app is taken; give the application a name before"
        return ""
    name = dotted(value)
    if not name:
        return factory
    first, _, rest = name.partition(".")
    if not planner.is_bound_once(first):
        return f"{first} is bound more than once, or not at all in this file"
    (assignment,) = planner.scope[first]
    unknown = (
        f"it cannot be seen whether {name} is an application or a factory;"
        " an application is called app or application"
    )
    if isinstance(assignment, ImportAssignment):
        found = sorted(planner.names(value))
        real = found[0].rpartition(".")[2] if found else name
        return "" if _APP.fullmatch(real) else unknown
    if rest or not isinstance(assignment, Assignment):
        return unknown
    node = planner.parent(assignment.node)
    assign = planner.parent(node) if node is not None else None
    if isinstance(assign, cst.Assign) and isinstance(assign.value, cst.Call):
        is_partial = planner.names(assign.value.func) & {"functools.partial"}
        return factory if is_partial else ""
    return factory if isinstance(assignment.node, cst.FunctionDef) else unknown
