"""The connection that ``op.get_bind()`` returns, as SQLAlchemy 1.x had it.

Deletable when no revision is left that calls it so. SQLAlchemy 2.0 removed strings,
keyword parameters and several parameter sets from ``execute()`` and ``scalar()``; a
``begin()`` inside a transaction; ``connect()``, ``contextual_connect()``,
``transaction()`` and ``run_callable()``; an isolation level that is set inside a
transaction.
"""

from __future__ import annotations

from typing import Any, Mapping

from sqlalchemy import exc
from sqlalchemy.engine import Connection, Engine

from ...running.driver import is_autocommit
from . import second
from .blocks import TransactionBlock
from .patching import Patches
from .run import Run, called_by_library, migration_context

# What Connection.execute() of 2.0 takes by name.
_MODERN = {"parameters", "execution_options"}
IS_1X = hasattr(Engine, "execute")


def install(patches: Patches) -> None:
    """Change ``Connection``."""
    patches.attribute(Connection, "contextual_connect", _make_connect)
    if IS_1X:
        return
    patches.method(Connection, "execute", _execute)
    patches.method(Connection, "scalar", _scalar)
    patches.method(Connection, "begin", _begin)
    patches.method(Connection, "execution_options", _execution_options)
    patches.attribute(Connection, "connect", _make_connect)
    patches.attribute(Connection, "run_callable", _make_run_callable)
    patches.attribute(Connection, "transaction", _make_transaction)


# -- execute ---------------------------------------------------------------------


def _is_many(value: Any) -> bool:
    """Tell whether a positional argument holds several sets of parameters."""
    if not isinstance(value, (list, tuple)) or not value:
        return False
    return isinstance(value[0], (list, tuple, Mapping))


def _parameter_sets(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
    """Return the sets of parameters that 1.x saw in a call."""
    if not args:
        return [kwargs] if kwargs else []
    if len(args) > 1:
        several = isinstance(args[0], (list, tuple, Mapping))
        return list(args) if several else [args]
    (only,) = args
    if only is None:
        return []
    if _is_many(only):
        return list(only)
    if isinstance(only, (list, tuple, Mapping)):
        return [only] if only else []
    return [(only,)]


def _is_modern(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    if len(args) > 1 or not _MODERN.issuperset(kwargs):
        return False
    given = kwargs["parameters"] if "parameters" in kwargs else (args or (None,))[0]
    return given is None or isinstance(given, (list, tuple, Mapping))


def _driver_parameters(sets: list[Any]) -> Any:
    """Return what ``exec_driver_sql()`` takes for sets of parameters."""
    ready = [one if isinstance(one, Mapping) else tuple(one) for one in sets]
    if len(ready) > 1:
        return ready
    return ready[0] if ready else None


def _execute(
    run: Run, original: Any, self: Connection, statement: Any, *args: Any, **kwargs: Any
) -> Any:
    if isinstance(statement, str):
        run.report(
            'execute("...") of a string',
            'exec_driver_sql("...") with a tuple or dict of parameters, which means'
            ' the same, or execute(sa.text("..."))',
        )
        options = kwargs.pop("execution_options", None)
        sets = _parameter_sets(args, kwargs)
        return self.exec_driver_sql(statement, _driver_parameters(sets), options)
    if not _is_modern(args, kwargs):
        run.report(
            "execute(statement, name=value) and execute(statement, {...}, {...})",
            "execute(statement, {...}), and a list of dicts for several",
        )
        sets = _parameter_sets(args, kwargs)
        args, kwargs = (sets[0] if len(sets) == 1 else sets,), {}
    second.before(run, self, statement)
    result = original(self, statement, *args, **kwargs)
    second.after(run, self, statement)
    return result


def _scalar(
    run: Run, original: Any, self: Connection, statement: Any, *args: Any, **kwargs: Any
) -> Any:
    if isinstance(statement, str) or not _is_modern(args, kwargs):
        return self.execute(statement, *args, **kwargs).scalar()
    second.before(run, self, statement)
    result = original(self, statement, *args, **kwargs)
    second.after(run, self, statement)
    return result


# -- transactions ----------------------------------------------------------------


class Block(TransactionBlock):
    """A transaction inside the migration's transaction.

    1.x had here one that did nothing on commit, and rolled everything back on
    rollback; where Alembic had not opened a transaction, it was a real one. A
    savepoint does what is right in both cases: work that is rolled back is undone,
    and no other.

    :param connection: the connection, in a transaction.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        # There are no savepoints without a transaction.
        autocommit = is_autocommit(connection)
        self._nested = None if autocommit else connection.begin_nested()

    @property
    def is_active(self) -> bool:
        return self._nested is None or self._nested.is_active

    def commit(self) -> None:
        """Keep the work; it is committed together with the migration."""
        if self._nested is not None and self._nested.is_active:
            self._nested.commit()

    def rollback(self) -> None:
        """Undo the work since the beginning of the block."""
        if self._nested is not None and self._nested.is_active:
            self._nested.rollback()

    close = rollback


def _begin(run: Run, original: Any, self: Connection) -> Any:
    # SQLAlchemy itself calls this where it begins a transaction unasked.
    if called_by_library():
        return original(self)
    if not self.in_transaction():
        return second.explicit(run, original(self))
    if second.is_second(run, self):
        # What was executed before had been committed at once by 1.x.
        second.settle(run, self)
        if self.in_transaction() and not second.is_explicit(run, self):
            self.commit()
            return second.explicit(run, original(self))
    run.report("begin() inside a transaction", "begin_nested(), or nothing at all")
    return Block(self)


class _Branch(Connection):
    """The same connection once more, which can be closed without closing it."""

    def __init__(self, parent: Connection) -> None:
        self.__dict__ = parent.__dict__

    def close(self) -> None:
        """Leave the connection open: it is the migration's."""


def _make_connect(run: Run, self: Connection) -> Any:
    def connect(**options: Any) -> Connection:
        run.report("connect() of a connection", "the connection itself")
        return _Branch(self)

    return connect


def _make_run_callable(run: Run, self: Connection) -> Any:
    def run_callable(function: Any, *args: Any, **kwargs: Any) -> Any:
        run.report("run_callable(function)", "function(connection)")
        return function(self, *args, **kwargs)

    return run_callable


def _make_transaction(run: Run, self: Connection) -> Any:
    def transaction(function: Any, *args: Any, **kwargs: Any) -> Any:
        run.report("transaction(function)", "function(connection)")
        with self.begin():
            return function(self, *args, **kwargs)

    return transaction


# -- AUTOCOMMIT ------------------------------------------------------------------


def _execution_options(
    run: Run, original: Any, self: Connection, **options: Any
) -> Any:
    """Open Alembic's autocommit block where 1.x set AUTOCOMMIT inside a transaction.

    With 1.x and psycopg2 this rolled back, unnoticed, what the transaction had done so
    far; the block commits it. It ends with the revision, or when another level is set.
    """
    level = options.get("isolation_level")
    if level is None or called_by_library() or not self.in_transaction():
        return original(self, **options)
    context = migration_context()
    if context is None or context.connection is not self:
        if second.is_second(run, self) and not second.is_explicit(run, self):
            second.settle(run, self)
            self.commit()
        return original(self, **options)
    others = {k: v for k, v in options.items() if k != "isolation_level"}
    if others:
        original(self, **others)
    block = run.notes.pop("autocommit", None)
    if level != "AUTOCOMMIT":
        if block is None:
            return original(self, isolation_level=level)
        block.__exit__(None, None, None)
        return self
    if block is None:
        block = _open_autocommit(run, context)
    run.notes["autocommit"] = block
    return self


def _open_autocommit(run: Run, context: Any) -> Any:
    old = "execution_options(isolation_level='AUTOCOMMIT') inside a transaction"
    new = "with op.get_context().autocommit_block()"
    run.report(old, new)
    block = context.autocommit_block()
    try:
        block.__enter__()
    except (AssertionError, exc.InvalidRequestError) as error:
        # env.py has opened the transaction itself, as those for several databases do.
        raise run.refuse(f"{old} that env.py began itself", new) from error

    def settle() -> None:
        block = run.notes.pop("autocommit", None)
        if block is not None:
            block.__exit__(None, None, None)

    if "autocommit settled" not in run.notes:
        run.notes["autocommit settled"] = True
        run.before_version.append(settle)
    return block
