"""Modules, classes and functions that have other names today.

Deletable when no revision is left that imports them. SQLAlchemy 1.4 removed
``Binary``, ``PassiveDefault`` and ``contextual_connect``; 2.0 removed the module
``sqlalchemy.databases``, ``orm.relation`` and others.

The names are served to the code that runs inside a migration run. A *module* that is
gone cannot be served so: once imported, it would be in :data:`sys.modules` for all.
Python looks for ``__import__`` among the builtins of the module that imports; revision
scripts and ``env.py`` are executed with builtins of their own.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.util
from types import ModuleType, SimpleNamespace
from typing import Any, Callable

import sqlalchemy as sa
from sqlalchemy import engine, orm, schema, types

from ..support import BuiltinsWithImport
from .patching import Patches
from .run import Run, current

_DATABASES = "sqlalchemy.databases"
_DIALECTS = ("mssql", "mysql", "oracle", "postgresql", "sqlite")


def install(patches: Patches) -> None:
    """Serve the names."""
    binary = _renamed("Binary", "sa.LargeBinary", types.LargeBinary)
    default = _renamed("PassiveDefault", "sa.DefaultClause", schema.DefaultClause)
    patches.names(
        sa,
        {"Binary": binary, "PassiveDefault": default, "databases": _databases},
    )
    patches.names(types, {"Binary": binary})
    patches.names(schema, {"PassiveDefault": default})
    patches.names(
        orm,
        {
            "relation": _renamed("relation", "relationship", orm.relationship),
            "eagerload": _renamed("eagerload", "joinedload", orm.joinedload),
            "create_session": _create_session,
        },
    )
    patches.names(engine, {"RowProxy": _renamed("RowProxy", "Row", _row())})
    if _is_missing(_DATABASES):
        patches.function(_loader(), _load)


def _renamed(old: str, new: str, value: Any) -> Callable[[Run], Any]:
    def make(run: Run) -> Any:
        run.report(old, new, "SQLAlchemy 1.4 and 2.0")
        return value

    return make


def _row() -> Any:
    # 1.3 has RowProxy, and no Row.
    return getattr(engine, "Row", None)


def _create_session(run: Run) -> Any:
    def create_session(bind: Any = None, **kwargs: Any) -> Any:
        defaults = {"autoflush": False, "autocommit": True, "expire_on_commit": False}
        run.report("create_session()", "Session()")
        return orm.Session(bind=bind, **{**defaults, **kwargs})

    return create_session


def _is_missing(name: str) -> bool:
    return importlib.util.find_spec(name) is None


def _databases(run: Run) -> Any:
    run.report(_DATABASES, "sqlalchemy.dialects")
    return SimpleNamespace(
        **{
            name: importlib.import_module(f"sqlalchemy.dialects.{name}.base")
            for name in _DIALECTS
        }
    )


# -- the modules of revisions ----------------------------------------------------


def _loader() -> Any:
    """Return the function with which Alembic loads a revision script or ``env.py``."""
    from alembic.util import pyfiles

    return pyfiles.load_module_py


def _load(run: Run, original: Any, module_id: str, path: Any) -> ModuleType:
    spec = importlib.util.spec_from_file_location(module_id, path)
    if spec is None or spec.loader is None:
        loaded: ModuleType = original(module_id, path)
        return loaded
    module = importlib.util.module_from_spec(spec)
    vars(module)["__builtins__"] = BuiltinsWithImport(_import)
    spec.loader.exec_module(module)
    return module


def _import(
    name: str,
    globals: Any = None,
    locals: Any = None,
    fromlist: Any = (),
    level: int = 0,
) -> Any:
    run = current()
    if (
        run is None
        or level
        or name.rpartition(".")[0] not in ("sqlalchemy", _DATABASES)
    ):
        return builtins.__import__(name, globals, locals, fromlist, level)
    if name == _DATABASES:
        return _databases(run) if fromlist else sa
    return builtins.__import__(name, globals, locals, fromlist, level)
