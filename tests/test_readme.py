"""Run what README.rst shows: write its files, run its commands, in its order."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.rst"
# Run by .ci/run, where they set up environments of their own.
OUTSIDE = ("make ", "pip ")


def blocks() -> list[tuple[str, str, str]]:
    """Return the code blocks of the README: language, name of the file, content."""
    found = []
    pattern = r"^\.\. code-block:: (\w+)\n\n((?:(?:   .*)?\n)+)"
    for language, content in re.findall(pattern, README.read_text(), re.M):
        text = re.sub(r"^   ", "", content, flags=re.M).rstrip() + "\n"
        name = re.match(r"# (\S+\.py)\n", text)
        found.append((language, name.group(1) if name else "", text))
    return found


def test_the_reader_sees_the_blocks() -> None:
    assert [block[1] for block in blocks() if block[0] == "python"] == [
        "manage.py",
        "manage.py",
        "manage.py",
        "app.py",
        "deploy.py",
        "watched.py",
    ]
    assert sum(block[0] == "console" for block in blocks()) == 12


@pytest.mark.legacy
@pytest.mark.skipif(os.name == "nt", reason="the console blocks are for a POSIX shell")
def test_everything_in_the_readme_runs(tmp_path: Path) -> None:
    env = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONWARNINGS": "ignore",
    }
    environment = "true"
    folder = tmp_path
    for language, name, text in blocks():
        if language == "python":
            # Each application has a folder of its own.
            if name in ("manage.py", "app.py"):
                folder = tmp_path / f"application{len(list(tmp_path.iterdir()))}"
                folder.mkdir()
            (folder / name).write_text(text)
            continue
        lines = text.splitlines()
        for number, line in enumerate(lines):
            if not line.startswith("$ ") or line[2:].startswith(OUTSIDE):
                continue
            command = line[2:]
            if command.startswith("export "):
                environment = command
                continue
            done = subprocess.run(
                ["sh", "-c", f"{environment} && {command}"],
                cwd=str(folder),
                env=env,
                capture_output=True,
                encoding="utf-8",
                timeout=120,
                check=False,
            )
            shown = [text for text in lines[number + 1 :] if not text.startswith("$")]
            assert done.returncode == (1 if shown else 0), done.stderr
            assert "Traceback" not in done.stderr
            if shown:
                assert done.stderr.splitlines()[-1:] == shown
            if "deploy.py" in command:
                assert "not deployed: Can't locate revision" in done.stdout
            if "watched.py" in command:
                assert done.stdout.count("begins: Add articles") == 2
