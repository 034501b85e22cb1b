"""An application with two databases: the accounts, and a log of what happened."""

import os

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from flask_migrate_compat import Migrate

HERE = os.path.dirname(os.path.abspath(__file__))


def sqlite(name):
    """Return the URL of a file in DATABASE_DIR, by default beside this module."""
    folder = os.environ.get("DATABASE_DIR", HERE)
    return "sqlite:///" + os.path.join(os.path.abspath(folder), name)


app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = sqlite("accounts.db")
app.config["SQLALCHEMY_BINDS"] = {"audit": sqlite("audit.db")}
app.config["SQLALCHEMY_TRACK_MODIFICATIONS"] = False

db = SQLAlchemy(app)
migrate = Migrate(app, db, directory=os.path.join(HERE, "migrations"))


class Account(db.Model):
    """Somebody who can log in; in the main database."""

    __tablename__ = "account"

    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(80), nullable=False)


class Event(db.Model):
    """Something that happened; in the database ``audit``."""

    __bind_key__ = "audit"
    __tablename__ = "event"

    id = db.Column(db.Integer, primary_key=True)
    message = db.Column(db.String(200), nullable=False)
    happened = db.Column(db.DateTime)
