"""Move commands between a Flask-Script ``Manager`` and ``flask``, one at a time.

Deletable when the applications have left Flask-Script 2.0.6, that is, when nobody calls
:func:`click_group`, :func:`click_commands` or :func:`script_command` any more.

==================  ==================================================================
``to_click.py``     the commands of a Manager, in the command line of ``flask``
``to_script.py``    a click command, under a Manager
``clashes.py``      names that ``flask`` has already
``calls.py``        one call of an old command: its application, its context, its errors
``parsers.py``      what is done to the argument parsers of a Manager
``parameters.py``   the options of such a parser, as click shows and completes them
==================  ==================================================================

Importing it installs the finder (see :func:`flask_migrate_compat.legacy.install`), as
``legacy/manager.py`` does.
"""

from __future__ import annotations

from .. import install

# Where no start-up file has done it: Flask-Script is healed while it is imported.
install()

from .clashes import CommandClashWarning  # noqa: E402
from .to_click import click_commands, click_group  # noqa: E402
from .to_script import script_command  # noqa: E402

__all__ = ["CommandClashWarning", "click_commands", "click_group", "script_command"]
