"""Hand the revisions of a folder to Alembic, without executing their files.

This is the one module that knows private names of Alembic's ``script`` package. They
are the same in the releases that ``KNOWN_ALEMBIC`` tells. With any other one, and with
any history that is out of the ordinary, Alembic's own classes do the work, and the
results are the same.

While a command runs, ``ScriptDirectory.from_config()`` gives script directories whose
``revision_map`` is a :class:`QuickRevisionMap`, and that is the only change to them.
"""

from __future__ import annotations

import contextlib
import functools
import os
from types import ModuleType
from typing import TYPE_CHECKING, Any, Callable, Iterable, Iterator, cast

from alembic.script import Script, ScriptDirectory, revision as stock
from alembic.util import load_python_file

from ..config import alembic_version
from ..errors import RevisionError
from . import is_known
from .folder import RevisionFile, revision_files
from .graph import (
    CircleError,
    Graph,
    UnusualHistoryError,
    newest_first,
    reachable,
)
from .headers import Header, is_usual

if TYPE_CHECKING:
    from ..config import Config


class LazyScript(Script):
    """Be a revision of which only the header is known, until it is executed.

    :param header: the header.
    :param path: the file.
    """

    # What the links of the history add, where there is something to add.
    _resolved_dependencies: tuple[str, ...] = ()
    _normalized_resolved_dependencies: tuple[str, ...] = ()
    # Alembic computes this with a property, at each step of a walk.
    _versioned_down_revisions: Any = ()

    @property
    def _all_down_revisions(self) -> tuple[str, ...]:
        if self._resolved_dependencies:
            return super()._all_down_revisions
        return cast("tuple[str, ...]", self._versioned_down_revisions)

    @property
    def _normalized_down_revisions(self) -> tuple[str, ...]:
        if self._normalized_resolved_dependencies:
            return super()._normalized_down_revisions
        return cast("tuple[str, ...]", self._versioned_down_revisions)

    def __init__(self, header: Header, path: str) -> None:
        self.path = path
        self.header = header
        self._module: ModuleType | None = None
        self._versioned_down_revisions = header.down_revisions
        stock.Revision.__init__(
            self,
            header.revision,
            header.down_revisions or None,
            header.depends_on or None,
            header.branch_labels or None,
        )

    @property
    def module(self) -> ModuleType:
        """Return the module of the revision; executes the file the first time.

        :raises RevisionError: when the file has another header than it had.
        """
        if self._module is None:
            module = load_python_file(*os.path.split(self.path))
            if not self._is_of(module):
                raise RevisionError(
                    f"'{os.path.relpath(self.path)}' was changed while this command"
                    " was at work.",
                    "Run the command again; if it says so again, delete the folder"
                    " __pycache__ beside the file.",
                )
            self._module = module
        return self._module

    @module.setter
    def module(self, module: ModuleType) -> None:
        self._module = module

    def _is_of(self, module: ModuleType) -> bool:
        try:
            now = _header_of(Script(module, module.revision, self.path))
        except (AttributeError, UnusualHistoryError):
            return False
        return now == self.header._replace(doc="")

    @property
    def longdoc(self) -> str:
        """Return the docstring of the module."""
        return self.header.doc.strip()


class QuickRevisionMap(stock.RevisionMap):
    """Find the same as Alembic's map in a time that grows as the history does.

    :param generator: returns the revisions.
    """

    def __init__(self, generator: Callable[[], Iterable[Script]]) -> None:
        super().__init__(generator)
        #: Whether the history is one that is linked here; known after the first look.
        self.is_quick = False

    @functools.cached_property
    def _revision_map(self) -> Any:
        scripts = cast("list[Script]", list(self._generator()))
        try:
            graph = Graph([_header_of(script) for script in scripts])
        except UnusualHistoryError as error:
            self._generator = lambda: scripts
            map_ = super()._revision_map
            if isinstance(error, CircleError):
                # Alembic sees no circle that starts at a base and leads to a head, and
                # would go round in it for ever.
                raise stock.DependencyCycleDetected(error.names) from error
            return map_
        self.is_quick = True
        # Alembic has the same attributes made by this look.
        loose: Any = self
        loose.heads, loose._real_heads = graph.heads, graph.real_heads
        loose.bases, loose._real_bases = graph.bases, graph.real_bases
        return _linked(graph, scripts)

    def _filter_into_branch_heads(self, targets: Iterable[Any]) -> set[Any]:
        targets = set(targets)
        if not self.is_quick or not all(targets):
            return super()._filter_into_branch_heads(targets)
        down = {name: _parents(script) for name, script in self._revision_map.items()}
        parents = [parent for target in targets for parent in _parents(target)]
        followed = set(reachable(parents, down))
        return {target for target in targets if target.revision not in followed}

    def _topological_sort(self, revisions: Any, heads: Any) -> Any:
        wanted = {revision.revision for revision in revisions}
        if not wanted:
            return []
        if self.is_quick:
            map_ = self._revision_map
            result = newest_first(
                wanted,
                [head.revision for head in heads],
                {
                    name: script._normalized_down_revisions
                    for name, script in map_.items()
                    if script is not None
                },
                map_,
            )
            if len(result) == len(wanted):
                return result
        return super()._topological_sort(revisions, heads)


def _parents(script: Any) -> Any:
    return () if script is None else script._versioned_down_revisions


def _header_of(script: Any) -> Header:
    """Return what a revision is; without a docstring if it was executed.

    :raises UnusualHistoryError: when Alembic might object to it.
    """
    if isinstance(script, LazyScript):
        return script.header
    depends_on = script.dependencies or ()
    header = Header(
        script.revision,
        tuple(script._versioned_down_revisions),
        tuple(script._orig_branch_labels),
        (depends_on,) if isinstance(depends_on, str) else tuple(depends_on),
        "",
    )
    try:
        usual = is_usual(header)
    except TypeError:  # something that is no text
        usual = False
    if not usual:
        raise UnusualHistoryError(str(script.revision))
    return header


def _linked(graph: Graph, scripts: Iterable[Any]) -> dict[Any, Any]:
    """Return the revisions by their names, and set what Alembic's map sets."""
    map_: dict[Any, Any] = {}
    for script in scripts:
        name = script.revision
        map_[name] = script
        if name in graph.all_up:
            script._all_nextrev = graph.all_up[name]
            script.nextrev = graph.up.get(name, script.nextrev)
        if name in graph.dependencies or not isinstance(script, LazyScript):
            script._resolved_dependencies = graph.dependencies.get(name, ())
            script._normalized_resolved_dependencies = (
                graph.normalized_dependencies.get(name, ())
            )
    for name, labels in graph.labels().items():
        map_[name].branch_labels.update(labels)
    for label, name in graph.of_label.items():
        map_[label] = map_[name]
    map_[None] = map_[()] = None
    return map_


def _scripts(directory: ScriptDirectory) -> Iterable[Any]:
    """Return the revisions of a script directory in the order in which Alembic does."""
    files = _files(directory)
    if files is None:
        return directory._load_revisions()
    scripts = (_script(directory, file) for file in files)
    return [script for script in scripts if script is not None]


def _files(directory: ScriptDirectory) -> list[RevisionFile] | None:
    if directory.sourceless or directory.recursive_version_locations:
        return None
    folders = [str(one) for one in directory._version_locations if os.path.exists(one)]
    if len(set(map(os.path.realpath, folders))) < len(folders):
        return None
    result: list[RevisionFile] = []
    for folder in folders:
        files = revision_files(folder)
        if files is None:
            return None
        result += files
    return result


def _script(directory: ScriptDirectory, file: RevisionFile) -> Script | None:
    if file.header is None:
        return Script._from_path(directory, file.path)
    return LazyScript(file.header, file.path)


@contextlib.contextmanager
def use_quick_history(command: str, config: Config) -> Iterator[None]:
    """Have every script directory of a run read headers, and find its way quickly.

    :param command: the name of the command.
    :param config: the configuration that Alembic is called with.
    """
    if not is_known(alembic_version):
        yield
        return
    original = vars(ScriptDirectory)["from_config"]

    def from_config(cls: type[ScriptDirectory], config: Config) -> ScriptDirectory:
        directory = cast(ScriptDirectory, original.__func__(cls, config))
        if type(directory) is ScriptDirectory:
            directory.revision_map = QuickRevisionMap(lambda: _scripts(directory))
        return directory

    cast(Any, ScriptDirectory).from_config = classmethod(from_config)
    try:
        yield
    finally:
        cast(Any, ScriptDirectory).from_config = original
