"""Show Alembic the databases and the models of this asynchronous Flask application.

Alembic runs this file for each command that needs one of them. The file is yours:
change what you like. What the application passes to ``Migrate(app, db, ...)``, such as
``compare_type``, ``include_object`` or ``version_table``, is already taken over,
for all databases.

A database is called by the name of its bind, the main one ``""``.
"""

import asyncio
import logging
import re
from contextlib import AsyncExitStack
from logging.config import fileConfig

from alembic import context
from alembic.util import CommandError
from flask import current_app
from sqlalchemy import MetaData, event

# True makes all databases commit or none, even if the server dies between two commits.
# PostgreSQL (with max_prepared_transactions) and MySQL can do this, SQLite cannot.
TWO_PHASE = False

# Where ``--sql`` writes the SQL of the main database; the others use their own names.
MAIN_SQL_FILE = "default.sql"

config = context.config
logger = logging.getLogger("alembic.env")

# The logging of alembic.ini, if it has any; the application's own loggers stay on.
if config.file_config.has_section("loggers"):
    fileConfig(config.config_file_name, disable_existing_loggers=False)

migrate = current_app.extensions["migrate"]
db = migrate.db


def get_engine(name):
    """Return the ``AsyncEngine`` of a database, None for a main one that is not set."""
    engines = getattr(db, "engines", None)
    if engines is None:  # Alchemical makes its engines here
        return db.get_engine(bind=name or None)
    return engines.get(name or None)


def get_metadata(name):
    """Return the tables of one database."""
    return db.metadatas.get(name or None, MetaData())


def to_identifier(name):
    """Return the name of a database as script.py.mako writes it into a function name.

    That of the main database stays empty, and no other one can become so.
    """
    return re.sub(r"\W", "_", name)


def get_databases():
    """Return the names of all databases, the main one first."""
    main = [""] if get_engine("") is not None else []
    binds = current_app.config.get("SQLALCHEMY_BINDS")
    if binds is None and hasattr(db, "bind_names"):
        binds = db.bind_names()
    return main + [name for name in binds or () if name]


def check_names(names):
    """Refuse two binds for which a revision would have functions of one name.

    The second function would replace the first, and run in both databases.
    """
    found = {}
    for name in names:
        other = found.setdefault(to_identifier(name), name)
        if other != name:
            raise CommandError(
                "The binds '%s' and '%s' would share the functions upgrade_%s() and "
                "downgrade_%s() of a revision: rename one of them."
                % (other, name, to_identifier(name), to_identifier(name))
            )


databases = get_databases()
check_names(databases)


def has_changes(operations):
    """Tell whether there is anything to do; a group may be left with nothing in it."""
    return any(not hasattr(op, "ops") or has_changes(op) for op in operations.ops)


def skip_empty_revision(migration_context, revision, directives):
    """Write no file when autogenerate finds no difference in any database."""
    own_hook = migrate.configure_args.get("process_revision_directives")
    if own_hook is not None:
        own_hook(migration_context, revision, directives)
    if not getattr(config.cmd_opts, "autogenerate", False) or not directives:
        return
    # This is called once for each database; only the last call sees all of them.
    compared = directives[0].upgrade_ops_list
    if len(compared) == len(databases) and not any(map(has_changes, compared)):
        directives[:] = []
        logger.info("All databases are up to date with the models: nothing to write.")


def run_revisions(name, **settings):
    """Run the functions ``upgrade_<name>`` or ``downgrade_<name>`` of the revisions."""
    logger.info("Database: %s", name or "the main one")
    settings["target_metadata"] = get_metadata(name)
    settings.update(migrate.configure_args)
    settings["process_revision_directives"] = skip_empty_revision
    # Names that script.py.mako looks up.
    settings["upgrade_token"] = name + "_upgrades"
    settings["downgrade_token"] = name + "_downgrades"
    context.configure(**settings)
    with context.begin_transaction():
        context.run_migrations(engine_name=to_identifier(name))


def run_offline():
    """Write the SQL (``--sql``), one file for each database."""
    if MAIN_SQL_FILE in [name + ".sql" for name in databases]:
        raise CommandError("Set another MAIN_SQL_FILE in env.py: a bind has this name.")
    for name in databases:
        file_name = name + ".sql" if name else MAIN_SQL_FILE
        logger.info("Writing %s", file_name)
        with open(file_name, "w", encoding="utf-8") as output:
            # The URL only tells which kind of database the SQL is written for.
            run_revisions(
                name,
                url=get_engine(name).url,
                output_buffer=output,
                literal_binds=True,
            )


def begin_before_ddl(connection, cursor, statement, *details):
    """Let SQLite undo CREATE, ALTER and DROP: its driver begins only before data."""
    is_ddl = statement.lstrip()[:6].upper().startswith(("CREATE", "ALTER", "DROP"))
    if is_ddl and not connection.connection.driver_connection.in_transaction:
        cursor.execute("BEGIN")


def commit_together(transactions):
    """Commit in all databases, or in none if a revision has ended a transaction."""
    for name, transaction in transactions.items():
        if not transaction.is_active:
            raise CommandError(
                "A revision ended the transaction of %s by itself: look at what is "
                "saved there. The other databases are left as they were."
                % (name or "the main database")
            )
    if TWO_PHASE:
        for transaction in transactions.values():
            transaction.prepare()
    for transaction in transactions.values():
        transaction.commit()


def run_in_all(connections):
    """Run the revisions in all databases and commit when the last one is done.

    Alembic itself is synchronous, and so are these connections. An error leaves the
    transactions open: closing the connections rolls them back.
    """
    transactions = {}
    for name, connection in connections.items():
        if connection.dialect.name == "sqlite":
            event.listen(connection, "before_cursor_execute", begin_before_ddl)
        begin = connection.begin_twophase if TWO_PHASE else connection.begin
        transactions[name] = begin()
    for name, connection in connections.items():
        run_revisions(name, connection=connection)
    commit_together(transactions)


async def run_online():
    """Open all databases and hand them to Alembic."""
    async with AsyncExitStack() as stack:
        connections = {}
        for name in databases:
            engine = get_engine(name)
            # The connections in the pool belong to the event loop that ends here.
            stack.push_async_callback(engine.dispose)
            connections[name] = await stack.enter_async_context(engine.connect())
        synchronous = {name: one.sync_connection for name, one in connections.items()}
        # Any of the connections can start the synchronous part; it then uses all.
        await connections[databases[0]].run_sync(lambda first: run_in_all(synchronous))


def run_in_new_loop(function):
    """Run an asynchronous function to its end."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(function())
    else:
        raise CommandError(
            "Migrations cannot start inside a running event loop. Call them in a "
            "thread: await asyncio.to_thread(upgrade)"
        )


if context.is_offline_mode():
    run_offline()
else:
    run_in_new_loop(run_online)
