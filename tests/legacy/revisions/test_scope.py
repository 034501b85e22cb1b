"""Help is for the migration run: not for other threads, and not for ever."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any, Callable

import pytest
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.engine import Connection, Engine

from flask_migrate_compat.legacy import revisions
from flask_migrate_compat.legacy.revisions import run as running

from .conftest import IS_2, Upgrade, only_on_2


def owners() -> list[Any]:
    """Return what a run may change: every class and module of SQLAlchemy, and op's."""

    modules = [
        module
        for name, module in sorted(sys.modules.items())
        if name.split(".")[0] in ("sqlalchemy", "alembic") and module is not None
    ]
    classes = {
        value
        for module in modules
        for value in list(vars(module).values())
        if isinstance(value, type)
        and value.__module__.split(".")[0] in ("sqlalchemy", "alembic")
    }
    return [*modules, *sorted(classes, key=repr)]


def functions(owner: Any) -> dict[str, Any]:
    """Return the code of the functions that a module has."""
    return {
        name: (value.__code__, value.__defaults__, value.__kwdefaults__)
        for name, value in vars(owner).items()
        if hasattr(value, "__code__")
    }


# What SQLAlchemy and Alembic themselves write into classes while they are at work.
_CACHES = ("_is_cache", "__abstractmethods__", "_abc_impl", "_proxy")


# The functions of this module, which Alembic makes anew, to the letter, whenever an
# attribute of EnvironmentContext is set.
_REMADE = "alembic.context"


def snapshot() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for owner in owners():
        if getattr(owner, "__name__", "") == _REMADE:
            continue
        key = repr(owner)
        found[key] = {
            name: value
            for name, value in vars(owner).items()
            if callable(value) or isinstance(value, (property, staticmethod))
        }
        found[key + " code"] = functions(owner)
    return found


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [
        f"{owner}.{name}"
        for owner in before
        for name in before[owner].keys() | after[owner].keys()
        if before[owner].get(name, _CACHES) is not after[owner].get(name, _CACHES)
        and before[owner].get(name) != after[owner].get(name)
    ]


def in_thread(function: Callable[[], Any]) -> Any:
    """Return what a function returns in another thread."""
    result: list[Any] = []
    thread = threading.Thread(target=lambda: result.append(function()))
    thread.start()
    thread.join()
    return result[0]


def raises(function: Callable[[], Any]) -> str:
    try:
        function()
    except Exception as error:
        return type(error).__name__
    return ""


def application() -> dict[str, Any]:
    """Return how SQLAlchemy answers an application that looks for old things."""
    engine = sa.create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            row = connection.execute(sa.text("SELECT 1 AS a, 'a' AS b")).first()
            raw = raises(lambda: connection.execute("SELECT 1"))  # type: ignore
            table = sa.sql.table("t", sa.sql.column("x"))
            metadata = sa.MetaData()
            return {
                "engine.execute": hasattr(engine, "execute"),
                "Engine.execute": hasattr(Engine, "execute"),
                "engine.has_table": hasattr(engine, "has_table"),
                "connection.connect": hasattr(connection, "connect"),
                "Connection.connect": hasattr(Connection, "connect"),
                "raw": raw,
                "row.keys": hasattr(row, "keys"),
                "'b' in row": "b" in row,  # type: ignore[operator]
                "row['a']": raises(lambda: row["a"]),  # type: ignore
                "select([])": raises(lambda: sa.select([table.c.x])),  # type: ignore
                "text(bind=)": raises(lambda: sa.text("x", bindparams=[])),  # type: ignore
                "String": raises(lambda: sa.String(3, convert_unicode=True)),  # type: ignore
                "Binary": hasattr(sa, "Binary"),
                "relation": hasattr(orm, "relation"),
                "databases": raises(lambda: __import__("sqlalchemy.databases")),
                "statement.execute": hasattr(table.delete(), "execute"),
                "metadata.bind": hasattr(metadata, "bind"),
                "Table.exists": hasattr(sa.Table("t", metadata), "exists"),
                "Session": raises(lambda: orm.Session(autocommit=True)),  # type: ignore
                "url": raises(lambda: setattr(engine.url, "database", "x")),
            }
    finally:
        engine.dispose()


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    """SQLAlchemy 1.4 warns about what is asked here."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def test_other_threads_see_sqlalchemy_as_it_is() -> None:
    expected = application()
    with revisions.rescue("upgrade", None):  # type: ignore[arg-type]
        assert in_thread(application) == expected
    assert application() == expected


@only_on_2
def test_the_run_itself_does_not() -> None:
    plain = application()
    with revisions.rescue("upgrade", None):  # type: ignore[arg-type]
        helped = application()
    same = [name for name in plain if plain[name] == helped[name]]
    # Of classes, not of instances; what modules of revisions import; the URL, which
    # cannot be helped, raises something else.
    assert same == ["Engine.execute", "Connection.connect", "databases"]


def test_nothing_is_left_behind(upgrade: Upgrade) -> None:
    upgrade("pass")
    before = snapshot()
    upgrade('op.execute("SELECT 1")')
    assert differences(before, snapshot()) == []


def test_nothing_is_left_behind_by_a_run_that_failed(upgrade: Upgrade) -> None:
    upgrade("pass")
    before = snapshot()
    with pytest.raises(ZeroDivisionError):
        upgrade("1 / 0")
    assert differences(before, snapshot()) == []
    assert running.current() is None


def test_runs_can_be_nested() -> None:
    before = snapshot()
    with revisions.rescue("upgrade", None):  # type: ignore[arg-type]
        outer = running.current()
        with revisions.rescue("upgrade", None):  # type: ignore[arg-type]
            assert running.current() is not outer
        assert running.current() is outer
        if IS_2:
            assert hasattr(sa.create_engine("sqlite://"), "execute")
    assert differences(before, snapshot()) == []
    assert running.current() is None


def test_runs_in_two_threads_leave_nothing_behind() -> None:
    before = snapshot()
    inside, leave = threading.Event(), threading.Event()

    def other() -> None:
        with revisions.rescue("upgrade", None):  # type: ignore[arg-type]
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with revisions.rescue("upgrade", None):  # type: ignore[arg-type]
        thread.start()
        assert inside.wait(10)
    leave.set()
    thread.join()
    assert differences(before, snapshot()) == []


def test_names_that_were_imported_in_a_run_are_the_real_ones(upgrade: Upgrade) -> None:
    done = upgrade("seen.append((sa.select, sa.text, sa.String, sa.MetaData))")
    assert done.seen == [(sa.select, sa.text, sa.String, sa.MetaData)]


def test_a_dialect_that_is_loaded_in_the_run_is_given_back(upgrade: Upgrade) -> None:
    done = upgrade("seen.append(bind.dialect.has_table(bind, 'users'))")
    assert done.seen == [True]
    from sqlalchemy.dialects.sqlite.base import SQLiteDialect

    assert "patching" not in SQLiteDialect.has_table.__code__.co_filename


def test_copies_of_types_keep_their_arguments() -> None:
    with revisions.rescue("upgrade", None):  # type: ignore[arg-type]
        kinds = [sa.String(7), sa.Unicode(7), sa.VARCHAR(7), sa.Text(7)]
        copies = [kind.adapt(type(kind)) for kind in kinds]
    assert [copy.length for copy in copies] == [7, 7, 7, 7]


def test_a_web_worker_loads_none_of_it() -> None:
    code = (
        "import sys, flask_migrate_compat.extension;"
        "print([n for n in sys.modules if 'legacy.revisions' in n])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
