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
    expect(stage.run(), 0)
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


_PROCEDURE = {
    "p1": """
    op.create_table("one", sa.Column("value", sa.Integer))
    op.execute("INSERT INTO one (value) VALUES (0)")
    op.execute("CREATE PROCEDURE raise_it() UPDATE one SET value = value + 1")
""",
    "p2": """
    op.create_table("two", sa.Column("value", sa.Integer))
    op.execute("CALL raise_it()")
    op.create_table("three", sa.Column("value", sa.Integer))
    op.execute("INSERT INTO three SELECT value FROM one")
""",
}
_WAYS = {"before": "--resume-retry", "after": "--resume-skip"}


@scenario(
    "mariadb",
    part="resuming",
    each=[(side, face) for side in _WAYS for face in ("flask", "manage")],
)
def statement_in_doubt(stage: Stage, side: str, face: str) -> None:
    """Killed where looking does not tell what happened: stop, and name both ways."""
    stage.write(_PROCEDURE)
    # What a procedure commits by itself cannot be taken back.
    body = _PROCEDURE["p1"].replace(
        "UPDATE one SET value = value + 1",
        "BEGIN UPDATE one SET value = value + 1; COMMIT; END",
    )
    stage.write({**_PROCEDURE, "p1": body})
    killed = stage.run(CRASH_KILL=f"named:CALL raise_it:{side}")
    check(killed.killed, f"was not killed, but ended with {killed.status}")
    for _ in range(2):
        result = stage.run(face=face)
        expect(result, 1, "p2", "CALL raise_it", "--resume-skip", "--resume-retry")
    expect(stage.run(_WAYS[side], face=face), 0)
    state = stage.target.state()
    rows = {name: state.rows.get(name) for name in ("one", "three")}
    expected = [repr([("value", 1)])]
    check(rows == {"one": expected, "three": expected}, f"the rows are {rows}")
    tables = {"one", "two", "three", "alembic_version"}
    check(set(state.rows) == tables, f"the tables are {set(state.rows)}")
