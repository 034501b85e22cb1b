"""What the tests share: a small application, and its two command lines."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# The two command lines, as what follows "python".
COMMAND_LINES = [
    pytest.param(("-m", "flask"), id="flask"),
    pytest.param(("manage.py",), id="manage", marks=pytest.mark.legacy),
]

APP = """\
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from flask_migrate_compat import Migrate

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = {url!r}
app.config["SQLALCHEMY_TRACK_MODIFICATIONS"] = False
db = SQLAlchemy(app)
migrate = Migrate(app, db)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(80))
"""

MANAGE = """\
from app import app
from flask_script import Manager
from flask_migrate_compat import MigrateCommand

manager = Manager(app)
manager.add_command("db", MigrateCommand)

if __name__ == "__main__":
    manager.run()
"""

REVISION = '''\
"""{title}"""
import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {down_revision!r}


def upgrade():
    {upgrade}


def downgrade():
    {downgrade}
'''


class Project:
    """A folder with an application, ``manage.py`` and, once made, ``migrations``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = path / "app.db"
        self.migrations = path / "migrations"
        self.env = {
            **os.environ,
            "FLASK_APP": "app.py",
            "PYTHONIOENCODING": "utf-8",
            # Old stacks warn about themselves in every process.
            "PYTHONWARNINGS": "ignore",
        }
        self.env.pop("FLASK_DEBUG", None)
        url = f"sqlite:///{self.database.as_posix()}"
        (path / "app.py").write_text(APP.format(url=url))
        (path / "manage.py").write_text(MANAGE)

    def run(self, *argv: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run Python with the arguments, in the folder of the application."""
        return subprocess.run(
            [sys.executable, *argv],
            cwd=str(self.path),
            env={**self.env, **env},
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    def flask(self, *argv: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run the ``flask`` command."""
        return self.run("-m", "flask", *argv, **env)

    def manage(self, *argv: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run ``manage.py``."""
        return self.run("manage.py", *argv, **env)

    def replace(self, name: str, old: str, new: str) -> None:
        """Change a file of the application."""
        path = self.path / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def write_revision(
        self,
        revision: str,
        down_revision: Any = None,
        upgrade: str = "pass",
        downgrade: str = "pass",
    ) -> Path:
        """Write a revision script; the bodies are one statement each."""
        path = self.migrations / "versions" / f"{revision}_.py"
        path.write_text(
            REVISION.format(
                title=f"Title of {revision}",
                revision=revision,
                down_revision=down_revision,
                upgrade=upgrade,
                downgrade=downgrade,
            )
        )
        return path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return an application in a folder of its own, without migrations."""
    folder = tmp_path / "project"
    folder.mkdir()
    return Project(folder)


@pytest.fixture
def migrated(project: Project) -> Project:
    """Return an application whose migrations folder has revisions a1 and b2."""
    done = project.flask("db", "init")
    assert done.returncode == 0, done.stderr
    project.write_revision(
        "a1",
        upgrade='op.create_table("user", sa.Column("id", sa.Integer))',
        downgrade='op.drop_table("user")',
    )
    project.write_revision(
        "b2",
        "a1",
        upgrade='op.add_column("user", sa.Column("name", sa.String(80)))',
        downgrade='op.execute("SELECT 1")',
    )
    return project
