"""Run one rule on a text, in each of the forms that a file may have."""

from __future__ import annotations

import textwrap

from flask_migrate_compat.codemods.engine import find, rewrite
from flask_migrate_compat.codemods.rule import Finding, Rule
from flask_migrate_compat.codemods.source import Source

#: How a file may be laid out; every case is run in all of them.
LAYOUTS = {
    "as it is": lambda text: text,
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "tabs": lambda text: text.replace("    ", "\t"),
    "no last line end": lambda text: text[:-1] if text.endswith("\n") else text,
}


def source(text: str, path: str = "app.py", is_python: bool = True) -> Source:
    """Make a source of an indented text."""
    return Source(path, textwrap.dedent(text).lstrip("\n"), is_python)


def assert_unchanged(
    rule: Rule, text: str, path: str = "app.py", is_python: bool = True
) -> None:
    """Make sure that a rule finds nothing in a text."""
    for layout in LAYOUTS.values():
        one = source(text, path, is_python)
        one = one.with_text(layout(one.text))
        assert find(one, [rule]) == []
        assert rewrite(one, [rule]).text == one.text


def assert_rewritten(
    rule: Rule, before: str, after: str, path: str = "app.py", is_python: bool = True
) -> None:
    """Make sure that a rule changes one text into another, and leaves nothing.

    The result can be parsed, a second run changes nothing, and all this holds with
    Windows line ends and with tabs, too.
    """
    for name, layout in LAYOUTS.items():
        first = source(before, path, is_python)
        first = first.with_text(layout(first.text))
        expected = layout(source(after).text)
        result = rewrite(first, [rule])
        assert result.text == expected
        assert rewrite(result, [rule]).text == result.text
        if is_python:
            compile(result.text, path, "exec", dont_inherit=True)
        if name == "as it is":
            assert any(finding.is_rewritten for finding in find(first, [rule]))
            assert not [one for one in find(result, [rule]) if one.is_rewritten]


def assert_left(
    rule: Rule, text: str, *reasons: str, path: str = "app.py", is_python: bool = True
) -> list[Finding]:
    """Make sure that a rule reports places that it does not change.

    :param reasons: a part of the reason of each, in their order.
    """
    for layout in LAYOUTS.values():
        one = source(text, path, is_python)
        one = one.with_text(layout(one.text))
        assert rewrite(one, [rule]).text == one.text
        findings = find(one, [rule])
        assert len(findings) == len(reasons), findings
        for finding, reason in zip(findings, reasons):
            assert reason in finding.reason
    return findings
