"""Test :mod:`flask_migrate_compat.codemods.verify` with real runs."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Iterator

import pytest
import sqlalchemy as sa

from flask_migrate_compat.codemods.verify import Verification, VerifyError, verify
from flask_migrate_compat.codemods.verify.databases import DatabaseError
from flask_migrate_compat.errors import without_passwords
from tests import servers

SA_2 = not sa.__version__.startswith("1.")
SA_13 = sa.__version__.startswith("1.3")
HEAD = """\
import sqlalchemy as sa
from alembic import op

revision = "a1"
down_revision = None
"""
USERS = """
def upgrade():
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(20), server_default="n"),
    )
    {}


def downgrade():
    op.drop_table("users")
"""
INSERT = "\"INSERT INTO users (id, name) VALUES (1, 'a:b')\""
OLD = f"op.get_bind().execute({INSERT})"
NEW = f"op.get_bind().execute(sa.text({INSERT}))"


class Folder:
    """A migrations folder with one revision or more."""

    def __init__(self, path: Path) -> None:
        self.path = path / "migrations"
        (self.path / "versions").mkdir(parents=True)

    def add(self, text: str, name: str = "a1") -> Path:
        path = self.path / "versions" / f"{name}.py"
        path.write_text(text)
        return path

    def compare(self, old: str, new: str, **more: object) -> Verification:
        """Verify the change of one line of the revision that makes a table."""
        path = self.add(HEAD + USERS.format(old))
        before = path.read_bytes()
        data = (HEAD + USERS.format(new)).encode()
        result = verify(self.path, {path: data}, **more)  # type: ignore[arg-type]
        assert path.read_bytes() == before
        assert sorted(os.listdir(str(self.path))) == ["versions"]
        return result


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    return Folder(tmp_path)


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path: Path, folder: Folder) -> Iterator[None]:
    yield
    assert os.listdir(str(tmp_path / "temporary")) == []


@pytest.mark.legacy
def test_a_right_rewrite(folder: Folder) -> None:
    result = folder.compare(OLD, NEW)
    assert result == Verification(1, [], [])


@pytest.mark.legacy
@pytest.mark.parametrize(
    ("new", "differences"),
    [
        (
            NEW.replace("(1,", "(2,"),
            [
                "after the upgrade, table users: the row (1, 'a:b') is (2, 'a:b')"
                " after",
                "SQL, before: INSERT INTO users (id, name) VALUES (1, 'a:b')",
                "SQL, after: INSERT INTO users (id, name) VALUES (2, 'a:b')",
            ],
        ),
        (
            "pass",
            [
                "after the upgrade, table users: 1 rows before, 0 after",
                "SQL, before: INSERT INTO users (id, name) VALUES (1, 'a:b')",
            ],
        ),
        (
            f"{NEW}\n    op.create_index('ix', 'users', ['name'])",
            [
                "after the upgrade, table users, indexes: none before,",
                "SQL, after: CREATE INDEX ix ON users (name)",
            ],
        ),
        (
            f"{NEW}\n    op.create_table('more', sa.Column('id', sa.Integer))",
            [
                "after the upgrade, table more: is there only after the change",
                "SQL, after: CREATE TABLE more ( id INTEGER )",
                "after the downgrade, table more: is there only after the change",
            ],
        ),
        (
            NEW.replace("'a:b'", "':b'"),
            [
                "the upgrade fails after the change: a1.py, line 13: ",
                # What SQLAlchemy makes of a parameter without a value differs.
                *(("the SQL of",) if SA_13 else ("SQL, ", "SQL, ")),
            ],
        ),
        (
            f"{NEW}\n    oh",
            [
                "the upgrade fails after the change: a1.py, line 14: NameError",
                "the SQL of the offline mode fails after the change: a1.py, line 14",
            ],
        ),
    ],
)
def test_a_wrong_rewrite(folder: Folder, new: str, differences: list[str]) -> None:
    found = folder.compare(OLD, new).differences
    assert len(found) == len(differences), found
    for line, expected in zip(found, differences):
        assert line.startswith(expected)


@pytest.mark.legacy
def test_a_rewrite_that_needs_help(folder: Folder) -> None:
    """The new scripts have nothing but Alembic: code that is still old shows."""
    result = folder.compare(OLD, f"{OLD}  # changed")
    if SA_2:
        assert "ObjectNotExecutableError" in result.differences[0]
    else:
        assert result.differences == []


@pytest.mark.legacy
def test_a_column_and_its_type(folder: Folder) -> None:
    path = folder.add(HEAD + USERS.format(OLD))
    new = HEAD + USERS.format(NEW).replace("String(20)", "String(21)")
    found = verify(folder.path, {path: new.encode()}).differences
    assert found[0] == (
        "after the upgrade, table users, columns: name VARCHAR(length=20) DEFAULT 'n'"
        " before, name VARCHAR(length=21) DEFAULT 'n' after"
    )


def test_values_that_differ_from_run_to_run(folder: Folder) -> None:
    line = (
        "import uuid; op.bulk_insert(sa.table('users', sa.column('name')),"
        " [{'name': uuid.uuid4().hex[:9]}])"
    )
    result = folder.compare(line, f"{line}  # changed")
    assert [one for one in result.differences if "SQL" not in one] == []
    assert result.notes[0] == (
        "after the upgrade, the values of users.name differ from run to run: they are"
        " not compared"
    )
    twice = folder.compare(line, f"{line}; {line[13:]}")
    assert "after the upgrade, table users: 1 rows before, 2 after" in twice.differences


def test_a_revision_that_cannot_run_offline(folder: Folder) -> None:
    line = "assert op.get_bind().execute(sa.text('SELECT 1')).scalar() == 1"
    result = folder.compare(line, f"{line}  # changed")
    assert result.differences == []
    (note,) = result.notes
    assert note.startswith("the SQL of the offline mode cannot be compared")
    assert "a1.py, line 13" in note


def test_a_revision_that_imports_the_application(
    folder: Folder, tmp_path: Path
) -> None:
    (tmp_path / "my_application.py").write_text("NAME = 'x'\n")
    line = (
        "import my_application; from flask import current_app; current_app.config;"
        " op.execute('INSERT INTO users (name) VALUES (%r)' % my_application.NAME)"
    )
    result = folder.compare(line, f"{line}  # changed", search_path=[tmp_path])
    assert result == Verification(1, [], [])


def test_no_other_database_is_opened(folder: Folder, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'real.db'}"
    line = f"sa.create_engine({url!r}).connect()"
    with pytest.raises(VerifyError, match="opens a database of its own"):
        folder.compare(line, f"{line}  # changed")


def test_a_chain_that_does_not_begin_with_an_empty_database(
    folder: Folder, tmp_path: Path
) -> None:
    text = f"{HEAD}\n\ndef upgrade():\n"
    text += "    op.add_column('things', sa.Column('a', sa.Text))\n"
    text += "\n\ndef downgrade():\n    pass\n"
    path = folder.add(text)
    changed = {path: f"{text}# changed\n".encode()}
    with pytest.raises(VerifyError) as caught:
        verify(folder.path, changed)
    message = str(caught.value)
    assert "do not run on an empty database before the change either" in message
    assert "a1.py, line 9: OperationalError" in message
    assert "--baseline FILE" in message
    baseline = tmp_path / "baseline.sql"
    baseline.write_text(
        "CREATE TABLE things (id INTEGER);\nINSERT INTO things VALUES (1);"
    )
    assert verify(folder.path, changed, baseline=baseline) == Verification(1, [], [])


def test_several_databases(folder: Folder) -> None:
    text = (
        f"{HEAD}\n\ndef upgrade(engine_name):\n"
        "    globals()['upgrade_%s' % engine_name]()\n"
        "\n\ndef downgrade(engine_name):\n"
        "    globals()['downgrade_%s' % engine_name]()\n"
        "\n\ndef upgrade_engine1():\n"
        "    op.create_table('a', sa.Column('i', sa.Text))\n"
        "\n\ndef downgrade_engine1():\n    op.drop_table('a')\n"
        "\n\ndef upgrade_users():\n"
        "    op.create_table('b', sa.Column('i', sa.Text))\n"
        "\n\ndef downgrade_users():\n    op.drop_table('b')\n"
    )
    path = folder.add(text)
    assert verify(folder.path, {path: f"{text}#\n".encode()}) == Verification(1, [], [])
    changed = text.replace("op.create_table('b'", "op.create_table('c'")
    found = verify(folder.path, {path: changed.encode()}).differences
    where = "after the upgrade, database users, table"
    assert f"{where} b: is missing after the change" in found
    assert f"{where} c: is there only after the change" in found
    assert any(line.startswith("SQL of the database users, before") for line in found)
    assert not any("engine1" in line for line in found)


def test_a_long_run_is_ended(folder: Folder) -> None:
    with pytest.raises(VerifyError, match="for more than 1 seconds"):
        folder.compare("import time; time.sleep(60)", "pass", timeout=1.0)


def test_a_folder_without_versions(tmp_path: Path) -> None:
    with pytest.raises(VerifyError, match="has no folder versions"):
        verify(tmp_path, {})


def test_a_file_that_is_no_part_of_the_chain(folder: Folder) -> None:
    folder.add(HEAD + USERS.format("pass"))
    other = folder.add(HEAD.replace("a1", "b1"), "__init__")
    with pytest.raises(VerifyError, match="cannot be proved: no part of the chain"):
        verify(folder.path, {other: b"raise RuntimeError"})


@pytest.mark.skipif(not SA_2, reason="folders below versions need a new Alembic")
def test_folders_below_versions(folder: Folder) -> None:
    (folder.path / "versions" / "2019").mkdir()
    path = folder.add(HEAD + USERS.format("pass"), "2019/a1")
    new = (HEAD + USERS.format("raise RuntimeError('x')")).encode()
    assert "RuntimeError: x" in verify(folder.path, {path: new}).differences[0]


@pytest.mark.parametrize(
    "line",
    [
        "sa.create_engine({url!r}).raw_connection()",
        "import sqlite3; sqlite3.connect({path!r})",
        "sa.create_engine({url!r}).connect()",
    ],
)
def test_no_other_file_is_even_made(folder: Folder, tmp_path: Path, line: str) -> None:
    path = tmp_path / "real.db"
    text = line.format(url=f"sqlite:///{path}", path=str(path))
    with pytest.raises(VerifyError, match="opens a database of its own"):
        folder.compare(text, f"{text}  # changed")
    assert not path.exists()


NOT_OFFLINE = "op.get_bind().execute(sa.text('SELECT 1')).fetchall()"
TABLE = "op.create_table('t', sa.Column('a', sa.String(9){}), sa.Column('b', sa.Text))"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (TABLE.format(", sa.CheckConstraint('a > 1')"), TABLE.format("")),
        (
            f"{TABLE.format('')}; op.execute('CREATE INDEX i ON t (lower(a))')",
            TABLE.format(""),
        ),
        (
            "op.execute('CREATE TABLE t (a TEXT COLLATE NOCASE)')",
            "op.execute('CREATE TABLE t (a TEXT)')",
        ),
    ],
)
def test_what_the_inspector_does_not_tell(folder: Folder, old: str, new: str) -> None:
    old, new = (f"{NOT_OFFLINE}; {one}" for one in (old, new))
    assert folder.compare(old, new).differences


def test_a_partial_index_is_no_difference(folder: Folder) -> None:
    line = (
        f"{NOT_OFFLINE}; op.create_index('ix', 'users', ['name'],"
        " sqlite_where=sa.text('id > 1'))"
    )
    assert folder.compare(line, f"{line}  # changed").differences == []


def test_what_was_not_run_is_told(folder: Folder) -> None:
    loop = "for row in op.get_bind().execute(sa.text('SELECT * FROM users')):\n"
    old = f"{loop}        op.execute('UPDATE users SET name = 1')"
    new = f"{loop}        op.execute('DELETE FROM users')"
    result = folder.compare(old, new)
    assert result.differences == []
    assert result.not_run == ["versions/a1.py, line 14"]
    row = "op.execute(\"INSERT INTO users VALUES (1, 'a')\")\n    "
    result = folder.compare(row + old, row + new)
    assert "table users: 1 rows before, 0 after" in result.differences[0]
    assert result.not_run == []


def test_an_encoding(folder: Folder) -> None:
    text = (
        "# -*- coding: latin-1 -*-\n"
        + HEAD
        + USERS.format("op.execute(\"INSERT INTO users VALUES (1, 'é')\")")
    )
    path = folder.add("")
    path.write_bytes(text.encode("latin-1"))
    new = f"{text}# changed\n".encode("latin-1")
    assert verify(folder.path, {path: new}) == Verification(1)


def test_a_helper_is_no_other_database(folder: Folder) -> None:
    text = HEAD + USERS.format("upgrade_it()") + "\n\ndef upgrade_it():\n    pass\n"
    path = folder.add(text)
    assert verify(folder.path, {path: text.encode()}) == Verification(1)


def test_links(folder: Folder, tmp_path: Path) -> None:
    text = HEAD + USERS.format("pass")
    (tmp_path / "elsewhere.py").write_text(text)
    path = folder.path / "versions" / "a1.py"
    path.symlink_to(tmp_path / "elsewhere.py")
    (path.parent / ".#a1.py").symlink_to(tmp_path / "missing")
    assert verify(folder.path, {path: text.encode()}) == Verification(1)


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at processes")
def test_what_a_long_run_has_started_is_ended(folder: Folder, tmp_path: Path) -> None:
    note = tmp_path / "note"
    line = (
        "import subprocess, time; child = subprocess.Popen(['sleep', '60']);"
        f" open({str(note)!r}, 'w').write(str(child.pid)); time.sleep(60)"
    )
    with pytest.raises(VerifyError, match="for more than 5 seconds"):
        folder.compare(line, "pass", timeout=5.0)
    status = Path("/proc", note.read_text(), "status")
    # Ended, and perhaps not yet collected by the first process of the machine.
    assert not status.exists() or "zombie" in status.read_text()


@pytest.mark.legacy
@pytest.mark.parametrize("server", servers.SERVERS)
def test_on_a_server(folder: Folder, server: str) -> None:
    with servers.database(server) as url:
        before = names(url)
        result = folder.compare(OLD, NEW, server_url=url)
        assert result == Verification(1, [], [])
        changed = NEW.replace("(1,", "(2,")
        assert folder.compare(OLD, changed, server_url=url).differences
        assert names(url) == before


def test_a_server_that_cannot_be_reached(folder: Folder) -> None:
    pytest.importorskip("psycopg2")
    url = "postgresql://someone:secret@127.0.0.1:1/none"
    with pytest.raises(
        DatabaseError, match="No scratch database can be made"
    ) as caught:
        folder.compare(OLD, NEW, server_url=url)
    assert str(caught.value) == without_passwords(str(caught.value))
    with pytest.raises(DatabaseError, match="No scratch database can be made"):
        folder.compare(OLD, NEW, server_url="postgresql://a:b@127.0.0.1:xx/c")
    with pytest.raises(DatabaseError, match="not sqlite"):
        folder.compare(OLD, NEW, server_url="sqlite://")


def names(url: str) -> set[str]:
    """Return the names of all databases of a server."""
    query = "SHOW DATABASES"
    if url.startswith("postgresql"):
        query = "SELECT datname FROM pg_database"
    return {str(row[0]) for row in servers.execute(url, query) if "verify" in row[0]}
