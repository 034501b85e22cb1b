"""The examples: each is copied into a temporary folder and run as a user runs it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import flask
import pytest

import flask_migrate_compat

EXAMPLES = Path(__file__).parent.parent / "examples"
TEMPLATES = Path(flask_migrate_compat.__file__).parent / "templates"
BLOG_CHAIN = [
    *("2c1f6d0a9b34", "4e8a7b21c5d0", "19d3f5e6a702"),
    *("57b0c4d98e13", "3fa2e1c70d56"),
]
BLOG_TABLES = {"alembic_version", "users", "posts", "tags", "taggings"}
# Flask 0.12 has neither of the first two, Flask 1 the first, later ones the second.
FLASK_HAS_FACTORIES = hasattr(flask.cli, "call_factory") or hasattr(
    flask.cli, "find_app_by_string"
)
FLASK_HAS_APP_OPTION = hasattr(flask.cli, "_app_option")  # since Flask 2.2


@pytest.fixture
def example(tmp_path):
    """Give a function that copies an example and returns the folder of the copy."""

    def copy(name):
        ignored = shutil.ignore_patterns("*.db", "__pycache__", "instance")
        return Path(shutil.copytree(EXAMPLES / name, tmp_path / name, ignore=ignored))

    return copy


def environment(**variables):
    """Return the variables of a child process, with none that the examples read."""
    ours = ("FLASK_", "BLOG_", "DATABASE_", "TEST_DATABASE_", "PYTHONWARNINGS")
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(ours)
    }
    kept.update(PYTHONDONTWRITEBYTECODE="1", LC_ALL="C.UTF-8", **variables)
    return kept


def run(folder, *arguments, status=0, answer="", **variables):
    """Run Python in a folder and return what it printed."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=str(folder),
        env=environment(**variables),
        input=answer,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done


def manage(folder, *arguments, **options):
    return run(folder, "manage.py", *arguments, **options)


def run_flask(folder, app, *arguments, **options):
    return run(folder, "-m", "flask", *arguments, FLASK_APP=app, **options)


def query(path, statement, *values):
    with closing(sqlite3.connect(str(path))) as connection, connection:
        return connection.execute(statement, values).fetchall()


def tables(path):
    if not path.exists():
        return set()
    found = query(path, "SELECT name FROM sqlite_master WHERE type = 'table'")
    return {name for (name,) in found}


def columns(path, table):
    return {row[1] for row in query(path, f'PRAGMA table_info("{table}")')}


def version(path):
    return query(path, "SELECT version_num FROM alembic_version")


def revisions_in(text):
    """List the revision identifiers of a text in their order, each one once."""
    return list(dict.fromkeys(re.findall(r"\b[0-9a-f]{12}\b", text)))


def sources(folder):
    """Read everything that is not made by running the example."""
    made = {".db", ".db-migration-lock", ".pyc"}
    return {
        str(one.relative_to(folder)): one.read_bytes()
        for one in folder.rglob("*")
        if one.is_file() and one.suffix not in made
    }


# --- all examples -----------------------------------------------------------------


NAMES = ["legacy_blog", "modern", "multidb", "side_by_side", "strangler"]


@pytest.mark.parametrize("name", NAMES)
def test_an_example_says_what_it_is(name):
    text = (EXAMPLES / name / "README.rst").read_text(encoding="utf-8")
    assert text.splitlines()[:2] == [name, "=" * len(name)]


def test_every_example_has_tests():
    found = {one.parent.name for one in EXAMPLES.glob("*/README.rst")}
    assert found == set(NAMES)


@pytest.mark.parametrize(
    ("name", "template"),
    [
        ("modern", "flask"),
        ("side_by_side", "flask"),
        ("strangler", "flask"),
        ("multidb", "flask-multidb"),
    ],
)
def test_the_migrations_folders_are_those_of_the_templates(name, template):
    folder = EXAMPLES / name / "migrations"
    for one in ("README", "env.py", "script.py.mako"):
        assert (folder / one).read_bytes() == (TEMPLATES / template / one).read_bytes()
    # Here, no percent sign begins a line, so Mako leaves the text as it is.
    ini = (TEMPLATES / template / "alembic.ini.mako").read_text(encoding="utf-8")
    assert (folder / "alembic.ini").read_text(encoding="utf-8").strip() == ini.strip()


# --- legacy_blog ------------------------------------------------------------------


def test_the_legacy_blog_knows_nothing_of_this_package():
    for name, content in sources(EXAMPLES / "legacy_blog").items():
        if name != "README.rst":
            assert b"flask_migrate_compat" not in content.lower()
    text = (EXAMPLES / "legacy_blog" / "manage.py").read_text(encoding="utf-8")
    assert "from flask.ext.script import" in text
    assert "from flask.ext.migrate import Migrate, MigrateCommand" in text


@pytest.mark.legacy
def test_legacy_blog_goes_up_and_down(example):
    folder = example("legacy_blog")
    database = folder / "blog.db"
    before = sources(folder)

    assert revisions_in(manage(folder, "db", "current").stdout) == []
    done = manage(folder, "db", "upgrade")
    assert done.stderr.count("Running upgrade") == len(BLOG_CHAIN)
    assert tables(database) == BLOG_TABLES
    assert version(database) == [(BLOG_CHAIN[-1],)]
    current = manage(folder, "db", "current").stdout
    assert current.strip() == f"{BLOG_CHAIN[-1]} (head)"

    # Again: nothing is left to do, and nothing is done.
    assert "Running upgrade" not in manage(folder, "db", "upgrade").stderr

    history = manage(folder, "db", "history").stdout
    assert revisions_in(history.split("\n", 1)[0])[-1] == BLOG_CHAIN[-1]
    assert sorted(revisions_in(history)) == sorted(BLOG_CHAIN)
    assert "slugs are unique" in history
    assert BLOG_CHAIN[-1] in manage(folder, "db", "heads").stdout
    assert "slugs are unique" in manage(folder, "db", "show").stdout

    manage(folder, "db", "downgrade", "-1")
    assert version(database) == [(BLOG_CHAIN[-2],)]
    manage(folder, "db", "downgrade")
    assert version(database) == [(BLOG_CHAIN[-3],)]
    assert "slug" not in columns(database, "posts")
    manage(folder, "db", "downgrade", "base")
    assert tables(database) == {"alembic_version"}
    manage(folder, "db", "upgrade", "+2")
    assert "is_admin" in columns(database, "users")
    manage(folder, "db", "stamp", "head")
    assert version(database) == [(BLOG_CHAIN[-1],)]
    assert sources(folder) == before


@pytest.mark.legacy
def test_legacy_blog_migrates_its_data(example):
    folder = example("legacy_blog")
    database = folder / "blog.db"
    manage(folder, "db", "upgrade", BLOG_CHAIN[2])
    for title in ("Hello, World!", "hello world", "100 % done"):
        query(database, "INSERT INTO posts (title) VALUES (?)", title)
    manage(folder, "db", "upgrade")
    slugs = query(database, "SELECT slug FROM posts ORDER BY id")
    assert slugs == [("hello-world",), ("hello-world-2",), ("100-done",)]
    with pytest.raises(sqlite3.IntegrityError):
        query(database, "INSERT INTO posts (title, slug) VALUES ('', '100-done')")
    manage(folder, "db", "downgrade", BLOG_CHAIN[2])
    assert query(database, "SELECT count(*) FROM posts") == [(3,)]


@pytest.mark.legacy
def test_legacy_blog_has_the_same_state_in_both_command_lines(example):
    folder = example("legacy_blog")
    manage(folder, "db", "upgrade")
    for command in ("current", "history", "heads"):
        old = manage(folder, "db", command).stdout
        new = run_flask(folder, "wsgi.py", "db", command).stdout
        assert revisions_in(old) != []
        assert old == new
    run_flask(folder, "wsgi.py", "db", "downgrade")
    assert version(folder / "blog.db") == [(BLOG_CHAIN[-2],)]


@pytest.mark.legacy
def test_legacy_blog_models_and_revisions_agree(example):
    folder = example("legacy_blog")
    manage(folder, "db", "upgrade")
    versions = folder / "migrations" / "versions"
    before = set(versions.glob("*.py"))
    done = manage(folder, "db", "migrate", "-m", "nothing new")
    # The env.py of the time has nothing that prevents an empty revision.
    assert set(versions.glob("*.py")) == before
    assert "No changes in schema detected" in done.stderr


@pytest.mark.legacy
def test_legacy_blog_writes_a_revision_for_a_new_column(example):
    folder = example("legacy_blog")
    manage(folder, "db", "upgrade")
    models = folder / "blog" / "models.py"
    text = models.read_text(encoding="utf-8")
    text = text.replace("    body = ", "    teaser = db.Column(db.Text)\n    body = ")
    models.write_text(text, encoding="utf-8")
    manage(folder, "db", "migrate", "--message", "a teaser")
    manage(folder, "db", "upgrade")
    assert "teaser" in columns(folder / "blog.db", "posts")


@pytest.mark.legacy
def test_legacy_blog_prints_sql(example):
    folder = example("legacy_blog")
    chain = f"base:{BLOG_CHAIN[2]}"
    printed = manage(folder, "db", "upgrade", chain, "--sql").stdout
    assert "CREATE TABLE taggings" in printed
    assert not (folder / "blog.db").exists()


@pytest.mark.legacy
def test_legacy_blog_runs_its_own_commands(example):
    folder = example("legacy_blog")
    manage(folder, "db", "upgrade")
    assert "users: 0, posts: 0, tags: 0" in manage(folder, "stats").stdout
    assert "4 posts added" in manage(folder, "seed", "--posts", "4").stdout
    assert "ada: 4" in manage(folder, "stats", "--verbose").stdout
    assert "flask (4)" in manage(folder, "tags", "show").stdout
    manage(folder, "tags", "rename", "flask", "web")
    assert query(folder / "blog.db", "SELECT name FROM tags") == [("web",)]
    # What a command returns is the exit status.
    manage(folder, "tags", "rename", "flask", "web", status=1)
    arguments = ("adduser", "-u", "bob", "--email", "bob@example.com", "-a")
    assert "bob added" in manage(folder, *arguments).stdout
    manage(folder, *arguments, status=1)
    found = query(folder / "blog.db", "SELECT is_admin FROM users ORDER BY username")
    assert found == [(None,), (1,)]
    manage(folder, "purge", answer="n\n")
    assert query(folder / "blog.db", "SELECT count(*) FROM posts") == [(4,)]
    assert "gone" in manage(folder, "purge", answer="y\n").stdout
    assert query(folder / "blog.db", "SELECT count(*) FROM posts") == [(0,)]


@pytest.mark.parametrize("place", ["before", "environment"])
@pytest.mark.legacy
def test_legacy_blog_takes_its_configuration_from_the_command_line(example, place):
    folder = example("legacy_blog")
    if place == "before":
        manage(folder, "-c", "testing", "db", "upgrade")
    else:
        manage(folder, "db", "upgrade", BLOG_CONFIG="testing")
    assert tables(folder / "blog-test.db") == BLOG_TABLES
    assert tables(folder / "blog.db") == set()


@pytest.mark.legacy
def test_legacy_blog_takes_its_database_from_the_environment(example, tmp_path):
    folder = example("legacy_blog")
    other = tmp_path / "other.db"
    manage(folder, "db", "upgrade", DATABASE_URL=f"sqlite:///{other}")
    assert tables(other) == BLOG_TABLES
    assert tables(folder / "blog.db") == set()


@pytest.mark.legacy
def test_legacy_blog_has_a_shell(example):
    folder = example("legacy_blog")
    manage(folder, "db", "upgrade")
    manage(folder, "seed")
    done = manage(
        folder,
        *("shell", "--no-ipython", "--no-bpython"),
        answer="print('posts:', Post.query.count())\n",
    )
    assert "posts: 3" in done.stdout


@pytest.mark.legacy
def test_legacy_blog_serves_pages(example, tmp_path):
    folder = example("legacy_blog")
    manage(folder, "db", "upgrade")
    manage(folder, "seed", "--posts", "1")
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = [sys.executable, "manage.py", "-c", "production", "runserver"]
    with open(str(tmp_path / "server.log"), "w") as log:
        server = subprocess.Popen(
            [*command, "--port", port],
            cwd=str(folder),
            env=environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            assert "Post number 1" in fetch(server, address + "/")
            assert "by ada" in fetch(server, address + "/post/post-number-1")
            assert '"flask"' in fetch(server, address + "/tags.json")
        finally:
            server.kill()
            server.wait()


def fetch(server, url):
    """Get a page; the server may need some seconds to come up."""
    end = time.monotonic() + 60
    while True:
        try:
            with closing(urlopen(url, timeout=10)) as response:
                return response.read().decode("utf-8")
        except (URLError, ConnectionError):
            if server.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.1)


# --- modern -----------------------------------------------------------------------

MODERN_HEAD = "c93f18b6e0d1"


def test_modern_from_nothing_to_head(example):
    folder = example("modern")
    database = folder / "shop.db"
    assert run_flask(folder, "wsgi.py", "db", "current").stdout == ""
    run_flask(folder, "wsgi.py", "db", "upgrade")
    assert tables(database) == {"alembic_version", "product", "order"}
    current = run_flask(folder, "wsgi.py", "db", "current").stdout
    assert current.strip() == f"{MODERN_HEAD} (head)"
    done = run_flask(folder, "wsgi.py", "add-product", "tea", "--price", "250")
    assert "tea costs 250." in done.stdout
    assert query(database, "SELECT name, price FROM product") == [("tea", 250)]
    # Models and database agree: no file is written.
    before = sources(folder)
    run_flask(folder, "wsgi.py", "db", "migrate", "-m", "nothing")
    assert sources(folder) == before
    run_flask(folder, "wsgi.py", "db", "downgrade", "base")
    assert tables(database) == {"alembic_version"}


def test_modern_follows_a_change_of_its_models(example):
    folder = example("modern")
    run_flask(folder, "wsgi.py", "db", "upgrade")
    models = folder / "shop" / "models.py"
    text = models.read_text(encoding="utf-8")
    text += "    note = db.Column(db.Text)\n"
    models.write_text(text, encoding="utf-8")
    run_flask(folder, "wsgi.py", "db", "migrate", "-m", "a note")
    (written,) = (folder / "migrations" / "versions").glob("*_a_note.py")
    assert "add_column" in written.read_text(encoding="utf-8")
    run_flask(folder, "wsgi.py", "db", "upgrade")
    assert "note" in columns(folder / "shop.db", "order")


@pytest.mark.skipif(not FLASK_HAS_FACTORIES, reason="Flask 0.12 knows no factories")
def test_modern_is_found_through_its_factory(example, tmp_path):
    folder = example("modern")
    run_flask(folder, "shop", "db", "upgrade")
    assert version(folder / "shop.db") == [(MODERN_HEAD,)]
    if FLASK_HAS_APP_OPTION:
        done = run(folder, "-m", "flask", "--app", "shop", "db", "current")
        assert MODERN_HEAD in done.stdout


# --- side_by_side -----------------------------------------------------------------


@pytest.mark.legacy
def test_side_by_side_both_command_lines_are_one(example):
    folder = example("side_by_side")
    database = folder / "notes.db"

    def both(*arguments):
        old = manage(folder, "db", *arguments).stdout
        assert run_flask(folder, "app.py", "db", *arguments).stdout == old
        return old

    both("current")
    manage(folder, "db", "upgrade", "+1")
    assert "7d20b4e6a19f" in both("current")
    assert columns(database, "note") == {"id", "text"}
    run_flask(folder, "app.py", "db", "upgrade")
    assert "e4b81f5c03a6 (head)" in both("current")
    assert columns(database, "note") == {"id", "text", "done"}
    assert revisions_in(both("history")) == ["7d20b4e6a19f", "e4b81f5c03a6"]
    assert "CREATE TABLE note" in both("upgrade", "7d20b4e6a19f", "--sql")

    manage(folder, "add", "buy tea")
    assert run_flask(folder, "app.py", "count").stdout.strip() == "1"

    # What one of them makes, down to the schema, the other one makes too.
    schema = "SELECT name, sql FROM sqlite_master ORDER BY name"
    made_by_flask = query(database, schema)
    database.unlink()
    manage(folder, "db", "upgrade")
    assert query(database, schema) == made_by_flask

    manage(folder, "db", "downgrade", "-1")
    assert "7d20b4e6a19f" in both("current")
    run_flask(folder, "app.py", "db", "downgrade", "base")
    assert revisions_in(both("current")) == []
    assert tables(database) == {"alembic_version"}


@pytest.mark.legacy
def test_side_by_side_a_revision_of_one_is_seen_by_the_other(example):
    folder = example("side_by_side")
    run_flask(folder, "app.py", "db", "upgrade")
    manage(folder, "db", "revision", "-m", "by hand", "--rev-id", "0123456789ab")
    assert "0123456789ab (head)" in run_flask(folder, "app.py", "db", "heads").stdout
    run_flask(folder, "app.py", "db", "upgrade")
    assert "0123456789ab (head)" in manage(folder, "db", "current").stdout


# --- multidb ----------------------------------------------------------------------

MULTIDB_HEAD = "b27d5f80c1e4"


def test_multidb_keeps_both_databases_in_step(example):
    folder = example("multidb")
    accounts, audit = folder / "accounts.db", folder / "audit.db"
    run_flask(folder, "app.py", "db", "upgrade")
    assert tables(accounts) == {"alembic_version", "account"}
    assert tables(audit) == {"alembic_version", "event"}
    assert version(accounts) == version(audit) == [(MULTIDB_HEAD,)]
    current = run_flask(folder, "app.py", "db", "current").stdout
    assert current.count(MULTIDB_HEAD) == 2
    before = sources(folder)
    run_flask(folder, "app.py", "db", "migrate", "-m", "nothing")
    assert sources(folder) == before
    run_flask(folder, "app.py", "db", "downgrade")
    assert columns(audit, "event") == {"id", "message"}
    run_flask(folder, "app.py", "db", "downgrade", "base")
    assert tables(accounts) == tables(audit) == {"alembic_version"}


def test_multidb_puts_a_new_table_into_the_database_of_its_bind(example):
    folder = example("multidb")
    run_flask(folder, "app.py", "db", "upgrade")
    app = folder / "app.py"
    text = app.read_text(encoding="utf-8")
    text += (
        "\n\nclass Alarm(db.Model):\n"
        '    __bind_key__ = "audit"\n'
        "    id = db.Column(db.Integer, primary_key=True)\n"
    )
    app.write_text(text, encoding="utf-8")
    run_flask(folder, "app.py", "db", "migrate", "-m", "alarms")
    run_flask(folder, "app.py", "db", "upgrade")
    assert "alarm" in tables(folder / "audit.db")
    assert "alarm" not in tables(folder / "accounts.db")


def test_multidb_undoes_everything_when_one_database_fails(example):
    folder = example("multidb")
    (script,) = (folder / "migrations" / "versions").glob("b27d5f80c1e4*")
    text = script.read_text(encoding="utf-8")
    head, body = text.split("def upgrade_audit():\n")
    broken = head + "def upgrade_audit():\n    op.drop_table('missing')\n" + body
    script.write_text(broken, encoding="utf-8")
    done = run_flask(folder, "app.py", "db", "upgrade", status=1)
    assert "missing" in done.stderr
    assert tables(folder / "accounts.db") == tables(folder / "audit.db") == set()
    script.write_text(text, encoding="utf-8")
    run_flask(folder, "app.py", "db", "upgrade")
    assert version(folder / "audit.db") == [(MULTIDB_HEAD,)]


def test_multidb_writes_the_sql_of_each_database_into_a_file(example):
    folder = example("multidb")
    run_flask(folder, "app.py", "db", "upgrade", "--sql")
    assert "CREATE TABLE account" in (folder / "default.sql").read_text()
    assert "CREATE TABLE event" in (folder / "audit.sql").read_text()
    assert tables(folder / "accounts.db") == tables(folder / "audit.db") == set()


# --- strangler --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "command_lines"),
    [
        pytest.param("step1", ["manage.py"], marks=pytest.mark.legacy),
        pytest.param("step2", ["manage.py", "flask"], marks=pytest.mark.legacy),
        pytest.param("step3", ["manage.py", "flask"], marks=pytest.mark.legacy),
        pytest.param("step4", ["flask"]),
    ],
)
def test_strangler_works_at_every_step(example, step, command_lines):
    folder = example("strangler") / step

    def through_manage(*arguments, **options):
        return manage(folder, *arguments, **options)

    def through_flask(*arguments, **options):
        app = "commands.py" if step == "step4" else "manage.py"
        return run_flask(folder, app, *arguments, **options)

    known = {"manage.py": through_manage, "flask": through_flask}
    each = [known[name] for name in command_lines]
    old, new = each[0], each[-1]
    old("db", "upgrade")
    assert "2f6b91d07ce4 (head)" in new("db", "current").stdout
    assert new("add", "Emma", "--year", "1815").stdout == "Emma added\n"
    assert old("add", "-y", "1847", "Jane Eyre").stdout == "Jane Eyre added\n"
    for one in each:
        assert one("count", "--since", "1840").stdout == "1\n"
        assert "sage:" in one("count", "--since", "x", status=2).stderr
        assert "Add a book." in one("add", "--help").stdout
        assert "Work with years" in one("years", "--help").stdout
    assert new("years", "show").stdout == "1815: Emma\n1847: Jane Eyre\n"
    assert old("years", "drop", "1815").stdout == ""
    new("years", "drop", "1815", status=1)


def test_strangler_ends_without_flask_script():
    for name in ("app.py", "commands.py"):
        text = (EXAMPLES / "strangler" / "step4" / name).read_text(encoding="utf-8")
        assert "flask_script" not in text
        assert "legacy" not in text
    assert not (EXAMPLES / "strangler" / "step4" / "manage.py").exists()


def test_strangler_changes_no_application_on_the_way():
    apps = {one.read_bytes() for one in (EXAMPLES / "strangler").glob("step*/app.py")}
    assert len(apps) == 1
