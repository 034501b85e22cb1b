"""Test the database URL that an old ``env.py`` sets, and ``postgres://``."""

from __future__ import annotations

import warnings
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from flask_migrate_compat import Config, MigrateError
from flask_migrate_compat.errors import describe, without_passwords
from flask_migrate_compat.legacy import postgres
from flask_migrate_compat.legacy.env import urls

PASSWORD = "p@s%w/:#ü"
QUOTED = "postgresql://u:p%40s%25w%2F%3A%23%C3%BC@h/db"


class Engine:
    """An engine that nobody connects with."""

    def __init__(self, url: str) -> None:
        self.url = sa.engine.url.make_url(url)


def make_run(uri: Any, binds: Any = None, engines: Any = None) -> Any:
    return SimpleNamespace(
        app=SimpleNamespace(
            config={"SQLALCHEMY_DATABASE_URI": uri, "SQLALCHEMY_BINDS": binds}
        ),
        engine_url=lambda bind: getattr((engines or {}).get(bind), "url", None),
    )


@pytest.mark.parametrize("spelling", ["raw", "doubled", "str", "repr", "object"])
def test_the_url_arrives_with_its_password(spelling: str) -> None:
    engine = Engine(QUOTED)
    spellings: dict[str, Any] = {
        "raw": QUOTED,
        "doubled": QUOTED.replace("%", "%%"),
        "str": str(engine.url).replace("%", "%%"),
        "repr": repr(engine.url),
        "object": engine.url,
    }
    run = make_run(QUOTED, engines={None: engine})
    meant = urls.url_meant(run, None, spellings[spelling])
    assert meant is not None
    assert sa.engine.url.make_url(meant).password == PASSWORD
    # Two lines of an env.py may go through the same door.
    assert urls.url_meant(run, None, meant) == meant


def test_the_url_of_a_bind() -> None:
    other = QUOTED.replace("u:", "other:")
    run = make_run(QUOTED, {"b1": {"url": other}}, {None: Engine(QUOTED)})
    for value in (other, {"url": other}):
        meant = urls.url_meant(run, "b1", value)
        assert meant is not None
        assert sa.engine.url.make_url(meant).username == "other"
    # A section of another name, about the main database.
    assert urls.url_meant(run, "section", QUOTED) is not None


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("postgresql://me:secret@elsewhere/db", "postgresql://me:secret@elsewhere/db"),
        ("postgresql://me:a%%40b@elsewhere/db", "postgresql://me:a%40b@elsewhere/db"),
        ("postgresql://me:a%40b@elsewhere/db", "postgresql://me:a%40b@elsewhere/db"),
        ("%(here)s.db", "x.db"),
    ],
)
def test_a_url_of_the_users_own_stays(given: str, read: str) -> None:
    config = Config()
    config.set_main_option("here", "x")
    run = make_run("sqlite://", engines={None: Engine("sqlite://")})
    run.config = config
    with urls.healed_urls(run):
        config.set_main_option("sqlalchemy.url", given)
        config.set_main_option("other", "100%%")
    assert config.get_main_option("sqlalchemy.url") == read
    assert config.get_main_option("other") == "100%"
    assert "set_section_option" not in vars(config)


def test_a_missing_main_database_is_said() -> None:
    run = make_run(None)
    run.config = Config()
    with urls.healed_urls(run), pytest.raises(MigrateError, match="no main database"):
        run.config.set_main_option("sqlalchemy.url", None)


@pytest.mark.parametrize(
    "text",
    [
        f"Could not parse rfc1738 URL from string 'postgresql://u:{PASSWORD}@h/db'",
        f"invalid interpolation syntax in '{QUOTED}' at position 27",
        f"two: {QUOTED} and {QUOTED}",
    ],
)
def test_an_error_line_hides_passwords(text: str) -> None:
    for line in (describe(ValueError(text)), str(MigrateError(text))):
        assert PASSWORD not in line
        assert "p%40s" not in line
        assert "://u:***@h/db" in line
    harmless = "see https://sqlalche.me/e/20/f405 and http://localhost:5000/x"
    assert without_passwords(harmless) == harmless


# --- postgres:// ------------------------------------------------------------------


@pytest.mark.skipif(
    sa.__version__.startswith("1.3."), reason="SQLAlchemy 1.3 knows postgres://"
)
def test_postgres_urls_work_with_one_warning() -> None:
    postgres.load.cache_clear()
    postgres.serve_postgres()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            url = sa.engine.url.make_url("postgres://u:p@h/db")
            dialect = url.get_dialect()
            assert dialect.name == "postgresql"
    texts = [str(one.message) for one in caught if one.category is FutureWarning]
    assert texts == [
        "SQLAlchemy 1.4 removed 'postgres://': write 'postgresql://' in the database"
        " URL."
    ]


@pytest.mark.skipif(
    sa.__version__.startswith("1.3."), reason="SQLAlchemy 1.3 knows postgres://"
)
def test_the_switch_turns_postgres_urls_off(monkeypatch: pytest.MonkeyPatch) -> None:
    postgres.load.cache_clear()
    monkeypatch.setenv("FLASK_MIGRATE_COMPAT", "off")
    with pytest.raises(sa.exc.NoSuchModuleError, match="Can't load plugin"):
        postgres.load("")
