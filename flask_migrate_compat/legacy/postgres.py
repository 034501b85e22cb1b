"""Keep ``postgres://`` URLs working: SQLAlchemy 1.4 knows ``postgresql://`` only.

Deletable when: no supported application is configured with a ``postgres://`` URL. Some
hosting services still hand these out.

Flask-SQLAlchemy 3 makes its engines while the application is set up, long before a
command runs. So the names are entry points of the group ``sqlalchemy.dialects`` (see
setup.py), which SQLAlchemy asks for a name that it does not know itself. They serve
the application as well as its migrations.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

# The drivers that an application of that time may have named.
DRIVERS = ("", "psycopg2", "pg8000", "psycopg2cffi", "pypostgresql", "pygresql")


def __getattr__(name: str) -> type[Dialect]:
    """Return the dialect behind an entry point: ``postgres``, ``postgres_psycopg2``."""
    dialect, _, driver = name.partition("_")
    if dialect != "postgres" or driver not in DRIVERS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return load(driver)


@functools.lru_cache(maxsize=None)  # so that the warning comes once in a process
def load(driver: str) -> type[Dialect]:
    """Return the PostgreSQL dialect for a driver, with a warning.

    :param driver: name of the driver; empty for the one that was the default when
        ``postgres://`` was in use (SQLAlchemy 2.1 has another).
    :raises sqlalchemy.exc.NoSuchModuleError: when there is no such driver.
    """
    from sqlalchemy.dialects import registry
    from sqlalchemy.exc import NoSuchModuleError

    old = f"postgres+{driver}" if driver else "postgres"
    if os.environ.get("FLASK_MIGRATE_COMPAT", "").strip().lower() == "off":
        raise NoSuchModuleError(f"Can't load plugin: sqlalchemy.dialects:{old}")
    if not driver and importlib.util.find_spec("psycopg2") is not None:
        driver = "psycopg2"
    dialect: Any = registry.load(f"postgresql.{driver}" if driver else "postgresql")
    new = old.replace("postgres", "postgresql", 1)
    warnings.warn(
        f"SQLAlchemy 1.4 removed '{old}://': write '{new}://' in the database URL.",
        FutureWarning,
        stacklevel=2,
    )
    return dialect  # type: ignore[no-any-return]


def serve_postgres() -> None:
    """Register the names, where this package runs without being installed.

    SQLAlchemy 1.3 knows them, and warns by itself.
    """
    import sqlalchemy
    from sqlalchemy.dialects import registry

    if sqlalchemy.__version__.startswith("1.3."):
        return
    for driver in DRIVERS:
        name = f"postgres.{driver}" if driver else "postgres"
        if name not in registry.impls:
            target = f"postgres_{driver}" if driver else "postgres"
            registry.register(name, __name__, target)
