"""Tell what kind of statement some SQL is, and which objects it changes.

Only the beginning of a statement is looked at. Whatever is not recognised is
``OTHER``, about which nothing is assumed.
"""

from __future__ import annotations

import re
from typing import NamedTuple

# Changes nothing; its rows are kept.
READ = "read"
# Changes rows, and can be rolled back with them.
WRITE = "write"
# Changes the schema; the database tells afterwards whether it has been executed.
DDL = "ddl"
# Is in force for the session alone, and has to be executed in each one.
SESSION = "session"
# Begins or ends a transaction, or a savepoint.
CONTROL = "control"
OTHER = "other"

_COMMENTS = re.compile(
    r"(?:\s|;|\(|--[^\n]*(?:\n|$)|#[^\n]*(?:\n|$)|/\*(?!!).*?\*/)*", re.S
)
_KINDS = {
    READ: ("SELECT", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "VALUES", "TABLE"),
    WRITE: ("INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE"),
    DDL: ("CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE"),
    SESSION: ("SET", "USE"),
    CONTROL: ("BEGIN", "START", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "END"),
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words}
_WRITES = re.compile(r"\b(?:INSERT|UPDATE|DELETE|REPLACE|MERGE)\b", re.I)
# A variable of the user's, whose value may be another one the next time.
_VARIABLE = re.compile(r"(?<!@)@(?!@)\w")

_SET_CONFIG = re.compile(r"SELECT\s+(?:pg_catalog\.)?set_config\s*\(", re.I)
# What ends with the session, so that it is not there when the next one goes on.
_LEAVES_STATE = re.compile(
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:(?:GLOBAL|LOCAL)\s+)?TEMP|PREPARE\b"
    r"|SET\s.*?(?<!@)@(?!@)\w|SELECT\b.*(?<!@)@(?!@)\w+\s*:="
    r"|SELECT\b.*\bINTO\s+(?:@|TEMP)|SELECT\b.*\bGET_LOCK\s*\("
    r"|DECLARE\b",
    re.I | re.S,
)
# What asks for the statement before, which a new session has not executed.
_LOOKS_BACK = re.compile(
    r"\b(?:LAST_INSERT_ID|ROW_COUNT|FOUND_ROWS|last_insert_rowid|changes|lastval|currval)"
    r"\s*\(",
    re.I,
)

# A name, with or without quotes, and the schema before it.
_PART = r'(?:`(?:[^`]|``)+`|"(?:[^"]|"")+"|[\w$]+)'
NAME = rf"{_PART}(?:\s*\.\s*{_PART})?"
_IF = r"(?:IF\s+(?:NOT\s+)?EXISTS\s+)?"


def leaves_state(statement: str) -> bool:
    """Tell whether a statement leaves something in the session that is lost with it.

    :param statement: the SQL.
    """
    text = without_comments(statement)
    return kind_of(statement) != SESSION and _LEAVES_STATE.match(text) is not None


def looks_back(statement: str) -> bool:
    """Tell whether a statement asks for what another one in its session has done.

    :param statement: the SQL.
    """
    return _LOOKS_BACK.search(statement) is not None


class Change(NamedTuple):
    """What a statement does to the schema.

    :param names: the objects that are different afterwards, as they are written.
    :param kind: what they are, such as ``TABLE``; one of :data:`KINDS_OF_OBJECTS`.
    :param appears: whether the first of them is there afterwards; ``None`` if it was
        there before, too.
    :param shows: whether it is sure that the schema differs afterwards, or that the
        statement can be executed twice.
    :param fills: whether rows come with the object, which a server that crashes may
        have left out.
    """

    names: tuple[str, ...]
    kind: str
    appears: bool | None
    shows: bool = True
    fills: bool = False


KINDS_OF_OBJECTS = ("TABLE", "VIEW", "TRIGGER", "PROCEDURE", "FUNCTION", "EVENT")
_OBJECT = (
    r"(?:DEFINER\s*=\s*\S+\s+|SQL\s+SECURITY\s+\w+\s+|ALGORITHM\s*=\s*\w+\s+)*"
    rf"(?P<kind>{'|'.join(KINDS_OF_OBJECTS)})"
)
_CREATE = re.compile(
    rf"CREATE\s+(?P<replace>OR\s+REPLACE\s+)?{_OBJECT}\s+{_IF}(?P<name>{NAME})", re.I
)
_DROP = re.compile(
    rf"DROP\s+{_OBJECT}\s+{_IF}(?P<names>{NAME}(?:\s*,\s*{NAME})*)", re.I
)
_ALTER = re.compile(
    rf"ALTER\s+(?:ONLINE\s+|IGNORE\s+)*TABLE\s+{_IF}(?:ONLY\s+)?(?P<name>{NAME})", re.I
)
_RENAMED = re.compile(rf"\bRENAME\s+(?:TO|AS)\s+(?P<name>{NAME})", re.I)
_RENAME = re.compile(rf"RENAME\s+TABLES?\s+{_IF}(?P<pairs>.*)", re.I | re.S)
_INDEX_ON = re.compile(
    r"(?:CREATE|DROP)\s+(?:OR\s+REPLACE\s+)?(?:UNIQUE\s+|FULLTEXT\s+|SPATIAL\s+)?INDEX"
    rf"\b.*?\bON\s+(?:ONLY\s+)?(?P<name>{NAME})",
    re.I | re.S,
)
_TRUNCATE = re.compile(rf"TRUNCATE\s+(?:TABLE\s+)?(?P<name>{NAME})", re.I)
# Changes of a table after which it looks as before, or that may be half done.
_HIDDEN = re.compile(r"\b(?:EXCHANGE|IMPORT|DISCARD)\b", re.I)
_FILLED = re.compile(r"\bSELECT\b", re.I)
_WRITTEN = re.compile(
    r"(?:INSERT|REPLACE|DELETE|UPDATE)\s+"
    r"(?:(?:LOW_PRIORITY|HIGH_PRIORITY|DELAYED|QUICK|IGNORE|INTO|FROM|ONLY)\s+)*"
    rf"(?P<name>{NAME})",
    re.I,
)


def without_comments(statement: str) -> str:
    """Return a statement without what stands before its first word.

    :param statement: the SQL.
    """
    leading = _COMMENTS.match(statement)
    return statement[leading.end() :] if leading else statement


def kind_of(statement: str) -> str:
    """Return the kind of a statement, one of the constants of this module.

    :param statement: the SQL.
    """
    text = without_comments(statement)
    word = text.split(None, 1)[0].upper().rstrip(";(*") if text.strip() else ""
    kind = _KIND_OF.get(word, OTHER)
    if word == "WITH":
        kind = OTHER if _WRITES.search(text) else READ
    if word == "SELECT" and re.search(r"\bINTO\b", text, re.I):
        # Into a file, a variable, or on PostgreSQL a new table.
        kind = OTHER
    if (
        kind == SESSION
        and _VARIABLE.search(text)
        and re.search(r"[(]|SELECT", text, re.I)
    ):
        # What it sets may be another value the next time.
        kind = OTHER
    if word == "SELECT" and _SET_CONFIG.match(text):
        kind = SESSION
    if word == "PRAGMA":
        kind = SESSION if "=" in text else READ
    if kind == DDL and re.match(r"\w+\s+(?:OR\s+REPLACE\s+)?TEMP", text, re.I):
        # It ends with the session, and whatever follows needs it.
        kind = OTHER
    return kind


def ends_transaction(statement: str, begin_commits: bool) -> bool:
    """Tell whether a ``CONTROL`` statement commits what was done before.

    :param statement: the SQL.
    :param begin_commits: whether beginning a transaction ends the one before, as on
        MySQL.
    """
    word = without_comments(statement).split(None, 1)[0].upper().rstrip(";")
    return word in ("COMMIT", "END") or (begin_commits and word in ("BEGIN", "START"))


def change_of(statement: str) -> Change | None:
    """Return what a statement changes, ``None`` if that is not known.

    :param statement: the SQL.
    """
    text = without_comments(statement)
    found = _CREATE.match(text)
    if found:
        kind = found["kind"].upper()
        filled = kind == "TABLE" and _FILLED.search(text) is not None
        appears = None if found["replace"] else True
        return Change((found["name"],), kind, appears, fills=filled)
    found = _DROP.match(text)
    if found:
        names = tuple(one.strip() for one in re.findall(NAME, found["names"]))
        return Change(names, found["kind"].upper(), False)
    found = _ALTER.match(text)
    if found:
        renamed = _RENAMED.search(text)
        names = (found["name"], renamed["name"]) if renamed else (found["name"],)
        return Change(names, "TABLE", None, _HIDDEN.search(text) is None)
    found = _RENAME.match(text)
    if found:
        words = re.findall(NAME, found["pairs"])
        names = tuple(word for word in words if word.upper() != "TO")
        return Change(names, "TABLE", None, len(names) == 2)
    found = _INDEX_ON.match(text) or _TRUNCATE.match(text)
    if found:
        return Change((found["name"],), "TABLE", None)
    return None


def written_table(statement: str) -> str | None:
    """Return the table that a ``WRITE`` statement writes to, if that is plain.

    :param statement: the SQL.
    """
    found = _WRITTEN.match(without_comments(statement))
    return found["name"] if found else None


def unquoted(name: str) -> tuple[str | None, str]:
    """Split a name as it is written in SQL into schema and name, without quotes.

    :param name: such as ``db.`t```.
    """
    parts = re.findall(_PART, name)
    bare = [
        part[1:-1].replace(part[0] * 2, part[0]) if part[0] in '`"' else part
        for part in parts
    ]
    return (bare[0] if len(bare) > 1 else None), bare[-1]
