"""Call an old command as ``manage.py`` would: its application, context, and errors.

Deletable with this folder.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import os
from typing import Any, Callable, Iterator, Sequence, TypeVar

import click
from flask import Flask, has_app_context
from flask.cli import FlaskGroup, ScriptInfo
from flask.ctx import AppContext

from ... import cli
from ...errors import MigrateError
from . import parsers

_Result = TypeVar("_Result")
# The names that Flask gives to its variables since 2.2.
_FLASK_CONTEXTS = ("flask.app_ctx", "flask.request_ctx")
# With this variable Flask lets `app.run()` do nothing.
_RUN_FROM_CLI = "FLASK_RUN_FROM_CLI"


def failure(context: click.Context, what: str, error: Exception) -> cli.CommandFailed:
    """Make the one line that says which command failed, and how.

    :param context: the context of the command.
    :param what: what has failed.
    :param error: the exception.
    """
    cli.print_traceback()
    text = f"'{context.command_path}': {what}: {type(error).__name__}: {error}"
    return cli.CommandFailed(str(MigrateError(text)), exit_code=1)


def make_parser(
    context: click.Context, manager: Any, prog: str, path: Sequence[str]
) -> parsers.Parser:
    """Make the parser of a Manager, with an error that names the command.

    :param context: the context of the command that is wanted.
    :param manager: the Manager.
    :param prog: how the Manager is called.
    :param path: the names that lead to the command.
    :raises CommandFailed: when the parser of the command cannot be made.
    """
    try:
        parser = _outside_of_flask(
            context, lambda: parsers.create_parser(manager, prog, path)
        )
    except Exception as error:
        raise failure(context, "its options are not possible", error) from error
    if not parsers.has_parser_at(parser, path):
        context.fail(
            f"The Manager has no command '{' '.join(path)}' any more."
            " Call click_commands() after it was removed."
        )
    return parser


def handle(
    context: click.Context,
    manager: Any,
    prog: str,
    argv: Sequence[str],
    make: Callable[[], parsers.Parser],
) -> Any:
    """Let a Manager handle a command line.

    :param context: the context of the click command.
    :param manager: the Manager.
    :param prog: how the Manager is called.
    :param argv: the arguments.
    :param make: gives the parser to use.
    :returns: what the command returned.
    """

    def call() -> Any:
        with _application(context, manager), parsers.next_parser(manager, make):
            return manager.handle(prog, list(argv))

    with _server_allowed():
        return _outside_of_flask(context, call)


@contextlib.contextmanager
def _application(context: click.Context, manager: Any) -> Iterator[None]:
    """Give a Manager without an application Flask's, and name a factory that fails."""
    given = replaced = manager.app
    if given is None:
        replaced = context.ensure_object(ScriptInfo).load_app()
    elif callable(given) and not isinstance(given, Flask):
        replaced = _named_factory(context, given)
    manager.app = replaced
    try:
        yield
    finally:
        # A Manager keeps what its factory has made.
        if manager.app is replaced:
            manager.app = given


def _named_factory(
    context: click.Context, factory: Callable[..., Any]
) -> Callable[..., Any]:
    @functools.wraps(factory)
    def named(*args: Any, **kwargs: Any) -> Any:
        try:
            return factory(*args, **kwargs)
        except parsers.CLICK_ERRORS:
            raise
        except Exception as error:
            what = "the application of its Manager cannot be made"
            raise failure(context, what, error) from error

    return named


@contextlib.contextmanager
def _server_allowed() -> Iterator[None]:
    """Let ``app.run()`` work: the ``Server`` of Flask-Script calls it."""
    kept = os.environ.pop(_RUN_FROM_CLI, None)
    try:
        yield
    finally:
        if kept is not None:
            os.environ[_RUN_FROM_CLI] = kept


def _outside_of_flask(
    context: click.Context, function: Callable[[], _Result]
) -> _Result:
    """Call a function without the application context that ``flask`` has made.

    Since Flask 2.2 ``flask`` runs every command in one. Under ``manage.py`` there is
    none: a command gets a test request context, which brings a new application context
    with it, or, as ``Server``, nothing at all. A context that the caller of a test
    runner has made stays, as it does for ``manager.handle()``.
    """
    while context.parent is not None and not isinstance(context.command, FlaskGroup):
        context = context.parent
    if not has_app_context() or not _has_pushed_context(context):
        return function()
    outside = contextvars.Context()
    for variable, value in contextvars.copy_context().items():
        if variable.name not in _FLASK_CONTEXTS:
            outside.run(variable.set, value)
    return outside.run(function)


def _has_pushed_context(context: click.Context) -> bool:
    """Tell whether the context in place is one of ``flask``'s, not of ``manage.py``.

    ``app.app_context().push()`` in the file of the application is kept, as it is there
    under ``manage.py``; ``flask`` then makes none.
    """
    if not isinstance(context.command, FlaskGroup):
        return False
    stack = getattr(context, "_exit_stack", None)
    callbacks = getattr(stack, "_exit_callbacks", None)
    if callbacks is None:
        return True
    owners = (getattr(callback, "__self__", None) for _, callback in callbacks)
    return any(isinstance(owner, AppContext) for owner in owners)
