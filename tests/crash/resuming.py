"""Fail and crash where the database cannot take back what was done: MariaDB."""

from __future__ import annotations

from .stage import Stage, check, expect, scenario

_DUPLICATES = {
    "d1": """
    word = sa.Column("word", sa.String(9))
    op.create_table("thing", sa.Column("id", sa.Integer), word)
""",
    "d2": """
    op.add_column("thing", sa.Column("kind", sa.String(9)))
    op.execute("INSERT INTO thing (id, word) VALUES (1, 'a'), (2, 'b'), (3, 'b')")
    op.execute("UPDATE thing SET kind = concat(coalesce(kind, ''), word)")
    op.create_index("uq_thing", "thing", ["word"], unique=True)
    op.add_column("thing", sa.Column("last", sa.Integer))
    op.execute("UPDATE thing SET last = coalesce(last, 0) + id")
""",
    "d3": """
    op.drop_column("thing", "last")
""",
}


def _check_things(stage: Stage, number: int, index: str = "uq_thing") -> None:
    state = stage.target.state()
    check(set(state.rows) == {"thing", "alembic_version"}, f"tables: {state.rows}")
    version = "[(\"version_num\", 'd3')]".replace('"', "'")
    check(state.rows["alembic_version"] == [version], f"{state.rows}")
    words = list("abb"[:number])
    expected = [
        repr([("id", n), ("kind", word), ("word", word)])
        for n, word in enumerate(words, 1)
    ]
    check(state.rows["thing"] == expected, f"the rows are {state.rows['thing']}")
    check(any(index in line for line in state.schema), f"no index: {state.schema}")


def _fail(stage: Stage) -> None:
    """Let the fourth statement fail, and check what is left."""
    expect(stage.run(), 1, "d2_.py", "duplicate")
    versions = stage.target.query("SELECT version_num FROM alembic_version")
    check(versions == [("d1",)], f"the version is {versions}")
    arguments = ["-m", "flask", "db", "current"]
    current = stage.project.call(arguments, {"CRASH_URL": stage.target.url})
    expect(current, 0)
    check("d1" in current.output, f"'current' says: {current.output}")


@scenario("mariadb", part="resuming", each=["flask", "manage"])
def failed_statement(stage: Stage, face: str) -> None:
    """A statement fails because of the data, which is then mended by hand."""
    stage.write(_DUPLICATES)
    for _ in range(3):
        _fail(stage)
    stage.target.query("DELETE FROM thing WHERE id = 3")
    expect(stage.run(face=face), 0)
    _check_things(stage, 2)


@scenario("mariadb", part="resuming")
def failed_statement_that_is_edited(stage: Stage) -> None:
    """A statement fails, and the script is mended instead of the data."""
    stage.write(_DUPLICATES)
    _fail(stage)
    body = _DUPLICATES["d2"].replace('"uq_thing"', '"ix_thing"')
    stage.write({**_DUPLICATES, "d2": body.replace(", unique=True", "")})
    if stage.run().status:
        expect(stage.run(), 1, "d2", "--resume-retry")
        expect(stage.run("--resume-retry"), 0)
    _check_things(stage, 3, "ix_thing")


@scenario("mariadb", part="resuming")
def failed_statement_before_which_something_is_edited(stage: Stage) -> None:
    """What was executed is not what the script says now: never guess."""
    stage.write(_DUPLICATES)
    _fail(stage)
    body = _DUPLICATES["d2"].replace("sa.String(9)", "sa.String(12)")
    stage.write({**_DUPLICATES, "d2": body})
    stage.target.query("DELETE FROM thing WHERE id = 3")
    expect(stage.run(), 1, "d2")


#: A chain in which one statement is another one each time.
_DOUBTFUL = {
    "p1": """
    op.execute("CREATE TABLE one (value INTEGER) {options}")
    op.execute("INSERT INTO one (value) VALUES (0)")
    op.execute("CREATE PROCEDURE raise_it() BEGIN"
        " UPDATE one SET value = value + 1; COMMIT; END")
""",
    "p2": """
    op.create_table("two", sa.Column("value", sa.Integer))
    op.execute({statement!r})
    op.create_table("three", sa.Column("value", sa.Integer))
    op.execute("INSERT INTO three SELECT value FROM one")
""",
}
#: Statements, with what the table has to be like for them to leave doubts.
_STATEMENTS = {
    "CALL": ("CALL raise_it()", ""),
    "CREATE TABLE AS": ("CREATE TABLE made AS SELECT value + 1 AS value FROM one", ""),
    "MyISAM": ("UPDATE one SET value = value + 1", "ENGINE=MyISAM"),
    "RENAME": ("RENAME TABLE one TO other, two TO one, other TO two", ""),
}
_ROWS = {
    "CALL": {"one": [1], "two": [], "three": [1]},
    "CREATE TABLE AS": {"one": [0], "two": [], "three": [0], "made": [1]},
    "MyISAM": {"one": [1], "two": [], "three": [1]},
    "RENAME": {"one": [], "two": [0], "three": []},
}
#: The option that is right when the statement was killed there.
_WAYS = {"before": "--resume-retry", "after": "--resume-skip"}


@scenario(
    "mariadb",
    part="resuming",
    each=[(name, side, "flask") for name in _STATEMENTS for side in _WAYS]
    + [("MyISAM", side, "manage") for side in _WAYS],
)
def statement_in_doubt(stage: Stage, name: str, side: str, face: str) -> None:
    """Killed where nothing is rolled back: decide rightly, or name both ways."""
    statement, options = _STATEMENTS[name]
    p1 = _DOUBTFUL["p1"].format(options=options)
    p2 = _DOUBTFUL["p2"].format(statement=statement)
    stage.write({"p1": p1, "p2": p2})
    killed = stage.run(CRASH_KILL=f"named:{statement}:{side}")
    check(killed.killed, f"was not killed, but ended with {killed.status}")
    result = stage.run(face=face)
    if result.status:
        for again in (result, stage.run(face=face)):
            ways = ("--resume-skip", "--resume-retry")
            expect(again, 1, "p2", statement[:20], *ways)
        expect(stage.run(_WAYS[side], face=face), 0)
    rows = stage.target.state().rows
    del rows["alembic_version"]
    expected = {
        table: [repr([("value", value)]) for value in values]
        for table, values in _ROWS[name].items()
    }
    check(rows == expected, f"statuses {result.status}, the rows are {rows}")
