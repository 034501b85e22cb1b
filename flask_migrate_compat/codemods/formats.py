"""A report as text, JSON, SARIF, and notes of GitHub."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Sequence
from urllib.parse import quote

from .engine import UNREADABLE
from .rule import Finding
from .rules import RULES
from .summary import closing_line, lines, table

_UNREADABLE_SUMMARY = "the file cannot be read, so nobody knows what is old in it"


def as_text(findings: Sequence[Finding], files: int) -> str:
    """Return a line for each finding, a table of the rules, and a closing line.

    :param findings: all of them, sorted.
    :param files: how many files were read.
    """
    parts = [line(finding) for finding in findings]
    if findings:
        parts += ["", table(findings), ""]
    return "\n".join([*parts, closing_line(findings, files)])


def line(finding: Finding) -> str:
    """Return a finding as one line, ``path:line:column: code what``.

    The reason of what ``rewrite`` leaves follows, and more lines if it has a detail.
    """
    text = f"{finding.path}:{finding.line}:{finding.column}: {finding.rule} "
    more = "".join(f"\n    {one}".rstrip() for one in finding.detail.splitlines())
    return text + _sentence(finding) + more


def as_json(findings: Sequence[Finding], files: int) -> str:
    """Return a document of JSON; its ``version`` grows when a field changes meaning."""
    document = {
        "version": 1,
        "files": files,
        "findings": [
            {
                "path": finding.path,
                "line": finding.line,
                "column": finding.column,
                "rule": finding.rule,
                "message": finding.message,
                "blocks": finding.blocks or None,
                "rewritten": finding.is_rewritten,
                "reason": finding.reason or None,
                "detail": finding.detail or None,
            }
            for finding in findings
        ],
        "rules": [
            {
                "rule": one.code,
                "name": one.name,
                "places": one.places,
                "files": one.files,
                "rewritten": one.rewritten,
                "left": one.left,
                "blocks": list(one.blocks),
            }
            for one in lines(findings)
        ],
        "summary": closing_line(findings, files),
    }
    return json.dumps(document, indent=2)


def as_sarif(findings: Sequence[Finding], files: int) -> str:
    """Return a document of SARIF 2.1.0, as code scanning services read it."""
    rules: list[dict[str, Any]] = [
        {
            "id": rule.code,
            "name": rule.name,
            "shortDescription": {"text": rule.summary},
        }
        for rule in RULES
    ]
    unreadable = {"text": _UNREADABLE_SUMMARY}
    rules.append(
        {"id": UNREADABLE, "name": "not_readable", "shortDescription": unreadable}
    )
    indexes = {rule["id"]: index for index, rule in enumerate(rules)}
    results = [
        {
            "ruleId": finding.rule,
            "ruleIndex": indexes[finding.rule],
            "level": _level(finding),
            "message": {"text": _sentence(finding)},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": _uri(finding.path)},
                        "region": {
                            "startLine": finding.line,
                            "startColumn": finding.column,
                        },
                    }
                }
            ],
        }
        for finding in findings
    ]
    tool = {"driver": {"name": "flask-migrate-compat", "rules": rules}}
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": tool, "columnKind": "unicodeCodePoints", "results": results}],
    }
    return json.dumps(document, indent=2)


def as_github(findings: Sequence[Finding], files: int) -> str:
    """Return commands of a GitHub workflow, which show the findings in the diff."""
    notes = [
        f"::{_level(finding)} file={_escaped_property(finding.path)},"
        f"line={finding.line},col={finding.column},title={finding.rule}"
        f"::{_escaped(_sentence(finding))}"
        for finding in findings
    ]
    return "\n".join([*notes, closing_line(findings, files)])


FORMATS: dict[str, Callable[[Sequence[Finding], int], str]] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
    "github": as_github,
}


def _sentence(finding: Finding) -> str:
    if finding.rule == UNREADABLE:
        return finding.message
    return finding.message + (f" (left: {finding.reason})" if finding.reason else "")


def _level(finding: Finding) -> str:
    return "error" if finding.rule == UNREADABLE else "warning"


def _uri(path: str) -> str:
    """Return a path as SARIF wants it: relative to the working directory, if it can."""
    absolute = Path(path).absolute()
    try:
        return quote(absolute.relative_to(Path.cwd()).as_posix())
    except ValueError:
        return absolute.as_uri()


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped_property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
