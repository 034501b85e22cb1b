"""Call the functions that the application has registered with ``Migrate``.

They stand for the revisions that are executed, by ``upgrade`` and ``downgrade``; the
decorators are in :mod:`flask_migrate_compat.extension`.
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Any, Callable, Iterator

from ..errors import HookError, describe, without_passwords
from ..extension import current_state
from .settings import EXECUTING
from .steps import Step, StepObserver, titled

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from ..config import Config

log = logging.getLogger("alembic.run")


class HookObserver(StepObserver):
    """Call the hooks of the application around each revision of one database."""

    def __init__(self, command: str, config: Config, context: MigrationContext) -> None:
        super().__init__(command, config, context)
        # An installed Flask-Migrate has a Migrate of its own, which has no hooks.
        self._migrate = current_state().migrate if command in EXECUTING else None

    @contextlib.contextmanager
    def surround(self, step: Step) -> Iterator[None]:
        """Call the before hooks."""
        self._call("before_revision", step)
        yield

    def recorded(self, step: Step) -> None:
        """Call the after hooks."""
        self._call("after_revision", step)

    def fail(self, step: Step | None, error: BaseException) -> None:
        """Call the error hooks; what goes wrong in them is only logged."""
        if step is None:  # not even a revision was begun
            return
        for hook in self._hooks("on_error"):
            try:
                hook(step.revision, self.context.connection, error)
            except Exception as failure:
                log.warning(
                    "The on_error hook '%s' failed at %s: %s",
                    _name_of(hook),
                    titled(step.revision),
                    without_passwords(f"{type(failure).__name__}: {failure}"),
                )

    def _call(self, kind: str, step: Step) -> None:
        for hook in self._hooks(kind):
            try:
                hook(step.revision, self.context.connection)
            except Exception as error:
                raise HookError(
                    f"The {kind} hook '{_name_of(hook)}' stopped '{self.command}' at"
                    f" {titled(step.revision)}: {describe(error)}",
                    "Mend the hook, or what it reports, and run the command again.",
                ) from error

    def _hooks(self, kind: str) -> list[Callable[..., Any]]:
        # A copy: a hook may register another one.
        return list(getattr(self._migrate, f"{kind}_hooks", ()))


def _name_of(hook: Callable[..., Any]) -> str:
    return getattr(hook, "__qualname__", repr(hook))
