"""Let the database URL arrive in ``alembic.ini``'s place as the engine has it.

Deletable with this folder; three upstream events are healed here:

* SQLAlchemy 2.0: ``str(engine.url)`` shows ``***`` for the password. The files of
  Flask-Migrate 2.5.3 and 2.6.0 connect with that text.
* ``ConfigParser`` takes ``%`` for an interpolation. The files before 2.5.0 pass the
  URL as it is.
* Flask-SQLAlchemy 3.0: a bind may be a dictionary of engine options, and a relative
  SQLite file lies in ``instance``. The files before 2.5.3 pass the setting and not the
  engine's URL, and would migrate another file than the application opens.
"""

from __future__ import annotations

import contextlib
import copy
from typing import TYPE_CHECKING, Any, Iterator
from urllib.parse import quote

from .database import missing_engine

if TYPE_CHECKING:
    from .database import Run

URI = "SQLALCHEMY_DATABASE_URI"
BINDS = "SQLALCHEMY_BINDS"
OPTION = "sqlalchemy.url"


def text_of(url: Any) -> str:
    """Return a URL as text, with the password.

    :param url: a text, a ``URL``, or the engine options that Flask-SQLAlchemy 3 takes.
    """
    if isinstance(url, dict):
        url = url.get("url")
    if url is None or isinstance(url, str):
        return url or ""
    if hasattr(url, "render_as_string"):
        return str(url.render_as_string(hide_password=False))
    # SQLAlchemy 1.3 quotes three characters, and `%` is not one of them.
    url = copy.copy(url)
    for part in ("username", "password"):
        value = getattr(url, part)
        setattr(url, part, None if value is None else quote(value, safe=""))
    return str(url)


def setting(run: Run, bind: str | None) -> Any:
    """Return what the configuration of the application says about a database."""
    if bind is None:
        return run.app.config.get(URI)
    return (run.app.config.get(BINDS) or {}).get(bind)


@contextlib.contextmanager
def readable_settings(run: Run) -> Iterator[None]:
    """Let the two settings be text, as they always were under Flask-SQLAlchemy 2.

    They are touched only when they are something else, and put back after the run.
    """
    config = run.app.config
    readable: dict[str, Any] = {}
    if not isinstance(config.get(URI), str):
        # As it is set, and only else as the engine has it: a relative SQLite file
        # shall still be seen to be one.
        readable[URI] = text_of(config.get(URI) or run.engine_url(None)) or None
    binds = config.get(BINDS)
    if binds is None:
        # Alchemical has its own answer, which the files since 3.0.1 ask for then.
        if not hasattr(run.db, "bind_names"):
            readable[BINDS] = {}
    elif None in binds or not all(isinstance(url, str) for url in binds.values()):
        readable[BINDS] = {
            bind: text_of(url) or text_of(run.engine_url(bind))
            for bind, url in binds.items()
            if bind is not None
        }
    before = {name: config[name] for name in readable if name in config}
    with _options_beside(run, _connect_args(binds or {})):
        config.update(readable)
        try:
            yield
        finally:
            for name, value in readable.items():
                if config.get(name) is not value:
                    continue
                if name in before:
                    config[name] = before[name]
                else:
                    del config[name]


def _connect_args(binds: dict[Any, Any]) -> dict[str, Any]:
    """Return bind -> what its driver needs besides the URL, a certificate perhaps."""
    return {
        bind: options["connect_args"]
        for bind, options in binds.items()
        if isinstance(options, dict) and options.get("connect_args")
    }


@contextlib.contextmanager
def _options_beside(run: Run, connect_args: dict[str, Any]) -> Iterator[None]:
    """Hand driver arguments to the files that make their own engines."""
    config: Any = run.config
    original = config.get_section

    def get_section(name: str, *args: Any, **kwargs: Any) -> Any:
        section = original(name, *args, **kwargs)
        if section and name in connect_args:
            section = {**section, "sqlalchemy.connect_args": connect_args[name]}
        return section

    if connect_args:
        config.get_section = get_section
    try:
        yield
    finally:
        vars(config).pop("get_section", None)


@contextlib.contextmanager
def healed_urls(run: Run) -> Iterator[None]:
    """Put the right URL in where an ``env.py`` sets ``sqlalchemy.url``."""
    config: Any = run.config
    original = config.set_section_option

    def set_section_option(section: str, name: str, value: Any) -> None:
        if name != OPTION:
            original(section, name, value)
            return
        bind = None if section == config.config_ini_section else section
        url = url_meant(run, bind, value)
        if url is not None:
            original(section, name, url.replace("%", "%%"))
            return
        if value is None:
            raise missing_engine(bind)
        # A URL of the user's own: it stays, unless ConfigParser cannot take it.
        try:
            original(section, name, value)
        except ValueError:
            original(section, name, value.replace("%", "%%"))

    config.set_section_option = set_section_option
    try:
        yield
    finally:
        vars(config).pop("set_section_option", None)


def url_meant(run: Run, bind: str | None, value: Any) -> str | None:
    """Return the URL of a database, when it is one that an ``env.py`` means.

    :param bind: the name of the section that it is set in, ``None`` for the main one.
    :param value: what the file passes: the setting or ``str(engine.url)``, with
        percent signs doubled or not, with the password or with stars.
    :returns: the URL with its password, not doubled; ``None`` for another URL.
    """
    if not isinstance(value, str):
        return real_url(run, bind) or None
    # A section need not have the name of the database that it is about.
    for name in dict.fromkeys([bind, None, *(run.app.config.get(BINDS) or ())]):
        engine_url = run.engine_url(name)
        real = real_url(run, name)
        known = {real, text_of(setting(run, name)), str(engine_url), repr(engine_url)}
        if real and (value in known or value.replace("%%", "%") in known):
            return real
    return None


def real_url(run: Run, bind: str | None) -> str:
    """Return the URL of a database with its password, or an empty text."""
    return text_of(run.engine_url(bind)) or text_of(setting(run, bind))
