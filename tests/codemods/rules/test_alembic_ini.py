"""Test :mod:`flask_migrate_compat.codemods.rules.alembic_ini`."""

from __future__ import annotations

import configparser

import pytest

from flask_migrate_compat.codemods.engine import find
from flask_migrate_compat.codemods.environment.compose import TEMPLATES
from flask_migrate_compat.codemods.environment.options import parse
from flask_migrate_compat.codemods.rules.alembic_ini import RULE
from tests.codemods.tools import assert_rewritten, assert_unchanged, source

OLD = """\
# My settings.
[alembic]

[loggers]
keys = root,sqlalchemy,alembic

[handlers]
keys = console

[formatters]
keys = generic

[logger_root]
level = WARN
handlers = console
qualname =

[logger_alembic]
level = INFO
handlers =
qualname = alembic

# Where it goes.
[handler_console]
class = StreamHandler
args = (sys.stderr,)
"""
SECTION = """\

[logger_flask_migrate]
level = INFO
handlers =
qualname = flask_migrate
"""
NEW = OLD.replace("sqlalchemy,alembic", "sqlalchemy,alembic,flask_migrate").replace(
    "qualname = alembic\n", "qualname = alembic\n" + SECTION
)


@pytest.mark.parametrize(
    "text",
    [
        NEW,
        # Alembic's own, without Flask.
        OLD.replace("[alembic]\n", "[alembic]\nscript_location = here\n"),
        OLD.replace("[alembic]\n", "[alembic]\nsqlalchemy.url = sqlite://\n"),
        OLD.replace("[alembic]", "[other]\n# [alembic]"),
        "[alembic]\n",
        OLD.replace("keys = root", "# noqa: FMC302\nkeys = root").replace(
            "sqlalchemy,alembic", "sqlalchemy,alembic  # noqa: FMC302"
        ),
    ],
)
def test_unchanged(text: str) -> None:
    assert_unchanged(RULE, text, "migrations/alembic.ini", is_python=False)


def test_only_this_file() -> None:
    assert_unchanged(RULE, OLD, "logging.ini", is_python=False)


@pytest.mark.parametrize("folder", sorted(TEMPLATES.iterdir()))
def test_todays_templates_are_not_old(folder: object) -> None:
    text = (TEMPLATES / str(folder) / "alembic.ini.mako").read_text(encoding="utf-8")
    assert_unchanged(RULE, text, "alembic.ini", is_python=False)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (OLD, NEW),
        # In the style of the file.
        (
            OLD.replace(" = ", "=").replace("root,sqlalchemy,", "root, sqlalchemy, "),
            NEW.replace(" = ", "=")
            .replace("root,sqlalchemy,alembic,", "root, sqlalchemy, alembic, ")
            .replace("INFO\nhandlers =\nqualname=f", "INFO\nhandlers=\nqualname=f"),
        ),
        (
            OLD.replace("sqlalchemy,alembic", "sqlalchemy,\n    alembic"),
            NEW.replace("sqlalchemy,alembic", "sqlalchemy,\n    alembic"),
        ),
        # Half of it is there.
        (OLD + SECTION, NEW.replace(SECTION, "") + SECTION),
        (OLD.replace("alembic\n\n[h", "alembic,flask_migrate\n\n[h"), NEW),
        # What the user has changed stays.
        (
            OLD.replace("level = INFO", "level = DEBUG  ; loud"),
            NEW.replace("level = INFO", "level = DEBUG  ; loud", 1),
        ),
    ],
)
def test_rewritten(before: str, after: str) -> None:
    assert_rewritten(RULE, before, after, "alembic.ini", is_python=False)
    parser = configparser.RawConfigParser()
    parser.read_string(after)
    assert parser.get("logger_flask_migrate", "qualname") == "flask_migrate"


def test_a_last_line_without_an_end() -> None:
    before = OLD[: OLD.index("\n\n# Where")]
    after = NEW[: NEW.index("\n# Where")]
    assert_rewritten(RULE, before + "\n", after, "alembic.ini", is_python=False)


def test_what_the_owner_has_changed_is_told() -> None:
    text = OLD.replace(
        "[alembic]\n", "[alembic]\nfile_template = %%(rev)s\ntimezone: UTC\n"
    ).replace("level = WARN", "level = INFO")
    text = text.replace("[handlers]", "[post_write_hooks]\nhooks = black\n\n[handlers]")
    (finding,) = find(source(text, "alembic.ini", is_python=False), [RULE])
    assert finding.line == 7
    assert finding.message == (
        "alembic.ini of Flask-Migrate 2.6 or older, without its logger,"
        " customised in lines 3-4, 9-10, 19"
    )
    assert finding.detail.splitlines() == [
        "+ 3: file_template = %%(rev)s  (alembic)",
        "+ 4: timezone = UTC  (alembic)",
        "+ 9: [post_write_hooks]",
        "+ 10: hooks = black  (post_write_hooks)",
        "+ 19: level = INFO  (logger_root)",
    ]


def test_options_as_configparser_reads_them() -> None:
    text = "[a]\nx = 1\n  2\n\n# c\ny: b = c\n[b]\n; d\nz=\n"
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    found = {(one.section, one.key): one.value for one in parse(text) if one.key}
    assert found == {
        (section, key): value
        for section in parser.sections()
        for key, value in parser.items(section)
    }
