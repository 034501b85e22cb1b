"""Make today's ``env.py``, with what is carried over from a former one."""

from __future__ import annotations

import io
import tokenize
from functools import lru_cache
from pathlib import Path
from typing import Sequence

from .plan import Plan, Setting, names_in
from .units import Parsed, parse

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
_WIDTH = 88
_CONFIG = "0 config = context . config"
_LOGGING = "0 if config . file_config . has_section"
_ARGUMENTS = "settings . update ( migrate . configure_args )"
_HOOK = "settings [ 'process_revision_directives' ] = skip_empty_revision"


@lru_cache(maxsize=None)
def template_text(name: str) -> str:
    """Return the ``env.py`` of a template."""
    return (TEMPLATES / name / "env.py").read_text(encoding="utf-8")


@lru_cache(maxsize=None)
def template_parsed(name: str) -> Parsed:
    """Return the ``env.py`` of a template, cut into pieces."""
    return parse(template_text(name))


def compose(name: str, plan: Plan) -> str:
    """Return the new file, with ``\\n`` for line ends.

    :param name: of the template.
    :param plan: what is carried over.
    """
    parsed = template_parsed(name)
    text = template_text(name)
    names = module_names(text)
    clash = {one: _free_name(one, plan, names) for one in names & plan.bound}
    lines = renamed(text, clash).splitlines()
    # From the end to the beginning, so that the numbers of the lines stay right.
    hook = [
        one for one in plan.settings if one.keyword == "process_revision_directives"
    ]
    others = [one for one in plan.settings if one not in hook]
    _insert(lines, _unit_line(parsed, _HOOK) + 1, _settings(hook))
    _insert(lines, _unit_line(parsed, _ARGUMENTS) + 1, _settings(others))
    _insert(lines, _function_line(parsed, "has_changes"), _blocks(plan.third, 2))
    start = _with_comments(lines, _unit_line(parsed, _LOGGING))
    if not plan.is_logging:
        end = _unit_line(parsed, _LOGGING)
        while lines[end].strip():
            end += 1
        del lines[start - 1 : end + 1]
    _insert(lines, start, _blocks(plan.second, 1))
    if plan.two_phase:
        line = _unit_line(parsed, "0 TWO_PHASE = False")
        lines[line - 1] = f"TWO_PHASE = {plan.two_phase}"
    config = _unit_line(parsed, _CONFIG)
    first = _first_import(lines)
    _insert(lines, config, _blocks(plan.first, 1))
    if not plan.is_logging:
        lines.remove("from logging.config import fileConfig")
    _insert(lines, first, [*plan.future, ""] if plan.future else [])
    if plan.docstring:
        lines[: first - 2] = plan.docstring.split("\n")
    return "\n".join([*plan.header, *lines, ""])


def module_names(text: str) -> set[str]:
    """Return the names that a module binds, other than by an import."""
    imported: set[str] = set()
    for unit in parse(text).imports:
        imported |= names_in(unit.text)[0]
    return names_in(text)[0] - imported


def renamed(text: str, names: dict[str, str]) -> str:
    """Give names of a module other names; attributes and arguments stay."""
    if not names:
        return text
    lines = text.splitlines(keepends=True)
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    depth = 0
    changes = []
    for number, token in enumerate(tokens):
        depth += (token.string in "([{" and token.string != "") - (
            token.string in ")]}" and token.string != ""
        )
        if token.type != tokenize.NAME or token.string not in names:
            continue
        is_keyword = depth > 0 and tokens[number + 1].string == "="
        if tokens[number - 1].string != "." and not is_keyword:
            changes.append(token)
    for token in reversed(changes):
        row, column = token.start
        line = lines[row - 1]
        end = token.end[1]
        lines[row - 1] = line[:column] + names[token.string] + line[end:]
    return "".join(lines)


def _free_name(name: str, plan: Plan, names: set[str]) -> str:
    result = f"migrate_{name}"
    while result in plan.bound or result in names:
        result += "_"
    return result


def _insert(lines: list[str], number: int, added: Sequence[str]) -> None:
    """Insert lines before the line of a number."""
    lines[number - 1 : number - 1] = added


def _blocks(blocks: Sequence[str], distance: int) -> list[str]:
    """Return statements as lines, definitions with room around them."""
    lines: list[str] = []
    for block in blocks:
        is_big = "\n    " in block or "\n\t" in block
        if lines and is_big:
            lines += [""] * 2
        lines += block.split("\n")
        if is_big:
            lines += [""] * 2
    while lines and not lines[-1]:
        lines.pop()
    result: list[str] = []
    for line in lines:
        if line or result[-3:] != ["", "", ""]:
            result.append(line)
    return [*result, *[""] * distance] if result else []


def _settings(settings: Sequence[Setting]) -> list[str]:
    """Return the statements that carry arguments over."""
    lines: list[str] = []
    for mode, head in (
        ("", ""),
        ("online", "    if not context.is_offline_mode():"),
        ("offline", "    if context.is_offline_mode():"),
    ):
        codes = [one.code for one in settings if one.mode == mode]
        if not codes:
            continue
        lines += [head] if head else []
        indent = "        " if head else "    "
        line = f"{indent}settings.update({', '.join(codes)})"
        if len(line) <= _WIDTH and "\n" not in line:
            lines.append(line)
            continue
        lines.append(f"{indent}settings.update(")
        for code in codes:
            lines += f"{indent}    {code},".split("\n")
        lines.append(f"{indent})")
    return lines


def _unit_line(parsed: Parsed, beginning: str) -> int:
    """Return the line of a statement of the template."""
    for piece in parsed.pieces:
        for unit in piece.units:
            if unit.text.split(" ", 1)[1] == beginning or unit.text.startswith(
                beginning
            ):
                return unit.line
    raise LookupError(f"a template without {beginning!r}")


def _function_line(parsed: Parsed, name: str) -> int:
    for piece in parsed.pieces:
        if piece.name == name:
            return piece.line
    raise LookupError(f"a template without {name}()")


def _with_comments(lines: Sequence[str], number: int) -> int:
    """Return the first line of the comments above a line."""
    while lines[number - 2].startswith("#"):
        number -= 1
    return number


def _first_import(lines: Sequence[str]) -> int:
    for number, line in enumerate(lines, 1):
        if line.startswith(("import ", "from ")):
            return number
    raise LookupError("a template without imports")
