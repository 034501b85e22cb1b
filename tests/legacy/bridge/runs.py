"""Run a command line in this process as ``manage.py`` and as ``flask`` would."""

from __future__ import annotations

import contextlib
import io
import re
import sys
import warnings
from typing import Any, Iterator, NamedTuple

import pytest
from flask import Flask
from flask.cli import FlaskGroup

ANSWERS = "\n1\n\ny\nwrong\nb\n"


class Result(NamedTuple):
    """What can be seen of a run."""

    status: int
    out: str
    err: str


class Run:
    """One run: what it prints, and how it ends."""

    def __init__(self) -> None:
        # click writes bytes when it completes.
        self.out = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
        self.err = io.StringIO()
        self.code: Any = None

    def result(self) -> Result:
        """Tell what the interpreter would make of it."""
        if self.code is not None and not isinstance(self.code, int):
            self.err.write(f"{self.code}\n")
            self.code = 1
        status = int(self.code or 0)
        self.out.seek(0)
        return Result(status, self.out.read(), self.err.getvalue())


@contextlib.contextmanager
def process(argv: list[str]) -> Iterator[Run]:
    """Give the run in it what a process has."""
    run = Run()
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setattr(sys, "argv", argv)
        patch.setattr(sys, "stdin", io.StringIO(ANSWERS))
        patch.setattr("getpass.getpass", lambda *_, **__: "from the keyboard")
        # Set by `flask`, and never taken back.
        patch.setenv("FLASK_RUN_FROM_CLI", "")
        with contextlib.redirect_stdout(run.out), contextlib.redirect_stderr(run.err):
            try:
                yield run
            except SystemExit as stop:
                run.code = stop.code
            except Exception as error:
                text = f"{type(error).__name__}: {error}"
                run.code = re.sub(r"0x\w+", "0x", text)


def run_manager(manager: Any, *argv: str, default_command: str | None = None) -> Result:
    """Run ``manage.py``."""
    with process(["manage.py", *argv]) as run:
        manager.run(default_command=default_command)
    return run.result()


def run_flask(app: Flask, *argv: str) -> Result:
    """Run ``flask`` with an application."""
    with process(["flask", *argv]) as run:
        flask: Any = FlaskGroup(create_app=lambda *_: app)
        # Not those of the packages that happen to be installed.
        flask._loaded_plugin_commands = True
        flask.main(list(argv), prog_name="flask")
    return run.result()
