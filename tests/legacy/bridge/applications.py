"""Applications with the commands of a Manager in them, as users put them there."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app
from flask_script import Command, Option

from flask_migrate_compat.legacy.bridge import click_commands, click_group


def make_app(name: str = "bridge") -> Flask:
    return Flask(name)


def grouped(manager: Any) -> Flask:
    """Return an application with the commands in a group."""
    app = make_app("flask's own")
    app.cli.add_command(click_group(manager))
    return app


def top_level(manager: Any, **options: Any) -> Flask:
    """Return an application with the commands beside those of Flask."""
    app = make_app("flask's own")
    for command in click_commands(manager, **options):
        app.cli.add_command(command)
    return app


def where() -> None:
    """Tell the application."""
    print(current_app.name)


def late() -> None:
    """Come late."""


def broken() -> Any:
    command = Command()
    command.__doc__ = "Break."
    command.option_list = [Option("-x", "--one"), Option("-x", "--two")]
    return command
