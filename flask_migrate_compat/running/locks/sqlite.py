"""The lock of an SQLite database: a locked file beside it.

The operating system releases it when the process ends, however that happens. The file
stays: if the holder removed it, one waiting process would lock the removed file and the
next one a new file.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import socket
import stat
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from ...errors import MigrateError
from ..driver import dbapi_connection_of
from .base import (
    SOMEBODY,
    DatabaseLock,
    Holder,
    VersionTable,
    one_row,
    reason,
)

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


class SqliteLock(DatabaseLock):
    """Hold a lock on a file beside the database.

    :param file: the database, without symbolic links.
    """

    def __init__(
        self, connection: Connection, table: VersionTable, mode: str, file: str
    ) -> None:
        super().__init__(connection, table, mode)
        self._file = file
        # Alembic's table is no part of the name: SQLite takes one writer at a time.
        self._lock_file = f"{file}-migration-lock"
        # Who holds the lock. Not in the locked file itself: Windows lets nobody read
        # that, and an older filelock empties it when it waits.
        self._holder_file = f"{file}-migration-holder"
        # Whoever may write the database may lock it.
        self._permissions = stat.S_IMODE(os.stat(file).st_mode) & 0o666 | 0o600
        # No lock file of the kind that stays locked when its holder dies; releases
        # that do not know the argument have none.
        self._lock = FileLock(
            self._lock_file,
            mode=self._permissions,
            thread_local=False,
            fallback_to_soft=False,
        )

    @property
    def order(self) -> tuple[str, ...]:
        """Return what the locks of a run are sorted by: the same in every process."""
        return ("sqlite", "", "", self._file)

    @property
    def identity(self) -> tuple[object, ...]:
        """Return what two locks have in common that are one lock: the file."""
        return self.order

    def attempt(self) -> bool:
        """Take the lock if it is free."""
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return False
        except (OSError, NotImplementedError) as error:
            raise MigrateError(
                f"Cannot lock the {self.place}: {reason(error)}.",
                f"Make '{self._lock_file}' writable for this user; or add --no-lock"
                " and make sure that nobody else migrates this database meanwhile.",
            ) from error
        self.is_held = True
        self._sign()
        return True

    def _sign(self) -> None:
        """Write down who holds the lock; that is for messages only."""
        now = datetime.datetime.now(datetime.timezone.utc)
        since = now.strftime("%Y-%m-%d %H:%M:%S UTC")
        who = {"pid": os.getpid(), "host": socket.gethostname(), "since": since}
        with contextlib.suppress(OSError):
            with open(self._holder_file, "w", encoding="utf-8") as file:
                json.dump(who, file)
            os.chmod(self._holder_file, self._permissions)
        self._give_to_the_owner()

    def _give_to_the_owner(self) -> None:
        """Let the owner of the database lock it too, after root has."""
        if not hasattr(os, "geteuid") or os.geteuid() != 0:
            return
        # In a folder like /tmp a lock file of somebody else cannot be trusted.
        if os.stat(os.path.dirname(self._file)).st_mode & stat.S_ISVTX:
            return
        owner = os.stat(self._file)
        for file in (self._lock_file, self._holder_file):
            with contextlib.suppress(OSError):
                os.chown(file, owner.st_uid, owner.st_gid)

    def holder(self) -> Holder:
        """Say which process holds the lock."""
        try:
            with open(self._holder_file, encoding="utf-8") as file:
                who = json.load(file)
            pid, host, since = who["pid"], who["host"], who["since"]
        except (OSError, ValueError, TypeError, KeyError):
            return SOMEBODY
        text = f"process {pid} on {host} (since {since})"
        return Holder(text, f"end process {pid} on {host}.")

    def release(self, is_last: bool = True) -> None:
        """Give the lock back."""
        if not self.is_held:
            return
        self.is_held = False
        with contextlib.suppress(OSError):
            os.remove(self._holder_file)
        with contextlib.suppress(OSError):
            self._lock.release()


def lock_of_file(
    connection: Connection, table: VersionTable, mode: str
) -> SqliteLock | None:
    """Return the lock of a database, none for one in memory.

    :param connection: the connection that revisions will use.
    :param table: the version table.
    :param mode: what the user has chosen.
    """
    # SQLite itself knows what has become of relative paths and file: addresses.
    row = one_row(dbapi_connection_of(connection), "PRAGMA database_list")
    file = os.path.realpath(row[2]) if row and row[2] else ""
    if not os.path.isfile(file):
        return None
    return SqliteLock(connection, table, mode, file)
