"""To which migrations folders the changed files belong."""

from __future__ import annotations

from pathlib import Path
from typing import Iterable

from ..engine import Outcome
from ..files import File, FileError, read
from ..revisions.script import is_revision_script
from ..source import Source, UnreadableError
from . import VerifyError


def changed_folders(
    changed: Iterable[Outcome],
) -> dict[Path, dict[Path, bytes]]:
    """Return the new content of the changed revisions, by migrations folder and path.

    :param changed: the files that are changed, revisions and others.
    :raises VerifyError: when a revision is in no folder ``versions``, or cannot be read
        any more.
    """
    folders: dict[Path, dict[Path, bytes]] = {}
    for outcome in changed:
        path = Path(outcome.path)
        if path.suffix != ".py" or not is_revision_script(
            Source(outcome.path, outcome.before)
        ):
            continue
        parents = [one for one in path.absolute().parents if one.name == "versions"]
        if not parents:
            raise VerifyError(
                f"The revision {outcome.path} is in no folder 'versions', so the chain"
                " that it belongs to is not known.",
                "Leave it out with --exclude, or write without --verify.",
            )
        try:
            data = read(File(outcome.path)).with_text(outcome.after).encode()
        except (FileError, UnreadableError) as error:
            reason = f"{outcome.path} {error}."
            raise VerifyError(reason, "Run the command again.") from error
        folders.setdefault(parents[0].parent, {})[path] = data
    return folders
