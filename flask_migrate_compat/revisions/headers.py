"""Read from the source of a revision what it is, without executing it.

Whatever the file would leave in its module when Alembic executes it is what is read
here; where that cannot be told from the text for certain, the answer is ``None`` and
the file has to be imported. So it has when it does something that another revision may
need: a statement at the top of the module that calls, changes or decorates something.
What an import does is not seen, nor what is called for the value of a name: ``t =
sa.table("t")`` is too common. A mistake in a function is found when the revision runs,
and not by each command.
"""

from __future__ import annotations

import ast
import re
import sys
import unicodedata
import warnings
from typing import Any, Iterable, Iterator, NamedTuple


class Header(NamedTuple):
    """Say what a revision is.

    :param revision: its identifier.
    :param down_revisions: the revisions that it follows.
    :param branch_labels: the labels of the branch that it begins.
    :param depends_on: identifiers or labels of what has to be there before it.
    :param doc: the docstring of the module, as Python leaves it; empty if it has none.
    """

    revision: str
    down_revisions: tuple[str, ...]
    branch_labels: tuple[str, ...]
    depends_on: tuple[str, ...]
    doc: str


_FIELDS = ("revision", "down_revision", "branch_labels", "depends_on")
_ANY_FIELD = "|".join(_FIELDS)
# Identifiers and labels that every Alembic takes.
_NAME = re.compile(r"\w+(?:\.\w+)*")

# What the file is up to the last of its fields, when it looks like all generated ones:
# a docstring without escapes, comments, imports of one line each, and the fields. No
# line of that kind can be inside of a string, a bracket or a block.
_PLAIN_START = re.compile(
    rf"""(?:[ \t]*(?:\#[^\n]*)?\n)*
        (?:(?P<literal>
            \"\"\"(?P<double>[^\\\"]*(?:\"{{1,2}}(?!\")[^\\\"]*)*)\"\"\"
            |\'\'\'(?P<single>[^\\\']*(?:\'{{1,2}}(?!\')[^\\\']*)*)\'\'\'
        )[ \t]*\n)?
        (?P<lines>(?:(?:[ \t]*(?:\#[^\n]*)?
                      |(?:import|from)[ ][^\n\\;()'\"]*
                      |(?:{_ANY_FIELD})\b[^\n\\;]*)\n)*)""",
    re.VERBOSE,
)
_FIELD = re.compile(
    rf"""^(?P<name>{_ANY_FIELD})(?:[ \t]*:[^\n=\#'\"]*(?==)|[ \t]*)=[ \t]*
        (?:(?P<none>None)|u?(?P<quote>['\"])(?P<text>[^'\"\\\n]*)(?P=quote)
          |(?P<several>[(\[][\w.,'\" \t]*[)\]]))
        [ \t]*(?:\#[^\n]*)?$""",
    re.VERBOSE | re.MULTILINE,
)
# The names in which a module could give its fields another value; not those in comments
# that cannot be the end of a string.
_DYNAMIC = (
    "locals|vars|exec|eval|execfile|setattr|delattr|modules|f_globals"
    "|__dict__|__doc__|__globals__|__builtins__|builtins|__getattribute__|_getframe"
)
# To call a function that is looked up by name is harmless: revisions for several
# databases do that.
_GLOBALS = r"globals(?!\(\)(?:\[[\w\s\"'%+]*\]|\.get\([\w\s\"'%+,:]*\))\(\))"
_MENTION = re.compile(
    r"^[ \t]*\#[^\n'\"]*$"
    rf"|(?P<word>\b(?:{_ANY_FIELD}|{_DYNAMIC}|{_GLOBALS})\b|\bimport[\s(\\]*\*)",
    re.MULTILINE,
)
# Most files have none of that below their header; this is quicker to see.
_SIGNS_OF_MENTION = (
    "revision",
    "branch_labels",
    "depends_on",
    "*",
    "globals",
    *_DYNAMIC.split("|"),
)
# A line that is more than an import, a definition or a name for a value: it may be
# meant for another revision, or it belongs to a bracket or a string.
_ACTION = re.compile(
    r"^(?!(?:async[ ]+)?def\b|class\b|import\b|from\b|\w+[ \t]*(?::[^=\n]*)?=(?!=)"
    r"|[\s\#)\]}]|\Z)",
    re.MULTILINE,
)
_CODING = re.compile(r"^[ \t\f]*\#.*?coding[:=][ \t]*([-\w.]+)", re.MULTILINE)
# Python 3.13 takes the common indentation out of docstrings.
_CLEANED = re.compile(r"\t|^[ \f]|[ \f]$", re.MULTILINE)


def read_header(source: bytes) -> Header | None:
    """Read the header of a revision.

    :param source: the content of its file.
    :returns: what executing the file would show, ``None`` when that is not certain.
    """
    text = _decoded(source)
    if text is None:
        return None
    return _plain_header(text) or _parsed_header(text)


def _decoded(source: bytes) -> str | None:
    try:
        text = source.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\f" in text or "\0" in text or text.startswith("\ufeff"):
        return None
    coding = _CODING.search(text, 0, _second_line_end(text))
    if coding and coding[1].lower() not in ("utf-8", "utf8"):
        return None
    return text


def _second_line_end(text: str) -> int:
    first = text.find("\n")
    second = text.find("\n", first + 1) if first >= 0 else -1
    return second if second >= 0 else len(text)


def _plain_header(text: str) -> Header | None:
    """Read a file that looks as it was generated."""
    if not text.isascii() and unicodedata.normalize("NFKC", text) != text:
        return None  # Python reads identifiers that way
    if not text.endswith("\n"):
        text += "\n"
    start = _PLAIN_START.match(text)
    assert start is not None  # it may match nothing
    begin, end = start.span("lines")
    values: dict[str, tuple[str, ...]] = {}
    for field in _FIELD.finditer(text, begin, end):
        value = _plain_value(field)
        if value is None or field["name"] in values:
            return None
        values[field["name"]] = value
    rest = text[end:]
    if _ACTION.search(rest):
        return None
    stop = len(text) if any(sign in rest for sign in _SIGNS_OF_MENTION) else end
    mentions = _MENTION.finditer(text, begin, stop)
    if sum(1 for mention in mentions if mention["word"]) != len(values):
        return None
    double = start["double"]
    doc = start["single"] if double is None else double
    return _header(values, _as_compiled(start["literal"], doc or ""))


def _plain_value(field: re.Match[str]) -> tuple[str, ...] | None:
    if field["none"]:
        return ()
    if field["quote"]:
        return (field["text"],)
    try:
        return _strings(ast.literal_eval(field["several"]))
    except (SyntaxError, ValueError):
        return None


def _strings(value: Any) -> tuple[str, ...] | None:
    """Return a value of a field as a tuple, ``None`` if it is an unusual one."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, (tuple, list)):
        return None
    return tuple(value) if all(isinstance(part, str) for part in value) else None


def _header(values: dict[str, tuple[str, ...]], doc: str) -> Header | None:
    if "down_revision" not in values or len(values.get("revision", ())) != 1:
        return None
    (revision,) = values["revision"]
    header = Header(
        revision,
        values["down_revision"],
        values.get("branch_labels", ()),
        values.get("depends_on", ()),
        doc,
    )
    return header if is_usual(header) else None


def is_usual(header: Header) -> bool:
    """Tell whether a header has nothing that Alembic might object to.

    :param header: the header.
    """
    revision, down, labels, depends_on, _doc = header
    for names in (down, labels, depends_on):
        if len(names) > 1 and len(set(names)) < len(names):
            return False
        for name in names:
            if name == revision or not _NAME.fullmatch(name):
                return False
    return _NAME.fullmatch(revision) is not None


def _as_compiled(literal: str | None, doc: str) -> str:
    """Return a docstring as the compiler of this Python leaves it."""
    if sys.flags.optimize >= 2:
        return ""
    if sys.version_info < (3, 13) or literal is None or not _CLEANED.search(doc):
        return doc
    module: dict[str, Any] = {}
    exec(compile(literal, "<docstring>", "exec"), module)  # a string literal alone
    return str(module["__doc__"])


def _parsed_header(text: str) -> Header | None:
    """Read any other file in which the fields are plain constants."""
    try:
        with warnings.catch_warnings():
            # Of an invalid escape, for example; Python gives it when the file runs.
            warnings.simplefilter("ignore")
            module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    values: dict[str, tuple[str, ...]] = {}
    fields = set()
    for name, target, node in _assignments(module):
        try:
            value = _strings(ast.literal_eval(node))
        except (SyntaxError, ValueError, TypeError):
            return None
        if value is None or name in values:
            return None
        values[name] = value
        fields.add(id(target))
    nodes = list(ast.walk(module))
    harmless = fields.union(_harmless_lookups(nodes))
    if any(_may_rebind(node) for node in nodes if id(node) not in harmless):
        return None
    if any(map(_is_action, module.body)):
        return None
    return _header(values, _parsed_doc(module))


def _harmless_lookups(nodes: Iterable[ast.AST]) -> Iterator[int]:
    """Yield where ``globals`` is only asked for a function that is called at once."""
    for node in nodes:
        called: Any = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Call) and getattr(called.func, "attr", "") == "get":
            mapping = called.func.value  # type: ignore[attr-defined]
        elif isinstance(called, ast.Subscript):
            mapping = called.value
        else:
            continue
        if (
            isinstance(mapping, ast.Call)
            and getattr(mapping.func, "id", "") == "globals"
        ):
            yield id(mapping.func)


def _is_action(node: ast.stmt) -> bool:
    """Tell whether a statement may do something that another revision needs."""
    if isinstance(node, ast.Assign):
        return not all(isinstance(target, ast.Name) for target in node.targets)
    if isinstance(node, ast.AnnAssign):
        return not node.simple
    if isinstance(node, ast.Expr):
        return not isinstance(node.value, ast.Constant)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return bool(node.decorator_list)
    return not isinstance(node, (ast.Import, ast.ImportFrom, ast.Pass))


def _assignments(module: ast.Module) -> Iterator[tuple[str, ast.Name, ast.expr]]:
    """Yield the simple assignments to fields at the top of a module."""
    for node in module.body:
        target: ast.expr | None = None
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
        elif isinstance(node, ast.AnnAssign) and node.simple:
            target = node.target
        if isinstance(target, ast.Name) and target.id in _FIELDS:
            value = getattr(node, "value", None)
            if isinstance(value, ast.expr):
                yield target.id, target, value


_DYNAMIC_NAMES = frozenset(("globals", *_DYNAMIC.split("|")))


def _may_rebind(node: ast.AST) -> bool:
    """Tell whether a piece of code may give a field another value."""
    if isinstance(node, ast.Name):
        if node.id in _FIELDS:
            return not isinstance(node.ctx, ast.Load)
        return node.id in _DYNAMIC_NAMES
    if isinstance(node, ast.Attribute):
        return node.attr in _DYNAMIC_NAMES
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        return any(name in _FIELDS for name in node.names)
    if isinstance(node, ast.alias):
        bound = node.asname or node.name.partition(".")[0]
        return bound in (*_FIELDS, "*") or not _DYNAMIC_NAMES.isdisjoint(
            node.name.split(".")
        )
    # Functions, classes, caught exceptions and what a "match" captures.
    captured = getattr(node, "name", None) or getattr(node, "rest", None)
    return isinstance(captured, str) and captured in _FIELDS


def _parsed_doc(module: ast.Module) -> str:
    first = module.body[0] if module.body else None
    if not isinstance(first, ast.Expr):
        return ""
    doc = ast.get_docstring(module, clean=False)
    return "" if doc is None else _as_compiled(repr(doc), doc)
