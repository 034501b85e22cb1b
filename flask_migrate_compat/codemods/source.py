"""One source file: its text, its syntax, its ``noqa`` comments."""

from __future__ import annotations

import ast
import codecs
import io
import re
import tokenize
import warnings
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import libcst as cst
    from libcst.metadata import MetadataWrapper

#: Python's line ends. ``str.splitlines`` knows more of them.
LINE_END = re.compile(r"\r\n|\r|\n")
_NOQA = re.compile(
    r"#\s*noqa(?P<codes>\s*:\s*[A-Za-z]+[0-9]+(?:[\s,]+[A-Za-z]+[0-9]+)*)?",
    re.IGNORECASE,
)
_CODE = re.compile(r"[A-Za-z]+[0-9]+")
# What only Python 2 has, at the beginning of a line or in the middle.
_PYTHON_2 = re.compile(
    r"^\s*print(?:\s+[^=(\s]|\s*>>|\s*$)|^\s*except\s+[\w.,() ]+,\s*\w+\s*:"
    r"|^\s*raise\s+[\w.]+\s*,|^\s*exec\s+['\"\w]|\b[uU][rR]['\"]|<>"
    r"|\b0[0-7]+\b|\b[0-9]+[lL]\b|`[^`]+`"
)
# Python 3 takes these too: as a shift of the function, and from 3.14 on as two classes.
_VALID_PYTHON_2 = re.compile(
    r"^\s*print\s*>>|^\s*except\s+[\w.]+\s*,\s*[a-z]\w*\s*:", re.MULTILINE
)
# What Python itself says of an expression with thousands of parentheses or operators.
_DEEP = re.compile(r"too many nested|MemoryError|RecursionError|too complex", re.I)


class Place(NamedTuple):
    """A place in a file.

    :param line: of its first character, from 1.
    :param column: of its first character, from 1.
    :param end_line: of its last character, from 1.
    """

    line: int
    column: int = 1
    end_line: int = 0

    @property
    def lines(self) -> set[int]:
        """Return its first line and its last one, where a comment about it stands."""
        return {self.line, self.end_line or self.line}


class UnreadableError(Exception):
    """Report a file that cannot be read as what it is.

    :param place: where.
    :param reason: what is wrong there.
    """

    def __init__(self, reason: str, place: Place | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.place = place or Place(1)


@dataclass(frozen=True)
class Source:
    """A source file.

    :param path: as the user named it.
    :param text: without a byte order mark, with the line ends of the file.
    :param is_python: whether it is Python source.
    :param encoding: of the file.
    :param has_mark: whether the file begins with a byte order mark.
    """

    path: str
    text: str
    is_python: bool = True
    encoding: str = "utf-8"
    has_mark: bool = False

    @classmethod
    def decode(cls, path: str, data: bytes, is_python: bool) -> Source:
        """Make a source of the bytes of a file.

        :raises UnreadableError: when they are not text in the encoding that the file
            itself names (Python), or in UTF-8.
        """
        has_mark = data.startswith(codecs.BOM_UTF8)
        if has_mark:
            data = data[len(codecs.BOM_UTF8) :]
        encoding = "utf-8"
        try:
            if is_python:
                encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
            text = data.decode(encoding)
        except (SyntaxError, UnicodeDecodeError, LookupError) as error:
            raise UnreadableError(f"cannot be decoded: {error}") from error
        source = cls(path, text, is_python, encoding, has_mark)
        if source.encode() != (codecs.BOM_UTF8 if has_mark else b"") + data:
            raise UnreadableError(f"is not the same after decoding it as {encoding}")
        return source

    def encode(self) -> bytes:
        """Return the bytes of the file.

        :raises UnreadableError: when its encoding lacks one of the characters.
        """
        try:
            data = self.text.encode(self.encoding)
        except UnicodeEncodeError as error:
            raise UnreadableError(f"cannot be encoded: {error}") from error
        return (codecs.BOM_UTF8 if self.has_mark else b"") + data

    def with_text(self, text: str) -> Source:
        """Return the file with another text."""
        return self if text == self.text else replace(self, text=text)

    @property
    def name(self) -> str:
        """Return the name of the file, without its folder."""
        return PurePath(self.path).name

    @property
    def newline(self) -> str:
        """Return the line end that most of its lines have."""
        windows = self.text.count("\r\n")
        unix = self.text.count("\n") - windows
        mac = self.text.count("\r") - windows
        most = max(windows, unix, mac)
        return "\n" if most == unix else "\r\n" if most == windows else "\r"

    def check(self) -> None:
        """Make sure that it is Python 3.

        ``ast`` is asked first, because it takes a tenth of the time of LibCST, which
        knows newer syntax than an old Python does.

        :raises UnreadableError: when it is not, with the place.
        """
        problem, line = self._parsed
        lines = LINE_END.split(self.text) if problem else []
        if problem and _PYTHON_2.search(lines[min(line, len(lines)) - 1]):
            # LibCST takes ``except A, b:``, which Python 3.14 gave another meaning.
            reason = "is Python 2: run 2to3 or futurize over it first"
            raise UnreadableError(reason, Place(line))
        if problem:
            self.module  # noqa: B018

    @cached_property
    def _parsed(self) -> tuple[str, int]:
        """Return what the running Python has against the text, and where."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(self.text)
        except SyntaxError as error:
            return error.msg, error.lineno or 1
        except (ValueError, RecursionError, MemoryError) as error:
            return f"{type(error).__name__}: {error}", 1
        if _VALID_PYTHON_2.search(self.text):
            lines = LINE_END.split(self.text)
            for node in ast.walk(tree):
                line = getattr(node, "lineno", 0)
                if (
                    isinstance(node, (ast.Expr, ast.ExceptHandler))
                    and _VALID_PYTHON_2.match(lines[line - 1])
                    and not isinstance(getattr(node, "value", None), ast.Constant)
                ):
                    return "a statement of Python 2", line
        return "", 1

    @cached_property
    def module(self) -> cst.Module:
        """Return the syntax.

        :raises UnreadableError: when it cannot be parsed, with the place.
        """
        import libcst as cst

        if self._is_too_deep:
            # The parser of LibCST would end the process.
            raise UnreadableError("is nested too deeply")
        try:
            module = cst.parse_module(self.text)
            same = module.code == self.text
        except RecursionError as error:
            raise UnreadableError("is nested too deeply") from error
        except (cst.ParserSyntaxError, ValueError) as error:
            problem, line = self._parsed
            why = problem or type(error).__name__
            reason = f"is not Python that can be parsed: {why}"
            raise UnreadableError(reason, Place(line)) from error
        if not same:
            reason = "has a form feed or a line end that LibCST would lose"
            raise UnreadableError(reason)
        return module

    @property
    def _is_too_deep(self) -> bool:
        problem, _ = self._parsed
        return _DEEP.search(problem) is not None

    @cached_property
    def wrapper(self) -> MetadataWrapper:
        """Return the syntax with positions, scopes and qualified names."""
        from libcst.metadata import MetadataWrapper

        # Nobody else has this module, and nobody changes it.
        return MetadataWrapper(self.module, unsafe_skip_copy=True)

    @cached_property
    def _excuses(self) -> dict[int, frozenset[str]]:
        """Return the codes that a line excuses; an empty set is all of them."""
        excuses = {}
        if "noqa" not in self.text.lower():
            return {}
        for number, line in enumerate(LINE_END.split(self.text), 1):
            found = _NOQA.search(line)
            if found:
                codes = _CODE.findall(found["codes"] or "")
                excuses[number] = frozenset(code.upper() for code in codes)
        return excuses

    def is_excused(self, place: Place, code: str) -> bool:
        """Tell whether a ``noqa`` comment excuses a rule at a place."""
        if not self._excuses:
            return False
        for line in place.lines:
            codes = self._excuses.get(line)
            if codes is not None and (not codes or code in codes):
                return True
        return False
