"""What an installation brings, and what is left when it is taken away."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent
START_UP = "flask_migrate_compat.pth"
SOURCES = ("flask_migrate_compat", "tests", "setup.py", "setup.cfg", "pyproject.toml")
TEXTS = ("MANIFEST.in", "LICENSE", "README.rst", "CHANGES.rst")

pytestmark = pytest.mark.skipif(
    not (SOURCE / "flask_migrate_compat").exists(),
    reason="the tests were copied away from the source tree, which this one builds",
)
needs_legacy = pytest.mark.skipif(
    not (SOURCE / "flask_migrate_compat" / "legacy").exists(),
    reason="the legacy folder is gone, and the start-up file with it",
)


def build_options() -> list[str]:
    """Build with the tools of this environment, which is fast, where it has them."""
    if find_spec("setuptools") is None:
        return []
    version = importlib.metadata.version("setuptools")
    numbers = tuple(int(number) for number in version.split(".")[:2])
    if numbers >= (70, 1) or (numbers >= (64, 0) and find_spec("wheel") is not None):
        return ["--no-build-isolation", "--no-index"]
    return []


def run(*argv: object, **env: str) -> str:
    """Run a program that must succeed, and return what it printed."""
    # The tests may stand on PYTHONPATH, and turn warnings of pip's into noise.
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    result = subprocess.run(
        [str(argument) for argument in argv],
        env={**kept, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=300,
    )
    assert result.returncode == 0, result.stdout
    return result.stdout


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Copy the source tree: a build leaves its traces in it."""
    copy = tmp_path / "source"
    copy.mkdir()
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in SOURCES:
        path = SOURCE / name
        if path.is_dir():
            shutil.copytree(path, copy / name, ignore=ignored)
        else:
            shutil.copy(path, copy)
    for name in TEXTS:
        path = SOURCE / name
        (copy / name).write_text(
            path.read_text("utf-8") if path.exists() else "", "utf-8"
        )
    return copy


class Environment:
    """A virtual environment that sees the packages of the tests, but not this one.

    :param folder: where to make it.
    """

    def __init__(self, folder: Path) -> None:
        run(sys.executable, "-m", "venv", "--without-pip", folder)
        scripts = "Scripts" if os.name == "nt" else "bin"
        self.python = folder / scripts / "python"
        self.packages = Path(
            run(
                self.python,
                "-c",
                "import sysconfig; print(sysconfig.get_paths()['purelib'])",
            ).strip()
        )
        # A path file adds a folder, but runs none of the .pth files in it: where this
        # package is installed for the tests, its start-up file stays without effect.
        self.libraries = self.packages / "libraries.pth"
        self.libraries.write_text(sysconfig.get_paths()["purelib"] + "\n")
        self.before = self.files()

    def files(self) -> set[str]:
        return {
            path.relative_to(self.packages).as_posix()
            for path in self.packages.rglob("*")
            if "__pycache__" not in path.parts
        }

    def pip(self, *argv: object) -> str:
        return run(self.python, "-m", "pip", "--disable-pip-version-check", *argv)

    def install(self, *argv: object) -> None:
        self.pip(
            "install", "--quiet", "--no-deps", "--ignore-installed",
            *build_options(), *argv,
        )  # fmt: skip

    def served(self) -> str:
        """Return the file of our package, when Python serves the old names."""
        out = run(
            self.python,
            "-c",
            "import sys; from flask.ext.script import Manager;"
            "import flask_migrate_compat as package;"
            "assert type(sys.meta_path[0]).__name__ == 'Finder';"
            "print(package.__file__)",
        )
        # Before it there may be a warning: Flask 0.12 shows its own in any case.
        return out.splitlines()[-1]


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    return Environment(tmp_path / "environment")


def wheel(source: Path, folder: Path) -> Path:
    run(
        sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet",
        "--no-deps", *build_options(), "-w", folder, source,
    )  # fmt: skip
    (made,) = folder.glob("*.whl")
    return made


@needs_legacy
def test_a_wheel_serves_the_old_names_and_leaves_nothing(
    tmp_path: Path, source: Path, environment: Environment
) -> None:
    made = wheel(source, tmp_path / "wheel")
    with zipfile.ZipFile(made) as archive:
        names = archive.namelist()
    assert START_UP in names
    assert not [name for name in names if name.startswith("tests")]
    environment.install(made)
    assert (environment.packages / START_UP).exists()
    assert environment.served().startswith(str(environment.packages))
    environment.pip("uninstall", "--quiet", "--yes", "Flask-Migrate-Compat")
    assert environment.files() == environment.before


@needs_legacy
def test_an_editable_install_serves_the_old_names_and_leaves_nothing(
    source: Path, environment: Environment
) -> None:
    environment.install("-e", source)
    assert (environment.packages / START_UP).exists()
    assert environment.served().startswith(str(source))
    assert not (source / START_UP).exists()
    environment.pip("uninstall", "--quiet", "--yes", "Flask-Migrate-Compat")
    assert environment.files() == environment.before


@needs_legacy
def test_a_source_distribution_builds_the_same_wheel(
    tmp_path: Path, source: Path
) -> None:
    direct = wheel(source, tmp_path / "direct")
    tools = tmp_path / "tools"
    if not build_options():
        run(sys.executable, "-m", "pip", "-q", "install", "-t", tools, "setuptools>=64")
    run(
        sys.executable,
        "-c",
        "import os, sys; os.chdir(sys.argv[1]);"
        "from setuptools import build_meta; build_meta.build_sdist(sys.argv[2])",
        source,
        tmp_path,
        PYTHONPATH=str(tools),
    )
    (made,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(made) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    assert f"flask_migrate_compat/legacy/{START_UP}" in names
    indirect = wheel(made, tmp_path / "indirect")
    with zipfile.ZipFile(direct) as one, zipfile.ZipFile(indirect) as other:
        assert sorted(one.namelist()) == sorted(other.namelist())


@pytest.mark.parametrize("editable", [False, True])
def test_without_the_legacy_folder_there_is_no_start_up_file(
    source: Path, environment: Environment, editable: bool
) -> None:
    shutil.rmtree(source / "flask_migrate_compat" / "legacy", ignore_errors=True)
    environment.install(*(["-e"] if editable else []), source)
    assert not (environment.packages / START_UP).exists()
    run(environment.python, "-c", "import flask_migrate_compat")
