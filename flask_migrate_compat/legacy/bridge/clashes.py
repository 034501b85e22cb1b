"""Find the commands of a Manager whose names ``flask`` has already.

Deletable with this folder.
"""

from __future__ import annotations

import sys
from importlib import metadata
from typing import Any, Mapping

import click
from flask import Flask
from flask.cli import FlaskGroup, shell_command
from flask_script import Shell

from ..manager import MigrateManager
from ..support import warn_caller
from .to_script import ClickCommand


class CommandClashWarning(UserWarning):
    """Warn that a command cannot be reached through ``flask`` under its name."""


def taken_names(app: Any = None) -> dict[str, click.Command | None]:
    """Return the commands that ``flask`` has already.

    Flask looks for its own commands and those of installed packages first. Among
    those of the application, the last one that is added would hide the others.

    :param app: the application; what is none, a factory perhaps, is not looked at.
    :returns: the commands by their names; ``None`` for one that is not loaded yet.
    """
    taken: dict[str, click.Command | None] = dict.fromkeys(_installed())
    taken.update(FlaskGroup().commands)
    if isinstance(app, Flask):
        taken = {**app.cli.commands, **taken}
    return taken


def _installed() -> list[str]:
    group = "flask.commands"
    if sys.version_info >= (3, 10):
        return [one.name for one in metadata.entry_points(group=group)]
    return [one.name for one in metadata.entry_points().get(group, ())]


def is_left_to_flask(
    old_name: str, name: str, command: Any, taken: Mapping[str, click.Command | None]
) -> bool:
    """Warn if ``flask`` has another command of a name; tell whether it has any.

    :param old_name: the name that a command has in its Manager.
    :param name: the name that it is to have.
    :param command: the command.
    :param taken: what :func:`taken_names` has returned.
    """
    if name not in taken:
        return False
    if not _is_same(command, taken[name]):
        renamed = f"rename={{'{old_name}': 'old-{old_name}'}}"
        warn(
            f"The command '{old_name}' of the Manager",
            name,
            f"Give it a new name with click_commands(manager, {renamed}), or leave it"
            " out with None in place of the name; in a group of its own,"
            " click_group(manager), it keeps its name.",
        )
    return True


def warn(subject: str, name: str, what_to_do: str) -> None:
    """Warn of a clash, at the line of the user's file that led to it.

    :param subject: what clashes.
    :param name: the name that is taken.
    :param what_to_do: the way out.
    """
    warn_caller(
        f"{subject} cannot be called as 'flask {name}', or hides what is: there is"
        f" another command of this name. {what_to_do}",
        CommandClashWarning,
    )


def _is_same(command: Any, taken: click.Command | None) -> bool:
    if isinstance(command, ClickCommand) and command.click_command is taken:
        return True
    if command is getattr(taken, "script", None):
        return True
    if type(command) is Shell and command.make_context.__module__ == Shell.__module__:
        return taken is shell_command
    if isinstance(command, MigrateManager) and isinstance(taken, click.Group):
        return set(command._commands) <= set(taken.commands)
    return False
