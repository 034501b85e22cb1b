"""Migrations folders with odd names, settings, line ends, and without write access."""

from __future__ import annotations

import py_compile
import re
import sys
from pathlib import Path
from typing import Iterator

import pytest
from flask import Flask

from flask_migrate_compat import commands
from flask_migrate_compat.errors import ScriptDirectoryError

from .conftest import Project
from .running.applications import (
    make_app,
    scripts,
    sqlite_url,
    tables,
    used,
    write_revision,
)

# What env.py of the releases before Flask-Migrate 2.5 does with the settings.
READS_SETTINGS = "config.get_section(config.config_ini_section)\n"


# Alembic 1.16 and newer want a separator to be named; old folders name none.
pytestmark = pytest.mark.filterwarnings("ignore:No path_separator found")


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.chdir(tmp_path)
    with used(make_app(tmp_path, {None: ["user"]})) as app:
        yield app


def run_everything(directory: str | None = None) -> None:
    """Run what writes and what reads, from an empty database to the newest revision."""
    first = commands.migrate(directory, "first", rev_id="a1")
    assert not isinstance(first, list)
    assert first is not None
    commands.upgrade(directory)
    commands.revision(directory, "Zweite: ein Maß für 100%", rev_id="b2")
    commands.upgrade(directory)
    commands.downgrade(directory)
    commands.upgrade(directory, sql=True)
    for command in (commands.heads, commands.history, commands.current, commands.show):
        command(directory)
    commands.stamp(directory)


def set_option(directory: Path, name: str, value: str) -> None:
    """Set an option in the section [alembic] of alembic.ini."""
    ini = directory / "alembic.ini"
    text = ini.read_bytes().decode("utf-8")
    line = f"[alembic]\n{name} = {value}\n"
    ini.write_bytes(text.replace("[alembic]\n", line, 1).encode("utf-8"))


@pytest.mark.parametrize(
    "name",
    [
        "migrations",
        "my migrations",
        "10:30",
        "tools:migrations",
        "Übersicht 移行",
        "100%",
        "%(here)s",
        "a,b;c",
        'quote\'d "twice"',
        "[section]",
        "deep/er/migrations",
    ],
)
def test_odd_names_of_folders(app: Flask, name: str) -> None:
    commands.init(name)
    env = Path(name, "env.py")
    env.write_text(env.read_text(encoding="utf-8") + READS_SETTINGS, encoding="utf-8")
    run_everything(name)
    assert (Path(name) / "versions").is_dir()
    assert "user" in tables(Path("app.db"))


@pytest.mark.parametrize("name", ["100%", "10:30", "%(here)sé"])
def test_odd_names_of_folders_above(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    folder = tmp_path / name
    folder.mkdir()
    monkeypatch.chdir(folder)
    with used(make_app(folder, {None: ["user"]}, uri=sqlite_url(tmp_path / "app.db"))):
        commands.init()
        env = Path("migrations", "env.py")
        env.write_text(env.read_text() + READS_SETTINGS)
        set_option(Path("migrations"), "version_locations", "%(here)s/versions")
        run_everything()


@pytest.mark.parametrize(
    "name",
    [
        "2014-01-01 12:30 first.py",
        "a1_größe_移行.py",
        "a1 (copy).py",
        "a1.first.py",
        "1.py",
        "import.py",
        "a1'%s\".py",
    ],
)
def test_odd_names_of_revisions(app: Flask, name: str) -> None:
    commands.init()
    write_revision(Path.cwd(), "a1").rename(Path("migrations", "versions", name))
    commands.upgrade()
    write_revision(Path.cwd(), "b2", "a1")
    commands.upgrade()
    commands.history(verbose=True)
    commands.show(revision="a1")
    commands.downgrade(revision="base")


def test_names_of_the_users_own(app: Flask) -> None:
    commands.init()
    migrations = Path("migrations")
    set_option(
        migrations,
        "file_template",
        "%%(year)d-%%(month).2d-%%(day).2d %%(hour).2d:%%(minute).2d"
        " %%(rev)s %%(slug)s",
    )
    set_option(migrations, "truncate_slug_length", "8")
    set_option(migrations, "timezone", "UTC")
    commands.migrate(message="First: größer und länger", rev_id="a1")
    (script,) = scripts(Path.cwd())
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d a1 first_\w*\.py$", script.name)
    assert "+00:00" in script.read_text(encoding="utf-8")
    commands.upgrade()
    commands.current(verbose=True)


def test_several_version_locations(app: Flask) -> None:
    commands.init()
    set_option(
        Path("migrations"),
        "version_locations",
        "%(here)s/versions %(here)s/more, %(here)s/third",
    )
    commands.revision(
        message="main", rev_id="a1", version_path="migrations/versions", head="base"
    )
    commands.revision(
        message="other",
        rev_id="b1",
        version_path=Path("migrations", "more"),
        head="base",
        branch_label="other",
    )
    assert list(Path("migrations", "more").glob("b1_*.py"))
    commands.upgrade(revision="heads")
    commands.current(check_heads=_has_check_heads())
    commands.history()
    commands.merge(revisions="heads", rev_id="c1")
    commands.upgrade()


def test_several_version_locations_with_a_separator(app: Flask) -> None:
    import alembic

    if tuple(map(int, alembic.__version__.split(".")[:2])) < (1, 7):
        pytest.skip("Alembic has had version_path_separator since 1.7")
    commands.init()
    newer = tuple(map(int, alembic.__version__.split(".")[:2])) >= (1, 16)
    separator = "path_separator" if newer else "version_path_separator"
    ini = Path("migrations", "alembic.ini")
    text = re.sub(r"(?m)^#? ?(version_)?path_separator.*\n", "", ini.read_text())
    ini.write_text(text)
    set_option(Path("migrations"), separator, ":" if sys.platform != "win32" else ";")
    set_option(
        Path("migrations"),
        "version_locations",
        "%(here)s/versions:%(here)s/with a space".replace(
            ":", ":" if sys.platform != "win32" else ";"
        ),
    )
    Path("migrations", "with a space").mkdir()
    write_revision(Path.cwd(), "a1")
    path = write_revision(Path.cwd(), "b1")
    path.rename(Path("migrations", "with a space", "b1.py"))
    commands.upgrade(revision="heads")
    commands.heads()


def _has_check_heads() -> bool:
    import inspect

    import alembic.command

    return "check_heads" in inspect.signature(alembic.command.current).parameters


@pytest.mark.parametrize("place", ["beside", "__pycache__"])
def test_sourceless(app: Flask, place: str) -> None:
    commands.init()
    set_option(Path("migrations"), "sourceless", "true")
    for revision, down_revision in (("a1", None), ("b2", "a1")):
        script = write_revision(Path.cwd(), revision, down_revision)
        target = str(script) + "c" if place == "beside" else None
        py_compile.compile(str(script), cfile=target, doraise=True)
        script.unlink()
    commands.upgrade()
    commands.history()
    commands.heads()
    commands.downgrade(revision="base")


@pytest.mark.parametrize("template", ["flask", "flask-multidb"])
def test_windows_line_ends(app: Flask, template: str) -> None:
    commands.init(template=template)
    for path in Path("migrations").rglob("*"):
        if path.is_file():
            content = path.read_bytes().replace(b"\r\n", b"\n")
            path.write_bytes(content.replace(b"\n", b"\r\n"))
    run_everything()
    for script in scripts(Path.cwd()):
        compile(script.read_bytes(), str(script), "exec")


def test_a_byte_order_mark(app: Flask) -> None:
    """Editors on Windows put one before the text."""
    commands.init()
    write_revision(Path.cwd(), "a1")
    for path in [*Path("migrations").rglob("*.py")]:
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    commands.upgrade()
    commands.history()


def test_a_relative_folder_from_elsewhere(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands.init()
    write_revision(Path.cwd(), "a1")
    home = Path.cwd()
    Path("deep", "er").mkdir(parents=True)
    monkeypatch.chdir(Path("deep", "er"))
    for directory in ("../../migrations", Path("..", "..", "migrations")):
        commands.upgrade(directory)
        commands.history(directory)
        commands.downgrade(directory)
    with pytest.raises(ScriptDirectoryError) as info:
        commands.upgrade()
    assert f"There is one in '{home / 'migrations'}'" in str(info.value)


# A read-only folder, also for root: every attempt to write below it is refused.
READ_ONLY = """\
import os, sys
folder = os.path.abspath("migrations")
writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

def refuse(event, arguments):
    if event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod"):
        path = arguments[0]
    elif event == "open" and (
        isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
        or arguments[2] & writes
    ):
        path = arguments[0]
    else:
        return
    if isinstance(path, int):
        return
    if os.path.abspath(os.fsdecode(path)).startswith(folder + os.sep):
        raise PermissionError(30, "Read-only file system", path)

sys.addaudithook(refuse)
"""


def test_a_read_only_folder(migrated: Project) -> None:
    """Whatever only reads the scripts works, without byte code being kept."""
    (migrated.path / "read_only.py").write_text(READ_ONLY)
    names = [
        "heads", "history", "branches", "show", "current", "upgrade", "downgrade",
        "stamp",
    ]  # fmt: skip
    code = (
        "import read_only, flask_migrate_compat as m; from app import app\n"
        "with app.app_context():\n"
        f"    for name in {names!r}: getattr(m, name)()\n"
        "    m.upgrade(sql=True)\n"
        "    try: m.revision(message='x')\n"
        "    except OSError as error: print('refused:', error.strerror)\n"
    )
    done = migrated.run("-c", code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "refused: Read-only file system"
    assert not list(migrated.migrations.rglob("__pycache__"))
