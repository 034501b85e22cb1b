"""An ``alembic.ini`` of Flask-Migrate that says nothing of the logger flask_migrate."""

from __future__ import annotations

import re
from typing import Sequence

from ..environment.known import known
from ..environment.options import Option, parse
from ..rule import Report, Rule
from ..source import LINE_END, Place, Source
from .env_py import spans

_LOGGER = "flask_migrate"
_SECTION = f"logger_{_LOGGER}"
_OPTIONS = (("level", "INFO"), ("handlers", ""), ("qualname", _LOGGER))


def applies(source: Source) -> bool:
    """Tell whether a file can be an ``alembic.ini``."""
    return not source.is_python and source.name == "alembic.ini"


def is_of_flask_migrate(options: Sequence[Option]) -> bool:
    """Tell whether Flask-Migrate made the file.

    Only there do the folder and the database come from the application; for Alembic
    they must be in the file.
    """
    names = {option.name for option in options}
    needed = {"alembic.", "loggers.keys", "logger_root."}
    return needed <= names and not names & {
        "alembic.script_location",
        "alembic.sqlalchemy.url",
    }


def apply(source: Source, report: Report) -> str:
    """Add the logger to the list, and its section."""
    options = parse(source.text)
    if not is_of_flask_migrate(options):
        return source.text
    keys = next(option for option in options if option.name == "loggers.keys")
    is_listed = _LOGGER in re.split(r"[\s,]+", keys.value)
    has_section = any(option.section == _SECTION for option in options)
    if is_listed and has_section:
        return source.text
    place = Place(keys.line, 1, keys.last_line)
    own = own_options(options)
    message = "alembic.ini of Flask-Migrate 2.6 or older, without its logger"
    if own:
        message += f", customised in {spans([option.line for option in own])}"
    detail = "\n".join(f"+ {one.line}: {text_of(one)}" for one in own)
    if not report.change(place, message, None, detail):
        return source.text
    parts = re.split(f"({LINE_END.pattern})", source.text)
    lines = [line + end for line, end in zip(parts[::2], [*parts[1::2], ""])]
    if not has_section:
        _add_section(lines, options, source.newline)
    if not is_listed:
        _add_key(lines, keys)
    return "".join(lines)


def own_options(options: Sequence[Option]) -> list[Option]:
    """Return what no release has."""
    table = known().options
    own = []
    for option in options:
        if option.name in ("loggers.keys", f"{_SECTION}."):
            names = set(re.split(r"[\s,]+", option.value)) - {""}
            if names <= {"root", "sqlalchemy", "alembic", _LOGGER}:
                continue
        if option.hash not in table.get(option.name, ()):
            own.append(option)
    return own


def text_of(option: Option) -> str:
    """Return an option, or the head of a section, for a reader."""
    if not option.key:
        return f"[{option.section}]"
    return f"{option.key} = {' '.join(option.value.split())}  ({option.section})"


def _add_key(lines: list[str], keys: Option) -> None:
    """Add the logger to the list, written as the others are."""
    line = lines[keys.last_line - 1]
    content = line.rstrip()
    comma = "," if not re.search(r",\s", keys.value) else ", "
    if content.endswith(","):
        comma = comma[1:]
    elif keys.last_line > keys.line or content[-1] in "=:":
        comma = "," if content[-1] not in "=:" else " "
    lines[keys.last_line - 1] = f"{content}{comma}{_LOGGER}{line[len(content) :]}"


def _add_section(lines: list[str], options: Sequence[Option], newline: str) -> None:
    """Add the section of the logger behind those of the other loggers."""
    last = max(
        (one for one in options if one.section.startswith("logger_")),
        key=lambda one: one.last_line,
    )
    sign = " = "
    for option in options:
        if option.section == last.section and option.key:
            found = re.match(r"[^=:]*?(\s*[=:][^\S\r\n]?)", lines[option.line - 1])
            sign = found.group(1) if found else sign
    is_at_end = not lines[last.last_line - 1].endswith(("\n", "\r"))
    if is_at_end:
        lines[last.last_line - 1] += newline
    text = ["", f"[{_SECTION}]"]
    text += [f"{key}{sign}{value}".rstrip() for key, value in _OPTIONS]
    added = newline.join(text) + ("" if is_at_end else newline)
    lines[last.last_line : last.last_line] = [added]


RULE = Rule(
    code="FMC302",
    name="alembic_ini",
    summary="alembic.ini of Flask-Migrate 2.6 and older -> the logger of its messages",
    blocks="",
    triggers=("[alembic]",),
    applies=applies,
    apply=apply,
)
