"""Stop before an empty SQLite file takes the place of the one with the data.

``sqlite:///app.db`` is relative to the folder of the application under Flask-SQLAlchemy
2, and to its instance folder since Flask-SQLAlchemy 3. After a change from the one to
the other, SQLite makes a new empty file without a word as soon as somebody connects.
(An ``env.py`` from before Flask-Migrate 2.5 that makes an engine of its own is
relative to the working directory, under both.)
"""

from __future__ import annotations

import contextlib
import os
import shlex
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator

from flask import current_app
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import ArgumentError

from ..errors import DataLossError
from ..extension import current_state

if TYPE_CHECKING:
    from ..config import Config


@contextlib.contextmanager
def guard_sqlite_files(command: str, config: Config) -> Iterator[None]:
    """Look at an SQLite file before a run connects to it for the first time.

    The look is taken at the last moment, when SQLAlchemy is about to connect: so it
    is the file that this ``env.py`` really uses, and a command that does not connect
    (``heads``, ``upgrade --sql``) is not bothered.

    :param command: the name of the command.
    :param config: the configuration that Alembic is called with.
    """
    owner = threading.get_ident()

    def before_connect(dialect: Any, record: Any, arguments: Any, options: Any) -> None:
        if threading.get_ident() == owner and dialect.name == "sqlite" and arguments:
            _check(str(arguments[0]))

    event.listen(Engine, "do_connect", before_connect)
    try:
        yield
    finally:
        event.remove(Engine, "do_connect", before_connect)


def _check(file: str) -> None:
    """Raise an error when a file has no tables and one left elsewhere has some.

    :raises DataLossError: before SQLite makes the file.
    """
    target = Path(_path_in(file))
    for setting, relative in _relative_files():
        places = _places(relative)
        if not any(_is_same(target, place) for place in places):
            continue
        left = [
            place
            for place in places
            if not _is_same(place, target) and _has_tables(place)
        ]
        if left and not _has_tables(target):
            raise _left_behind(setting, relative, target, left[0])


def _relative_files() -> Iterator[tuple[str, str]]:
    """Yield where a relative SQLite file is set in the configuration, and its path."""
    settings = [
        (
            "SQLALCHEMY_DATABASE_URI",
            current_app.config.get("SQLALCHEMY_DATABASE_URI"),
        )
    ]
    for bind, value in (current_app.config.get("SQLALCHEMY_BINDS") or {}).items():
        url = value.get("url") if isinstance(value, dict) else value
        settings.append((f"SQLALCHEMY_BINDS['{bind}']", url))
    for setting, value in settings:
        try:
            url = make_url(value) if value else None
        except (ArgumentError, AttributeError, TypeError):
            continue  # somebody else's error, and a better one
        if url is None or url.get_backend_name() != "sqlite" or not url.database:
            continue
        path = _path_in(url.database)
        if path != ":memory:" and path and not os.path.isabs(path):
            yield setting, path


def _path_in(file: str) -> str:
    """Return the path of a file that may be given as ``file:path?mode=rw``."""
    return file[len("file:") :].partition("?")[0] if file.startswith("file:") else file


def _places(relative: str) -> list[Path]:
    """Return where a relative SQLite file may be, of Flask-SQLAlchemy 3, 2 and none."""
    folders = (current_app.instance_path, current_app.root_path, os.getcwd())
    return [Path(os.path.normpath(os.path.join(one, relative))) for one in folders]


def _is_same(one: Path, other: Path) -> bool:
    return os.path.realpath(str(one)) == os.path.realpath(str(other))


def _has_tables(path: Path) -> bool:
    """Tell whether a file has tables beside Alembic's; one that is unreadable has.

    An older version, or Alembic alone, may have left an empty file behind, or one
    with nothing but a version table.
    """
    try:
        if not path.stat().st_size:
            return False
    except OSError:
        return False
    version_table = current_state().configure_args.get(
        "version_table", "alembic_version"
    )
    try:
        # "ro" because a plain connect would make the file.
        with contextlib.closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=1)
        ) as connection:
            row = connection.execute(
                "SELECT count(*) FROM sqlite_master WHERE type = 'table'"
                " AND name NOT IN (?, 'sqlite_sequence')",
                (version_table,),
            ).fetchone()
    except sqlite3.Error:
        return True
    return bool(row[0])


def _left_behind(
    setting: str, relative: str, target: Path, left: Path
) -> DataLossError:
    state = "is empty" if target.exists() else "does not exist"
    ways = [f"Give the absolute path in {setting}: 'sqlite:///{left.as_posix()}'."]
    if _is_same(target, _place_of_the_application(relative)):
        ways.insert(0, f"Stop the application and move the file: {_move(left, target)}")
    ways.append("Move the old file out of the way to begin anew.")
    return DataLossError(
        f"The SQLite database '{target}' {state}, but there is one with tables at"
        f" '{left}'. {setting} is the relative path '{relative}', which"
        " Flask-SQLAlchemy 2 looks for in the folder of the application,"
        " Flask-SQLAlchemy 3 in its instance folder, and an env.py with an engine of"
        " its own in the working directory.",
        " Or: ".join(ways),
    )


def _place_of_the_application(relative: str) -> Path:
    """Return where the installed Flask-SQLAlchemy looks for a relative file."""
    in_instance_folder, in_application_folder, _ = _places(relative)
    if hasattr(type(current_state().db), "engines"):
        return in_instance_folder
    return in_application_folder


def _move(left: Path, target: Path) -> str:
    """Return the command line that moves a file to where it is expected."""
    if os.name == "nt":
        return f'move "{left}" "{target}"'
    move = f"mv {shlex.quote(str(left))} {shlex.quote(str(target))}"
    if not target.parent.is_dir():
        move = f"mkdir -p {shlex.quote(str(target.parent))} && {move}"
    return move
