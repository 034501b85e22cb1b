"""Serve code that was written for Flask 0.10 to 1.1, Flask-Script and Flask-Migrate 2.

Deletable as a whole when the last supported application has left Flask-Script. Until
then each file names the upstream event that makes it deletable:

=====================  ======================================================
``finder.py``          none of the files below is left; with it ``auto.py``, the
                       ``.pth`` file and ``support.py``
``flask_ext.py``       the applications import ``flask_x``, not ``flask.ext.x``
``flask_script.py``    the applications have left Flask-Script 2.0.6
``removed_names.py``   the same, and no extension asks Flask for removed names
``manager.py``         the applications have left Flask-Script 2.0.6
``bridge/``            the same: no command is left to be moved
``completion.py``      nobody asks an installed Flask-Migrate for MigrateCommand
``flask_migrate.py``   the applications import ``flask_migrate_compat``
``env/``               every env.py was made by Flask-Migrate 4.0.5 or later, or us
``postgres.py``        no database URL begins with ``postgres://``
``revisions/``         no revision is left that was written for SQLAlchemy 1.x
=====================  ======================================================

This module runs in every interpreter of the environment: it imports what every
interpreter has loaded, and the finder.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional

    from .finder import Finder

# The environment variable: `off` disables everything, `wide` serves the names that
# Flask removed to the whole process.
SWITCH = "FLASK_MIGRATE_COMPAT"


def is_ours(finder: object) -> bool:
    """Tell whether a finder is ours, from this copy of the package or another.

    :param finder: an entry of :data:`sys.meta_path`.
    """
    return getattr(finder, "flask_migrate_compat", False) is True


def installed() -> "Optional[Finder]":
    """Return the finder that is at work in this process, or ``None``."""
    for entry in sys.meta_path:
        if is_ours(entry):
            finder: Finder = entry  # type: ignore[assignment]
            return finder
    return None


def install() -> None:
    """Serve the old module names in this process, unless they are served already.

    The environment variable ``FLASK_MIGRATE_COMPAT`` decides: with ``off`` nothing
    happens; with ``wide`` the names that Flask removed are served too.
    """
    mode = os.environ.get(SWITCH, "").strip().lower()
    if mode == "off" or installed() is not None:
        return
    from .finder import Finder

    finder = Finder(wide=mode == "wide")
    sys.meta_path.insert(0, finder)
    if finder.wide and "flask" in sys.modules:
        from .removed_names import serve_removed_names

        serve_removed_names()


def uninstall() -> None:
    """Take the finder away, and what it put into :data:`sys.modules` and ``flask``.

    Flask-Script stays as it was loaded, and so does an installed Flask-Migrate, less
    its ``MigrateCommand``.
    """
    while True:
        finder = installed()
        if finder is None:
            return
        sys.meta_path.remove(finder)
        for undo in reversed(finder.undo):
            undo()
        for name in [*finder.served, *finder.aliases]:
            finder.forget(name)
