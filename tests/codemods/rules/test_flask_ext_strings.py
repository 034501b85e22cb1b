"""Test :mod:`flask_migrate_compat.codemods.rules.flask_ext_strings`."""

from __future__ import annotations

import pytest

from flask_migrate_compat.codemods.rules.flask_ext_strings import RULE
from tests.codemods.tools import assert_left, assert_rewritten, assert_unchanged


@pytest.mark.parametrize(
    "text",
    [
        "x = 'flask_sqlalchemy'\n",
        "x = 'flask.ext'\n",
        "url('flaskext.css')\nopen('flaskext.py')\nopen('flaskext.min.js')\n",
        "x = 'the module flask.ext.sqlalchemy is gone'\n",
        '"""Uses flask.ext.sqlalchemy."""\n',
        "x = 'flask.ext.sqlalchemy'  # noqa: FMC102\n",
    ],
)
def test_unchanged(text: str) -> None:
    assert_unchanged(RULE, text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 'flask.ext.sqlalchemy'\n", "x = 'flask_sqlalchemy'\n"),
        ('x = b"flask.ext.a.b"  # c\n', 'x = b"flask_a.b"  # c\n'),
        ("f('flaskext.mail:Mail', 1)\n", "f('flask_mail:Mail', 1)\n"),
        (
            "x = {\n    'a': u'flask.ext.a',\n    'b': '''flask.ext.b''',\n}\n",
            "x = {\n    'a': u'flask_a',\n    'b': '''flask_b''',\n}\n",
        ),
    ],
)
def test_rewritten(before: str, after: str) -> None:
    assert_rewritten(RULE, before, after)


@pytest.mark.parametrize(
    "text",
    [
        "x = f'flask.ext.{name}'\n",
        "import_module('flask.ext.' + n)\n",
        "x = 'flaskext.%s' % n\n",
        "x = 'flask.ext.{}'.format(n)\n",
    ],
)
def test_left(text: str) -> None:
    assert_left(RULE, text, "when the program runs")
