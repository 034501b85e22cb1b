"""Run the tests of this package on every stack and print a table.

``python -m tests.matrix [--required] [--setup-only] [-k EXPRESSION] [stack ...]``
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Sequence

from .environments import STACKS_DIR, Environment, copy_source
from .results import Outcome, run_pytest, table
from .session import Session, add_options, failure_excerpt, guarded
from .stacks import Stack

HEAD = (
    *("stack", "Python", "Flask", "SQLAlchemy", "Flask-SQLAlchemy", "Alembic"),
    *("passed", "failed", "skipped", "seconds"),
)

# `filterwarnings = error` of setup.cfg is meant for our code. On stacks before NEW
# the libraries warn about themselves: Flask 1.1 on Python 3.8, SQLAlchemy 1.4 about
# 2.0, Flask-SQLAlchemy 2.5 about Flask 2.2. There, only a warning that points at a
# line of this package is an error; everything else is printed.
OLD_STACK_FILTERS = "default\nerror:::flask_migrate_compat(\\.|$)"


def pytest_arguments(stack: Stack, keyword: str = "") -> list[str]:
    """Return the arguments of pytest for a stack."""
    arguments = ["tests", "-q", "--color=no"]
    if stack.era != "NEW":
        arguments += ["-o", f"filterwarnings={OLD_STACK_FILTERS}"]
    if keyword:
        arguments += ["-k", keyword]
    return arguments


def run_stack(environment: Environment, source: Path, keyword: str) -> Outcome:
    """Run our tests in one environment, from a copy without the package folder."""
    stack = environment.stack
    copy = copy_source(source.with_name(stack.name), source=source, package=False)
    log = STACKS_DIR / f"{stack.name}.tests.log"
    return run_pytest(environment, pytest_arguments(stack, keyword), cwd=copy, log=log)


def row(environment: Environment, outcome: Outcome) -> list[object]:
    """Return the table row of a stack."""
    name = environment.stack.name
    if outcome.problem and not outcome.cases:
        return [name, outcome.problem]
    versions = environment.versions()
    distributions = ("flask", "sqlalchemy", "flask-sqlalchemy", "alembic")
    counts = [outcome.count(kind) for kind in ("passed", "failed", "skipped")]
    return [
        name,
        environment.stack.python,
        *(versions.get(distribution, "?") for distribution in distributions),
        *counts,
        round(outcome.seconds),
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the matrix; the status is 1 when anything failed or is missing in CI."""
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    add_options(parser)
    parser.add_argument("--setup-only", action="store_true", help="make environments")
    parser.add_argument("-k", dest="keyword", default="", help="as in pytest")
    options = parser.parse_args(argv)
    with Session(options) as session:
        session.set_up()
        if options.setup_only:
            return session.status(failed=False)
        session.install_package()
        outcomes = session.map(
            lambda env: run_stack(env, session.source, options.keyword)
        )
        for environment, outcome in outcomes:
            if not outcome.ok:
                log = STACKS_DIR / f"{environment.stack.name}.tests.log"
                print(failure_excerpt(environment.stack.name, outcome, log))
        rows = [row(environment, outcome) for environment, outcome in outcomes]
        print("\n" + table([HEAD, *rows, *session.missing_rows()]))
        passed, failed = (
            sum(outcome.count(kind) for _, outcome in outcomes)
            for kind in ("passed", "failed")
        )
        print(f"\n{passed} passed, {failed} failed on {len(outcomes)} stacks")
        return session.status(failed=not all(outcome.ok for _, outcome in outcomes))


if __name__ == "__main__":
    sys.exit(guarded(main))
