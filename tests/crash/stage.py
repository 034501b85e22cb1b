"""What the scenarios have in common: a small chain, and how outcomes are judged."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import tempfile
import time
import traceback
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping, Sequence

from .lanes import in_lanes
from .options import FACES
from .points import Reference
from .processes import Project, Result, finish
from .reports import ALL, Count
from .targets import Target

#: A chain of three revisions. The second one stops in the middle, says so by making
#: the file CRASH_READY, and goes on after the seconds of CRASH_PAUSE; it spends them in
#: a statement, or else (CRASH_IDLE) between two. With CRASH_HOLD, it goes on when
#: somebody has removed the file.
SMALL_CHAIN = {
    "s1": """
    op.create_table("one", sa.Column("value", sa.Integer))
    op.execute("INSERT INTO one (value) VALUES (0)")
""",
    "s2": """
    op.create_table("two", sa.Column("value", sa.Integer))
    op.execute("INSERT INTO two SELECT value + 2 FROM one")
    pause = float(os.environ.get("CRASH_PAUSE", "0"))
    name = op.get_bind().dialect.name
    if os.environ.get("CRASH_READY"):
        open(os.environ["CRASH_READY"], "w").close()
    for _ in range(1200):
        if os.environ.get("CRASH_HOLD") and os.path.exists(os.environ["CRASH_READY"]):
            time.sleep(0.05)
    if os.environ.get("CRASH_IDLE") or name == "sqlite":
        time.sleep(pause)
        pause = 0
    slept = {
        "sqlite": "1 = 1",
        "postgresql": f"pg_sleep({pause}) IS NOT NULL",
    }.get(name, f"SLEEP({pause}) = 0")
    op.execute(f"UPDATE one SET value = value + 1 WHERE {slept}")
    op.create_table("three", sa.Column("value", sa.Integer))
    op.execute("INSERT INTO three SELECT value + 2 FROM one")
""",
    "s3": """
    op.create_table("four", sa.Column("value", sa.Integer))
    op.execute("INSERT INTO four (value) VALUES (4)")
""",
}
_SMALL_ROWS: dict[str, list[Any]] = {
    "alembic_version": ["s3"],
    "one": [1],
    "two": [2],
    "three": [3],
    "four": [4],
}
_HEAD = '''"""A revision of a scenario."""
import os
import time

import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {down!r}


def upgrade():
'''


class NotHere(Exception):
    """Report that a scenario cannot be played, with the reason.

    :param required: whether that is a failure in CI.
    """

    def __init__(self, reason: str, required: bool = False) -> None:
        super().__init__(reason)
        self.required = required


class Stage:
    """Hold what a scenario plays on.

    :param target: an empty database.
    :param folder: an empty folder.
    :param empty: a project without revisions.
    :param chain: the project with the whole chain.
    :param reference: what an undisturbed run of that chain leads to.
    """

    def __init__(
        self,
        target: Target,
        folder: Path,
        empty: Project,
        chain: Project,
        reference: Reference,
    ) -> None:
        self.target = target
        self.kind = target.kind
        self.folder = folder
        self.chain = chain
        self.reference = reference
        self.project = empty.copy(folder / "project")
        self.ready = folder / "ready"
        self.env: dict[str, str] = {}
        self._started: list[Running] = []

    def close(self) -> None:
        """End what still runs, as after a failure."""
        for running in self._started:
            if running.process.poll() is None:
                running.process.kill()
                running.wait()

    def write(self, chain: Mapping[str, str]) -> None:
        """Write revisions, each of which follows the one before it."""
        down = None
        for revision, body in chain.items():
            text = _HEAD.format(revision=revision, down=down) + body
            (self.project.versions / f"{revision}_.py").write_text(text)
            down = revision

    def run(self, *more: str, face: str = "flask", **env: str) -> Result:
        """Upgrade, and wait for the end."""
        return self.start(*more, face=face, **env).wait()

    def start(self, *more: str, face: str = "flask", **env: str) -> Running:
        """Start an upgrade in a process of its own."""
        env = {"CRASH_URL": self.target.url, **self.env, **env}
        self._started.append(Running(self.project, [*FACES[face], *more], env))
        return self._started[-1]

    def start_and_pause(
        self, pause: float = 1.5, face: str = "flask", **env: str
    ) -> Running:
        """Start an upgrade of the small chain; return when it is in the middle."""
        self.write(SMALL_CHAIN)
        with contextlib.suppress(FileNotFoundError):
            self.ready.unlink()
        running = self.start(
            face=face, CRASH_READY=str(self.ready), CRASH_PAUSE=str(pause), **env
        )
        running.wait_until(self.ready.exists, "in the middle of a revision")
        time.sleep(0.2)
        return running

    def start_and_hold(self) -> Running:
        """Start an upgrade that stays in the middle until :meth:`let_go` is called."""
        return self.start_and_pause(pause=0, CRASH_HOLD="1")

    def let_go(self) -> None:
        """Let the run that was started with :meth:`start_and_hold` go on."""
        self.ready.unlink()

    def start_and_wait(self, **env: str) -> Running:
        """Start an upgrade that has to wait for another one; return when it does."""
        waiter = self.start(**env)
        waiter.wait_until(lambda: "wait" in waiter.printed().lower(), "waiting")
        return waiter

    def check_small_chain(self, target: Target | None = None) -> None:
        """Check that the small chain was applied once."""
        state = (target or self.target).state()
        expected = {
            name: [repr([(_column(name), value)]) for value in values]
            for name, values in _SMALL_ROWS.items()
        }
        check(state.rows == expected, f"the rows are {state.rows}")

    def check_repair(self, **env: str) -> None:
        """Check that one more upgrade of the small chain brings it to its end."""
        expect(self.run(**env), 0)
        self.check_small_chain()

    def check_chain(self) -> None:
        """Check that the whole chain was applied."""
        found = self.target.state().differences(self.reference.state)
        check(not found, "; ".join(found[:3]))


def _column(table: str) -> str:
    return "version_num" if table == "alembic_version" else "value"


class Running:
    """A process that runs."""

    def __init__(
        self, project: Project, arguments: Sequence[str], env: Mapping[str, str]
    ) -> None:
        self.started = time.monotonic()
        self._output = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
        self.process = project.start(arguments, env, self._output)

    def printed(self) -> str:
        """Return what it has printed so far."""
        # The position is shared with the process, so it must not be moved.
        with open(f"/dev/fd/{self._output.fileno()}", encoding="utf-8") as file:
            return file.read()

    def wait(self) -> Result:
        """Wait for the end."""
        result = finish(self.process, self.started)
        output = self.printed() + result.output
        return replace(result, output=output)

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until something is the case, while the process runs."""
        deadline = time.monotonic() + 30
        while not condition():
            if self.process.poll() is not None:
                raise AssertionError(f"was never {what}: {self.wait().last_line}")
            if time.monotonic() > deadline:
                self.process.kill()
                raise AssertionError(f"was not {what} in time: {self.wait().output}")
            time.sleep(0.01)


def check(condition: object, otherwise: str) -> None:
    """Fail the scenario unless a condition holds."""
    if not condition:
        raise AssertionError(otherwise[:1500])


def expect(result: Result, status: int, *words: str) -> Result:
    """Check how a run ended: its status, and one line of error with the words."""
    end = f"ended with {result.status}: {result.last_line}"
    check(result.status == status, f"{end} (expected {status})")
    check(
        "Traceback (most" not in result.output, f"a traceback: {result.output[-1400:]}"
    )
    if status:
        errors = result.error_lines
        check(len(errors) == 1, f"{len(errors)} lines of error: {result.output}")
        for word in words:
            check(word.lower() in errors[0].lower(), f"no {word!r} in: {errors[0]}")
    return result


# --- the scenarios, and how they are played ---------------------------------------


@dataclass(frozen=True)
class Scenario:
    """Hold one scenario.

    :param part: of which part of the program it is.
    :param kinds: the kinds of databases that it is for.
    """

    name: str
    part: str
    kinds: tuple[str, ...]
    play: Callable[..., None]
    arguments: tuple[Any, ...] = ()


SCENARIOS: dict[str, Scenario] = {}


def scenario(
    *kinds: str, part: str = "scenarios", each: Sequence[Any] = ((),)
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Declare a function that takes a :class:`Stage` a scenario.

    :param kinds: of databases.
    :param each: further arguments: the scenario is played with each of them.
    """

    def declare(play: Callable[..., None]) -> Callable[..., None]:
        for arguments in each:
            several = arguments if isinstance(arguments, tuple) else (arguments,)
            name = " ".join([play.__name__, *map(str, several)])
            SCENARIOS[name] = Scenario(name, part, kinds, play, several)
        return play

    return declare


def play(
    base: Project,
    chain: Project,
    reference: Reference,
    folder: Path,
    target: Target,
    name: str,
) -> str:
    """Play one scenario; return what is wrong, or ``skipped: …``."""
    chosen = SCENARIOS[name]
    place = folder / f"{target.kind} {name}".replace(" ", "_")
    place.mkdir(parents=True)
    target.reset()
    try:
        stage = Stage(target, place, base, chain, reference)
        with contextlib.closing(stage):
            chosen.play(stage, *chosen.arguments)
    except NotHere as reason:
        if reason.required and os.environ.get("CI", "").lower() in ("1", "true"):
            return f"required in CI, but not played: {reason}"
        return f"skipped: {reason}"
    except AssertionError as problem:
        return str(problem)
    except Exception:
        return traceback.format_exc()
    finally:
        shutil.rmtree(str(place), ignore_errors=True)
    return ""


def count_scenarios(
    part: str,
    keyword: str,
    kind: str,
    projects: tuple[Project, Project],
    reference: Reference,
    folder: Path,
    jobs: int,
) -> Iterator[Count]:
    """Play the scenarios of a part on one kind of database."""
    names = [
        one.name
        for one in SCENARIOS.values()
        if one.part == part and kind in one.kinds and keyword in one.name
    ]
    if not names:
        return
    count = Count(part, kind, printed=ALL)
    places = folder / "scenarios"
    work = functools.partial(play, *projects, reference, places)
    for name, problem in in_lanes(kind, folder, work, names, jobs):
        if problem.startswith("skipped: "):
            count.skip(name, problem)
        else:
            count.add(name, problem)
    yield count.end()
