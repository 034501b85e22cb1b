"""The commands: one function for each, and the only caller of ``alembic.command``.

Both command lines, ``flask db …`` and ``python manage.py db …``, and old code that
calls the functions itself arrive here. The functions need an application context,
print what they have to say, raise :class:`~flask_migrate_compat.MigrateError`, and
never end the process. An exception that comes out of ``env.py``, a revision script or
the database is passed on as it is.

Alembic is imported when a command needs it, and a few do not.

Parameters that Flask-Migrate 4.1 has come in its order, so that positional callers
keep working; those that it does not hand through follow behind them. These recur:

``directory``
    Migrations folder; by default the one that ``Migrate`` was given.
``x_arg``
    One ``-x`` argument for ``env.py``, or several.
``sql``
    Offline mode: print the SQL instead of executing it.
``tag``
    Free text that ``env.py`` can read with ``context.get_tag_argument()``.
"""

from __future__ import annotations

import functools
import inspect
import os
import traceback
from typing import TYPE_CHECKING, Any, Callable, Iterable, TypeVar, Union, cast

from . import script_directory
from .errors import MigrateError, RevisionError, UnsupportedError, from_alembic
from .extension import current_state, has_plain_config
from .garbage import fewer_collections
from .revisions import listing
from .running import migration_run, settings

if TYPE_CHECKING:
    from alembic.script import Script

    from .config import Config

    PathLike = Union[str, os.PathLike[str]]
    XArg = Union[str, Iterable[str], None]
    Scripts = Union[Script, None, list[Union[Script, None]]]

_Command = TypeVar("_Command", bound=Callable[..., Any])

# What alembic.command offers and these functions do not take, with the reason.
NOT_EXPOSED = {
    "*.config": "made from the application by Migrate.get_config()",
    "show.rev": "named 'revision', as in Flask-Migrate",
    "edit.rev": "named 'revision', as in Flask-Migrate",
    "current.head_only": "the old name of 'verbose'; deprecated where it exists",
}


def _translated(function: _Command) -> _Command:
    """Turn Alembic's one exception class into ours, which say what to do next."""

    @functools.wraps(function)
    def command(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except MigrateError:
            raise  # Alembic need not be imported to know that it is not its error.
        except KeyError as error:
            if not _is_missing_parent(error):
                raise
            raise RevisionError(
                f"A revision follows or needs {error}, which is not in the folder.",
                "Restore its file, or correct down_revision and depends_on of the"
                " revision that names it.",
            ) from error
        except Exception as error:
            from alembic.script import revision as alembic_revision
            from alembic.util import CommandError

            # Some commands pass on what Alembic finds wrong with the revisions.
            if not isinstance(error, (CommandError, alembic_revision.RevisionError)):
                raise
            raise from_alembic(error) from error

    return cast(_Command, command)


def _is_missing_parent(error: KeyError) -> bool:
    """Tell whether Alembic looked up a revision that another one names in vain."""
    frames = traceback.extract_tb(error.__traceback__)
    inner = frames[-1].filename.replace(os.sep, "/")
    return inner.endswith("alembic/script/revision.py")


def _config(
    directory: PathLike | None, x_arg: XArg = None, autogenerate: bool = False
) -> Config:
    """Return the configuration of a migrations folder, which has to be there."""
    return current_state().migrate.get_config(
        _directory(directory),
        x_arg=x_arg,
        opts=["autogenerate"] if autogenerate else None,
    )


def _directory(directory: PathLike | None) -> str:
    """Return a migrations folder, which has to be there."""
    directory = os.fspath(directory or current_state().directory)
    script_directory.check_is_there(directory)
    return directory


def _is_printed(
    directory: PathLike | None,
    lines: Callable[[listing.Listing], Iterable[str] | None],
) -> bool:
    """Print what the headers of the revisions tell; say whether that was enough.

    :param directory: the migrations folder.
    :param lines: returns what to print, ``None`` if Alembic has to be asked.
    """
    directory = _directory(directory)
    if not has_plain_config(current_state().migrate):
        return False
    with fewer_collections():
        known = listing.listing_of(directory)
        found = None if known is None else lines(known)
    if found is None:
        return False
    listing.print_lines(found)
    return True


def _alembic(name: str, config: Config, *args: Any, **options: Any) -> Any:
    """Call a function of ``alembic.command`` with the options that it knows.

    :raises UnsupportedError: when the installed Alembic lacks the function, or an
        option that was given.
    """
    import alembic.command

    function = getattr(alembic.command, name, None)
    command = name.replace("_", "-")
    if function is None:
        raise _too_old(f"The command '{command}'")
    known = inspect.signature(function).parameters
    for option, value in options.items():
        if value and option not in known:
            raise _too_old(f"--{option.replace('_', '-')} of '{command}'")
    options = {key: options[key] for key in options if key in known}
    with migration_run(name, config):
        script_directory.check_new_names(
            config, options.get("rev_id"), options.get("branch_label")
        )
        return function(config, *args, **options)


def _too_old(what: str) -> UnsupportedError:
    import alembic

    return UnsupportedError(
        f"{what} needs a newer Alembic than {alembic.__version__}.",
        "Upgrade it: pip install --upgrade alembic.",
    )


@_translated
def list_templates() -> None:
    """List the templates that ``init`` can make a migrations folder from.

    Source: Flask-Migrate since 3.0.
    """
    from .config import Config

    config = Config()
    folder = config.get_template_directory()
    config.print_stdout("Available templates:\n")
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name, "README"), encoding="utf-8") as readme:
            synopsis = readme.readline().strip()
        config.print_stdout("%s - %s", name, synopsis)


@_translated
def init(
    directory: PathLike | None = None,
    multidb: bool = False,
    template: PathLike | None = None,
    package: bool = False,
) -> None:
    """Make a new migrations folder.

    :param multidb: use the template for several databases.
    :param template: name of a template, or the path of a folder with one.
    :param package: write ``__init__.py`` files, so that the folder can be imported.
    :raises ScriptDirectoryError: when the folder is there already, the template is
        not, or the folder cannot be written; nothing is left behind then.

    Source: Flask-Migrate; ``template`` since 3.0, ``package`` since 3.1.
    """
    from .config import Config

    state = current_state()
    directory = os.fspath(directory or state.directory)
    template = os.fspath(template or ("flask-multidb" if multidb else "flask"))
    template_directory = None
    if os.path.basename(template) != template:
        template_directory, template = os.path.split(os.path.abspath(template))
    config = Config(
        os.path.join(directory, "alembic.ini"), template_directory=template_directory
    )
    script_directory.check_is_free(directory)
    script_directory.check_template(config, template)
    config.set_script_location(directory)
    config = state.migrate.call_configure_callbacks(config)
    with script_directory.all_or_nothing(directory):
        _alembic("init", config, directory, template=template, package=package)


@_translated
def revision(
    directory: PathLike | None = None,
    message: str | None = None,
    autogenerate: bool = False,
    sql: bool = False,
    head: str = "head",
    splice: bool = False,
    branch_label: str | None = None,
    version_path: PathLike | None = None,
    rev_id: str | None = None,
    depends_on: str | Iterable[str] | None = None,
    process_revision_directives: Callable[..., None] | None = None,
    x_arg: XArg = None,
    allow_drop_all: bool = False,
) -> Scripts:
    """Write a new revision script.

    :param message: title of the revision.
    :param autogenerate: fill the script with the differences between models and
        database.
    :param head: revision, or ``<branch>@head``, that the new one follows.
    :param splice: allow a ``head`` that is not a head.
    :param branch_label: label of the branch that begins here.
    :param version_path: which of several version locations the file goes to.
    :param rev_id: identifier of the revision, instead of a random one.
    :param depends_on: revisions of other branches that this one needs first.
    :param process_revision_directives: Alembic's hook of the same name; only for
        callers in Python.
    :param allow_drop_all: let ``autogenerate`` drop every table of a database.
    :returns: the script that was written, a list if there are several, ``None`` or
        an empty list if there was nothing to write.
    :raises DataLossError: when ``autogenerate`` would drop every table of a database
        and nobody has said that this is meant; nothing is written then.
    """
    from .running import drops

    config = _config(directory, x_arg, autogenerate=autogenerate)
    config.attributes[drops.ALLOWED] = allow_drop_all
    if depends_on is not None and not isinstance(depends_on, str):
        depends_on = list(depends_on) or None
    scripts = _alembic(
        "revision",
        config,
        message,
        autogenerate=autogenerate,
        sql=sql,
        head=head,
        splice=splice,
        branch_label=branch_label,
        version_path=version_path,
        rev_id=rev_id,
        depends_on=depends_on,
        process_revision_directives=process_revision_directives,
    )
    return cast("Scripts", scripts)


def migrate(
    directory: PathLike | None = None,
    message: str | None = None,
    sql: bool = False,
    head: str = "head",
    splice: bool = False,
    branch_label: str | None = None,
    version_path: PathLike | None = None,
    rev_id: str | None = None,
    x_arg: XArg = None,
    depends_on: str | Iterable[str] | None = None,
    process_revision_directives: Callable[..., None] | None = None,
    allow_drop_all: bool = False,
) -> Scripts:
    """Write a revision with the differences between models and database.

    The same as :func:`revision` with ``autogenerate``; see there for the parameters
    and what is returned.
    """
    return revision(
        directory=directory,
        message=message,
        autogenerate=True,
        sql=sql,
        head=head,
        splice=splice,
        branch_label=branch_label,
        version_path=version_path,
        rev_id=rev_id,
        depends_on=depends_on,
        process_revision_directives=process_revision_directives,
        x_arg=x_arg,
        allow_drop_all=allow_drop_all,
    )


@_translated
def edit(
    directory: PathLike | None = None, revision: str = "current", x_arg: XArg = None
) -> None:
    """Open a revision script in ``$EDITOR``.

    :param revision: which one; ``current`` stands for those that the database is at.
    """
    _alembic("edit", _config(directory, x_arg), revision)


@_translated
def merge(
    directory: PathLike | None = None,
    revisions: str | Iterable[str] = "",
    message: str | None = None,
    branch_label: str | None = None,
    rev_id: str | None = None,
    splice: bool = False,
    x_arg: XArg = None,
) -> Script | None:
    """Write a revision that joins several heads into one.

    :param revisions: the revisions to join; ``heads`` for all heads.
    :param message: title of the revision.
    :param branch_label: label of the branch that begins here.
    :param rev_id: identifier of the revision, instead of a random one.
    :param splice: allow revisions that are not heads.
    :returns: the script that was written.
    :raises MigrateError: when no revision is named.
    """
    if not isinstance(revisions, str):
        revisions = list(revisions)
    if not revisions:
        raise MigrateError(
            "There is nothing to merge.",
            "Name two revisions or more, or 'heads' for all heads.",
        )
    script = _alembic(
        "merge",
        _config(directory, x_arg),
        revisions,
        message=message,
        branch_label=branch_label,
        rev_id=rev_id,
        splice=splice,
    )
    return cast("Script | None", script)


@_translated
def upgrade(
    directory: PathLike | None = None,
    revision: str = "head",
    sql: bool = False,
    tag: str | None = None,
    x_arg: XArg = None,
    no_lock: bool = False,
    lock_timeout: float | None = None,
    resume_skip: bool = False,
    resume_retry: bool = False,
    quiet: bool = False,
) -> None:
    """Upgrade the database to a later revision.

    :param revision: target: an identifier, ``head``, ``heads``, ``+2``; in offline
        mode also ``<from>:<to>``.
    :param no_lock: do not wait for other migrations of the database, and do not keep
        them waiting.
    :param lock_timeout: how many seconds to wait for them; by default what
        ``MIGRATE_LOCK_TIMEOUT`` says, or 600.
    :param resume_skip: after a crash, take the statement of which nobody can tell
        whether it was executed for executed.
    :param resume_retry: after a crash, execute that statement again.
    :param quiet: print nothing but warnings and errors.
    """
    config = _config(directory, x_arg)
    settings.keep_settings(
        config,
        no_lock=no_lock,
        lock_timeout=lock_timeout,
        resume_skip=resume_skip,
        resume_retry=resume_retry,
        quiet=quiet,
    )
    _alembic("upgrade", config, revision, sql=sql, tag=tag)


@_translated
def downgrade(
    directory: PathLike | None = None,
    revision: str = "-1",
    sql: bool = False,
    tag: str | None = None,
    x_arg: XArg = None,
    no_lock: bool = False,
    lock_timeout: float | None = None,
    resume_skip: bool = False,
    resume_retry: bool = False,
    quiet: bool = False,
) -> None:
    """Take the database back to an earlier revision.

    :param revision: target: an identifier, ``base``, ``-1``; in offline mode
        ``<from>:<to>``, where a bare ``-1`` is understood as ``head:-1``.

    The other parameters are those of :func:`upgrade`.
    """
    if sql and revision == "-1":
        revision = "head:-1"
    config = _config(directory, x_arg)
    settings.keep_settings(
        config,
        no_lock=no_lock,
        lock_timeout=lock_timeout,
        resume_skip=resume_skip,
        resume_retry=resume_retry,
        quiet=quiet,
    )
    _alembic("downgrade", config, revision, sql=sql, tag=tag)


@_translated
def show(
    directory: PathLike | None = None, revision: str = "head", x_arg: XArg = None
) -> None:
    """Print a revision: its file, its parents, its title.

    :param revision: which one; ``current`` stands for those that the database is at.
    """
    # No file tells where a database is.
    is_for_alembic = revision == "current"
    if is_for_alembic or not _is_printed(directory, lambda known: known.show(revision)):
        _alembic("show", _config(directory, x_arg), revision)


@_translated
def history(
    directory: PathLike | None = None,
    rev_range: str | None = None,
    verbose: bool = False,
    indicate_current: bool = False,
    x_arg: XArg = None,
) -> None:
    """Print the revisions, the latest first.

    :param rev_range: only those in ``<start>:<end>``; either may be left out.
    :param verbose: print the details of each.
    :param indicate_current: mark those that the database is at.
    """
    if rev_range is not None and rev_range.count(":") != 1:
        raise RevisionError(
            f"'{rev_range}' is not a range.", "Write it as <start>:<end>."
        )
    is_plain = rev_range is None and not indicate_current
    if is_plain and _is_printed(directory, lambda known: known.history(verbose)):
        return
    _alembic(
        "history",
        _config(directory, x_arg),
        rev_range,
        verbose=verbose,
        indicate_current=indicate_current,
    )


@_translated
def heads(
    directory: PathLike | None = None,
    verbose: bool = False,
    resolve_dependencies: bool = False,
    x_arg: XArg = None,
) -> None:
    """Print the revisions that no other one follows.

    :param verbose: print the details of each.
    :param resolve_dependencies: count a dependency as a parent.
    """
    if _is_printed(directory, lambda known: known.heads(verbose, resolve_dependencies)):
        return
    _alembic(
        "heads",
        _config(directory, x_arg),
        verbose=verbose,
        resolve_dependencies=resolve_dependencies,
    )


@_translated
def branches(
    directory: PathLike | None = None, verbose: bool = False, x_arg: XArg = None
) -> None:
    """Print the revisions that more than one other follows.

    :param verbose: print the details of each.
    """
    if not _is_printed(directory, lambda known: known.branches(verbose)):
        _alembic("branches", _config(directory, x_arg), verbose=verbose)


@_translated
def current(
    directory: PathLike | None = None,
    verbose: bool = False,
    check_heads: bool = False,
    x_arg: XArg = None,
) -> None:
    """Print the revision that each database is at.

    :param verbose: print the details of each.
    :param check_heads: raise an error if a database is not at the heads.
    """
    _alembic(
        "current",
        _config(directory, x_arg),
        verbose=verbose,
        check_heads=check_heads,
    )


@_translated
def stamp(
    directory: PathLike | None = None,
    revision: str = "head",
    sql: bool = False,
    tag: str | None = None,
    purge: bool = False,
    x_arg: XArg = None,
    no_lock: bool = False,
    lock_timeout: float | None = None,
) -> None:
    """Record a revision in the database without running any script.

    What a journal says about a revision that was interrupted is forgotten.

    :param revision: the one to record.
    :param purge: empty the version table first.
    :param no_lock: as for :func:`upgrade`.
    :param lock_timeout: as for :func:`upgrade`.
    """
    config = _config(directory, x_arg)
    settings.keep_settings(config, no_lock=no_lock, lock_timeout=lock_timeout)
    _alembic("stamp", config, revision, sql=sql, tag=tag, purge=purge)


@_translated
def check(directory: PathLike | None = None, x_arg: XArg = None) -> None:
    """Make sure that no revision is missing between models and database.

    :raises PendingChangesError: when :func:`migrate` would find something to write;
        the cause of the exception is Alembic's, with its list of differences.

    Source: Flask-Migrate since 4.0; needs Alembic 1.9.
    """
    _alembic("check", _config(directory, x_arg))


@_translated
def ensure_version(
    directory: PathLike | None = None,
    sql: bool = False,
    x_arg: XArg = None,
    no_lock: bool = False,
    lock_timeout: float | None = None,
) -> None:
    """Make the version table if the database has none yet.

    :param no_lock: as for :func:`upgrade`.
    :param lock_timeout: as for :func:`upgrade`.

    Source: Alembic since 1.7.6; no release of Flask-Migrate hands it through.
    """
    config = _config(directory, x_arg)
    settings.keep_settings(config, no_lock=no_lock, lock_timeout=lock_timeout)
    _alembic("ensure_version", config, sql=sql)
