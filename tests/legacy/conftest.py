"""What the tests of the legacy room share."""

from __future__ import annotations

from pathlib import Path

import pytest

from .interpreter import Interpreter
from .parsers import PARSERS


@pytest.fixture(params=PARSERS.values(), ids=PARSERS)
def python(request: pytest.FixtureRequest, tmp_path: Path) -> Interpreter:
    interpreter = Interpreter(tmp_path)
    interpreter.start_up(before=request.param)
    return interpreter
