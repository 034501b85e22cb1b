"""Find the old module names: the one finder, and its table of names.

Deletable when no supported application imports ``flask.ext``, Flask-Script or
``flask_migrate`` any more; each method below names the upstream event of its name.

This module runs in every interpreter of the environment. It therefore imports
nothing that an interpreter has not loaded anyway: no ``from __future__``, no
:mod:`typing`, no :mod:`importlib`. A finder is called while Python holds its global
import lock, and an import in that moment can deadlock with another thread: nothing
here imports in ``find_spec``. The loaders import, when that lock is free again.
"""

import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import spec_from_file_location
from _thread import get_ident

from . import is_ours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Callable, Dict, List, Optional, Sequence, Set, Tuple

    Path = Optional[Sequence[str]]
    Target = Optional[ModuleType]
    Spec = Optional[ModuleSpec]

HERE = __name__.rpartition(".")[0]

# Top-level name -> the method that knows what lives below it. A name that is not
# here costs one look-up.
ROOTS = {
    "flask": "_find_flask",
    "flaskext": "_find_flaskext",
    "flask_script": "_find_flask_script",
    "flask_migrate": "_find_flask_migrate",
}
# The submodules that Flask-Migrate has, and ours that answer to these names.
FLASK_MIGRATE_MODULES = {"flask_migrate.cli": "flask_migrate_compat.cli"}
# What FLASK_MIGRATE_COMPAT=wide adds below `flask`.
WIDE_NAMES = ("flask", "flask.globals", "flask._compat")


def find_elsewhere(
    name: str,
    path: "Path" = None,
    target: "Target" = None,
) -> "Spec":
    """Ask the finders of all others for a module.

    :param name: the full name of the module.
    :param path: the ``__path__`` of its parent package.
    :param target: the module that is being reloaded.
    :returns: what Python would find without this package, or ``None``.
    """
    for finder in list(sys.meta_path):
        if is_ours(finder):
            continue
        find_spec = getattr(finder, "find_spec", None)
        if find_spec is not None:
            spec: Spec = find_spec(name, path, target)
        else:
            spec = _find_module(finder, name, path)
        if spec is not None:
            return spec
    return None


def _find_module(finder: "Any", name: str, path: "Path") -> "Spec":
    """Ask a finder of the protocol before Python 3.4, as Flask 0.12's own is one."""
    if sys.version_info >= (3, 12) or not hasattr(finder, "find_module"):
        return None
    loader = finder.find_module(name, path)
    return None if loader is None else ModuleSpec(name, loader)


class HookedLoader:
    """Load a module with the help of one of our modules.

    Our module has a function ``exec_module(module, loader)``. Once loading begins,
    the module carries its real loader: nothing of this class stays visible.

    :param home: the name of our module, below ``flask_migrate_compat.legacy``.
    :param real: the loader that was found for the module; ``None`` when the module
        exists nowhere and our module fills it.
    """

    def __init__(self, home: str, real: "Any" = None) -> None:
        self.home = home
        self.real = real

    def __getattr__(self, name: str) -> "Any":
        # For the optional protocols: get_source, get_data, get_resource_reader.
        if name == "real" or self.real is None:
            raise AttributeError(name)
        return getattr(self.real, name)

    def create_module(self, spec: "ModuleSpec") -> "Optional[ModuleType]":
        """Let the real loader make the module."""
        create = getattr(self.real, "create_module", None)
        return None if create is None else create(spec)

    def exec_module(self, module: "ModuleType") -> None:
        """Give the module its real loader back, and hand both to our module."""
        if self.real is not None:
            module.__loader__ = self.real
            if module.__spec__ is not None:
                module.__spec__.loader = self.real
        _home(self.home).exec_module(module, self.real)


class AliasLoader:
    """Give an existing module a second name.

    The module is imported before its second name stands in :data:`sys.modules`, and
    then simply put there: its own ``__spec__``, ``__name__`` and ``__loader__`` are
    never touched, and an error inside it arrives as it was raised.

    :param finder: the finder that remembers the alias.
    :param real: the full name of the module.
    :param deprecated: warn at the importing line.
    """

    def __init__(self, finder: "Finder", real: str, deprecated: bool) -> None:
        self.finder = finder
        self.real = real
        self.deprecated = deprecated

    def create_module(self, spec: "ModuleSpec") -> None:
        """Import the module by its own name, while its second name is still free."""
        self.finder.forget_stale()
        if self.deprecated:
            _home("flask_ext").warn_about(spec.name, self.real)
        try:
            __import__(self.real)
        except BaseException:
            # A package that failed while it imported itself by its second name has
            # left this name behind, half loaded. (Where the import began with the
            # real name nobody tells us: that is found when the next alias is loaded.)
            self.finder.forget(spec.name)
            self.finder.forget_stale()
            raise

    def exec_module(self, module: "ModuleType") -> None:
        """Put the module in the place of the empty one that Python made."""
        name = module.__name__
        real = sys.modules.get(self.real)
        if real is None:
            raise ImportError(
                f"{self.real} is gone again: its import may have failed in another"
                f" thread. {name} cannot stand for it.",
                name=self.real,
            )
        # In this order: an alias that is known is never an empty module.
        sys.modules[name] = real
        self.finder.aliases[name] = self.real


class RenamedLoader:
    """Load the code of one module under the name of another.

    For a package that is imported from an archive, whose loader knows no files.

    :param real: the loader of the module.
    :param name: the full name of the module whose code this loads.
    """

    def __init__(self, real: "Any", name: str) -> None:
        self.real = real
        self.name = name

    def create_module(self, spec: "ModuleSpec") -> None:
        """Let Python make the module."""

    def get_source(self, name: str) -> "Optional[str]":
        """Return the source of the module, for tracebacks."""
        source: Optional[str] = self.real.get_source(self.name)
        return source

    def exec_module(self, module: "ModuleType") -> None:
        """Run the code in the module."""
        exec(self.real.get_code(self.name), module.__dict__)


def _home(name: str) -> "Any":
    """Import one of our modules, and return it."""
    full_name = f"{HERE}.{name}"
    __import__(full_name)
    return sys.modules[full_name]


class Finder:
    """Serve the names in :data:`ROOTS`, from the front of :data:`sys.meta_path`.

    At the end it would come too late: :class:`importlib.machinery.PathFinder` finds
    ``flask.ext.x.y`` in the folder of ``flask_x`` and would load it a second time.

    :param wide: serve also the names that Flask removed, to the whole process.
    """

    flask_migrate_compat = True

    def __init__(self, wide: bool = False) -> None:
        self.wide = wide
        # Second name -> the name of the module that it stands for.
        self.aliases: Dict[str, str] = {}
        # The modules that exist only because of this finder.
        self.served: Set[str] = set()
        # Called by uninstall, the last first.
        self.undo: List[Callable[[], None]] = []
        # (thread, name) pairs that are being looked for: other people's finders may
        # start the search from the beginning.
        self._busy: Set[Tuple[int, str]] = set()

    def find_spec(
        self,
        fullname: str,
        path: "Path" = None,
        target: "Target" = None,
    ) -> "Spec":
        """Find one of the old names, as :class:`importlib.abc.MetaPathFinder` does.

        :param fullname: the full name of the module.
        :param path: the ``__path__`` of its parent package.
        :param target: the module that is being reloaded.
        :returns: how to load the module, or ``None`` when the name is not ours to
            serve.
        """
        method = ROOTS.get(fullname.partition(".")[0])
        if method is None:
            return None
        key = (get_ident(), fullname)
        if key in self._busy:
            return None
        self._busy.add(key)
        try:
            spec: Spec = getattr(self, method)(fullname, path, target)
            return spec
        finally:
            self._busy.discard(key)

    def invalidate_caches(self) -> None:
        """Have nothing to forget: this finder keeps no cache of files."""

    def forget(self, name: str) -> None:
        """Remove a second name, and the ones below it, from the loaded modules.

        :param name: the second name of a module.
        """
        for loaded in list(sys.modules):
            if loaded == name or loaded.startswith(name + "."):
                del sys.modules[loaded]
        parent, _, child = name.rpartition(".")
        # Below an alias the parent is the real package: its attribute is its own.
        if parent in sys.modules and parent not in self.aliases:
            vars(sys.modules[parent]).pop(child, None)
        for alias in list(self.aliases):
            if alias == name or alias.startswith(name + "."):
                del self.aliases[alias]

    def forget_stale(self) -> None:
        """Remove the second names of modules that do not exist any more.

        Such a name is left when a package imports itself by its second name and then
        fails. Python finds it in :data:`sys.modules` and asks no finder, so that it
        can only be removed on other occasions.
        """
        for alias, real in list(self.aliases.items()):
            module = sys.modules.get(alias)
            spec = getattr(module, "__spec__", None)
            # Python takes a module out for a moment at the end of its loading.
            if module is None or getattr(spec, "_initializing", False):
                continue
            if module is not sys.modules.get(real):
                self.forget(alias)

    def _alias(
        self, name: str, real: str, deprecated: bool = True, package: bool = False
    ) -> "ModuleSpec":
        loader: Any = AliasLoader(self, real, deprecated)
        return ModuleSpec(name, loader, is_package=package)

    def _virtual(self, name: str, home: str, package: bool) -> "ModuleSpec":
        self.served.add(name)
        loader: Any = HookedLoader(home)
        return ModuleSpec(name, loader, is_package=package)

    def _exists(self, name: str, path: "Path" = None) -> bool:
        if name in sys.modules:
            return sys.modules[name] is not None
        if find_elsewhere(name, path) is not None:
            return True
        return "." not in name and self.find_spec(name, path) is not None

    # Flask 0.8 brought `flask.ext`, Flask 0.11 deprecated it, Flask 1.0 removed it.

    def _find_flask(self, name: str, path: "Path", target: "Target") -> "Spec":
        if name[:9] == "flask.ext":
            return self._find_flask_ext(name, path, target)
        if self.wide and name in WIDE_NAMES:
            return self._find_removed(name, path, target)
        return None

    def _find_flask_ext(self, name: str, path: "Path", target: "Target") -> "Spec":
        parts = name.split(".")
        if len(parts) > 3:
            return self._find_below_alias(name, path)
        if parts[1] not in ("ext", "exthook") or (
            # Flask before 1.0 serves these names itself.
            find_elsewhere(name, path, target) is not None
        ):
            return None
        if len(parts) == 2:
            return self._virtual(name, "flask_ext", package=parts[1] == "ext")
        if parts[1] == "exthook":
            return None
        if self._exists(f"flask_{parts[2]}"):
            return self._alias(name, f"flask_{parts[2]}")
        # Before Flask 0.8, extensions lived in a namespace package.
        parent = sys.modules.get("flaskext")
        if parent is None:
            spec = find_elsewhere("flaskext")
            old_path = None if spec is None else spec.submodule_search_locations
        else:
            old_path = getattr(parent, "__path__", None)
        real = f"flaskext.{parts[2]}"
        if old_path and self._exists(real, old_path):
            return self._alias(name, real)
        return None

    def _find_flaskext(self, name: str, path: "Path", target: "Target") -> "Spec":
        parts = name.split(".")
        if len(parts) > 2:
            return self._find_below_alias(name, path)
        if find_elsewhere(name, path, target) is not None:
            return None
        if len(parts) == 1:
            return self._virtual(name, "flask_ext", package=True)
        if self._exists(f"flask_{parts[1]}"):
            return self._alias(name, f"flask_{parts[1]}")
        return None

    def _find_below_alias(self, name: str, path: "Path") -> "Spec":
        """Find a submodule of a package that was imported by its second name."""
        parent, _, child = name.rpartition(".")
        package = self.aliases.get(parent)
        if package is None:
            return None
        real = f"{package}.{child}"
        return self._alias(name, real) if self._exists(real, path) else None

    # Flask-Script's last release, 2.0.6, is of 2017: it needs the heals for ever.

    def _find_flask_script(self, name: str, path: "Path", target: "Target") -> "Spec":
        return self._hook(find_elsewhere(name, path, target), "flask_script")

    # Flask-Migrate 3.0 removed MigrateCommand.

    def _find_flask_migrate(self, name: str, path: "Path", target: "Target") -> "Spec":
        if name == "flask_migrate":
            spec = find_elsewhere(name, path, target)
            # A folder that an uninstallation left is a package without a loader.
            if spec is not None and spec.loader is not None:
                return self._hook(spec, "completion")
            return self._drop_in()
        real = FLASK_MIGRATE_MODULES.get(name)
        if real is None or path:
            # An installed Flask-Migrate has a folder, and its own submodules.
            return None
        return self._alias(name, real, deprecated=False)

    def _drop_in(self) -> "Spec":
        real = f"{HERE}.flask_migrate"
        spec = find_elsewhere(real, sys.modules[HERE].__path__)
        if spec is None or spec.loader is None:
            return None
        if hasattr(spec.loader, "path"):
            served = spec_from_file_location("flask_migrate", spec.origin)
        else:
            loader: Any = RenamedLoader(spec.loader, real)
            served = ModuleSpec("flask_migrate", loader, origin=spec.origin)
            served.has_location = True
        if served is not None:
            self.served.add("flask_migrate")
            # A package, so that `flask_migrate.cli` can be asked for, but one without
            # a folder: the files beside it are not its submodules.
            served.submodule_search_locations = []
        return served

    # Flask 2.0 removed `flask._compat`, Flask 3.0 the stacks of contexts.

    def _find_removed(self, name: str, path: "Path", target: "Target") -> "Spec":
        spec = find_elsewhere(name, path, target)
        if name == "flask._compat":
            if spec is not None:
                return None
            return self._virtual(name, "removed_names", package=False)
        return self._hook(spec, "removed_names")

    def _hook(self, spec: "Spec", home: str) -> "Spec":
        if spec is None or spec.loader is None:
            return None
        loader: Any = HookedLoader(home, spec.loader)
        spec.loader = loader
        return spec
