"""The command line ``flask db …``: the one declaration of commands and options.

``legacy/manager.py`` derives the Flask-Script ``MigrateCommand`` from the group
:data:`db`, so flags, help texts, defaults and arity stand here and nowhere else. The
function that a command calls is the one of its name in
:mod:`flask_migrate_compat.commands`, which is imported when a command runs.
"""

from __future__ import annotations

import inspect
import os
import re
import sys
import traceback
from typing import Any, Callable, Container, Mapping, cast

import click
from flask.cli import with_appcontext

from .errors import MigrateError, called_as, describe, without_passwords

_Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class CoreCommand(click.Command):
    """Run a core function, and take negative numbers as arguments: ``downgrade -1``.

    Click takes ``-1`` for an option. As in argparse, a negative number that is not
    the value of an option is an argument here, so a mistyped option stays an error.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Move negative numbers behind ``--``, where click reads arguments only."""
        with_value = {
            name
            for parameter in self.params
            if isinstance(parameter, click.Option) and not parameter.is_flag
            for name in parameter.opts
        }
        end = args.index("--") if "--" in args else len(args)
        options: list[str] = []
        numbers: list[str] = []
        previous = ""
        for arg in args[:end]:
            is_number = re.match(r"-\d+$", arg) and previous not in with_value
            (numbers if is_number else options).append(arg)
            previous = arg
        if numbers:
            args = [*options, "--", *numbers, *args[end + 1 :]]
        return super().parse_args(ctx, args)


class DatabaseGroup(click.Group):
    """Group the commands of ``db``, which are :class:`CoreCommand` objects."""

    def command(  # type: ignore[override]  # click 7 has no command_class
        self, *args: Any, **kwargs: Any
    ) -> Callable[[Callable[..., Any]], click.Command]:
        """Declare a command."""
        kwargs.setdefault("cls", CoreCommand)
        return cast(
            "Callable[[Callable[..., Any]], click.Command]",
            super().command(*args, **kwargs),
        )


class CommandFailed(click.ClickException):
    """Show one line ``Error: …`` and exit with the status of the error."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]  # a ClassVar in click


def with_group_options(
    arguments: Mapping[str, Any], group: Mapping[str, Any], known: Container[str]
) -> dict[str, Any]:
    """Fill in what was said before the command; the command's own arguments win.

    :param arguments: what was said behind the command.
    :param group: what was said before it.
    :param known: the arguments that the command takes.
    """
    merged = dict(arguments)
    for key in ("directory", "x_arg"):
        if key in known and not merged.get(key) and group.get(key):
            merged[key] = group[key]
    return merged


def call_core(
    name: str,
    arguments: Mapping[str, Any],
    group: Mapping[str, Any],
    called: str = "flask db",
) -> None:
    """Call the core function of a command; both command lines come through here.

    :param name: the function in :mod:`flask_migrate_compat.commands`.
    :param arguments: what was said behind the command.
    :param group: what was said before it; the command's own arguments win.
    :param called: the command line up to the command, for messages that name one.
    :raises CommandFailed: for every exception, with its one line of text; a traceback
        is printed first when ``--traceback`` or ``FLASK_DEBUG`` asks for it.
    """
    from .running import signals, terminal

    try:
        with signals.stopped_by_signals(name), terminal.at_command_line():
            from . import commands

            function = getattr(commands, name)
            known = inspect.signature(function).parameters
            arguments = with_group_options(arguments, group, known)
            directory = arguments.get("directory")
            with called_as(called, *(("-d", directory) if directory else ())):
                function(**arguments)
    except click.ClickException:
        raise
    except Exception as error:
        print_traceback(bool(group.get("traceback")))
        message = describe(error, _directory(arguments.get("directory")))
        exit_code = error.exit_code if isinstance(error, MigrateError) else 1
        raise CommandFailed(message, exit_code) from error


def print_traceback(asked_for: bool = False) -> None:
    """Print where the exception that is being handled came from, if that is wanted.

    :param asked_for: whether the user has asked; so does ``FLASK_DEBUG``.
    """
    if asked_for or _debug():
        story = without_passwords(traceback.format_exc())
        print(story, end="", file=sys.stderr)


def _debug() -> bool:
    value = os.environ.get("FLASK_DEBUG", "")
    return value.lower() not in ("", "0", "false", "no", "off", "n", "f")


def _directory(given: str | None) -> str | None:
    """Return the migrations folder that a failed command worked with, if known."""
    from .extension import current_state

    try:
        return given or current_state().directory
    except MigrateError:
        return None


def _run(name: str, arguments: Mapping[str, Any]) -> None:
    parent = click.get_current_context().parent
    if parent is None:
        call_core(name, arguments, {})
    else:
        call_core(name, arguments, parent.params, parent.command_path)


_directory_option = click.option(
    "-d",
    "--directory",
    metavar="DIR",
    help="Migrations folder (default: the one given to Migrate, or 'migrations').",
)
_x_arg_option = click.option(
    "-x",
    "--x-arg",
    multiple=True,
    metavar="ARG",
    help="Argument for a custom env.py; may be repeated.",
)
_sql_option = click.option(
    "--sql", is_flag=True, help="Print the SQL instead of executing it."
)
_tag_option = click.option("--tag", help="Free text for a custom env.py.")
_verbose_option = click.option(
    "-v", "--verbose", is_flag=True, help="Show the details of each revision."
)
_message_option = click.option("-m", "--message", help="Title of the revision.")
_rev_id_option = click.option(
    "--rev-id", help="Identifier of the revision, instead of a random one."
)
_branch_label_option = click.option(
    "--branch-label", help="Label of the branch that begins with the revision."
)


def _new_revision_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Declare what ``revision`` and ``migrate`` have in common."""
    decorators: tuple[_Decorator, ...] = (
        _directory_option,
        _message_option,
        _sql_option,
        click.option(
            "--head",
            default="head",
            help="Revision, or <branch>@head, that the new one follows.",
        ),
        click.option(
            "--splice", is_flag=True, help="Allow a --head that is not a head."
        ),
        _branch_label_option,
        click.option(
            "--version-path", help="Which of several version locations to write to."
        ),
        _rev_id_option,
        click.option(
            "--depends-on",
            multiple=True,
            metavar="REVISION",
            help="Revision of another branch that is needed first; may be repeated.",
        ),
        _x_arg_option,
        click.option(
            "--allow-drop-all",
            is_flag=True,
            help="Let autogenerate drop every table of a database.",
        ),
    )
    for decorator in reversed(decorators):
        function = decorator(function)
    return function


def _lock_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Declare what all commands that write to a database have in common."""
    timeout = click.option(
        "--lock-timeout",
        metavar="SECONDS",
        help="How long to wait for other migrations of the database (default:"
        " MIGRATE_LOCK_TIMEOUT, or 600).",
    )
    no_lock = click.option(
        "--no-lock", is_flag=True, help="Do not lock other migrations out."
    )
    return timeout(no_lock(function))


def _run_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Declare what ``upgrade`` and ``downgrade`` have in common."""
    decorators: tuple[_Decorator, ...] = (
        _directory_option,
        _sql_option,
        _tag_option,
        _x_arg_option,
        _lock_options,
        click.option(
            "--resume-skip",
            is_flag=True,
            help="After a crash: take the statement in doubt for executed.",
        ),
        click.option(
            "--resume-retry",
            is_flag=True,
            help="After a crash: execute the statement in doubt again.",
        ),
        click.option(
            "--quiet", is_flag=True, help="Print nothing but warnings and errors."
        ),
    )
    for decorator in reversed(decorators):
        function = decorator(function)
    return function


@click.group(cls=DatabaseGroup)
@_directory_option
@_x_arg_option
@click.option("--traceback", is_flag=True, help="Show where an error came from.")
def db(**_group: Any) -> None:
    """Perform database migrations."""
    # The commands read these options from their parent context, which unlike flask.g
    # is the same object on every Flask.


@db.command("list-templates")
@with_appcontext
def list_templates(**arguments: Any) -> None:
    """List the templates for 'init'."""
    _run("list_templates", arguments)


@db.command()
@_directory_option
@click.option("--multidb", is_flag=True, help="Support several databases.")
@click.option(
    "-t", "--template", help="Name of a template, or path of a template folder."
)
@click.option(
    "--package", is_flag=True, help="Let the folder be imported as a package."
)
@with_appcontext
def init(**arguments: Any) -> None:
    """Make a new migrations folder."""
    _run("init", arguments)


@db.command()
@_new_revision_options
@click.option(
    "--autogenerate",
    is_flag=True,
    help="Fill in the differences between models and database.",
)
@with_appcontext
def revision(**arguments: Any) -> None:
    """Write a new revision script."""
    _run("revision", arguments)


@db.command()
@_new_revision_options
@with_appcontext
def migrate(**arguments: Any) -> None:
    """Write a revision with the differences between models and database."""
    _run("migrate", arguments)


@db.command()
@_directory_option
@_x_arg_option
@click.argument("revision", default="head")
@with_appcontext
def edit(**arguments: Any) -> None:
    """Open a revision script in $EDITOR."""
    _run("edit", arguments)


@db.command()
@_directory_option
@_message_option
@_branch_label_option
@_rev_id_option
@click.option("--splice", is_flag=True, help="Allow revisions that are not heads.")
@_x_arg_option
@click.argument("revisions", nargs=-1, required=True)
@with_appcontext
def merge(**arguments: Any) -> None:
    """Write a revision that joins several heads ('heads' for all)."""
    _run("merge", arguments)


@db.command()
@_run_options
@click.argument("revision", default="head")
@with_appcontext
def upgrade(**arguments: Any) -> None:
    """Upgrade the database to a later revision."""
    _run("upgrade", arguments)


@db.command()
@_run_options
@click.argument("revision", default="-1")
@with_appcontext
def downgrade(**arguments: Any) -> None:
    """Take the database back to an earlier revision."""
    _run("downgrade", arguments)


@db.command()
@_directory_option
@_x_arg_option
@click.argument("revision", default="head")
@with_appcontext
def show(**arguments: Any) -> None:
    """Show a revision."""
    _run("show", arguments)


@db.command()
@_directory_option
@click.option(
    "-r", "--rev-range", metavar="START:END", help="Show only these revisions."
)
@_verbose_option
@click.option(
    "-i", "--indicate-current", is_flag=True, help="Mark what the database is at."
)
@_x_arg_option
@with_appcontext
def history(**arguments: Any) -> None:
    """List the revisions, the latest first."""
    _run("history", arguments)


@db.command()
@_directory_option
@_verbose_option
@click.option(
    "--resolve-dependencies", is_flag=True, help="Count a dependency as a parent."
)
@_x_arg_option
@with_appcontext
def heads(**arguments: Any) -> None:
    """Show the revisions that no other one follows."""
    _run("heads", arguments)


@db.command()
@_directory_option
@_verbose_option
@_x_arg_option
@with_appcontext
def branches(**arguments: Any) -> None:
    """Show the revisions that more than one other follows."""
    _run("branches", arguments)


@db.command()
@_directory_option
@_verbose_option
@click.option(
    "-c",
    "--check-heads",
    is_flag=True,
    help="Fail if a database is not at the heads.",
)
@_x_arg_option
@with_appcontext
def current(**arguments: Any) -> None:
    """Show the revision that each database is at."""
    _run("current", arguments)


@db.command()
@_directory_option
@_sql_option
@_tag_option
@click.option("--purge", is_flag=True, help="Empty the version table first.")
@_x_arg_option
@_lock_options
@click.argument("revision", default="head")
@with_appcontext
def stamp(**arguments: Any) -> None:
    """Record a revision in the database without running any script."""
    _run("stamp", arguments)


@db.command()
@_directory_option
@_x_arg_option
@with_appcontext
def check(**arguments: Any) -> None:
    """Fail if a revision is missing between models and database."""
    _run("check", arguments)


@db.command("ensure-version")
@_directory_option
@_sql_option
@_x_arg_option
@_lock_options
@with_appcontext
def ensure_version(**arguments: Any) -> None:
    """Make the version table if the database has none yet."""
    _run("ensure_version", arguments)
