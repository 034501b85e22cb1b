"""Give an installed Flask-Migrate its ``MigrateCommand`` back.

Deletable when no ``from flask_migrate import MigrateCommand`` is left. Upstream:
Flask-Migrate had ``MigrateCommand`` from 0.1 to 2.7 and removed it with 3.0.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

from . import installed
from .support import execute


def exec_module(module: ModuleType, loader: Any) -> None:
    """Load Flask-Migrate and add what it lacks.

    :param module: the new module ``flask_migrate``.
    :param loader: its own loader.
    """
    execute(module, loader)
    names = vars(module)
    if "MigrateCommand" in names:
        return
    previous = names.get("__getattr__")

    def __getattr__(name: str) -> Any:
        if previous is not None:
            try:
                return previous(name)
            except AttributeError:
                if name != "MigrateCommand":
                    raise
        if name == "MigrateCommand":
            # Not kept: Flask-Script is loaded when it is asked for, and uninstall
            # has one thing to take back.
            from .manager import MigrateCommand

            return MigrateCommand
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")

    names["__getattr__"] = __getattr__

    def undo() -> None:
        if names.get("__getattr__") is __getattr__:
            if previous is None:
                del names["__getattr__"]
            else:
                names["__getattr__"] = previous

    finder = installed()
    if finder is not None:
        finder.undo.append(undo)
