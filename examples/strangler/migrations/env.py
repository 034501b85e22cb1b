"""Show Alembic the database and the models of this Flask application.

Alembic runs this file for each command that needs one of them. The file is yours:
change what you like. What the application passes to ``Migrate(app, db, ...)``, such as
``compare_type``, ``include_object`` or ``version_table``, is already taken over.
"""

import logging
from logging.config import fileConfig

from alembic import context
from flask import current_app

config = context.config
logger = logging.getLogger("alembic.env")

# The logging of alembic.ini, if it has any; the application's own loggers stay on.
if config.file_config.has_section("loggers"):
    fileConfig(config.config_file_name, disable_existing_loggers=False)

migrate = current_app.extensions["migrate"]
db = migrate.db


def get_engine():
    """Return the engine of the application's database."""
    engines = getattr(db, "engines", None)
    if engines is None:  # Flask-SQLAlchemy 2
        return db.get_engine()
    return engines[None]


def get_metadata():
    """Return the tables that autogenerate compares the database with."""
    if hasattr(db, "metadatas"):  # Flask-SQLAlchemy 3 keeps one for each database
        return db.metadatas[None]
    return db.metadata


def has_changes(operations):
    """Tell whether there is anything to do; a group may be left with nothing in it."""
    return any(not hasattr(op, "ops") or has_changes(op) for op in operations.ops)


def skip_empty_revision(migration_context, revision, directives):
    """Write no file when autogenerate finds no difference."""
    own_hook = migrate.configure_args.get("process_revision_directives")
    if own_hook is not None:
        own_hook(migration_context, revision, directives)
    autogenerate = getattr(config.cmd_opts, "autogenerate", False)
    if autogenerate and directives and not has_changes(directives[0].upgrade_ops):
        directives[:] = []
        logger.info("The database is up to date with the models: nothing to write.")


def configure(**settings):
    """Set up Alembic; what the application passes to ``Migrate`` has the last word."""
    settings["target_metadata"] = get_metadata()
    settings.update(migrate.configure_args)
    settings["process_revision_directives"] = skip_empty_revision
    context.configure(**settings)


def run_offline():
    """Print the SQL (``--sql``)."""
    # The URL only tells which kind of database the SQL is written for.
    configure(url=get_engine().url, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


def run_online():
    """Run the revisions in the database."""
    with get_engine().connect() as connection:
        configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_offline()
else:
    run_online()
