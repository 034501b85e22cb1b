"""Test :mod:`flask_migrate_compat.codemods.rules.flask_names`."""

from __future__ import annotations

import pytest

from flask_migrate_compat.codemods.rules.flask_names import RULE
from tests.codemods.tools import assert_left, assert_rewritten, assert_unchanged


@pytest.mark.parametrize(
    "text",
    [
        "from flask import Flask\n\napp = Flask(__name__, static_url_path='/x')\n",
        "from markupsafe import Markup, escape\n# flask\n",
        "from werkzeug.utils import secure_filename, redirect\n",
        "from werkzeug.middleware.proxy_fix import ProxyFix\n",
        "from flask import send_file\nsend_file('a', download_name='b')\n",
        "import flask\nother.send_file('a', attachment_filename='b')\n",
        "import flask\nx = {'is_xhr': 1}\njson_encoder = None\n",
        "from flask import Markup  # noqa: FMC103\n",
    ],
)
def test_unchanged(text: str) -> None:
    assert_unchanged(RULE, text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "from flask import Flask, Markup\nMarkup('a')\n",
            "from flask import Flask\nfrom markupsafe import Markup\nMarkup('a')\n",
        ),
        (
            "from werkzeug import secure_filename\n",
            "from werkzeug.utils import secure_filename\n",
        ),
        (
            "from werkzeug import abort, MultiDict as M\n",
            "from werkzeug.datastructures import MultiDict as M\n"
            "from werkzeug.exceptions import abort\n",
        ),
        (
            "from werkzeug.wsgi import DispatcherMiddleware\n",
            "from werkzeug.middleware.dispatcher import DispatcherMiddleware\n",
        ),
        (
            "from flask import Flask\napp = Flask('a', static_path = '/x')\n",
            "from flask import Flask\napp = Flask('a', static_url_path = '/x')\n",
        ),
        (
            "import flask\nflask.send_file(a, attachment_filename='b', add_etags=1)\n",
            "import flask\nflask.send_file(a, download_name='b', etag=1)\n",
        ),
        (
            "from flask import send_from_directory as s\ns('a', filename='b')\n",
            "from flask import send_from_directory as s\ns('a', path='b')\n",
        ),
    ],
)
def test_rewritten(before: str, after: str) -> None:
    assert_rewritten(RULE, before, after)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("from flask import _app_ctx_stack\n", "flask.current_app"),
        ("import flask\nflask._request_ctx_stack.top\n", "flask.current_app"),
        ("from flask._compat import text_type\n", "for Python 2"),
        ("from flask import safe_join\n", "returns None"),
        ("from flask.json import JSONEncoder\n", "DefaultJSONProvider"),
        ("import flask\napp.json_encoder = A\n", "DefaultJSONProvider"),
        ("import flask\n\n\n@app.before_first_request\ndef f(): pass\n", "app_context"),
        ("from flask import request\nrequest.is_xhr\n", "X-Requested-With"),
        ("from werkzeug.contrib.fixers import ProxyFix\n", "x_host=1"),
        ("from werkzeug.contrib.cache import SimpleCache\n", "cachelib"),
        ("import werkzeug.contrib.cache\n", "cachelib"),
        ("from werkzeug.contrib import iterio\n", "no successor"),
        ("from werkzeug.urls import url_quote\n", "urllib.parse"),
        ("from werkzeug.security import safe_str_cmp\n", "hmac.compare_digest"),
        ("from werkzeug import escape\n", "empty string of None"),
        (
            "import werkzeug.utils\nif not hasattr(werkzeug, 'cached_property'):\n"
            "    werkzeug.cached_property = werkzeug.utils.cached_property\n",
            "is assigned",
        ),
        ("import flask\nflask.Markup = str\n", "is assigned"),
        ("import flask\ndel flask.escape\n", "is assigned"),
        ("import flask\nflask.Flask('a', **{'static_path': 'b'})\n", "static_url_path"),
        ("from werkzeug import *\n", "name what is used"),
        ("from flask._compat import *\n", "name what is used"),
        (
            "import flask\nflask.Flask('a', static_path='b', static_url_path='c')\n",
            "decide which one counts",
        ),
    ],
)
def test_left(text: str, reason: str) -> None:
    assert_left(RULE, text, reason)
