"""What a run knows about the one before it."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from flask import Flask

from flask_migrate_compat import commands

from ...test_commands import app, write  # noqa: F401  # app is a fixture


def test_a_failed_run_leaves_nothing_to_the_next(app: Flask) -> None:  # noqa: F811

    commands.init()
    write("a1", upgrade="raise LookupError('mine')")
    with pytest.raises(LookupError, match="mine"):
        commands.upgrade()
    # The connection that env.py opens now is not the second one of a revision.
    Path("migrations", "versions", "a1.py").unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        commands.migrate()
        commands.current()
