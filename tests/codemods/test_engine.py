"""Test :mod:`flask_migrate_compat.codemods.engine` and the whole set of rules."""

from __future__ import annotations

import ast
import importlib
import os
from pathlib import Path

import libcst as cst
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from flask_migrate_compat.codemods import engine
from flask_migrate_compat.codemods.engine import Job, Outcome, find, rewrite, write
from flask_migrate_compat.codemods.files import File, FileError
from flask_migrate_compat.codemods.rule import Report, Rule
from flask_migrate_compat.codemods.rules import RULES
from flask_migrate_compat.codemods.source import Place, Source

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent


def test_each_rule_is_a_file_with_a_test_and_a_page() -> None:
    folder = Path(engine.__file__).with_name("rules")
    names = {path.stem for path in folder.glob("[a-z]*.py")}
    assert names == {rule.name for rule in RULES}
    for rule in RULES:
        module = importlib.import_module(
            f"flask_migrate_compat.codemods.rules.{rule.name}"
        )
        assert module.RULE is rule
        assert (HERE / "rules" / f"test_{rule.name}.py").exists()
        page = (ROOT / "docs" / "rules" / f"{rule.name}.rst").read_text()
        title, underline = page.splitlines()[:2]
        assert title == f"{rule.code} {rule.name}"
        assert underline == "=" * len(title)
    pages = {path.stem for path in (ROOT / "docs" / "rules").glob("*.rst")}
    assert pages == names


def test_rules_are_in_the_order_of_their_codes() -> None:
    codes = [rule.code for rule in RULES]
    assert codes == sorted(set(codes))


def test_a_file_without_a_trigger_is_not_parsed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "a.py"
    path.write_text("import flask\n\napp = flask.Flask(__name__)\n")

    def parse(text: str) -> cst.Module:
        raise AssertionError("parsed")

    monkeypatch.setattr(cst, "parse_module", parse)
    assert Job(is_rewrite=True)(File(str(path))).everything == ()


def test_a_rule_that_fails_is_named_and_the_file_is_unchanged(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(source: Source, report: Report) -> str:
        raise KeyError("oh")

    rule = Rule("FMC999", "a", "a", "", ("x",), lambda source: True, fail)
    monkeypatch.setattr(engine, "RULES", (rule,))
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    outcome = Job(is_rewrite=True)(File(str(path)))
    assert outcome.problem is not None
    assert "makes FMC999 fail (KeyError: 'oh')" in outcome.problem.message
    assert not outcome.is_changed


def test_a_result_that_cannot_be_parsed_is_not_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def spoil(source: Source, report: Report) -> str:
        report.change(Place(1), "old")
        return "x = (\n"

    rule = Rule("FMC999", "a", "a", "", ("x = 1",), lambda source: True, spoil)
    monkeypatch.setattr(engine, "RULES", (rule,))
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    outcome = Job(is_rewrite=True)(File(str(path)))
    assert outcome.problem is not None
    assert "nothing is changed" in outcome.problem.message
    assert not outcome.is_changed


def test_a_file_that_has_changed_meanwhile_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = 'flask.ext.a'\n")
    file = File(str(path))
    outcome = Job(is_rewrite=True)(file)
    path.write_text("x = 'flask.ext.a'\ny = 1\n")
    with pytest.raises(FileError, match="has changed since it was read"):
        write(outcome, file)
    assert path.read_text() == "x = 'flask.ext.a'\ny = 1\n"


def end_the_process(file: File) -> Outcome:
    if "bad" in file.path:
        os._exit(1)
    return Outcome(file.path)


def test_a_file_that_ends_a_process_is_reported_alone() -> None:
    files = [File(f"good{number}.py") for number in range(140)]
    files[50] = File("bad.py")
    outcomes = engine.run(files, end_the_process)  # type: ignore[arg-type]
    assert [outcome.path for outcome in outcomes] == [file.path for file in files]
    (problem,) = [outcome.problem for outcome in outcomes if outcome.problem]
    assert problem.path == "bad.py"
    assert "ends the process that reads it" in problem.message


# Statements of today, some of them with words that the rules look for.
_STATEMENTS = st.sampled_from(
    [
        "import flask",
        "from flask import Flask, request",
        "import sqlalchemy as sa",
        "from alembic import op",
        "app = Flask(__name__)",
        "x = 'a sentence about flask.ext. and more'",
        "# from flask.ext.sqlalchemy import SQLAlchemy",
        "class Manager:\n    command = None",
        "manager = Manager()",
        "def upgrade():\n    op.execute('UPDATE users SET a = 1')",
        "rows = [row['a'] for row in csv.DictReader(f)]",
        "select = [1]",
        "case = {'a': [1, 2]}",
        'text = "python manage.py db upgrade"',
        "connection.execute(sa.text('SELECT 1'))",
        "stmt = sa.select(users.c.id).where(users.c.id == 1)",
        "@app.cli.command('a')\ndef a():\n    pass",
        "if True:\n    x = 1  # comment\nelse:\n\n    y = 2",
        "revision = 'ab'\ndown_revision = None",
        "x = {\n    'a': 1,\n\n}",
        "",
    ]
)


@given(
    st.lists(_STATEMENTS, max_size=12),
    st.sampled_from(["\n", "\r\n", "\n\n"]),
    st.booleans(),
)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_code_of_today_comes_back(
    statements: list[str], end: str, has_tabs: bool
) -> None:
    text = "".join(f"{one}\n" for one in statements).replace("\n", end)
    if has_tabs:
        text = text.replace("    ", "\t")
    source = Source("migrations/versions/a.py", text)
    assert find(source, RULES) == []
    assert rewrite(source, RULES).text == text


def test_our_own_code_comes_back() -> None:
    """The rules name what is old in strings and comments; nothing of that is old."""
    for path in sorted((ROOT / "flask_migrate_compat").rglob("*.py")):
        parts = path.relative_to(ROOT).parts
        if "legacy" in parts or "templates" in parts:
            continue
        source = Source.decode(str(path), path.read_bytes(), True)
        assert rewrite(source, RULES).text == source.text, path
        ast.parse(source.text)
