"""``FLASK_MIGRATE_COMPAT=wide``: the names that Flask removed, for a whole process."""

from __future__ import annotations

from pathlib import Path

import pytest

from .interpreter import Interpreter, fake_flask

WIDE = {"FLASK_MIGRATE_COMPAT": "wide"}
SHOW = "import warnings; warnings.simplefilter('always')\n"
COMPAT = (
    "text_type",
    "string_types",
    "integer_types",
    "iteritems",
    "itervalues",
    "iterkeys",
    "reraise",
    "with_metaclass",
    "implements_to_string",
    "PY2",
    "BROKEN_PYPY_CTXMGR_EXIT",
)


def test_without_the_switch_flask_stays_what_it_is(tmp_path: Path) -> None:
    code = (
        "import flask, flask.globals, flask_script, importlib.util\n"
        "names = [hasattr(m, n) for m in (flask, flask.globals)\n"
        "         for n in ('_request_ctx_stack', '_app_ctx_stack')]\n"
        "print(names, importlib.util.find_spec('flask._compat') is not None)\n"
    )
    python = Interpreter(tmp_path)
    off = python.output(code.replace("flask_script, ", ""), FLASK_MIGRATE_COMPAT="off")
    assert python.output(code) == off


def test_nothing_of_flask_is_loaded_at_start_up(tmp_path: Path) -> None:
    Interpreter(tmp_path).output(
        "import sys\nassert 'flask' not in sys.modules\nassert sys.meta_path[0].wide\n",
        **WIDE,
    )


def test_what_flask_has_itself_is_left_alone(tmp_path: Path) -> None:
    python = fake_flask(tmp_path, _compat="text_type = 'own'", globals="")
    (tmp_path / "flask" / "__init__.py").write_text(
        "_request_ctx_stack = 'own'\n"
        "class own_later: push = 1\n"
        "def __getattr__(name):\n"
        "    if name == '_app_ctx_stack': return own_later\n"
        "    raise AttributeError(name)\n"
    )
    python.output(
        "import warnings; warnings.simplefilter('error')\n"
        "from flask._compat import text_type\n"
        "from flask import _request_ctx_stack, _app_ctx_stack\n"
        "assert text_type == _request_ctx_stack == 'own'\n"
        "import flask\n"
        "assert _app_ctx_stack is flask.own_later\n"
        "assert not hasattr(flask, 'nothing')\n",
        **WIDE,
    )


def test_every_name_of_the_old_module_is_there(tmp_path: Path) -> None:
    Interpreter(tmp_path).output(
        f"from flask._compat import {', '.join(COMPAT)}\n"
        "import flask._compat\n"
        "assert text_type is str and string_types == (str,) and not PY2\n"
        "assert list(iteritems({1: 2})) == [(1, 2)]\n"
        "assert list(iterkeys({1: 2})) == [1] and list(itervalues({1: 2})) == [2]\n"
        "class Meta(type):\n"
        "    made = []\n"
        "    def __init__(cls, name, bases, body): cls.made.append(name)\n"
        "class Base(object): pass\n"
        "class Real(with_metaclass(Meta, Base)): pass\n"
        "assert type(Real) is Meta and Real.__mro__ == (Real, Base, object)\n"
        "assert 'Real' in Meta.made\n"
        "try: raise KeyError('x')\n"
        "except KeyError as error:\n"
        "    import sys\n"
        "    try: reraise(*sys.exc_info())\n"
        "    except KeyError as again: assert again is error\n"
        "assert not hasattr(flask._compat, 'nothing')\n"
        "assert implements_to_string(Real) is Real\n",
        **WIDE,
    )


def test_a_served_name_warns_at_the_line_that_takes_it(tmp_path: Path) -> None:
    python = fake_flask(tmp_path)
    python.write(extension="\nfrom flask._compat import text_type\n")
    (tmp_path / "main.py").write_text(SHOW + "import extension\n")
    result = python.run("main.py", **WIDE)
    assert result.returncode == 0, result.stderr
    assert f"{tmp_path / 'extension.py'}:2: DeprecationWarning: Flask 2.0" in (
        result.stderr
    )


STACKS = """\
from flask import Flask
{imports}
app = Flask("x")
assert _request_ctx_stack.top is None and _app_ctx_stack.top is None
with app.app_context() as context:
    assert _app_ctx_stack.top is context and context.app is app
    assert _request_ctx_stack.top is None
with app.test_request_context("/there") as context:
    assert _request_ctx_stack.top.app is app and _app_ctx_stack.top.app is app
    assert _request_ctx_stack.top.request.path == "/there"
assert _request_ctx_stack.top is None and _app_ctx_stack.top is None
# An extension of the time pushes a context of its own.
own = app.app_context()
_app_ctx_stack.push(own)
assert _app_ctx_stack.top is own
assert _app_ctx_stack.pop() is own
assert _app_ctx_stack.top is None and _app_ctx_stack.pop() is None
"""


@pytest.mark.parametrize(
    "imports",
    [
        "from flask import _request_ctx_stack, _app_ctx_stack",
        "from flask.globals import _request_ctx_stack, _app_ctx_stack",
        "import flask; _request_ctx_stack = flask._request_ctx_stack\n"
        "_app_ctx_stack = flask._app_ctx_stack",
    ],
)
def test_the_stacks_of_contexts_are_there(tmp_path: Path, imports: str) -> None:
    Interpreter(tmp_path).output(STACKS.format(imports=imports), **WIDE)


def test_a_served_stack_warns_once_at_the_line_that_takes_it(tmp_path: Path) -> None:
    python = fake_flask(tmp_path, globals="")
    (tmp_path / "main.py").write_text(
        f"{SHOW}import flask\nfrom flask import _request_ctx_stack\n"
        "from flask.globals import _app_ctx_stack\n"
    )
    result = python.run("main.py", **WIDE)
    assert result.returncode == 0, result.stderr
    warnings = [line for line in result.stderr.splitlines() if "Warning: " in line]
    assert len(warnings) == 2, result.stderr
    assert "main.py:3: DeprecationWarning: Flask 3.0 removed _request" in warnings[0]
    assert "main.py:4: DeprecationWarning: Flask 3.0 removed _app" in warnings[1]


def test_the_warnings_of_flask_itself_point_at_the_line_that_takes_a_name(
    tmp_path: Path,
) -> None:
    python = fake_flask(tmp_path, globals="")
    # As in Flask 2.2 and 2.3: one stack that is complete, one that can only be read.
    (tmp_path / "flask" / "__init__.py").write_text(
        "import warnings\n"
        "class full: push = 1\n"
        "found = {'_app_ctx_stack': full, '_request_ctx_stack': 1, 'Markup': 2}\n"
        "def __getattr__(name):\n"
        "    if name in found:\n"
        "        warnings.warn('old: ' + name, DeprecationWarning, stacklevel=2)\n"
        "        return found[name]\n"
        "    raise AttributeError(name)\n"
    )
    (tmp_path / "main.py").write_text(
        f"{SHOW}import flask\nfrom flask import _app_ctx_stack\n"
        "from flask import _request_ctx_stack\nflask.Markup\n"
    )
    result = python.run("main.py", **WIDE)
    assert result.returncode == 0, result.stderr
    warnings = [line for line in result.stderr.splitlines() if "Warning: " in line]
    assert [line.partition("main.py:")[2] for line in warnings] == [
        "3: DeprecationWarning: old: _app_ctx_stack",
        "4: DeprecationWarning: old: _request_ctx_stack",
        "5: DeprecationWarning: old: Markup",
    ]


@pytest.mark.parametrize("module", ["flask", "flask.globals"])
@pytest.mark.parametrize("name", ["_app_ctx_stack", "_request_ctx_stack"])
def test_every_warning_about_a_stack_points_at_the_users_line(
    tmp_path: Path, module: str, name: str
) -> None:
    python = Interpreter(tmp_path)
    # Flask before 2.2 has the stacks, and nothing to warn about.
    (tmp_path / "main.py").write_text(
        "import flask, flask.globals\n"
        f"plain = {name!r} in vars({module})\n"
        f"{SHOW}"
        f"from {module} import {name}\n"
        "print(0 if plain else 1)\n"
    )
    result = python.run("main.py", **WIDE)
    assert result.returncode == 0, result.stderr
    warnings = [line for line in result.stderr.splitlines() if "Warning: " in line]
    assert len(warnings) == int(result.stdout), result.stderr
    assert all("main.py:4: DeprecationWarning: " in line for line in warnings)


@pytest.mark.parametrize("missing", ["_cv_request", "_cv_app _cv_request", "every"])
def test_a_flask_that_keeps_its_contexts_elsewhere_is_asked_in_public(
    tmp_path: Path, missing: str
) -> None:
    # A Flask to come: one context for both, and other private names.
    names = "_cv_app _cv_request app_ctx" if missing == "every" else missing
    Interpreter(tmp_path).output(
        "import flask, flask.globals\n"
        f"for name in {names.split()!r}:\n"
        "    vars(flask.globals).pop(name, None)\n"
        "from flask_migrate_compat.legacy.removed_names import ContextStack\n"
        "request, either = ContextStack('request'), ContextStack('request', True)\n"
        "apps, app = ContextStack('app'), flask.Flask('x')\n"
        "assert request.top is either.top is apps.top is None\n"
        "with app.app_context():\n"
        "    assert request.top is None\n"
        "    assert either.top.app is app and apps.top.app is app\n"
        "with app.test_request_context():\n"
        "    assert request.top.app is app and apps.top.app is app\n"
        "assert request.top is either.top is apps.top is None\n"
    )


def test_a_context_that_flask_pushed_is_not_taken_away(tmp_path: Path) -> None:
    Interpreter(tmp_path).output(
        "import flask\n"
        "from flask_migrate_compat.legacy.removed_names import ContextStack\n"
        "stack = ContextStack('app')\n"
        "with flask.Flask('x').app_context():\n"
        "    try:\n"
        "        stack.pop()\n"
        "    except RuntimeError as error:\n"
        "        assert 'pop()' in str(error)\n"
        "    else:\n"
        "        raise SystemExit('no error')\n"
    )


def test_switched_on_late_it_still_serves_and_uninstall_takes_it_back(
    tmp_path: Path,
) -> None:
    python = fake_flask(tmp_path, globals="")
    python.output(
        "import os, sys, flask.globals\n"
        "from flask_migrate_compat.legacy import install, uninstall\n"
        "uninstall()\n"
        "before = dict(vars(flask)), dict(vars(flask.globals))\n"
        "os.environ['FLASK_MIGRATE_COMPAT'] = 'wide'\n"
        "install()\n"
        "from flask import _app_ctx_stack\n"
        "from flask._compat import text_type\n"
        "uninstall()\n"
        "assert before == (dict(vars(flask)), dict(vars(flask.globals)))\n"
        "assert 'flask._compat' not in sys.modules\n"
    )
