"""The program that runs one side, in a process and a folder of its own.

It is text, because it is a user's program: it has an application, and it calls what any
application calls. This room itself imports nothing of the rest of the package.
"""

PROGRAM = '''\
"""Run a chain of revisions in scratch databases, and write down what they have made."""

import json
import os
import sys
from pathlib import Path

REQUEST = json.loads(Path("request.json").read_text())
IS_BEFORE = REQUEST["side"] == "before"
URLS = REQUEST["urls"]
FOLDER = Path(REQUEST["folder"])
if not IS_BEFORE:
    # The start-up file of the package has read this long ago; nothing else is served.
    os.environ["FLASK_MIGRATE_COMPAT"] = "off"
    sys.meta_path[:] = [
        finder
        for finder in sys.meta_path
        if not type(finder).__module__.startswith("flask_migrate_compat")
    ]
sys.path += REQUEST["search_path"]

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.engine.url import make_url
from sqlalchemy.pool import NullPool

ENV = """
import json
import os

import sqlalchemy as sa
from alembic import context
from sqlalchemy.pool import NullPool

request = json.loads(os.environ["VERIFY_REQUEST"])


def run(name, **settings):
    context.configure(**settings)
    with context.begin_transaction():
        context.run_migrations(**({"engine_name": name} if name else {}))


for name, url in request["urls"].items():
    if context.is_offline_mode():
        with open(f"offline_{name}.sql", "w") as output:
            run(name, url=url, literal_binds=True, output_buffer=output)
    else:
        engine = sa.create_engine(url, poolclass=NullPool)
        with engine.connect() as connection:
            run(name, connection=connection)
"""


def text_of(url):
    """Return a URL with its password."""
    show = getattr(url, "render_as_string", None)
    return show(hide_password=False) if show else str(url)


def place_of(url):
    """Return what tells a database from others: a file, or host, port and name."""
    url = make_url(url)
    arguments, keywords = url.get_dialect()().create_connect_args(url)
    return place(url.get_backend_name(), arguments, keywords)


def place(kind, arguments, keywords):
    if kind == "sqlite":
        return str((list(arguments) + [keywords.get("database", "")])[0])
    names = ("host", "port", "unix_socket", "dbname", "database", "db")
    found = [str(keywords[name]) for name in names if keywords.get(name)]
    return " ".join([kind, *map(str, arguments), *found])


ALLOWED = {place_of(url) for url in URLS.values()} | {":memory:", ""}
REFUSED = "a revision opens a database of its own, which is not allowed here: "


@sa.event.listens_for(sa.engine.Engine, "do_connect")
def only_scratch_databases(dialect, record, arguments, keywords):
    """Let no revision reach a real database through an application of its own."""
    where = place(dialect.name, arguments, keywords)
    if where not in ALLOWED:
        raise RuntimeError(REFUSED + where)


def only_scratch_files(event, arguments):
    """The same for SQLite without SQLAlchemy, before it makes a file."""
    if event == "sqlite3.connect":
        where = os.fsdecode(arguments[0])
        if where not in ALLOWED:
            raise RuntimeError(REFUSED + where)


sys.addaudithook(only_scratch_files)
RUN = set()


def remember_lines(frame, event, argument):
    """Note each line of a revision that is run."""
    name = frame.f_code.co_filename
    if not name.startswith(str(FOLDER / "versions")):
        return None
    if event == "line":
        RUN.add((os.path.relpath(name, str(FOLDER)), frame.f_lineno))
    return remember_lines


def told(action):
    """Do something, and return what went wrong."""
    try:
        action()
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, GeneratorExit)):
            raise
        reason = getattr(error, "orig", None) or error
        place = ""
        trace = error.__traceback__
        while trace is not None:
            name = trace.tb_frame.f_code.co_filename
            if name.startswith(str(FOLDER)):
                place = f"{os.path.basename(name)}, line {trace.tb_lineno}: "
            trace = trace.tb_next
        return place + " ".join(f"{type(reason).__name__}: {reason}".split())
    return ""


def apply_baseline(url):
    """Run the user's SQL."""
    script = Path(REQUEST["baseline"]).read_text(encoding="utf-8")
    engine = sa.create_engine(url, poolclass=NullPool)
    connection = engine.raw_connection()
    try:
        if engine.dialect.name == "sqlite":
            connection.cursor().executescript(script)
        elif engine.dialect.name == "postgresql":
            connection.cursor().execute(script)
        else:
            for statement in script.split(";\\n"):
                if statement.strip():
                    connection.cursor().execute(statement)
        connection.commit()
    finally:
        connection.close()


def described(items):
    """Return dictionaries as sorted text."""
    texts = [json.dumps(item, sort_keys=True, default=str) for item in items]
    return [text.replace('"', "") for text in texts]


def described_column(column):
    """Return a column as text, with what only some databases have."""
    text = f"{column['name']} {column['type']!r}"
    text += f"{'' if column['nullable'] else ' NOT NULL'} DEFAULT {column['default']}"
    for name in ("autoincrement", "comment", "computed", "identity"):
        if column.get(name) not in (None, False, "auto"):
            text += f" {name} {column[name]}"
    return text


def schemas_of(inspector, dialect):
    """Return the schemas with tables of users: ``None`` is the usual one."""
    if dialect.name != "postgresql":
        return [None]
    usual = inspector.default_schema_name
    names = inspector.get_schema_names()
    own = [n for n in names if n != "information_schema" and not n.startswith("pg_")]
    return [None, *(name for name in own if name != usual)]


def snapshot(url):
    """Return what a database has and holds."""
    engine = sa.create_engine(url, poolclass=NullPool)
    inspector = sa.inspect(engine)
    schema, tables = {}, {}
    places = [
        (one, name)
        for one in schemas_of(inspector, engine.dialect)
        for name in inspector.get_table_names(schema=one)
    ]
    for where, table in places:
        name = f"{where}.{table}" if where else table
        columns = inspector.get_columns(table, schema=where)
        try:
            checks = inspector.get_check_constraints(table, schema=where)
        except NotImplementedError:
            checks = []
        schema[name] = {
            "columns": list(map(described_column, columns)),
            "primary key": described(
                [inspector.get_pk_constraint(table, schema=where)]
            ),
            "foreign keys": described(inspector.get_foreign_keys(table, schema=where)),
            "unique constraints": described(
                inspector.get_unique_constraints(table, schema=where)
            ),
            "indexes": described(inspector.get_indexes(table, schema=where)),
            "check constraints": described(checks),
        }
        quote = engine.dialect.identifier_preparer.quote
        quoted = ".".join(quote(part) for part in (where, table) if part)
        with engine.connect() as connection:
            result = connection.execute(sa.text(f"SELECT * FROM {quoted}"))
            # The inspector has another order of columns on some releases.
            names = list(result.keys())
            values = [list(map(repr, row)) for row in result.fetchall()]
        tables[name] = {"columns": names, "rows": values}
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            for kind, name, table, sql in connection.execute(
                sa.text("SELECT type, name, tbl_name, sql FROM sqlite_master"
                        " WHERE sql IS NOT NULL")
            ).fetchall():
                # What the inspector does not tell: expressions, collations and more.
                definition = " ".join(sql.split())
                if kind in ("table", "index") and table in schema:
                    schema[table].setdefault("definition", []).append(definition)
                else:
                    schema[f"{kind} {name}"] = {"definition": [definition]}
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            for name, labels in connection.execute(
                sa.text("SELECT t.typname, string_agg(e.enumlabel, ', ' ORDER BY"
                        " e.enumsortorder) FROM pg_type t JOIN pg_enum e"
                        " ON e.enumtypid = t.oid GROUP BY t.typname")
            ).fetchall():
                schema[f"type {name}"] = {"labels": [labels]}
    for name in inspector.get_view_names():
        schema.setdefault(f"view {name}", {"definition": [
            " ".join(str(inspector.get_view_definition(name)).split())
        ]})
    return {"schema": schema, "tables": tables}


def main():
    """Upgrade, print the SQL, downgrade; look at the databases in between."""
    (FOLDER / "env.py").write_text(ENV)
    recursive = "recursive_version_locations = true\\n" if REQUEST["recursive"] else ""
    (FOLDER / "alembic.ini").write_text(f"[alembic]\\n{recursive}")
    (FOLDER / "script.py.mako").write_text("")
    os.environ["VERIFY_REQUEST"] = json.dumps(REQUEST)
    app = Flask("verified", root_path=os.getcwd())
    app.config["SQLALCHEMY_DATABASE_URI"] = next(iter(URLS.values()))
    app.config["SQLALCHEMY_TRACK_MODIFICATIONS"] = False
    db = SQLAlchemy(app)
    config = Config(str(FOLDER / "alembic.ini"))
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    sys.settrace(remember_lines)
    if IS_BEFORE:
        import flask_migrate_compat

        flask_migrate_compat.Migrate(app, db, directory=str(FOLDER))
        settings = {"directory": str(FOLDER)}
        upgrade = lambda **more: flask_migrate_compat.upgrade(
            revision="heads", **settings, **more
        )
        downgrade = lambda: flask_migrate_compat.downgrade(revision="base", **settings)
    else:
        upgrade = lambda **more: command.upgrade(config, "heads", **more)
        downgrade = lambda: command.downgrade(config, "base")
    answer = {}
    with app.app_context():
        for url in URLS.values() if REQUEST["baseline"] else ():
            apply_baseline(url)
        problem = told(upgrade)
        answer["upgrade"] = {"problem": problem}
        if not problem:
            answer["upgrade"]["databases"] = {k: snapshot(v) for k, v in URLS.items()}
        problem = told(lambda: upgrade(sql=True))
        answer["sql"] = {"problem": problem}
        if not problem:
            answer["sql"]["sql"] = {
                name: Path(f"offline_{name}.sql").read_text() for name in URLS
            }
        problem = answer["upgrade"]["problem"] or told(downgrade)
        answer["downgrade"] = {"problem": problem}
        if not problem:
            answer["downgrade"]["databases"] = {k: snapshot(v) for k, v in URLS.items()}
    sys.settrace(None)
    if not IS_BEFORE and "flask_migrate_compat.legacy.revisions" in sys.modules:
        raise AssertionError("the new revisions have had help")
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(config)
    answer["files"] = [
        os.path.relpath(revision.path, str(FOLDER))
        for revision in scripts.walk_revisions()
    ]
    answer["run"] = sorted(RUN)
    Path("answer.json").write_text(json.dumps(answer))


main()
'''
