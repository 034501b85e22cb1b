"""The migrations folder as files: whether it is there, and what may be added to it.

Alembic finds out too late about some of this, with half of it written.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING, Iterable, Iterator

from flask import current_app

from .errors import RevisionError, ScriptDirectoryError

if TYPE_CHECKING:
    from .config import Config


def check_is_there(directory: str) -> None:
    """Make sure that a migrations folder exists.

    :param directory: path of the folder.
    :raises ScriptDirectoryError: when it does not; names the one beside the
        application if there is one.
    """
    if os.path.isdir(directory):
        return
    hint = "Make it with 'init', or name another folder with --directory."
    # A relative folder is relative to the working directory, as in Flask-Migrate.
    root = current_app.root_path
    for folder in (root, os.path.dirname(root)):
        path = os.path.normpath(os.path.join(folder, directory))
        if os.path.isfile(os.path.join(path, "env.py")):
            hint = f"There is one in '{path}': go to '{folder}', or use --directory."
            break
    raise ScriptDirectoryError(f"There is no migrations folder '{directory}'.", hint)


def check_is_free(directory: str) -> None:
    """Make sure that a new migrations folder does not meet files that are there.

    :param directory: path of the folder to be.
    :raises ScriptDirectoryError: when it exists and is not empty.
    """
    if os.path.isdir(directory) and os.listdir(directory):
        raise ScriptDirectoryError(
            f"The folder '{directory}' already exists and is not empty.",
            "Name another folder with --directory.",
        )


def check_template(config: Config, template: str) -> None:
    """Make sure that a template is there and complete.

    :param config: knows the folder that holds the templates.
    :param template: name of the template.
    :raises ScriptDirectoryError: when it is not; nothing has been written then.
    """
    parent = config.get_template_directory()
    folder = os.path.join(parent, template)
    if not os.path.isdir(folder):
        raise ScriptDirectoryError(
            f"There is no template '{template}' in '{parent}'.",
            "See 'list-templates', or give the path of a template folder.",
        )
    for name in ("alembic.ini.mako", "env.py", "script.py.mako"):
        if not os.path.isfile(os.path.join(folder, name)):
            raise ScriptDirectoryError(
                f"The template folder '{folder}' has no {name}.",
                "Add it; the folder of the 'flask' template shows what belongs there.",
            )


@contextlib.contextmanager
def all_or_nothing(directory: str) -> Iterator[None]:
    """Remove what was written to a new folder if the block fails or is interrupted.

    :param directory: path of the folder, which is missing or empty.
    :raises ScriptDirectoryError: when the folder cannot be written.
    """
    made = os.path.abspath(directory)
    while not os.path.exists(os.path.dirname(made)):
        made = os.path.dirname(made)
    was_there = os.path.isdir(directory)
    try:
        yield
    except BaseException as error:
        if not was_there:
            shutil.rmtree(made, ignore_errors=True)
        else:
            _empty(directory)
        if isinstance(error, OSError):
            raise ScriptDirectoryError(
                f"Cannot write the folder '{directory}': {error.strerror or error}.",
                "Name another folder with --directory.",
            ) from error
        raise


def _empty(directory: str) -> None:
    for entry in os.scandir(directory):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            os.unlink(entry.path)


def check_new_names(
    config: Config, rev_id: str | None, branch_label: str | Iterable[str] | None
) -> None:
    """Make sure that the names for a new revision are not taken.

    Alembic writes the file first, and cannot read the folder any more after that.

    :param config: the configuration of the migrations folder.
    :param rev_id: identifier for the revision, if the user chose one.
    :param branch_label: label or labels for it.
    :raises RevisionError: when one of them is in use, or cannot be a file name.
    """
    labels = [branch_label] if isinstance(branch_label, str) else branch_label or ()
    names = [name for name in (rev_id, *labels) if name]
    if not names:
        return
    if rev_id and any(sign in rev_id for sign in "/\\"):
        raise RevisionError(
            f"'{rev_id}' cannot be a revision: it becomes part of a file name.",
            "Give another --rev-id, without slashes.",
        )
    from alembic.script import ScriptDirectory

    taken = set()
    for script in ScriptDirectory.from_config(config).walk_revisions():
        taken |= {script.revision, *script.branch_labels}
    for name in names:
        if name in taken:
            raise RevisionError(
                f"There is a revision or a branch '{name}' already.",
                "Choose another --rev-id or --branch-label; 'history' shows them all.",
            )
