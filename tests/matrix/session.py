"""Hold what the matrix and the conformance runs have in common."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Callable, TypeVar

from .environments import Environment, SetupError, build_wheel, copy_source
from .results import STOP, Outcome
from .stacks import STACKS, select

Result = TypeVar("Result")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose the stacks."""
    names = ", ".join(stack.name for stack in STACKS)
    parser.add_argument("stacks", nargs="*", metavar="stack", help=f"of: {names}")
    parser.add_argument(
        "--required", action="store_true", help="only the stacks that CI insists on"
    )
    parser.add_argument(
        "--jobs", type=int, default=2, metavar="N", help="stacks at a time (2)"
    )


def guarded(main: Callable[[], int]) -> int:
    """Run a main function; print what the user can act on as one line."""
    # Clean up after `kill` and a time limit of a CI system as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return main()
    except (SetupError, ValueError) as error:
        print(f"Error: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("Error: interrupted. Run again to go on.", file=sys.stderr)
        return 130
    return 1


class Session:
    """Hold the environments of one run, and a folder that goes away with it."""

    def __init__(self, options: argparse.Namespace) -> None:
        chosen = select(tuple(options.stacks))
        if options.required:
            chosen = tuple(stack for stack in chosen if stack.required)
        self.stacks = chosen
        self.jobs = max(1, options.jobs)
        self.environments: list[Environment] = []
        self.missing: dict[str, str] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="matrix-")
        self.scratch = Path(os.path.realpath(self._folder.name))
        # One snapshot for all stacks, however the tree changes meanwhile.
        self.source = copy_source(self.scratch / "source")

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._folder.cleanup()

    def set_up(self) -> None:
        """Make every environment that can be made, and remember the others."""
        for stack in self.stacks:
            environment = Environment(stack)
            try:
                built = environment.ensure()
            except SetupError as error:
                self.missing[stack.name] = str(error)
                say(f"{stack.name}: not run: {error}")
                continue
            self.environments.append(environment)
            say(f"{stack.name}: {'built' if built else 'ready'}")

    def install_package(self) -> None:
        """Build our wheel once and install it into every environment."""
        if not self.environments:
            raise SetupError("no environment could be made, so nothing was run.")
        folder = self.scratch / "wheel"
        folder.mkdir()
        build = copy_source(self.scratch / "build-tree", source=self.source)
        wheel = build_wheel(self.environments[-1].python, build, folder)
        say(f"built {wheel.name}")
        for environment in self.environments:
            environment.install_package(wheel)

    def map(
        self, function: Callable[[Environment], Result]
    ) -> list[tuple[Environment, Result]]:
        """Call a function for each environment, a few at a time, in order."""

        def call(environment: Environment) -> Result:
            result = function(environment)
            say(f"{environment.stack.name}: done")
            return result

        with ThreadPoolExecutor(self.jobs) as executor:
            futures = [executor.submit(call, env) for env in self.environments]
            try:
                return [(e, f.result()) for e, f in zip(self.environments, futures)]
            except BaseException:
                # Leaving the block waits for the threads: let them end now.
                STOP.set()
                for future in futures:
                    future.cancel()
                raise

    def missing_rows(self) -> list[list[object]]:
        """Return the table rows of the stacks that could not be run."""
        return [[name, f"not run: {why}"] for name, why in self.missing.items()]

    def status(self, *, failed: bool) -> int:
        """Return the exit status; in CI a required stack must not be missing."""
        required = {stack.name for stack in self.stacks if stack.required}
        absent = required & set(self.missing)
        if absent and os.environ.get("CI", "").lower() in ("1", "true"):
            print(f"Error: required in CI, but not run: {', '.join(sorted(absent))}.")
            return 1
        return 1 if failed or not self.environments else 0


def say(text: str) -> None:
    """Print a line of progress at once."""
    print(text, flush=True)


def failure_excerpt(title: str, outcome: Outcome, log: Path) -> str:
    """Return the failed tests of a run, and where to read more."""
    what = outcome.problem or "failed"
    lines = [f"\n{title}: {what}. The whole output is in {log}."]
    for case in outcome.cases:
        if case.outcome == "failed":
            lines.append(f"  FAILED {case.name}: {case.reason}")
    return "\n".join(lines)
