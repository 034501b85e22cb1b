"""Fill ``flask.ext``, ``flaskext`` and ``flask.exthook``; warn about their use.

Deletable when the applications import ``flask_x``, not ``flask.ext.x``. Upstream:
``flask.ext`` came with Flask 0.8 in place of the namespace package ``flaskext``, was
deprecated by 0.11 and removed by 1.0.

The modules behind these names are found by :mod:`flask_migrate_compat.legacy.finder`.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

from . import installed
from .support import in_import_system, warn_caller


class ExtDeprecationWarning(DeprecationWarning):
    """Warn about an extension that is imported by its old name.

    Source: ``flask.exthook`` of Flask 0.11 and 0.12.
    """


# Filters name the class as Flask did: `ignore::flask.exthook.ExtDeprecationWarning`.
ExtDeprecationWarning.__module__ = "flask.exthook"

# The extensions that were warned about: one warning for each.
_warned: set[str] = set()


def exec_module(module: ModuleType, loader: Any) -> None:
    """Fill one of the modules that exist only here.

    :param module: the new module, empty.
    :param loader: ``None``; for the modules that exist, it would load them.
    """
    finder = installed()
    if finder is not None:
        finder.undo.append(_warned.clear)
    if module.__name__ == "flask.exthook":
        vars(module)["ExtDeprecationWarning"] = ExtDeprecationWarning
    else:
        vars(module)["__getattr__"] = _attribute_of(module.__name__)


def _attribute_of(package: str) -> Any:
    def __getattr__(name: str) -> Any:
        # `from flask.ext import x` asks for the attribute before it imports x, and
        # hides that there is no such module behind "cannot import name". Imported
        # here, the error is the same as that of `import flask.ext.x`.
        if not name.startswith("__") and in_import_system(sys._getframe(1)):
            return import_module(f"{package}.{name}")
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return __getattr__


def warn_about(name: str, real: str) -> None:
    """Warn once for each extension, at the line that imports it.

    :param name: the old name, such as ``flask.ext.x`` or ``flaskext.x``.
    :param real: the name of the module that it stands for.
    """
    # A submodule is imported after its package, which has been warned about.
    depth = 2 if name.startswith("flask.ext.") else 1
    if name.count(".") > depth or name in _warned:
        return
    warn_caller(
        f"{name} is the name that this extension had before Flask 1.0:"
        f" import {real} instead.",
        ExtDeprecationWarning,
    )
    _warned.add(name)
