"""Build the package; all metadata is in setup.cfg.

What setup.cfg cannot say, because it ends when the legacy folder is deleted: the wheel,
and an editable install too, carries a `.pth` file at the root of site-packages, which
serves the old module names in every interpreter; and SQLAlchemy finds the dialect of
`postgres://` through entry points. All entry points are here, because setuptools takes
them from one place.
"""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

LEGACY = Path("flask_migrate_compat", "legacy")
START_UP = LEGACY / "flask_migrate_compat.pth"
# The drivers are those of flask_migrate_compat/legacy/postgres.py.
DRIVERS = ("psycopg2", "pg8000", "psycopg2cffi", "pypostgresql", "pygresql")


class BuildWithStartUp(build_py):
    """Put the start-up file beside the package."""

    def run(self):
        super().run()
        if START_UP.exists():
            self.copy_file(str(START_UP), str(self._start_up_target()))

    def get_outputs(self, include_bytecode=True):
        outputs = super().get_outputs(include_bytecode)
        if START_UP.exists():
            outputs.append(str(self._start_up_target()))
        return outputs

    def _start_up_target(self):
        if getattr(self, "editable_mode", False):
            # setuptools packs what is in this folder into the editable wheel.
            root = self.get_finalized_command("install").install_purelib
        else:
            root = self.build_lib
        return Path(root, START_UP.name)


def entry_points():
    """Name the program, and the dialects that SQLAlchemy 1.4 does not know any more."""
    program = "flask-migrate-compat = flask_migrate_compat.codemods.cli:main"
    points = {"console_scripts": [program]}
    if not (LEGACY / "postgres.py").exists():
        return points
    home = "flask_migrate_compat.legacy.postgres"
    names = [f"postgres.{driver} = {home}:postgres_{driver}" for driver in DRIVERS]
    points["sqlalchemy.dialects"] = [f"postgres = {home}:postgres", *names]
    return points


setup(cmdclass={"build_py": BuildWithStartUp}, entry_points=entry_points())
