"""Download the releases of Flask-Migrate and find the templates that differ.

Only the package index's own client is used, and nothing of what is downloaded is kept
in the source tree: the archives lie below ``.stacks`` and are read where they are.
"""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Iterator

from .environments import STACKS_DIR, SetupError, run_quietly

DISTRIBUTION = "Flask-Migrate"
ARCHIVES = STACKS_DIR / "sdists" / f"{DISTRIBUTION}-releases"
#: The files of a template that decide how a migrations folder behaves.
FILES = ("env.py", "alembic.ini.mako", "script.py.mako")
# An archive's name in the spellings of 2013 and of today.
_ARCHIVE = re.compile(
    r"flask[-_]migrate-(?P<version>\d+(?:\.\d+)*)[-.](?:tar|zip|py)", re.I
)
_MEMBER = re.compile(r"(?:^|/)templates/([^/]+)/([^/]+)$")


@dataclass(frozen=True)
class Variant:
    """Describe the releases that generated the same migrations folder.

    :param template: the name of the template, ``flask-multidb`` for example.
    :param releases: the releases that have it, the oldest first.
    :param folder: where its files were put for this run.
    """

    template: str
    releases: tuple[str, ...]
    folder: str

    @property
    def name(self) -> str:
        """Return ``first-last`` of the releases."""
        first, last = self.releases[0], self.releases[-1]
        return first if first == last else f"{first} to {last}"

    @property
    def is_multidb(self) -> bool:
        """Tell whether it is for several databases."""
        return self.template.endswith("-multidb")

    @property
    def is_async(self) -> bool:
        """Tell whether it needs asynchronous engines."""
        return self.template.startswith("aio")

    def to_json(self) -> str:
        """Return the text that :meth:`from_json` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Variant:
        """Read what :meth:`to_json` wrote."""
        data = json.loads(text)
        return cls(data["template"], tuple(data["releases"]), data["folder"])


def version_key(version: str) -> tuple[int, ...]:
    """Return what versions are sorted by."""
    return tuple(int(part) for part in version.split("."))


def released_versions(python: Path) -> list[str]:
    """Ask the package index for the versions of Flask-Migrate, the oldest first.

    :raises SetupError: when it cannot be reached.
    """
    command = [str(python), "-m", "pip", "index", "versions", DISTRIBUTION]
    output = run_quietly([*command, "--disable-pip-version-check"])
    match = re.search(r"^Available versions: (.+)$", output, re.M)
    if match is None:
        raise SetupError(f"pip lists no version of {DISTRIBUTION}.")
    return sorted(match.group(1).split(", "), key=version_key)


def download(python: Path) -> dict[str, Path]:
    """Return version -> archive, for all releases; each is downloaded once.

    :param python: an interpreter with pip and setuptools.
    :raises SetupError: when the package index cannot be reached.
    """
    wanted = released_versions(python)
    missing = [version for version in wanted if version not in archives()]
    for version in missing:
        # Without isolation: pip would set up a build environment for each of them.
        pip = [str(python), "-m", "pip", "download", "-q", "--no-input", "--no-deps"]
        pip += ["--no-build-isolation", "--disable-pip-version-check"]
        run_quietly([*pip, "-d", str(ARCHIVES), f"{DISTRIBUTION}=={version}"])
    found = archives()
    return {version: found[version] for version in wanted}


def archives() -> dict[str, Path]:
    """Return version -> archive, for those that are here."""
    found = {}
    for path in sorted(ARCHIVES.glob("*")):
        match = _ARCHIVE.match(path.name)
        if match:
            found[match.group("version")] = path
    return found


def templates_in(archive: Path) -> dict[str, dict[str, bytes]]:
    """Return template -> file name -> content, read from a wheel, zip or tar file."""
    templates: dict[str, dict[str, bytes]] = {}
    for name, content in _members(archive):
        match = _MEMBER.search(name)
        if match and match.group(2) in FILES:
            templates.setdefault(match.group(1), {})[match.group(2)] = content
    return templates


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    if zipfile.is_zipfile(str(archive)):
        with zipfile.ZipFile(str(archive)) as file:
            for name in file.namelist():
                yield name, file.read(name)
        return
    with tarfile.open(str(archive)) as tar:
        for member in tar:
            extracted = tar.extractfile(member) if member.isfile() else None
            if extracted is not None:
                yield member.name, extracted.read()


def distinct(found: dict[str, Path], target: Path) -> list[Variant]:
    """Write each distinct template once and say which releases have it.

    :param found: version -> archive.
    :param target: a folder that goes away after the run.
    """
    releases: dict[tuple[str, str], list[str]] = {}
    contents: dict[tuple[str, str], dict[str, bytes]] = {}
    for version in sorted(found, key=version_key):
        for template, files in templates_in(found[version]).items():
            text = b"\0".join(files.get(name, b"") for name in FILES)
            key = template, hashlib.sha256(text.replace(b"\r\n", b"\n")).hexdigest()
            releases.setdefault(key, []).append(version)
            contents[key] = files
    variants = []
    for (template, _), versions in releases.items():
        folder = target / template / versions[0]
        folder.mkdir(parents=True)
        for name, content in contents[template, _].items():
            (folder / name).write_bytes(content)
        variants.append(Variant(template, tuple(versions), str(folder)))
    order = ("flask", "flask-multidb")
    return sorted(
        variants,
        key=lambda v: (v.template not in order, v.template, version_key(v.releases[0])),
    )
