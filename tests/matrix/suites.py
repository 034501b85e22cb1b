"""List the test suites of the peers, and which of their tests fail for a reason.

Nothing of these projects is stored here: :mod:`tests.matrix.conformance` downloads
their source distributions when it runs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from .stacks import Stack


@dataclass(frozen=True)
class Suite:
    """Describe the tests of one release of a peer.

    :param distribution: the name on the package index.
    :param tests: the file or folder with the tests in its source distribution.
    :param cases: how many tests there are; fewer would mean that some were lost.
    :param plugin: a module of this folder that pytest loads first.
    """

    distribution: str
    version: str
    tests: str
    cases: int
    plugin: str = ""

    @property
    def name(self) -> str:
        """Return the name as it is shown and as the command line takes it."""
        variant = f"+{self.plugin}" if self.plugin else ""
        return f"{self.release}{variant}"

    @property
    def release(self) -> str:
        """Return the name of the source distribution."""
        return f"{self.distribution}-{self.version}"


@dataclass(frozen=True)
class ExpectedFailure:
    """Describe a test that cannot pass on a stack, whoever provides the package.

    :param match: what its failure says; another failure of it is not expected.
    :param reason: why it cannot pass.
    """

    match: str
    reason: str


FLASK_SCRIPT = Suite("Flask-Script", "2.0.6", "tests.py", 46)
FLASK_SCRIPT_ARGPARSE = replace(FLASK_SCRIPT, plugin="newer_argparse")
FLASK_MIGRATE_2 = Suite("Flask-Migrate", "2.7.0", "tests", 12)
FLASK_MIGRATE_4 = Suite("Flask-Migrate", "4.1.0", "tests", 7)

SUITES: tuple[Suite, ...] = (
    FLASK_SCRIPT,
    FLASK_SCRIPT_ARGPARSE,
    FLASK_MIGRATE_2,
    FLASK_MIGRATE_4,
)

_NO_CONTEXT = ExpectedFailure(
    "Working outside of application context",
    "the test uses db.session without an application context; Flask-SQLAlchemy 3"
    " needs one (in 2.x the application given to SQLAlchemy(app) was enough)",
)
_OTHER_FOLDER = ExpectedFailure(
    "('alembic_version',) not found in []",
    "the test opens app1.db in the working directory; Flask-SQLAlchemy 3 puts a"
    " relative SQLite database into the instance folder",
)

#: What Flask-SQLAlchemy 3 breaks in the tests (not in the package) of 2.7.0.
_FLASK_SQLALCHEMY_3: dict[str, ExpectedFailure] = {
    "test_migrate_flaskcli.TestMigrate.test_migrate_upgrade": _NO_CONTEXT,
    "test_migrate_flaskcli.TestMigrate.test_custom_directory": _NO_CONTEXT,
    "test_migrate_flaskcli.TestMigrate.test_custom_directory_path": _NO_CONTEXT,
    "test_multidb_migrate.TestMigrate.test_multidb_migrate_upgrade": _OTHER_FOLDER,
    "test_multidb_migrate_flaskcli.TestMigrate.test_multidb_migrate_upgrade": (
        _OTHER_FOLDER
    ),
}


def applies(suite: Suite, stack: Stack) -> bool:
    """Tell whether a suite is run on a stack.

    The tests of Flask-Migrate 4 call ``flask db check``, which needs Alembic 1.9.
    """
    return suite is not FLASK_MIGRATE_4 or stack.era in ("MID", "NEW")


def expected_failures(suite: Suite, stack: Stack) -> dict[str, ExpectedFailure]:
    """Return test name -> why it must fail on this stack."""
    major = int(stack.pins["Flask-SQLAlchemy"].split(".")[0])
    if suite is FLASK_MIGRATE_2 and major >= 3:
        return _FLASK_SQLALCHEMY_3
    return {}
