"""An interrupted revision goes on where it was, and nothing is guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from flask_migrate_compat import MigrateError, commands
from flask_migrate_compat.errors import InterruptedRevisionError

from ... import servers
from ..applications import engines, make_app, scripts, used, write_revision

CREATE_T = 'op.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(20))")'
CREATE_U = 'op.execute("CREATE TABLE u (id INTEGER PRIMARY KEY)")'
INSERT_T = "op.execute(\"INSERT INTO t VALUES (1, 'a'), (2, 'b')\")"
PROCEDURE = (
    'op.execute("CREATE PROCEDURE add_one() INSERT INTO t (id) SELECT count(*) FROM t")'
)
# Stands for a crash: no code of the package runs when a process is killed.
CRASH = "op.get_bind().invalidate(); raise Crash()"
HEAD = """

class Crash(BaseException):
    pass


"""


class Case:
    """An application on a fresh database, and revision ``a1`` of it."""

    def __init__(self, folder: Path, url: str, app: Any) -> None:
        self.folder = folder
        self.url = url
        self.app = app

    def script(self, *lines: str, down: str = "pass") -> None:
        """Write the revision."""
        path = write_revision(self.folder, "a1", upgrade="\n    ".join(lines))
        text = path.read_text().replace("\n\ndef upgrade", f"{HEAD}def upgrade", 1)
        path.write_text(
            text.replace("downgrade():\n    pass", f"downgrade():\n    {down}")
        )

    def crash(self, **options: Any) -> None:
        """Run the revision up to where it crashes."""
        with pytest.raises(BaseException) as caught:  # noqa: PT011
            commands.upgrade(**options)
        assert type(caught.value).__name__ == "Crash", caught.value

    def upgrade(self, **options: Any) -> None:
        commands.upgrade(**options)

    def rows(self, query: str) -> list[Any]:
        return servers.execute(self.url, query)

    def tables(self) -> set[str]:
        return servers.tables(self.url)


@pytest.fixture
def mariadb(folder: Path) -> Iterator[Case]:
    with servers.mariadb() as url, used(make_app(folder, {}, uri=url)) as app:
        commands.init()
        yield Case(folder, url, app)


@pytest.fixture
def postgresql(folder: Path) -> Iterator[Case]:
    with servers.postgresql() as url, used(make_app(folder, {}, uri=url)) as app:
        commands.init()
        yield Case(folder, url, app)


def test_it_goes_on_behind_the_last_statement(mariadb: Case) -> None:
    mariadb.script(CREATE_T, INSERT_T, CREATE_U, CRASH)
    mariadb.crash()
    assert {"t", "u", "alembic_version_journal"} <= mariadb.tables()
    mariadb.script(CREATE_T, INSERT_T, CREATE_U, 'op.execute("DROP TABLE u")')
    mariadb.upgrade()
    assert mariadb.tables() == {"t", "alembic_version"}
    assert mariadb.rows("SELECT * FROM t") == [(1, "a"), (2, "b")]
    assert mariadb.rows("SELECT * FROM alembic_version") == [("a1",)]


def test_what_was_not_committed_is_done_again(mariadb: Case) -> None:
    mariadb.script(CREATE_T, INSERT_T, CRASH)
    mariadb.crash()
    assert mariadb.rows("SELECT * FROM t") == []
    mariadb.script(CREATE_T, INSERT_T)
    mariadb.upgrade()
    assert mariadb.rows("SELECT * FROM t") == [(1, "a"), (2, "b")]


def test_a_read_returns_what_it_did(mariadb: Case) -> None:
    copy = (
        'for row in op.get_bind().execute(sa.text("SELECT name FROM t")).fetchall():',
        "    op.execute(f\"INSERT INTO u VALUES (LENGTH('{row[0]}') + 5)\")",
        "    break",
    )
    drop = 'op.execute("ALTER TABLE t DROP COLUMN name")'
    mariadb.script(CREATE_T, INSERT_T, CREATE_U, *copy, drop, CRASH)
    mariadb.crash()
    mariadb.script(CREATE_T, INSERT_T, CREATE_U, *copy, drop)
    mariadb.upgrade()
    assert mariadb.rows("SELECT * FROM u") == [(6,)]
    assert mariadb.rows("SELECT * FROM t") == [(1,), (2,)]


def test_a_question_about_a_table_gets_the_answer_that_it_got(mariadb: Case) -> None:
    # It makes the dialect run into an error, which is the answer.
    ask = 'if not op.get_bind().dialect.has_table(op.get_bind(), "t"):'
    mariadb.script(ask, f"    {CREATE_T}", INSERT_T, CREATE_U, CRASH)
    mariadb.crash()
    mariadb.script(ask, f"    {CREATE_T}", INSERT_T, CREATE_U)
    mariadb.upgrade()
    assert mariadb.rows("SELECT * FROM t") == [(1, "a"), (2, "b")]


def test_the_session_is_set_up_again(mariadb: Case) -> None:
    lines = (
        'op.execute("SET FOREIGN_KEY_CHECKS=0")',
        CREATE_T,
        CREATE_U,
    )
    add = (
        'op.execute("CREATE TABLE c (id INTEGER, FOREIGN KEY (id) REFERENCES u (id))")',
        'op.execute("INSERT INTO c VALUES (5)")',
    )
    mariadb.script(*lines, CRASH)
    mariadb.crash()
    mariadb.script(*lines, *add)
    mariadb.upgrade()
    assert mariadb.rows("SELECT * FROM c") == [(5,)]


def test_objects_of_a_session_get_the_numbers_that_they_got(mariadb: Case) -> None:
    pytest.importorskip("sqlalchemy", minversion="1.4")
    session = (
        "from sqlalchemy.orm import Session",
        "from sqlalchemy.ext.automap import automap_base",
        "base = automap_base()",
        "base.prepare(autoload_with=op.get_bind())",
        "session = Session(bind=op.get_bind())",
        "new = [base.classes.n(name=name) for name in 'abc']",
        "session.add_all(new)",
        "session.flush()",
        "ids = [one.id for one in new]",
        CREATE_U,
    )
    make = (
        'op.execute("CREATE TABLE n (id INTEGER PRIMARY KEY AUTO_INCREMENT,'
        ' name VARCHAR(9))")'
    )
    copy = 'op.bulk_insert(sa.table("u", sa.column("id")), [{"id": i} for i in ids])'
    mariadb.script(make, *session, CRASH)
    mariadb.crash()
    mariadb.script(make, *session, copy)
    mariadb.upgrade()
    assert mariadb.rows("SELECT id, name FROM n ORDER BY id") == [
        (1, "a"),
        (2, "b"),
        (3, "c"),
    ]
    assert mariadb.rows("SELECT * FROM u ORDER BY id") == [(1,), (2,), (3,)]


@pytest.mark.parametrize("was_executed", [False, True])
@pytest.mark.parametrize(
    ("statement", "undo", "tables"),
    [
        ("CREATE TABLE v (id INTEGER)", "DROP TABLE v", "tuv"),
        ("ALTER TABLE t ADD z INTEGER", "ALTER TABLE t DROP COLUMN z", "tu"),
        ("ALTER TABLE t RENAME TO v", "ALTER TABLE v RENAME TO t", "uv"),
        ("DROP TABLE u", "CREATE TABLE u (id INTEGER PRIMARY KEY)", "t"),
        ("CREATE INDEX i ON t (name)", "DROP INDEX i ON t", "tu"),
        ("CREATE TABLE v AS SELECT * FROM t", "DROP TABLE v", "tuv"),
        ("CREATE VIEW v AS SELECT * FROM u", "DROP VIEW v", "tuv"),
        (
            "CREATE TRIGGER g BEFORE INSERT ON u FOR EACH ROW SET NEW.id = 1",
            "DROP TRIGGER g",
            "tu",
        ),
    ],
)
def test_a_statement_in_doubt_is_looked_up(
    mariadb: Case, statement: str, undo: str, tables: str, was_executed: bool
) -> None:
    lines = (CREATE_T, CREATE_U, f'op.execute("{statement}")')
    mariadb.script(*lines, CRASH)
    mariadb.crash()
    # As if the process had died right before the statement was sent, or behind it.
    servers.execute(
        mariadb.url,
        "UPDATE alembic_version_journal SET state = 'begun', result = NULL"
        " WHERE position = 3",
        *([] if was_executed else [undo]),
    )
    mariadb.script(*lines)
    mariadb.upgrade()
    found = {name for (name,) in mariadb.rows("SHOW TABLES")}
    assert found == {*tables, "alembic_version"}
    # It is there, and could not be done once more.
    if not statement.startswith("DROP"):
        servers.execute(mariadb.url, undo)


def test_a_table_that_a_dying_server_may_have_left_empty(mariadb: Case) -> None:
    lines = (CREATE_T, INSERT_T, 'op.execute("CREATE TABLE v AS SELECT * FROM t")')
    mariadb.script(*lines, CRASH)
    mariadb.crash()
    servers.execute(
        mariadb.url,
        "UPDATE alembic_version_journal SET state = 'begun', session = '1000000000'"
        " WHERE position = 3",
    )
    mariadb.script(*lines)
    with pytest.raises(InterruptedRevisionError, match="nobody can tell"):
        mariadb.upgrade()


def test_nobody_guesses(mariadb: Case) -> None:
    call = 'op.execute("CALL add_one()")'
    lines = (
        CREATE_T,
        PROCEDURE,
    )
    mariadb.script(*lines, call, CRASH)
    mariadb.crash()
    doubt = (
        "UPDATE alembic_version_journal SET state = 'begun', result = NULL"
        " WHERE position = 3"
    )
    servers.execute(mariadb.url, doubt)
    mariadb.script(*lines, call)
    with pytest.raises(
        InterruptedRevisionError,
        match=r"a1 was interrupted at its statement 3.*CALL add_one\(\).*"
        r"'flask db upgrade --resume-skip'.*'flask db upgrade --resume-retry'",
    ):
        mariadb.upgrade()
    assert mariadb.rows("SELECT id FROM t") == [(0,)]
    mariadb.upgrade(resume_skip=True)
    assert mariadb.rows("SELECT id FROM t") == [(0,)]
    assert mariadb.rows("SELECT * FROM alembic_version") == [("a1",)]


def test_the_user_may_have_it_executed_again(mariadb: Case) -> None:
    lines = (
        CREATE_T,
        PROCEDURE,
        'op.execute("CALL add_one()")',
    )
    mariadb.script(*lines, CRASH)
    mariadb.crash()
    servers.execute(
        mariadb.url,
        "UPDATE alembic_version_journal SET state = 'begun' WHERE position = 3",
    )
    mariadb.script(*lines)
    mariadb.upgrade(resume_retry=True)
    assert mariadb.rows("SELECT id FROM t ORDER BY id") == [(0,), (1,)]
    assert mariadb.tables() == {"t", "alembic_version"}


def test_both_at_once_are_refused(mariadb: Case) -> None:
    with pytest.raises(MigrateError, match="contradict"):
        mariadb.upgrade(resume_skip=True, resume_retry=True)


def test_another_script_is_noticed(mariadb: Case) -> None:
    mariadb.script(CREATE_T, CREATE_U, CRASH)
    mariadb.crash()
    mariadb.script(CREATE_T.replace("20", "30"), CREATE_U)
    with pytest.raises(
        InterruptedRevisionError,
        match=r"statement 1 is another one than it was then: now CREATE TABLE t.*30.*"
        r"then CREATE TABLE t.*20.*--resume-skip",
    ):
        mariadb.upgrade()
    mariadb.upgrade(resume_skip=True)
    assert mariadb.tables() == {"t", "u", "alembic_version"}


def test_a_shorter_script_is_noticed(mariadb: Case) -> None:
    mariadb.script(CREATE_T, CREATE_U, CRASH)
    mariadb.crash()
    mariadb.script(CREATE_T)
    with pytest.raises(InterruptedRevisionError, match="does not have any more"):
        mariadb.upgrade()


def test_a_failed_statement_leaves_a_clear_state(mariadb: Case) -> None:
    unique = 'op.execute("CREATE UNIQUE INDEX i ON t (name)")'
    double = "op.execute(\"INSERT INTO t VALUES (1, 'a'), (2, 'a')\")"
    mariadb.script(CREATE_T, double, unique, CREATE_U)
    for _ in range(2):
        with pytest.raises(Exception, match="Duplicate entry"):
            mariadb.upgrade()
        assert mariadb.rows("SELECT * FROM t") == [(1, "a"), (2, "a")]
    servers.execute(mariadb.url, "UPDATE t SET name = 'b' WHERE id = 2")
    mariadb.upgrade()
    assert mariadb.tables() == {"t", "u", "alembic_version"}


def test_a_failed_statement_may_be_corrected(mariadb: Case) -> None:
    mariadb.script(CREATE_T, 'op.execute("ALTER TABLE t ADD name INTEGER")')
    with pytest.raises(Exception, match="Duplicate column"):
        mariadb.upgrade()
    mariadb.script(CREATE_T, 'op.execute("ALTER TABLE t ADD other INTEGER")')
    mariadb.upgrade()
    assert mariadb.tables() == {"t", "alembic_version"}


def test_an_error_that_the_script_catches_is_an_error_again(mariadb: Case) -> None:
    lines = (
        CREATE_T,
        "try:",
        '    op.execute("CREATE TABLE t (id INTEGER)")',
        "except sa.exc.DBAPIError as error:",
        '    op.execute(f"CREATE TABLE e{error.orig.args[0]} (id INTEGER)")',
    )
    mariadb.script(*lines, CRASH)
    mariadb.crash()
    mariadb.script(*lines, CREATE_U)
    mariadb.upgrade()
    assert mariadb.tables() == {"t", "e1050", "u", "alembic_version"}


def test_a_table_without_transactions(mariadb: Case) -> None:
    create = 'op.execute("CREATE TABLE m (id INTEGER) ENGINE=MyISAM")'
    lines = (create, 'op.execute("INSERT INTO m VALUES (1)")')
    mariadb.script(*lines, CRASH)
    mariadb.crash()
    mariadb.script(*lines)
    mariadb.upgrade()
    assert mariadb.rows("SELECT * FROM m") == [(1,)]


def test_locked_tables(mariadb: Case) -> None:
    mariadb.script(
        CREATE_T,
        'op.execute("LOCK TABLES t WRITE")',
        INSERT_T,
        'op.execute("ALTER TABLE t ADD z INTEGER")',
        'op.execute("UNLOCK TABLES")',
        CREATE_U,
    )
    mariadb.upgrade()
    assert mariadb.tables() == {"t", "u", "alembic_version"}


def test_a_downgrade_goes_on_too(mariadb: Case) -> None:
    down = ('op.execute("DROP TABLE t")', 'op.execute("DROP TABLE u")')
    mariadb.script(CREATE_T, CREATE_U)
    mariadb.upgrade()
    mariadb.script(CREATE_T, CREATE_U, down="; ".join((down[0], CRASH)))
    with pytest.raises(BaseException):  # noqa: B017, PT011
        commands.downgrade()
    mariadb.script(CREATE_T, CREATE_U, down="; ".join(down))
    with pytest.raises(
        InterruptedRevisionError, match="downgrade of revision a1 was interrupted"
    ):
        mariadb.upgrade()
    commands.downgrade()
    assert mariadb.tables() == {"alembic_version"}


def test_stamp_forgets(mariadb: Case) -> None:
    mariadb.script(CREATE_T, CREATE_U, CRASH)
    mariadb.crash()
    servers.execute(mariadb.url, "DROP TABLE t", "DROP TABLE u")
    commands.stamp(revision="base")
    assert mariadb.tables() == {"alembic_version"}
    mariadb.script(CREATE_T)
    mariadb.upgrade()
    assert mariadb.tables() == {"t", "alembic_version"}


def test_autogenerate_does_not_see_the_journal(mariadb: Case) -> None:
    mariadb.script("pass")
    mariadb.upgrade()
    servers.execute(mariadb.url, "CREATE TABLE alembic_version_journal (id INTEGER)")
    commands.migrate()
    assert len(scripts(mariadb.folder)) == 1


def test_a_journal_can_be_refused(mariadb: Case) -> None:
    mariadb.app.config["MIGRATE_JOURNAL"] = False
    mariadb.script(CREATE_T, CRASH)
    mariadb.crash()
    assert mariadb.tables() == {"t", "alembic_version"}


def test_a_write_on_another_connection_is_not_repeated(mariadb: Case) -> None:
    other = (
        "with op.get_bind().engine.connect() as other:",
        "    other.execute(sa.text(\"INSERT INTO t VALUES (1, 'a')\"))",
        "    getattr(other, 'commit', bool)()",
    )
    mariadb.script(CREATE_T, *other, CREATE_U, CRASH)
    mariadb.crash()
    mariadb.script(CREATE_T, *other, CREATE_U)
    with pytest.raises(InterruptedRevisionError, match="nobody can tell"):
        mariadb.upgrade()
    mariadb.upgrade(resume_skip=True)
    assert mariadb.rows("SELECT * FROM t") == [(1, "a")]


def test_rows_that_an_insert_returns_in_parts(mariadb: Case) -> None:
    pytest.importorskip("sqlalchemy", minversion="2.0")
    make = 'op.execute("CREATE TABLE n (id INTEGER PRIMARY KEY AUTO_INCREMENT, a INT)")'
    lines = (
        make,
        "n = sa.table('n', sa.column('id', sa.Integer), sa.column('a'))",
        "bind = op.get_bind().execution_options(insertmanyvalues_page_size=2)",
        "rows = [{'a': a} for a in range(5)]",
        "new = bind.execute(sa.insert(n).returning(n.c.id), rows).fetchall()",
        "assert len(new) == 5, new",
        CREATE_U,
        'op.bulk_insert(sa.table("u", sa.column("id")), [{"id": i} for i, in new])',
    )
    mariadb.script(*lines[:-1], CRASH)
    mariadb.crash()
    mariadb.script(*lines)
    mariadb.upgrade()
    assert mariadb.rows("SELECT count(*) FROM u") == [(5,)]


def test_ensure_version_leaves_the_journal(mariadb: Case) -> None:
    pytest.importorskip("alembic", minversion="1.7.6")
    mariadb.script(CREATE_T, INSERT_T, CREATE_U, CRASH)
    mariadb.crash()
    commands.ensure_version()
    mariadb.script(CREATE_T, INSERT_T, CREATE_U)
    mariadb.upgrade()
    assert mariadb.rows("SELECT count(*) FROM t") == [(2,)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("SET @a = (SELECT max(id) FROM t)", "INSERT INTO u VALUES (@a)"),
        ("INSERT INTO t (id) VALUES (7)", "INSERT INTO u VALUES (LAST_INSERT_ID())"),
        ("CREATE TEMPORARY TABLE x (id INTEGER)", "INSERT INTO u SELECT id FROM x"),
        ("SELECT id INTO @a FROM t LIMIT 1", "INSERT INTO u VALUES (@a)"),
    ],
)
def test_what_was_in_the_session_is_missed(
    mariadb: Case, before: str, after: str
) -> None:
    lines = (CREATE_T, INSERT_T, f'op.execute("{before}")', CREATE_U)
    mariadb.script(*lines, CRASH)
    mariadb.crash()
    mariadb.script(*lines, f'op.execute("{after}")')
    with pytest.raises(InterruptedRevisionError, match="only the session of that run"):
        mariadb.upgrade()
    assert mariadb.rows("SELECT * FROM u") == []


def test_variables_that_are_set_alike_are_set_again(mariadb: Case) -> None:
    lines = (
        'op.execute("SET @OLD=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0")',
        CREATE_T,
        CREATE_U,
    )
    mariadb.script(*lines, CRASH)
    mariadb.crash()
    mariadb.script(*lines, 'op.execute("INSERT INTO u VALUES (@OLD + 1)")')
    mariadb.upgrade()
    assert mariadb.rows("SELECT * FROM u") == [(2,)]


def test_one_answer_is_for_one_question(mariadb: Case) -> None:
    create = 'op.execute("CREATE TABLE m (id INTEGER) ENGINE=MyISAM")'
    lines = (
        CREATE_T,
        "import uuid",
        "insert = sa.text('INSERT INTO t VALUES (1, :name)')",
        "op.get_bind().execute(insert, {'name': uuid.uuid4().hex[:9]})",
        create,
        'op.execute("INSERT INTO m VALUES (1)")',
    )
    mariadb.script(*lines, CRASH)
    mariadb.crash()
    servers.execute(
        mariadb.url,
        "DELETE FROM m",
        "UPDATE alembic_version_journal SET state = 'begun' WHERE position = 4",
    )
    mariadb.script(*lines)
    with pytest.raises(InterruptedRevisionError, match=r"statement 2 .*other values"):
        mariadb.upgrade()
    with pytest.raises(InterruptedRevisionError, match="statement 4, and nobody"):
        mariadb.upgrade(resume_skip=True)
    mariadb.upgrade(resume_retry=True)
    assert mariadb.rows("SELECT * FROM m") == [(1,)]
    assert mariadb.rows("SELECT count(*) FROM t") == [(1,)]


def test_errors_that_the_script_catches_are_counted(mariadb: Case) -> None:
    def caught(statement: str) -> tuple[str, ...]:
        return ("try:", f'    op.execute("{statement}")', "except Exception: pass")

    lines = (
        CREATE_T,
        INSERT_T,
        *caught("INSERT INTO t VALUES (1, 'again')"),
        *caught("SET nonsense = 1"),
        'op.execute("CREATE TABLE m (id INTEGER PRIMARY KEY) ENGINE=MyISAM")',
        'op.execute("INSERT INTO m VALUES (1)")',
        *caught("INSERT INTO m VALUES (1)"),
        CREATE_U,
    )
    mariadb.script(*lines, CRASH)
    mariadb.crash()
    mariadb.script(*lines, 'op.execute("INSERT INTO u VALUES (3)")')
    mariadb.upgrade()
    assert mariadb.rows("SELECT * FROM u") == [(3,)]
    assert mariadb.rows("SELECT * FROM m") == [(1,)]


def test_a_session_that_commits_each_statement(mariadb: Case) -> None:
    [engine] = engines(mariadb.app)
    event.listen(engine, "connect", lambda c, r: c.cursor().execute("SET autocommit=1"))
    engine.dispose()
    mariadb.script(CREATE_T, INSERT_T, CRASH)
    mariadb.crash()
    mariadb.script(CREATE_T, INSERT_T)
    # Nobody can tell by looking whether the rows were inserted; they are noted.
    mariadb.upgrade()
    assert mariadb.rows("SELECT count(*) FROM t") == [(2,)]


def test_of_several_tables_some_were_dropped(mariadb: Case) -> None:
    lines = (CREATE_T, CREATE_U, 'op.execute("DROP TABLE t, u")')
    mariadb.script(*lines, CRASH)
    mariadb.crash()
    servers.execute(
        mariadb.url,
        "CREATE TABLE u (id INTEGER)",
        "UPDATE alembic_version_journal SET state = 'begun' WHERE position = 3",
    )
    mariadb.script(*lines)
    with pytest.raises(InterruptedRevisionError, match="nobody can tell"):
        mariadb.upgrade()


BLOCK = "with op.get_context().autocommit_block():"
CONCURRENTLY = 'op.execute("CREATE INDEX CONCURRENTLY i ON t (name)")'


def test_an_autocommit_block_goes_on(postgresql: Case) -> None:
    lines = (CREATE_T, INSERT_T, BLOCK, f"    {CONCURRENTLY}", CREATE_U)
    postgresql.script(*lines, CRASH)
    postgresql.crash()
    assert {"t", "alembic_version_journal"} <= postgresql.tables()
    assert "u" not in postgresql.tables()
    postgresql.script(*lines)
    postgresql.upgrade()
    assert postgresql.tables() == {"t", "u", "alembic_version"}
    assert postgresql.rows("SELECT * FROM t") == [(1, "a"), (2, "b")]


@pytest.mark.parametrize("left", ["nothing", "an invalid index", "the index"])
def test_an_index_in_doubt_is_looked_up(postgresql: Case, left: str) -> None:
    lines = (CREATE_T, INSERT_T, BLOCK, f"    {CONCURRENTLY}")
    postgresql.script(*lines, CRASH)
    postgresql.crash()
    servers.execute(
        postgresql.url,
        "UPDATE alembic_version_journal SET state = 'begun', session = 'gone'"
        " WHERE position = 3",
        *(["DROP INDEX i"] if left == "nothing" else []),
        *(
            ["UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i'::regclass"]
            if left == "an invalid index"
            else []
        ),
    )
    postgresql.script(*lines)
    postgresql.upgrade()
    rows = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass"
    assert postgresql.rows(rows) == [(True,)]


@pytest.mark.parametrize("was_executed", [False, True])
def test_a_dropped_index_in_doubt_is_looked_up(
    postgresql: Case, was_executed: bool
) -> None:
    make = 'op.execute("CREATE INDEX i ON t (name)")'
    drop = '    op.execute("DROP INDEX CONCURRENTLY i")'
    postgresql.script(CREATE_T, make, BLOCK, drop, CRASH)
    postgresql.crash()
    servers.execute(
        postgresql.url,
        "UPDATE alembic_version_journal SET state = 'begun', session = 'gone'"
        " WHERE position = 3",
        *([] if was_executed else ["CREATE INDEX i ON t (name)"]),
    )
    postgresql.script(CREATE_T, make, BLOCK, drop)
    postgresql.upgrade()
    assert postgresql.rows("SELECT to_regclass('i')") == [(None,)]


def test_a_value_of_an_enumeration_in_doubt_is_looked_up(postgresql: Case) -> None:
    add = "op.execute(\"ALTER TYPE mood ADD VALUE 'it''s b'\")"
    make = "op.execute(\"CREATE TYPE mood AS ENUM ('a')\")"
    postgresql.script(make, BLOCK, f"    {add}", CRASH)
    postgresql.crash()
    servers.execute(
        postgresql.url,
        "UPDATE alembic_version_journal SET state = 'begun', session = 'gone'"
        " WHERE position = 2",
    )
    postgresql.script(make, BLOCK, f"    {add}")
    postgresql.upgrade()
    assert postgresql.rows("SELECT count(*) FROM pg_enum") == [(2,)]


def test_an_index_that_failed_is_made_once_its_reason_is_gone(postgresql: Case) -> None:
    pytest.importorskip("sqlalchemy", minversion="1.4")  # see README
    unique = '    op.execute("CREATE UNIQUE INDEX CONCURRENTLY i ON t (name)")'
    double = "op.execute(\"INSERT INTO t VALUES (1, 'a'), (2, 'a')\")"
    postgresql.script(CREATE_T, double, BLOCK, unique)
    with pytest.raises(Exception, match="could not create unique index"):
        postgresql.upgrade()
    servers.execute(postgresql.url, "UPDATE t SET name = 'b' WHERE id = 2")
    postgresql.upgrade()
    assert postgresql.tables() == {"t", "alembic_version"}


def test_a_caught_error_of_a_block_is_an_error_again(postgresql: Case) -> None:
    lines = (
        CREATE_T,
        BLOCK,
        "    try:",
        '        op.execute("CREATE TABLE t (id INTEGER)")',
        "    except sa.exc.ProgrammingError:",
        f"        {CREATE_U}",
    )
    postgresql.script(*lines, CRASH)
    postgresql.crash()
    postgresql.script(*lines)
    postgresql.upgrade()
    assert postgresql.tables() == {"t", "u", "alembic_version"}


def test_a_plain_revision_has_no_journal(postgresql: Case) -> None:
    look = (
        'op.execute("CREATE TABLE found AS SELECT table_name FROM'
        " information_schema.tables WHERE table_name LIKE '%journal'\")"
    )
    postgresql.script(CREATE_T, look)
    postgresql.upgrade()
    assert postgresql.rows("SELECT * FROM found") == []


def test_the_transaction_of_the_caller_is_not_committed(mariadb: Case) -> None:
    pytest.importorskip("sqlalchemy", minversion="1.4")  # see README
    servers.execute(
        mariadb.url,
        "CREATE TABLE own (id INTEGER)",
        "CREATE TABLE alembic_version (version_num VARCHAR(32))",
    )
    env = mariadb.folder / "migrations" / "env.py"
    handed = "with __import__('contextlib').nullcontext(current_app.connection) as"
    env.write_text(env.read_text().replace("with get_engine().connect() as", handed))
    mariadb.script('op.execute("INSERT INTO own VALUES (2)")')
    with engines(mariadb.app)[0].connect() as connection:
        transaction = connection.begin()
        connection.execute(sa.text("INSERT INTO own VALUES (1)"))
        mariadb.app.connection = connection
        mariadb.upgrade()
        transaction.rollback()
    assert mariadb.rows("SELECT * FROM own") == []
    assert mariadb.rows("SELECT * FROM alembic_version") == []
