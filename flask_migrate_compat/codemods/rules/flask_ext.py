"""Imports from ``flask.ext`` and ``flaskext`` in every form, and what they bind.

Flask 0.8 to 0.12 served the module ``flask_x`` as ``flask.ext.x``; before that,
extensions were packages below ``flaskext``. Flask 1.0 removed the former.
"""

from __future__ import annotations

import re
from typing import Sequence

import libcst as cst
from libcst import matchers
from libcst.metadata import GlobalScope, ImportAssignment, ScopeProvider

from ..removing import lost_comments
from ..rule import Report, Rule
from ..source import Source
from ..transformer import (
    REPLACED,
    Transformer,
    comment_behind,
    dotted,
    extension_name,
    transforming,
    undotted,
    with_commas,
)

_HOOK = "flask.exthook made flask.ext; with it gone, remove what uses it"
# Blanks and line ends may stand around each dot.
_TRACE = re.compile(r"\b(?:ext|exthook|flaskext)\b")
_EXCUSED = "a noqa comment keeps an import or a use of it in this file: change all"
_GLOBAL = "it is imported with global: import the extension at the top of the file"
_SHARED = "it has comments and shares its line: put it on a line of its own"
_NO_COMMA = cst.MaybeSentinel.DEFAULT
_EXT = "what is looked up in it is not known; import the extension by its own name"


def _first(node: cst.CSTNode) -> cst.Name:
    """Return ``a`` of ``a.b.c``, the node itself."""
    while isinstance(node, cst.Attribute):
        node = node.value
    return cst.ensure_type(node, cst.Name)


class FlaskExt(Transformer):
    """Change ``from flask.ext.mail import Mail`` into ``from flask_mail import Mail``.

    An expression ``flask.ext.mail.Mail`` becomes ``flask_mail.Mail``, and the statement
    that has bound ``flask`` there binds ``flask_mail`` too.
    """

    def __init__(self, source: Source, report: Report) -> None:
        super().__init__(source, report)
        # The extensions that a statement must import beside what it says, because
        # expressions reach them through what it binds.
        self._more: dict[cst.CSTNode, list[str]] = {}
        # The expressions flask.ext.x, with the extension.
        self._uses: dict[cst.Attribute, str] = {}
        # The extensions that stay in this file, with the reason.
        self._kept: dict[str, str] = {}

    # --- before anything is changed

    def visit_Module(self, node: cst.Module) -> None:
        """Look at the expressions first: an import above has to bind what they need."""
        for found in matchers.findall(node, matchers.Attribute()):
            attribute = cst.ensure_type(found, cst.Attribute)
            extension = self._extension(attribute)
            if extension:
                self._uses[attribute] = extension
                reason = self._hindrance(attribute, extension)
                if reason:
                    self._kept.setdefault(extension, reason)
        for use, extension in self._uses.items():
            if extension not in self._kept:
                self._import(use, extension)

    def _extension(self, node: cst.Attribute) -> str:
        """Return ``flask_x`` if an expression is ``flask.ext.x``."""
        extension = extension_name(self._name(node))
        if "." in extension or not self._is_expression(node):
            return ""
        return extension

    def _name(self, node: cst.Attribute) -> str:
        """Return the full name of ``f.ext.x`` after ``import flask as f``.

        LibCST has none for ``flask.ext.x`` where ``import flask.ext.x`` comes later.
        """
        first, _, rest = dotted(node).partition(".")
        if not first:
            return ""
        modules = {
            alias.evaluated_name if alias.asname else first
            for one in self._imports_of(node) or ()
            for alias in one.names
            if first in (alias.evaluated_alias, alias.evaluated_name.split(".")[0])
        }
        # `import flask.ext as e` is reported for all that is looked up in it.
        if len(modules) != 1 or "." in min(modules):
            return ""
        return f"{modules.pop()}.{rest}"

    def _hindrance(self, node: cst.Attribute, extension: str) -> str:
        """Return why an expression cannot be changed, or nothing."""
        imports = self._imports_of(node) or []
        scope = self.get_metadata(ScopeProvider, _first(node), None)
        if not self.is_read(node):
            return REPLACED
        if self.is_excused(node) or any(
            self._binds(one, extension) and self.is_excused(one) for one in imports
        ):
            return _EXCUSED
        if any(
            assignment.scope is not self.get_metadata(ScopeProvider, one)
            for one in imports
            for assignment in (scope[_first(node).value] if scope else ())
            if isinstance(assignment, ImportAssignment) and assignment.node is one
        ):
            return _GLOBAL
        if not all(self.is_free(one, extension) for one in (node, *imports)):
            return f"another {extension} is in the way"
        return ""

    def _import(self, node: cst.Attribute, extension: str) -> None:
        """Note that the statements an expression depends on import an extension."""
        imports = self._imports_of(node) or []
        if not any(self._binds(one, extension) for one in imports):
            for one in imports:
                if extension not in self._more.setdefault(one, []):
                    self._more[one].append(extension)

    def _is_expression(self, node: cst.CSTNode) -> bool:
        """Tell whether a name is no part of an import statement."""
        parent = self.parent(node)
        while isinstance(parent, cst.Attribute):
            parent = self.parent(parent)
        return not isinstance(parent, (cst.ImportAlias, cst.ImportFrom))

    def _imports_of(self, node: cst.Attribute) -> list[cst.Import] | None:
        """Return the statements that bind the first name, if nothing else does."""
        first = _first(node)
        scope = self.get_metadata(ScopeProvider, first, None)
        imports = []
        for assignment in scope[first.value] if scope is not None else ():
            if not isinstance(assignment, ImportAssignment):
                return None
            if not isinstance(assignment.node, cst.Import):
                return None
            imports.append(assignment.node)
        return imports

    def _binds(self, node: cst.Import, extension: str) -> bool:
        """Tell whether the new form of a statement binds an extension."""
        return any(
            alias.asname is None
            and extension_name(dotted(alias.name)).split(".")[0] == extension
            for alias in node.names
        )

    # --- expressions

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        """Change ``flask.ext.x``; report ``flask.ext`` with anything else behind it."""
        extension = self._uses.get(original_node, "")
        if extension:
            message = f"the name {self._name(original_node)}"
            if extension in self._kept:
                self.keep(original_node, message, self._kept[extension])
            elif self.change(original_node, message):
                return cst.Name(
                    extension, lpar=updated_node.lpar, rpar=updated_node.rpar
                )
        elif (
            self._name(original_node) == "flask.ext"
            and self._is_expression(original_node)
            and self.parent(original_node) not in self._uses
        ):
            self.keep(original_node, "the module flask.ext", _EXT)
        return updated_node

    # --- statements

    def leave_ImportFrom(
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom:
        """Change ``from flask.ext.x import y``; the other form takes a statement."""
        module = "" if original_node.relative else dotted(original_node.module)
        extension = extension_name(module)
        if extension and self.change(original_node, f"import from {module}"):
            return updated_node.with_changes(module=undotted(extension))
        if module == "flask.exthook":
            self.keep(original_node, "import from flask.exthook", _HOOK)
        if module == "flask" and not isinstance(original_node.names, cst.ImportStar):
            for alias in original_node.names:
                if alias.evaluated_name in ("ext", "exthook"):
                    reason = _EXT if alias.evaluated_name == "ext" else _HOOK
                    what = f"import of flask.{alias.evaluated_name}"
                    self.keep(original_node, what, reason)
        return updated_node

    def leave_Import(
        self, original_node: cst.Import, updated_node: cst.Import
    ) -> cst.Import:
        """Change ``import flask.ext.x`` with and without ``as``."""
        names: list[cst.ImportAlias] = []
        for alias, new in zip(original_node.names, updated_node.names):
            name = dotted(alias.name)
            extension = extension_name(name)
            kept = self._kept.get(extension.split(".")[0])
            if name == "flask.exthook":
                self.keep(original_node, "import of flask.exthook", _HOOK)
            if name == "flask.ext" and alias.asname is not None:
                self.keep(original_node, "import of flask.ext", _EXT)
            elif kept and alias.asname is None:
                self.keep(original_node, f"import of {name}", kept)
            elif extension or name == "flask.ext":
                if not self.change(original_node, f"import of {name}"):
                    return updated_node
                package = name.split(".")[0]
                if alias.asname is None and self._is_needed(original_node, package):
                    names.append(cst.ImportAlias(cst.Name(package)))
                if extension:
                    names.append(new.with_changes(name=undotted(extension)))
                continue
            names.append(new)
        if not names and original_node not in self._more:
            names = [cst.ImportAlias(cst.Name("flask"))]
        more = self._more.get(original_node, ())
        names += [cst.ImportAlias(cst.Name(one)) for one in more]
        unique = {self.code(name.with_changes(comma=_NO_COMMA)): name for name in names}
        names = list(unique.values())
        if names == list(updated_node.names):
            return updated_node
        return updated_node.with_changes(names=with_commas(names))

    def _is_needed(self, node: cst.Import, package: str) -> bool:
        """Tell whether ``flask`` is used for more than its extensions."""
        scope = self.get_metadata(ScopeProvider, node, None)
        if scope is None or (
            isinstance(scope, GlobalScope) and self._is_imported_above(node, package)
        ):
            return False
        changed = {
            _first(use) for use, name in self._uses.items() if name not in self._kept
        }
        return "__all__" in self.source.text or any(
            not (dotted(access.node) and _first(access.node) in changed)
            for assignment in scope[package]
            for access in getattr(assignment, "references", ())
        )

    def _is_imported_above(self, node: cst.Import, package: str) -> bool:
        """Tell whether ``import flask`` stands above, and is always executed."""
        for line in self.source.wrapper.module.body:
            if not isinstance(line, cst.SimpleStatementLine):
                continue
            for statement in line.body:
                if isinstance(statement, cst.Import) and any(
                    dotted(alias.name) == package and alias.asname is None
                    for alias in statement.names
                ):
                    return self.place(statement) < self.place(node)
        return False

    def leave_SimpleStatementLine(
        self,
        original_node: cst.SimpleStatementLine,
        updated_node: cst.SimpleStatementLine,
    ) -> cst.SimpleStatementLine | cst.FlattenSentinel[cst.SimpleStatementLine]:
        """Change ``from flask.ext import x, y`` into a statement for each."""
        if len(original_node.body) != 1:
            return updated_node.with_changes(
                body=self._small(original_node.body, updated_node.body)
            )
        old, new = original_node.body[0], updated_node.body[0]
        if isinstance(old, cst.ImportFrom):
            aliases = self._aliases(old)
        elif isinstance(new, cst.Import) and len(new.names) != 1:
            if len(new.names) == len(cst.ensure_type(old, cst.Import).names):
                return updated_node
            aliases = [(alias, None) for alias in new.names]
        else:
            return updated_node
        if not aliases:
            return updated_node
        lines = [_line(alias, comment) for alias, comment in aliases]
        end = updated_node.trailing_whitespace
        if end.comment is not None or aliases[-1][1] is None:
            lines[-1] = lines[-1].with_changes(trailing_whitespace=end)
        lost = lost_comments(original_node, [*lines, *updated_node.leading_lines])
        lines[0] = lines[0].with_changes(
            leading_lines=[*updated_node.leading_lines, *lost]
        )
        return cst.FlattenSentinel(lines)

    def leave_SimpleStatementSuite(
        self,
        original_node: cst.SimpleStatementSuite,
        updated_node: cst.SimpleStatementSuite,
    ) -> cst.SimpleStatementSuite:
        """Change ``try: from flask.ext import x``."""
        return updated_node.with_changes(
            body=self._small(original_node.body, updated_node.body)
        )

    def _small(
        self,
        old: Sequence[cst.BaseSmallStatement],
        new: Sequence[cst.BaseSmallStatement],
    ) -> list[cst.BaseSmallStatement]:
        """Return statements that share a line, each import as one statement."""
        statements = []
        for before, after in zip(old, new):
            if isinstance(before, cst.ImportFrom) and lost_comments(before, ()):
                if self._is_package(before):
                    self.keep(before, f"import from {dotted(before.module)}", _SHARED)
            elif isinstance(before, cst.ImportFrom):
                aliases = [alias for alias, _ in self._aliases(before)]
                if aliases:
                    after = cst.Import(with_commas(aliases), semicolon=after.semicolon)
            statements.append(after)
        return statements

    def _is_package(self, node: cst.ImportFrom) -> bool:
        return not node.relative and dotted(node.module) in ("flask.ext", "flaskext")

    def _aliases(
        self, node: cst.ImportFrom
    ) -> list[tuple[cst.ImportAlias, cst.TrailingWhitespace | None]]:
        """Return what ``from flask.ext import …`` binds, and the comments behind."""
        if not self._is_package(node):
            return []
        message = f"import from {dotted(node.module)}"
        if isinstance(node.names, cst.ImportStar):
            self.keep(node, message, _EXT)
            return []
        if not self.change(node, message):
            return []
        aliases = []
        for alias in node.names:
            name = alias.evaluated_name
            bound = alias.evaluated_alias or name
            aliases.append(
                (
                    cst.ImportAlias(
                        cst.Name(f"flask_{name}"), cst.AsName(cst.Name(bound))
                    ),
                    comment_behind(alias),
                )
            )
        return aliases


def _line(
    alias: cst.ImportAlias, comment: cst.TrailingWhitespace | None
) -> cst.SimpleStatementLine:
    """Return an import of one name."""
    line = cst.SimpleStatementLine([cst.Import(names=with_commas([alias]))])
    return line if comment is None else line.with_changes(trailing_whitespace=comment)


RULE = Rule(
    code="FMC101",
    name="flask_ext",
    summary="imports from flask.ext and flaskext -> the extension's own module",
    blocks="Flask 1.0",
    triggers=("ext",),
    applies=lambda source: (
        source.is_python
        and "flask" in source.text
        and _TRACE.search(source.text) is not None
    ),
    apply=transforming(FlaskExt),
)
