"""List the stacks: which Python, which pins, and what is known to fail there.

A stack is one generation of Flask, SQLAlchemy, Alembic and Flask-SQLAlchemy that
people really ran (or run) together. To add one, add a :class:`Stack` to
:data:`STACKS`; nothing else needs a change.
"""

from __future__ import annotations

from dataclasses import dataclass

#: What the tests themselves need. pytest 7 because the tests of Flask-Script use
#: the nose-style set-up that pytest 8 dropped; setuptools below 81 because old
#: extensions still import ``pkg_resources``.
TEST_TOOLS: tuple[str, ...] = (
    "Flask-Script==2.0.6",
    "setuptools<81",
    "pytest>=7,<8",
    "hypothesis",
    "libcst>=1.1",
)

#: Installed where a ready-made wheel exists; the tests that need one skip without.
#: (`make test` runs without any of them, so that is tested too.)
DRIVERS: tuple[str, ...] = ("psycopg2-binary", "PyMySQL", "aiosqlite", "greenlet")


@dataclass(frozen=True)
class Stack:
    """Describe one environment of the matrix.

    :param name: the folder below ``.stacks``, and the name on the command line.
    :param era: ANCIENT, OLD, MID or NEW; decides which warnings are errors.
    :param python: the minor version of the interpreter.
    :param pins: distribution name -> exact version.
    :param required: whether a run in CI must be able to run this stack.
    :param tools: what is installed beside the pins.
    """

    name: str
    era: str
    python: str
    pins: dict[str, str]
    required: bool = False
    tools: tuple[str, ...] = TEST_TOOLS

    @property
    def requirements(self) -> tuple[str, ...]:
        """Return what pip is asked for, pins first."""
        pins = tuple(f"{name}=={version}" for name, version in self.pins.items())
        return pins + self.tools


# The last Flask that has ``flask.ext`` itself.
_ANCIENT = {
    "Flask": "0.12.5",
    "Werkzeug": "0.16.1",
    "Jinja2": "2.11.3",
    "MarkupSafe": "1.1.1",
    "itsdangerous": "1.1.0",
    "click": "7.1.2",
    "SQLAlchemy": "1.3.24",
    "Flask-SQLAlchemy": "2.4.4",
    "alembic": "1.4.3",
    "filelock": "3.16.0",
    "tqdm": "4.62.3",
}
_OLD = {**_ANCIENT, "Flask": "1.1.4", "Werkzeug": "1.0.1", "Flask-SQLAlchemy": "2.5.1"}
# Alembic 1.20 needs SQLAlchemy 2.0.
_MID = {
    "Flask": "2.2.5",
    "Werkzeug": "2.3.8",
    "Jinja2": "3.1.6",
    "click": "8.5.1",
    "SQLAlchemy": "1.4.54",
    "Flask-SQLAlchemy": "2.5.1",
    "alembic": "1.19.2",
    "filelock": "3.32.7",
    "tqdm": "4.66.6",
}
_MID_B = {**_MID, "Flask": "2.3.3", "Werkzeug": "3.1.9", "Flask-SQLAlchemy": "3.0.5"}
_NEW_SA20 = {
    "Flask": "3.1.3",
    "Werkzeug": "3.1.9",
    "Jinja2": "3.1.6",
    "click": "8.5.1",
    "blinker": "1.9.0",
    "SQLAlchemy": "2.0.58",
    "Flask-SQLAlchemy": "3.1.1",
    "alembic": "1.20.1",
    "filelock": "4.2.12",
    "tqdm": "4.67.1",
}
_NEW_SA21 = {**_NEW_SA20, "SQLAlchemy": "2.1.9"}
# The newest of everything that still installs on Python 3.9.
_NEW_PY39 = {
    **_NEW_SA20,
    "click": "8.1.8",
    "alembic": "1.16.5",
    "filelock": "3.19.1",
}

STACKS: tuple[Stack, ...] = (
    Stack("anc38", "ANCIENT", "3.8", _ANCIENT, required=True),
    Stack("old38", "OLD", "3.8", _OLD, required=True),
    Stack("old38b", "OLD", "3.8", {**_OLD, "Flask-SQLAlchemy": "2.4.4"}),
    Stack("mid310", "MID", "3.10", _MID, required=True),
    Stack("mid310b", "MID", "3.10", _MID_B),
    Stack("new39_sa20", "NEW", "3.9", _NEW_PY39),
    Stack("new311_sa20", "NEW", "3.11", _NEW_SA20),
    Stack("new312_sa20", "NEW", "3.12", _NEW_SA20),
    Stack("new313_sa20", "NEW", "3.13", _NEW_SA20, required=True),
    Stack("new313_sa21", "NEW", "3.13", _NEW_SA21, required=True),
)


def select(names: tuple[str, ...]) -> tuple[Stack, ...]:
    """Return the stacks with these names, all of them when there are no names.

    :raises ValueError: for a name that no stack has.
    """
    known = {stack.name: stack for stack in STACKS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(
            f"no stack is called {', '.join(unknown)}. There are: {', '.join(known)}."
        )
    return tuple(known[name] for name in names) if names else STACKS
