"""The Flask extension: ties an application and its ``db`` to a migrations folder.

A web worker imports this module on every start, so nothing here loads Alembic.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable, Iterable, TypeVar, Union

from flask import current_app

from .errors import MigrateError, NotConfiguredError, ScriptDirectoryError

if TYPE_CHECKING:
    from alembic.script import Script
    from flask import Flask
    from sqlalchemy.engine import Connection

    from .config import Config

    ConfigCallback = Callable[[Config], Config]
    PathLike = Union[str, os.PathLike[str]]
    RevisionHook = Callable[[Script, Connection], object]
    ErrorHook = Callable[[Script, Connection, BaseException], object]

# Bound by name, for the types are imported for type checkers only.
_RevisionHook = TypeVar("_RevisionHook", bound="RevisionHook")
_ErrorHook = TypeVar("_ErrorHook", bound="ErrorHook")


class MigrateState:
    """Hold what one application was configured with.

    This is ``app.extensions["migrate"]``, the object through which every ``env.py``
    reaches the application; its attribute names are those that Flask-Migrate gave
    them.

    :param migrate: the extension that configured the application.
    :param db: the application's ``SQLAlchemy`` object.
    :param directory: the migrations folder.
    :param configure_args: keyword arguments for Alembic's ``context.configure()``.
    """

    def __init__(
        self,
        migrate: Migrate,
        db: Any,
        directory: str,
        configure_args: dict[str, Any],
    ) -> None:
        self.migrate = migrate
        self.db = db
        self.directory = directory
        self.configure_args = configure_args

    @property
    def metadata(self) -> Any:
        """Return the metadata of ``db``.

        The first releases of Flask-Migrate stored ``db`` itself here, and env.py
        files of that time read ``app.extensions["migrate"].metadata``.
        """
        return self.db.metadata


class Migrate:
    """Add database migrations to one or more Flask applications.

    :param app: the application; leave it out and call :meth:`init_app` in a factory.
    :param db: the ``SQLAlchemy`` object of Flask-SQLAlchemy.
    :param directory: migrations folder, relative to the working directory.
    :param command: name of the command group, ``db`` for ``flask db``.
    :param compare_type: let autogenerate notice changed column types.
    :param render_as_batch: let autogenerate write batch operations, which SQLite
        needs to alter a table.
    :param kwargs: further arguments for Alembic's ``context.configure()``.

    Source: the signature is that of Flask-Migrate 4.1. ``command`` came with its
    release 3.0; ``compare_type`` and ``render_as_batch`` are on by default since 4.0.
    """

    def __init__(
        self,
        app: Flask | None = None,
        db: Any = None,
        directory: PathLike = "migrations",
        command: str = "db",
        compare_type: bool = True,
        render_as_batch: bool = True,
        **kwargs: Any,
    ) -> None:
        self.configure_callbacks: list[ConfigCallback] = []
        self.before_revision_hooks: list[RevisionHook] = []
        self.after_revision_hooks: list[RevisionHook] = []
        self.on_error_hooks: list[ErrorHook] = []
        self.db = db
        self.command = command
        self.directory = str(directory)
        self.alembic_ctx_kwargs = {
            **kwargs,
            "compare_type": compare_type,
            "render_as_batch": render_as_batch,
        }
        if app is not None and db is not None:
            self.init_app(app)

    def init_app(
        self,
        app: Flask,
        db: Any = None,
        directory: PathLike | None = None,
        command: str | None = None,
        compare_type: bool | None = None,
        render_as_batch: bool | None = None,
        **kwargs: Any,
    ) -> None:
        """Configure an application; what is left out is as given to the constructor.

        The settings are kept per application, so that one ``Migrate`` can serve
        several applications in a process. Flask-Migrate keeps the last ones for all.

        :param app: the application.
        :param db: its ``SQLAlchemy`` object.
        :param directory: its migrations folder.
        :param command: name of the command group.
        :param compare_type: let autogenerate notice changed column types.
        :param render_as_batch: let autogenerate write batch operations.
        :param kwargs: further arguments for Alembic's ``context.configure()``; they
            are added to those of the constructor.
        """
        if self.db is None:
            self.db = db
        configure_args = {**self.alembic_ctx_kwargs, **kwargs}
        if compare_type is not None:
            configure_args["compare_type"] = compare_type
        if render_as_batch is not None:
            configure_args["render_as_batch"] = render_as_batch
        app.extensions["migrate"] = MigrateState(
            self,
            self.db if db is None else db,
            str(directory or self.directory),
            configure_args,
        )

        from .cli import db as group

        app.cli.add_command(group, name=command or self.command)

    def configure(self, callback: ConfigCallback) -> ConfigCallback:
        """Register a function that may change the configuration of every command.

        :param callback: takes the :class:`~flask_migrate_compat.Config` and returns
            it, or another one.
        :returns: the function itself, so that this serves as a decorator.
        """
        self.configure_callbacks.append(callback)
        return callback

    def before_revision(self, hook: _RevisionHook) -> _RevisionHook:
        """Register a function that is called before a revision is executed.

        Like those of :meth:`after_revision` and :meth:`on_error`, it is called by
        ``upgrade`` and ``downgrade``, of every application and in every database that
        this object serves; not by ``stamp`` and not with ``--sql``. Several functions
        are called in the order in which they were registered.

        :param hook: takes Alembic's ``Script`` and the connection of the run, inside
            the transaction of the revision. An exception of it stops the run before
            the revision, which is rolled back; it arrives as the cause of a
            :class:`~flask_migrate_compat.HookError`.
        :returns: the function itself, so that this serves as a decorator.
        """
        self.before_revision_hooks.append(hook)
        return hook

    def after_revision(self, hook: _RevisionHook) -> _RevisionHook:
        """Register a function that is called after a revision was executed.

        :param hook: takes what a :meth:`before_revision` function takes. The
            transaction of the revision is still open, and the version is recorded in
            it. An exception stops the run, and the revision is rolled back.
        :returns: the function itself, so that this serves as a decorator.
        """
        self.after_revision_hooks.append(hook)
        return hook

    def on_error(self, hook: _ErrorHook) -> _ErrorHook:
        """Register a function that is told when a revision, or a hook of it, fails.

        :param hook: takes the ``Script``, the connection and the exception, which is
            a ``BaseException`` when the run was stopped by a signal. The transaction
            is about to be rolled back, or already is. An exception of the function
            is logged as a warning, and the run ends with the original one.
        :returns: the function itself, so that this serves as a decorator.
        """
        self.on_error_hooks.append(hook)
        return hook

    def call_configure_callbacks(self, config: Config) -> Config:
        """Pass a configuration through the registered functions, in order.

        :param config: the configuration.
        :returns: what the last function returned.
        :raises MigrateError: when one of them returns nothing.
        """
        for callback in self.configure_callbacks:
            config = callback(config)
            if config is None:
                name = getattr(callback, "__qualname__", repr(callback))
                raise MigrateError(
                    f"The configure callback {name} returned None.",
                    "End it with 'return config'.",
                )
        return config

    def get_config(
        self,
        directory: PathLike | None = None,
        x_arg: str | Iterable[str] | None = None,
        opts: Iterable[str] | None = None,
    ) -> Config:
        """Make the Alembic configuration of a migrations folder.

        :param directory: migrations folder; by default that of the current
            application.
        :param x_arg: one ``-x`` argument or several, for ``env.py``.
        :param opts: names of flags to set on ``config.cmd_opts``, ``autogenerate``
            for example.
        :returns: the configuration, as the configure callbacks left it.
        :raises ScriptDirectoryError: when the folder's ``alembic.ini`` is there and
            cannot be read.
        """
        import argparse

        directory = os.fspath(directory or self._current_directory())
        config = _read_config(os.path.join(directory, "alembic.ini"))
        config.set_script_location(directory)
        options = config.cmd_opts = config.cmd_opts or argparse.Namespace()
        for name in opts or ():
            setattr(options, name, True)
        options.x = [x_arg] if isinstance(x_arg, str) else list(x_arg or ())
        return self.call_configure_callbacks(config)

    def _current_directory(self) -> str:
        state = current_app.extensions.get("migrate") if current_app else None
        return state.directory if state is not None else self.directory


def has_plain_config(migrate: Any) -> bool:
    """Tell whether nobody but ``alembic.ini`` has a say in the Alembic configuration.

    :param migrate: the extension; that of an installed Flask-Migrate has not.
    """
    return (
        isinstance(migrate, Migrate)
        and type(migrate).get_config is Migrate.get_config
        and type(migrate).call_configure_callbacks is Migrate.call_configure_callbacks
        and not migrate.configure_callbacks
    )


def current_state() -> MigrateState:
    """Return the migration settings of the current application.

    The object may also be the one of an installed Flask-Migrate, which has the same
    attributes.

    :returns: the object ``app.extensions["migrate"]``.
    :raises NotConfiguredError: without an application context, or when ``Migrate``
        was never called for the application.
    """
    if not current_app:
        raise NotConfiguredError(
            "There is no current application.",
            "Call this inside 'with app.app_context():'.",
        )
    state: MigrateState | None = current_app.extensions.get("migrate")
    if state is None:
        raise NotConfiguredError(
            f"The application '{current_app.name}' has no migrations.",
            "Add Migrate(app, db) where the application is made.",
        )
    return state


def _read_config(path: str) -> Config:
    """Read an ``alembic.ini``; one that is missing reads as empty, as with Alembic."""
    import configparser

    from .config import Config

    hint = "Mend the file, or write a new folder with 'init' and compare."
    try:
        # ConfigParser passes over a file that it may not open, in silence.
        with open(path, "rb"):
            pass
    except FileNotFoundError:
        pass
    except OSError as error:
        raise ScriptDirectoryError(
            f"Cannot read '{path}': {error.strerror}.", hint
        ) from error
    config = Config(path)
    try:
        config.file_config.sections()
    except (configparser.Error, UnicodeDecodeError) as error:
        line = " ".join(str(error).split())
        raise ScriptDirectoryError(f"Cannot read '{path}': {line}.", hint) from error
    return config
