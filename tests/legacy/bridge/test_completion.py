"""What a shell completes, of the commands of a Manager."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import click
import pytest
from flask import Flask
from flask.cli import FlaskGroup

from flask_migrate_compat.legacy.bridge import (
    click_commands,
    script_command,
)

from .applications import broken, grouped
from .runs import process
from .zoo import ZOO

CLICK_7 = find_spec("click.shell_completion") is None


def complete(app: Flask, *words: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    # So click 7 ends the process.
    monkeypatch.setattr("click.core.fast_exit", sys.exit, raising=False)
    monkeypatch.setenv("COMP_WORDS", " ".join(("flask", *words)))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    monkeypatch.setenv("_FLASK_COMPLETE", "complete" if CLICK_7 else "bash_complete")
    with process(["flask"]) as run:
        # With click 7, FlaskGroup completes for the application of FLASK_APP only.
        cli = app.cli if CLICK_7 else FlaskGroup(create_app=lambda *_: app)
        cli.main([], prog_name="flask")
    result = run.result()
    assert result.status in (0, 1)
    assert not result.err
    return [line.rpartition(",")[2] for line in result.out.splitlines()]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("manage fa", ["fails"]),
        ("manage ty", ["typed"]),
        ("manage --ta", ["--tag"]),
        ("manage typed --c", ["--color"]),
        ("manage typed --color g", ["green"]),
        ("manage typed --number 3 --color r", ["red"]),
        ("manage places one y", ["y"]),
        ("manage places --b", ["--between"]),
        ("manage -c prod sub m", ["most"]),
        ("manage sub inn", ["inner"]),
        ("manage tools de", ["deep"]),
        ("manage tools deep --na", ["--name"]),
        ("typed --c", ["--color", "--config"]),
        ("sub mo", ["most"]),
        # Of an option for help, click 7 knows nothing here.
        ("broken --h", [] if CLICK_7 else ["--help"]),
    ],
)
def test_a_shell_completes(
    words: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = ZOO["factory"]()
    for name in ("statuses", "options"):
        manager._commands.update(ZOO[name]()._commands)
    tools = click.Group("tools")
    tools.add_command(click.Command("deep", params=[click.Option(["--name"])]))
    manager.add_command("tools", script_command(tools))
    manager._commands["broken"] = broken()
    app = grouped(manager)
    for command in click_commands(manager):
        app.cli.add_command(command)
    assert complete(app, *words.split(), monkeypatch=monkeypatch) == expected
