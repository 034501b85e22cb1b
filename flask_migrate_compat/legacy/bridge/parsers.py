"""Adapt the argument parsers that a Manager makes.

Deletable with this folder.

A Manager parses its command line itself, through the bridge too: only so is every
feature of argparse the same. What has to be known from outside is where the name of the
command stands, and which help is asked for.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
from typing import Any, Callable, Iterator, NoReturn, Sequence

import click
from flask_script import Manager

Parser = argparse.ArgumentParser
# What click handles itself, wherever it is raised.
CLICK_ERRORS = (click.exceptions.Exit, click.Abort, click.ClickException)


def subcommands_of(parser: Parser) -> Any:
    """Return the action that chooses the command, or ``None``.

    :param parser: the parser of a Manager or of a command.
    """
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return action
    return None


def parser_at(parser: Parser, path: Sequence[str]) -> Parser:
    """Return the parser of a command.

    :param parser: the parser of the Manager.
    :param path: the names that lead to the command.
    """
    for name in path:
        parser = subcommands_of(parser).choices[name]
    return parser


def has_parser_at(parser: Parser, path: Sequence[str]) -> bool:
    """Tell whether a parser knows a command.

    :param parser: the parser of the Manager.
    :param path: the names that lead to the command.
    """
    try:
        parser_at(parser, path)
    except (AttributeError, KeyError):
        return False
    return True


def create_parser(manager: Any, prog: str, path: Sequence[str]) -> Parser:
    """Make the parser of a Manager, as far as it can be made.

    Flask-Script makes the parsers of all commands to run one. Here a command whose
    parser cannot be made, with two options of one flag for example, is left out.

    :param manager: the Manager.
    :param prog: how the Manager is called.
    :param path: the names that lead to the command that is wanted.
    :raises Exception: what is wrong with this command, or with the Manager itself.
    """
    try:
        parser: Parser = manager.create_parser(prog)
    except Exception:
        with contextlib.ExitStack() as stack:
            _leave_out_broken_commands(manager, path, stack)
            parser = manager.create_parser(prog)
    return parser


def _leave_out_broken_commands(
    manager: Any, path: Sequence[str], stack: contextlib.ExitStack
) -> None:
    commands = manager._commands
    stack.callback(setattr, manager, "_commands", commands)
    sound = {}
    for name, command in commands.items():
        wanted = path[:1] == (name,)
        try:
            if isinstance(command, Manager):
                _leave_out_broken_commands(command, path[1:] if wanted else (), stack)
            # Some errors, such as a title that argparse uses itself, appear only here.
            manager._commands = {name: command}
            manager.create_parser("")
        except Exception:
            if wanted:
                raise
        else:
            sound[name] = command
    manager._commands = sound


@contextlib.contextmanager
def next_parser(manager: Any, make: Callable[[], Parser]) -> Iterator[None]:
    """Let a Manager get its next parser from a function, and all later ones as ever.

    Old commands call their manager again: ``manager.handle("manage.py", ["db", …])``.

    :param manager: the Manager.
    :param make: gives the parser.
    """
    names = vars(manager)
    missing = object()
    kept = names.get("create_parser", missing)

    def restore() -> None:
        if names.get("create_parser") is create_parser:
            if kept is missing:
                del names["create_parser"]
            else:
                names["create_parser"] = kept

    def create_parser(prog: str, *args: Any, **kwargs: Any) -> Parser:
        restore()
        return make()

    names["create_parser"] = create_parser
    try:
        yield
    finally:
        restore()


# -- where the name of the command stands ------------------------------------------


class _CommandFound(Exception):
    """End the parsing at the name of the command."""

    def __init__(self, rest: Sequence[str]) -> None:
        super().__init__()
        self.rest = list(rest)


class _FindCommand(argparse.Action):
    def __call__(self, parser: Any, namespace: Any, values: Any, *_: Any) -> NoReturn:
        raise _CommandFound(values)


class _FindNothing(argparse.Action):
    def __call__(self, *_: Any) -> NoReturn:
        raise _CommandFound([])


class _Ignored(argparse.Action):
    def __call__(self, *_: Any) -> None:
        """Do nothing: the value is looked at when the command is known."""


def split_at_command(
    parser: Parser, args: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Find the name of the command among arguments.

    Values are only counted here. They are converted once, when the command runs.

    :param parser: the parser of the Manager.
    :param args: what follows the name of the Manager.
    :returns: what stands before the name; the name and what follows. The second is
        empty where there is no name, or where the parsing ends before it.
    """
    finder = argparse.ArgumentParser(
        add_help=False, prefix_chars=parser.prefix_chars, prog=""
    )
    for name in ("fromfile_prefix_chars", "allow_abbrev"):
        setattr(finder, name, getattr(parser, name))
    for action in parser._actions:
        finder._add_action(_without_effect(action))
    # Of several errors, the Manager reports the one that it meets first.
    finder.error = _no_command  # type: ignore[method-assign]
    try:
        finder.parse_known_args(list(args))
    except _CommandFound as found:
        return list(args[: len(args) - len(found.rest)]), found.rest
    return list(args), []


def _without_effect(action: argparse.Action) -> argparse.Action:
    changed: Any = copy.copy(action)
    if isinstance(action, argparse._SubParsersAction):
        changed.__class__ = _FindCommand
    elif isinstance(action, argparse._HelpAction):
        # What stands before it is looked at first.
        changed.__class__ = _FindNothing
    else:
        changed.__class__ = _Ignored
    changed.type = changed.choices = None
    changed.required = False
    changed.default = argparse.SUPPRESS
    return changed  # type: ignore[no-any-return]


def _no_command(message: str) -> NoReturn:
    raise _CommandFound([])


# -- help, and errors --------------------------------------------------------------


def help_flags(parser: Parser) -> list[str]:
    """Return the flags that ask for help: ``["-?", "--help"]`` unless changed.

    :param parser: the parser of a Manager or of a command.
    """
    for action in parser._actions:
        if isinstance(action, argparse._HelpAction):
            return list(action.option_strings)
    return []


def show_help_of(context: click.Context, parser: Parser) -> None:
    """Let a parser print the help of click where it would print its own.

    :param context: the context of the click command.
    :param parser: the parser of the same command.
    """

    def print_help(file: Any = None) -> None:
        click.echo(context.get_help(), file=file, color=context.color)

    parser.print_help = print_help  # type: ignore[method-assign]


def name_errors(
    parser: Parser, failure: Callable[[Exception], click.ClickException]
) -> None:
    """Turn what argparse does not expect of a ``type`` into an error of click.

    :param parser: the parser of the Manager.
    :param failure: makes the error.
    """
    parse = parser.parse_known_args

    def parse_known_args(*args: Any, **kwargs: Any) -> Any:
        try:
            return parse(*args, **kwargs)
        except CLICK_ERRORS:
            raise
        except Exception as error:
            raise failure(error) from error

    parser.parse_known_args = parse_known_args  # type: ignore[method-assign]


# -- global options behind the name of a command -------------------------------------


def global_options(manager: Any, parser: Parser) -> list[tuple[Any, list[str]]]:
    """Return the options of a Manager that a command has not taken for itself.

    A command that keeps all arguments, or the rest of them, takes every option.

    :param manager: the Manager.
    :param parser: the parser of one of its commands.
    :returns: the options, each with the flags that are free.
    """
    functions = parser.get_default("func_stack") or ()
    if functions and getattr(functions[-1], "capture_all_args", False):
        return []
    if any(action.nargs == argparse.REMAINDER for action in parser._actions):
        return []
    taken = tuple(parser._option_string_actions)
    found = []
    for option in manager.get_options():
        free = [
            flag
            for flag in option.args
            if flag.startswith(tuple(parser.prefix_chars))
            # argparse would take it for an abbreviation of the command's own option.
            and not any(one.startswith(flag) for one in taken)
        ]
        if free:
            found.append((option, free))
    return found


def take_global_options(
    manager: Any, root: Parser, parser: Parser, args: Sequence[str]
) -> None:
    """Let a command take options of its Manager, if they are among its arguments.

    ``flask`` has no place for them before the command. If they are not used, the
    parser of the command stays exactly what it was.

    :param manager: the Manager.
    :param root: its parser.
    :param parser: the parser of the command.
    :param args: what follows the name of the command.
    """
    end = args.index("--") if "--" in args else len(args)
    for option, flags in global_options(manager, parser):
        if not any(_uses(arg, flag) for arg in args[:end] for flag in flags):
            continue
        action = next(a for a in root._actions if option.args[0] in a.option_strings)
        action.required = False
        kwargs = {**option.kwargs, "dest": action.dest, "default": argparse.SUPPRESS}
        kwargs.pop("required", None)
        parser.add_argument(*flags, **kwargs)


def _uses(arg: str, flag: str) -> bool:
    """Tell whether an argument is an option, its value perhaps attached."""
    if arg.partition("=")[0] == flag:
        return True
    # "-cprod"
    return len(flag) == 2 and arg.startswith(flag)
