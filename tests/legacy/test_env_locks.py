"""Runs with an old ``env.py`` take the locks too, all before the first revision."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Iterator

import pytest
from filelock import FileLock

from flask_migrate_compat.errors import LockTimeoutError

from ..conftest import REVISION
from .env_projects import MULTI, SINGLE_2013, SINGLE_2016, SINGLE_2023, Project

SINGLE = {"2013": SINGLE_2013, "2016": SINGLE_2016, "2023": SINGLE_2023}


@pytest.fixture
def taken(tmp_path: Path) -> Iterator[FileLock]:
    """Have somebody else hold the lock of the last database of a project."""
    (tmp_path / "project").mkdir()
    file = tmp_path / "project" / "last.db-migration-lock"
    lock = FileLock(str(file), thread_local=False)
    thread = threading.Thread(target=lock.acquire)
    thread.start()
    thread.join()
    yield lock
    lock.release()


def write(project: Project, text: str) -> None:
    (project.versions / "a1_.py").write_text(text)


@pytest.mark.parametrize("year", SINGLE)
def test_one_database(tmp_path: Path, taken: FileLock, year: str) -> None:
    folder = tmp_path / "project"
    project = Project(
        folder, SINGLE[year], url=f"sqlite:///{(folder / 'last.db').as_posix()}"
    )
    create = 'op.create_table("new", sa.Column("id", sa.Integer))'
    write(
        project,
        REVISION.format(
            title="A title",
            revision="a1",
            down_revision=None,
            upgrade=create,
            downgrade="pass",
        ),
    )
    with pytest.raises(LockTimeoutError):
        project("upgrade", lock_timeout=0)
    assert project.tables("last") == set()
    taken.release()
    project("upgrade", lock_timeout=0)
    assert project.tables("last") == {"new"}


MULTI_REVISION = """\
import sqlalchemy as sa
from alembic import op

revision = "a1"
down_revision = None


def upgrade(engine_name=""):
    op.create_table("new", sa.Column("id", sa.Integer))


def downgrade(engine_name=""):
    pass
"""


@pytest.mark.parametrize("year", MULTI)
def test_several_databases(tmp_path: Path, taken: FileLock, year: str) -> None:
    folder = tmp_path / "project"
    binds = {"last": f"sqlite:///{(folder / 'last.db').as_posix()}"}
    project = Project(folder, MULTI[year], binds=binds)
    write(project, MULTI_REVISION)
    with pytest.raises(LockTimeoutError):
        project("upgrade", lock_timeout=0)
    # Nothing was done in the first one, whose lock was free.
    assert project.tables("app") == set()
    taken.release()
    project("upgrade", lock_timeout=0)
    assert project.tables("app") == {"new"}
    assert project.tables("last") == {"new"}
