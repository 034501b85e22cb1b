"""The finder: what it costs, where it stands, and how it gets on with others."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from .interpreter import Interpreter, fake_flask

# Flask-Migrate may be installed where the tests run: hide it.
HIDE_FLASK_MIGRATE = """\
import sys
from importlib.machinery import PathFinder

class Hiding:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "flask_migrate":
            return PathFinder.find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Hiding
"""


def test_other_names_load_nothing_of_ours(tmp_path: Path) -> None:
    python = fake_flask(tmp_path, app="")
    out = python.output(
        "import sys, json.tool, flask.app\n"
        "print(sorted(m for m in sys.modules if m.startswith('flask_migrate')))"
    )
    assert out.strip() == str(
        [
            "flask_migrate_compat",
            "flask_migrate_compat.legacy",
            "flask_migrate_compat.legacy.finder",
        ]
    )


@pytest.mark.parametrize("name", ["json", "flask", "flask.app", "flask_login", ""])
def test_other_names_are_left_to_others(name: str) -> None:
    from flask_migrate_compat.legacy.finder import Finder

    assert Finder().find_spec(name) is None


def test_off_disables_everything(tmp_path: Path) -> None:
    python = fake_flask(tmp_path)
    python.write(flask_x="")
    code = (
        "import sys\n"
        "import flask_migrate_compat.legacy.auto\n"
        "assert not any('migrate' in type(f).__module__ for f in sys.meta_path)\n"
        "import flask.ext.x"
    )
    assert "No module named 'flask.ext'" in python.error(
        code, FLASK_MIGRATE_COMPAT="off"
    )
    assert "No module named 'flask.ext'" not in python.run("main.py").stderr


def test_there_is_one_finder_however_often_it_is_installed(tmp_path: Path) -> None:
    Interpreter(tmp_path).output(
        "import sys\n"
        "from flask_migrate_compat.legacy import install\n"
        "install(); install()\n"
        "for name in list(sys.modules):\n"
        "    if name.startswith('flask_migrate_compat'): del sys.modules[name]\n"
        "import flask_migrate_compat.legacy.auto\n"
        "ours = [f for f in sys.meta_path if type(f).__name__ == 'Finder']\n"
        "assert ours == sys.meta_path[:1], sys.meta_path\n"
    )


def test_uninstall_leaves_everything_as_it_was(tmp_path: Path) -> None:
    python = fake_flask(tmp_path)
    python.package("flask_x", y="")
    python.output(
        "import sys, warnings, flask, flask_x.y\n"
        "from flask_migrate_compat.legacy import install, uninstall\n"
        "import flask_migrate_compat.legacy.flask_ext\n"
        "uninstall()\n"
        "before = set(sys.modules), set(vars(flask)), list(sys.meta_path)\n"
        "install()\n"
        "import flask.ext.x.y, flask.exthook, flaskext.x\n"
        "assert flask.ext.x.y is flask_x.y\n"
        "uninstall()\n"
        "assert (set(sys.modules), set(vars(flask)), list(sys.meta_path)) == before\n"
        "assert vars(flask_x)['y'] is sys.modules['flask_x.y']\n"
        "uninstall()\n"
    )


def test_looking_for_a_module_does_not_import_it(tmp_path: Path) -> None:
    python = fake_flask(tmp_path)
    python.write(flask_x="raise SystemError('imported')")
    python.output(
        "import sys, pkgutil, importlib\n"
        "from importlib.util import find_spec\n"
        "assert find_spec('flask.ext.x') is not None\n"
        "assert find_spec('flask.ext.absent') is None\n"
        "loader = find_spec('flask_script').loader\n"
        "assert loader.is_package('flask_script')\n"
        "assert 'Manager' in loader.get_source('flask_script')\n"
        "assert list(pkgutil.iter_modules(sys.modules['flask.ext'].__path__)) == []\n"
        "importlib.invalidate_caches()\n"
        "assert 'flask_x' not in sys.modules and 'flask_script' not in sys.modules\n"
    )


def test_a_finder_that_starts_the_search_again_is_no_endless_loop(
    tmp_path: Path,
) -> None:
    python = Interpreter(tmp_path)
    python.package("flask_migrate", "loads = 'once'")
    python.output(
        "import sys\n"
        "from importlib.util import find_spec\n"
        "class Wrapping:\n"
        "    busy = False\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if self.busy or name != 'flask_migrate':\n"
        "            return None\n"
        "        self.busy = True\n"
        "        try:\n"
        "            return find_spec(name)\n"
        "        finally:\n"
        "            self.busy = False\n"
        "for place in (0, 1):\n"
        "    wrapping = Wrapping()\n"
        "    sys.meta_path.insert(place, wrapping)\n"
        "    import flask_migrate\n"
        "    assert flask_migrate.loads == 'once'\n"
        "    assert type(flask_migrate.__loader__).__name__ == 'SourceFileLoader'\n"
        "    del sys.modules['flask_migrate']\n"
        "    sys.meta_path.remove(wrapping)\n"
    )


def test_finders_of_the_old_protocol_are_asked_where_python_asks_them(
    tmp_path: Path,
) -> None:
    out = fake_flask(tmp_path).output(
        "import sys\n"
        "class Old:\n"
        "    def find_module(self, name, path=None):\n"
        "        return self if name == 'flask.ext.x' else None\n"
        "sys.meta_path.append(Old())\n"
        "from flask_migrate_compat.legacy.finder import find_elsewhere\n"
        "print(find_elsewhere('flask.ext.x') is not None)\n"
    )
    assert out.strip() == str(sys.version_info < (3, 12))


def test_the_finder_of_pytest_gets_on_with_it(tmp_path: Path) -> None:
    python = Interpreter(tmp_path)
    python.write(
        test_old="from flask.ext.script import Manager\n"
        "def test_it():\n"
        "    import flask_script\n"
        "    assert Manager is flask_script.Manager\n"
    )
    result = python.run("-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert "1 passed" in result.stdout, result.stdout


def test_threads_get_the_same_module_loaded_once(tmp_path: Path) -> None:
    python = fake_flask(tmp_path)
    python.package(
        "flask_x",
        "import time\nfrom count import loads\nloads.append(1)\n"
        "time.sleep(0.1)\ndone = 1\n",
        y="import time\ntime.sleep(0.05)\n",
    )
    python.write(count="loads = []")
    python.output(
        "import importlib, threading, count\n"
        "names = ['flask.ext.x', 'flask_x', 'flask.ext.x.y', 'flaskext.x'] * 4\n"
        "found = []\n"
        "def load(name):\n"
        "    module = importlib.import_module(name)\n"
        "    done = module.__name__ == 'flask_x.y' or module.done\n"
        "    found.append((module.__name__, id(module), done))\n"
        "threads = [threading.Thread(target=load, args=[name]) for name in names]\n"
        "for thread in threads: thread.start()\n"
        "for thread in threads: thread.join()\n"
        "assert len(found) == 16 and len(set(found)) == 2, found\n"
        "assert len(count.loads) == 1\n"
    )


@pytest.mark.parametrize("next_alias", ["flask.ext.other", "flaskext.bad"])
def test_an_alias_of_a_package_that_failed_goes_with_the_next_alias(
    tmp_path: Path, next_alias: str
) -> None:
    # The import begins with the real name: no finder is told that it failed.
    python = fake_flask(tmp_path)
    python.write(
        flask_bad="import os, flask.ext.bad\n"
        "if 'MENDED' not in os.environ: raise LookupError('bad')\nq = 1\n",
        flask_other="",
    )
    python.output(
        "import importlib, os, sys\n"
        "def fails(name):\n"
        "    try: importlib.import_module(name)\n"
        "    except LookupError: return True\n"
        "    return False\n"
        "assert fails('flask_bad')\n"
        f"assert fails({next_alias!r}) == {next_alias == 'flaskext.bad'}\n"
        "assert 'flask.ext.bad' not in sys.modules\n"
        "assert not hasattr(sys.modules['flask.ext'], 'bad')\n"
        "assert fails('flask.ext.bad')\n"
        "os.environ['MENDED'] = 'yes'\n"
        "from flask.ext.bad import q\n"
        "import flask_bad\n"
        "assert sys.modules['flask.ext.bad'] is flask_bad\n"
    )


def test_an_alias_stays_while_its_package_is_still_being_loaded(
    tmp_path: Path,
) -> None:
    python = fake_flask(tmp_path)
    python.package(
        "flask_x",
        "import sys, flask.ext.x\nimport flask.ext.other, flask.ext.x.y\n"
        "assert sys.modules['flask.ext.x'] is sys.modules['flask_x']\n",
        y="",
    )
    python.write(flask_other="")
    python.output("import flask_x, flask.ext.x\nassert flask.ext.x is flask_x\n")


def test_a_module_that_another_thread_took_away_is_an_import_error() -> None:
    from flask_migrate_compat.legacy.finder import AliasLoader, Finder

    finder = Finder()
    loader = AliasLoader(finder, "flask_gone", deprecated=False)
    with pytest.raises(ImportError, match=r"flask_gone .*another thread") as info:
        loader.exec_module(ModuleType("flask.ext.gone"))
    assert info.value.name == "flask_gone"
    assert not finder.aliases


def test_an_absent_flask_migrate_is_served(tmp_path: Path) -> None:
    Interpreter(tmp_path).output(
        HIDE_FLASK_MIGRATE + "import flask_migrate\n"
        "import flask_migrate.cli, flask_migrate_compat.cli\n"
        "assert flask_migrate.cli is flask_migrate_compat.cli\n"
        "from flask_migrate import Migrate, upgrade, cli\n"
        "assert flask_migrate.__file__.endswith('flask_migrate.py')\n"
        "assert flask_migrate.__spec__.name == 'flask_migrate'\n"
        "assert flask_migrate.__name__ == 'flask_migrate'\n"
        "assert flask_migrate.__package__ == 'flask_migrate'\n"
        "import inspect\n"
        "assert 'catch_errors' in inspect.getsource(flask_migrate)\n"
        "assert flask_migrate_compat.cli.__spec__.name == 'flask_migrate_compat.cli'\n"
        "from importlib import reload\n"
        "assert reload(flask_migrate) is flask_migrate\n"
        "from flask_migrate_compat.legacy import uninstall\n"
        "uninstall()\n"
        "import sys\n"
        "assert not [m for m in sys.modules if m.split('.')[0] == 'flask_migrate']\n"
        "assert 'flask_migrate_compat.cli' in sys.modules\n"
    )


def test_flask_ext_migrate_is_the_served_flask_migrate(tmp_path: Path) -> None:
    Interpreter(tmp_path).output(
        HIDE_FLASK_MIGRATE + "from flask.ext import migrate\n"
        "import flask_migrate\n"
        "assert migrate is flask_migrate\n"
        "from flask.ext.migrate import Migrate, MigrateCommand\n"
        "from flask_script import Manager\n"
        "assert isinstance(MigrateCommand, Manager)\n"
    )


def test_the_other_submodules_of_a_served_flask_migrate_do_not_exist(
    tmp_path: Path,
) -> None:
    error = Interpreter(tmp_path).error(
        HIDE_FLASK_MIGRATE + "import flask_migrate.finder"
    )
    assert "No module named 'flask_migrate.finder'" in error


def test_an_installed_flask_migrate_that_has_the_name_is_left_alone(
    tmp_path: Path,
) -> None:
    python = Interpreter(tmp_path)
    python.package("flask_migrate", "MigrateCommand = 'theirs'", cli="name = 'theirs'")
    python.output(
        "import flask_migrate, flask_migrate.cli\n"
        "assert flask_migrate.MigrateCommand == flask_migrate.cli.name == 'theirs'\n"
        "assert '__getattr__' not in vars(flask_migrate)\n"
    )


@pytest.mark.parametrize(
    "own",
    [
        "",
        "def __getattr__(name):\n    if name == 'z': return 3\n"
        "    raise AttributeError(name)\n",
    ],
)
def test_an_installed_flask_migrate_gains_the_missing_name(
    tmp_path: Path, own: str
) -> None:
    python = Interpreter(tmp_path)
    python.package("flask_migrate", f"Migrate = 'theirs'\n{own}", cli="name = 'theirs'")
    python.output(
        "import sys, flask_migrate, flask_migrate.cli\n"
        "assert flask_migrate.Migrate == flask_migrate.cli.name == 'theirs'\n"
        "assert 'flask_script' not in sys.modules\n"
        "from flask_migrate import MigrateCommand\n"
        "from flask_migrate_compat.legacy.manager import MigrateCommand as ours\n"
        "assert MigrateCommand is ours\n"
        f"assert getattr(flask_migrate, 'z', None) == {3 if own else None}\n"
        "assert not hasattr(flask_migrate, 'missing')\n"
        "from flask_migrate_compat.legacy import uninstall\n"
        "uninstall()\n"
        "assert not hasattr(flask_migrate, 'MigrateCommand')\n"
        f"assert getattr(flask_migrate, 'z', None) == {3 if own else None}\n"
    )


def test_an_installed_flask_migrate_that_is_broken_says_so(tmp_path: Path) -> None:
    python = Interpreter(tmp_path)
    python.package("flask_migrate", "import not_there")
    error = python.error("import flask_migrate")
    assert error.rstrip().endswith("ModuleNotFoundError: No module named 'not_there'")


def test_the_folder_that_an_uninstallation_left_is_no_flask_migrate(
    tmp_path: Path,
) -> None:
    (tmp_path / "flask_migrate" / "templates").mkdir(parents=True)
    only_here = HIDE_FLASK_MIGRATE.replace(
        'if name != "flask_migrate":',
        'path = sys.path[:1] if name == "flask_migrate" else path\n        if True:',
    )
    Interpreter(tmp_path).output(
        only_here + "import flask_migrate\n"
        "assert flask_migrate.__file__ is not None, flask_migrate\n"
        "from flask_migrate import Migrate\n"
    )
