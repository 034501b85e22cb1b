"""Let revision scripts written for SQLAlchemy 0.8 to 1.3 run on SQLAlchemy 2.

Deletable when no migrations folder holds a revision that is written for SQLAlchemy
before 2.0; each file names the upstream release that took away what it brings back.

Help is given to the code that runs inside a migration run, in its own context
(:mod:`contextvars`): other threads and tasks see SQLAlchemy as it is, during the run
too, and nothing is left behind after it.

=================  ==========================================================
``run.py``         the run, its mode, its warnings
``patching.py``    how SQLAlchemy is changed for one context, and changed back
``connection.py``  the connection that ``op.get_bind()`` returns
``second.py``      connections that a revision opens itself
``engine.py``      engines, dialects and URLs
``rows.py``        rows
``constructs.py``  ``select``, ``text``, ``case``, ``exists``
``dml.py``         ``insert``, ``update``, ``delete``, ``statement.execute()``
``tables.py``      metadata, tables and other schema items
``types.py``       types
``session.py``     the ORM
``operations.py``  the first forms of Alembic's directives
``names.py``       modules, classes and functions that have other names today
=================  ==========================================================
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Iterator

import sqlalchemy
import sqlalchemy.engine

from .run import OFF, Run, entered, mode_of

if TYPE_CHECKING:
    from types import ModuleType

    from ...config import Config
    from .patching import Patches

# The patches are shared by the runs of a process, and counted.
_lock = threading.Lock()
_users = 0
_patches: Patches | None = None


@contextlib.contextmanager
def rescue(command: str, config: Config) -> Iterator[None]:
    """Give the old idioms of revision scripts back for one run of Alembic.

    The configuration ``MIGRATE_LEGACY_SQL`` of the application decides: ``warn``, the
    default, warns once per file and line; ``allow`` is silent; ``error`` stops at the
    first old idiom; ``off`` changes nothing.

    :param command: the name of the command, such as ``upgrade``.
    :param config: the configuration that Alembic is called with.
    :raises MigrateError: when the configuration has another value.
    """
    mode = mode_of()
    if mode == OFF or command == "init":
        yield
        return
    _install()
    try:
        run = Run(mode)
        with entered(run):
            failed = True
            try:
                yield
                failed = False
            finally:
                run.finish(failed)
    finally:
        _remove()


def _install() -> None:
    global _users, _patches
    with _lock:
        if _users == 0:
            _patches = _all_patches()
        _users += 1


def _remove() -> None:
    global _users, _patches
    with _lock:
        _users -= 1
        if _users == 0 and _patches is not None:
            _patches.undo()
            _patches = None


def _subjects() -> tuple[ModuleType, ...]:
    """Return what is to be changed: on SQLAlchemy 1.3 little, for all works there."""
    from . import operations, second, session

    everywhere = (operations, second, session)
    if not hasattr(sqlalchemy.engine, "Row"):
        return everywhere
    from . import connection, constructs, dml, engine, names, rows, tables, types

    others = (connection, engine, rows, constructs, dml, tables, types, names)
    return (*everywhere, *others)


def _all_patches() -> Patches:
    """Install everything that the installed SQLAlchemy and Alembic lack."""
    from .patching import Patches

    patches = Patches()
    try:
        for subject in _subjects():
            subject.install(patches)
    except BaseException:
        patches.undo()
        raise
    return patches
