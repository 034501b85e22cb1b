"""What the tests of the bridge have in common."""

from __future__ import annotations

from typing import Any

import pytest
from flask_script import Manager

from .applications import make_app


@pytest.fixture
def manager() -> Any:
    """Return a Manager without commands."""
    return Manager(make_app(), with_default_commands=False)
