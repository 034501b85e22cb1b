"""Prove that rewritten revisions do what the old ones did.

The whole chain of a migrations folder is run twice, in empty scratch databases and from
copies of the files: the old scripts as a user runs them, with the help that this
package gives old code; the new ones with Alembic alone. Schema, rows, the SQL of the
offline mode and what a downgrade leaves are compared.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

from ...errors import MigrateError, shortened, without_passwords
from .comparison import differing_columns, of_schema, of_sql, of_tables
from .coverage import lines_not_run
from .databases import scratch_databases
from .program import PROGRAM

# A revision for several databases: ``upgrade(name)`` calls ``upgrade_<name>()``.
_SEVERAL = re.compile(r"^def upgrade\(\s*\w", re.MULTILINE)
_ENGINE = re.compile(r"^def upgrade_(\w+)\s*\(", re.MULTILINE)
# What tells an application or Flask which database there is.
_LEFT_OUT = ("FLASK_APP", "FLASK_ENV", "FLASK_DEBUG", "FLASK_MIGRATE_COMPAT")


class VerifyError(MigrateError):
    """Report that nothing can be proved, and why."""


@dataclass
class Verification:
    """What the comparison has shown.

    :param revisions: how many revisions were run on each side.
    :param differences: what is not the same, a line each; the proof is that there are
        none.
    :param notes: what could not be compared, a line each.
    :param not_run: the places of changed statements of which nothing is proved, because
        they were not run: ``ab12_users.py, line 9``.
    """

    revisions: int = 0
    differences: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    not_run: list[str] = field(default_factory=list)


def verify(
    folder: Path,
    changed: Mapping[Path, bytes],
    *,
    search_path: Sequence[Path] = (),
    server_url: str | None = None,
    baseline: Path | None = None,
    timeout: float = 600.0,
) -> Verification:
    """Run a migrations folder before and after a change, and compare.

    :param folder: the migrations folder; it is only read.
    :param changed: the new content of each changed revision, by its path.
    :param search_path: where revisions find the modules that they import.
    :param server_url: a server on which to make the scratch databases; SQLite files
        otherwise.
    :param baseline: SQL that the databases begin with, for a chain that does not begin
        with an empty one.
    :param timeout: seconds that one side may take.
    :raises VerifyError: when the old scripts do not run either, so that there is
        nothing to compare with; or when a changed file is no part of the chain.
    """
    versions = folder / "versions"
    if not versions.is_dir():
        raise VerifyError(
            f"{folder} has no folder versions, so its revisions cannot be run.",
            "Write without --verify, or compare them by hand.",
        )
    new_files = {
        str(Path("versions", path.absolute().relative_to(versions.absolute()))): data
        for path, data in changed.items()
    }
    with tempfile.TemporaryDirectory(prefix="verify-") as name:
        scratch = Path(os.path.realpath(name))
        old, new = scratch / "old", scratch / "new"
        for target in (old, new):
            _copy(versions, target / "versions")
        for name, data in new_files.items():
            (new / name).write_bytes(data)
        names = _database_names(old)
        # Alembic reads no folders below versions, unless it is told to.
        recursive = any(os.path.dirname(name) != "versions" for name in new_files)
        run = _Runs(
            scratch, names, search_path, server_url, baseline, timeout, recursive
        )
        before = run("before", old)
        strange = sorted(set(new_files) - set(before["files"]))
        if strange:
            raise VerifyError(
                f"{shortened(strange)} cannot be proved: no part of the chain of"
                f" {folder}.",
                "Leave it out with --exclude, or write without --verify.",
            )
        problem = before["upgrade"]["problem"]
        if problem:
            raise VerifyError(
                f"The revisions of {folder} do not run on an empty database before the"
                f" change either, so nothing can be proved: {problem}",
                "Give --baseline FILE with the SQL that they expect, --server URL of"
                " the kind of database they are for, or write without --verify.",
            )
        after = run("after", new)
        result = _Comparison(before, after, lambda: run("before", old)).result()
        result.not_run += [
            f"{name}, line {line}"
            for name, data in sorted(new_files.items())
            for line in lines_not_run(
                (old / name).read_bytes(),
                data,
                {line for file, line in after["run"] if file == name},
            )
        ]
        return result


_TITLES = {
    "upgrade": "the upgrade",
    "sql": "the SQL of the offline mode",
    "downgrade": "the downgrade",
}


@dataclass
class _Comparison:
    """Compare what the two sides have told.

    :param again: runs the old side once more.
    """

    before: dict[str, Any]
    after: dict[str, Any]
    again: Callable[[], dict[str, Any]]
    differences: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def result(self) -> Verification:
        """Compare each step."""
        for step, title in _TITLES.items():
            old, new = self.before[step], self.after[step]
            if old["problem"]:
                self.notes.append(
                    f"{title} cannot be compared, the old revisions cannot do it:"
                    f" {old['problem']}"
                )
            elif new["problem"]:
                line = f"{title} fails after the change: {new['problem']}"
                # A downgrade after an upgrade that has failed has the same problem.
                if step != "downgrade" or not self.after["upgrade"]["problem"]:
                    self.differences.append(line)
            elif step == "sql":
                for name in old["sql"]:
                    self.differences += of_sql(name, old["sql"][name], new["sql"][name])
            else:
                for name in old["databases"]:
                    self._compare_databases(step, name)
        return Verification(
            len(self.before["files"]),
            [without_passwords(line) for line in self.differences],
            [without_passwords(line) for line in self.notes],
        )

    def _compare_databases(self, step: str, name: str) -> None:
        old, new = (side[step]["databases"][name] for side in (self.before, self.after))
        where = f"database {name}, " if name else ""
        where = f"after {_TITLES[step]}, {where}"
        differences = of_schema(old["schema"], new["schema"])
        rows = of_tables(old["tables"], new["tables"])
        if rows:
            third = self._once_more[step]["databases"][name]
            random = differing_columns(old["tables"], third["tables"])
            rows = of_tables(old["tables"], new["tables"], without=random)
            self.notes += [
                f"{where}the values of {table}.{column} differ from run to run: they"
                " are not compared"
                for table, column in sorted(random)
            ]
        self.differences += [where + line for line in (*differences, *rows)]

    @cached_property
    def _once_more(self) -> dict[str, Any]:
        return self.again()


def _copy(versions: Path, target: Path) -> None:
    """Copy what is in the folder, but nothing that only looks like a file."""
    for path in versions.rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            copy = target / path.relative_to(versions)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(str(path), str(copy))


def _database_names(folder: Path) -> list[str]:
    """Return the names of a multi-database folder, or one empty name."""
    names: set[str] = set()
    for path in (folder / "versions").rglob("*.py"):
        text = path.read_text(encoding="utf-8", errors="replace")
        if _SEVERAL.search(text):
            names.update(_ENGINE.findall(text))
    return sorted(names) or [""]


@dataclass(frozen=True)
class _Runs:
    """Run one side in a process of its own, with new databases."""

    scratch: Path
    names: Sequence[str]
    search_path: Sequence[Path]
    server_url: str | None
    baseline: Path | None
    timeout: float
    recursive: bool

    def __call__(self, side: str, folder: Path) -> dict[str, Any]:
        with tempfile.TemporaryDirectory(dir=str(self.scratch)) as name:
            place = Path(name)
            program = place / "program.py"
            program.write_text(PROGRAM, encoding="utf-8")
            with scratch_databases(self.names, place, self.server_url) as urls:
                request = {
                    "side": side,
                    "folder": str(folder),
                    "urls": urls,
                    "baseline": str(self.baseline.resolve()) if self.baseline else "",
                    "recursive": self.recursive,
                    "search_path": [str(one.resolve()) for one in self.search_path],
                }
                (place / "request.json").write_text(json.dumps(request))
                return self._run(program, place, urls)

    def _run(
        self, program: Path, place: Path, urls: Mapping[str, str]
    ) -> dict[str, Any]:
        kept = {k: v for k, v in os.environ.items() if k not in _LEFT_OUT}
        first = next(iter(urls.values()))
        environment = {
            **kept,
            "DATABASE_URL": first,
            "SQLALCHEMY_DATABASE_URI": first,
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
        }
        with subprocess.Popen(
            [sys.executable, "-W", "ignore", str(program)],
            cwd=str(place),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            # With all that it starts, it can be ended.
            start_new_session=True,
        ) as process:
            try:
                _, errors = process.communicate(timeout=self.timeout)
            except subprocess.TimeoutExpired as error:
                raise VerifyError(
                    f"The revisions have run for more than {self.timeout:.0f} seconds.",
                    "Write without --verify.",
                ) from error
            finally:
                if process.poll() is None:
                    _kill(process)
        answer = place / "answer.json"
        if process.returncode or not answer.exists():
            said = errors.decode("utf-8", "replace").strip().splitlines()
            raise VerifyError(
                f"The revisions cannot be run: {said[-1] if said else 'no message'}.",
                "Write without --verify, or make them run first.",
            )
        return dict(json.loads(answer.read_text()))


def _kill(process: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
