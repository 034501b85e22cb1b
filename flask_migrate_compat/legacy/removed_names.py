"""Stand in for the names that Flask removed between 2.0 and 3.0.

Deletable when Flask-Script is left behind and no extension in use asks Flask for these
names. Upstream: Flask 2.0 removed ``flask._compat``; Flask 2.2 deprecated
``_request_ctx_stack`` and ``_app_ctx_stack``, Flask 2.3 left them readable only, and
Flask 3.0 removed them.

Flask-Script gets them in private. With ``FLASK_MIGRATE_COMPAT=wide`` the finder serves
them to the whole process, with a warning, where the installed Flask lacks them: for
old extensions that cannot be changed today. It is not the default because other
libraries look for these names to learn which Flask they have.
"""

from __future__ import annotations

import collections.abc
import inspect
import os
import sys
from contextvars import ContextVar, Token
from io import BytesIO, StringIO
from types import ModuleType, SimpleNamespace
from typing import Any, Callable, Iterator

from .support import chain_getattr, execute, only_looks, warn_caller


def _same(value: Any) -> Any:
    return value


def _reraise(tp: Any, value: BaseException, tb: Any = None) -> None:
    raise value if value.__traceback__ is tb else value.with_traceback(tb)


def _with_metaclass(meta: Any, *bases: type) -> Any:
    class Temporary(type):
        def __new__(cls, name: str, _: Any, body: dict[str, Any]) -> Any:
            return meta(name, bases, body)

    return type.__new__(Temporary, "temporary_class", (), {})


def _iterate(method: str) -> Callable[[Any], Iterator[Any]]:
    return lambda mapping: iter(getattr(mapping, method)())


# What `flask._compat` had in any release from 0.10 to 1.1, as it was on Python 3.
COMPAT_NAMES: dict[str, Any] = {
    "PY2": False,
    "BROKEN_PYPY_CTXMGR_EXIT": False,
    "BytesIO": BytesIO,
    "NativeStringIO": StringIO,
    "StringIO": StringIO,
    "_identity": _same,
    "collections_abc": collections.abc,
    "fspath": os.fspath,
    "getargspec": inspect.getfullargspec,
    "implements_to_string": _same,
    "integer_types": (int,),
    "iteritems": _iterate("items"),
    "iterkeys": _iterate("keys"),
    "itervalues": _iterate("values"),
    "range_type": range,
    "reraise": _reraise,
    "string_types": (str,),
    "text_type": str,
    "unichr": chr,
    "with_metaclass": _with_metaclass,
}


class ContextStack:
    """Stand in for the stacks of contexts that Flask had until 2.2.

    :param kind: ``"request"`` or ``"app"``.
    :param or_app: let ``top`` of the request stack be the application context where
        no request is handled.
    """

    def __init__(self, kind: str, or_app: bool = False) -> None:
        self.kind = kind
        self.or_app = or_app
        self._tokens: ContextVar[tuple[Token[Any], ...]] = ContextVar(
            f"flask_migrate_compat.{kind}_stack", default=()
        )

    @property
    def top(self) -> Any:
        """Return the innermost context, or ``None``; it has the attribute ``app``."""
        context = _current_context(self.kind)
        if context is None and self.or_app:
            context = _current_context("app")
        return context

    def push(self, context: Any) -> None:
        """Make a context the innermost one, without running its own ``push``.

        :param context: the context.
        :raises RuntimeError: when this Flask keeps its contexts in another way.
        """
        token = self._variable().set(context)
        self._tokens.set((*self._tokens.get(), token))

    def pop(self) -> Any:
        """Take back the last ``push`` and return its context.

        :returns: the context, or ``None`` where there is none.
        :raises RuntimeError: when Flask itself pushed the innermost context: it must
            be left through its own ``pop``.
        """
        context = self.top
        tokens = self._tokens.get()
        if tokens:
            self._variable().reset(tokens[-1])
            self._tokens.set(tokens[:-1])
        elif context is not None:
            raise RuntimeError(
                f"Flask pushed this {self.kind} context itself. Call its own pop()."
            )
        return context

    def _variable(self) -> ContextVar[Any]:
        variable = _context_variable(self.kind)
        if variable is None:
            raise RuntimeError(
                f"This Flask has no stack of {self.kind} contexts that can be changed."
                " Use app.app_context() or app.test_request_context()."
            )
        return variable


def _context_variable(kind: str) -> ContextVar[Any] | None:
    import flask.globals

    # Flask has kept its contexts in these since 2.2.
    return vars(flask.globals).get(f"_cv_{kind}")


def _current_context(kind: str) -> Any:
    import flask

    variable = _context_variable(kind)
    if variable is not None:
        return variable.get(None)
    # A Flask that keeps one context for both: only its public names are certain.
    present = flask.has_request_context if kind == "request" else flask.has_app_context
    if not present():
        return None
    proxy = vars(sys.modules["flask.globals"]).get("app_ctx")
    if proxy is not None:
        return proxy._get_current_object()
    return SimpleNamespace(app=_real_app(flask.current_app), g=flask.g)


def _real_app(proxy: Any) -> Any:
    return proxy._get_current_object()


STACKS = {
    "_request_ctx_stack": ContextStack("request"),
    "_app_ctx_stack": ContextStack("app"),
}


def exec_module(module: ModuleType, loader: Any) -> None:
    """Load a module of Flask and add what it lacks, or fill ``flask._compat``.

    :param module: the new module: ``flask``, ``flask.globals`` or ``flask._compat``.
    :param loader: its own loader; ``None`` for ``flask._compat``.
    """
    if loader is None:
        vars(module)["__getattr__"] = _compat_attribute
        return
    execute(module, loader)
    chain_getattr(module, _stack)


def serve_removed_names() -> None:
    """Add the removed names to a Flask that is loaded already."""
    for name in ("flask", "flask.globals"):
        module = sys.modules.get(name)
        if module is not None:
            chain_getattr(module, _stack)


def _compat_attribute(name: str) -> Any:
    if name not in COMPAT_NAMES:
        raise AttributeError(f"module 'flask._compat' has no attribute {name!r}")
    warn_caller(
        f"Flask 2.0 removed flask._compat; {name} is served by"
        " FLASK_MIGRATE_COMPAT=wide. Use what Python 3 has in its place."
    )
    return COMPAT_NAMES[name]


def _stack(name: str, own: Callable[[str], Any]) -> Any:
    if name not in STACKS:
        return own(name)
    try:
        found = own(name)
    except AttributeError:
        if not only_looks():
            warn_caller(
                f"Flask 3.0 removed {name}; it is served by FLASK_MIGRATE_COMPAT=wide."
                " Use flask.globals.request_ctx, flask.globals.app_ctx or"
                " flask.current_app."
            )
        return STACKS[name]
    # Flask 2.2 and 2.3 have the stacks here, behind a warning of their own; those of
    # 2.3 can be read, but neither pushed to nor popped.
    return found if hasattr(found, "push") else STACKS[name]
