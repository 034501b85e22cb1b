"""All rules on one file, and on many files at once."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from itertools import islice
from typing import Callable, Iterable, Iterator, Sequence

from .files import File, FileError, read, replace
from .rule import Finding, Report, Rule
from .rules import RULES
from .source import Source, UnreadableError

#: The pseudo-rule of a file that cannot be read.
UNREADABLE = "FMC000"
# So many files are worth a second process, which takes a third of a second to start.
_MANY = 64
# More would be more than the stack of a process of Python 3.8 holds.
_DEPTH = 5_000
# So many files are handed to a process at once.
_CHUNK = 8
_CHANGED = "has changed since it was read"


@dataclass(frozen=True)
class Selection:
    """The rules that are to run.

    :param select: beginnings of codes, or names; nothing means all.
    :param ignore: beginnings of codes, or names.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def rules(self) -> list[Rule]:
        """Return the rules, in their order."""
        return [
            rule
            for rule in RULES
            if (not self.select or _is_meant(rule, self.select))
            and not _is_meant(rule, self.ignore)
        ]

    def unknown(self) -> list[str]:
        """Return what names no rule."""
        return [
            one
            for one in (*self.select, *self.ignore)
            if not any(_is_meant(rule, (one,)) for rule in RULES)
        ]


def _is_meant(rule: Rule, chosen: Sequence[str]) -> bool:
    return any(
        rule.code.startswith(one.upper()) or rule.name == one.lower().replace("-", "_")
        for one in chosen
    )


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    :param path: as the user named it.
    :param findings: what is old in it, with the places of the original.
    :param left: what is still old after the rewrite, with the places of the result.
    :param before: the original text, when there is another one now.
    :param after: the new text.
    :param problem: why it could not be read, or not be rewritten.
    """

    path: str
    findings: tuple[Finding, ...] = ()
    left: tuple[Finding, ...] = ()
    before: str = ""
    after: str = ""
    problem: Finding | None = None

    @property
    def is_changed(self) -> bool:
        """Tell whether the rewrite changes it."""
        return self.before != self.after

    @property
    def everything(self) -> tuple[Finding, ...]:
        """Return the findings and the problem."""
        return (*self.findings, *([self.problem] if self.problem else ()))


def find(source: Source, rules: Iterable[Rule]) -> list[Finding]:
    """Return what is old in a source.

    :raises UnreadableError: when a rule needs its syntax, and it has none.
    """
    findings: list[Finding] = []
    for rule in rules:
        if rule.is_wanted_by(source):
            report = Report(source, rule)
            _apply(rule, source, report)
            findings += report.findings
    return sorted(findings)


def rewrite(source: Source, rules: Iterable[Rule]) -> Source:
    """Return the source after all rules, each on what the one before it has left.

    :raises UnreadableError: when a rule needs its syntax, and it has none.
    """
    for rule in rules:
        if rule.is_wanted_by(source):
            source = source.with_text(_apply(rule, source, Report(source, rule)))
    return source


def _apply(rule: Rule, source: Source, report: Report) -> str:
    try:
        return rule.apply(source, report)
    except UnreadableError:
        raise
    except Exception as error:
        # A mistake of ours. The other files are looked at all the same.
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise UnreadableError(
            f"makes {rule.code} fail ({reason}); report it"
        ) from error


@dataclass(frozen=True)
class Job:
    """What is to be done with each file.

    :param selection: the rules.
    :param is_rewrite: make the new text too.
    :param with_scripts: let it contain the changes of shell scripts and the like.
    """

    selection: Selection = field(default_factory=Selection)
    is_rewrite: bool = False
    with_scripts: bool = False

    def __call__(self, file: File) -> Outcome:
        """Do it."""
        # A string in a thousand pieces, or as many branches of an `if`, are nested as
        # deeply for LibCST.
        sys.setrecursionlimit(max(sys.getrecursionlimit(), _DEPTH))
        try:
            source = read(file)
            if source.is_python:
                source.check()
            rules = self.selection.rules()
            findings = tuple(find(source, rules))
        except (FileError, UnreadableError) as error:
            place = getattr(error, "place", None)
            line, column = (place.line, place.column) if place else (1, 1)
            # What is no text, or is too large for a script, has nothing for us.
            if isinstance(error, UnreadableError) and not file.is_python:
                return Outcome(file.path)
            problem = Finding(
                file.path, line, column, UNREADABLE, f"the file {error}", "", str(error)
            )
            return Outcome(file.path, problem=problem)
        if not self.is_rewrite or not findings:
            return Outcome(file.path, findings)
        return self._rewritten(source, rules, findings)

    def _rewritten(
        self, source: Source, rules: Sequence[Rule], findings: tuple[Finding, ...]
    ) -> Outcome:
        active = [r for r in rules if self.with_scripts or not r.is_script_rule]
        try:
            result = rewrite(source, active)
            if result is not source:
                if result.is_python:
                    result.check()
                result.encode()
            left = tuple(find(result, rules))
        except UnreadableError as error:
            # The original could be read, so it is the rewrite that is wrong.
            reason = f"the result {error.reason}; nothing is changed"
            problem = Finding(
                source.path, error.place.line, 1, UNREADABLE, reason, "", reason
            )
            return Outcome(source.path, findings, findings, problem=problem)
        return Outcome(source.path, findings, left, source.text, result.text)


def run(
    files: Sequence[File], job: Job, done: Callable[[Outcome], None] | None = None
) -> list[Outcome]:
    """Do a job with files, in as many processes as there are processors.

    :param files: the files.
    :param job: what to do.
    :param done: called with each outcome as it arrives.
    :returns: the outcomes, in the order of the files.
    """
    outcomes = []
    for outcome in _outcomes(files, job):
        outcomes.append(outcome)
        if done is not None:
            done(outcome)
    return outcomes


def _outcomes(files: Sequence[File], job: Job) -> Iterator[Outcome]:
    workers = min(_processors(), len(files) // _MANY + 1)
    if workers < 2:
        yield from map(job, files)
        return
    chunks = [files[start : start + _CHUNK] for start in range(0, len(files), _CHUNK)]
    while chunks:
        try:
            for outcomes in _from_processes(chunks, job, workers):
                yield from outcomes
                del chunks[0]
        except BrokenProcessPool:
            for file in chunks.pop(0):
                yield _alone(file, job)


def _from_processes(
    chunks: Sequence[Sequence[File]], job: Job, workers: int
) -> Iterator[list[Outcome]]:
    """Yield the outcomes of each chunk, in order.

    When it is left early, as by Ctrl-C, nobody waits for what they are at.
    """
    waiting = iter(list(chunks))
    others = set(multiprocessing.active_children())
    with _processes(workers) as pool:
        begun = deque(
            pool.submit(_do, job, chunk) for chunk in islice(waiting, 2 * workers)
        )
        try:
            while begun:
                outcomes = begun.popleft().result()
                for chunk in islice(waiting, 1):
                    begun.append(pool.submit(_do, job, chunk))
                yield outcomes
        except BaseException:
            for process in set(multiprocessing.active_children()) - others:
                process.terminate()
            raise


def _alone(file: File, job: Job) -> Outcome:
    """Do a job with a file that may end the process in which it is done."""
    with _processes(1) as pool:
        try:
            return pool.submit(job, file).result()
        except BrokenProcessPool:
            what = "ends the process that reads it; please report that"
            problem = Finding(file.path, 1, 1, UNREADABLE, f"the file {what}", "", what)
            return Outcome(file.path, problem=problem)


def _do(job: Job, files: Sequence[File]) -> list[Outcome]:
    return list(map(job, files))


def _processes(workers: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, context, _ignore_interrupt)


def _ignore_interrupt() -> None:
    # Ctrl-C reaches every process of the terminal; the first one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def write(outcome: Outcome, file: File) -> None:
    """Replace a file by its new text.

    :raises FileError: when it cannot be written, or is not what was read any more.
    """
    try:
        source = read(file)
    except UnreadableError as error:
        raise FileError(f"{_CHANGED} ({error})") from error
    if source.text != outcome.before:
        raise FileError(_CHANGED)
    replace(file, source.with_text(outcome.after).encode())
