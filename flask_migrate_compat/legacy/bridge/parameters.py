"""Show the arguments of an argparse parser as parameters of click.

Deletable with this folder.

They are for the help and for the completion in a shell. What the user types is never
parsed with them.
"""

from __future__ import annotations

import argparse
import re
from typing import Any, Iterable, NamedTuple

import click


class Section(NamedTuple):
    """Hold what a help text shows under one heading.

    :param title: the heading.
    :param description: what stands below it, or an empty text.
    :param parameters: the parameters.
    """

    title: str
    description: str
    parameters: list[click.Parameter]


OPTIONS = "Options"


class DescribedArgument(click.Argument):
    """Keep the help of an argument, which click has no place for.

    :param help: the help.
    """

    def __init__(self, *args: Any, help: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.help = help

    def get_help_record(self, ctx: click.Context) -> Any:
        """Show it like an option."""
        if not self.help:
            return None
        return " ".join(self.get_usage_pieces(ctx)), self.help


def sections(parser: argparse.ArgumentParser) -> list[Section]:
    """Translate the arguments of a parser, group by group.

    :param parser: the parser.
    """
    translation = _Translation(parser)
    own = {parser._positionals: "Arguments", parser._optionals: OPTIONS}
    found: dict[str, Section] = {}
    for group in parser._action_groups:
        title = own.get(group) or group.title or OPTIONS
        section = found.setdefault(title, Section(title, group.description or "", []))
        section.parameters.extend(translation.parameters(group._group_actions))
    return [section for section in found.values() if section.parameters]


class _Translation:
    """Translate the actions of one parser."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self.formatter: Any = parser._get_formatter()
        self.names: set[str] = set()
        # click takes no two arguments of any length.
        self.has_list = False
        self.others = {
            id(action): [one for one in group._group_actions if one is not action]
            for group in parser._mutually_exclusive_groups
            for action in group._group_actions
        }

    def parameters(self, actions: Iterable[argparse.Action]) -> list[click.Parameter]:
        skipped = (argparse._HelpAction, argparse._SubParsersAction)
        return [
            self.option(action) if action.option_strings else self.argument(action)
            for action in actions
            if not isinstance(action, skipped)
            and (not action.option_strings or _flags(action))
        ]

    def argument(self, action: argparse.Action) -> click.Parameter:
        nargs = action.nargs if isinstance(action.nargs, int) else 1
        if action.nargs in ("*", "+", argparse.REMAINDER) and not self.has_list:
            self.has_list, nargs = True, -1
        kind = _type(action)
        plain = isinstance(kind, click.Choice) and not action.metavar
        return DescribedArgument(
            [self.name(action)],
            help=self.help(action),
            type=kind,
            nargs=nargs or 1,
            required=action.nargs not in ("?", "*", argparse.REMAINDER),
            metavar=None if plain else _metavar(action),
        )

    def option(self, action: argparse.Action) -> click.Parameter:
        kwargs: dict[str, Any] = {
            "help": self.help(action),
            "hidden": action.help == argparse.SUPPRESS,
            "required": action.required,
        }
        if isinstance(action, argparse._CountAction):
            kwargs["count"] = True
        elif action.nargs == 0:
            kwargs["is_flag"] = True
        else:
            kwargs.update(_value(action))
        return click.Option([*_flags(action), self.name(action)], **kwargs)

    def name(self, action: argparse.Action) -> str:
        base = re.sub(r"\W|^(?=\d)", "_", str(action.dest)) or "_"
        name, number = base, 1
        while name in self.names:
            number += 1
            name = f"{base}_{number}"
        self.names.add(name)
        return name

    def help(self, action: argparse.Action) -> str:
        if not action.help or action.help == argparse.SUPPRESS:
            text = ""
        else:
            try:
                text = self.formatter._expand_help(action)
            except (AttributeError, KeyError, TypeError, ValueError):
                text = action.help
        others = [
            _flags(one)[0] for one in self.others.get(id(action), ()) if _flags(one)
        ]
        if others:
            text = f"{text}  [not with {', '.join(others)}]".strip()
        return text


def _flags(action: argparse.Action) -> list[str]:
    # click has another meaning for a slash and a semicolon.
    return [flag for flag in action.option_strings if not re.search(r"[/;\s]", flag)]


def _value(action: argparse.Action) -> dict[str, Any]:
    kwargs: dict[str, Any] = {"type": _type(action)}
    if action.metavar or not isinstance(kwargs["type"], click.Choice):
        kwargs["metavar"] = _metavar(action, option=True)
    if isinstance(action, argparse._AppendAction):
        return {**kwargs, "multiple": True}
    if isinstance(action.nargs, int) and action.nargs > 1:
        return {**kwargs, "nargs": action.nargs}
    default = action.default
    if isinstance(default, (str, int, float)) and default != argparse.SUPPRESS:
        kwargs["default"] = default
        if isinstance(kwargs["type"], click.Choice):
            kwargs["default"] = str(default)
    return kwargs


def _type(action: argparse.Action) -> Any:
    try:
        choices = [str(choice) for choice in action.choices or ()]
    except TypeError:
        # argparse needs no more than the operator `in`.
        choices = []
    return click.Choice(choices) if choices else click.STRING


def _metavar(action: argparse.Action, option: bool = False) -> str:
    count = action.nargs if isinstance(action.nargs, int) else 1
    if isinstance(action.metavar, tuple):
        names = list(action.metavar)
    else:
        names = [action.metavar or str(action.dest).upper()] * count
    text = " ".join(names)
    if action.nargs in ("?", "*"):
        text = f"[{names[0]}]"
    elif action.nargs == argparse.REMAINDER:
        text = "..."
    return f"{text}..." if action.nargs in ("*", "+") else text
