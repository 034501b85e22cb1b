"""Change SQLAlchemy for one context, and change it back.

Deletable with the other files of this folder.

Whatever is put in place asks first whether the caller is part of a migration run
(:func:`.run.current`); for all others it is what was there before, and an attribute
that was not there is still missing. Three ways are needed:

* A method or an attribute of a class is replaced in the class.
* A function is changed in place, by its ``__code__``: modules have imported it by
  name, before the run or during it, and must neither miss the change nor keep it.
* A name that a module has not is served by a ``__getattr__`` of the module.
"""

from __future__ import annotations

import functools
import types
from typing import Any, Callable

from .run import Run, called_by_library, current

_MISSING: Any = object()


def _stub(*args: Any, _rescue: Any, **kwargs: Any) -> Any:
    """Stand in, with its code, for that of a function; see :meth:`Patches.function`."""
    return _rescue(*args, **kwargs)


class _Attribute:
    """An attribute that exists for the code of a migration run alone."""

    def __init__(self, name: str, make: Callable[[Run, Any], Any]) -> None:
        self.name = name
        self.make = make

    def __get__(self, instance: Any, owner: type) -> Any:
        run = current()
        if run is None or instance is None or called_by_library():
            what = f"type object {owner.__name__!r}"
            if instance is not None:
                what = f"{owner.__name__!r} object"
            raise AttributeError(f"{what} has no attribute {self.name!r}")
        return self.make(run, instance)


class Patches:
    """What has been changed, in order, and how to undo it."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], object]] = []
        self._done: set[tuple[Any, str]] = set()

    def undo(self) -> None:
        """Change everything back, the last change first."""
        while self._undo:
            self._undo.pop()()

    def replace(self, owner: Any, name: str, value: Any) -> None:
        """Set an attribute of a class or a module.

        :param owner: the class or module.
        :param name: the attribute.
        :param value: its value for the time being.
        """
        old = vars(owner).get(name, _MISSING)
        # Past the metaclass: that of Alembic's Operations would make new functions
        # for the module `alembic.op`.
        kind: Any = type if isinstance(owner, type) else types.ModuleType
        kind.__setattr__(owner, name, value)
        if old is _MISSING:
            self._undo.append(lambda: kind.__delattr__(owner, name))
        else:
            self._undo.append(lambda: kind.__setattr__(owner, name, old))

    def method(self, owner: Any, name: str, rescue: Callable[..., Any]) -> None:
        """Put a function in front of a method.

        :param owner: the class.
        :param name: the method, its own or an inherited one.
        :param rescue: called with the run, the original, and what the method is
            called with.
        """
        if (owner, name) in self._done:
            return
        self._done.add((owner, name))
        original = getattr(owner, name)

        @functools.wraps(original)
        def method(*args: Any, **kwargs: Any) -> Any:
            run = current()
            if run is None:
                return original(*args, **kwargs)
            return rescue(run, original, *args, **kwargs)

        is_static = isinstance(vars(owner).get(name), staticmethod)
        self.replace(owner, name, staticmethod(method) if is_static else method)

    def attribute(self, owner: Any, name: str, make: Callable[[Run, Any], Any]) -> None:
        """Add an attribute to a class, unless the class has it.

        :param owner: the class.
        :param name: the attribute.
        :param make: called with the run and the instance; returns the value.
        """
        if not hasattr(owner, name):
            self.replace(owner, name, _Attribute(name, make))

    def function(self, function: Any, rescue: Callable[..., Any]) -> None:
        """Put a function in front of another one, wherever that was imported to.

        :param function: a function written in Python, without a closure.
        :param rescue: called with the run, the original, and what the function is
            called with.
        """
        code, options = function.__code__, function.__kwdefaults__
        original = types.FunctionType(
            code, function.__globals__, function.__name__, function.__defaults__
        )
        original.__kwdefaults__ = options

        def dispatch(*args: Any, **kwargs: Any) -> Any:
            run = current()
            if run is None:
                return original(*args, **kwargs)
            return rescue(run, original, *args, **kwargs)

        # In this order, other threads see a consistent function at every moment.
        function.__kwdefaults__ = {**(options or {}), "_rescue": dispatch}
        function.__code__ = _stub.__code__

        def undo() -> None:
            function.__code__ = code
            function.__kwdefaults__ = options

        self._undo.append(undo)

    def names(self, module: Any, makers: dict[str, Callable[[Run], Any]]) -> None:
        """Add names to a module, save those that it has.

        :param module: the module.
        :param makers: name -> a function that is called with the run and returns
            the value.
        """
        native = vars(module).get("__getattr__")
        makers = {k: make for k, make in makers.items() if not hasattr(module, k)}
        if not makers:
            return

        def __getattr__(name: str) -> Any:
            run = current()
            if run is not None and name in makers and not called_by_library():
                return makers[name](run)
            if native is not None:
                return native(name)
            raise AttributeError(
                f"module {module.__name__!r} has no attribute {name!r}"
            )

        self.replace(module, "__getattr__", __getattr__)
