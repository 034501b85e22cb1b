"""An ``env.py`` that Flask-Migrate 3.1 or older generated."""

from __future__ import annotations

from typing import Iterator, Sequence

from ..environment.carry import plan
from ..environment.compose import compose, template_parsed
from ..environment.known import Difference, Known, Release, known, nearest
from ..environment.plan import Plan
from ..environment.units import parse
from ..rule import Report, Rule
from ..source import LINE_END, Place, Source


def apply(source: Source, report: Report) -> str:
    """Change the file into today's, with what its owner has added."""
    return apply_with(source, report, known())


def apply_with(source: Source, report: Report, table: Known) -> str:
    """Do what :func:`apply` does, with another table of the releases."""
    source.check()
    text = LINE_END.sub("\n", source.text)
    parsed = parse(text)
    found = nearest(parsed, table)
    first = Place(1)
    if found is None or not found.release.is_before(4):
        return source.text
    if source.is_excused(first, report.rule.code):
        return source.text
    template = template_parsed(found.release.template)
    wanted = plan(parsed, text, found, table, template)
    message, detail = message_of(found), detail_of(found, text, table)
    blocks = blocks_of(found.release)
    if wanted.obstacles:
        _leave(report, wanted, message, detail, blocks)
        return source.text
    if not report.change(first, message, blocks, detail):
        return source.text
    new = compose(found.release.template, wanted)
    return new.replace("\n", source.newline)


def _leave(
    report: Report, wanted: Plan, message: str, detail: str, blocks: str
) -> None:
    """Report the file, and each place that keeps it as it is."""
    lines = sorted({obstacle.line for obstacle in wanted.obstacles})
    reason = (
        f"some of it cannot be carried over, see {spans(lines)}: without that, the file"
        " becomes the new template"
    )
    report.leave(Place(1), message, reason, blocks, detail)
    for one in wanted.obstacles:
        text = f"{one.what} in an old env.py"
        report.leave(Place(one.line), text, one.reason, blocks)


def message_of(found: Difference) -> str:
    """Return what the file is, in one line."""
    message = f"env.py of Flask-Migrate {found.release.versions}"
    if found.release.template != "flask":
        message += f" ({found.release.template})"
    lines = found.lines()
    if lines:
        message += f", customised in {spans(lines)}"
    elif not found.is_nothing:
        message += ", with something taken out"
    return message


def blocks_of(release: Release) -> str:
    """Return the release with which the file does not do any more what it should."""
    if release.template == "flask-multidb":
        return "Flask-SQLAlchemy 3.0"  # loses the tables of the binds
    if release.template == "flask" and release.first == "2.5.3":
        return "SQLAlchemy 1.4"  # hides the password in the address it reads
    return ""


def detail_of(found: Difference, text: str, table: Known) -> str:
    """Return what the file has more and less than that of its release."""
    return "\n".join(_differences(found, text.split("\n"), table))


def _differences(
    found: Difference, lines: Sequence[str], table: Known
) -> Iterator[str]:
    for number in found.lines():
        yield f"+ {number}: {lines[number - 1].rstrip()}"
    for piece in found.missing:
        yield f"- {table.labels.get(piece.hashes[0], 'a statement')}"
    for function in found.functions:
        for one in function.removed:
            label = table.labels.get(one, "a statement")
            yield f"- {label} in {function.piece.name}()"
    if found.release.is_before(*((1, 5, 1) if found.release.is_multidb else (1, 4))):
        yield "  It ignores the settings given to Migrate(); the new one uses them."


def spans(lines: Sequence[int]) -> str:
    """Return ``line 3`` or ``lines 3, 7-9``."""
    parts: list[list[int]] = []
    for line in lines:
        if parts and line == parts[-1][-1] + 1:
            parts[-1].append(line)
        else:
            parts.append([line])
    text = ", ".join(
        str(part[0]) if len(part) == 1 else f"{part[0]}-{part[-1]}" for part in parts
    )
    return f"line{'s' if len(lines) > 1 else ''} {text}"


RULE = Rule(
    code="FMC301",
    name="env_py",
    summary="env.py of Flask-Migrate 3.1 and older -> today's template",
    blocks="",
    triggers=("run_migrations",),
    applies=lambda source: source.is_python and "current_app" in source.text,
    apply=apply,
)
