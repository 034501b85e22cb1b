"""Serve the old module names from here on, where no ``.pth`` file did it at start-up.

``import flask_migrate_compat.legacy.auto`` as the first line of ``manage.py`` is for
zip applications, PEX files and ``python -S``.

Deletable with this folder.
"""

from . import install

install()
