"""The module that ``import flask_migrate`` gives where no Flask-Migrate is installed.

Deletable when: the application imports ``flask_migrate_compat`` (or Flask-Migrate
itself is installed), so that nothing imports the name ``flask_migrate`` from here.

It keeps Flask-Migrate's contract, which is not that of our own API: a failed command
logs ``Error: …`` and ends the process with status 1.
"""

from __future__ import annotations

import functools
import logging
import sys
from typing import Any, Callable

import flask_migrate_compat
from flask_migrate_compat.errors import MigrateError
from flask_migrate_compat.extension import Migrate

# Flask-Migrate's alembic.ini configures a logger of this name, whatever our
# module is called while it is loaded.
log = logging.getLogger("flask_migrate")

_COMMANDS = (
    "list_templates",
    "init",
    "revision",
    "migrate",
    "edit",
    "merge",
    "upgrade",
    "downgrade",
    "show",
    "history",
    "heads",
    "branches",
    "current",
    "stamp",
    "check",
)
# Loaded when they are first asked for, because they bring Alembic or Flask-Script.
_LAZY = ("Config", "MigrateCommand", "alembic_version")

__all__ = ["Migrate", "catch_errors", *_COMMANDS, *_LAZY]


def catch_errors(function: Callable[..., Any]) -> Callable[..., None]:
    """Make a command log its error and exit with status 1.

    Source: Flask-Migrate since 2.4; like there, other exceptions pass through and
    the wrapped function returns nothing.
    """

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        from alembic.util import CommandError

        try:
            function(*args, **kwargs)
        except (MigrateError, CommandError, RuntimeError) as error:
            # The logging set-up of an old alembic.ini switches off every logger
            # that it does not name, this one included.
            log.disabled = False
            log.error("Error: %s", error)
            sys.exit(1)

    return wrapped


def __getattr__(name: str) -> Any:
    if name in _COMMANDS:
        value = catch_errors(getattr(flask_migrate_compat, name))
    elif name in _LAZY:
        value = getattr(flask_migrate_compat, name)
    else:
        raise AttributeError(f"module 'flask_migrate' has no attribute {name!r}")
    globals()[name] = value
    return value
