"""Test :mod:`flask_migrate_compat.codemods.rules.env_py`.

Texts of Flask-Migrate are not kept here, so these tests make a table of releases of
their own. ``python -m tests.matrix.env_rewrites`` runs the real ones.
"""

from __future__ import annotations

import dataclasses
import functools
import json

import pytest
from hypothesis import given, strategies as st

from flask_migrate_compat.codemods.engine import find, rewrite
from flask_migrate_compat.codemods.environment.compose import (
    TEMPLATES,
    renamed,
    template_text,
)
from flask_migrate_compat.codemods.environment.known import (
    PATH,
    Known,
    known,
    nearest,
)
from flask_migrate_compat.codemods.environment.units import normal, parse
from flask_migrate_compat.codemods.rule import Rule
from flask_migrate_compat.codemods.rules.env_py import RULE, apply_with, spans
from flask_migrate_compat.codemods.source import Source
from tests.codemods.tools import assert_unchanged
from tests.matrix.env_fingerprints import table_of
from tests.matrix.env_releases import Variant

OLD = '''\
import logging
from logging.config import fileConfig

from alembic import context
from flask import current_app
from sqlalchemy import pool, text

# A remark of the release.
config = context.config
fileConfig(config.config_file_name)
logger = logging.getLogger("alembic.env")

config.set_main_option("sqlalchemy.url", current_app.config["DATABASE"])
target_metadata = current_app.extensions["migrate"].db.metadata


def run_migrations_offline():
    """Print the SQL."""
    address = config.get_main_option("sqlalchemy.url")
    context.configure(url=address, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online():
    """Run the revisions."""
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=target_metadata,
            **current_app.extensions["migrate"].configure_args
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
'''
OLD_MULTIDB = OLD.replace("# A remark", "USE_TWOPHASE = False\n\n# A remark").replace(
    "target_metadata=target_metadata", "target_metadata=get_metadata(bind)"
)
NEW = template_text("flask")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Known:
    """Make a table of three releases."""
    variants = []
    for template, version, text in (
        ("flask", "2.0.0", OLD),
        ("flask-multidb", "2.0.0", OLD_MULTIDB),
        ("flask", "4.0.0", OLD.replace("db.engine", "db.get_engine()")),
    ):
        folder = tmp_path_factory.mktemp("template")
        (folder / "env.py").write_text(text)
        (folder / "alembic.ini.mako").write_text("[alembic]\n")
        variants.append(Variant(template, (version,), str(folder)))
    # As it is stored.
    return Known.from_json(json.loads(json.dumps(table_of(variants))))


@pytest.fixture
def rule(table: Known) -> Rule:
    """Make the rule with this table."""
    apply = functools.partial(apply_with, table=table)
    return dataclasses.replace(RULE, apply=apply)


def edited(text: str, *edits: tuple[str, str]) -> str:
    """Change a text in places that must be there."""
    for before, after in edits:
        assert before in text, before
        text = text.replace(before, after, 1)
    return text


# --- what is not old ----------------------------------------------------------------


@pytest.mark.parametrize("template", sorted(path.name for path in TEMPLATES.iterdir()))
def test_todays_templates_are_not_old(template: str) -> None:
    assert_unchanged(RULE, template_text(template), "env.py")


@pytest.mark.parametrize(
    "text",
    [
        "def run_migrations():\n    return current_app.config\n",
        OLD.replace("current_app", "application"),
        "# noqa: FMC301\n" + OLD,
    ],
)
def test_other_files_are_not_old(rule: Rule, text: str) -> None:
    assert_unchanged(rule, text, "env.py")


def test_a_release_that_still_works_is_not_old(rule: Rule) -> None:
    text = OLD.replace("db.engine", "db.get_engine()")
    assert_unchanged(rule, text, "env.py")


def test_the_table_holds_no_text() -> None:
    text = PATH.read_text(encoding="utf-8")
    for code in ("configure_args", "disable_existing", "\\'", "create", "Run mig"):
        assert code not in text


_STATEMENTS = st.sampled_from(
    [
        "from flask import current_app\n",
        "from alembic import context\n",
        "config = context.config\n",
        "def run_migrations_online():\n    context.configure(a=1,)\n",
        "run_migrations_offline()\n",
        "x = [\n  'a' ,'b']  # c\n",
        "\n\n",
        "try:\n\tf()\nexcept (A, B): pass\nfinally:\n\tg()\n",
        "if a: b\nelif c:\n    d\nelse:\n    e\n",
        "async def f(*a, b=1, **c) -> int:\n    async with g() as h: await i\n",
        "@d\nclass C(B):\n    '''doc'''\n    a: int = 1\n",
        "for a in b:\n    break\nelse:\n    pass\n",
        "current_app.extensions['other']\n",
    ]
)


@given(st.lists(_STATEMENTS), st.sampled_from(["\n", "\r\n", "\r"]))
def test_files_of_others_stay_byte_for_byte(statements: list[str], end: str) -> None:
    text = "".join(statements).replace("\n", end)
    one = Source("env.py", text)
    assert find(one, [RULE]) == []
    assert rewrite(one, [RULE]).text == text


# --- what is old --------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        OLD,
        OLD.replace('"', "'"),
        OLD.replace("    ", "\t"),
        OLD.rstrip("\n"),
        OLD.replace("pool, text", "(\n    pool,\n    text,\n)"),
        OLD.replace("configure_args\n", "configure_args,\n"),
        OLD.replace("# A remark of the release.\n", ""),
        # Logging as the new template does it.
        OLD.replace("file_name)", "file_name, disable_existing_loggers=False)"),
    ],
)
def test_a_file_as_it_was_generated(rule: Rule, text: str) -> None:
    one = Source("env.py", text)
    (finding,) = find(one, [rule])
    assert finding.message.startswith("env.py of Flask-Migrate 2.0.0")
    result = rewrite(one, [rule])
    assert result.text == NEW
    assert find(result, [rule]) == []


def test_line_ends_are_kept(rule: Rule) -> None:
    one = Source("env.py", OLD.replace("\n", "\r\n"))
    assert rewrite(one, [rule]).text == NEW.replace("\n", "\r\n")


def test_several_databases(rule: Rule) -> None:
    text = edited(OLD_MULTIDB, ("TWOPHASE = False", "TWOPHASE = True"))
    (finding,) = find(Source("env.py", text), [rule])
    assert finding.message == (
        "env.py of Flask-Migrate 2.0.0 (flask-multidb), customised in line 8"
    )
    assert finding.blocks == "Flask-SQLAlchemy 3.0"
    new = template_text("flask-multidb")
    assert rewrite(Source("env.py", text), [rule]).text == edited(
        new, ("TWO_PHASE = False", "TWO_PHASE = True")
    )


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        # Arguments.
        (
            [("connection=connection,", "connection=connection, compare_type=True,")],
            [("_args)\n", "_args)\n    settings.update(compare_type=True)\n")],
        ),
        (
            [("connection=connection,", "connection=connection, version_table='v',")],
            [
                (
                    "_args)\n",
                    "_args)\n    if not context.is_offline_mode():\n"
                    "        settings.update(version_table='v')\n",
                )
            ],
        ),
        (
            [
                ("connection=connection,", "connection=connection, version_table='v',"),
                ("url=address,", "url=address, version_table='v',"),
            ],
            [("_args)\n", "_args)\n    settings.update(version_table='v')\n")],
        ),
        (
            [("connection=connection,", "connection=connection, **{'a': 1},")],
            [
                (
                    "_args)\n",
                    "_args)\n    if not context.is_offline_mode():\n"
                    "        settings.update(**{'a': 1})\n",
                )
            ],
        ),
        # Statements, in the order of their places.
        (
            [("# A remark", "import sys\nsys.path.append('.')  # here\n\n# A remark")],
            [
                (
                    "\nconfig = ",
                    "\nimport sys\nsys.path.append('.')  # here\n\nconfig = ",
                )
            ],
        ),
        (
            [("fileConfig(c", "print(config)\nfileConfig(c")],
            [("# The logging of", "print(config)\n\n# The logging of")],
        ),
        # The name of an import is also one of the template.
        (
            [
                ("target_metadata = current", "from app import db\n# current"),
                (
                    "\n\n\ndef run_migrations_off",
                    "\ntarget_metadata = db.metadata\n\n\ndef run_migrations_off",
                ),
            ],
            None,
        ),
        # A name of the old file.
        (
            [
                (
                    "\n\n\ndef run_migrations_off",
                    "\nprint(target_metadata.tables)\n\n\ndef run_migrations_off",
                )
            ],
            [
                (
                    "def has_changes",
                    "target_metadata = get_metadata()\n"
                    "print(target_metadata.tables)\n\n\ndef has_changes",
                )
            ],
        ),
        (
            [
                (
                    "\n\n\ndef run_migrations_off",
                    "\nprint(pool)\n\n\ndef run_migrations_off",
                )
            ],
            [
                ("\nconfig = ", "\nfrom sqlalchemy import pool\n\nconfig = "),
                ("def has_changes", "print(pool)\n\n\ndef has_changes"),
            ],
        ),
        # The top of the file.
        (
            [("import logging\n", '# coding: utf-8\n"""Mine."""\nimport logging\n')],
            None,
        ),
        # Own comments.
        (
            [("    engine =", "    # Ask Anna.\n    engine =")],
            [
                (
                    "def has_changes",
                    "# Comments of the former env.py:\n# Ask Anna."
                    "\n\n\ndef has_changes",
                )
            ],
        ),
    ],
)
def test_customisations_are_carried_over(
    rule: Rule, edits: list[tuple[str, str]], expected: list[tuple[str, str]] | None
) -> None:
    one = Source("env.py", edited(OLD, *edits))
    findings = find(one, [rule])
    assert [finding.reason for finding in findings] == [""]
    result = rewrite(one, [rule])
    compile(result.text, "env.py", "exec")
    if expected is not None:
        assert result.text == edited(NEW, *expected)
    assert find(result, [rule]) == []


def test_a_name_that_the_template_has_too(rule: Rule) -> None:
    text = edited(
        OLD,
        (
            'target_metadata = current_app.extensions["migrate"].db.metadata',
            "from app import db\n\ntarget_metadata = db.metadata",
        ),
    )
    result = rewrite(Source("env.py", text), [rule]).text
    assert "\nmigrate_db = migrate.db\n" in result
    assert "    return migrate_db.metadatas[None]\n" in result
    assert "\nfrom app import db\ntarget_metadata = db.metadata\n" in result
    assert "    settings.update(target_metadata=target_metadata)\n" in result


def test_an_own_hook_stays_the_only_one(rule: Rule) -> None:
    text = edited(
        OLD,
        (
            "def run_migrations_off",
            "def mine(*args):\n    pass\n\n\ndef run_migrations_off",
        ),
        ("=connection,", "=connection, process_revision_directives=mine,"),
    )
    result = rewrite(Source("env.py", text), [rule]).text
    last = result.index('"process_revision_directives"] = skip')
    assert result.index("update(process_revision_directives=mine)") > last


def test_a_file_without_logging(rule: Rule) -> None:
    text = edited(
        OLD,
        ("fileConfig(config.config_file_name)\n", ""),
        ("from logging.config import fileConfig\n", ""),
    )
    result = rewrite(Source("env.py", text), [rule]).text
    assert "fileConfig" not in result
    compile(result, "env.py", "exec")


def test_first_lines_stay_first(rule: Rule) -> None:
    text = edited(
        OLD, ("import logging\n", '# coding: latin-1\n"""Mine."""\nimport logging\n')
    )
    text = edited(
        text, ("import logging\n", "from __future__ import division\nimport logging\n")
    )
    result = rewrite(Source("env.py", text), [rule]).text
    assert result.startswith(
        '# coding: latin-1\n"""Mine."""\n\nfrom __future__ import division\n\nimport'
    )
    compile(result, "env.py", "exec")


# --- what stays ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "line", "reason"),
    [
        (
            ("    engine =", "    print()\n    engine ="),
            27,
            "your own in run_migrations_on",
        ),
        (("    engine =", "    if 1:\n        pass\n    engine ="), 27, "your own"),
        (
            ('current_app.config["DATABASE"]', "os.environ['DATABASE']"),
            13,
            "asks the application for its databases",
        ),
        (
            ("=connection,", "=connection, render_as_batch=engine.name == 'sqlite',"),
            30,
            "it uses engine of the function around it",
        ),
        (
            (
                "=connection,",
                "=connection,\n render_as_batch=config.get_main_option("
                "'sqlalchemy.url') == '',",
            ),
            31,
            "give render_as_batch=True to Migrate()",
        ),
        (("=connection,", "=connection.execution_options(a=1),"), 30, "your own"),
        (
            ('            **current_app.extensions["migrate"].configure_args\n', ""),
            25,
            "the argument ** of context.configure() is missing",
        ),
        (
            (
                "\n\n\ndef run_migrations_off",
                "\nfrom app import *\n\n\ndef run_migrations_off",
            ),
            15,
            "it may replace any name",
        ),
        (
            (
                "\n\n\ndef run_migrations_off",
                "\nlogger = None\n\n\ndef run_migrations_off",
            ),
            15,
            "it changes a name that the template uses",
        ),
        (
            (
                "\n\n\ndef run_migrations_off",
                "\nany = None\n\n\ndef run_migrations_off",
            ),
            15,
            "any is another one in the new template",
        ),
        (
            (
                "\n\n\ndef run_migrations_off",
                "\nprint(run_migrations_online)\n\n\ndef run_migrations_off",
            ),
            15,
            "the new template has no run_migrations_online",
        ),
        (
            (
                "else:\n    run_migrations_online()\n",
                "else:\n    run_migrations_online()\nprint('done')\n",
            ),
            42,
            "it stands behind the run",
        ),
        (
            (
                'config.set_main_option("sqlalchemy.url", '
                'current_app.config["DATABASE"])\n',
                "",
            ),
            1,
            "the call of config.set_main_option() is missing",
        ),
    ],
)
def test_what_cannot_be_carried_over_stays(
    rule: Rule, edit: tuple[str, str], line: int, reason: str
) -> None:
    one = Source("env.py", edited(OLD, edit))
    findings = find(one, [rule])
    assert rewrite(one, [rule]).text == one.text
    assert len(findings) == 2
    assert all(finding.reason for finding in findings)
    (place,) = [one for one in findings if "in an old env.py" in one.message]
    assert place.line == line
    assert reason in place.reason


@pytest.mark.parametrize(
    "edit",
    [
        ("=get_metadata(bind)", "=tables[bind]"),
        ('current_app.extensions["migrate"].db.metadata', "db.metadata"),
    ],
)
def test_the_tables_of_several_databases_stay(
    rule: Rule, edit: tuple[str, str]
) -> None:
    findings = find(Source("env.py", edited(OLD_MULTIDB, edit)), [rule])
    assert "move it into get_metadata()" in findings[-1].reason


@pytest.mark.parametrize(
    "edits",
    [
        # Another thing of the name, which the code of the release uses.
        [("import pool, text", "import text\nfrom mine import pool")],
        [("import current_app\n", "import Flask\nfrom mine import current_app\n")],
        [
            (
                "\n\n\ndef run_m",
                "\ncurrent_app.extensions['migrate'].db = 1\n\n\ndef run_m",
            )
        ],
        [("\n\n\ndef run_m", "\ncontext.configure = print\n\n\ndef run_m")],
    ],
)
def test_what_changes_the_code_of_the_release_stays(
    rule: Rule, edits: list[tuple[str, str]]
) -> None:
    one = Source("env.py", edited(OLD, *edits))
    assert all(finding.reason for finding in find(one, [rule]))
    assert find(one, [rule])
    assert rewrite(one, [rule]).text == one.text


def test_the_difference_is_shown(rule: Rule) -> None:
    text = edited(
        OLD,
        ("import logging\n", "import os\nimport logging\n"),
        ("connection=connection,", "connection=connection,\n            a=1,"),
        ("target_metadata=target_metadata)", "target_metadata=None)"),
    )
    finding = find(Source("env.py", text), [rule])[0]
    assert finding.message == (
        "env.py of Flask-Migrate 2.0.0, customised in lines 1, 21, 32"
    )
    assert finding.detail.splitlines() == [
        "+ 1: import os",
        "+ 21:     context.configure(url=address, target_metadata=None)",
        "+ 32:             a=1,",
        "- the argument target_metadata of context.configure()"
        " in run_migrations_offline()",
    ]


# --- pieces -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("f(a, 'b')", 'f(\n    a,  # why\n    "b",\n)', True),
        ("f(a)", "f(a,)", True),
        ("x = (a)", "x = (a,)", False),
        ("x = [a, b]", "x = [a, b,]", True),
        ("x = u'a'", "x = 'a'", True),
        ("x = b'a'", "x = 'a'", False),
        ("f(a)", "f(b)", False),
    ],
)
def test_normal_form(one: str, other: str, is_same: bool) -> None:
    assert (normal(one) == normal(other)) is is_same


def test_renaming_leaves_attributes_and_arguments() -> None:
    text = "db = a.db\nf(db, db=db)  # db\ndef g():\n    return db.b\n"
    assert renamed(text, {"db": "own"}) == (
        "own = a.db\nf(own, db=own)  # db\ndef g():\n    return own.b\n"
    )


def test_hashes_are_the_same_on_every_python() -> None:
    (piece,) = parse("f(a, b='c')\n").pieces
    assert piece.hashes == (parse('f(a,b = "c",)').pieces[0].units[0].hash,)
    assert nearest(parse("f(a)\n"), known()) is None


@pytest.mark.parametrize(
    ("lines", "text"),
    [([3], "line 3"), ([3, 4], "lines 3-4"), ([1, 3, 4, 5], "lines 1, 3-5")],
)
def test_spans(lines: list[int], text: str) -> None:
    assert spans(lines) == text


def test_an_import_stays_as_it_is_written(rule: Rule) -> None:
    text = edited(
        OLD, ("import logging\n", "from app import (a,  # one\n  b)\nimport logging\n")
    )
    result = rewrite(Source("env.py", text), [rule]).text
    assert "\nfrom app import (a,  # one\n  b)\n\nconfig" in result
    assert "former env.py" not in result
