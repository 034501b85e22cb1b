"""Names that were moved or removed, as a table; each rule of names is one of these.

An import of a name that was moved is changed, and so are expressions that reach it
through an imported module; a name without a successor is reported with what to write.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import ClassVar, Dict, Mapping, Sequence, Union

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor
from libcst.metadata import QualifiedNameProvider, QualifiedNameSource, ScopeProvider

from .rule import Report
from .source import Source
from .transformer import Transformer, comment_behind, dotted, undotted, with_commas


@dataclass(frozen=True)
class Moved:
    """A name that is somewhere else now.

    :param to: its new full name.
    :param blocks: the release in which the old one is gone.
    """

    to: str
    blocks: str


@dataclass(frozen=True)
class Gone:
    """A name without a successor that means the same.

    :param reason: what to write.
    :param blocks: the release in which it is gone.
    """

    reason: str
    blocks: str


#: Full name -> what became of it. ``a.b.*`` stands for all names below ``a.b``.
Table = Dict[str, Union[Moved, Gone]]


def moved(blocks: str, names: Mapping[str, str]) -> Table:
    """Make a table of names that were moved in one release."""
    return {old: Moved(new, blocks) for old, new in names.items()}


def moved_below(blocks: str, old: str, modules: Mapping[str, str]) -> Table:
    """Make a table of names that one module had, by the modules that have them now.

    :param old: the module that had them.
    :param modules: the new module -> the names, with blanks between.
    """
    return {
        f"{old}.{name}": Moved(f"{new}.{name}", blocks)
        for new, names in modules.items()
        for name in names.split()
    }


def gone(blocks: str, reason: str, *names: str) -> Table:
    """Make a table of names that share what to write for them."""
    return {name: Gone(reason, blocks) for name in names}


def gone_below(blocks: str, reason: str, names: str, *modules: str) -> Table:
    """Make a table of names that share what to write, in one module or several.

    :param names: with blanks between.
    :param modules: each had all of them.
    """
    full = [f"{module}.{name}" for module in modules for name in names.split()]
    return gone(blocks, reason, *full)


def _today(name: str) -> str:
    """Return the name of an extension as it is without ``flask.ext``."""
    for prefix in ("flask.ext.", "flaskext."):
        if name.startswith(prefix):
            return f"flask_{name[len(prefix) :]}"
    return name


class Renames(Transformer):
    """Change what a table says."""

    TABLE: ClassVar[Table] = {}

    def __init__(self, source: Source, report: Report) -> None:
        super().__init__(source, report)
        self._needed: list[str] = []
        # Old local names that get another one everywhere in the file.
        self._renamed: dict[str, str] = {}
        self._excused: set[cst.CSTNode] = set()

    def lookup(self, name: str) -> Moved | Gone | None:
        """Return what became of a full name."""
        name = _today(name)
        found = self.TABLE.get(name)
        if found is not None:
            return found
        parts = name.split(".")
        for end in range(len(parts) - 1, 0, -1):
            found = self.TABLE.get(".".join([*parts[:end], "*"]))
            if isinstance(found, Moved):
                return Moved(".".join([found.to, *parts[end:]]), found.blocks)
            if found is not None:
                return found
        return None

    def imported(self, node: cst.CSTNode) -> str:
        """Return the one full name that imports give an original node, or nothing."""
        found = self.get_metadata(QualifiedNameProvider, node, None) or set()
        names = {one.name for one in found if one.source is QualifiedNameSource.IMPORT}
        return _today(names.pop()) if len(names) == len(found) == 1 else ""

    def is_database(self, node: cst.CSTNode) -> bool:
        """Tell whether a name can only be a ``SQLAlchemy`` object of this file.

        :param node: an original node.
        """
        values = self.assigned(node)
        return bool(values) and all(
            isinstance(value, cst.Call)
            and self.imported(value.func) == "flask_sqlalchemy.SQLAlchemy"
            for value in values
        )

    def need(self, module: str) -> None:
        """Let the file import a module."""
        self._needed.append(module)

    def leave_Module(
        self, original_node: cst.Module, updated_node: cst.Module
    ) -> cst.Module:
        """Add the imports that are needed."""
        if not self._needed:
            return updated_node
        context = CodemodContext()
        for module in self._needed:
            AddImportsVisitor.add_needed_import(context, module)
        return AddImportsVisitor(context).transform_module(updated_node)

    # --- from a import b

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        """Report what is imported; note which names get another one."""
        if node.relative or isinstance(node.names, cst.ImportStar):
            return False
        for alias in node.names:
            name = f"{dotted(node.module)}.{dotted(alias.name)}"
            found = self.lookup(name)
            message = f"import of {name}"
            if isinstance(found, Gone):
                self.keep(alias, message, found.reason, found.blocks)
            elif found is not None:
                if self._shares_its_line(node) and not self._is_one_module(node):
                    reason = (
                        "it shares its line: put the statement on a line of its own"
                    )
                    self.keep(alias, message, reason, found.blocks)
                elif self.change(alias, message, found.blocks):
                    self._note_new_name(alias, found)
                    continue
                self._excused.add(alias)
        return False

    def _note_new_name(self, alias: cst.ImportAlias, found: Moved) -> None:
        old, new = dotted(alias.name), found.to.rpartition(".")[2]
        if old == new or alias.asname is not None:
            return
        scope = self.get_metadata(ScopeProvider, alias, None)
        # A name that is exported, or one that the file has already, keeps the old one.
        if scope is not None and new not in scope and "__all__" not in self.source.text:
            self._renamed[old] = new

    def _shares_its_line(self, node: cst.ImportFrom) -> bool:
        line = self.parent(node)
        return not isinstance(line, cst.SimpleStatementLine) or len(line.body) > 1

    def _is_one_module(self, node: cst.ImportFrom) -> bool:
        return len({module for module, _ in self._moves(node)}) == 1

    def _moves(self, node: cst.ImportFrom) -> list[tuple[str, cst.ImportAlias]]:
        """Return each name of a statement with the module that has it now."""
        moves: list[tuple[str, cst.ImportAlias]] = []
        if node.relative or isinstance(node.names, cst.ImportStar):
            return moves
        for alias in node.names:
            name = f"{dotted(node.module)}.{dotted(alias.name)}"
            found = self.lookup(name)
            if not isinstance(found, Moved) or alias in self._excused:
                moves.append((dotted(node.module), alias))
                continue
            module, _, last = found.to.rpartition(".")
            old = dotted(alias.name)
            new = alias.with_changes(name=cst.Name(last))
            if last != old and alias.asname is None and old not in self._renamed:
                new = new.with_changes(asname=cst.AsName(cst.Name(old)))
            moves.append((module, new))
        return moves

    def leave_ImportFrom(
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom:
        """Change a statement whose names all come from one module still."""
        moves = self._moves(original_node)
        if not moves or len({module for module, _ in moves}) != 1:
            return updated_node
        names = [alias for _, alias in moves]
        olds = original_node.names
        if not isinstance(olds, cst.ImportStar) and any(
            map(operator.is_not, names, olds)
        ):
            updated_node = updated_node.with_changes(names=names)
        module = moves[0][0]
        if module != dotted(original_node.module):
            updated_node = updated_node.with_changes(module=undotted(module))
        return updated_node

    def leave_SimpleStatementLine(
        self,
        original_node: cst.SimpleStatementLine,
        updated_node: cst.SimpleStatementLine,
    ) -> cst.SimpleStatementLine | cst.FlattenSentinel[cst.SimpleStatementLine]:
        """Split a statement whose names come from several modules now."""
        statement = original_node.body[0]
        if len(original_node.body) != 1 or not isinstance(statement, cst.ImportFrom):
            return updated_node
        by_module: dict[str, list[cst.ImportAlias]] = {}
        for module, alias in self._moves(statement):
            by_module.setdefault(module, []).append(alias)
        if len(by_module) < 2:
            return updated_node
        old = dotted(statement.module)
        lines = []
        # What stays comes first, as it is written.
        for module in sorted(by_module, key=lambda one: (one != old, one)):
            names = by_module[module]
            if module == old:
                new = statement.with_changes(
                    names=_without_last_comma(names, statement)
                )
                lines.append(updated_node.with_changes(body=[new]))
                continue
            new = cst.ImportFrom(module=undotted(module), names=with_commas(names))
            line = cst.SimpleStatementLine(body=[new])
            comments = [one for one in map(comment_behind, names) if one is not None]
            if comments:
                line = line.with_changes(trailing_whitespace=comments[0])
            lines.append(line)
        if old not in by_module:
            lines[0] = lines[0].with_changes(leading_lines=updated_node.leading_lines)
            end = updated_node.trailing_whitespace
            lines[-1] = lines[-1].with_changes(trailing_whitespace=end)
        return cst.FlattenSentinel(lines)

    # --- a.b, and b where its name has changed

    def visit_Import(self, node: cst.Import) -> bool:
        """Report modules that are gone."""
        for alias in node.names:
            name = dotted(alias.name)
            found = self.TABLE.get(f"{name}.*") or self.lookup(name)
            if isinstance(found, Gone):
                self.keep(alias, f"import of {name}", found.reason, found.blocks)
            elif found is not None:
                reason = f"import {found.to.rstrip('.*')}, and change what uses it"
                self.keep(alias, f"import of {name}", reason, found.blocks)
        return False

    def leave_Name(
        self, original_node: cst.Name, updated_node: cst.Name
    ) -> cst.BaseExpression:
        """Change the uses of a name that is imported by another one now."""
        new = self._renamed.get(original_node.value)
        if new is None:
            return updated_node
        parent = self.parent(original_node)
        if isinstance(parent, cst.Attribute) and parent.attr is original_node:
            return updated_node
        if isinstance(parent, (cst.Arg, cst.Param)) and (
            getattr(parent, "keyword", None) is original_node
        ):
            return updated_node
        name = self.imported(original_node)
        found = self.lookup(name) if name else None
        if isinstance(found, Moved) and found.to.rpartition(".")[2] == new:
            return updated_node.with_changes(value=new)
        return updated_node

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        """Change an expression that reaches a name through an imported module."""
        name = self.imported(original_node)
        found = self.lookup(name) if name else None
        if found is None or not self._is_whole(original_node, name):
            return updated_node
        message = f"the name {name}"
        if isinstance(found, Gone):
            self.keep(original_node, message, found.reason, found.blocks)
            return updated_node
        if not self.change(original_node, message, found.blocks):
            return updated_node
        old_module, _, _ = name.rpartition(".")
        module, _, last = found.to.rpartition(".")
        if module == old_module:
            return updated_node.with_changes(attr=cst.Name(last))
        self.need(module)
        return undotted(found.to).with_changes(
            lpar=updated_node.lpar, rpar=updated_node.rpar
        )

    def _is_whole(self, node: cst.Attribute, name: str) -> bool:
        """Tell whether the table is about this name, and not about one before a dot."""
        before = name.rpartition(".")[0]
        if isinstance(node.value, (cst.Name, cst.Attribute)):
            inner = self.imported(node.value)
            if inner and self.lookup(inner) is not None:
                return False
        found = self.TABLE.get(name)
        return found is not None or self.lookup(before) is None


def _without_last_comma(
    names: Sequence[cst.ImportAlias], statement: cst.ImportFrom
) -> list[cst.ImportAlias]:
    """Return names without a last comma, unless they are in parentheses."""
    some = list(names)
    if statement.lpar is None:
        some[-1] = some[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return some
