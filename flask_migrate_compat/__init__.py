"""Database migrations for Flask applications, old and new.

The public names are loaded when they are first used (PEP 562): importing this
package, and ``Migrate(app, db)`` in a web worker, load no Alembic and no Mako.

This module and everything that the start-up file of the package imports avoid
``from __future__`` and :mod:`typing`, because they run in every interpreter.
"""

__version__ = "0.1.0"

# Public name -> the module that defines it.
_HOMES = {
    "Migrate": "extension",
    "Config": "config",
    "alembic_version": "config",
    "MigrateError": "errors",
    "HookError": "errors",
    "InterruptedRevisionError": "errors",
    "LockTimeoutError": "errors",
    "LegacyMigrationWarning": "errors",
    "MigrateCommand": "legacy.manager",
    "list_templates": "commands",
    "init": "commands",
    "revision": "commands",
    "migrate": "commands",
    "edit": "commands",
    "merge": "commands",
    "upgrade": "commands",
    "downgrade": "commands",
    "show": "commands",
    "history": "commands",
    "heads": "commands",
    "branches": "commands",
    "current": "commands",
    "stamp": "commands",
    "check": "commands",
    "ensure_version": "commands",
}

__all__ = [*_HOMES, "__version__"]

# For type checkers, which know this name without an import of typing; "as" says that
# the names are public.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from .commands import (
        branches as branches,
        check as check,
        current as current,
        downgrade as downgrade,
        edit as edit,
        ensure_version as ensure_version,
        heads as heads,
        history as history,
        init as init,
        list_templates as list_templates,
        merge as merge,
        migrate as migrate,
        revision as revision,
        show as show,
        stamp as stamp,
        upgrade as upgrade,
    )
    from .config import Config as Config, alembic_version as alembic_version
    from .errors import (
        HookError as HookError,
        InterruptedRevisionError as InterruptedRevisionError,
        LegacyMigrationWarning as LegacyMigrationWarning,
        LockTimeoutError as LockTimeoutError,
        MigrateError as MigrateError,
    )
    from .extension import Migrate as Migrate
    from .legacy.manager import MigrateCommand as MigrateCommand


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> "list[str]":
    return sorted({*globals(), *__all__})
