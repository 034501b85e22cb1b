"""The application that is migrated; the environment says how.

====================  ================================================================
``CRASH_URL``         the database
``CRASH_OPTIONS``     JSON: further arguments for ``Migrate()``
``CRASH_CONFIG``      JSON: further configuration
``CRASH_PRAGMAS``     what to send to SQLite on each new connection, separated by ``;``
``CRASH_KILL``        where to be killed, see ``killer.py``
``CRASH_MODULES``     a file for the names of all modules that were imported
====================  ================================================================
"""

import atexit
import json
import os
import sys

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.engine import Engine

from flask_migrate_compat import Migrate

if os.environ.get("CRASH_KILL"):
    import killer

    killer.install(os.environ["CRASH_KILL"])

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["CRASH_URL"]
app.config["SQLALCHEMY_TRACK_MODIFICATIONS"] = False
app.config.update(json.loads(os.environ.get("CRASH_CONFIG", "{}")))
db = SQLAlchemy(app)
migrate = Migrate(app, db, **json.loads(os.environ.get("CRASH_OPTIONS", "{}")))


def _send_pragmas(connection, record):
    for pragma in filter(None, os.environ["CRASH_PRAGMAS"].split(";")):
        connection.execute(f"PRAGMA {pragma}")


if os.environ.get("CRASH_PRAGMAS"):
    event.listen(Engine, "connect", _send_pragmas)


def _write_modules(path):
    here = os.path.dirname(os.path.abspath(__file__))
    files = {n: getattr(m, "__file__", None) for n, m in sys.modules.items()}
    names = [n for n, f in files.items() if f and not f.startswith(here)]
    with open(path, "w") as file:
        json.dump(names, file)


if os.environ.get("CRASH_MODULES"):
    atexit.register(_write_modules, os.environ["CRASH_MODULES"])
