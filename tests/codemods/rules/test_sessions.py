"""Test :mod:`flask_migrate_compat.codemods.rules.sessions`."""

from __future__ import annotations

import pytest

from flask_migrate_compat.codemods.rules.sessions import RULE
from tests.codemods.revisions import assert_left, assert_rewritten, assert_unchanged

IMPORT = "from sqlalchemy.orm import sessionmaker\n"
SESSION = "s = sa.orm.Session(bind=bind)\n"


@pytest.mark.parametrize(
    "body",
    [
        f"{IMPORT}s = sessionmaker(bind=bind)()\ns.commit()\n",
        f"{SESSION}s.begin()\n",
        f"{SESSION}s.begin_nested()\n",
        "sessionmaker(autocommit=True)\n",
        "sa.text('x').execution_options(autocommit=True)\n",
        f"{IMPORT}s = sessionmaker(bind=bind, autocommit=True)()  # noqa: FMC408\n",
    ],
)
def test_unchanged(body: str) -> None:
    assert_unchanged(RULE, body)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            f"{IMPORT}s = sessionmaker(bind=bind, autocommit=True)()\n",
            f"{IMPORT}s = sessionmaker(bind=bind)()\n",
        ),
        (
            "s = sa.orm.Session(autocommit=True, bind=bind)\n",
            "s = sa.orm.Session(bind=bind)\n",
        ),
        ("s = sa.orm.Session(x, autocommit=False)\n", "s = sa.orm.Session(x)\n"),
        (
            f"{SESSION}s.begin(subtransactions=True)\ns.commit()\n",
            f"{SESSION}s.commit()\n",
        ),
    ],
)
def test_rewritten(before: str, after: str) -> None:
    assert_rewritten(RULE, before, after)


def test_left_while_the_session_commits_by_itself() -> None:
    body = (
        "s = sa.orm.Session(bind=bind, autocommit=True)\n"
        "s.begin(subtransactions=True)\ns.commit()\n"
    )
    assert_left(RULE, body, "commit()", "flush()")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("s = sa.orm.Session(x, autocommit=True)\n", "commit()"),
        ("s = sa.orm.Session(bind, autocommit=x)\n", "commit()"),
        ("s = sa.orm.Session(bind, autocommit=True)\ns.begin()\n", "commit()"),
        (f"{SESSION}with s.begin(subtransactions=True):\n    f()\n", "flush()"),
        (f"{SESSION}s.begin(subtransactions=True)  # comment\n", "flush()"),
        ("db.session.begin(subtransactions=True)\n", "flush()"),
    ],
)
def test_left(body: str, reason: str) -> None:
    assert_left(RULE, body, reason)
