"""The logging of the process is after a run what it was before it."""

from __future__ import annotations

import logging
import logging.handlers
import sys
import threading
from pathlib import Path
from typing import Any, Iterator

import pytest
from flask import Flask

from flask_migrate_compat import commands
from flask_migrate_compat.errors import RevisionError

from ..conftest import Project
from .applications import make_app, used, write_revision

# What the env.py of the Flask-Migrate releases up to 4.1 do, in their words for it.
LEGACY_CALL = "fileConfig(config.config_file_name)\n"
LEGACY_INI = """\
[loggers]
keys = root,sqlalchemy,alembic

[handlers]
keys = console

[formatters]
keys = generic

[logger_root]
level = WARN
handlers = console
qualname =

[logger_sqlalchemy]
level = WARN
handlers =
qualname = sqlalchemy.engine

[logger_alembic]
level = INFO
handlers =
qualname = alembic

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = generic

[formatter_generic]
format = %(levelname)-5.5s [%(name)s] %(message)s
"""


@pytest.fixture(autouse=True)
def _alembic_as_in_a_new_process() -> Iterator[None]:
    """Start from loggers that no other test has configured."""
    names = ["alembic", "sqlalchemy.engine", "flask_migrate", "alembic.env"]
    saved = [(logging.getLogger(name), logging.getLogger(name).level) for name in names]
    for logger, _ in saved:
        logger.setLevel(logging.NOTSET)
        logger.disabled = False
    yield
    for logger, level in saved:
        logger.setLevel(level)


@pytest.fixture
def app(folder: Path) -> Iterator[Flask]:
    with used(make_app(folder, {None: ["user"]})) as app:
        commands.init()
        legacy_folder(folder / "migrations")
        write_revision(folder, "a1")
        yield app


def legacy_folder(migrations: Path) -> None:
    """Configure the logging as the folders of Flask-Migrate do."""
    (migrations / "alembic.ini").write_text(LEGACY_INI)
    env = migrations / "env.py"
    text = env.read_text()
    start = text.index("if config.file_config.has_section")
    env.write_text(text[:start] + LEGACY_CALL + text[text.index("migrate = ") :])


def state() -> dict[str, Any]:
    """Return all that fileConfig could have changed."""
    loggers = {
        name: logger
        for name, logger in logging.root.manager.loggerDict.items()
        if isinstance(logger, logging.Logger)
    }
    loggers["root"] = logging.root
    return {
        name: (one.level, one.disabled, one.propagate, list(one.handlers))
        for name, one in loggers.items()
    }


def test_loggers_that_exist_are_as_before(app: Flask) -> None:
    mine = logging.getLogger("a_server.requests")
    mine.setLevel(logging.DEBUG)
    logging.getLogger("alembic.runtime.migration").setLevel(logging.ERROR)
    before = state()
    commands.upgrade()
    commands.current()
    after = state()
    assert {name: after[name] for name in before} == before


def test_without_the_guard_they_are_switched_off(
    app: Flask, unguarded: None, request: pytest.FixtureRequest
) -> None:
    mine = logging.getLogger("a_server.requests")
    saved = state()
    handlers = list(logging.root.handlers)
    try:
        commands.upgrade()
        assert mine.disabled
        assert logging.root.handlers != handlers
    finally:
        for name, (level, disabled, _, owned) in saved.items():
            logger = logging.getLogger(None if name == "root" else name)
            logger.setLevel(level)
            logger.disabled = disabled
            logger.handlers[:] = owned


def test_loggers_that_the_run_has_made_are_unused(app: Flask) -> None:
    env = Path("migrations", "env.py")
    ini = Path("migrations", "alembic.ini")
    ini.write_text(
        LEGACY_INI.replace("qualname = alembic", "qualname = made_by_the_run")
    )
    env.write_text(env.read_text())
    commands.upgrade()
    made = logging.getLogger("made_by_the_run")
    assert (made.level, made.handlers, made.disabled) == (logging.NOTSET, [], False)


def test_during_the_run_alembic_ini_is_obeyed(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    commands.upgrade()
    lines = capsys.readouterr().err.splitlines()
    assert "INFO  [alembic.runtime.migration] Running upgrade  -> a1, Title of a1" in (
        lines
    )
    assert len(lines) == len(set(lines))


def test_a_handler_on_the_terminal_does_not_show_lines_twice(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    handler = logging.StreamHandler(sys.stderr)
    logging.root.addHandler(handler)
    try:
        commands.upgrade()
        assert handler in logging.root.handlers
    finally:
        logging.root.removeHandler(handler)
    assert capsys.readouterr().err.count("Running upgrade") == 1


def test_files_and_caplog_go_on_receiving(
    app: Flask, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    handler = logging.FileHandler(str(tmp_path / "server.log"), mode="w")
    logging.root.addHandler(handler)
    mine = logging.getLogger("a_server.requests")
    mine.setLevel(logging.INFO)
    try:
        mine.info("before")
        commands.upgrade()
        mine.info("after")
    finally:
        logging.root.removeHandler(handler)
        handler.close()
    written = (tmp_path / "server.log").read_text().splitlines()
    assert written[0] == "before"
    assert written[-1] == "after"
    assert any(line.startswith("Running upgrade") for line in written)
    assert "after" in caplog.messages
    assert any(message.startswith("Running upgrade") for message in caplog.messages)


def test_a_memory_handler_keeps_its_target(app: Flask) -> None:
    received: list[logging.LogRecord] = []

    class Target(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            received.append(record)

    memory = logging.handlers.MemoryHandler(100, target=Target())
    mine = logging.getLogger("a_server.memory")
    mine.addHandler(memory)
    try:
        commands.upgrade()
        mine.error("kept")
        memory.flush()
    finally:
        mine.removeHandler(memory)
        memory.close()
    assert [record.getMessage() for record in received] == ["kept"]


def test_handlers_of_alembic_ini_are_closed(
    app: Flask, tmp_path: Path, folder: Path
) -> None:
    ini = Path("migrations", "alembic.ini")
    ini.write_text(
        LEGACY_INI.replace("class = StreamHandler", "class = FileHandler").replace(
            "(sys.stderr,)", "('run.log',)"
        )
    )
    commands.upgrade()  # a file left open is a ResourceWarning, which is an error
    assert "Running upgrade" in (folder / "run.log").read_text()


def test_after_an_error(app: Flask, folder: Path) -> None:
    write_revision(folder, "b1", "a1", upgrade="raise LookupError('mine')")
    before = state()
    with pytest.raises(LookupError, match="mine"):
        commands.upgrade()
    with pytest.raises(RevisionError):
        commands.upgrade(revision="nonsense")
    after = state()
    assert {name: after[name] for name in before} == before


def test_a_function_that_was_imported_earlier(app: Flask) -> None:
    """A helper module of env.py holds the real fileConfig."""
    Path("helper_of_env.py").write_text("from logging.config import fileConfig\n")
    sys.path.insert(0, str(Path.cwd()))
    try:
        __import__("helper_of_env")
    finally:
        sys.path.pop(0)
    env = Path("migrations", "env.py")
    env.write_text(
        env.read_text().replace(
            "from logging.config import fileConfig",
            "from helper_of_env import fileConfig",
        )
    )
    before = state()
    commands.upgrade()
    after = state()
    del sys.modules["helper_of_env"]
    assert {name: after[name] for name in before} == before


def test_another_thread_may_configure_its_logging(app: Flask, folder: Path) -> None:
    """What env.py gets is not what others get."""
    from flask_migrate_compat.running.logging_guard import _careful_file_config

    configured: set[logging.Logger] = set()
    (folder / "other.ini").write_text(
        LEGACY_INI.replace("alembic", "of_another").replace(
            "handlers = console", "handlers ="
        )
    )
    saved = state()
    with _careful_file_config(configured):
        thread = threading.Thread(
            target=lambda: logging.config.fileConfig(
                str(folder / "other.ini"), disable_existing_loggers=False
            )
        )
        handlers = list(logging.root.handlers)
        thread.start()
        thread.join()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(saved["root"][0])
    assert not configured


def test_errors_are_shown_without_our_logger(project: Project) -> None:
    """An alembic.ini from before Flask-Migrate 2.7 has no logger flask_migrate."""
    assert project.flask("db", "init").returncode == 0
    legacy_folder(project.migrations)
    project.write_revision("a1")
    done = project.flask("db", "upgrade", "nonsense")
    assert done.stderr.splitlines()[-1].startswith("Error: Can't locate revision")
