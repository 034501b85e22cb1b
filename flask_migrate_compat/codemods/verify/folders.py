"""To which migrations folders the changed files belong."""

from __future__ import annotations

from pathlib import Path
from typing import Iterable

from ..engine import Outcome
from ..revisions.script import is_revision_script
from ..source import Source
from . import VerifyError


def changed_folders(changed: Iterable[Outcome]) -> dict[Path, dict[Path, str]]:
    """Return the new texts of the changed revisions, by migrations folder and path.

    :param changed: the files that are changed, revisions and others.
    :raises VerifyError: when a revision is in no folder ``versions``.
    """
    folders: dict[Path, dict[Path, str]] = {}
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
        folders.setdefault(parents[-1].parent, {})[path] = outcome.after
    return folders
