"""Draw how the time of three commands grows with the number of revisions, as SVG."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterator, Sequence
from xml.sax.saxutils import escape

from .results import Result, number, processor_time
from .rows import GROWING, SIZES

NAME = "growth.svg"
#: Which side a line is of -> what the legend calls it.
SIDES = {"peer": "Flask-Migrate", "ours": "this package"}
TITLES = {"upgrade": "upgrade, nothing to do"}

WIDTH, HEIGHT = 980, 430
TOP, BOTTOM = 96, 364
LEFT, PANEL, GAP = 64, 226, 90
FIRST, LAST = SIZES[0], SIZES[-1]

# A picture in a page cannot see the colours of that page, only whether the reader
# prefers dark ones; with a ground of its own it is legible on either.
STYLE = """
.ground { fill: #ffffff } text { fill: #1f2328; font: 14px system-ui, sans-serif }
.head { font-weight: 600 } .small { font-size: 13px }
.grid { stroke: #d5dae0; stroke-width: 1 } .axis { stroke: #59636e; stroke-width: 1 }
.line { fill: none; stroke-width: 2.5 } .peer { stroke-dasharray: 7 4 }
.line.peer { stroke: #b04a00 } .line.ours { stroke: #0a5cc2 }
.mark.peer, .value.peer { fill: #b04a00 } .mark.ours, .value.ours { fill: #0a5cc2 }
@media (prefers-color-scheme: dark) {
.ground { fill: #12161c } text { fill: #e8ecf1 }
.grid { stroke: #343c46 } .axis { stroke: #9aa4af }
.line.peer { stroke: #ffa861 } .line.ours { stroke: #74b6ff }
.mark.peer, .value.peer { fill: #ffa861 } .mark.ours, .value.ours { fill: #74b6ff }
}
"""


@dataclass(frozen=True)
class Curve:
    """Hold one line.

    :param command: the panel it belongs to.
    :param side: one of :data:`SIDES`.
    :param points: numbers of revisions, and seconds.
    """

    command: str
    side: str
    points: tuple[tuple[int, float], ...]


def curves(results: Sequence[Result]) -> list[Curve]:
    """Return the lines of the commands that were measured at several sizes.

    They are made of processor times: what else the machine did while one size was
    measured would bend a line of times of the clock.
    """
    found = {result.key: result for result in results}
    lines = []
    for command in GROWING:
        for side in SIDES:
            times = {
                size: processor_time(found[f"{command}-{size}"], side)
                for size in SIZES
                if f"{command}-{size}" in found
            }
            points = tuple((size, time) for size, time in times.items() if time)
            if len(points) > 1:
                lines.append(Curve(command, side, points))
    return lines


def ticks(low: float, high: float) -> list[float]:
    """Return the round numbers 1, 2 and 5 of each decade that enclose a range."""
    steps = [
        factor * 10.0**power
        for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        for factor in (1, 2, 5)
    ]
    below = max(step for step in steps if step <= low)
    above = min(step for step in steps if step >= high)
    return [step for step in steps if below <= step <= above]


def draw(lines: Sequence[Curve]) -> str:
    """Return the picture.

    Both axes are logarithmic: what grows linearly climbs by as much as it goes to the
    right, and what grows with the square twice as steeply.

    :param lines: at least one.
    """
    times = [time for line in lines for _, time in line.points]
    marks = ticks(min(times), max(times))
    if len(marks) < 2:
        marks = [marks[0], marks[0] * 2]
    body = [line for part in _parts(lines, marks) for line in part]
    title = "Processor time of three commands, against the number of revisions"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
            ' role="img" aria-labelledby="title description">',
            f'<title id="title">{title}</title>',
            f'<desc id="description">{escape(describe(lines))}</desc>',
            f"<style>{STYLE}</style>",
            f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}" rx="8"/>',
            *body,
            "</svg>\n",
        ]
    )


def describe(lines: Sequence[Curve]) -> str:
    """Return the figures in words, for those who do not see the picture."""
    sentences = []
    for line in lines:
        figures = ", ".join(
            f"{number(time)} seconds at {size:,} revisions"
            for size, time in line.points
        )
        sentences.append(f"{line.command}, {SIDES[line.side]}: {figures}.")
    return " ".join(sentences)


def _parts(lines: Sequence[Curve], marks: list[float]) -> Iterator[list[str]]:
    yield _legend()
    for place, command in enumerate(GROWING):
        left = LEFT + place * (PANEL + GAP)
        mine = [line for line in lines if line.command == command]
        yield _axes(left, command, marks)
        for line in mine:
            yield _line(left, line, marks)
        yield _values(left, mine, marks)


def _x(left: int, revisions: int) -> float:
    return left + PANEL * math.log(revisions / FIRST) / math.log(LAST / FIRST)


def _y(seconds: float, marks: list[float]) -> float:
    share = math.log(seconds / marks[0]) / math.log(marks[-1] / marks[0])
    return BOTTOM - (BOTTOM - TOP) * share


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">'
        f"{escape(text)}</text>"
    )


def _mark(x: float, y: float, side: str) -> str:
    if side == "ours":
        return f'<circle class="mark ours" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>'
    return (
        f'<rect class="mark peer" x="{x - 4:.1f}" y="{y - 4:.1f}" width="8"'
        ' height="8"/>'
    )


def _legend() -> list[str]:
    parts = [_text(LEFT, 30, "Seconds of processor time for a whole command", "head")]
    for place, (side, name) in enumerate(SIDES.items()):
        x = 590 + place * 190
        parts += [
            f'<path class="line {side}" d="M{x} 25h44"/>',
            _mark(x + 22, 25, side),
            _text(x + 54, 30, name),
        ]
    return parts


def _axes(left: int, command: str, marks: list[float]) -> list[str]:
    parts = [_text(left, TOP - 22, f"db {TITLES.get(command, command)}", "head")]
    for mark in marks:
        y = _y(mark, marks)
        parts.append(f'<path class="grid" d="M{left} {y:.1f}h{PANEL}"/>')
        parts.append(_text(left - 10, y + 5, f"{mark:g}", "small", "end"))
    for size in (s for s in SIZES if math.log10(s).is_integer()):
        x = _x(left, size)
        parts.append(f'<path class="axis" d="M{x:.1f} {BOTTOM}v6"/>')
        parts.append(_text(x, BOTTOM + 24, f"{size:,}", "small", "middle"))
    parts.append(f'<path class="axis" d="M{left} {BOTTOM}h{PANEL}"/>')
    middle = left + PANEL / 2
    return [*parts, _text(middle, BOTTOM + 48, "revisions", "small", "middle")]


def _line(left: int, line: Curve, marks: list[float]) -> list[str]:
    places = [(_x(left, size), _y(time, marks)) for size, time in line.points]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    return [
        f'<path class="line {line.side}" d="M{path}"/>',
        *(_mark(x, y, line.side) for x, y in places),
    ]


def _values(left: int, lines: Sequence[Curve], marks: list[float]) -> list[str]:
    """Write the last figure of each line beside it, one not over the other."""
    parts = []
    lowest = float("inf")
    for line in sorted(lines, key=lambda line: line.points[-1][1]):
        size, time = line.points[-1]
        y = min(_y(time, marks) + 5, lowest - 16)
        lowest = y
        kind = f"value {line.side}"
        parts.append(_text(_x(left, size) + 9, y, number(time), kind))
    return parts
