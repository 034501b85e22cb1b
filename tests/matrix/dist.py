"""Build the distributions, and use each of them in an empty environment.

``python -m tests.matrix.dist`` needs the package ``build`` beside this Python. The
sdist and the wheel stay in ``dist``.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from .environments import ROOT, SetupError, clean_environ, copy_source, run_quietly
from .session import guarded, say

_SITE_CODE = "import sysconfig; print(sysconfig.get_path('purelib'))"


def build(scratch: Path) -> list[Path]:
    """Build sdist and wheel from a copy of the sources, the wheel from the sdist."""
    source = copy_source(scratch / "source")
    run_quietly([sys.executable, "-m", "build", "--outdir", "dist"], cwd=source)
    shutil.rmtree(str(ROOT / "dist"), ignore_errors=True)
    shutil.move(str(source / "dist"), str(ROOT / "dist"))
    dist = ROOT / "dist"
    built = [*dist.glob("*.tar.gz"), *dist.glob("*.whl")]
    if [path.suffix for path in built] != [".gz", ".whl"]:
        raise SetupError(f"expected an sdist and a wheel in {dist}.")
    return built


def installed_names(python: Path) -> set[str]:
    """Return what lies in the site-packages folder of an environment."""
    return set(os.listdir(run_quietly([str(python), "-c", _SITE_CODE]).strip()))


def try_out(archive: Path, scratch: Path) -> None:
    """Install an archive into an empty venv, run the example, and uninstall it.

    :raises SetupError: when one of it fails, or uninstalling leaves something.
    """
    folder = scratch / f"venv-{archive.suffix[1:]}"
    run_quietly([sys.executable, "-m", "venv", str(folder)])
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
    run_quietly([*pip, "install", "-q", "--no-input", str(archive)])
    # Outside the source tree, so that only the installed package can be found.
    examples = scratch / f"examples-{archive.suffix[1:]}"
    shutil.copytree(str(ROOT / "examples"), str(examples))
    script = str(examples / "demo.py")
    print(run_quietly([str(python), script], cwd=scratch, env=clean_environ()))
    run_quietly([*pip, "uninstall", "-q", "-y", "Flask-Migrate-Compat"])
    left = [n for n in installed_names(python) if "migrate_compat" in n.lower()]
    left += [n for n in installed_names(python) if n.endswith(".pth") and "flask" in n]
    if left:
        raise SetupError(f"uninstalling left behind: {', '.join(sorted(set(left)))}.")
    run_quietly([str(python), "-c", "import flask, alembic"])
    say(f"{archive.name}: installed, used, uninstalled without a trace")


def main() -> int:
    """Build the distributions and try both."""
    with tempfile.TemporaryDirectory(prefix="dist-") as folder:
        scratch = Path(os.path.realpath(folder))
        archives = build(scratch)
        for archive in archives:
            try_out(archive, scratch)
    say(f"{len(archives)} passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
