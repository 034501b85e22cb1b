"""``MigrateCommand``, the Flask-Script face of the commands.

Deletable when: the application no longer runs its commands through a Flask-Script
``Manager``, that is, when no ``manager.add_command("db", MigrateCommand)`` is left.

It is derived from the click group :data:`flask_migrate_compat.cli.db`: every option,
argument, default and help text is read from there. Flask-Migrate had a
``MigrateCommand`` of its own from 0.1 to 2.7 and dropped it in 3.0.

Importing this module, and so reading ``flask_migrate_compat.MigrateCommand``, installs
the finder (see :func:`flask_migrate_compat.legacy.install`): from then on the process
finds the old module names, unless ``FLASK_MIGRATE_COMPAT=off`` forbids it.
"""

from __future__ import annotations

import argparse
import copy
import inspect
import sys
from typing import Any, Callable, NoReturn

import click

from .. import cli
from . import install

# Where no start-up file has done it: Flask-Script is healed while it is imported.
install()

from flask_script import Command, Manager, Option  # noqa: E402

# Options of the group are kept apart from those of the command behind it, because
# Flask-Script hands a value to the first manager or command that knows its name.
_GROUP_PREFIX = "db_"


class _Copyable:
    """Leave out of a deep copy what use has tied to an application.

    Flask-Script links a command to its manager, and that holds the application, which
    cannot be copied. All of these links are made anew when a command line is parsed.
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        duplicate = memo[id(self)] = copy.copy(self)
        for name, value in vars(self).items():
            is_link = name in ("app", "manager", "parent", "parser")
            setattr(duplicate, name, None if is_link else copy.deepcopy(value, memo))
        return duplicate


class MigrateSubcommand(_Copyable, Command):  # type: ignore[misc]  # Flask-Script has no types
    """Call a core function as a Flask-Script command.

    Like every ``Command`` it can be changed after it was made: ``option_list`` is a
    list, and ``run`` may be replaced.

    :param command: the click command to derive from.
    """

    def __init__(self, command: click.Command) -> None:
        super().__init__()
        self.__doc__ = command.help
        self.function_name = (command.name or "").replace("-", "_")
        self.defaults: dict[str, Any] = {}
        self.option_list = []
        self.manager: Any = None
        for parameter in command.params:
            option = _option(parameter)
            self.option_list.append(option)
            self.defaults[_destination(parameter)] = option.kwargs.get("default")

    def create_parser(self, *args: Any, **kwargs: Any) -> Any:
        """Remember the manager; ``parent`` of Flask-Script's is one level too high."""
        self.manager = kwargs.get("parent")
        return super().create_parser(*args, **kwargs)

    def __call__(self, app: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Run the command; a ``run`` of the user's gets the arguments that it takes.

        ``MigrateCommand._commands["downgrade"].run = function`` was written for the
        options of the Flask-Migrate of its day. An option that came later is left
        out as long as it was not used.
        """
        if getattr(self.run, "__func__", None) is not MigrateSubcommand.run:
            kwargs = self._for_replaced_run(kwargs)
        return super().__call__(app, *args, **kwargs)

    def _for_replaced_run(self, arguments: dict[str, Any]) -> dict[str, Any]:
        group = getattr(self.manager, "group_arguments", {})
        arguments = cli.with_group_options(arguments, group, self.defaults)
        taken = {}
        for name, value in arguments.items():
            if _accepts(self.run, name):
                taken[name] = value
            elif value != self.defaults.get(name):
                message = (
                    f"The function that replaces '{self.function_name}' takes no"
                    f" '{name}'. Leave that option out, or add the parameter."
                )
                _fail(cli.CommandFailed(message, exit_code=1))
        return taken

    def run(self, **arguments: Any) -> None:
        """Call the core function and print an error as one line, with status 1."""
        group = getattr(self.manager, "group_arguments", {})
        arguments = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in arguments.items()
        }
        try:
            called = _called(self.manager)
            cli.call_core(self.function_name, arguments, group, called)
        except click.ClickException as error:
            _fail(error)


class MigrateManager(_Copyable, Manager):  # type: ignore[misc]  # Flask-Script has no types
    """Offer the commands of a click group as a Flask-Script ``Manager``.

    :param group: the click group to derive from.
    """

    def __init__(self, group: click.Group) -> None:
        super().__init__(help=group.help, description=group.help)
        self.group_arguments: dict[str, Any] = {}
        for parameter in group.params:
            option = _option(parameter)
            option.kwargs["dest"] = _GROUP_PREFIX + _destination(parameter)
            self._options.append(option)
        for name, command in group.commands.items():
            self.add_command(name, MigrateSubcommand(command))

    def create_parser(self, *args: Any, **kwargs: Any) -> Any:
        """Let the parser of each command name what it does not know.

        Flask-Script leaves that to the outermost parser, which knows neither the
        command nor the option: "too many arguments".
        """
        parser = super().create_parser(*args, **kwargs)
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for name, subparser in action.choices.items():
                    if isinstance(self._commands.get(name), MigrateSubcommand):
                        _refuse_leftovers(subparser)
        return parser

    def __call__(self, app: Any = None, **kwargs: Any) -> Any:
        """Keep what was said before the command, for the command to look at."""
        self.group_arguments = {
            name[len(_GROUP_PREFIX) :]: value
            for name, value in kwargs.items()
            if name.startswith(_GROUP_PREFIX)
        }
        others = {
            name: value
            for name, value in kwargs.items()
            if not name.startswith(_GROUP_PREFIX)
        }
        return super().__call__(app, **others)


def _refuse_leftovers(parser: argparse.ArgumentParser) -> None:
    parse = parser.parse_known_args

    def parse_known_args(*args: Any, **kwargs: Any) -> Any:
        namespace, leftovers = parse(*args, **kwargs)
        if leftovers:
            parser.error(f"unrecognized arguments: {' '.join(leftovers)}")
        return namespace, leftovers

    parser.parse_known_args = parse_known_args  # type: ignore[method-assign]


def _fail(error: click.ClickException) -> NoReturn:
    error.show()
    sys.exit(error.exit_code)


def _called(manager: Any) -> str:
    """Return the command line up to the command, for messages that name one."""
    context = context_under_flask()
    if context is None:
        return f"python {sys.argv[0]} {_name_of(manager)}"
    return path_above(context)


def context_under_flask() -> click.Context | None:
    """Return the click context of an old command that runs under ``flask``.

    :returns: ``None`` outside of ``legacy/bridge``, whose click commands have the old
        one as their ``script``.
    """
    context = click.get_current_context(silent=True)
    if context is None or getattr(context.command, "script", None) is None:
        return None
    return context


def path_above(context: click.Context) -> str:
    """Return how the group of a command is called.

    :param context: the context of the command.
    """
    return context.parent.command_path if context.parent else ""


def _name_of(manager: Any) -> str:
    """Return the name that a manager was added under, with those above it."""
    names: list[str] = []
    parent = getattr(manager, "parent", None)
    while parent is not None:
        found = [name for name, one in parent._commands.items() if one is manager]
        names[:0] = found[:1]
        manager, parent = parent, getattr(parent, "parent", None)
    return " ".join(names) or "db"


def _destination(parameter: click.Parameter) -> str:
    assert parameter.name is not None
    return parameter.name


def _default(parameter: click.Parameter) -> Any:
    """Return what click delivers for a parameter that the user leaves out.

    Asked of click itself, because an unset ``default`` reads differently in its
    releases: ``None`` and ``False`` in the older ones, a sentinel since 8.4.
    """
    if parameter.required:
        return None
    probe = click.Command("probe", params=[parameter], add_help_option=False)
    return probe.make_context("probe", []).params[_destination(parameter)]


def _option(parameter: click.Parameter) -> Any:
    """Translate a click parameter into what ``ArgumentParser.add_argument`` takes."""
    default = _default(parameter)
    if isinstance(parameter, click.Argument):
        kwargs = _argument_kwargs(parameter, default)
        names = [_destination(parameter)]
    else:
        assert isinstance(parameter, click.Option)
        kwargs = _option_kwargs(parameter, default)
        kwargs["dest"] = _destination(parameter)
        # argparse formats help texts with the percent operator.
        kwargs["help"] = (parameter.help or "").replace("%", "%%")
        names = sorted(parameter.opts, key=len)
    return Option(*names, **kwargs)


def _argument_kwargs(parameter: click.Argument, default: Any) -> dict[str, Any]:
    if parameter.nargs == -1:
        return {"nargs": "+" if parameter.required else "*", "type": _type(parameter)}
    if parameter.nargs != 1:
        raise _untranslatable(parameter)
    if parameter.required:
        return {"type": _type(parameter)}
    return {"nargs": "?", "default": default, "type": _type(parameter)}


def _option_kwargs(parameter: click.Option, default: Any) -> dict[str, Any]:
    if parameter.nargs != 1 or parameter.count or parameter.secondary_opts:
        raise _untranslatable(parameter)
    if parameter.is_flag:
        return {"action": "store_true", "default": default}
    kwargs: dict[str, Any] = {"type": _type(parameter), "required": parameter.required}
    if parameter.metavar:
        kwargs["metavar"] = parameter.metavar
    if parameter.multiple:
        return {**kwargs, "action": "append", "default": list(default or ()) or None}
    return {**kwargs, "default": default}


def _type(parameter: click.Parameter) -> Callable[[str], Any]:
    """Let argparse convert a value as click does, with click's message."""
    kind = parameter.type

    def convert(value: str) -> Any:
        try:
            return kind(value)
        except click.BadParameter as error:
            raise argparse.ArgumentTypeError(error.message) from error

    return convert


def _untranslatable(parameter: click.Parameter) -> TypeError:
    return TypeError(
        f"The option {parameter.name!r} of flask_migrate_compat.cli uses a feature of"
        " click that legacy/manager.py does not translate; teach it there."
    )


def _accepts(function: Callable[..., Any], name: str) -> bool:
    parameters = inspect.signature(function).parameters
    return name in parameters or any(
        parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()
    )


MigrateCommand = MigrateManager(cli.db)
