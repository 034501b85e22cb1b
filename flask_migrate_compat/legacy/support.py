"""Share what several files of this folder need once a module is being loaded.

Deletable with the last file of this folder that imports it.
"""

from __future__ import annotations

import sys
import warnings
from types import FrameType, ModuleType
from typing import Any

_PACKAGE = __name__.rpartition(".")[0]


def execute(module: ModuleType, loader: Any) -> None:
    """Run the code of a module with the loader that was found for it.

    :param module: the new module.
    :param loader: its loader; of an archive before Python 3.10, one that has
        ``get_code`` and no ``exec_module``.
    """
    if hasattr(loader, "exec_module"):
        loader.exec_module(module)
    else:
        exec(loader.get_code(module.__name__), module.__dict__)


def warn_caller(message: str, category: type[Warning] = DeprecationWarning) -> None:
    """Warn at the line of the user's file that led here.

    ``stacklevel`` cannot say which line that is: between it and us stand a varying
    number of frames of the import system.

    :param message: what is old, and what to write instead.
    :param category: the class of the warning.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _is_internal(frame):
        frame = frame.f_back
    if frame is None:
        warnings.warn(message, category, stacklevel=2)
        return
    names = frame.f_globals
    warnings.warn_explicit(
        message,
        category,
        filename=frame.f_code.co_filename,
        lineno=frame.f_lineno,
        module=names.get("__name__") or "<unknown>",
        registry=names.setdefault("__warningregistry__", {}),
    )


def in_import_system(frame: FrameType) -> bool:
    """Tell whether a frame belongs to :mod:`importlib`.

    :param frame: the frame.
    """
    name = frame.f_globals.get("__name__", "")
    return name == "importlib" or name.startswith(("importlib.", "_frozen_importlib"))


def _is_internal(frame: FrameType) -> bool:
    name = frame.f_globals.get("__name__", "")
    return in_import_system(frame) or name == _PACKAGE or name.startswith(_PACKAGE + ".")
