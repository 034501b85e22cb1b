"""The extension object, without a command line."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from flask_migrate_compat import Config, Migrate, MigrateError
from flask_migrate_compat.errors import NotConfiguredError, ScriptDirectoryError
from flask_migrate_compat.extension import current_state, has_plain_config


class Database:
    metadata = "the metadata"


db = Database()


def test_whether_the_configuration_is_plain() -> None:
    class OwnConfig(Migrate):
        def get_config(self, *args: Any, **kwargs: Any) -> Any:
            return super().get_config(*args, **kwargs)

    class OwnCallbacks(Migrate):
        def call_configure_callbacks(self, config: Any) -> Any:
            return config

    assert has_plain_config(Migrate())
    for other in (OwnConfig(), OwnCallbacks(), SimpleNamespace(configure_callbacks=[])):
        assert not has_plain_config(other)


def test_without_an_app_nothing_is_configured() -> None:
    migrate = Migrate(db=db, directory="other", command="schema")
    assert (migrate.db, migrate.directory, migrate.command) == (db, "other", "schema")


def test_env_py_finds_what_it_expects() -> None:
    app = Flask("one")
    migrate = Migrate(app, db, include_schemas=True)
    state = app.extensions["migrate"]
    assert state.migrate is migrate
    assert state.db is db
    assert state.metadata == "the metadata"
    assert state.directory == "migrations"
    assert state.configure_args == {
        "compare_type": True,
        "render_as_batch": True,
        "include_schemas": True,
    }
    assert "db" in app.cli.commands


def test_one_extension_serves_several_apps() -> None:
    migrate = Migrate(db=db, compare_type=False)
    one, two, three = Flask("one"), Flask("two"), Flask("three")
    other = Database()
    migrate.init_app(one, directory="first", command="schema", version_table="v1")
    migrate.init_app(two, other, render_as_batch=False)
    migrate.init_app(three, compare_type=True)

    states = [app.extensions["migrate"] for app in (one, two, three)]
    assert [state.directory for state in states] == [
        "first",
        "migrations",
        "migrations",
    ]
    assert [state.db for state in states] == [db, other, db]
    assert [state.configure_args["compare_type"] for state in states] == [
        False,
        False,
        True,
    ]
    assert states[0].configure_args["version_table"] == "v1"
    assert "version_table" not in states[1].configure_args
    assert states[1].configure_args["render_as_batch"] is False
    assert list(one.cli.commands) == ["schema"]
    for app, directory in ((one, "first"), (two, "migrations")):
        with app.app_context():
            config = migrate.get_config()
            assert config.get_main_option("script_location") == directory


def test_a_factory_passes_the_database_later() -> None:
    migrate = Migrate()
    app = Flask("one")
    migrate.init_app(app, db)
    assert app.extensions["migrate"].db is db
    assert migrate.db is db


def test_directories_may_be_paths(tmp_path: Path) -> None:
    app = Flask("one")
    migrate = Migrate(app, db, directory=tmp_path / "migrations")
    assert app.extensions["migrate"].directory == str(tmp_path / "migrations")
    config = migrate.get_config(tmp_path / "100% other")
    assert config.config_file_name == str(tmp_path / "100% other" / "alembic.ini")
    assert config.get_main_option("script_location") == str(tmp_path / "100% other")


@pytest.mark.parametrize(
    ("x_arg", "expected"),
    [(None, []), ("a=1", ["a=1"]), (["a", "b"], ["a", "b"]), (("a",), ["a"])],
)
def test_x_arguments_are_a_list(x_arg: Any, expected: list[str]) -> None:
    config = Migrate(directory="m").get_config(x_arg=x_arg, opts=["autogenerate"])
    assert config.cmd_opts.x == expected
    assert config.cmd_opts.autogenerate is True
    assert isinstance(config, Config)


def test_configure_callbacks_run_in_order() -> None:
    migrate = Migrate()

    @migrate.configure
    def first(config: Config) -> Config:
        config.set_main_option("name", "first")
        return config

    @migrate.configure
    def second(config: Config) -> Config:
        config.set_main_option("name", config.get_main_option("name") + " second")
        return config

    assert migrate.get_config().get_main_option("name") == "first second"


def test_a_configure_callback_that_forgets_to_return_is_named() -> None:
    migrate = Migrate()

    @migrate.configure
    def forgetful(config: Config) -> None: ...

    with pytest.raises(MigrateError, match=r"forgetful returned None.*return config"):
        migrate.get_config()


def test_a_folder_without_alembic_ini_is_accepted(tmp_path: Path) -> None:
    config = Migrate().get_config(tmp_path)
    assert config.get_main_option("sqlalchemy.url") is None


@pytest.mark.parametrize(
    "content", [b"no section = here", b"[alembic]\nkey", b"\xff\xfe\x00\x81"]
)
def test_an_alembic_ini_that_cannot_be_parsed(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "alembic.ini").write_bytes(content)
    with pytest.raises(ScriptDirectoryError, match="Cannot read") as info:
        Migrate().get_config(tmp_path)
    assert "\n" not in str(info.value)


def test_an_alembic_ini_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "alembic.ini").mkdir()
    with pytest.raises(ScriptDirectoryError, match="Cannot read"):
        Migrate().get_config(tmp_path)


def test_the_current_state_needs_a_context_and_an_extension() -> None:
    with pytest.raises(NotConfiguredError, match=r"app\.app_context"):
        current_state()
    app = Flask("bare")
    with app.app_context(), pytest.raises(NotConfiguredError, match=r"'bare'.*Migrate"):
        current_state()


def test_output_goes_where_stdout_is_now(capsys: pytest.CaptureFixture[str]) -> None:
    Config().print_stdout("seen")
    assert capsys.readouterr().out == "seen" + os.linesep
