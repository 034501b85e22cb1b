"""What a file has of Flask-Script, and what is planned for it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import libcst as cst
from libcst.metadata import (
    QualifiedNameProvider,
    QualifiedNameSource,
)

from ..transformer import Transformer, dotted
from .click_options import Parameter

_SCRIPT = re.compile(
    r"(?:flask_script|flask\.ext\.script|flaskext\.script)(?:\.(?:commands|cli|_compat))?\.(\w+)"
)
_MIGRATE = re.compile(
    r"(?:flask_migrate|flask\.ext\.migrate|flaskext\.migrate|flask_migrate_compat"
    r"(?:\.legacy\.manager|\.extension)?)\.(Migrate|MigrateCommand)"
)
#: Modules whose names are looked for.
SCRIPT_MODULE = re.compile(
    r"(?:flask_script|flask\.ext\.script|flaskext\.script)(?:\..*)?"
)
MIGRATE_MODULE = re.compile(
    r"flask_migrate|flask\.ext\.migrate|flaskext\.migrate|flask_migrate_compat"
)
PROMPTS = ("prompt", "prompt_bool", "prompt_pass", "prompt_choices")


@dataclass
class Manager:
    """A Manager in the file.

    :param name: of its variable.
    :param call: ``Manager(…)``.
    :param line: the statement.
    :param parent: the Manager that it was added to.
    :param title: its name there.
    :param is_run: whether the file runs it.
    :param commands: the names of its commands.
    """

    name: str
    call: cst.Call
    line: cst.SimpleStatementLine
    parent: str = ""
    title: str = ""
    is_run: bool = False
    commands: set[str] = field(default_factory=set)


@dataclass
class NewCommand:
    """What a function or class becomes.

    :param head: the first decorator, without ``@``; nothing when registered later.
    :param parameters: the decorators below.
    :param registration: the statement after the function.
    :param places: the old decorators that have a parameter each.
    :param name: of the function.
    """

    head: str
    parameters: list[Parameter]
    registration: str = ""
    places: dict[cst.Decorator, Parameter] = field(default_factory=dict)
    name: str = ""


@dataclass
class Plan:
    """What is old in a file, and what becomes of it when nothing stands against it.

    :param changes: places that can be changed, with what is old there.
    :param obstacles: places that cannot, with what is old there and the reason.
    :param expressions: the new code of old expressions.
    :param removed: statements that go.
    :param before: code of statements that come before others.
    :param commands: what functions and classes become.
    :param claimed: names of Flask-Script and Flask-Migrate that go.
    :param needs: modules and names to import.
    :param managers: the Managers, by their variables.
    """

    changes: list[tuple[cst.CSTNode, str]] = field(default_factory=list)
    obstacles: list[tuple[cst.CSTNode, str, str]] = field(default_factory=list)
    expressions: dict[cst.CSTNode, str] = field(default_factory=dict)
    removed: set[cst.CSTNode] = field(default_factory=set)
    before: dict[cst.CSTNode, str] = field(default_factory=dict)
    commands: dict[cst.CSTNode, NewCommand] = field(default_factory=dict)
    claimed: set[cst.CSTNode] = field(default_factory=set)
    needs: set[str] = field(default_factory=set)
    managers: dict[str, Manager] = field(default_factory=dict)

    @property
    def is_possible(self) -> bool:
        """Tell whether the Managers can be converted."""
        return bool(self.managers) and not self.obstacles


class Uses(cst.CSTVisitor):
    """Collect where names of Flask-Script and Flask-Migrate are used, and imported."""

    def __init__(self, transformer: Transformer) -> None:
        super().__init__()
        self.transformer = transformer
        self.script: list[tuple[cst.CSTNode, str]] = []
        self.migrate: list[tuple[cst.CSTNode, str]] = []
        self.imports: list[cst.Import | cst.ImportFrom] = []

    def visit_Import(self, node: cst.Import) -> bool:
        if any(SCRIPT_MODULE.fullmatch(dotted(one.name)) for one in node.names):
            self.imports.append(node)
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        if is_script_import(node):
            self.imports.append(node)
        return False

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        return not self._is_found(node)

    def visit_Name(self, node: cst.Name) -> None:
        self._is_found(node)

    def _is_found(self, node: cst.Attribute | cst.Name) -> bool:
        if not dotted(node):
            return False
        for name in names_from_outside(self.transformer, node):
            script = _SCRIPT.fullmatch(name)
            migrate = _MIGRATE.fullmatch(name)
            if script:
                self.script.append((node, script[1]))
            elif migrate:
                self.migrate.append((node, migrate[1]))
            if script or migrate:
                return True
        return False


def names_from_outside(transformer: Transformer, node: cst.CSTNode) -> set[str]:
    """Return the full names of a node that no definition in the file can give it."""
    found = transformer.get_metadata(QualifiedNameProvider, node, set())
    return {one.name for one in found if one.source is not QualifiedNameSource.LOCAL}


def is_script_import(node: cst.ImportFrom) -> bool:
    """Tell whether a statement imports from Flask-Script."""
    module = "." * len(node.relative) + dotted(node.module)
    if module in ("flask.ext", "flaskext") and not isinstance(
        node.names, cst.ImportStar
    ):
        return any(dotted(one.name) == "script" for one in node.names)
    return SCRIPT_MODULE.fullmatch(module) is not None
