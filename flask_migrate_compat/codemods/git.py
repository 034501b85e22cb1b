"""Whether git could give back what is about to be changed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Sequence


def objection(paths: Sequence[str]) -> str:
    """Return why files had better not be changed now, or nothing.

    A change can be looked at and undone when git has the files and nothing else is
    changed. Outside of git there is no objection.

    :param paths: the files that are to be changed.
    """
    trees: dict[Path, list[Path]] = {}
    for path in paths:
        real = Path(os.path.realpath(path))
        top = next((one for one in real.parents if (one / ".git").exists()), None)
        if top is not None:
            trees.setdefault(top, []).append(real)
    for top, files in trees.items():
        reason = _objection_of(top, files)
        if reason:
            return reason
    return ""


def _objection_of(top: Path, files: Sequence[Path]) -> str:
    try:
        changed = _git(top, "status", "--porcelain", "-z", "--untracked-files=no")
        if changed:
            return f"the git tree {top} has changes that are not committed"
        # A letter before each name; a small one, or S, is a file that status passes by.
        known = {one[2:]: one[0] for one in _git(top, "ls-files", "-v", "-z")}
    except (OSError, subprocess.CalledProcessError) as error:
        said = os.fsdecode(getattr(error, "stderr", None) or b"") or str(error)
        return f"git cannot tell the state of {top} ({' '.join(said.split())})"
    for file in files:
        name = file.relative_to(top).as_posix()
        if name not in known:
            return f"{name} is not under version control, in the git tree {top}"
        if known[name].islower() or known[name] == "S":
            return f"git was told not to look at {name}, in the git tree {top}"
    return ""


def _git(top: Path, *arguments: str) -> list[str]:
    done = subprocess.run(
        ["git", "-C", str(top), *arguments],
        check=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    return [os.fsdecode(one) for one in done.stdout.split(b"\0") if one]
