"""Tell Alembic's revision scripts from other Python files."""

from __future__ import annotations

import re

from ..source import Source

_ASSIGNMENT = r"^{}[ \t]*(?::[^=\r\n]*)?=(?!=)"
_REVISION = re.compile(_ASSIGNMENT.format("revision"), re.MULTILINE)
_DOWN_REVISION = re.compile(_ASSIGNMENT.format("down_revision"), re.MULTILINE)
_ALEMBIC = re.compile(r"^\s*(?:from|import)\s+alembic\b", re.MULTILINE)


def is_revision_script(source: Source) -> bool:
    """Tell whether a file is a revision script.

    By what Alembic needs it to assign, and by an import of Alembic: without ``op`` it
    does nothing to a database that could be old.

    :param source: the file; it need not be Python that can be parsed.
    """
    text = source.text
    return bool(
        source.is_python
        and _REVISION.search(text)
        and _DOWN_REVISION.search(text)
        and _ALEMBIC.search(text)
    )
