"""The comments of an ``env.py``: which are the owner's own."""

from __future__ import annotations

import hashlib
import io
import re
import tokenize

# Said to a tool about the line, and of no use on another one.
_TO_TOOLS = re.compile(
    r"#\s*(?:noqa|type:|pylint:|isort:|flake8:|pragma|fmt:|nosec|mypy:|ruff:)", re.I
)


def comments(text: str) -> list[tuple[int, str]]:
    """Return line and text of each comment."""
    return [
        (token.start[0], token.string)
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT
    ]


def comment_hash(comment: str) -> str:
    """Return a short hash of a comment, without its sign and outer spaces."""
    plain = " ".join(comment.lstrip("#").split())
    return hashlib.sha256(plain.encode()).hexdigest()[:8]


def own_comments(text: str, known: frozenset[str]) -> list[tuple[int, str]]:
    """Return the comments that no release has, and that are for a reader."""
    return [
        (line, comment)
        for line, comment in comments(text)
        if comment_hash(comment) not in known
        and comment.strip("# \t")
        and not _TO_TOOLS.match(comment)
    ]
