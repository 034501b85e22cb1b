"""A list of notes, served by two command lines at once."""

import os

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from flask_migrate_compat import Migrate

HERE = os.path.dirname(os.path.abspath(__file__))

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get(
    "DATABASE_URL", "sqlite:///" + os.path.join(HERE, "notes.db")
)
app.config["SQLALCHEMY_TRACK_MODIFICATIONS"] = False

db = SQLAlchemy(app)
migrate = Migrate(app, db, directory=os.path.join(HERE, "migrations"))


class Note(db.Model):
    """One note."""

    __tablename__ = "note"

    id = db.Column(db.Integer, primary_key=True)
    text = db.Column(db.Text, nullable=False)
    done = db.Column(db.Boolean)


@app.cli.command("count")
def count():
    """Print the number of notes."""
    print(Note.query.count())
