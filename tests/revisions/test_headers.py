"""What is read from the source of a revision is what executing it would show."""

from __future__ import annotations

import itertools
import textwrap
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

import flask_migrate_compat
from flask_migrate_compat.revisions import headers
from flask_migrate_compat.revisions.headers import Header, is_usual, read_header

GENERATED = '''\
"""add a column

Revision ID: b2
Revises: a1
Create Date: 2015-03-04 10:11:12.131415

"""

# revision identifiers, used by Alembic.
revision = 'b2'
down_revision = 'a1'

from alembic import op
import sqlalchemy as sa


def upgrade():
    op.add_column('user', sa.Column('name', sa.String(length=64)))


def downgrade():
    op.drop_column('user', 'name')
'''


def executed(source: str) -> Header | None:
    """Return what Alembic finds after it has executed a file, if it is usual."""
    module: dict[str, Any] = {"__name__": "revision"}
    exec(compile(source, "revision.py", "exec"), module)

    def several(name: str) -> tuple[str, ...]:
        value = module.get(name)
        return (value,) if isinstance(value, str) else tuple(value or ())

    if not isinstance(module["revision"], str) or "down_revision" not in module:
        return None
    return Header(
        module["revision"],
        several("down_revision"),
        several("branch_labels"),
        several("depends_on"),
        module.get("__doc__") or "",
    )


def test_what_alembic_generates() -> None:
    header = read_header(GENERATED.encode())
    assert header is not None
    assert header == executed(GENERATED)
    assert header[:4] == ("b2", ("a1",), (), ())


@pytest.mark.parametrize(
    "source",
    [
        GENERATED,
        GENERATED.replace("\n", "\r\n"),
        GENERATED.rstrip("\n"),
        GENERATED.replace('"""', "'''"),
        GENERATED.replace("'b2'", '"b2"  # mine'),
        GENERATED.replace("'b2'", "u'b2'"),
        GENERATED.replace("revision = ", "revision: str = ", 1),
        GENERATED.replace("revision identifiers", 'the "revision" identifiers'),
        GENERATED.replace("= 'a1'", ": Union[str, None] = 'a1'"),
        GENERATED.replace("'a1'", "('a1', 'a0')"),
        GENERATED.replace("'a1'", "(\n    'a1',\n    'a0',\n)"),
        GENERATED.replace("'a1'", "['a1']"),
        GENERATED.replace("'a1'", "None") + "branch_labels = ('api',)\n",
        GENERATED + "depends_on = 'c3', 'd4'\n",
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n" + GENERATED,
        GENERATED.replace("add a column", "größer, 移行, \U0001f600"),
        GENERATED.replace("add a column", "a \\t tab"),
        GENERATED.replace('"""add', 'r"""add'),
        GENERATED + "x = 1\nclass C(object):\n    y = 2\n\n\nasync def f(): pass\n",
        GENERATED.replace("    op.add", '    """\nSELECT 1\n    """\n    op.add'),
        GENERATED + "def both(name):\n    globals()['upgrade_%s' % name]()\n",
        textwrap.dedent(GENERATED.partition('"""\n\n')[2]),
    ],
)
def test_the_file_is_not_executed_for(source: str) -> None:
    header = read_header(source.encode())
    assert header is not None
    assert header == executed(source.replace("Union[str, None]", "object"))


@pytest.mark.parametrize(
    "line",
    [
        "revision = 'b' + '2'",
        "revision = os.environ['R']",
        "revision = 2",
        "revision = 'not-a-name'",
        "down_revision = None\nif True:\n    down_revision = 'x'",
        "down_revision = lambda: None",
        "down_revision = 'x', 2",
        "down_revision = {'x'}",
        "down_revision = ''",
        "down_revision = 'b2'",
        "down_revision = 'x', 'x'",
        "del down_revision",
        "from os import path as down_revision",
        "from os import *",
        "import down_revision",
        "globals().update(revision='x')",
        "exec('revision = 1')",
        "__doc__ = 'x'",
        "def down_revision(): pass",
        "class revision: pass",
        "def f():\n    global revision\n    revision = 'x'",
        "for revision in 'ab': pass",
        "with open('x') as revision: pass",
        "try: pass\nexcept OSError as revision: pass",
        "revision += 'x'",
        "(revision := 'x')",
        "revision, x = 'a', 'b'",
        "import sys\nsetattr(sys.modules[__name__], 'revision', 'x')",
        '"""\n# the end """; revision = "x"',
        "from os import \\\n    *",
        'revisio\N{MATHEMATICAL BOLD SMALL N} = "x"',
        "f = lambda: 0\nf.__globals__['revision'] = 'x'",
        "from builtins import exec as run\nrun('revision = 1')",
        "__builtins__['ex' + 'ec']('revision = 1')",
        "globals()['revision'] = f()()",
        "globals().get('x')(); globals()['revision'] = 'x'",
        # What another revision may need.
        "def g(): g.__globals__['revi' 'sion'] = 'x'\nx = g()",
        "import sys\nsys.path.append('helpers')",
        "op.x = 1",
        "register()",
        "@Operations.register_operation('mine')\nclass Mine: pass",
        "if True:\n    register()",
        "raise ImportError",
        "<<<<<<< HEAD",
    ],
)
def test_the_file_is_executed_for(line: str) -> None:
    assert read_header(f"{GENERATED}{line}\n".encode()) is None


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"down_revision = None\n",
        b"revision = 'a1'\n",
        b"# coding: latin-1\n" + GENERATED.encode(),
        b"\xef\xbb\xbf" + GENERATED.encode(),
        b"\xff" + GENERATED.encode(),
        b"\0" + GENERATED.encode(),
        b"TEMPLATE = '''\nrevision = 'a1'\ndown_revision = None\n'''\n",
        b"f(\nrevision = 'a1'\n)\ndown_revision = None\n",
    ],
)
def test_no_header_for(source: bytes) -> None:
    assert read_header(source) is None


def test_a_mistake_further_down_shows_when_the_revision_runs() -> None:
    source = GENERATED.replace(
        "    op.add_column", "    print 'Python 2'\n    op.add_column"
    )
    assert read_header(source.encode()) == read_header(GENERATED.encode())


def test_a_string_or_a_call_is_no_header() -> None:
    for other in ("x = '''\nrevision = 'z9'\n'''", "x = dict(\nrevision = 'z9'\n)"):
        header = read_header(f"{other}\n{GENERATED}".encode())
        assert header is None or header.revision == "b2"


# Pieces of modules; every one that can be a line of its own, or lines of a block.
PIECES = [
    '"""a title\n\n    indented\n\ttab  \n"""',
    "'''one line'''",
    "r'raw \\d'",
    "# revision = 'c3'",
    "# it's a comment about down_revision",
    "import os",
    "from os import (path,\n    sep)",
    "revision = 'b2'",
    'revision = "b2"',
    "revision: str = 'b2'",
    "down_revision = None",
    "down_revision = 'a1'",
    "down_revision = ('a1', 'a0')",
    "branch_labels = ('api',)",
    "depends_on = ['z9']",
    "x = '''\nrevision = 'c3'\n# '''",
    "x = dict(\nrevision = 'c3'\n)",
    "x = revision = 'c3'",
    "x = \\\nrevision = 'c3'",
    "if True:\n    revision = 'c3'",
    "if not True:\n    down_revision = 'c3'",
    "for down_revision in ('c3',): pass",
    "revision, down_revision = 'c3', None",
    "globals()['revision'] = 'c3'",
    "globals().update(down_revision=None)",
    "def f(revision=None):\n    down_revision = 'c3'\n    return revision",
    "class C:\n    revision = 'c3'",
    "try:\n    pass\nexcept OSError as revision:\n    pass",
    "revision = 'b2'; down_revision = 'c3'",
    "del revision",
    "",
]


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=7))
def test_it_is_never_something_else(pieces: list[str]) -> None:
    source = "\n".join([*pieces, ""])
    header = read_header(source.encode())
    if header is not None:
        assert header == executed(source)


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from(" \t\nab\"'\\#"), max_size=30), st.booleans())
def test_docstrings(text: str, quick: bool) -> None:
    source = f'"""{text}"""\nrevision = "b2"\ndown_revision = None\n'
    try:
        expected = executed(source)
    except (SyntaxError, KeyError, NameError):
        return
    header = read_header(source.encode())
    assert header is None or header == expected
    parsed = headers._parsed_header(source)
    assert parsed is None or parsed == expected


def test_both_ways_read_the_same() -> None:
    fields = [
        ("revision = 'b2'", 'revision: str = "b2"'),
        ("down_revision = None", "down_revision = ('a1', 'a0')"),
        ("", "branch_labels = 'api'"),
        ("", "depends_on = 'z9'"),
    ]
    for lines in itertools.product(*fields):
        source = '"""a title\n"""\nimport os\n' + "\n".join(lines) + "\n"
        assert headers._plain_header(source) == headers._parsed_header(source)


def test_odd_names_are_left_to_alembic() -> None:
    usual = Header("a1", ("a0",), ("api",), ("z9",), "")
    assert is_usual(usual)
    for odd in (
        usual._replace(revision="a-1"),
        usual._replace(down_revisions=("a1",)),
        usual._replace(branch_labels=("a@b",)),
        usual._replace(depends_on=("z9", "z9")),
    ):
        assert not is_usual(odd)


@pytest.mark.parametrize("template", ["flask-multidb", "aioflask-multidb"])
def test_what_the_templates_for_several_databases_write(template: str) -> None:
    folder = Path(flask_migrate_compat.__file__).parent / "templates" / template
    text = (folder / "script.py.mako").read_text()
    calls = [line for line in text.splitlines() if "globals()" in line]
    assert len(calls) == 2
    source = "\n".join([GENERATED, "def both(engine_name):", *calls, ""])
    assert read_header(source.encode()) == read_header(GENERATED.encode())
    assert headers._parsed_header(source) == read_header(GENERATED.encode())


@pytest.mark.parametrize(
    "text",
    [
        "revision:" + " " * 100_000,
        "revision" + " " * 100_000,
        '"""' + '"' * 100_000,
        "'''" + "\\\\" * 100_000,
        "revision = " + "(" * 100_000,
        "#" * 100_000 + "coding" * 10_000,
        "import " * 50_000,
        "import \n" * 50_000,
        "globals()[" * 20_000,
        "\n" * 100_000 + " ",
    ],
    ids=range(10),
)
def test_no_text_takes_for_ever(text: str) -> None:
    """A pattern that went back again and again would not end today."""
    assert read_header(text.encode()) is None
