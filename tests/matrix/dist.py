"""Build the distributions, and use each of them in an empty environment.

``python -m tests.matrix.dist`` needs git, and the packages ``build`` and ``pre-commit``
beside this Python. The sdist and the wheel stay in ``dist``. The hooks of pre-commit,
which installs from a git repository, are tried as well.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .environments import ROOT, SetupError, clean_environ, copy_source, run_quietly
from .session import guarded, say

# A hidden file, which the copy of the sources has not.
MANIFEST = ".pre-commit-hooks.yaml"
# A line that is old, and what becomes of it.
OLD = 'EXTENSIONS = ["flask.ext.mail"]\n'
NEW = 'EXTENSIONS = ["flask_mail"]\n'
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
    run_quietly([*pip, "install", "-q", "--no-input", f"{archive}[codemods]"])
    # Outside the source tree, so that only the installed package can be found.
    examples = scratch / f"examples-{archive.suffix[1:]}"
    shutil.copytree(str(ROOT / "examples"), str(examples))
    script = str(examples / "demo.py")
    print(run_quietly([str(python), script], cwd=scratch, env=clean_environ()))
    old = scratch / f"old-{archive.suffix[1:]}.py"
    old.write_text(OLD)
    program = str(python.with_name("flask-migrate-compat"))
    run_quietly([program, "rewrite", "--write", str(old)], env=clean_environ())
    if old.read_text() != NEW:
        raise SetupError(f"{program} has not rewritten {old}.")
    run_quietly([*pip, "uninstall", "-q", "-y", "Flask-Migrate-Compat"])
    left = [n for n in installed_names(python) if "migrate_compat" in n.lower()]
    left += [n for n in installed_names(python) if n.endswith(".pth") and "flask" in n]
    if left:
        raise SetupError(f"uninstalling left behind: {', '.join(sorted(set(left)))}.")
    run_quietly([str(python), "-c", "import flask, alembic"])
    say(f"{archive.name}: installed, used, uninstalled without a trace")


def commit_all(folder: Path) -> None:
    """Make a git repository of a folder."""
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "All"]):
        run_quietly([*git, *command], cwd=folder)


def try_hooks(scratch: Path) -> None:
    """Let pre-commit install both hooks, and run each on a file that is old.

    :raises SetupError: when a hook does not find it, or does not change it.
    """
    hooks = copy_source(scratch / "hooks")
    shutil.copy(str(ROOT / MANIFEST), str(hooks))
    user = scratch / "user"
    user.mkdir()
    (user / "app.py").write_text(OLD)
    for folder in (hooks, user):
        commit_all(folder)
    environ = {**clean_environ(), "PRE_COMMIT_HOME": str(scratch / "pre-commit")}
    command = [sys.executable, "-m", "pre_commit", "try-repo", str(hooks)]
    for hook, expected in (("scan", OLD), ("rewrite", NEW)):
        done = subprocess.run(
            [*command, f"flask-migrate-compat-{hook}", "--all-files"],
            cwd=str(user),
            env=environ,
            capture_output=True,
            text=True,
        )
        # A hook fails when it finds something, and when it changes something.
        told = "FMC102" in done.stdout if hook == "scan" else "rewritten" in done.stdout
        if done.returncode != 1 or not told:
            raise SetupError(f"the hook {hook}: {done.stdout}{done.stderr}")
        if (user / "app.py").read_text() != expected:
            raise SetupError(f"after the hook {hook}, app.py is not {expected!r}.")
    say("the hooks of pre-commit: both find and change what is old")


def main() -> int:
    """Build the distributions and try both, and the hooks."""
    with tempfile.TemporaryDirectory(prefix="dist-") as folder:
        scratch = Path(os.path.realpath(folder))
        archives = build(scratch)
        for archive in archives:
            try_out(archive, scratch)
        try_hooks(scratch)
    say(f"{len(archives) + 1} passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
