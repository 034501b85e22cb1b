"""Schemas of SQLite that are difficult to read: written ones, and generated ones."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

# Schemas that were difficult, each as the statements that make it.
ODD = {
    "nothing": [],
    "quoted names": [
        """CREATE TABLE "we""ird ta'ble"("co""l" INTEGER PRIMARY KEY, [b c] INT)""",
        """CREATE INDEX "in""de'x" ON "we""ird ta'ble"("co""l", [b c])""",
        'CREATE TABLE "{x} %s ?"("{y} %(z)s" TEXT DEFAULT \'%\')',
        "CREATE TABLE [select]([from] TEXT, `where` TEXT UNIQUE)",
        'CREATE TABLE "Größe"("ä" TEXT)',
    ],
    "foreign keys": [
        "CREATE TABLE p(a INT, b INT, PRIMARY KEY (b, a))",
        "CREATE TABLE c(x INT, y INT, CONSTRAINT f FOREIGN KEY(x, y)"
        " REFERENCES p(b, a) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED)",
        "CREATE TABLE d(x INT, y INT, FOREIGN KEY(x, y) REFERENCES p)",
        "CREATE TABLE self(id INTEGER PRIMARY KEY, up INT REFERENCES self(id))",
        "CREATE TABLE selfish(id INTEGER PRIMARY KEY, up INT REFERENCES selfish)",
        "CREATE TABLE e(x INT REFERENCES nowhere, y INT REFERENCES P)",
        "CREATE TABLE g(x INT REFERENCES v,"
        " y INT REFERENCES self(id) ON UPDATE SET NULL)",
        "CREATE VIEW v AS SELECT a FROM p",
    ],
    "constraints": [
        "CREATE TABLE a(x INT CHECK (x > 0), y INT UNIQUE, z INT, UNIQUE (y, z),"
        " CONSTRAINT u UNIQUE (z, y), CONSTRAINT c CHECK (y <> ')'))",
        "CREATE TABLE b(x TEXT NOT NULL PRIMARY KEY ON CONFLICT REPLACE)",
        "CREATE TABLE c(x INT, CONSTRAINT pk PRIMARY KEY (x))",
    ],
    "indexes": [
        "CREATE TABLE t(a INT, b TEXT, c TEXT)",
        "CREATE UNIQUE INDEX u ON t(a, b)",
        "CREATE INDEX part ON t(a) WHERE b IS NOT NULL",
        "CREATE INDEX expr ON t(a, lower(b))",
        "CREATE INDEX descending ON t(a DESC, b COLLATE NOCASE)",
        "CREATE INDEX T_a ON T(A)",
    ],
    "sorts of tables": [
        "CREATE TABLE r(a TEXT, b INT, PRIMARY KEY (b, a)) WITHOUT ROWID",
        "CREATE INDEX ri ON r(a)",
        "CREATE TABLE auto(id INTEGER PRIMARY KEY AUTOINCREMENT)",
        "CREATE TABLE gen(a INT, b INT GENERATED ALWAYS AS (a + 1),"
        " c INT GENERATED ALWAYS AS (a * 2) STORED)",
        "CREATE TABLE strict(a INT) STRICT",
        "CREATE TABLE copied AS SELECT 1 AS one, 'x' AS two",
        "CREATE TABLE typeless(a, b VARCHAR(20, 3), c MONEY(1), d DOUBLE PRECISION)",
        "CREATE VIRTUAL TABLE full USING fts5(title, text)",
        "ANALYZE",
    ],
    "views": [
        "CREATE TABLE t(a INT)",
        "CREATE VIEW v AS SELECT a FROM t",
        "CREATE VIEW broken AS SELECT a FROM missing",
    ],
    "temporary tables": [
        "CREATE TABLE same(a INT)",
        "CREATE TEMP TABLE same(b INT PRIMARY KEY, c INT UNIQUE REFERENCES same)",
        "CREATE TEMP TABLE SAME2(b INT REFERENCES same, c TEXT UNIQUE)",
        "CREATE INDEX temp.i ON SAME2(b)",
        "CREATE TABLE same2(a INT)",
        "CREATE TEMP TABLE lower(b INT UNIQUE REFERENCES same)",
        "CREATE TABLE LOWER(a INT)",
        "CREATE TEMP TABLE only(b INT PRIMARY KEY)",
        "CREATE TABLE viewed(a INT)",
        "CREATE TEMP VIEW viewed AS SELECT 1 AS z",
        "CREATE INDEX main.i ON same(a)",
    ],
    "attached schemas": [
        "ATTACH ':memory:' AS aux",
        'ATTACH \':memory:\' AS "o\'dd ""one"',
        "CREATE TABLE t(a INT)",
        "CREATE TABLE aux.t(b INT PRIMARY KEY, c INT UNIQUE REFERENCES t2)",
        "CREATE TABLE aux.t2(b INT, PRIMARY KEY (b))",
        "CREATE INDEX aux.i ON t(c)",
        "CREATE TEMP TABLE t2(z INT UNIQUE)",
        'CREATE TABLE "o\'dd ""one".t(d INT CHECK (d > 0))',
    ],
}

NAMES = ["a", "B", "b", "order", 'q"x', "it's", "s p", "Ü", "%s {0}", "sub.t", "k_1"]
NAME = st.sampled_from(NAMES)
TYPE = st.sampled_from(
    ["INTEGER", "int", "VARCHAR(20)", "NUMERIC(10, 2)", "TEXT", "", "odd type(1,2,3)"]
)
SUFFIX = st.sampled_from(
    [
        *[""] * 4,
        "NOT NULL",
        "UNIQUE",
        "DEFAULT 'x, )'",
        "DEFAULT (1 + 2)",
        "CHECK (1 > 0)",
        "PRIMARY KEY",
        "PRIMARY KEY AUTOINCREMENT",
        "COLLATE NOCASE UNIQUE",
        "GENERATED ALWAYS AS (1 + 1)",
    ]
)
SCHEMA = st.sampled_from(["", "", "", "aux.", "temp."])


def quoted(name: str) -> str:
    """Quote a name."""
    return '"' + name.replace('"', '""') + '"'


def columns(names: list[str]) -> str:
    """Return a list of columns in parentheses."""
    return f"({', '.join(map(quoted, names))})"


@st.composite
def constraints(draw: Any, own: list[str]) -> str:
    """Make a constraint of a table with these columns."""
    kind = draw(st.sampled_from(["UNIQUE", "CHECK", "PRIMARY KEY", "FOREIGN KEY"]))
    some = columns(draw(st.lists(st.sampled_from(own), min_size=1, max_size=2)))
    text = f"{kind} (1 > 0)" if kind == "CHECK" else f"{kind} {some}"
    if kind == "FOREIGN KEY":
        others = draw(st.sampled_from(["", some, columns([draw(NAME)])]))
        rule = draw(st.sampled_from(["", "ON DELETE SET NULL", "DEFERRABLE"]))
        text += f" REFERENCES {quoted(draw(NAME))}{others} {rule}"
    return draw(st.sampled_from(["", f"CONSTRAINT {quoted(draw(NAME))} "])) + text


@st.composite
def statements(draw: Any) -> str:
    """Make a statement that creates something; SQLite may refuse it."""
    kind = draw(st.sampled_from(["TABLE", "TABLE", "TABLE", "INDEX", "VIEW"]))
    where, name = draw(SCHEMA), quoted(draw(NAME))
    own = draw(st.lists(NAME, min_size=1, max_size=4, unique=True))
    if kind == "INDEX":
        unique = draw(st.sampled_from(["", "UNIQUE"]))
        what = draw(st.sampled_from([columns(own), f"(length({quoted(own[0])}))"]))
        partial = draw(st.sampled_from(["", f"WHERE {quoted(own[0])} IS NOT NULL"]))
        return (
            f"CREATE {unique} INDEX {where}{quoted('i' + draw(NAME))}"
            f" ON {name} {what} {partial}"
        )
    if kind == "VIEW":
        return f"CREATE VIEW {where}{name} AS SELECT * FROM {quoted(own[0])}"
    parts = [f"{quoted(column)} {draw(TYPE)} {draw(SUFFIX)}" for column in own]
    parts += draw(st.lists(constraints(own), max_size=3))
    return f"CREATE TABLE {where}{name} ({', '.join(parts)})" + draw(
        st.sampled_from(["", "", "WITHOUT ROWID", "STRICT"])
    )
