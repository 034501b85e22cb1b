"""Make the applications that are measured: the same one twice, one for each side."""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Callable

from tests.matrix.environments import run_quietly

from . import histories
from .environments import Side

APP = '''\
"""An application with one model."""
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from {module} import Migrate

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = {url!r}
app.config["SQLALCHEMY_TRACK_MODIFICATIONS"] = False
db = SQLAlchemy(app)
migrate = Migrate(app, db)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(80))
'''

LINEAR = (1, 100, 1000, 2500, 5000, 10000)
BRANCHED = "branched"
TRIVIAL = "1000 trivial"
#: Name of a history -> how to make it, and what its revisions do.
HISTORIES: dict[str, tuple[Callable[[], histories.History], histories.Statements]] = {
    **{
        str(size): (partial(histories.linear, size), histories.create_table)
        for size in LINEAR
    },
    BRANCHED: (partial(histories.branched, 5000, 25, 50), histories.create_table),
    TRIVIAL: (partial(histories.linear, 1000), histories.nothing),
}


class Project:
    """An application of one side, with its migrations folder and a SQLite database.

    The folder ``migrations`` is what ``init`` of that side makes. The first command
    afterwards is run here, because it writes the bytecode of all revisions, or what
    this package has read of them; it keeps nothing of files that have just changed.

    :param side: whose application it is.
    :param folder: where to make it.
    :param history: its revisions.
    :param statements: what they do.
    """

    def __init__(
        self,
        side: Side,
        folder: Path,
        history: histories.History,
        statements: histories.Statements,
    ) -> None:
        self.side = side
        self.folder = folder
        self.database = folder / "app.db"
        self.versions = folder / "migrations" / "versions"
        folder.mkdir(parents=True)
        url = f"sqlite:///{self.database.as_posix()}"
        text = APP.format(module=side.module, url=url)
        (folder / "app.py").write_text(text, encoding="utf-8")
        self._run("init")
        histories.write(history, self.versions, statements)
        self.write_version(histories.heads(history))
        time.sleep(2.1)
        self._run("heads")

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of a command of ``flask db``."""
        return [str(self.side.python), "-m", "flask", "db", *arguments]

    def _run(self, *arguments: str) -> None:
        command = self.command(*arguments)
        run_quietly(command, cwd=self.folder, env=self.side.environ())

    def write_version(self, identifiers: list[str]) -> None:
        """Tell the database that it is at these revisions, as ``stamp`` would."""
        with closing(sqlite3.connect(str(self.database))) as connection, connection:
            connection.execute(
                "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL,"
                " CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
            )
            connection.executemany(
                "INSERT INTO alembic_version VALUES (?)", [(i,) for i in identifiers]
            )

    def remove_new_revisions(self) -> None:
        """Take away what ``revision -m x`` has written."""
        for path in [*self.versions.glob("*_x.py"), *self.versions.glob("*/*_x.*.pyc")]:
            path.unlink()

    def anonymous(self, text: str) -> str:
        """Return a text without the name of this folder."""
        return text.replace(str(self.folder), "PROJECT")


class Workshop:
    """Make the projects when they are needed, and keep those of one history.

    :param sides: Flask-Migrate's, and ours.
    :param folder: where to make them.
    """

    def __init__(self, sides: tuple[Side, Side], folder: Path) -> None:
        self.sides = sides
        self.folder = folder
        self._name = ""
        self._projects: tuple[Project, Project] | None = None

    def projects(self, name: str) -> tuple[Project, Project]:
        """Return the two projects with a history, Flask-Migrate's first.

        :param name: one of :data:`HISTORIES`.
        """
        if self._projects is None or self._name != name:
            self.clear()
            make, statements = HISTORIES[name]
            history = make()
            peer, ours = (
                Project(side, self.folder / side.folder, history, statements)
                for side in self.sides
            )
            self._name, self._projects = name, (peer, ours)
        return self._projects

    def clear(self) -> None:
        """Remove the projects."""
        self._projects = None
        for side in self.sides:
            shutil.rmtree(str(self.folder / side.folder), ignore_errors=True)
