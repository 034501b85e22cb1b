"""``flask.ext.x``, ``flaskext.x`` and ``flask.exthook``, with a Flask that has none.

The list of what must work is that of Flask 0.12, which had it natively.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import flask
import pytest

from flask_migrate_compat.legacy.finder import find_elsewhere

from .interpreter import Interpreter, fake_flask

IMPORTS = {
    "a name of it": "from flask.ext.x import value",
    "the module": "from flask.ext import x; value = x.value",
    "with another name": "import flask.ext.x as z; value = z.value",
    "the whole path": "import flask.ext.x; value = flask.ext.x.value",
    "everything": "from flask.ext.x import *",
    "by function": "value = __import__('flask.ext.x', fromlist=['x']).value",
    "the oldest name": "import flaskext.x; value = flaskext.x.value",
    "from the oldest name": "from flaskext import x; value = x.value",
}


@pytest.mark.parametrize("statement", IMPORTS.values(), ids=IMPORTS)
@pytest.mark.parametrize("kind", ["module", "package"])
def test_an_extension_is_found_by_its_old_name(
    tmp_path: Path, statement: str, kind: str
) -> None:
    python = fake_flask(tmp_path)
    if kind == "module":
        python.write(flask_x="value = 'new'")
    else:
        python.package("flask_x", "value = 'new'")
    assert python.output(f"{statement}\nprint(value)").strip() == "new"


@pytest.mark.parametrize("init", ["", "__import__('pkgutil').extend_path([], '')"])
def test_an_extension_in_the_oldest_place_is_found(tmp_path: Path, init: str) -> None:
    python = fake_flask(tmp_path)
    python.package("flaskext", init, x="value = 'old'")
    python.package("flaskext.pack", "value = 'old'", y="")
    python.output(
        "from flask.ext.x import value\n"
        "from flask.ext import x, pack\n"
        "import flask.ext.pack.y, flaskext.pack.y, flaskext.x\n"
        "assert value == 'old' and x.__name__ == 'flaskext.x' and x is flaskext.x\n"
        "assert flask.ext.pack.y is flaskext.pack.y\n"
    )


def test_the_new_place_goes_before_the_oldest(tmp_path: Path) -> None:
    python = fake_flask(tmp_path)
    python.write(flask_x="value = 'new'")
    python.package("flaskext", x="value = 'old'")
    assert python.output("from flask.ext.x import value; print(value)") == "new\n"
    assert python.output("from flaskext.x import value; print(value)") == "old\n"


def test_it_is_the_same_module_and_stays_what_it_is(tmp_path: Path) -> None:
    python = fake_flask(tmp_path)
    python.package("flask_x", "loads = []", y="value = 1")
    python.output(
        "import flask.ext.x\n"
        "import flask.ext.x.y as y\n"
        "from flask.ext.x import y as same\n"
        "import sys, flask_x.y\n"
        "assert flask.ext.x is flask_x and y is same is flask_x.y is flask.ext.x.y\n"
        "assert sys.modules['flask.ext.x.y'] is sys.modules['flask_x.y']\n"
        "for module, name in ((flask_x, 'flask_x'), (y, 'flask_x.y')):\n"
        "    assert module.__name__ == module.__spec__.name == name\n"
        "    assert module.__loader__ is module.__spec__.loader\n"
        "    assert type(module.__loader__).__name__ == 'SourceFileLoader'\n"
        "    assert module.__file__ == module.__spec__.origin\n"
        "    assert module.__package__ == 'flask_x'\n"
        "    assert not getattr(module.__spec__, '_initializing', False)\n"
        "import importlib, inspect\n"
        "assert importlib.reload(flask.ext.x) is flask_x\n"
        "assert importlib.import_module('flask.ext.x') is flask_x\n"
        "assert inspect.getsource(flask.ext.x).strip() == 'loads = []'\n"
        "assert not [key for key in vars(flask.ext) if '.' in key]\n"
    )


def test_a_module_that_replaces_itself_is_found_as_what_it_became(
    tmp_path: Path,
) -> None:
    python = fake_flask(tmp_path)
    python.write(
        flask_x="import sys\nclass Lazy: value = 5\nsys.modules[__name__] = Lazy()"
    )
    python.output(
        "import flask.ext.x, flask_x\n"
        "assert flask.ext.x is flask_x and flask_x.value == 5"
    )


def test_an_extension_may_import_itself_by_its_old_name(tmp_path: Path) -> None:
    python = fake_flask(tmp_path)
    python.package(
        "flask_x",
        "import flask.ext.x.y\nfrom flask.ext.x.y import value\n"
        "from flask.ext import x",
        y="value = 3",
    )
    python.output(
        "from flask.ext.x import value, x\nimport sys, flask_x\n"
        "assert value == 3 and sys.modules['flask.ext.x'] is flask_x is x"
    )


MISSING = [
    "import flask.ext.foo",
    "from flask.ext import foo",
    "from flask.ext.foo import y",
]


@pytest.mark.parametrize("statement", MISSING)
def test_a_missing_extension_is_called_by_the_name_that_was_asked_for(
    tmp_path: Path, statement: str
) -> None:
    fake_flask(tmp_path).output(
        "try:\n"
        f"    {statement}\n"
        "except ModuleNotFoundError as error:\n"
        "    assert str(error) == \"No module named 'flask.ext.foo'\"\n"
        "    assert error.name == 'flask.ext.foo'\n"
        "else:\n"
        "    raise SystemExit('found')\n"
        "import flask.ext, flaskext\n"
        "assert not hasattr(flask.ext, 'foo') and not hasattr(flaskext, 'foo')\n"
    )


def test_a_missing_submodule_is_called_by_the_name_that_was_asked_for(
    tmp_path: Path,
) -> None:
    python = fake_flask(tmp_path)
    python.package("flask_x")
    error = python.error("import flask.ext.x.nothing")
    assert "ModuleNotFoundError: No module named 'flask.ext.x.nothing'" in error


BROKEN = {
    "an import": ("import missing_module", "ModuleNotFoundError", "missing_module"),
    "a name": ("from os import missing_name", "ImportError", "os"),
    "another error": ("raise ZeroDivisionError('x')", "ZeroDivisionError", ""),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_an_error_inside_an_extension_arrives_unchanged(
    tmp_path: Path, broken: tuple[str, str, str]
) -> None:
    line, error, name = broken
    python = fake_flask(tmp_path)
    python.package("flask_x", f"import flask.ext.x.y\n{line}", y="")
    python.output(
        "import sys, traceback\n"
        "for again in range(2):\n"
        "    try:\n"
        "        import flask.ext.x\n"
        f"    except {error} as error:\n"
        f"        assert type(error).__name__ == {error!r}\n"
        f"        assert (getattr(error, 'name', None) or '') == {name!r}\n"
        "        frames = traceback.extract_tb(error.__traceback__)\n"
        "        assert frames[0].filename.endswith('main.py'), frames\n"
        f"        assert frames[-1].line == {line!r}, frames\n"
        "    else:\n"
        "        raise SystemExit('no error')\n"
        "    old = ('flask.ext.', 'flaskext')\n"
        "    left = [m for m in sys.modules if m.startswith(old)]\n"
        "    assert not left, left\n"
        "    assert 'flask_x' not in sys.modules\n"
        "    assert not hasattr(sys.modules['flask.ext'], 'x')\n"
        "open('flask_x/__init__.py', 'w').write('value = \"mended\"')\n"
        "import importlib; importlib.invalidate_caches()\n"
        "from flask.ext.x import value\n"
        "assert value == 'mended'\n"
    )


SHOW = "import warnings; warnings.simplefilter('always')\n"


@pytest.mark.parametrize(
    "statement",
    [
        "import flask.ext.x",
        "from flask.ext import x",
        "from flask.ext.x import y",
        "import flask.ext.x.y.z",
        "__import__('importlib').import_module('flask.ext.x.y')",
    ],
)
def test_one_warning_for_each_name_at_the_line_of_the_import(
    tmp_path: Path, statement: str
) -> None:
    python = fake_flask(tmp_path)
    python.package("flask_x")
    python.package("flask_x.y", z="")
    python.write(module=f"\n\n{statement}\nimport flask.ext.x\n")
    (tmp_path / "main.py").write_text(f"{SHOW}import module\n{statement}\n")
    result = python.run("main.py")
    assert result.returncode == 0, result.stderr
    warnings = [line for line in result.stderr.splitlines() if "Warning: " in line]
    assert len(warnings) == 1, result.stderr
    assert (
        f"{tmp_path / 'module.py'}:3: ExtDeprecationWarning: flask.ext.x" in warnings[0]
    )
    assert "import flask_x instead" in warnings[0]


def test_a_warning_that_is_an_error_leaves_nothing_behind(tmp_path: Path) -> None:
    python = fake_flask(tmp_path)
    python.write(flask_x="")
    python.output(
        "import sys, warnings\n"
        "from flask.exthook import ExtDeprecationWarning\n"
        "assert issubclass(ExtDeprecationWarning, DeprecationWarning)\n"
        "assert ExtDeprecationWarning.__module__ == 'flask.exthook'\n"
        "warnings.simplefilter('error', ExtDeprecationWarning)\n"
        "try:\n"
        "    import flask.ext.x\n"
        "except ExtDeprecationWarning:\n"
        "    assert 'flask.ext.x' not in sys.modules\n"
        "else:\n"
        "    raise SystemExit('no warning')\n"
        "warnings.simplefilter('ignore', ExtDeprecationWarning)\n"
        "import flask.ext.x\n"
    )


def test_extensions_in_an_archive_are_found(tmp_path: Path) -> None:
    python = fake_flask(tmp_path)
    with zipfile.ZipFile(tmp_path / "lib.zip", "w") as archive:
        archive.writestr("flask_x/__init__.py", "value = 1")
        archive.writestr("flask_x/y.py", "value = 2")
    python.output(
        "import sys\nsys.path.append('lib.zip')\n"
        "import flask.ext.x.y, flask_x.y\n"
        "assert flask.ext.x.y is flask_x.y and flask_x.y.value == 2\n"
    )


def test_a_native_flask_ext_is_left_alone(tmp_path: Path) -> None:
    python = fake_flask(tmp_path, exthook="native = True")
    python.package("flask.ext", "native = True", x="native = True")
    python.write(flask_x="")
    python.output(
        "import flask.ext.x, flask.exthook\n"
        "assert flask.ext.native and flask.ext.x.native and flask.exthook.native\n"
        "from flask_migrate_compat.legacy import uninstall\n"
        "uninstall()\n"
        "import sys\n"
        "assert 'flask.ext.x' in sys.modules\n"
    )


def test_the_installed_flask_gives_the_same_extension(tmp_path: Path) -> None:
    # Before 1.0 it is Flask that answers, since then it is this package.
    native = find_elsewhere("flask.exthook", flask.__path__) is not None
    out = Interpreter(tmp_path).output(
        "import flask.ext.script, flask.exthook, flask_script\n"
        "from flask.ext.sqlalchemy import SQLAlchemy\n"
        "assert flask.ext.script is flask_script\n"
        "print(hasattr(flask.exthook, 'ExtensionImporter'))\n"
    )
    assert out.strip() == str(native)
