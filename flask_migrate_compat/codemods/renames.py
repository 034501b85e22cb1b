"""Names that were moved or removed, as a table; each rule of names is one of these.

An import of a name that was moved is changed, and so are expressions that reach it
through an imported module; a name without a successor is reported with what to write.
"""

from __future__ import annotations

import operator
from typing import ClassVar, Sequence

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor
from libcst.metadata import QualifiedNameProvider, QualifiedNameSource

from .removing import lost_comments
from .rule import Report
from .source import Source
from .tables import Gone, Moved, Table
from .transformer import (
    REPLACED,
    Transformer,
    comment_behind,
    dotted,
    extension_name,
    undotted,
    with_commas,
)

#: Why what stands below an imported ``db`` is not changed.
DB_OF_ANOTHER_FILE = (
    "db comes from another file; if it is of Flask-SQLAlchemy, write {}"
)
_STAR = "name what is used, so that it can be changed"


def _today(name: str) -> str:
    """Return the name of an extension as it is without ``flask.ext``."""
    return extension_name(name) or name


class Renames(Transformer):
    """Change what a table says."""

    TABLE: ClassVar[Table] = {}
    #: Modules of which ``import *`` is reported: much of them is in the table.
    STARS: ClassVar[tuple[str, ...]] = ()

    def __init__(self, source: Source, report: Report) -> None:
        super().__init__(source, report)
        self._needed: list[str] = []
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

    def may_be_database(self, node: cst.CSTNode) -> bool:
        """Tell whether a name is imported as ``db`` from another file.

        :param node: an original node.
        """
        name = self.imported(node)
        return isinstance(node, cst.Name) and node.value == "db" and bool(name)

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
        """Report what is imported."""
        module = "" if node.relative else dotted(node.module)
        if not module:
            return False
        if isinstance(node.names, cst.ImportStar):
            if _today(module) in self.STARS or f"{_today(module)}.*" in self.TABLE:
                self.keep(node, f"import of all names of {module}", _STAR)
            return False
        for alias in node.names:
            name = f"{module}.{dotted(alias.name)}"
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
                    continue
                self._excused.add(alias)
        return False

    def _shares_its_line(self, node: cst.ImportFrom) -> bool:
        line = self.parent(node)
        return not isinstance(line, cst.SimpleStatementLine) or len(line.body) > 1

    def _is_one_module(self, node: cst.ImportFrom) -> bool:
        return len({module for module, _ in self._moves(node)}) == 1

    def _moves(self, node: cst.ImportFrom) -> list[tuple[str, cst.ImportAlias]]:
        """Return each name of a statement with the module that has it now.

        A name that is another one now is imported under its old one: it may be in use
        anywhere, also in files that import it from this one.
        """
        moves: list[tuple[str, cst.ImportAlias]] = []
        if node.relative or isinstance(node.names, cst.ImportStar):
            return moves
        for alias in node.names:
            old = dotted(alias.name)
            found = self.lookup(f"{dotted(node.module)}.{old}")
            if not isinstance(found, Moved) or alias in self._excused:
                moves.append((dotted(node.module), alias))
                continue
            module, _, last = found.to.rpartition(".")
            new = alias.with_changes(name=cst.Name(last))
            if last != old and alias.asname is None:
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
        statement = original_node.body[0] if len(original_node.body) == 1 else None
        if not isinstance(statement, cst.ImportFrom):
            return updated_node
        moves = self._moves(statement)
        old = dotted(statement.module)
        staying = [alias for module, alias in moves if module == old]
        going = [(module, alias) for module, alias in moves if module != old]
        if not going or len({module for module, _ in moves}) < 2:
            return updated_node
        last = moves[-1][1]
        end_of_names = statement.rpar
        if staying and staying[-1] is not last:
            end_of_names = _closing(end_of_names, staying[-1])
            staying[-1] = _at_the_end(staying[-1], last)
        lines = _statements(going)
        end = updated_node.trailing_whitespace
        if staying:
            new = statement.with_changes(names=staying, rpar=end_of_names)
            lines.insert(0, updated_node.with_changes(body=[new], leading_lines=()))
        elif end.comment is not None:
            lines[-1] = lines[-1].with_changes(trailing_whitespace=end)
        above = [*updated_node.leading_lines]
        above += lost_comments(original_node, [*lines, *above])
        lines[0] = lines[0].with_changes(leading_lines=above)
        return cst.FlattenSentinel(lines)

    # --- a.b

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
        if name in self.replaced:
            self.keep(original_node, message, REPLACED, found.blocks)
            return updated_node
        old_module, _, _ = name.rpartition(".")
        module, _, last = found.to.rpartition(".")
        if module != old_module and not self.is_free(original_node, module):
            reason = f"another {module.split('.')[0]} is in the way of {found.to}"
            self.keep(original_node, message, reason, found.blocks)
            return updated_node
        if not self.change(original_node, message, found.blocks):
            return updated_node
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


def _statements(
    moves: Sequence[tuple[str, cst.ImportAlias]],
) -> list[cst.SimpleStatementLine]:
    """Return an import for each module, and for each name that has a comment."""
    groups: dict[str, list[cst.ImportAlias]] = {}
    for module, alias in moves:
        groups.setdefault(module, []).append(alias)
    lines = []
    for module in sorted(groups):
        plain = [one for one in groups[module] if comment_behind(one) is None]
        commented = [[one] for one in groups[module] if comment_behind(one) is not None]
        for names in ([plain] if plain else []) + commented:
            fresh = [
                name.with_changes(comma=cst.MaybeSentinel.DEFAULT) for name in names
            ]
            new = cst.ImportFrom(module=undotted(module), names=with_commas(fresh))
            line = cst.SimpleStatementLine(body=[new])
            comment = comment_behind(names[0])
            if comment is not None:
                line = line.with_changes(trailing_whitespace=comment)
            lines.append(line)
    return lines


def _closing(
    parenthesis: cst.RightParen | None, alias: cst.ImportAlias
) -> cst.RightParen | None:
    """Return the closing parenthesis with the comment of the name before it."""
    space = parenthesis.whitespace_before if parenthesis is not None else None
    if parenthesis is None or not isinstance(space, cst.ParenthesizedWhitespace):
        return parenthesis
    newline = space.first_line.newline
    first = comment_behind(alias) or cst.TrailingWhitespace(newline=newline)
    space = space.with_changes(first_line=first)
    return parenthesis.with_changes(whitespace_before=space)


def _at_the_end(alias: cst.ImportAlias, last: cst.ImportAlias) -> cst.ImportAlias:
    """Return a name that is the last one now, with the end of the parentheses."""
    comma, space = last.comma, getattr(last.comma, "whitespace_after", None)
    comment = comment_behind(alias)
    if isinstance(comma, cst.Comma) and isinstance(space, cst.ParenthesizedWhitespace):
        first = comment or cst.TrailingWhitespace(newline=space.first_line.newline)
        space = space.with_changes(first_line=first, empty_lines=[])
        comma = comma.with_changes(whitespace_after=space)
    return alias.with_changes(comma=comma)
