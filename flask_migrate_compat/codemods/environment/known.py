"""The releases of Flask-Migrate, and the one whose ``env.py`` is nearest to a file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path
from typing import Any, Mapping

from .units import Parsed, Piece, Unit

PATH = Path(__file__).with_name("known.json")
#: The two functions in which the releases call Alembic.
RUN_FUNCTIONS = ("run_migrations_offline", "run_migrations_online")
# A file that has less of a release than this was written by its owner.
_LEAST = 1 / 3


@dataclass(frozen=True)
class KnownPiece:
    """A statement of a release: the name of a function, and the hashes of its units."""

    name: str
    hashes: tuple[str, ...]


@dataclass(frozen=True)
class Release:
    """The ``env.py`` of some releases that follow one another.

    :param template: the name of the template: ``flask-multidb``.
    :param first: the first release.
    :param last: the last release.
    :param imports: the hashes of its imports.
    :param pieces: its other statements.
    """

    template: str
    first: str
    last: str
    imports: frozenset[str]
    pieces: tuple[KnownPiece, ...]

    @property
    def versions(self) -> str:
        """Return the releases for a reader."""
        return self.first if self.first == self.last else f"{self.first} to {self.last}"

    @property
    def size(self) -> int:
        """Return how many units it has, without imports."""
        return sum(len(piece.hashes) for piece in self.pieces)

    @property
    def is_multidb(self) -> bool:
        """Tell whether it is for several databases."""
        return self.template.endswith("-multidb")

    def is_before(self, *version: int) -> bool:
        """Tell whether its last release is older than a version."""
        return tuple(int(part) for part in self.last.split(".")) < version


@dataclass(frozen=True)
class Known:
    """What is known of all releases.

    :param labels: the hash of a unit -> what it is, in words and names.
    :param of_extension: the hashes of units that ask the Flask application, by which
        an ``env.py`` of Flask-Migrate differs from one of Alembic.
    :param comments: the hashes of their comments.
    :param releases: the releases, the oldest first.
    :param options: the options of ``alembic.ini``, ``section.key`` -> hashes of values.
    """

    labels: Mapping[str, str]
    of_extension: frozenset[str]
    comments: frozenset[str]
    releases: tuple[Release, ...]
    options: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: Any) -> Known:
        """Make it of what ``known.json`` holds."""
        hashes = [one for one, _ in data["units"]]
        releases = tuple(
            Release(
                one["template"],
                one["first"],
                one["last"],
                frozenset(hashes[number] for number in one["imports"]),
                tuple(
                    KnownPiece(name, tuple(hashes[number] for number in numbers))
                    for name, *numbers in one["pieces"]
                ),
            )
            for one in data["releases"]
        )
        return cls(
            dict(data["units"]),
            frozenset(data["of_extension"]),
            frozenset(data["comments"]),
            releases,
            {name: frozenset(values) for name, values in data["options"].items()},
        )


@lru_cache(maxsize=None)
def known() -> Known:
    """Read the table."""
    return Known.from_json(json.loads(PATH.read_text(encoding="utf-8")))


@dataclass
class Difference:
    """What a file has more and less than a release.

    :param release: the release.
    :param imports: the imports that only the file has.
    :param pieces: the statements that only the file has.
    :param missing: the statements that only the release has.
    :param functions: the functions that both have, and that differ.
    :param missing_imports: the imports that only the release has.
    :param matched: the statements that both have.
    """

    release: Release
    imports: list[Unit] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    missing: list[KnownPiece] = field(default_factory=list)
    functions: list[FunctionDifference] = field(default_factory=list)
    missing_imports: list[str] = field(default_factory=list)
    matched: list[Piece] = field(default_factory=list)

    @property
    def is_nothing(self) -> bool:
        """Tell whether the file is that of the release, up to unused imports."""
        return not (self.imports or self.pieces or self.missing or self.functions)

    @property
    def lost(self) -> int:
        """Return how many units of the release the file has not."""
        return sum(len(piece.hashes) for piece in self.missing) + sum(
            len(function.removed) for function in self.functions
        )

    @property
    def distance(self) -> int:
        """Return how far the file is from the release."""
        own = len(self.imports) + len(self.missing_imports)
        own += sum(len(piece.units) for piece in self.pieces)
        return own + self.lost + sum(len(one.added) for one in self.functions)

    def lines(self) -> list[int]:
        """Return the lines that are the user's own."""
        units = [*self.imports]
        for function in self.functions:
            units += function.added
        lines = {unit.line for unit in units}
        for piece in self.pieces:
            last = max(unit.line for unit in piece.units)
            lines |= set(range(piece.line, last + 1))
        return sorted(lines)


@dataclass
class FunctionDifference:
    """What a function has more and less than that of a release."""

    piece: Piece
    added: list[Unit]
    removed: list[str]


def difference(parsed: Parsed, release: Release) -> Difference:
    """Compare a file with a release."""
    result = Difference(release)
    result.imports = [one for one in parsed.imports if one.hash not in release.imports]
    found = {one.hash for one in parsed.imports}
    result.missing_imports = sorted(release.imports - found)
    ours = [piece.hashes for piece in parsed.pieces]
    theirs = [piece.hashes for piece in release.pieces]
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    for kind, start, end, their_start, their_end in matcher.get_opcodes():
        if kind == "equal":
            result.matched += parsed.pieces[start:end]
        else:
            result.pieces += parsed.pieces[start:end]
            result.missing += release.pieces[their_start:their_end]
    _pair_functions(result)
    return result


def _pair_functions(result: Difference) -> None:
    """Compare the functions that both have from the inside."""
    for piece in list(result.pieces):
        same = [one for one in result.missing if one.name and one.name == piece.name]
        if len(same) != 1:
            continue
        result.pieces.remove(piece)
        result.missing.remove(same[0])
        ours, theirs = piece.hashes, same[0].hashes
        added: list[Unit] = []
        removed: list[str] = []
        matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
        for kind, start, end, their_start, their_end in matcher.get_opcodes():
            if kind != "equal":
                added += piece.units[start:end]
                removed += theirs[their_start:their_end]
        # The order of the arguments of a call means nothing.
        for unit in list(added):
            if unit.keyword and unit.hash in removed:
                added.remove(unit)
                removed.remove(unit.hash)
        if added or removed:
            result.functions.append(FunctionDifference(piece, added, removed))


def nearest(parsed: Parsed, table: Known) -> Difference | None:
    """Return how a file differs from the release that is nearest to it.

    :returns: nothing when it is not an ``env.py`` of Flask-Migrate.
    """
    hashes = {one for piece in parsed.pieces for one in piece.hashes}
    if not hashes & table.of_extension:
        return None
    everything = [difference(parsed, release) for release in table.releases]
    # Of two that are equally near, the newer one: it asks for less.
    best = min(reversed(everything), key=lambda one: one.distance, default=None)
    if best is None or best.lost > best.release.size * (1 - _LEAST):
        return None
    return best
