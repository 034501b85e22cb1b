"""Test :mod:`flask_migrate_compat.codemods.rules.sqlalchemy_names`."""

from __future__ import annotations

import pytest

from flask_migrate_compat.codemods.rules.sqlalchemy_names import RULE
from tests.codemods.tools import assert_left, assert_rewritten, assert_unchanged

DB = "from flask_sqlalchemy import SQLAlchemy\n\ndb = SQLAlchemy()\n"


@pytest.mark.parametrize(
    "text",
    [
        "import sqlalchemy as sa\nsa.LargeBinary()\nsa.String(10)\n",
        "from sqlalchemy import orm\norm.relationship('A')\n",
        "import sqlalchemy as sa\nfrom sqlalchemy.dialects import mysql\n"
        "sa.dialects.mysql.ENUM('a')\n",
        "import sqlalchemy as sa\nimport sqlalchemy.orm\nsa.orm.Session\n",
        "from sqlalchemy.orm.mapper import Mapper\n",
        "from sqlalchemy.ext.declarative import declarative_base\n",
        "import sqlalchemy\nopen('a', encoding='utf8')\nText(convert_unicode=True)\n",
        "# sqlalchemy\nfrom other import relation, Binary, mapper\n",
        "from sqlalchemy import Binary  # noqa: FMC105\n",
    ],
)
def test_unchanged(text: str) -> None:
    assert_unchanged(RULE, text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "from sqlalchemy.orm import relation, backref\na = relation('A')\n",
            "from sqlalchemy.orm import relationship as relation, backref\n"
            "a = relation('A')\n",
        ),
        (
            "import sqlalchemy as sa\nsa.Column(sa.Binary(), sa.PassiveDefault('x'))\n",
            "import sqlalchemy as sa\n"
            "sa.Column(sa.LargeBinary(), sa.DefaultClause('x'))\n",
        ),
        (
            "from sqlalchemy.databases import mysql\nmysql.BIGINT()\n",
            "from sqlalchemy.dialects import mysql\nmysql.BIGINT()\n",
        ),
        (
            "import sqlalchemy as sa\nsa.String(10, convert_unicode=True)\n",
            "import sqlalchemy as sa\nsa.String(10)\n",
        ),
        (
            "import sqlalchemy as sa\nsa.Text(convert_unicode=True, length=3)\n",
            "import sqlalchemy as sa\nsa.Text(length=3)\n",
        ),
        (
            "import sqlalchemy as sa\nsa.String(\n    50,  # length\n"
            "    convert_unicode=True,\n)\nsa.String(\n    convert_unicode=True,\n)\n",
            "import sqlalchemy as sa\nsa.String(\n    50,  # length\n)\nsa.String()\n",
        ),
        (
            "import sqlalchemy as sa\n"
            "sa.String(\n    50,\n    convert_unicode=True\n)\n"
            "sa.String(convert_unicode=True, *a)\nsa.String(\n    convert_unicode=1)\n",
            "import sqlalchemy as sa\n"
            "sa.String(\n    50\n)\nsa.String(*a)\nsa.String()\n",
        ),
        (
            "import sqlalchemy as sa\nsa.create_engine(u, encoding='utf8')\n",
            "import sqlalchemy as sa\nsa.create_engine(u)\n",
        ),
        (
            "import sqlalchemy as sa\nsa.dialects.mysql.ENUM('a')\n",
            "import sqlalchemy as sa\nimport sqlalchemy.dialects.mysql\n\n"
            "sa.dialects.mysql.ENUM('a')\n",
        ),
        (
            DB + "a = db.Column(db.Binary, db.relation('A'))\n",
            DB + "a = db.Column(db.LargeBinary, db.relationship('A'))\n",
        ),
        (
            DB + "a = db.String(5, convert_unicode=True)\n",
            DB + "a = db.String(5)\n",
        ),
    ],
)
def test_rewritten(before: str, after: str) -> None:
    assert_rewritten(RULE, before, after)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("from sqlalchemy.orm import mapper\n", "map_imperatively"),
        ("from sqlalchemy.orm import MapperExtension\n", "listens_for"),
        (
            "from sqlalchemy import orm\norm.joinedload_all('a.b')\n",
            "one call for each",
        ),
        ("from sqlalchemy.sql import subquery\n", ".subquery()"),
        ("from sqlalchemy.util import u\n", "for Python 2"),
        ("from app import db\ndb.relation('A')\n", "write db.relationship"),
        (
            "import sqlalchemy as sa\nfrom flask.ext import sqlalchemy\n"
            "x = sa.orm.Session()\n",
            "another sqlalchemy is in the way",
        ),
        (
            "import sqlalchemy as sa\nsa.String(\n    50,  # length\n    # about it\n"
            "    convert_unicode=True,  # why\n    # tail\n)\n",
            "the comments that are about it",
        ),
        (
            "import sqlalchemy as sa\nsa.String(\n    50,\n"
            "    convert_unicode=True  # why\n)\n",
            "the comments that are about it",
        ),
        (
            "import sqlalchemy as sa\nsa.String(  # why\n    convert_unicode=True)\n",
            "the comments that are about it",
        ),
        ("import sqlalchemy as sa\nsa.String(50, None, True)\n", "third"),
        ("import sqlalchemy as a\na.create_engine(u, **dict(encoding=1))\n", "remove"),
        ("import sqlalchemy as a\na.create_engine(u, strategy='plain')\n", "is gone"),
        (
            "from sqlalchemy.dialects.mysql import ENUM\nENUM('a', quoting='auto')\n",
            "without quotes",
        ),
    ],
)
def test_left(text: str, reason: str) -> None:
    assert_left(RULE, text, reason)
