"""Plan what becomes of a subclass of ``Command``: a function with its ``run``."""

from __future__ import annotations

import builtins
import keyword
import re
from typing import TYPE_CHECKING

import libcst as cst
import libcst.matchers as m

from ..transformer import dotted
from .click_options import Untranslatable, quoted
from .plan import NewCommand

if TYPE_CHECKING:
    from .plan import Manager
    from .planner import Planner


def convert(
    planner: Planner, manager: Manager, call: cst.Call, title: str, made: cst.CSTNode
) -> None:
    """Plan the conversion of a class that is added to a Manager.

    :param planner: the plan of the file.
    :param manager: the Manager.
    :param call: ``manager.add_command("name", Class())``.
    :param title: the name of the command.
    :param made: the name of the class.
    """
    known = planner.bodies.known[dotted(made)]
    assert isinstance(known, cst.ClassDef)
    try:
        _convert(planner, manager, call, title, known)
    except Untranslatable as error:
        planner.leave(known, "Command of Flask-Script", str(error))


def _convert(
    planner: Planner, manager: Manager, call: cst.Call, title: str, node: cst.ClassDef
) -> None:
    name = node.name.value
    bases = [base.value for base in node.bases]
    found = [(one, short) for one, short in planner.uses.script if one in bases]
    if [short for _, short in found] != ["Command"] or len(bases) != 1 or node.keywords:
        raise Untranslatable("it does not derive from Command alone")
    planner.plan.claimed.add(found[0][0])
    if node.decorators:
        raise Untranslatable("it has decorators")
    if not planner.is_bound_once(name) or len(planner.references(name)) != 1:
        raise Untranslatable("it is used more than once")
    reason = planner.why_no_name(manager, title)
    if reason:
        raise Untranslatable(reason)
    run, options, text = _parts(planner, node)
    reason = planner.bodies.obstacle(run, planner.app)
    if reason:
        raise Untranslatable(reason)
    parameters = planner.reader.of_options(options)
    words = [quoted(title)]
    if text is not None and not _can_take(run):
        words.append(f"help={planner.code(text)}")
    planner.plan.needs |= {"click", "flask.cli.with_appcontext"}
    function = _function_name(planner, name)
    planner.plan.commands[node] = NewCommand(
        f"click.command({', '.join(words)})", parameters, name=function
    )
    planner.change(node, "Command of Flask-Script")
    planner.change(call, "Manager.add_command of Flask-Script")
    target = planner.target(manager)
    planner.plan.expressions[call] = f"{target}.add_command({function})"


def _can_take(run: cst.FunctionDef) -> bool:
    """Tell whether a function can take the documentation of the class."""
    return run.get_docstring() is None and isinstance(run.body, cst.IndentedBlock)


def documentation(node: cst.ClassDef) -> cst.BaseExpression | None:
    """Return the documentation of a class, as it is written."""
    first = node.body.body[0] if node.body.body else None
    if isinstance(first, cst.SimpleStatementLine) and len(first.body) == 1:
        expression = first.body[0]
        if isinstance(expression, cst.Expr) and isinstance(
            expression.value, (cst.SimpleString, cst.ConcatenatedString)
        ):
            return expression.value
    return None


def run_of(node: cst.ClassDef) -> cst.FunctionDef:
    """Return the method that a command runs."""
    return next(
        one
        for one in node.body.body
        if isinstance(one, cst.FunctionDef) and one.name.value == "run"
    )


def _parts(
    planner: Planner, node: cst.ClassDef
) -> tuple[cst.FunctionDef, list[cst.Call], cst.BaseExpression | None]:
    """Return the method, the options and the documentation of a class."""
    if not isinstance(node.body, cst.IndentedBlock):
        raise Untranslatable("it has no run()")
    run = None
    options: list[cst.Call] = []
    text = documentation(node)
    for statement in node.body.body[1 if text is not None else 0 :]:
        if m.matches(statement, m.SimpleStatementLine(body=[m.Pass()])):
            continue
        if isinstance(statement, cst.FunctionDef):
            method = statement.name.value
            if statement.decorators:
                raise Untranslatable(f"its {method}() has decorators")
            if method == "run" and run is None:
                run = statement
                continue
            if method == "get_options" and len(statement.body.body) == 1:
                options += _options(planner, _returned(statement))
                continue
            raise Untranslatable(f"it has {method}(), which a function has not")
        if m.matches(
            statement,
            m.SimpleStatementLine(
                body=[m.Assign(targets=[m.AssignTarget(target=m.Name("option_list"))])]
            ),
        ):
            line = cst.ensure_type(statement, cst.SimpleStatementLine)
            options += _options(
                planner, cst.ensure_type(line.body[0], cst.Assign).value
            )
            continue
        raise Untranslatable("it has more than documentation, options and run()")
    if run is None:
        raise Untranslatable("it has no run()")
    _check_run(run)
    outside = len(m.findall(node.body, m.Comment()))
    inside = len(m.findall(run.body, m.Comment()))
    if outside > inside:
        raise Untranslatable("it has comments outside of run(): move them")
    return run, options, text


def _returned(method: cst.FunctionDef) -> cst.BaseExpression:
    line = method.body.body[0]
    if isinstance(line, cst.SimpleStatementLine) and isinstance(
        line.body[0], cst.Return
    ):
        value = line.body[0].value
        if value is not None and len(line.body) == 1:
            return value
    raise Untranslatable("its get_options() does more than to return a list")


def _options(planner: Planner, value: cst.BaseExpression) -> list[cst.Call]:
    if not isinstance(value, (cst.List, cst.Tuple)):
        raise Untranslatable("its options are no plain list")
    found = []
    for element in value.elements:
        call = element.value
        nodes = [
            node
            for node, short in planner.uses.script
            if isinstance(call, cst.Call) and node is call.func and short == "Option"
        ]
        if not nodes or not isinstance(call, cst.Call):
            raise Untranslatable("its options are not all Option(...)")
        planner.plan.claimed.update(nodes)
        found.append(call)
    return found


def _check_run(run: cst.FunctionDef) -> None:
    params = run.params
    if not params.params or params.params[0].default is not None:
        raise Untranslatable("its run() takes no self")
    if params.posonly_params:
        raise Untranslatable("its run() takes positional parameters only")
    own = params.params[0].name.value
    # locals() has it, too.
    if any(m.findall(run.body, m.Name(name)) for name in (own, "super", "locals")):
        raise Untranslatable("its run() uses the object")
    if m.findall(run.body, m.Name("__class__")):
        raise Untranslatable("its run() uses the class")


def _function_name(planner: Planner, name: str) -> str:
    """Return a name in the style of functions, when nothing has it."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    snake = snake.lower()
    is_taken = m.findall(planner.module, m.Name(snake))
    if is_taken or keyword.iskeyword(snake) or hasattr(builtins, snake):
        return name
    return snake


def as_function(
    original: cst.ClassDef, updated: cst.ClassDef, name: str
) -> cst.FunctionDef:
    """Return the function, without its decorators.

    :param original: the class.
    :param updated: the class after what is in it was changed.
    :param name: the name of the function.
    """
    run = run_of(updated)
    params = run.params.with_changes(params=run.params.params[1:])
    body = run.body
    text = documentation(updated)
    if text is not None and _can_take(run_of(original)):
        assert isinstance(body, cst.IndentedBlock)
        line = cst.SimpleStatementLine([cst.Expr(text)])
        body = body.with_changes(body=[line, *body.body])
    return run.with_changes(
        name=cst.Name(name),
        params=params,
        body=body,
        leading_lines=updated.leading_lines,
        lines_after_decorators=(),
    )
