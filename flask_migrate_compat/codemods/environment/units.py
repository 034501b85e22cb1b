"""An ``env.py`` in a normal form, cut into pieces that can be compared.

The normal form forgets comments, quotes, line breaks, the order of imports and
documentation strings, so that a file that only went through a formatter is the same.
"""

from __future__ import annotations

import ast
import hashlib
import io
import tokenize
from dataclasses import dataclass
from typing import Iterator, Sequence, Union

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from ..transformer import dotted

_SKIPPED = frozenset({tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE})
_LAYOUT = frozenset({tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER})
_CLOSING = {")": "(", "]": "[", "}": "{"}
Statement = Union[cst.SimpleStatementLine, cst.BaseCompoundStatement]


@dataclass(frozen=True)
class Unit:
    """One piece: a simple statement, the head of a compound one, or an argument.

    :param text: its normal form, with the depth at which it stands.
    :param label: what it is, in words and names.
    :param line: where it begins.
    :param node: its syntax.
    :param keyword: the name of an argument of ``context.configure()``, ``**`` for a
        dictionary of them, nothing for another piece.
    """

    text: str
    label: str
    line: int
    node: cst.CSTNode
    keyword: str = ""

    @property
    def hash(self) -> str:
        """Return a short hash, the same on every Python."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]

    @property
    def is_of_extension(self) -> bool:
        """Tell whether it asks the Flask application."""
        return "current_app" in self.text and "import" not in self.text.split()


@dataclass(frozen=True)
class Piece:
    """A statement of the module, other than an import.

    :param node: its syntax.
    :param units: the pieces that it consists of.
    :param line: where it begins.
    :param name: of a function or a class.
    """

    node: Statement
    units: tuple[Unit, ...]
    line: int
    name: str = ""

    @property
    def hashes(self) -> tuple[str, ...]:
        """Return the hashes of its units."""
        return tuple(unit.hash for unit in self.units)


@dataclass(frozen=True)
class Parsed:
    """A file in its normal form.

    :param module: its syntax.
    :param imports: what it imports, one unit for each name.
    :param pieces: the other statements.
    """

    module: cst.Module
    imports: tuple[Unit, ...]
    pieces: tuple[Piece, ...]

    def code(self, node: cst.CSTNode) -> str:
        """Return the code of a node."""
        return self.module.code_for_node(node)


def normal(code: str) -> str:
    """Return the tokens of some code, without what a formatter may change."""
    tokens: list[str] = []
    opened: list[int] = []
    for token in tokenize.generate_tokens(io.StringIO(f"({code}\n)").readline):
        if token.type in _SKIPPED or token.type in _LAYOUT:
            continue
        text = token.string
        if token.type == tokenize.STRING:
            # Python 2's u"" is the same for a template.
            text = _plain_string(text)
        elif text in _CLOSING and opened:
            start = opened.pop()
            inside = tokens[start + 1 :]
            is_call = start > 0 and (tokens[start - 1][-1].isalnum() or start == 1)
            if inside and inside[-1] == "," and (is_call or inside.count(",") > 1):
                tokens.pop()
        elif text in "([{" and text:
            opened.append(len(tokens))
        tokens.append(text)
    return " ".join(tokens[1:-1])


def _plain_string(text: str) -> str:
    try:
        return repr(ast.literal_eval(text))
    except (SyntaxError, ValueError):
        return text


def parse(text: str) -> Parsed:
    """Cut a file into pieces.

    :raises libcst.ParserSyntaxError: when it is no Python 3.
    """
    wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
    return _Cutter(wrapper).parsed()


class _Cutter:
    def __init__(self, wrapper: MetadataWrapper) -> None:
        self.module = wrapper.module
        self.positions = wrapper.resolve(PositionProvider)

    def parsed(self) -> Parsed:
        imports: list[Unit] = []
        pieces: list[Piece] = []
        for number, node in enumerate(self.module.body):
            if is_docstring(node) and number == 0:
                continue
            names = list(self.imported(node))
            if names:
                imports += names
                continue
            units = tuple(self.units(node, 0))
            name = ""
            if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
                name = node.name.value
            pieces.append(Piece(node, units, self.line(node), name))
        return Parsed(self.module, tuple(imports), tuple(pieces))

    def line(self, node: cst.CSTNode) -> int:
        return int(self.positions[node].start.line)

    def imported(self, node: cst.CSTNode) -> Iterator[Unit]:
        """Return one unit for each name of an import; nothing for something else."""
        if not isinstance(node, cst.SimpleStatementLine):
            return
        if not all(isinstance(one, (cst.Import, cst.ImportFrom)) for one in node.body):
            return
        for small in node.body:
            module = ""
            aliases: Sequence[cst.ImportAlias] = ()
            if isinstance(small, cst.ImportFrom):
                module = "." * len(small.relative) + dotted(small.module)
                if isinstance(small.names, cst.ImportStar):
                    text = f"from {module} import *"
                    yield Unit(text, text, self.line(node), node)
                    continue
                aliases = small.names
            elif isinstance(small, cst.Import):
                aliases = small.names
            for alias in aliases:
                text = f"import {dotted(alias.name)}"
                if alias.asname is not None:
                    text += (
                        f" as {normal(self.module.code_for_node(alias.asname.name))}"
                    )
                if module:
                    text = f"from {module} {text}"
                yield Unit(text, text, self.line(alias), node)

    def units(self, node: cst.CSTNode, depth: int) -> Iterator[Unit]:
        """Return the pieces of one statement."""
        if isinstance(node, cst.SimpleStatementLine):
            for small in node.body:
                yield from self.simple(small, depth)
            return
        bodies = [child for child in node.children if isinstance(child, _BODY)]
        head = self.head(node)
        yield Unit(f"{depth} {head}", _label(node), self.line(node), node)
        for body in bodies:
            yield from self.inside(body, depth)

    def inside(self, body: cst.CSTNode, depth: int) -> Iterator[Unit]:
        if isinstance(body, (cst.IndentedBlock, cst.SimpleStatementSuite)):
            statements = list(body.body)
            for number, one in enumerate(statements):
                if number == 0 and is_docstring(one):
                    continue
                if isinstance(one, cst.BaseSmallStatement):
                    yield from self.simple(one, depth + 1)
                else:
                    yield from self.units(one, depth + 1)
        elif isinstance(body, cst.If):  # elif
            yield Unit(f"{depth} elif", "an elif branch", self.line(body), body)
            yield from self.units(body, depth)
        else:
            head = self.head(body)
            yield Unit(f"{depth} {head}", _label(body), self.line(body), body)
            for child in body.children:
                if isinstance(child, _BODY):
                    yield from self.inside(child, depth)

    def head(self, node: cst.CSTNode) -> str:
        """Return what stands before the colon, and the decorators."""
        empty: dict[str, object] = {
            "body": cst.SimpleStatementSuite([cst.Pass()]),
            "leading_lines": (),
            "orelse": None,
        }
        if type(node).__name__.startswith("Try"):
            return type(node).__name__
        some = {name: value for name, value in empty.items() if hasattr(node, name)}
        head = node.with_changes(**some) if "body" in some else node
        return normal(self.module.code_for_node(head))

    def simple(self, node: cst.BaseSmallStatement, depth: int) -> Iterator[Unit]:
        call = configure_call(node)
        line = self.line(node)
        if call is None:
            text = normal(self.module.code_for_node(node))
            yield Unit(f"{depth} {text}", _label(node), line, node)
            return
        yield Unit(f"{depth} context.configure", _label(node), line, node)
        for argument in call.args:
            name = argument.keyword.value if argument.keyword else argument.star or "*"
            value = normal(self.module.code_for_node(argument.value))
            label = f"the argument {name} of context.configure()"
            text = f"{depth} configure {name} = {value}"
            yield Unit(text, label, self.line(argument), argument, name)


_BODY = (
    *(cst.IndentedBlock, cst.SimpleStatementSuite, cst.If, cst.Else),
    *(cst.ExceptHandler, cst.Finally),
)


def configure_call(node: cst.CSTNode) -> cst.Call | None:
    """Return the call when a statement is ``context.configure(...)``."""
    value = node.value if isinstance(node, cst.Expr) else None
    if isinstance(value, cst.Call) and dotted(value.func) == "context.configure":
        return value
    return None


def is_docstring(node: cst.CSTNode) -> bool:
    """Tell whether a statement is nothing but a string."""
    if isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1:
        node = node.body[0]
    return isinstance(node, cst.Expr) and isinstance(
        node.value, (cst.SimpleString, cst.ConcatenatedString)
    )


def _label(node: cst.CSTNode) -> str:
    if isinstance(node, cst.Assign):
        targets = [dotted(target.target) for target in node.targets]
        return f"the assignment of {' and '.join(filter(None, targets)) or 'an item'}"
    if isinstance(node, cst.Expr) and isinstance(node.value, cst.Call):
        return f"the call of {dotted(node.value.func) or 'a function'}()"
    if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
        return f"the definition of {node.name.value}"
    word = type(node).__name__.lower()
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word} statement"
