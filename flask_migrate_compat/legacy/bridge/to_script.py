"""Offer a click command under a Flask-Script ``Manager``.

Deletable with this folder.
"""

from __future__ import annotations

import contextlib
import copy
from typing import Any, Sequence

import click
from flask.cli import AppGroup, FlaskGroup, ScriptInfo
from flask_script import Command

from ..manager import context_under_flask, path_above


def script_command(command: click.Command) -> ClickCommand:
    """Make a Flask-Script command of a click command or group.

    ``manager.add_command("tools", script_command(tools))``. What follows the name is
    click's: arguments, ``--help``, prompts, errors, exit status, nested groups. The
    application is the one that the Manager has made, with its global options.

    :param command: any click command; a ``FlaskGroup`` and the commands of
        :mod:`flask.cli` too.
    :returns: the command for ``Manager.add_command``.
    :raises TypeError: for anything else.
    """
    if not isinstance(command, click.Command):
        raise TypeError(
            f"script_command() takes a click command, not {command!r}."
            " A function becomes one with @click.command()."
        )
    return ClickCommand(command)


class ClickCommand(Command):  # type: ignore[misc]  # Flask-Script has no types
    """Run a click command as a Flask-Script command.

    :param command: the click command.
    """

    # Neither options nor a help of its own: argparse hands everything on, in order.
    capture_all_args = True
    help_args = ()

    def __init__(self, command: click.Command) -> None:
        super().__init__()
        self.click_command = command
        if command.name:
            self.name = command.name
        # argparse formats help texts with the percent operator.
        self.help = command.get_short_help_str(80).replace("%", "%%")
        self.__doc__ = command.help
        self.called: tuple[str, ...] = ()
        self.managers: tuple[Any, ...] = ()

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """Copy the command, and not the click command or the application."""
        return type(self)(self.click_command)

    def create_parser(self, name: str, **kwargs: Any) -> Any:
        """Put a copy into the parser that knows where it stands.

        One command may stand in several managers, and under several names.
        """
        bound = copy.copy(self)
        bound.managers = kwargs.get("func_stack", ())
        bound.called = (name,)
        return super(ClickCommand, bound).create_parser(name, **kwargs)

    def __call__(self, app: Any = None, args: Sequence[str] = ()) -> None:
        """Run the click command; a status other than 0 ends the process with it."""
        program, name = self._called()
        extra: dict[str, Any] = {"parent": self._parent(app, program)}
        if isinstance(self.click_command, FlaskGroup):
            # It would look for an application of its own.
            extra["obj"] = extra["parent"].obj
        with contextlib.ExitStack() as stack:
            if not _is_of_flask(self.click_command):
                stack.enter_context(app.app_context())
            try:
                self.click_command.main(list(args), prog_name=name, **extra)
            except SystemExit as stop:
                if stop.code:
                    raise

    def _called(self) -> tuple[str, str | None]:
        """Return the program with the names above the command, and its own name."""
        context = context_under_flask()
        script = getattr(context and context.command, "script", None)
        is_own = getattr(script, "click_command", None) is self.click_command
        if context is not None and is_own:
            # It may be renamed there, or stand without its Manager.
            return path_above(context), context.info_name
        programs = [manager.parser.prog for manager in self.managers]
        return " ".join(programs), (*self.called, self.click_command.name)[0]

    def _parent(self, app: Any, program: str) -> click.Context:
        """Return a context like that of ``flask``.

        :param app: the application.
        :param program: what stands before the name of the command.
        """
        flags = ["--help"]
        for manager in self.managers[-1:]:
            flags = [*(manager.help_args or ()), *flags]
        return click.Context(
            AppGroup("manage"),
            info_name=program,
            obj=_LoadedInfo(app),
            help_option_names=list(dict.fromkeys(flags)),
            auto_envvar_prefix="FLASK",
        )


class _LoadedInfo(ScriptInfo):
    """Answer with the application of the Manager, and leave its settings alone."""

    def __init__(self, app: Any) -> None:
        super().__init__(create_app=lambda *_: app)
        self.app = app

    def load_app(self) -> Any:
        return self.app


def _is_of_flask(command: click.Command) -> bool:
    """Tell whether a command is Flask's own, which ``flask`` runs without a context.

    A server must not run in one: all requests would share it.
    """
    if isinstance(command, FlaskGroup):
        return True
    return any(command is one for one in FlaskGroup().commands.values())
