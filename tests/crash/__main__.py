"""Kill migration runs at every statement, and look what the next run makes of it.

``make crash``, or ``python -m tests.crash [option ...] [stack ...]``. A chain of 20
revisions is upgraded and killed before and after each thing that it does to the
database, and at random times; the next plain ``upgrade`` must succeed, and schema and
rows must be those of an undisturbed run. Then runs are disturbed in other ways:
signals, servers that are restarted, full disks and the like.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

from ..matrix.environments import Environment, copy_source
from ..matrix.results import stack_environ
from ..matrix.session import Session, add_options, guarded, say
from . import reports
from .options import CRASH, add_options as add_own_options

#: The newest of everything: what is tested here is hardly a matter of versions.
USUAL = ("new313_sa21",)


def run_stack(
    program: str,
    environment: Environment,
    session: Session,
    options: argparse.Namespace,
) -> list[reports.Count]:
    """Run a program in one environment; return what it counted."""
    stack = environment.stack.name
    # Without the package folder, which would hide the installed wheel.
    copy = copy_source(
        session.scratch / f"{stack}.tests", source=session.source, package=False
    )
    report = session.scratch / f"{stack}.json"
    command = [str(environment.python), "-m", "tests.crash.inside", program]
    command += ["--report", str(report), "--options", json.dumps(vars(options))]
    say(f"\n{stack}: {program}")
    process = subprocess.Popen(
        command,
        cwd=str(copy),
        env={**stack_environ(environment), "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.DEVNULL,
    )
    try:
        status = process.wait()
    except BaseException:
        # It drops its databases.
        process.terminate()
        process.wait()
        raise
    counts = reports.read(report)
    if not counts or status not in (0, 1):
        broken = reports.Count(program, "all", failed=1, remark=f"ended with {status}")
        counts.append(broken)
    return counts


def run_program(program: str, description: str) -> int:
    """Run a program in all environments; the status is 1 when anything failed."""
    parser = argparse.ArgumentParser(
        prog=f"python -m tests.{program}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_options(parser)
    add_own_options(parser, program)
    options = parser.parse_args()
    options.stacks = options.stacks or list(USUAL)
    with Session(options) as session:
        session.set_up()
        session.install_package()
        rows = {
            environment.stack.name: run_stack(program, environment, session, options)
            for environment in session.environments
        }
        print("\n" + reports.layout(rows))
        counts = [count for found in rows.values() for count in found]
        passed, failed = (
            sum(getattr(count, kind) for count in counts)
            for kind in ("passed", "failed")
        )
        for name, why in session.missing.items():
            print(f"{name}: not run: {why}")
        print(f"\n{passed} passed, {failed} failed")
        return session.status(failed=bool(failed))


if __name__ == "__main__":
    sys.exit(guarded(lambda: run_program(CRASH, __doc__ or "")))
