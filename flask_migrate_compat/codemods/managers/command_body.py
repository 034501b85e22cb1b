"""Find what a command does that works under ``manage.py`` only.

Flask-Script runs a command in a test request context, and ends the process with what it
returns. Under ``flask`` there is an application context, what is returned is dropped,
and ``app.run()`` does nothing.
"""

from __future__ import annotations

import re
from typing import Callable

import libcst as cst
import libcst.matchers as m

from ..transformer import dotted

#: What needs a request, of Flask and of the extensions that every project has.
_REQUEST = re.compile(
    r"(?:flask(?:\.(?:globals|helpers|templating|ctx|sessions))?\.(?:request|session|url_for"
    r"|flash|get_flashed_messages|render_template|render_template_string"
    r"|stream_template|after_this_request|copy_current_request_context"
    r"|has_request_context|stream_with_context|_request_ctx_stack|request_ctx)"
    r"|flask_(?:login|security|jwt_extended|principal|babel|babelex|wtf\.csrf)"
    r"\.(?:utils\.)?(?:current_user|login_user|logout_user|login_fresh|get_jwt_identity"
    r"|current_identity|identity_changed|get_locale|generate_csrf))"
)
_EXT = re.compile(r"flask\.ext\.|flaskext\.")


class Bodies:
    """Look into functions, and into those of the file that they call.

    :param module: the file.
    :param names: returns the full names of a node.
    :param code: returns the code of a node.
    """

    def __init__(
        self,
        module: cst.Module,
        names: Callable[[cst.CSTNode], set[str]],
        code: Callable[[cst.CSTNode], str],
    ) -> None:
        self.names = names
        self.code = code
        self.has_star = bool(m.findall(module, m.ImportStar()))
        self.known = {
            statement.name.value: statement
            for statement in module.body
            if isinstance(statement, (cst.FunctionDef, cst.ClassDef))
        }

    def unknown(self, node: cst.CSTNode) -> set[str]:
        """Return what a name without a definition would be in Flask."""
        return {f"flask.{dotted(node)}"} if self.has_star else set()

    def obstacle(self, function: cst.FunctionDef, app: str) -> str:
        """Return why a function cannot be a click command, or nothing.

        :param function: the function.
        :param app: the code of the application.
        """
        if function.asynchronous is not None:
            return "Flask-Script does not wait for it; nor does click"
        own = _Own()
        function.body.visit(own)
        if own.is_generator:
            return "it is a generator, which Flask-Script never runs"
        if own.returns:
            return (
                "what it returns is its exit status under Flask-Script, and nothing"
                " under click: end it with sys.exit(), or return nothing"
            )
        return self._deep_obstacle(function, app)

    def _deep_obstacle(self, function: cst.FunctionDef, app: str) -> str:
        waiting: list[cst.FunctionDef | cst.ClassDef] = [function]
        seen = set()
        while waiting:
            one = waiting.pop()
            seen.add(one.name.value)
            deep = _Deep(self, app)
            one.body.visit(deep)
            if deep.reason:
                through = "" if one is function else f" ({one.name.value}())"
                return deep.reason.replace("{through}", through)
            waiting += [
                self.known[name]
                for name in deep.called
                if name in self.known and name not in seen
            ]
        return ""


class _Own(cst.CSTVisitor):
    """Look at a function without those in it."""

    def __init__(self) -> None:
        self.returns = False
        self.is_generator = False

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        return False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        return False

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        return False

    def visit_Return(self, node: cst.Return) -> None:
        value = dotted(node.value)
        if isinstance(node.value, cst.Integer):
            value = node.value.value
        # With these the status is 0, too.
        if node.value is not None and value not in ("None", "False", "0"):
            self.returns = True

    def visit_Yield(self, node: cst.Yield) -> None:
        self.is_generator = True


class _Deep(cst.CSTVisitor):
    """Look for what needs a request, and for servers."""

    def __init__(self, bodies: Bodies, app: str) -> None:
        self.bodies = bodies
        self.app = app
        self.called: set[str] = set()
        self.reason = ""
        self.is_attribute = False

    def visit_With(self, node: cst.With) -> bool:
        for item in node.items:
            if isinstance(item.item, cst.Call):
                name = dotted(item.item.func)
                if name.endswith(".test_request_context"):
                    # It brings its own.
                    return False
        return True

    def visit_Call(self, node: cst.Call) -> None:
        if not isinstance(node.func, cst.Attribute) or node.func.attr.value != "run":
            return
        owner = node.func.value
        names = self.bodies.names(owner)
        is_app = self.bodies.code(owner) == self.app or "flask.current_app" in names
        if is_app or dotted(owner) in ("app", "application"):
            self.reason = (
                "app.run() does nothing in a command of flask{through};"
                " 'flask run' is the server"
            )

    def visit_Attribute(self, node: cst.Attribute) -> None:
        self._look_at(node)

    def visit_Attribute_attr(self, node: cst.Attribute) -> None:
        self.is_attribute = True

    def leave_Attribute_attr(self, node: cst.Attribute) -> None:
        self.is_attribute = False

    def visit_Name(self, node: cst.Name) -> None:
        if not self.is_attribute:
            self.called.add(node.value)
            self._look_at(node)

    def _look_at(self, node: cst.Attribute | cst.Name) -> None:
        if not dotted(node):
            return
        names = self.bodies.names(node)
        if not names and isinstance(node, cst.Name):
            # From a star import, perhaps.
            names = self.bodies.unknown(node)
        for name in names:
            if _REQUEST.fullmatch(_EXT.sub("flask_", name)):
                short = name.rpartition(".")[2]
                self.reason = self.reason or (
                    f"it uses {short}{{through}}, which needs a request: Flask-Script"
                    " makes one for each command, flask does not; put 'with"
                    " app.test_request_context():' around it"
                )
