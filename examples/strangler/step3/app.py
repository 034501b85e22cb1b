"""A shelf of books; neither this file nor the migrations change on the way."""

import os

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from flask_migrate_compat import Migrate

HERE = os.path.dirname(os.path.abspath(__file__))

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get(
    "DATABASE_URL", "sqlite:///" + os.path.join(HERE, "books.db")
)
app.config["SQLALCHEMY_TRACK_MODIFICATIONS"] = False

db = SQLAlchemy(app)
migrate = Migrate(app, db, directory=os.path.join(HERE, os.pardir, "migrations"))


class Book(db.Model):
    """One book."""

    __tablename__ = "book"

    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.Text, nullable=False)
    year = db.Column(db.Integer)
