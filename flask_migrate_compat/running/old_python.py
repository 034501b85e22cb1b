"""Name the files of a migrations folder that only Python 2 can read."""

from __future__ import annotations

import ast
import contextlib
import linecache
import os
import re
import sys
import tokenize
import warnings
from typing import TYPE_CHECKING, Iterator, NamedTuple

from alembic.script import ScriptDirectory

from ..errors import OldPythonError, shortened

if TYPE_CHECKING:
    from ..config import Config

_STRING_PREFIX = r"(?<![\w'\"])"


class _Sign(NamedTuple):
    """How a line of Python 2 looks, what it is called and what to write instead."""

    pattern: str
    name: str
    rewrite: str


# Tried on a line that Python 3 refuses; the first that fits counts.
_SIGNS = (
    _Sign(r"^\s*(.*[:;]\s*)?print\s*$|\bprint\s+[^\s=(,.)\]]", "a print statement",
          "print(...)"),
    _Sign(r"\bexec\s+[^\s=(,.)\]]", "an exec statement", "exec(...)"),
    _Sign(r"\bexcept\s+[\w.()\s,]+,\s*\w+\s*:", "'except X, e'", "'except X as e'"),
    _Sign(r"`[^`]+`", "backticks", "repr(...)"),
    _Sign(r"\braise\s+[\w.]+\s*,", "'raise X, message'", "'raise X(message)'"),
    _Sign(_STRING_PREFIX + r"[uU][rR]['\"]", "a string with the prefix ur",
          "the prefix r, or u with doubled backslashes"),
    _Sign(r"<>", "the operator '<>'", "'!='"),
    _Sign(r"(?<![\w.])0[0-7]+(?![\w.])", "an octal number such as 0777", "0o777"),
    _Sign(r"(?<![\w.])(0[xX][\da-fA-F]+|\d+)[lL]\b", "a long number such as 10L",
          "the number without the L"),
    _Sign(r"\b(def\s+\w+\s*\(|lambda\b)[^:]*\([\w\s,]+\)", "a tuple as a parameter",
          "one parameter, taken apart in the function"),
)  # fmt: skip


class _Finding(NamedTuple):
    """A line that Python 3 cannot read, and what it is if that is known."""

    path: str
    line: int
    sign: _Sign | None

    @property
    def place(self) -> str:
        return f"{os.path.relpath(self.path)}, line {self.line}"


@contextlib.contextmanager
def name_old_python(command: str, config: Config) -> Iterator[None]:
    """Raise an error that names all files of Python 2 when one was come upon.

    A mistake that is not Python 2 code is passed on as the ``SyntaxError`` it is.

    :param command: the name of the command.
    :param config: the configuration that Alembic is called with.
    :raises OldPythonError: instead of the ``SyntaxError``.
    """
    try:
        yield
    except SyntaxError as error:
        script = ScriptDirectory.from_config(config)
        if not error.filename or not _belongs_to(error.filename, script):
            raise
        first = _finding(error.filename, error)
        if first.sign is None:
            raise
        raise _old_python(first, script) from error


def _old_python(first: _Finding, script: ScriptDirectory) -> OldPythonError:
    assert first.sign is not None
    version = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
    others = [
        one.place
        for one in _all_findings(script)
        if one.path != first.path and one.sign
    ]
    more = f" So are {shortened(others)}." if others else ""
    return OldPythonError(
        f"{first.place}: this is Python 2 code, {first.sign.name}, which {version}"
        f" cannot read.{more}",
        f"Write {first.sign.rewrite} there; the file still does the same. The tool"
        " '2to3 -w' of Python 3.12 and older converts whole files.",
    )


def _belongs_to(path: str, script: ScriptDirectory) -> bool:
    absolute = os.path.abspath(path)
    return any(
        absolute.startswith(os.path.join(os.path.abspath(folder), ""))
        for folder in _folders(script)
    )


def _folders(script: ScriptDirectory) -> list[str]:
    return [script.dir, *(str(one) for one in script._version_locations)]


def _all_findings(script: ScriptDirectory) -> Iterator[_Finding]:
    """Yield the first bad line of every file in the folder."""
    seen = set()
    for folder in _folders(script):
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
            path = os.path.abspath(os.path.join(folder, name))
            if not name.endswith(".py") or path in seen:
                continue
            seen.add(path)
            try:
                _parse(path)
            except SyntaxError as error:
                yield _finding(path, error)
            except (OSError, ValueError):
                continue


def _parse(path: str) -> None:
    with open(path, "rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ast.parse(file.read(), path)


def _finding(path: str, error: SyntaxError) -> _Finding:
    """Look at the line of an error for what is special to Python 2."""
    line = error.lineno or 1
    path = os.path.abspath(path)
    if isinstance(error, TabError):
        sign = _Sign("", "tabs and spaces mixed in the indentation", "spaces only")
        return _Finding(path, line, sign)
    linecache.checkcache(path)
    try:
        text = _code_of(linecache.getline(path, line))
    except (OSError, SyntaxError, tokenize.TokenError):
        return _Finding(path, line, None)
    for sign in _SIGNS:
        if re.search(sign.pattern, text):
            return _Finding(path, line, sign)
    return _Finding(path, line, None)


def _code_of(line: str) -> str:
    """Return a line without its comment and without what stands in its strings."""
    line = re.sub(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", "''", line)
    return line.partition("#")[0]
