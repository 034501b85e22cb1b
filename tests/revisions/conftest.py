"""What the tests of the revisions have in common."""

from ..running.conftest import folder

__all__ = ["folder"]
