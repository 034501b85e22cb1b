"""Run the program in this process, in a folder of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, NamedTuple

import pytest
from hypothesis import HealthCheck, settings

from flask_migrate_compat.codemods.cli import program

# How long an example takes says nothing: the first ones import and parse.
settings.register_profile(
    "codemods", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("codemods")
# The idioms are those that the legacy room is tested with, which is to be deletable.
LEGACY = Path(__file__).parents[1] / "legacy"
collect_ignore = [] if LEGACY.exists() else ["test_revision_idioms.py"]


class Result(NamedTuple):
    """What the program has said."""

    status: int
    output: str
    errors: str


Run = Callable[..., Result]


@pytest.fixture
def run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Return a function that runs the program in ``tmp_path``."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Result:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            program.main(list(arguments), prog_name="flask-migrate-compat")
        captured = capsys.readouterr()
        return Result(int(ended.value.code or 0), captured.out, captured.err)

    return call
