"""Kill this process before or after the n-th thing that it does to a database.

``CRASH_KILL`` is ``<kind>:<n>:<side>``. The kinds are ``driver``, every execute,
commit and rollback of every DBAPI connection, whoever made it; and ``engine``, the
statements and commits that SQLAlchemy knows of. The side is ``before`` or ``after``.
``<kind>:0:`` kills nothing. Each thing becomes a line in the file ``CRASH_TRACE``, if
that is given.

``named:<text>:<side>`` kills at the first statement with the text, and
``timer:<text>:<milliseconds>`` while the first one that begins there is busy.
"""

import os
import signal
import sqlite3
import sqlite3.dbapi2
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultDialect


class Killer:
    """Count what is done, and kill the process when it is time."""

    def __init__(self, where, side, trace):
        self.where = where
        self.side = side
        self.trace = trace
        self.count = 0
        self.depth = 0

    @contextmanager
    def around(self, text):
        """Surround one thing that is done; what happens inside of it is a part."""
        self.before(text)
        try:
            yield
        finally:
            self.after(text)

    def before(self, text):
        """Count, and kill the process if it is to be killed here."""
        self.depth += 1
        if self.depth > 1:
            return
        self.count += 1
        if self.trace:
            with open(self.trace, "a") as file:
                file.write(" ".join(text.split()) + "\n")
        self._kill_if("before", text)

    def after(self, text):
        """Kill the process if it is to be killed after what was done."""
        self.depth -= 1
        if not self.depth:
            self._kill_if("after", text)

    def _kill_if(self, side, text):
        if isinstance(self.where, int):
            is_here = self.where == self.count
        else:
            is_here = self.where in text
        if is_here and side == self.side:
            os.kill(os.getpid(), signal.SIGKILL)
        if is_here and self.side.isdigit():
            # Nothing handles this signal: the process is gone in that moment.
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, int(self.side) / 1000)


def install(what):
    """Begin to count."""
    kind, where, side = what.split(":")
    place = where if kind in ("named", "timer") else int(where)
    killer = Killer(place, side, os.environ.get("CRASH_TRACE"))
    if kind == "engine":
        _watch_engine(killer)
        return
    _watch_sqlite(killer)
    for watch in (_watch_psycopg2, _watch_pymysql):
        try:
            watch(killer)
        except ImportError:
            continue  # not installed in this environment


def _watch_engine(killer):
    def before(connection, cursor, statement, *args):
        # No statement is part of another one, and not every one has an end.
        killer.depth = 0
        killer.before(statement)

    def after(connection, cursor, statement, *args):
        killer.after(statement)

    def failed(context):
        if killer.depth:
            killer.after("failed")

    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)
    event.listen(Engine, "handle_error", failed)
    original = DefaultDialect.do_commit

    def do_commit(self, connection):
        with killer.around("COMMIT"):
            original(self, connection)

    DefaultDialect.do_commit = do_commit


def _methods(killer, base, *names):
    """Return overriding methods that count."""

    def make(name):
        original = getattr(base, name)

        def method(self, *args, **kwargs):
            text = str(args[0]) if args else name.upper()
            with killer.around(text):
                return original(self, *args, **kwargs)

        return method

    # Without slots, attributes could be set on what a driver has written in C.
    return {"__slots__": (), **{name: make(name) for name in names}}


def _watch_sqlite(killer):
    names = ("execute", "executemany", "executescript")
    cursor_class = type(
        "Cursor", (sqlite3.Cursor,), _methods(killer, sqlite3.Cursor, *names)
    )
    ends = ("commit", "rollback")
    base = type(
        "Base",
        (sqlite3.Connection,),
        _methods(killer, sqlite3.Connection, *names, *ends),
    )

    class Connection(base):
        def cursor(self, factory=cursor_class):
            return super().cursor(factory)

    original = sqlite3.connect

    def connect(*args, **kwargs):
        kwargs.setdefault("factory", Connection)
        return original(*args, **kwargs)

    sqlite3.connect = sqlite3.dbapi2.connect = connect


def _watch_psycopg2(killer):
    import psycopg2
    from psycopg2 import extensions

    cursor_class = type(
        "Cursor",
        (extensions.cursor,),
        _methods(killer, extensions.cursor, "execute", "executemany"),
    )
    connection_class = type(
        "Connection",
        (extensions.connection,),
        _methods(killer, extensions.connection, "commit", "rollback"),
    )
    original = psycopg2.connect

    def connect(*args, **kwargs):
        kwargs.setdefault("connection_factory", connection_class)
        kwargs.setdefault("cursor_factory", cursor_class)
        return original(*args, **kwargs)

    psycopg2.connect = connect


def _watch_pymysql(killer):
    from pymysql.connections import Connection

    # Every statement of every cursor goes through "query".
    names = ("query", "begin", "commit", "rollback")
    methods = _methods(killer, Connection, *names)
    for name in names:
        setattr(Connection, name, methods[name])
