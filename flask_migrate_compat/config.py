"""The Alembic configuration that every command of this package runs with."""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path
from typing import Any

import alembic
import alembic.config

from .errors import ScriptDirectoryError

alembic_version = tuple(int(part) for part in alembic.__version__.split(".")[:3])


class Config(alembic.config.Config):
    """Configure Alembic from a migrations folder.

    :param template_directory: folder in which ``init`` looks for its template;
        without it, the templates that come with this package.

    All other arguments are those of :class:`alembic.config.Config`. Unlike there,
    ``stdout`` is looked up when the object is made and not when Alembic is imported,
    so that output arrives where a test runner or a click runner has redirected it.

    Source: Flask-Migrate has had this class since 1.0, ``template_directory`` since
    2.6.
    """

    def __init__(
        self, *args: Any, template_directory: str | None = None, **kwargs: Any
    ) -> None:
        kwargs.setdefault("stdout", sys.stdout)
        super().__init__(*args, **kwargs)
        self.template_directory = template_directory

    @functools.cached_property
    def file_config(self) -> Any:
        """Return the parsed ``alembic.ini``, in which ``%(here)s`` is any folder.

        Alembic makes ``here`` a default of every section and forgets to double the
        percent signs in it, so that a folder ``100%`` breaks all that reads settings.
        """
        parser: Any = super().file_config
        parser.defaults()["here"] = parser.defaults()["here"].replace("%", "%%")
        return parser

    def set_script_location(self, directory: str) -> None:
        """Set the migrations folder, whatever characters its name has.

        :param directory: the folder.
        """
        if ":" in directory:
            # Alembic takes a relative "a:b" for the folder b of a Python package a.
            directory = os.path.abspath(directory)
        self.set_main_option("script_location", directory.replace("%", "%%"))

    def get_template_directory(self) -> str:
        """Return the folder that holds one sub-folder per template.

        :returns: its path.
        :raises ScriptDirectoryError: when this package is in an archive: Alembic reads
            the templates as files.
        """
        if self.template_directory:
            return self.template_directory
        folder = Path(__file__).parent / "templates"
        if not folder.is_dir():
            raise ScriptDirectoryError(
                "The templates cannot be read from an archive.",
                "Install the package unpacked, or give -t the path of a folder.",
            )
        return str(folder)
