"""List the revisions of a folder."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from .headers import Header, read_header
from .index import SMALLEST, Entries, read_index, stamp_of, write_index

# The files that Alembic takes for revisions.
_REVISION_FILE = re.compile(r"(?!\.#|__init__).*\.py$")


class RevisionFile(NamedTuple):
    """Stand for one file.

    :param path: where it is.
    :param header: what it says; ``None`` when it has to be imported to know.
    """

    path: str
    header: Header | None


def revision_files(folder: str) -> list[RevisionFile] | None:
    """Return the files of a folder in the order of their names, with their headers.

    :param folder: a folder with revisions, not one with folders of revisions.
    :returns: the files; ``None`` for what is left to Alembic: a folder that cannot be
        read, or one with symbolic links, which may lead to the same file twice.
    """
    try:
        folder = os.path.realpath(folder)
        with os.scandir(folder) as entries:
            found = {
                entry.name: entry
                for entry in entries
                if _REVISION_FILE.match(entry.name)
            }
        if any(not entry.is_file(follow_symlinks=False) for entry in found.values()):
            return None
        return _with_headers(folder, found)
    except OSError:
        return None


def _with_headers(
    folder: str, found: dict[str, os.DirEntry[str]]
) -> list[RevisionFile]:
    known = read_index(folder) if len(found) >= SMALLEST else {}
    entries: Entries = {}
    changed = 0
    for name in sorted(found):
        stamp = stamp_of(found[name].stat(follow_symlinks=False))
        entry = known.get(name)
        if entry is None or entry[0] != stamp:
            changed += 1
            entry = stamp, _header_of(found[name].path)
        entries[name] = entry
    write_index(folder, entries, changed)
    return [
        RevisionFile(found[name].path, header) for name, (_, header) in entries.items()
    ]


def _header_of(path: str) -> Header | None:
    with open(path, "rb", buffering=0) as file:
        return read_header(file.read())
