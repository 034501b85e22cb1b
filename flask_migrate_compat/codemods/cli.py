"""The program ``flask-migrate-compat`` with its commands ``scan`` and ``rewrite``."""

from __future__ import annotations

import difflib
import fnmatch
import json
import sys
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Callable, Sequence, TypeVar

import click
from tqdm import tqdm

from ..errors import MigrateError

if TYPE_CHECKING:
    from .engine import Job, Outcome, Selection
    from .files import File
    from .rule import Finding

Command = TypeVar("Command", bound=Callable[..., Any])


def main() -> None:
    """Run the program."""
    for stream in (sys.stdout, sys.stderr):
        # Source code may have characters that the terminal lacks.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    program(prog_name="flask-migrate-compat")


def _show_version(
    context: click.Context, parameter: click.Parameter, is_asked: bool
) -> None:
    if is_asked:
        from importlib.metadata import version

        click.echo(f"flask-migrate-compat {version('Flask-Migrate-Compat')}")
        context.exit()


# Not click.version_option, which finds the version by itself from click 8 on only.
@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
def program() -> None:
    """Find what is old in a Flask code base, and change what can be changed."""


def _common(command: Command) -> Command:
    """Add what both commands take."""
    for declare in (
        click.option(
            "--exclude",
            multiple=True,
            metavar="PATTERN",
            help="Leave out files and folders of this name or path (*, ?).",
        ),
        click.option(
            "--ignore",
            multiple=True,
            metavar="RULE",
            help="Without these rules: codes, their beginnings, or names.",
        ),
        click.option(
            "--select",
            multiple=True,
            metavar="RULE",
            help="Only these rules: codes, their beginnings, or names; with commas.",
        ),
        click.argument("paths", nargs=-1, metavar="[PATH]..."),
    ):
        command = declare(command)
    return command


@program.command()
@_common
@click.option(
    "--format",
    "output",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    show_default=True,
    help="Form of the report.",
)
@click.option("--check", is_flag=True, help="Exit with 1 when something is found.")
def scan(
    paths: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    exclude: tuple[str, ...],
    output: str,
    check: bool,
) -> None:
    """Report what is old below each PATH, the working directory by default.

    Nothing is changed, and nothing of what is read is imported.
    """
    _require_libcst()
    from .engine import Job
    from .formats import FORMATS

    files = _files(paths, exclude)
    outcomes = _run(files, Job(_selection(select, ignore)))
    findings = [one for outcome in outcomes for one in outcome.everything]
    click.echo(FORMATS[output](findings, len(files)))
    if check and findings:
        sys.exit(1)


@program.command()
@_common
@click.option(
    "--write/--diff",
    "is_write",
    default=False,
    help="Change the files, or show what would be changed (the default).",
)
@click.option(
    "--write-scripts",
    is_flag=True,
    help="Include the changes of shell scripts, Procfiles, YAML and the like.",
)
@click.option(
    "--verify",
    is_flag=True,
    help="Run changed migrations before and after in scratch databases first.",
)
@click.option(
    "--server",
    metavar="URL",
    help="Make the scratch databases of --verify on this server, not with SQLite.",
)
@click.option(
    "--baseline",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="SQL that the scratch databases of --verify begin with.",
)
@click.option(
    "--force", is_flag=True, help="Write although git could not give all back."
)
@click.option("--list", "is_list", is_flag=True, help="List the rules and exit.")
def rewrite(
    paths: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    exclude: tuple[str, ...],
    is_write: bool,
    write_scripts: bool,
    verify: bool,
    server: str | None,
    baseline: str | None,
    force: bool,
    is_list: bool,
) -> None:
    """Change what is old below each PATH, the working directory by default.

    What cannot be changed is listed with the reason. A line with "# noqa: FMC101" is
    left alone.
    """
    _require_libcst()
    from .engine import Job

    if is_list:
        _list_rules()
        return
    if not verify and (server or baseline):
        raise click.UsageError("--server and --baseline are options of --verify.")
    files = _files(paths, exclude)
    job = Job(_selection(select, ignore), is_rewrite=True, with_scripts=write_scripts)
    outcomes = _run(files, job)
    changed = [outcome for outcome in outcomes if outcome.is_changed]
    if is_write and changed and not force:
        _refuse_if_lost([outcome.path for outcome in changed])
    if verify:
        _verify(changed, server, baseline)
    if is_write:
        failures = _write(changed, {file.path: file for file in files})
    else:
        failures = 0
        for outcome in changed:
            click.echo(_diff(outcome), nl=False)
    _report_left(outcomes, is_write, write_scripts)
    if failures or any(outcome.problem for outcome in outcomes):
        sys.exit(1)


def _require_libcst() -> None:
    try:
        import libcst  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name != "libcst":
            raise
        raise click.ClickException(
            "LibCST is not installed, and this needs it. Install it with: pip install"
            " 'Flask-Migrate-Compat[codemods]'"
        ) from error


def _files(paths: Sequence[str], exclude: Sequence[str]) -> list[File]:
    from .files import FileError, collect

    try:
        found = collect(paths or ["."])
    except FileNotFoundError as error:
        raise click.UsageError(
            "The working directory is gone. Change to one that exists."
        ) from error
    except FileError as error:
        raise click.UsageError(
            f"{error}. Name files and folders that exist."
        ) from error
    return [file for file in found if not _is_excluded(file.path, exclude)]


def _is_excluded(path: str, patterns: Sequence[str]) -> bool:
    parts = PurePath(path).parts
    folders = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    return any(
        fnmatch.fnmatchcase(one, PurePath(pattern).as_posix())
        for pattern in patterns
        for one in (*parts, *folders)
    )


def _selection(select: Sequence[str], ignore: Sequence[str]) -> Selection:
    from .engine import Selection

    selection = Selection(_separated(select), _separated(ignore))
    unknown = selection.unknown()
    if unknown:
        raise click.UsageError(
            f"There is no rule {', '.join(map(repr, unknown))}."
            " See 'flask-migrate-compat rewrite --list'."
        )
    return selection


def _separated(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        one.strip() for value in values for one in value.split(",") if one.strip()
    )


def _run(files: Sequence[File], job: Job) -> list[Outcome]:
    from .engine import run

    # None: only at a terminal. A short run needs none.
    with tqdm(
        total=len(files), unit="file", delay=1, leave=False, disable=None
    ) as progress:

        def advance(outcome: Outcome) -> None:
            progress.update()

        return run(files, job, advance)


def _list_rules() -> None:
    from .rules import RULES

    width = max(len(rule.name) for rule in RULES)
    for rule in RULES:
        gone = f" ({rule.blocks})" if rule.blocks else ""
        click.echo(f"{rule.code}  {rule.name.ljust(width)}  {rule.summary}{gone}")


def _refuse_if_lost(paths: Sequence[str]) -> None:
    from .git import objection

    reason = objection(paths)
    if reason:
        raise click.ClickException(
            f"Nothing is written: {reason}. Commit first, so that git can show and undo"
            " what is changed, or add --force."
        )


def _verify(
    changed: Sequence[Outcome], server: str | None, baseline: str | None
) -> None:
    """Let nothing be written when a changed chain of revisions does something else."""
    from .summary import counted
    from .verify import verify
    from .verify.folders import changed_folders

    try:
        folders = changed_folders(changed)
        if not folders:
            click.echo("No revision is changed: there is nothing to verify.", err=True)
        for folder, files in folders.items():
            result = verify(
                folder,
                files,
                search_path=[folder.parent, Path.cwd()],
                server_url=server,
                baseline=Path(baseline) if baseline else None,
            )
            for note in result.notes:
                click.echo(f"{folder}: {note}", err=True)
            for difference in result.differences:
                click.echo(f"{folder}: {difference}", err=True)
            if result.differences:
                raise click.ClickException(
                    f"Nothing is written: the rewritten revisions of {folder} do"
                    " something else than the old ones. Leave out the rule or the file"
                    " with --ignore or --exclude, and report it."
                )
            for place in result.not_run:
                click.echo(f"{folder}: not proved, because not run: {place}", err=True)
            but = " as far as they were run" if result.not_run else ""
            click.echo(
                f"{folder}: {counted(result.revisions, 'revision')} run before and"
                f" after the change, {counted(len(files), 'file')} changed: the"
                f" same{but}.",
                err=True,
            )
    except MigrateError as error:
        raise click.ClickException(str(error)) from error


def _write(changed: Sequence[Outcome], files: dict[str, File]) -> int:
    """Write each changed file; return how many could not be written."""
    from .engine import write
    from .files import FileError

    failures = 0
    for outcome in changed:
        try:
            write(outcome, files[outcome.path])
            click.echo(f"rewritten: {outcome.path}")
        except FileError as error:
            failures += 1
            click.echo(
                f"Error: {outcome.path} {error}. It is as it was; mend that, and run"
                " the command again.",
                err=True,
            )
    return failures


def _diff(outcome: Outcome) -> str:
    """Return a diff that ``git apply`` and ``patch`` take."""
    name = outcome.path.replace("\\", "/").lstrip("/")
    old, new = f"a/{name}", f"b/{name}"
    if not name.isprintable():
        # As git quotes names: a line end in one would be the end of the header.
        old, new = json.dumps(old), json.dumps(new)
    lines = difflib.unified_diff(
        _lines(outcome.before), _lines(outcome.after), old, new
    )
    return "".join(
        one if one.endswith("\n") else f"{one}\n\\ No newline at end of file\n"
        for one in lines
    )


def _lines(text: str) -> list[str]:
    """Split at line feeds only, as patch does."""
    parts = text.split("\n")
    return [f"{one}\n" for one in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _left(outcome: Outcome, is_write: bool) -> list[Finding]:
    """Return what stays, with the lines of the file as it is now."""
    if is_write:
        return list(outcome.left)
    now = list(outcome.findings)
    left = []
    for finding in outcome.left:
        same = [
            one
            for one in now
            if (one.rule, one.message) == (finding.rule, finding.message)
        ]
        if same:
            now.remove(same[0])
        left.append(same[0] if same else finding)
    return left


def _report_left(outcomes: Sequence[Outcome], is_write: bool, scripts: bool) -> None:
    """List what stays, each place with its reason, and sum up."""
    from .formats import line
    from .summary import counted

    left = [one for outcome in outcomes for one in _left(outcome, is_write)]
    left += [outcome.problem for outcome in outcomes if outcome.problem]
    by_hand = [one for one in left if one.reason]
    for finding in sorted(by_hand):
        click.echo(line(finding), err=True)
    changed = sum(outcome.is_changed for outcome in outcomes)
    found = sum(len(outcome.findings) for outcome in outcomes)
    verb = "rewritten" if is_write else "would be rewritten (--write does it)"
    click.echo(
        f"{counted(found, 'old place')} in {counted(len(outcomes), 'file')} that were"
        f" read; {counted(changed, 'file')} {verb},"
        f" {counted(len(by_hand), 'place')} left to you.",
        err=True,
    )
    waiting = len(left) - len(by_hand)
    if waiting and not scripts:
        click.echo(
            f"{counted(waiting, 'suggestion')} for scripts and configuration files:"
            " add --write-scripts.",
            err=True,
        )


if __name__ == "__main__":
    main()
