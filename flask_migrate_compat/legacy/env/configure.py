"""Adjust what an ``env.py`` passes to ``context.configure``, and what comes of it.

Deletable with this folder; the releases of Flask-Migrate that made it necessary:

* before 1.5.1 (several databases) and 1.5.1 (one): nothing kept ``migrate`` from
  writing an empty revision;
* before 1.4.0 (one database), 1.5.0 (several): ``Migrate(**kwargs)`` is ignored;
* 4.0.0: ``Migrate`` passes ``compare_type`` and ``render_as_batch`` unasked, and a file
  whose owner had added one of them is called with the keyword twice: a TypeError.
"""

from __future__ import annotations

import contextlib
import inspect
import logging
import threading
from typing import TYPE_CHECKING, Any, Callable, Iterator

from alembic.autogenerate.api import RevisionContext
from alembic.runtime.environment import EnvironmentContext

from .database import DatabaseView
from .metadata import AllTables

if TYPE_CHECKING:
    from .database import Run

log = logging.getLogger("alembic.env")

# What a file that ignores ``Migrate(**kwargs)`` is given all the same. These decide
# how a new revision is written and whether less is compared, and the revision is read
# before it is run. The others stay ignored, as they were for as long as the file is
# in use: another ``version_table`` would run every revision again, and
# ``include_schemas`` would drop the tables of all schemas that have no model.
SAFE_ARGUMENTS = frozenset(
    {
        "compare_server_default",
        "compare_type",
        "include_name",
        "include_object",
        "process_revision_directives",
        "render_as_batch",
        "render_item",
        "user_module_prefix",
    }
)

# The runs of this process. Alembic's classes are wrapped while there is one, and each
# wrapper helps only the run whose configuration it meets.
_runs: list[Run] = []
_lock = threading.Lock()
_configure: Callable[..., None] = EnvironmentContext.configure
_generate_scripts: Callable[..., Any] = RevisionContext.generate_scripts


@contextlib.contextmanager
def adjusted_configure(run: Run) -> Iterator[None]:
    """Adjust the calls of ``context.configure`` that belong to a run."""
    global _configure, _generate_scripts
    with _lock:
        if not _runs:
            _configure = EnvironmentContext.configure
            _generate_scripts = RevisionContext.generate_scripts
            EnvironmentContext.configure = configure  # type: ignore[method-assign]
            RevisionContext.generate_scripts = (  # type: ignore[method-assign]
                generate_scripts
            )
        _runs.append(run)
    try:
        yield
    finally:
        with _lock:
            _runs.remove(run)
            if not _runs:
                EnvironmentContext.configure = (  # type: ignore[method-assign]
                    _configure
                )
                RevisionContext.generate_scripts = (  # type: ignore[method-assign]
                    _generate_scripts
                )


def _run_of(config: Any) -> Run | None:
    return next((run for run in _runs if run.config is config), None)


def configure(self: Any, *args: Any, **options: Any) -> None:
    """Stand in for ``EnvironmentContext.configure``."""
    run = _run_of(self.config)
    if run is not None:
        add_arguments(run, options)
        leave_binds_alone(run, options)
    _configure(self, *args, **options)


def generate_scripts(self: Any) -> Iterator[Any]:
    """Stand in for ``RevisionContext.generate_scripts``; write no empty revision.

    Here all databases have been compared, and the hooks of the ``env.py`` are through.
    """
    is_autogenerate = self.command_args.get("autogenerate")
    if _run_of(self.config) is not None and is_autogenerate:
        scripts = self.generated_revisions
        if scripts and not any(map(has_changes, scripts)):
            log.info("No changes in schema detected.")
            self.generated_revisions = []
    return iter(list(_generate_scripts(self)))


def has_changes(operations: Any) -> bool:
    """Tell whether a revision, or a group of operations in it, does anything."""
    groups = getattr(operations, "upgrade_ops_list", None)
    if groups is not None:
        return any(map(has_changes, [*groups, *operations.downgrade_ops_list]))
    inner = getattr(operations, "ops", None)
    return True if inner is None else any(map(has_changes, inner))


def add_arguments(run: Run, options: dict[str, Any]) -> None:
    """Add what the application passed to ``Migrate`` and the file left out.

    What the file spells out itself stays, as it is the more specific.
    """
    given = run.configure_args
    if run.source.ignores_configure_args:
        wanted = SAFE_ARGUMENTS
    else:
        wanted = run.source.beside_mapping & {"process_revision_directives"}
    for name in wanted & set(given):
        if name == "process_revision_directives":
            hooks = [given[name], options.get(name)]
            options[name] = _in_turn([hook for hook in hooks if hook is not None])
        elif name not in run.source.spelled_out and _known(name):
            options[name] = given[name]


def _known(name: str) -> bool:
    return name in inspect.signature(_configure).parameters


def _in_turn(hooks: list[Callable[..., None]]) -> Callable[..., None] | None:
    """Make one hook of several; one that empties the list has the last word."""
    if not hooks:
        return None

    def process_revision_directives(
        context: Any, revision: Any, directives: Any
    ) -> None:
        for hook in hooks:
            if directives:
                hook(context, revision, directives)

    return process_revision_directives


def leave_binds_alone(run: Run, options: dict[str, Any]) -> None:
    """Compare the main database with the main tables only, and drop no bind's table.

    A file for one database was given the tables of all binds by Flask-SQLAlchemy 2 and
    made them in the main database too; release 3 gives it the main ones. Tables of a
    bind that lie in the main database are therefore neither made nor dropped, unless
    the bind *is* the main database: then the file goes on to care for them.
    """
    db, target = run.db, options.get("target_metadata")
    if not isinstance(db, DatabaseView) or len(db.metadatas) == 1:
        return
    main = db.metadatas[None]
    is_main = target is main or isinstance(target, AllTables)
    if not is_main or options.get("upgrade_token", "upgrades") != "upgrades":
        return
    here, elsewhere = [main], {}
    for bind, metadata in db.metadatas.items():
        if bind is None:
            continue
        taken = {key for other in here for key in other.tables}
        same_database = run.engine_url(bind) == run.engine_url(None)
        if same_database and not taken & set(metadata.tables):
            here.append(metadata)
        else:
            elsewhere.update(dict.fromkeys(metadata.tables, bind))
    if isinstance(target, AllTables):
        options["target_metadata"] = here if len(here) > 1 else main
    options["include_object"] = _without(elsewhere, options.get("include_object"))


def _without(
    elsewhere: dict[str, str], own_filter: Callable[..., bool] | None
) -> Callable[..., bool]:
    """Make a filter that leaves out the tables of binds, behind the file's own."""
    told = set()

    def include_object(
        item: Any, name: Any, type_: str, reflected: bool, compare_to: Any
    ) -> bool:
        if type_ == "table" and reflected and compare_to is None:
            bind = elsewhere.get(item.key)
            if bind is not None:
                if item.key not in told:
                    told.add(item.key)
                    log.warning(
                        "The table '%s' of the bind '%s' is also in the main"
                        " database; it is left as it is.",
                        item.key,
                        bind,
                    )
                return False
        return own_filter is None or own_filter(
            item, name, type_, reflected, compare_to
        )

    return include_object
