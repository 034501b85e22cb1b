"""Find the commands of a Manager whose names ``flask`` has already.

Deletable with this folder.
"""

from __future__ import annotations

import sys
from importlib import metadata
from typing import Any

import click
from flask import Flask
from flask.cli import FlaskGroup, shell_command
from flask_script import Shell

from ..manager import MigrateManager
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


def is_same(command: Any, taken: click.Command | None) -> bool:
    """Tell whether a command of a Manager is the one that ``flask`` has.

    :param command: the command of the Manager.
    :param taken: the one of ``flask``.
    """
    if isinstance(command, ClickCommand) and command.click_command is taken:
        return True
    if command is getattr(taken, "script", None):
        return True
    if type(command) is Shell and command.make_context.__module__ == Shell.__module__:
        return taken is shell_command
    if isinstance(command, MigrateManager) and isinstance(taken, click.Group):
        return set(command._commands) <= set(taken.commands)
    return False
