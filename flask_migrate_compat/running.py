"""One run of Alembic: what has to be in place while ``env.py`` and revisions execute.

Everything that surrounds such a run is entered here, in one order, and left in the
opposite one, also when the run fails.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Callable, ContextManager, Iterator

if TYPE_CHECKING:
    from .config import Config

# A surrounding: takes the name of the command, such as "upgrade", and its
# configuration, and is in force until the run is over.
Surrounding = Callable[[str, "Config"], ContextManager[object]]


def _surroundings() -> Iterator[Surrounding]:
    """Yield what surrounds a run; the outermost first."""
    try:
        from .legacy.revisions import rescue
    except ModuleNotFoundError as error:
        # The legacy folder may have been deleted; anything else is a defect.
        if not str(error.name).startswith(f"{__package__}.legacy"):
            raise
    else:
        yield rescue


@contextlib.contextmanager
def migration_run(command: str, config: Config) -> Iterator[None]:
    """Surround a call of ``alembic.command`` with everything that it needs.

    :param command: the name of the command, such as ``upgrade``.
    :param config: the configuration that Alembic is called with.
    """
    with contextlib.ExitStack() as stack:
        for surrounding in _surroundings():
            stack.enter_context(surrounding(command, config))
        yield
