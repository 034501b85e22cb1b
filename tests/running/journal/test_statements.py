"""Which kind of statement some SQL is, and which objects it changes."""

from __future__ import annotations

import pytest

from flask_migrate_compat.running.journal import statements
from flask_migrate_compat.running.journal.statements import (
    CONTROL,
    DDL,
    OTHER,
    READ,
    SESSION,
    WRITE,
    change_of,
    kind_of,
)


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT 1", READ),
        ("  -- why\n/* and */ (select 1) union (select 2)", READ),
        ("SHOW CREATE TABLE t", READ),
        ("DESCRIBE `t`", READ),
        ("WITH a AS (SELECT 1) SELECT * FROM a", READ),
        ("WITH a AS (SELECT 1) DELETE FROM t", OTHER),
        ("SELECT 1 INTO OUTFILE '/x'", OTHER),
        ("SELECT id INTO @a FROM t", OTHER),
        ("insert into t values (1)", WRITE),
        ("UPDATE t SET a=1", WRITE),
        ("REPLACE INTO t VALUES (1)", WRITE),
        ("\nCREATE TABLE t (a INT)", DDL),
        ("ALTER TABLE t ADD b INT", DDL),
        ("RENAME TABLE a TO b", DDL),
        ("CREATE TEMPORARY TABLE t (a INT)", OTHER),
        ("CREATE OR REPLACE TEMP TABLE t (a INT)", OTHER),
        ("SET FOREIGN_KEY_CHECKS=0", SESSION),
        ("SET @@session.sql_mode=''", SESSION),
        ("SET @last = 5", SESSION),
        ("SET @last = (SELECT max(id) FROM t)", OTHER),
        ("SELECT set_config('search_path', 's', false)", SESSION),
        ("SAVEPOINT a", CONTROL),
        ("COMMIT", CONTROL),
        ("start transaction;", CONTROL),
        ("CALL f()", OTHER),
        ("LOCK TABLES t WRITE", OTHER),
        ("GRANT ALL ON t TO u", OTHER),
        # Executable comments of MySQL are statements.
        ("/*!40000 ALTER TABLE t DISABLE KEYS */", OTHER),
        ("PRAGMA table_info(t)", READ),
        ("PRAGMA user_version=3", SESSION),
        ("", OTHER),
        ("-- nothing", OTHER),
    ],
)
def test_kinds(sql: str, kind: str) -> None:
    assert kind_of(sql) == kind


@pytest.mark.parametrize(
    ("sql", "names", "kind", "appears", "shows"),
    [
        ("CREATE TABLE t (a INT)", ["t"], "TABLE", True, True),
        (
            "CREATE TABLE IF NOT EXISTS `a b`.`t` (a INT)",
            ["`a b`.`t`"],
            "TABLE",
            True,
            1,
        ),
        ("CREATE TABLE t AS SELECT 1", ["t"], "TABLE", True, True),
        ("CREATE OR REPLACE VIEW v AS SELECT 1", ["v"], "VIEW", None, True),
        (
            "CREATE DEFINER=`root`@`%` TRIGGER g"
            " BEFORE INSERT ON t FOR EACH ROW SET @a=1",
            ["g"],
            "TRIGGER",
            True,
            True,
        ),
        ("DROP TABLE IF EXISTS a, `b`", ["a", "`b`"], "TABLE", False, True),
        ("ALTER TABLE t ADD COLUMN a INT", ["t"], "TABLE", None, True),
        ("ALTER TABLE t RENAME TO u", ["t", "u"], "TABLE", None, True),
        (
            "ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u",
            ["t"],
            "TABLE",
            None,
            False,
        ),
        ("RENAME TABLE a TO b", ["a", "b"], "TABLE", None, True),
        ("RENAME TABLE a TO x, b TO a, x TO b", list("axbaxb"), "TABLE", None, False),
        ("CREATE UNIQUE INDEX i ON t (a)", ["t"], "TABLE", None, True),
        ("DROP INDEX i ON t", ["t"], "TABLE", None, True),
        ("TRUNCATE t", ["t"], "TABLE", None, True),
    ],
)
def test_changes(
    sql: str, names: list[str], kind: str, appears: bool | None, shows: bool
) -> None:
    change = change_of(sql)
    assert change is not None
    assert list(change.names) == names
    assert (change.kind, change.appears, change.shows) == (kind, appears, bool(shows))


@pytest.mark.parametrize("sql", ["CALL f()", "GRANT ALL ON t TO u", "CREATE USER u"])
def test_a_change_that_is_not_known(sql: str) -> None:
    assert change_of(sql) is None


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("INSERT INTO t VALUES (1)", "t"),
        ("INSERT IGNORE INTO `d`.`t` (a) VALUES (1)", "`d`.`t`"),
        ("DELETE FROM t WHERE a", "t"),
        ("UPDATE LOW_PRIORITY t SET a=1", "t"),
    ],
)
def test_the_table_that_is_written(sql: str, name: str) -> None:
    assert statements.written_table(sql) == name


def test_names_without_quotes() -> None:
    assert statements.unquoted("`a``b`.t") == ("a`b", "t")
    assert statements.unquoted('"t"') == (None, "t")
