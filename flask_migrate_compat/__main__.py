"""Run a script with the old module names served: ``python -m flask_migrate_compat``.

For an environment without the start-up file of this package: a zip application,
``python -S``, a package that was copied and not installed.
"""

from __future__ import annotations

import builtins
import os
import runpy
import sys
import zipfile
from importlib.machinery import SourceFileLoader
from types import ModuleType

USAGE = "usage: python -m flask_migrate_compat SCRIPT [ARGUMENT ...]"
HELP = f"""{USAGE}

Run SCRIPT as `python SCRIPT ARGUMENT ...` would, with flask.ext, Flask-Script and
flask_migrate served to it, whatever Flask and Python are installed.

example: python -m flask_migrate_compat manage.py db upgrade

Set FLASK_MIGRATE_COMPAT=off to serve nothing, FLASK_MIGRATE_COMPAT=wide to serve also
the names that Flask itself removed, such as flask._compat.
"""


def main(arguments: list[str]) -> int:
    """Run the script that the arguments name.

    :param arguments: the path of the script, and its own arguments.
    :returns: the exit status; 2 when there is no script to run.
    """
    if arguments and arguments[0] in ("-h", "-?", "--help"):
        print(HELP, end="")
        return 0
    if not arguments or arguments[0].startswith("-"):
        return _fail(f"{USAGE}. Give the path of a script, such as manage.py.")
    script = arguments[0]
    if not os.path.exists(script):
        return _fail(
            f"Error: there is no script {script!r} in {os.getcwd()}."
            " Give the path of a script, such as manage.py."
        )
    try:
        from .legacy import install
    except ModuleNotFoundError as error:
        if error.name != f"{__package__}.legacy":
            raise
        return _fail(
            "Error: this copy of flask_migrate_compat has no legacy folder, so it has"
            f" nothing to serve. Run the script itself: python {script}"
        )
    install()
    sys.argv = list(arguments)
    if os.path.isfile(script) and not zipfile.is_zipfile(script):
        if not getattr(sys.flags, "safe_path", False) and not sys.flags.isolated:
            # `-m` put the working directory here; a script has its own folder.
            sys.path[0] = os.path.dirname(os.path.realpath(script))
        _run_file(script)
    else:
        # A folder or an archive with a __main__ of its own.
        runpy.run_path(script, run_name="__main__")
    return 0


def _run_file(script: str) -> None:
    # Not by runpy: it gives the script the `__package__` of a module, and Werkzeug's
    # reloader would start it again as one.
    path = os.path.abspath(script) if sys.version_info >= (3, 9) else script
    loader = SourceFileLoader("__main__", path)
    module = ModuleType("__main__")
    vars(module).update(
        __builtins__=builtins,
        __cached__=None,
        __file__=path,
        __loader__=loader,
        __spec__=None,
    )
    sys.modules["__main__"] = module
    exec(loader.source_to_code(loader.get_data(path), path), vars(module))


def _fail(message: str) -> int:
    print(message, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
