"""Give an installed Flask-Migrate its ``MigrateCommand`` back.

Deletable when no ``from flask_migrate import MigrateCommand`` is left. Upstream:
Flask-Migrate had ``MigrateCommand`` from 0.1 to 2.7 and removed it with 3.0.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, Callable

from .support import chain_getattr, execute


def exec_module(module: ModuleType, loader: Any) -> None:
    """Load Flask-Migrate and add what it lacks.

    :param module: the new module ``flask_migrate``.
    :param loader: its own loader.
    """
    execute(module, loader)
    if "MigrateCommand" not in vars(module):
        chain_getattr(module, _attribute)


def _attribute(name: str, own: Callable[[str], Any]) -> Any:
    try:
        return own(name)
    except AttributeError:
        if name != "MigrateCommand":
            raise
    # Not kept: Flask-Script is loaded when it is asked for, and uninstall has one
    # thing to take back.
    from .manager import MigrateCommand

    return MigrateCommand
