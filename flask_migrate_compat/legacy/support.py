"""Share what several files of this folder need once a module is being loaded.

Deletable with the last file of this folder that imports it.
"""

from __future__ import annotations

import builtins
import sys
import warnings
from types import FrameType, ModuleType
from typing import Any, Callable

from . import installed

_PACKAGE = __name__.rpartition(".")[0]


class BuiltinsWithImport(dict):  # type: ignore[type-arg]
    """Give a module the builtins, with another ``__import__`` for itself alone.

    Not a copy: since Python 3.10 a function keeps the builtins that its module had
    when it was defined, and must see a builtin that is replaced later.

    :param import_function: stands in for ``__import__``.
    """

    def __init__(self, import_function: Callable[..., Any]) -> None:
        super().__init__(__import__=import_function)

    def __missing__(self, name: str) -> Any:
        return vars(builtins)[name]


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


def chain_getattr(
    module: ModuleType, attribute: Callable[[str, Callable[[str], Any]], Any]
) -> None:
    """Put a function in front of a module's ``__getattr__``, until :func:`uninstall`.

    :param module: the module.
    :param attribute: called with a name that the module lacks, and the function that
        was there before; it returns the value or raises :exc:`AttributeError`.
    """
    names = vars(module)
    previous = names.get("__getattr__")

    def own(name: str) -> Any:
        if previous is None:
            raise AttributeError(
                f"module {module.__name__!r} has no attribute {name!r}"
            )
        # Its warnings count the frames up to the user's line, and ours are too many.
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            value = previous(name)
        if not only_looks():
            for warning in caught:
                warn_caller(str(warning.message), warning.category)
        return value

    def __getattr__(name: str) -> Any:
        return attribute(name, own)

    def undo() -> None:
        if names.get("__getattr__") is __getattr__:
            if previous is None:
                del names["__getattr__"]
            else:
                names["__getattr__"] = previous

    names["__getattr__"] = __getattr__
    finder = installed()
    if finder is not None:
        finder.undo.append(undo)


def only_looks() -> bool:
    """Tell whether a module's ``__getattr__`` is called for nothing but a look.

    ``from flask import x`` asks whether x is there before it takes it.

    :returns: whether the first frame outside of this folder is this question.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _is_of_this_folder(frame):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_name == "_handle_fromlist"


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
    name = str(frame.f_globals.get("__name__", ""))
    return name == "importlib" or name.startswith(("importlib.", "_frozen_importlib"))


def _is_internal(frame: FrameType) -> bool:
    return in_import_system(frame) or _is_of_this_folder(frame)


def _is_of_this_folder(frame: FrameType) -> bool:
    name = str(frame.f_globals.get("__name__", ""))
    return name == _PACKAGE or name.startswith(_PACKAGE + ".")
