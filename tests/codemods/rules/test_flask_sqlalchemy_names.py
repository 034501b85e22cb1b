"""Test :mod:`flask_migrate_compat.codemods.rules.flask_sqlalchemy_names`."""

from __future__ import annotations

import pytest

from flask_migrate_compat.codemods.rules.flask_sqlalchemy_names import RULE
from tests.codemods.tools import assert_left, assert_rewritten, assert_unchanged

DB = "from flask_sqlalchemy import SQLAlchemy\n\ndb = SQLAlchemy()\n"


@pytest.mark.parametrize(
    "text",
    [
        DB + "db.create_all()\ndb.create_all(bind_key='a')\n",
        DB + "A.query.paginate(page=1)\nA.query.filter(A.b).paginate()\n",
        "db = make()\ndb.create_all(bind='a')\ndb.get_engine()\n",
        "def f(db):\n    db.create_all(bind='a')\n",
        "pages.paginate(1, 2)\nPOOL = 'SQLALCHEMY_POOL_SIZE of the settings'\n",
        "from other import BaseQuery, Pagination\n",
        "from flask_sqlalchemy import BaseQuery  # noqa\n",
    ],
)
def test_unchanged(text: str) -> None:
    assert_unchanged(RULE, text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "from flask_sqlalchemy import SQLAlchemy, BaseQuery\n\n\n"
            "class Query(BaseQuery):\n    pass\n",
            "from flask_sqlalchemy import SQLAlchemy\n"
            "from flask_sqlalchemy.query import Query as BaseQuery\n\n\n"
            "class Query(BaseQuery):\n    pass\n",
        ),
        (
            DB.replace("SQLAlchemy()", "SQLAlchemy(app, use_native_unicode=False)"),
            DB.replace("SQLAlchemy()", "SQLAlchemy(app)"),
        ),
        (
            DB + "db.create_all(bind='a')\ndb.drop_all(bind = None)\n",
            DB + "db.create_all(bind_key='a')\ndb.drop_all(bind_key = None)\n",
        ),
        (
            DB + "A.query.paginate(1, 20)\n"
            "db.session.query.filter(a=1).paginate(p, q, False)\n",
            DB + "A.query.paginate(page=1, per_page=20)\n"
            "db.session.query.filter(a=1)"
            ".paginate(page=p, per_page=q, error_out=False)\n",
        ),
    ],
)
def test_rewritten(before: str, after: str) -> None:
    assert_rewritten(RULE, before, after)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            DB.replace("()", "(\n    app,\n    # why\n    use_native_unicode=False)"),
            "the comments that are about it",
        ),
        (DB + "db.create_all(app=app)\n", "app.app_context()"),
        (DB + "db.create_all('__all__', app)\n", "app.app_context()"),
        (DB + "db.get_engine(app, bind='a')\n", "db.engines[name]"),
        (DB + "es.query.paginate(1, 2)\n", "if it is of Flask-SQLAlchemy"),
        (DB + "user.followed_posts().paginate(page, 20)\n", "if it is of Flask"),
        (DB + "A.query.paginate(*args)\n", "if it is of Flask"),
        ("import flask\nA.query.paginate(1, 2)\n", "if it is of Flask"),
        (DB + "db.get_app()\n", "flask.current_app"),
        ("from flask_sqlalchemy import get_state\n", "app.extensions"),
        ("from flask_sqlalchemy import get_debug_queries\n", "get_recorded_queries"),
        ("from flask_sqlalchemy import Pagination\n", "another way"),
        ("from app import db\ndb.create_all(bind='a')\n", "from another file"),
        ("from app import db\ndb.get_engine(app)\n", "from another file"),
        ("app.config['SQLALCHEMY_POOL_SIZE'] = 5\n", "ENGINE_OPTIONS"),
        ("class C:\n    SQLALCHEMY_POOL_RECYCLE = 5\n", "ENGINE_OPTIONS"),
        ("SQLALCHEMY_COMMIT_ON_TEARDOWN = True\n", "db.session.commit()"),
    ],
)
def test_left(text: str, reason: str) -> None:
    assert_left(RULE, text, reason)
