"""End a transaction that ``env.py`` has begun on PostgreSQL, and begin it again.

An ``env.py`` may have read something in the transaction that it hands to Alembic. Then
the run that holds the lock may have to wait for that transaction; and under REPEATABLE
READ and SERIALIZABLE it goes on seeing the database as it was before the wait.
"""

from __future__ import annotations

import contextlib
from typing import Any

from ..driver import dbapi_connection_of, fetch, is_two_phase
from .base import is_in_transaction, one_row

# What was SET. A setting of the transaction (SET LOCAL) cannot be told from one of the
# session. The role is not in the view.
_SETTINGS = (
    "SELECT name, current_setting(name) FROM pg_settings"
    " WHERE source = 'session' AND name !~ '^transaction_'"
    " UNION ALL SELECT 'role', current_setting('role')"
)


def is_repeatable(connection: Any) -> bool:
    """Tell whether a connection is in a transaction that reads from a snapshot."""
    if not _is_open(connection):
        return False
    level = one_row(
        dbapi_connection_of(connection),
        "SELECT current_setting('transaction_isolation')",
    )
    return level[0] in ("repeatable read", "serializable")


def renew_transaction(connection: Any) -> None:
    """Commit a transaction below SQLAlchemy, and set again what was set in it.

    :param connection: an SQLAlchemy connection; one without an open transaction, or
        with one that has written or is in two phases, is left alone.
    """
    if not _is_open(connection) or is_two_phase(connection):
        return
    driver = dbapi_connection_of(connection)
    # A transaction that has failed has nothing to keep, and says so by itself.
    with contextlib.suppress(connection.dialect.dbapi.Error):
        if has_written(connection):
            return
        before = dict(fetch(driver, _SETTINGS))
        driver.commit()
        after = dict(fetch(driver, _SETTINGS))
        for name, value in before.items():
            if after.get(name) != value:
                text = value.replace("'", "''")
                one_row(driver, f"SELECT set_config('{name}', '{text}', true)")
        if before == after:
            driver.commit()


def has_written(connection: Any) -> bool:
    """Tell whether a transaction has something that a commit would make permanent.

    :param connection: an SQLAlchemy connection.
    """
    # An error would end the transaction, so older servers are not asked.
    if (connection.dialect.server_version_info or (0,)) < (10,):
        return False
    driver = dbapi_connection_of(connection)
    return one_row(driver, "SELECT txid_current_if_assigned()")[0] is not None


def _is_open(connection: Any) -> bool:
    """Tell whether the server knows of a transaction."""
    driver = dbapi_connection_of(connection)
    if hasattr(driver, "get_transaction_status"):  # psycopg2
        return bool(driver.get_transaction_status() != 0)
    return is_in_transaction(connection)
