"""Run a ``manage.py`` through Flask-Script, and what became of it through click."""

from __future__ import annotations

import textwrap
from importlib import metadata
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from flask_migrate_compat.codemods.engine import find, rewrite
from flask_migrate_compat.codemods.rules.flask_script_manager import RULE

from .tools import source

if TYPE_CHECKING:
    from tests.legacy.bridge.runs import Result

FLASK = tuple(int(part) for part in metadata.version("flask").split(".")[:2])
#: The new form of a Manager needs it.
needs_flask_1_0 = pytest.mark.skipif(FLASK < (1, 0), reason="FlaskGroup(load_dotenv=)")
needs_flask_2_2 = pytest.mark.skipif(FLASK < (2, 2), reason="flask --app")

#: Before the commands of a case.
BEGIN = """\
from flask import Flask, current_app
from flask_script import Command, Manager, Option, Shell, prompt, prompt_bool

app = Flask("parity")
manager = Manager(app)


def show(name, values):
    print(name, sorted(values.items()), current_app.name)


"""
#: After them.
END = """

if __name__ == "__main__":
    manager.run()
"""


class Runs(NamedTuple):
    """The same command line, three times.

    :param old: ``python manage.py …`` before.
    :param new: ``python manage.py …`` after.
    :param flask: ``flask …`` after.
    """

    old: Result
    new: Result
    flask: Result


class Pair:
    """A ``manage.py``, and what became of it.

    :param text: the commands.
    :param begin: what stands before them.
    :param end: what stands after them.
    """

    def __init__(self, text: str, begin: str = BEGIN, end: str = END) -> None:
        self.old = source(begin + textwrap.dedent(text) + end, "manage.py")
        self.left = [one for one in find(self.old, [RULE]) if one.reason]
        self.new = rewrite(self.old, [RULE])
        self.is_converted = self.new is not self.old
        self.codes = [
            compile(one.text, "manage.py", "exec", dont_inherit=True)
            for one in (self.old, self.new)
        ]

    def run(self, *argv: str) -> Runs:
        """Run a command line."""
        from tests.legacy.bridge.runs import run_flask

        old, new = (self._run(code, argv) for code in self.codes)
        names: dict[str, Any] = {"__name__": "manage"}
        exec(self.codes[1], names)
        return Runs(old, new, run_flask(names["app"], *argv))

    def _run(self, code: Any, argv: tuple[str, ...]) -> Result:
        from tests.legacy.bridge.runs import process

        with process(["manage.py", *argv]) as run:
            exec(code, {"__name__": "__main__"})
        return run.result()

    def assert_same(self, *argv: str) -> Result:
        """Make sure that a command line that worked does the same; return the run."""
        runs = self.run(*argv)
        assert runs.old.status == 0 or "usage:" not in runs.old.err, runs.old.err
        for one in (runs.new, runs.flask):
            assert (one.status, one.out) == (runs.old.status, runs.old.out), one.err
        return runs.old
