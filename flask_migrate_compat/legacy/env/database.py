"""Stand in for ``current_app.extensions["migrate"]`` and for the ``db`` in it.

Deletable with this folder: Flask-SQLAlchemy 3.0 changed ``get_engine``, dropped
``get_app``, ``get_binds`` and ``get_tables_for_bind``, and split ``db.metadata``.
"""

from __future__ import annotations

import contextlib
import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator

from alembic.util import CommandError

from flask_migrate_compat.errors import MigrateError

from .metadata import AllTables
from .source import EnvSource

if TYPE_CHECKING:
    from flask import Flask

    from flask_migrate_compat.config import Config


class DatabaseView:
    """Show a ``SQLAlchemy`` object of Flask-SQLAlchemy 3 as one of release 2.

    What release 2 did not have, and all that is the same, is that of the real object.

    :param db: the application's ``SQLAlchemy`` object.
    :param app: the application.
    """

    def __init__(self, db: Any, app: Flask) -> None:
        self._db = db
        self.app = app
        self._all_tables: AllTables | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    @property  # type: ignore[misc]  # typeshed says that it can be set
    def __class__(self) -> Any:
        # `isinstance(db, SQLAlchemy)` in an env.py stays true.
        return type(self._db)

    @property
    def engines(self) -> Any:
        """Return bind -> engine; on the class, where release 3 has it too."""
        return self._db.engines

    @property
    def metadata(self) -> Any:
        """Return the tables of all binds, as release 2 did."""
        if len(self._db.metadatas) == 1:
            return self._db.metadata
        if self._all_tables is None:
            self._all_tables = AllTables(self._db.metadatas)
        return self._all_tables

    @property
    def engine(self) -> Any:
        """Return the engine of the main database."""
        if _is_overridden(self._db, "engine"):
            return self._db.engine
        try:
            return self.get_engine()
        except TypeError as error:
            # An override that calls the one of release 2. Release 3 has `engine` apart
            # from `get_engine`, and the files of Flask-Migrate 4 rely on that.
            if "get_engine()" not in str(error):
                raise
            return self._own_engine(None)

    def get_engine(
        self, app: Any = None, bind: str | None = None, bind_key: str | None = None
    ) -> Any:
        """Return the engine of a bind, whichever release the call was written for.

        Release 2 had the parameters ``app`` and ``bind``, release 3.0 ``bind_key``
        alone; release 3.1 knows ``bind`` again, as a keyword. An application may have
        its own function, to migrate as the owner of the tables perhaps.

        :raises MigrateError: when there is no such bind.
        """
        if isinstance(app, str):
            app, bind = None, app
        key = bind_key if bind is None else bind
        if _is_overridden(self._db, "get_engine"):
            arguments = _arguments_for(self._db.get_engine, app, key)
            if arguments is not None:
                return self._db.get_engine(*arguments[0], **arguments[1])
        return self._own_engine(key)

    def _own_engine(self, key: str | None) -> Any:
        """Return the engine that Flask-SQLAlchemy has for a bind."""
        engine = self.engines.get(key)
        if engine is None:
            raise missing_engine(key)
        return engine

    def get_app(self, reference_app: Any = None) -> Any:
        """Return the application."""
        return self.app if reference_app is None else reference_app

    def get_tables_for_bind(self, bind: str | None = None) -> list[Any]:
        """Return the tables of a bind."""
        tables = self.metadata.tables.values()
        return [table for table in tables if table.info.get("bind_key") == bind]

    def get_binds(self, app: Any = None) -> dict[Any, Any]:
        """Return table -> engine, for all binds."""
        return {
            table: self.get_engine(app, bind)
            for bind in self.engines
            for table in self.get_tables_for_bind(bind)
        }


def _is_overridden(db: Any, name: str) -> bool:
    """Tell whether an attribute of ``db`` is not that of Flask-SQLAlchemy."""
    if name in vars(db):
        return True
    for kind in type(db).__mro__:
        if name in vars(kind):
            return kind.__module__.partition(".")[0] != "flask_sqlalchemy"
    return False


def _arguments_for(
    get_engine: Any, app: Any, key: str | None
) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """Return what to call an application's own ``get_engine`` with.

    :param get_engine: the function, written for one release or another.
    :param app: the application, if the caller has named it.
    :param key: the name of the bind.
    :returns: the arguments, ``None`` when the function cannot be told the bind.
    """
    signature = inspect.signature(get_engine)
    parameters = signature.parameters
    positional: tuple[Any, ...] = ()
    named: dict[str, Any] = {}
    if app is not None and "app" in parameters:
        named["app"] = app
    if key is not None:
        takes_any = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
        if "bind_key" not in parameters and "bind" in parameters:
            named["bind"] = key
        elif "bind_key" in parameters or takes_any:
            named["bind_key"] = key
        elif "app" not in parameters:
            positional = (key,)
        else:
            return None
    try:
        signature.bind(*positional, **named)
    except TypeError:
        return None
    return positional, named


def missing_engine(bind: str | None) -> MigrateError:
    """Return the error for a database that the application has not configured."""
    if bind is not None:
        return MigrateError(
            f"There is no database '{bind}'.", "Add it to SQLALCHEMY_BINDS."
        )
    return MigrateError(
        "There is no main database, and this env.py needs one.",
        "Set SQLALCHEMY_DATABASE_URI, or take the env.py that 'init --multidb' makes.",
    )


def view_of(db: Any, app: Flask) -> Any:
    """Return what an ``env.py`` finds as ``db``.

    Release 2 needs no help, and other libraries that have their own ``SQLAlchemy``
    object (Alchemical, Flask-SQLAlchemy-Lite) came with their own ``env.py``.
    """
    is_release_3 = hasattr(type(db), "engines") and hasattr(db, "metadatas")
    return DatabaseView(db, app) if is_release_3 else db


class StateView:
    """Stand in for ``app.extensions["migrate"]`` during one run.

    :param state: the real one, ours or that of an installed Flask-Migrate.
    :param db: what an ``env.py`` finds as ``db``.
    :param configure_args: its own copy for each run. The files of Flask-Migrate 4.0.5
        and later leave a function in it that knows the run it was made for: in a
        second run of the process it would answer for the first one.
    """

    def __init__(self, state: Any, db: Any, configure_args: dict[str, Any]) -> None:
        self._state = state
        self.db = db
        self.configure_args = configure_args

    def __getattr__(self, name: str) -> Any:
        return getattr(self._state, name)

    @property
    def metadata(self) -> Any:
        """Return the metadata of ``db``; the files up to 1.0.0 read it here."""
        return self.db.metadata


class Run:
    """Hold what the helpers of one run have in common.

    :param app: the application.
    :param config: the configuration that Alembic is called with.
    :param db: what the ``env.py`` finds as ``db``.
    :param configure_args: what the application passed to ``Migrate``.
    :param source: what the text of the ``env.py`` tells.
    """

    def __init__(
        self,
        app: Flask,
        config: Config,
        db: Any,
        configure_args: dict[str, Any],
        source: EnvSource,
    ) -> None:
        self.app = app
        self.config = config
        self.db = db
        self.configure_args = configure_args
        self.source = source

    def engine_url(self, bind: str | None) -> Any:
        """Return the URL of a database as its engine has it, ``None`` without one."""
        try:
            if isinstance(self.db, DatabaseView) or hasattr(self.db, "get_app"):
                return self.db.get_engine(self.app, bind).url
        except Exception:
            # A driver that is not installed, a URL that cannot be parsed: offline
            # mode needs neither, and online the env.py runs into it by itself.
            pass
        return None


@contextlib.contextmanager
def served_state(app: Flask, config: Config) -> Iterator[Run]:
    """Put the stand-in into ``app.extensions`` until the run is over."""
    state = app.extensions["migrate"]
    # Runs of two threads may overlap: what is put back is never a stand-in.
    if type(state) is StateView:
        state = state._state
    source = EnvSource.read(Path(_script_location(config), "env.py"))
    db = view_of(state.db, app)
    arguments = dict(getattr(state, "configure_args", None) or {})
    given = {k: v for k, v in arguments.items() if k not in source.beside_mapping}
    view = StateView(state, db, given)
    app.extensions["migrate"] = view
    try:
        yield Run(app, config, db, arguments, source)
    finally:
        if app.extensions.get("migrate") is view:
            app.extensions["migrate"] = state


def _script_location(config: Config) -> str:
    try:
        return config.get_main_option("script_location") or ""
    except CommandError:  # a configuration without its main section
        return ""
