"""Heal Flask-Script 2.0.6 while it is being imported.

Deletable when the applications have left Flask-Script. Upstream: its last release is
of 2017; Flask 2.0 and 3.0, Python 3.11, 3.12.8, 3.13.1 and 3.14 took away, one by one,
what it stands on.

Nothing outside Flask-Script is changed, not even for a moment. Python looks for
``__import__`` among the builtins of the module that imports; the modules of
Flask-Script are executed with builtins of their own, whose ``__import__`` hands them
stand-ins for four modules. All other code, in other threads too, sees the real ones.
Each stand-in is chosen by what is missing, never by a version.
"""

from __future__ import annotations

import argparse
import builtins
import functools
import inspect
import re
import types
import warnings
from types import ModuleType, SimpleNamespace
from typing import Any, Callable, NamedTuple

from .finder import find_elsewhere
from .removed_names import COMPAT_NAMES, ContextStack
from .support import BuiltinsWithImport, execute


def exec_module(module: ModuleType, loader: Any) -> None:
    """Load a module of Flask-Script and mend it.

    :param module: the new module.
    :param loader: its own loader.
    :raises Exception: what the module itself raises, unchanged.
    """
    names = vars(module)
    names["__builtins__"] = BuiltinsWithImport(_import)
    try:
        execute(module, loader)
    finally:
        names["__builtins__"] = vars(builtins)
    for mend in MENDERS.get(module.__name__, ()):
        mend(module)


def _import(
    name: str,
    globals: Any = None,
    locals: Any = None,
    fromlist: Any = (),
    level: int = 0,
) -> Any:
    if level == 0 and name in STAND_INS:
        stand_in = STAND_INS[name](fromlist or ())
        if stand_in is not None:
            return stand_in
    return builtins.__import__(name, globals, locals, fromlist, level)


class _StandIn(ModuleType):
    """A module that has some names of its own, and all others from the real one."""

    def __init__(self, real: ModuleType, **names: Any) -> None:
        super().__init__(real.__name__, real.__doc__)
        vars(self).update(names)
        self.__real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__real, name)


# -- flask, flask._compat --------------------------------------------------------


def _flask(fromlist: tuple[str, ...]) -> Any:
    """Flask 2.2 deprecated ``_request_ctx_stack``, Flask 3.0 has none."""
    import flask

    # Flask 2.2 and 2.3 have it behind a module `__getattr__` that warns.
    if "_request_ctx_stack" not in fromlist or "_request_ctx_stack" in vars(flask):
        return None
    return _StandIn(flask, _request_ctx_stack=ContextStack("request", or_app=True))


def _flask_compat(fromlist: tuple[str, ...]) -> Any:
    """Flask 2.0 removed ``flask._compat``."""
    import flask

    if find_elsewhere("flask._compat", flask.__path__) is not None:
        return None
    return SimpleNamespace(**COMPAT_NAMES)


# -- inspect ---------------------------------------------------------------------


class _ArgSpec(NamedTuple):
    args: list[str]
    varargs: str | None
    keywords: str | None
    defaults: tuple[Any, ...] | None


def _getargspec(function: Callable[..., Any]) -> _ArgSpec:
    """Do what ``inspect.getargspec`` did, for every kind of function.

    Python 3.11 removed it. Before, it refused annotations and keyword-only arguments.
    Flask-Script passes all values by name, so that a keyword-only argument can stand
    in the list like the others: the required ones first, then those with a default.
    """
    spec = inspect.getfullargspec(function)
    with_default = dict(zip(reversed(spec.args), reversed(spec.defaults or ())))
    with_default.update(spec.kwonlydefaults or {})
    every = [*spec.args, *spec.kwonlyargs]
    optional = [name for name in every if name in with_default]
    required = [name for name in every if name not in with_default]
    defaults = tuple(with_default[name] for name in optional)
    return _ArgSpec(required + optional, spec.varargs, spec.varkw, defaults or None)


def _inspect(fromlist: tuple[str, ...]) -> Any:
    return _StandIn(inspect, getargspec=_getargspec)


# -- argparse --------------------------------------------------------------------

_PERCENT = re.compile(r"%%|%\((\w+)\)[#0\- +]*\d*(?:\.\d+)?[diouxXeEfFgGcrsa]|%")


def _escape(text: str, keys: Any) -> str:
    """Double every ``%`` that argparse would not take for one of its placeholders."""

    def replace(match: re.Match[str]) -> str:
        known = match.group() == "%%" or match.group(1) in keys
        return match.group() if known else "%" + match.group()

    return _PERCENT.sub(replace, text)


class _TolerantFormatter(argparse.HelpFormatter):
    """Print a ``%`` in a help text as it stands.

    A docstring is a help text here, and "100% done" is no placeholder. Until Python
    3.13 it broke ``-?``; the parser of 3.14 refuses it for all commands at once.
    """

    def _get_help_string(self, action: argparse.Action) -> str | None:
        text = super()._get_help_string(action)
        return text and _escape(text, {"prog", *vars(action)})

    def _expand_help(self, action: argparse.Action) -> str:
        try:
            return super()._expand_help(action)
        except (KeyError, TypeError, ValueError):
            return action.help or ""

    def _format_usage(self, usage: Any, *args: Any) -> str:
        return super()._format_usage(usage and _escape(usage, {"prog"}), *args)

    def _format_text(self, text: str) -> str:
        # argparse looks for placeholders only where it sees this one.
        if "%(prog)" in text:
            text = _escape(text, {"prog"})
        return super()._format_text(text)


@functools.lru_cache(maxsize=None)
def _tolerant(formatter: Any) -> Any:
    if not isinstance(formatter, type) or issubclass(formatter, _TolerantFormatter):
        return formatter
    return type(formatter.__name__, (_TolerantFormatter, formatter), {})


class ArgumentParser(argparse.ArgumentParser):
    """Stand in for :class:`argparse.ArgumentParser` in Flask-Script."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        formatter: Any = self.formatter_class
        self.formatter_class = _tolerant(formatter)

    def add_subparsers(self, **kwargs: Any) -> Any:
        """Begin the usage of the commands with that of their manager.

        argparse did so until 3.13; since 3.14 it leaves a usage of the user's out.
        """
        if self.usage not in (None, argparse.SUPPRESS) and not kwargs.get("prog"):
            usage = _escape(str(self.usage), {"prog"})
            kwargs["prog"] = (usage % {"prog": self.prog}).strip()
        return super().add_subparsers(**kwargs)


def _argparse(fromlist: tuple[str, ...]) -> Any:
    return _StandIn(argparse, ArgumentParser=ArgumentParser)


STAND_INS: dict[str, Callable[[tuple[str, ...]], Any]] = {
    "argparse": _argparse,
    "flask": _flask,
    "flask._compat": _flask_compat,
    "inspect": _inspect,
}


# -- the Manager -----------------------------------------------------------------


def _mend_patch_argparser(module: ModuleType) -> None:
    """Keep Flask-Script off the name ``_parse_known_args2``.

    It keeps the parser's own method under this name, and so have argparse's parsers a
    method of theirs since Python 3.12.8 and 3.13.1.
    """
    if not hasattr(argparse.ArgumentParser, "_parse_known_args2"):
        return

    def parse_known_args(self: Any, arg_strings: Any, *args: Any, **kwargs: Any) -> Any:
        if not arg_strings:
            self.print_help()
            self.exit(2)
        return self._flask_script_original(arg_strings, *args, **kwargs)

    def _patch_argparser(self: Any, parser: Any) -> None:
        """Print the whole help where there are no arguments at all."""
        # Bound methods, as Flask-Script has them: they survive a deep copy.
        parser._flask_script_original = parser._parse_known_args
        parser._parse_known_args = types.MethodType(parse_known_args, parser)

    module.Manager._patch_argparser = _patch_argparser


def _mend_create_app(module: ModuleType) -> None:
    """Let ``Manager.create_app`` warn; it looks for the category in the wrong module.

    Its error is as old as the method: ``warnings.DeprecationWarning`` never existed.
    """

    def create_app(self: Any, *args: Any, **kwargs: Any) -> Any:
        """Make the application; deprecated in favour of calling the manager."""
        warnings.warn(
            "Manager.create_app() is deprecated: call the manager itself.",
            DeprecationWarning,
            stacklevel=2,
        )
        return self(*args, **kwargs)

    module.Manager.create_app = create_app


MENDERS: dict[str, tuple[Callable[[ModuleType], None], ...]] = {
    "flask_script": (_mend_patch_argparser, _mend_create_app),
}
