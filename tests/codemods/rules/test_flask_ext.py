"""Test :mod:`flask_migrate_compat.codemods.rules.flask_ext`."""

from __future__ import annotations

import pytest

from flask_migrate_compat.codemods.rules.flask_ext import RULE
from tests.codemods.tools import assert_left, assert_rewritten, assert_unchanged


@pytest.mark.parametrize(
    "text",
    [
        "from flask_mail import Mail\nimport flask\nflask.Flask\n",
        "import flask.extra\nfrom flask.extra import a\nx = flask.extra.b\n",
        "from .flask.ext import mail\nfrom .flaskext import mail\n",
        "class flask:\n    ext = None\n\n\nx = flask.ext.mail\n",
        "import flask.extra\na[0].ext.b().ext.c = 'ext'.ext.d\n",
        "def f(flask):\n    return flask.ext.mail\n",
        "x = 'from flask.ext.mail import Mail'  # import flask.ext.mail\n",
        "from flask.ext.mail import Mail  # noqa: FMC101\n",
        "from flask.ext.mail import (  # noqa\n    Mail,\n)\n",
        "from flask.ext import mail  # noqa: FMC101\n",
        "import flask.ext.mail  # noqa: FMC101\nx = 1\n",
    ],
)
def test_unchanged(text: str) -> None:
    assert_unchanged(RULE, text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from flask.ext.mail import Mail\n", "from flask_mail import Mail\n"),
        ("from flaskext.mail import Mail\n", "from flask_mail import Mail\n"),
        ("from flask . ext . a import b\n", "from flask_a import b\n"),
        ("from flask \\\n    .ext.a import b\n", "from flask_a import b\n"),
        ("from flask.ext.a.b import c as d\n", "from flask_a.b import c as d\n"),
        ("from flask.ext.mail import *\n", "from flask_mail import *\n"),
        (
            "from flask.ext.login import (  # why\n    login_user,\n\n"
            "    # two\n    UserMixin as U,  # three\n)\n",
            "from flask_login import (  # why\n    login_user,\n\n"
            "    # two\n    UserMixin as U,  # three\n)\n",
        ),
        (
            "from   flask.ext.mail   import   Mail ; x = 1\n",
            "from   flask_mail   import   Mail ; x = 1\n",
        ),
    ],
)
def test_from_an_extension(before: str, after: str) -> None:
    assert_rewritten(RULE, before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from flask.ext import mail\n", "import flask_mail as mail\n"),
        ("from flaskext import mail\n", "import flask_mail as mail\n"),
        ("from flask.ext import mail as m\n", "import flask_mail as m\n"),
        (
            "# above\nfrom flask.ext import a, b as c  # behind\nx = a\n",
            "# above\nimport flask_a as a\nimport flask_b as c  # behind\nx = a\n",
        ),
        (
            "from flask.ext import (\n    a,  # one\n    b,  # two\n)\n",
            "import flask_a as a  # one\nimport flask_b as b  # two\n",
        ),
        (
            "from flask.ext import (  # head\n    # above\n    a,  # one\n"
            "    # between\n    b,  # two\n    # tail\n)  # end\n",
            "# head\n# above\n# between\n# two\n# tail\n"
            "import flask_a as a  # one\nimport flask_b as b  # end\n",
        ),
        (
            "from flask.ext import (\n    a\n    # tail\n)\n",
            "# tail\nimport flask_a as a\n",
        ),
        (
            "if x:\n    from flask.ext import a, b\nelse:\n    a = b = None\n",
            "if x:\n    import flask_a as a\n    import flask_b as b\n"
            "else:\n    a = b = None\n",
        ),
        (
            "try: from flask.ext import a, b\nexcept ImportError: pass\n",
            "try: import flask_a as a, flask_b as b\nexcept ImportError: pass\n",
        ),
        (
            "import os; from flask.ext import a; x = a\n",
            "import os; import flask_a as a; x = a\n",
        ),
    ],
)
def test_from_the_package(before: str, after: str) -> None:
    assert_rewritten(RULE, before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import flask.ext.mail as m\n", "import flask_mail as m\n"),
        ("import flask.ext.a.b as m\n", "import flask_a.b as m\n"),
        (
            "import os, flask.ext.a as b, sys\n",
            "import os, flask_a as b, sys\n",
        ),
        (
            "import flask.ext.mail\nm = flask.ext.mail.Mail()\n",
            "import flask_mail\nm = flask_mail.Mail()\n",
        ),
        (
            "import flaskext.mail\nm = flaskext.mail.Mail()\n",
            "import flask_mail\nm = flask_mail.Mail()\n",
        ),
        (
            "import flask.ext.a.b\nm = flask.ext.a.b.c\nn = flask.ext.a\n",
            "import flask_a.b\nm = flask_a.b.c\nn = flask_a\n",
        ),
        (
            "import flask.ext.mail\nm = flask.ext.mail.Mail(flask.Flask('a'))\n",
            "import flask\nimport flask_mail\nm = flask_mail.Mail(flask.Flask('a'))\n",
        ),
        (
            "import flask\nimport flask.ext.mail\n"
            "m = flask.ext.mail.Mail(flask.Flask('a'))\n",
            "import flask\nimport flask_mail\nm = flask_mail.Mail(flask.Flask('a'))\n",
        ),
        (
            "import flask\n\n\ndef f():\n    return flask.ext.mail.Mail, flask.ext.a\n",
            "import flask\nimport flask_mail\nimport flask_a\n\n\n"
            "def f():\n    return flask_mail.Mail, flask_a\n",
        ),
        (
            "import flask.ext\nm = flask.ext.mail.Mail()\n",
            "import flask_mail\nm = flask_mail.Mail()\n",
        ),
        ("import flask.ext\nx = flask.g\n", "import flask\nx = flask.g\n"),
        ("import flask.ext\n", "import flask\n"),
        (
            "import flask as f\nf.ext.login.X\n",
            "import flask as f\nimport flask_login\nflask_login.X\n",
        ),
        (
            "import flask, flask.ext.login\nflask.ext.login.X(flask.g)\n",
            "import flask, flask_login\nflask_login.X(flask.g)\n",
        ),
        (
            "try:\n    import flask.ext.login\nexcept ImportError:\n"
            "    import flask\n    import flask_login\napp = flask.Flask('a')\n",
            "try:\n    import flask\n    import flask_login\nexcept ImportError:\n"
            "    import flask\n    import flask_login\napp = flask.Flask('a')\n",
        ),
        (
            "import flask.ext.login\n\n__all__ = ['flask']\n",
            "import flask\nimport flask_login\n\n__all__ = ['flask']\n",
        ),
        (
            "import flask.ext.login\nimport flask\nflask.g\n",
            "import flask\nimport flask_login\nimport flask\nflask.g\n",
        ),
        (
            "import flask\n\n\ndef f():\n    import flask.ext.login\n    flask.g\n",
            "import flask\n\n\ndef f():\n    import flask\n    import flask_login\n"
            "    flask.g\n",
        ),
        (
            "import flask.ext.a\nflask.ext.a.b, flask.ext.c.d = 1, 2\n",
            "import flask_a\nimport flask_c\nflask_a.b, flask_c.d = 1, 2\n",
        ),
        (
            "class A(flask.ext.mail.Mail, (flask.ext.mail).Other): x = 1\n"
            "import flask.ext.mail\n",
            "class A(flask_mail.Mail, (flask_mail).Other): x = 1\nimport flask_mail\n",
        ),
    ],
)
def test_import_and_its_uses(before: str, after: str) -> None:
    assert_rewritten(RULE, before, after)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("from flask.exthook import ExtensionImporter\n", "with it gone"),
        ("x = 1; from flask.ext import (  # a\n    a)\n", "comments and shares"),
        ("from flask import (\n    Flask,\n    ext,\n)\n", "is not known"),
        ("from flask import Flask,ext\n", "is not known"),
        ("import flask.exthook\n", "with it gone"),
        ("from flask.ext import *\n", "is not known"),
        ("from flask import Flask, ext\nx = ext.mail\n", "is not known"),
        ("from flask import exthook\n", "with it gone"),
        ("import flask.ext as e\nx = e.mail\n", "is not known"),
        ("import flask\nx = getattr(flask.ext, name)\n", "is not known"),
    ],
)
def test_left(text: str, reason: str) -> None:
    assert_left(RULE, text, reason)


LOGIN = "import flask.ext.login\n"


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        (
            "import flask\nflask.ext.login = 3\nflask.ext.login.a\n",
            ["is assigned", "is assigned"],
        ),
        ("import flask\ndel flask.ext.login\n", ["is assigned"]),
        (
            "import flask.ext.login  # noqa: FMC101\nm = flask.ext.login.X()\n",
            ["a noqa comment"],
        ),
        (
            LOGIN + "m = flask.ext.login.X()  # noqa: FMC101\nflask.ext.login\n",
            ["a noqa comment", "a noqa comment"],
        ),
        (
            LOGIN + "\n\ndef f():\n    flask_login = flask.ext.login.X()\n",
            ["another flask_login", "another flask_login"],
        ),
        (
            LOGIN + "\n\ndef f(flask_login):\n    return flask.ext.login.Y\n",
            ["another flask_login", "another flask_login"],
        ),
        (
            LOGIN + "flask_login = flask.ext.login.X()\n",
            ["another flask_login", "another flask_login"],
        ),
        (
            "def f():\n    global flask\n    import flask.ext.login\n\n\n"
            "def g():\n    flask.ext.login.X()\n",
            ["with global", "with global"],
        ),
    ],
)
def test_left_with_its_import(text: str, reasons: list[str]) -> None:
    assert_left(RULE, text, *reasons)
