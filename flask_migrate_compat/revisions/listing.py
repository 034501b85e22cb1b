"""Answer ``heads``, ``history``, ``branches`` and ``show`` from the headers alone.

Alembic is not even imported: a fifth of the time of such a command, as the rows ``*-1``
of ``make bench`` show. The lines are those that it prints. Whenever a question is not
as simple as most are, the answer is ``None``, and Alembic is asked.
"""

from __future__ import annotations

import configparser
import contextlib
import functools
import importlib.metadata
import os
import sys
from typing import Iterable, Iterator

from . import is_known
from .folder import revision_files
from .graph import Graph, UnusualHistoryError
from .headers import Header

# Settings by which the revisions are elsewhere, or are more than the files of a folder,
# or by which env.py has a part in it.
_SETTINGS_FOR_ALEMBIC = (
    "version_locations",
    "recursive_version_locations",
    "sourceless",
    "revision_environment",
)


class Listing:
    """Know the revisions of a migrations folder, and how each is printed.

    :param graph: the revisions.
    :param paths: the files by the identifiers.
    """

    def __init__(self, graph: Graph, paths: dict[str, str]) -> None:
        self._graph = graph
        self._paths = paths

    def heads(self, verbose: bool, resolve_dependencies: bool) -> Iterator[str]:
        """Yield what ``heads`` prints.

        :param verbose: give the details.
        :param resolve_dependencies: count a dependency as a parent.
        """
        graph = self._graph
        for name in graph.real_heads if resolve_dependencies else graph.heads:
            yield self._details(name) if verbose else self._line(name, forks=False)

    def history(self, verbose: bool) -> Iterator[str]:
        """Yield what ``history`` prints, without a range.

        :param verbose: give the details.
        """
        for name in self._graph.in_order():
            if verbose:
                yield self._details(name)
            else:
                yield self._line(name, parents=True, doc=True)

    def branches(self, verbose: bool) -> Iterator[str]:
        """Yield what ``branches`` prints.

        :param verbose: give the details.
        """
        for name in self._graph.in_order():
            children = self._graph.up.get(name, ())
            if len(children) > 1:
                first = self._details(name) if verbose else self._line(name)
                arrow = " " * len(name)
                others = (
                    f"{arrow} -> {self._line(child, doc=verbose)}" for child in children
                )
                yield "\n".join([first, *others, ""])

    def show(self, revision: str) -> Iterator[str] | None:
        """Return what ``show`` prints.

        :param revision: an identifier in full, ``head`` or ``heads``.
        :returns: ``None`` for any other way to name revisions.
        """
        names: tuple[str, ...] = (revision,)
        if revision == "heads":
            names = self._graph.real_heads
        elif revision == "head":
            names = self._graph.heads
        if len(names) != 1 and revision != "heads":
            return None
        if any(name not in self._graph.headers for name in names):
            return None
        return map(self._details, names)

    @functools.cached_property
    def _labels(self) -> dict[str, set[str]]:
        return self._graph.labels()

    def _line(
        self, name: str, parents: bool = False, doc: bool = False, forks: bool = True
    ) -> str:
        header = self._graph.headers[name]
        text = name
        if parents:
            needs = f" ({', '.join(header.depends_on)})" if header.depends_on else ""
            text = f"{_parents(header)}{needs} -> {name}"
        if name in self._labels:
            text += f" ({', '.join(self._labels[name])})"
        if name not in self._graph.all_up:
            text += " (head)"
        elif name not in self._graph.up:
            text += " (effective head)"
        if forks:
            text += self._forks(header)
        return f"{text}, {_title(header)}" if doc else text

    def _forks(self, header: Header) -> str:
        """Say whether ways part or meet at a revision."""
        parts = len(self._graph.up.get(header.revision, ())) > 1
        meet = len(header.down_revisions) > 1
        return parts * " (branchpoint)" + meet * " (mergepoint)"

    def _details(self, name: str) -> str:
        header = self._graph.headers[name]
        children = self._graph.up.get(name, ())
        head = "" if children else " (head)"
        lines = [f"Rev: {name}{head}{self._forks(header)}"]
        kind = "Merges" if len(header.down_revisions) > 1 else "Parent"
        lines.append(f"{kind}: {_parents(header)}")
        if header.depends_on:
            lines.append(f"Also depends on: {', '.join(header.depends_on)}")
        if len(children) > 1:
            lines.append(f"Branches into: {', '.join(children)}")
        if name in self._labels:
            lines.append(f"Branch names: {', '.join(self._labels[name])}")
        lines.append(f"Path: {self._paths[name]}")
        doc = "\n".join(f"    {line}" for line in header.doc.strip().splitlines())
        return "\n".join([*lines, "", doc, ""])


def _parents(header: Header) -> str:
    return ", ".join(header.down_revisions) or "<base>"


def _title(header: Header) -> str:
    return header.doc.strip().partition("\n\n")[0]


def listing_of(directory: str) -> Listing | None:
    """Read a migrations folder.

    :param directory: the folder.
    :returns: ``None`` for a folder that Alembic has to read.
    """
    # Alembic takes "package:folder" for a folder of a package.
    if ":" in directory or not _has_usual_settings(directory) or not _is_known():
        return None
    files = revision_files(os.path.join(directory, "versions"))
    if files is None:
        return None
    headers = [file.header for file in files if file.header is not None]
    if len(headers) < len(files):
        return None
    try:
        graph = Graph(headers)
    except UnusualHistoryError:
        return None
    return Listing(
        graph, {one.revision: file.path for one, file in zip(headers, files)}
    )


def _is_known() -> bool:
    """Tell whether the installed Alembic puts a history in the same order."""
    try:
        version = importlib.metadata.version("alembic").split(".")
        return is_known([int(number) for number in version[:2]])
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return False


def print_lines(lines: Iterable[str]) -> None:
    """Print as Alembic does: what the terminal cannot show becomes a question mark.

    :param lines: what to print.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    with contextlib.suppress(OSError):  # nobody reads any more, as behind "| head"
        for line in lines:
            sys.stdout.write(f"{line}\n".encode(encoding, "replace").decode(encoding))


def _has_usual_settings(directory: str) -> bool:
    path = os.path.join(directory, "alembic.ini")
    parser = configparser.ConfigParser(interpolation=None)
    try:
        with open(path, encoding="utf-8") as file:
            parser.read_file(file)
        settings = parser["alembic"] if "alembic" in parser else parser.defaults()
        return not any(name in settings for name in _SETTINGS_FOR_ALEMBIC)
    except FileNotFoundError:
        return True
    except (OSError, UnicodeDecodeError, configparser.Error):
        return False
