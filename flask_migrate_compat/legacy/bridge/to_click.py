"""Offer the commands of a Flask-Script ``Manager`` in the command line of ``flask``.

Deletable with this folder.

The click objects here find a command, show its help and complete it. What the user
typed is put together again and handled by the Manager.
"""

from __future__ import annotations

import argparse
import functools
import inspect
import sys
from typing import Any, Mapping, Sequence

import click
from flask.cli import AppGroup
from flask_script import Manager

from ...cli import print_traceback
from . import calls, clashes, parsers
from .parameters import OPTIONS, Section, sections
from .to_script import ClickCommand

# Where the arguments up to a command, and the parser of the outermost Manager, are kept
# among the data of a click context.
_ARGV = __name__ + ".argv"
_PARSER = __name__ + ".parser"
_GLOBAL = "Options of the application"


def click_group(
    manager: Any,
    name: str = "manage",
    default_command: str | None = None,
    app: Any = None,
) -> click.Group:
    """Make a click group of a Manager.

    ``app.cli.add_command(click_group(manager))`` gives ``flask manage COMMAND``. The
    commands are looked up when the group is used: what is added to the Manager later
    is there too. A click command that is added to the group hides the one of the
    Manager.

    :param manager: the Manager.
    :param name: the name of the group.
    :param default_command: what runs without arguments, as in ``Manager.run()``.
    :param app: the application whose commands to look at for the same name, if the
        Manager has a factory.
    :raises TypeError: for what is no Manager.
    """
    _check_manager(manager)
    if name in clashes.taken_names(app or manager.app):
        clashes.warn("The group", name, "Rename it: click_group(manager, name=…).")
    return ScriptGroup(manager, (), name, default_command=default_command)


def click_commands(
    manager: Any, rename: Mapping[str, str | None] | None = None, app: Any = None
) -> list[click.Command]:
    """Make a click command of each command of a Manager.

    ``for command in click_commands(manager): app.cli.add_command(command)`` gives
    ``flask COMMAND``. Global options of the Manager stand behind the name of the
    command.

    These are the commands that the Manager has now; the group of :func:`click_group`
    looks when it is used.

    A command whose name ``flask`` has already is left out, with a
    :exc:`CommandClashWarning`; in silence if it is the same command, or the ``shell``
    that a Manager has by default.

    :param manager: the Manager.
    :param rename: other names for some commands; ``None`` leaves a command out.
    :param app: the application whose commands to look at, if the Manager has a factory.
    :raises TypeError: for what is no Manager.
    :raises ValueError: when a command that is to be renamed does not exist, and for a
        global argument without a flag, which has no place behind the command.
    """
    _check_manager(manager)
    _check_global_options(manager)
    manager.set_defaults()
    rename = dict(rename or {})
    unknown = sorted(set(rename) - set(manager._commands))
    if unknown:
        raise ValueError(
            f"The Manager has no command {', '.join(map(repr, unknown))}."
            f" Correct rename=; it has {', '.join(manager._commands)}."
        )
    taken = clashes.taken_names(app or manager.app)
    found: list[Any] = []
    for old_name, command in manager._commands.items():
        name = rename.get(old_name, old_name)
        if name is None or clashes.is_left_to_flask(old_name, name, command, taken):
            continue
        taken[name] = _bridged(manager, (old_name,), name, top_level=True)
        found.append(taken[name])
    return found


def _check_manager(manager: Any) -> None:
    if not isinstance(manager, Manager):
        raise TypeError(f"This takes a Manager of Flask-Script, not {manager!r}.")


def _check_global_options(manager: Any) -> None:
    for option in manager.get_options():
        is_flag = any(flag.startswith("-") for flag in option.args)
        if not is_flag and option.kwargs.get("nargs") not in ("?", "*"):
            name = option.args[0] if option.args else option.kwargs.get("dest")
            raise ValueError(
                f"The Manager has the global argument {name!r}, which stands before the"
                " command: use click_group(manager)."
            )


def _bridged(
    manager: Any, path: tuple[str, ...], name: str, top_level: bool = False
) -> click.Command:
    kind = ScriptGroup if isinstance(_at(manager, path), Manager) else ScriptCommand
    return kind(manager, path, name, top_level)


def _at(manager: Any, path: Sequence[str]) -> Any:
    for name in path:
        manager = manager._commands[name]
    return manager


class _Bridged(click.Command):
    """Stand for a Manager or a command of Flask-Script.

    :param manager: the outermost Manager.
    :param path: the names that lead from it to what this object stands for.
    :param name: the name for click.
    :param top_level: whether nothing stands before the first of these names.
    """

    def __init__(
        self, manager: Any, path: tuple[str, ...], name: str, top_level: bool = False
    ) -> None:
        self.manager = manager
        self.path = path
        self.top_level = top_level
        self.script = _at(manager, path)
        self._sections: list[Section] | None = None
        self._params: list[click.Parameter] | None = None
        description = getattr(self.script, "description", None)
        short = getattr(self.script, "help", None) or self.script.__doc__
        if isinstance(self.script, Manager):
            # Not the docstring of the class Manager.
            short = self.script.help or (None if path else "The commands of manage.py.")
        hidden = short == argparse.SUPPRESS
        prog = " ".join((name, *path[1:]))
        super().__init__(
            name,
            help=_text(description, prog) or (None if hidden else _text(short, prog)),
            short_help=None if hidden else _text(short, prog),
            hidden=hidden,
        )

    # -- what click shows and completes

    @property
    def params(self) -> list[click.Parameter]:
        """Return what is taken; of a parser that cannot be made, nothing.

        click wants one list that it can change.
        """
        if self._params is None:
            self._params = [
                one for section in self.sections() for one in section.parameters
            ]
        return self._params

    @params.setter
    def params(self, value: Any) -> None:
        """Take no others: click sets an empty list."""

    def sections(self) -> list[Section]:
        """Return the parameters as the help shows them."""
        if self._sections is None:
            try:
                self._sections = self._translate()
            except Exception:
                # An error belongs to the use of the command, not to a list of all.
                self._sections = []
        return self._sections

    def _translate(self) -> list[Section]:
        if isinstance(self.script, ClickCommand):
            return [Section(OPTIONS, "", list(self.script.click_command.params))]
        parser = self._shown_parser
        found = sections(parser)
        if self.top_level and len(self.path) == 1:
            more = argparse.ArgumentParser(prog="", add_help=False)
            more.formatter_class = parser.formatter_class
            for option, flags in parsers.global_options(self.manager, parser):
                more.add_argument(*flags, **option.kwargs)
            found += [one._replace(title=_GLOBAL) for one in sections(more)]
        return found

    @functools.cached_property
    def _shown_parser(self) -> parsers.Parser:
        """Return a parser to show; click asks for its help flags again and again."""
        root = parsers.create_parser(self.manager, "", self.path)
        return parsers.parser_at(root, self.path)

    def get_help_option_names(self, ctx: click.Context) -> list[str]:
        """Return the flags that the Manager has for its help."""
        try:
            flags = parsers.help_flags(self._shown_parser)
        except Exception:  # as for sections()
            return ["--help"]
        # click makes the name of an option from one of its flags.
        has_name = any(flag.lstrip("-").isidentifier() for flag in flags)
        return flags if has_name else []

    def format_options(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """Show the arguments under the headings that they have in the Manager."""
        found = list(self.sections())
        help_option = self.get_help_option(ctx)
        if help_option is not None:
            titles = [section.title for section in found]
            if OPTIONS not in titles:
                found.insert(titles[:1] == ["Arguments"], Section(OPTIONS, "", []))
            place = [section.title for section in found].index(OPTIONS)
            options = found[place]
            found[place] = options._replace(
                parameters=[*options.parameters, help_option]
            )
        for section in found:
            records = [one.get_help_record(ctx) for one in section.parameters]
            rows = [record for record in records if record is not None]
            if rows:
                with formatter.section(section.title):
                    if section.description:
                        formatter.write_text(section.description)
                    formatter.write_dl(rows)

    def format_arguments(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """Show nothing more: since click 8.5 this has a section of its own."""

    # -- what the Manager handles

    def argv_before(self, ctx: click.Context) -> list[str]:
        """Return the arguments up to this command, its name in the Manager included."""
        if not self.path:
            return []
        before = ctx.meta[_ARGV] if self._has_bridge_above(ctx) else self.path[:-1]
        return [*before, self.path[-1]]

    def root_parser(self, ctx: click.Context, argv: Sequence[str]) -> parsers.Parser:
        """Return the parser of the outermost Manager; it is made once in a call.

        :param ctx: the context of this command.
        :param argv: all arguments of the Manager, as far as they are known.
        :raises CommandFailed: when this command can have no parser.
        """
        root = ctx.meta.get(_PARSER) if self._has_bridge_above(ctx) else None
        if root is None or not parsers.has_parser_at(root, self.path):
            root = calls.make_parser(ctx, self.manager, self.program(ctx), self.path)
            if self.top_level:
                first = parsers.parser_at(root, self.path[:1])
                parsers.take_global_options(self.manager, root, first, argv[1:])
            ctx.meta[_PARSER] = root
        return root

    def _has_bridge_above(self, ctx: click.Context) -> bool:
        return ctx.parent is not None and isinstance(ctx.parent.command, _Bridged)

    def final_parser(self, ctx: click.Context, argv: Sequence[str]) -> parsers.Parser:
        """Return the parser of the outermost Manager, to parse a use of this command.

        :param ctx: the context of this command.
        :param argv: all arguments of the Manager.
        """
        root = self.root_parser(ctx, argv)
        parser = parsers.parser_at(root, self.path)
        parsers.show_help_of(ctx, parser)
        if self.top_level:
            # The usage of the Manager would say nothing: it cannot be called here.
            parser.prog = ctx.command_path
            root.error = parser.error  # type: ignore[method-assign]
        parsers.name_errors(
            root,
            lambda error: calls.failure(ctx, "its arguments cannot be read", error),
        )
        return root

    def handle(self, ctx: click.Context, argv: Sequence[str]) -> None:
        """Let the Manager handle a command line, and end with its exit status.

        :param ctx: the context of this command.
        :param argv: all arguments of the Manager.
        """
        try:
            result = calls.handle(
                ctx,
                self.manager,
                self.program(ctx),
                argv,
                lambda: self.final_parser(ctx, argv),
            )
        except SystemExit as stop:
            # To Manager.run() an empty text is as good as nothing.
            if stop.code:
                raise
            return
        except EOFError:
            # click would say "Aborted!", of a broken file too.
            print_traceback(asked_for=True)
            sys.exit(1)
        except KeyboardInterrupt:
            # The status of a Python that Ctrl-C has ended; that of click is 1.
            click.echo("Aborted!", err=True)
            sys.exit(130)
        # As Manager.run() has it: a text is printed, with status 1.
        if result:
            sys.exit(result)

    def program(self, ctx: click.Context) -> str:
        """Return how the outermost Manager is called: ``flask manage``.

        :param ctx: the context of this command.
        """
        above: click.Context | None = ctx
        for _ in self.path:
            above = above.parent if above is not None else None
        return above.command_path if above is not None else ""


class ScriptCommand(_Bridged):
    """Run one command of a Manager."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the arguments for the Manager; click reads them only to complete."""
        if ctx.resilient_parsing:
            return super().parse_args(ctx, args)
        ctx.args = list(args)
        return ctx.args

    def invoke(self, ctx: click.Context) -> None:
        """Run the command."""
        self.handle(ctx, [*self.argv_before(ctx), *ctx.args])


class ScriptGroup(_Bridged, AppGroup):
    """Offer the commands of a Manager.

    :param default_command: what runs when nothing is said.
    """

    def __init__(
        self,
        manager: Any,
        path: tuple[str, ...],
        name: str,
        top_level: bool = False,
        default_command: str | None = None,
    ) -> None:
        super().__init__(manager, path, name, top_level)
        self.default_command = default_command

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order of the Manager, and what was added here."""
        if not self.path:
            self.manager.set_defaults()
        return list(dict.fromkeys([*self.script._commands, *self.commands]))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; one that was added here hides that of the Manager."""
        own = super().get_command(ctx, cmd_name)
        if own is not None or cmd_name not in self.list_commands(ctx):
            return own
        path = (*self.path, cmd_name)
        script = _at(self.manager, path)
        if ctx.resilient_parsing and isinstance(script, ClickCommand):
            return script.click_command
        return _bridged(self.manager, path, cmd_name, self.top_level)

    def format_options(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """Show the options, and the commands."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Find the name of the command, as the Manager does."""
        if ctx.resilient_parsing:
            return super().parse_args(ctx, args)
        if not args and self.default_command is not None:
            args = [self.default_command]
        self.list_commands(ctx)
        before = self.argv_before(ctx)
        root = self.root_parser(ctx, [*before, *args])
        parser = parsers.parser_at(root, self.path)
        options, ctx.args = parsers.split_at_command(parser, args)
        if not ctx.args:
            # The Manager says what is missing, or prints the help, or its version.
            self.handle(ctx, [*before, *args])
            ctx.exit()
        ctx.meta[_ARGV] = [*before, *options]
        return ctx.args

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was found."""
        name, *args = ctx.args
        ctx.args = []
        with ctx:
            command = self.get_command(ctx, name)
            if command is None:
                # The Manager names what there is, or what is wrong before the name.
                self.handle(ctx, [*ctx.meta[_ARGV], name, *args])
                ctx.exit()
            options = len(ctx.meta[_ARGV]) - len(self.path)
            if options and not isinstance(command, _Bridged):
                ctx.fail(
                    f"'{name}' is no command of the Manager: it takes no options."
                    " Leave out those before its name."
                )
            ctx.invoked_subcommand = name
            context = command.make_context(name, args, parent=ctx)
            with context:
                return command.invoke(context)


def _text(text: Any, name: str) -> str | None:
    # click 7 takes the indentation of a docstring for a part of it.
    return inspect.cleandoc(str(text)).replace("%(prog)s", name) if text else None
