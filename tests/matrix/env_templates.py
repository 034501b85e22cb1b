"""Run every ``env.py`` that Flask-Migrate ever generated, and print a table.

``python -m tests.matrix.env_templates [--database NAME] [--write] [stack ...]``

All releases of Flask-Migrate are downloaded when this runs, and each template that
differs from the others is taken through its life (``env_life.py``) on every stack and
every database. ``--write`` writes the table into ``docs/legacy_env_py.rst``. Where the
servers are is told by the environment, see ``env_servers.py``; one that is not there is
left out, unless the environment names it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Sequence

from .env_releases import Variant, distinct, download
from .env_servers import DATABASES
from .env_table import document, summary
from .environments import ROOT, STACKS_DIR, Environment, copy_source
from .results import stack_environ
from .session import Session, add_options, guarded, say

#: The newest stack of each generation.
USUAL = ("old38", "mid310", "new313_sa20", "new313_sa21")
PAGE = ROOT / "docs" / "legacy_env_py.rst"
_TIMEOUT = 900


@dataclass
class Column:
    """Hold the results of one stack and one database.

    :param problem: why there are none, or not all.
    :param is_missing: the server or its driver is not there, so nothing was run.
    """

    stack: str
    database: str
    steps: dict[int, dict[str, str]] = field(default_factory=dict)
    problem: str = ""
    is_missing: bool = False
    seconds: float = 0.0

    def verdict(self, number: int) -> str:
        """Return ``ok``, ``-`` for a variant that cannot run here, or the reason."""
        steps = self.steps.get(number)
        if self.is_missing:
            return "-"
        if steps is None:
            return self.problem or "no result"
        if "not run" in steps:
            return "-"
        failed = [f"{step}: {why}" for step, why in steps.items() if why != "ok"]
        return failed[0] if failed else "ok"

    def reason_not_run(self, number: int) -> str:
        """Return why a variant cannot run here."""
        return self.problem or self.steps.get(number, {}).get("not run", "")


def run_column(
    environment: Environment, database: str, variants: Sequence[Variant], scratch: Path
) -> Column:
    """Run all variants on one stack and one database, in one process."""
    stack = environment.stack.name
    column = Column(stack, database)
    tag = f"{stack}_{database}".replace("-", "_")
    copy = copy_source(scratch / f"{tag}.tests", source=scratch / "source")
    shutil.rmtree(str(copy / "flask_migrate_compat"))
    command = [str(environment.python), "-m", "tests.matrix.env_worker"]
    command += [database, tag, str(scratch / f"{tag}.work")]
    log = STACKS_DIR / f"{tag}.env_templates.log"
    started = time.monotonic()
    with log.open("w", encoding="utf-8") as errors:
        try:
            done = subprocess.run(
                command,
                input="\n".join(variant.to_json() for variant in variants),
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=str(copy),
                env={**stack_environ(environment), "PYTHONIOENCODING": "utf-8"},
                encoding="utf-8",
                timeout=_TIMEOUT,
            )
            output = done.stdout
            if done.returncode:
                column.problem = f"the worker ended with {done.returncode}, see {log}"
        except subprocess.TimeoutExpired:
            output, column.problem = "", f"stopped after {_TIMEOUT} seconds"
    column.seconds = time.monotonic() - started
    for line in output.splitlines():
        result = json.loads(line)
        if "problem" in result:
            column.problem, column.is_missing = result["problem"], True
        else:
            column.steps[result["number"]] = result["steps"]
    return column


def main(argv: Sequence[str] | None = None) -> int:
    """Run what was asked for; the status is 1 when a variant failed anywhere."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.matrix.env_templates", description=__doc__
    )
    add_options(parser)
    parser.add_argument("--stack", action="append", default=[], dest="more_stacks")
    parser.add_argument("--database", action="append", choices=DATABASES)
    parser.add_argument("--variant", default="", help="only with this in the name")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    options = parser.parse_args(argv)
    options.stacks = [*options.stacks, *options.more_stacks] or list(USUAL)
    databases = options.database or list(DATABASES)
    with Session(options) as session:
        session.set_up()
        session.install_package()
        archives = download(session.environments[-1].python)
        variants = [
            variant
            for variant in distinct(archives, session.scratch / "templates")
            if options.variant in f"{variant.template} {variant.name}"
        ]
        say(f"{len(archives)} releases have {len(variants)} different templates")
        started = time.monotonic()
        columns = run_columns(session, databases, variants)
        say("\n" + summary(variants, columns))
        say(f"\n{time.monotonic() - started:.0f} seconds")
        if options.write:
            PAGE.parent.mkdir(exist_ok=True)
            text = document(variants, columns, session.environments, len(archives))
            PAGE.write_text(text, encoding="utf-8")
            say(f"wrote {PAGE.relative_to(ROOT)}")
        verdicts = [c.verdict(n) for c in columns for n in range(len(variants))]
        passed, skipped = verdicts.count("ok"), verdicts.count("-")
        failed = len(verdicts) - passed - skipped
        say(f"\n{passed} passed, {failed} failed ({skipped} cannot run)")
        for column in columns:
            if column.is_missing and named_server(column.database):
                say(f"Error: {named_server(column.database)} names no server.")
                failed += 1
        return session.status(failed=bool(failed))


def named_server(database: str) -> str:
    """Return the environment variable that names the server, if it is set."""
    variable = f"MATRIX_{database.partition('-')[0].upper()}_URL"
    return variable if os.environ.get(variable) else ""


def run_columns(
    session: Session, databases: Sequence[str], variants: Sequence[Variant]
) -> list[Column]:
    """Run all stacks and databases, a few at a time, in order."""
    tasks = [
        (environment, database)
        for database in reversed(databases)  # the slow ones first
        for environment in session.environments
    ]

    def run(task: tuple[Environment, str]) -> Column:
        column = run_column(task[0], task[1], variants, session.scratch)
        say(f"{column.stack} {column.database}: {column.seconds:.0f} seconds")
        return column

    with ThreadPoolExecutor(session.jobs) as executor:
        columns = list(executor.map(run, tasks))
    stacks = [environment.stack.name for environment in session.environments]
    return sorted(
        columns, key=lambda c: (stacks.index(c.stack), databases.index(c.database))
    )


if __name__ == "__main__":
    sys.exit(guarded(main))
