"""Run the tests of Flask-Script and Flask-Migrate against this package.

``python -m tests.matrix.conformance [--suite NAME] [--required] [stack ...]``

Flask-Migrate is never installed: the ``flask_migrate`` that its tests import is ours.
Flask-Script is the real one, healed by ours.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

from .environments import STACKS_DIR, Environment, SetupError, run_quietly
from .results import Case, Outcome, run_pytest, stack_environ, table
from .session import Session, add_options, guarded, say
from .suites import SUITES, ExpectedFailure, Suite, applies, expected_failures

HEAD = ("suite", "stack", "passed", "expected failures", "unexpected", "seconds")

_OWNER_CODE = """
import os
from importlib import metadata
import flask_migrate, flask_migrate_compat
ours = os.path.dirname(os.path.realpath(flask_migrate_compat.__file__)) + os.sep
if not os.path.realpath(flask_migrate.__file__).startswith(ours):
    raise SystemExit("flask_migrate is not ours but " + flask_migrate.__file__)
if any(d.metadata["Name"] == "Flask-Migrate" for d in metadata.distributions()):
    raise SystemExit("Flask-Migrate is installed")
"""

# Flask-SQLAlchemy 3 puts the databases of these tests into `instance`, which their
# own clean-up does not know: one test would find the database of another.
_CONFTEST = """
import os, shutil
import pytest

@pytest.fixture(autouse=True)
def no_leftover_databases():
    here = os.path.dirname(os.path.abspath(__file__))
    for folder, _, _ in list(os.walk(here)):
        if os.path.basename(folder) == "instance":
            shutil.rmtree(folder)
"""


@dataclass(frozen=True)
class Verdict:
    """Hold how the results of a suite compare with what is expected of it."""

    passed: int
    expected: list[str]
    unexpected: list[str]


def judge(
    cases: Sequence[Case], expected: dict[str, ExpectedFailure], count: int
) -> Verdict:
    """Compare results with expectations.

    Unexpected are: a failure that is not listed, a listed one that fails for
    another reason, a listed one that passes, a test that was skipped or lost.
    """
    as_expected, unexpected = [], []
    for case in cases:
        listed = expected.get(case.name)
        if case.outcome == "skipped":
            unexpected.append(f"{case.name}: skipped")
        elif case.outcome == "failed":
            if listed is not None and listed.match in case.detail:
                as_expected.append(f"{case.name}: {listed.reason}")
            else:
                unexpected.append(f"{case.name}: {case.reason}")
        elif listed is not None:
            unexpected.append(f"{case.name}: passed, but is listed as failing")
    if len(cases) != count:
        unexpected.append(f"{len(cases)} tests were run instead of {count}")
    passed = sum(case.outcome == "passed" for case in cases)
    return Verdict(passed, as_expected, unexpected)


def download(suite: Suite, python: Path) -> Path:
    """Return the source distribution of a suite, downloaded once.

    :raises SetupError: when the package index cannot be reached.
    """
    cache = STACKS_DIR / "sdists" / suite.release
    archives = list(cache.glob("*.tar.gz"))
    if not archives:
        # Only this one from source: `:all:` would build setuptools from source too.
        command = [str(python), "-m", "pip", "download", "-q", "--no-input"]
        command += ["--no-deps", "--no-binary", suite.distribution, "-d", str(cache)]
        try:
            run_quietly([*command, f"{suite.distribution}=={suite.version}"])
        except SetupError as error:
            raise SetupError(
                f"{suite.release} cannot be downloaded. The conformance run needs"
                f" access to a package index. ({error})"
            ) from error
        archives = list(cache.glob("*.tar.gz"))
    if len(archives) != 1:
        raise SetupError(f"expected one archive in {cache}: remove it and run again.")
    return archives[0]


def unpack_tests(suite: Suite, archive: Path, target: Path) -> Path:
    """Copy the tests of a suite, and nothing else of it, into a new folder."""
    whole = target.with_name(f"{target.name}.whole")
    with tarfile.open(str(archive)) as file:
        if hasattr(tarfile, "data_filter"):
            file.extractall(str(whole), filter="data")
        else:
            file.extractall(str(whole))
    source = next(whole.iterdir()) / suite.tests
    target.mkdir()
    shutil.move(str(source), str(target / suite.tests))
    shutil.rmtree(str(whole))
    (target / "conftest.py").write_text(_CONFTEST)
    # Their warnings are theirs: the settings of our own tests must not reach here.
    (target / "pytest.ini").write_text("[pytest]\n")
    return target


def check_owner(environment: Environment) -> None:
    """Fail unless ``flask_migrate`` is provided by this package.

    :raises SetupError: when it is not, or cannot be imported.
    """
    command = [str(environment.python), "-c", _OWNER_CODE]
    run_quietly(command, cwd=environment.folder, env=stack_environ(environment))


def run_suite(
    suite: Suite, environment: Environment, archive: Path, scratch: Path
) -> Outcome:
    """Run the tests of a suite in one environment."""
    name = f"{suite.name}-{environment.stack.name}"
    folder = unpack_tests(suite, archive, scratch / name)
    arguments = [suite.tests, "-q", "--color=no"]
    if suite.plugin:
        plugin = f"{suite.plugin}.py"
        shutil.copy(str(Path(__file__).with_name(plugin)), str(folder / plugin))
        arguments += ["-p", suite.plugin]
    log = STACKS_DIR / f"{name}.log"
    return run_pytest(environment, arguments, cwd=folder, log=log)


def conform(
    environment: Environment,
    suites: Sequence[Suite],
    archives: dict[str, Path],
    scratch: Path,
) -> list[list[object]]:
    """Run the suites that apply to a stack; return a table row for each.

    The last cell of a row is the verdict.
    """
    rows: list[list[object]] = []
    suites = [suite for suite in suites if applies(suite, environment.stack)]
    try:
        check_owner(environment)
    except SetupError as error:
        nothing = Verdict(0, [], [str(error)])
        stack = environment.stack.name
        return [[suite.name, stack, 0, 0, 1, 0, nothing] for suite in suites]
    for suite in suites:
        outcome = run_suite(suite, environment, archives[suite.name], scratch)
        expected = expected_failures(suite, environment.stack)
        verdict = judge(outcome.cases, expected, suite.cases)
        if outcome.problem:
            verdict.unexpected.append(outcome.problem)
        counts = (verdict.passed, len(verdict.expected), len(verdict.unexpected))
        cells = [suite.name, environment.stack.name, *counts, round(outcome.seconds)]
        rows.append([*cells, verdict])
    return rows


def report(rows: Sequence[Sequence[object]], missing: Sequence[list[object]]) -> bool:
    """Print what is not as expected, and the table; return whether all is well."""
    reasons: dict[str, None] = {}
    for *cells, verdict in rows:
        assert isinstance(verdict, Verdict)
        reasons.update(dict.fromkeys(verdict.expected))
        for text in verdict.unexpected:
            say(f"UNEXPECTED {cells[0]} on {cells[1]}: {text}")
    if reasons:
        say("\nExpected failures:")
        for text in reasons:
            say(f"  {text}")
    say("\n" + table([HEAD, *(row[:-1] for row in rows), *missing]))
    verdicts = [row[-1] for row in rows if isinstance(row[-1], Verdict)]
    passed = sum(verdict.passed for verdict in verdicts)
    expected = sum(len(verdict.expected) for verdict in verdicts)
    failed = sum(len(verdict.unexpected) for verdict in verdicts)
    say(f"\n{passed} passed, {failed} failed (and {expected} tests fail as expected)")
    return not failed


def main(argv: Sequence[str] | None = None) -> int:
    """Run the conformance suites; the status is 1 when anything is unexpected."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.matrix.conformance", description=__doc__
    )
    add_options(parser)
    names = [suite.name for suite in SUITES]
    parser.add_argument("--suite", action="append", choices=names, help="only this one")
    options = parser.parse_args(argv)
    suites = [s for s in SUITES if not options.suite or s.name in options.suite]
    with Session(options) as session:
        session.set_up()
        session.install_package()
        python = session.environments[-1].python
        archives = {suite.name: download(suite, python) for suite in suites}
        results = session.map(
            lambda env: conform(env, suites, archives, session.scratch)
        )
        rows = [row for _, rows in results for row in rows]
        rows.sort(key=lambda row: names.index(str(row[0])))
        well = report(rows, session.missing_rows())
        return session.status(failed=not well)


if __name__ == "__main__":
    sys.exit(guarded(main))
