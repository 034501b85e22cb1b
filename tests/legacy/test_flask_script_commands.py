"""All of Flask-Script at work: each test runs a ``manage.py`` of the old style.

What depends on the argument parser runs with that of this Python and with later ones.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from .interpreter import Interpreter, free_port
from .parsers import ALL_LATER

MANAGE = """\
import json, sys
from flask import Flask, current_app, request
from flask_script import (Manager, Command, Group, Option, Server, Shell,
                          prompt, prompt_bool, prompt_choices)
from flask_script.commands import Clean, InvalidCommand, ShowUrls


def create_app(config="none", verbose=False):
    app = Flask(__name__)
    app.config["NAME"] = config
    app.config["VERBOSE"] = verbose

    @app.route("/hello/<name>")
    def hello(name):
        return "hello " + name

    return app


manager = Manager(create_app, with_default_commands=False)
manager.add_option("-c", "--config", dest="config", required=False, default="none")
manager.add_option("-v", dest="verbose", action="store_true", default=False)
manager.add_command("urls", ShowUrls())
manager.add_command("clean", Clean())
manager.add_command("runserver", Server(port=5001, use_reloader=False))


def show(**values):
    print(json.dumps(values, sort_keys=True))


@manager.command
def plain(name, count="1", loud=False):
    "Plain command"
    show(name=name, count=count, loud=loud, app=current_app.config["NAME"],
         verbose=current_app.config["VERBOSE"], path=request.path)


@manager.command
def annotated(name: str, count: int = 1, *, needed: "int", extra: str = "e") -> None:
    show(name=name, count=count, needed=needed, extra=extra)


@manager.option("-u", "--url", dest="url", default="/")
@manager.option("-n", "--name", dest="name", type=int)
def options(name, url):
    show(name=name, url=url)


@manager.shell
def context():
    return {"name": current_app.config["NAME"], "context": "made"}


class Classy(Command):
    "A class"
    option_list = (
        Option("--a", dest="a"),
        Group(Option("--b", action="store_true"), Option("--c", action="store_true"),
              exclusive=True),
    )

    def run(self, a, b, c):
        show(a=a, b=b, c=c)


class Everything(Command):
    capture_all_args = True

    def run(self, rest):
        show(rest=rest)


manager.add_command("classy", Classy)
manager.add_command("everything", Everything())
manager.add_command("spaced", Classy(), namespace="space")

sub = Manager(usage="sub commands", with_default_commands=False)


@sub.command
def inner(x="0"):
    show(x=x, app=current_app.config["NAME"])


manager.add_command("sub", sub)


@manager.command
def ask():
    show(one=prompt("one"), two=prompt("two", default="d"), sure=prompt_bool("sure"),
         choice=prompt_choices("which", ["a", ("b", "bee")]))


@manager.command
def status(code):
    return int(code)


@manager.command
def text():
    return "a text is an error"


@manager.command
def fails():
    raise InvalidCommand("no")


if __name__ == "__main__":
    manager.run(default_command="text")
"""


@pytest.fixture
def app(tmp_path: Path) -> Interpreter:
    interpreter = Interpreter(tmp_path)
    interpreter.write(manage=MANAGE)
    return interpreter


COMMANDS = {
    "plain x": '{"app": "none", "count": "1", "loud": false, "name": "x", "path": "/",'
    ' "verbose": false}',
    "-c prod -v plain x -c 3 -l": '{"app": "prod", "count": "3", "loud": true,'
    ' "name": "x", "path": "/", "verbose": true}',
    "annotated n k -c 2 --extra z": '{"count": "2", "extra": "z", "name": "n",'
    ' "needed": "k"}',
    "options -n 3": '{"name": 3, "url": "/"}',
    "options --url /x --name 4": '{"name": 4, "url": "/x"}',
    "classy --a 1 --b": '{"a": "1", "b": true, "c": false}',
    "space spaced --c": '{"a": null, "b": false, "c": true}',
    "everything --any -x thing": '{"rest": ["--any", "-x", "thing"]}',
    "-c prod sub inner -x 7": '{"app": "prod", "x": "7"}',
}


@pytest.mark.parametrize("argv", COMMANDS)
def test_a_command_gets_its_arguments(python: Interpreter, argv: str) -> None:
    python.write(manage=MANAGE)
    result = python.run("manage.py", *argv.split())
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == COMMANDS[argv]


STATUSES = {
    "status 0": 0,
    "status 3": 3,
    "text": 1,
    "": 1,
    "fails": 1,
    "unknown": 2,
    "plain": 2,
    "plain a b": 2,
    "classy --b --c": 2,
    "options --name word": 2,
    "sub": 2,
    "-?": 0,
    "plain --help": 0,
}


@pytest.mark.parametrize("argv", STATUSES)
def test_the_exit_status_is_that_of_the_command(app: Interpreter, argv: str) -> None:
    # Usage errors are where the parsers differ: the later ones are the harder test.
    app.start_up(before=ALL_LATER)
    result = app.run("manage.py", *argv.split())
    assert result.returncode == STATUSES[argv], result.stdout + result.stderr
    usage_error = STATUSES[argv] == 2
    assert ("usage:" in result.stderr + result.stdout) == (
        usage_error or "-?" in argv or "help" in argv
    )
    assert ("Traceback" in result.stderr) == (argv == "fails")


def test_the_commands_of_flask_script_itself(app: Interpreter) -> None:
    urls = app.run("manage.py", "urls")
    assert "/hello/<name>" in urls.stdout, urls.stderr
    assert "hello" in app.run("manage.py", "urls", "/hello/you").stdout
    assert "404" in app.run("manage.py", "urls", "/nothing").stdout
    (app.folder / "left.pyc").write_text("")
    assert "left.pyc" in app.run("manage.py", "clean").stdout
    assert not (app.folder / "left.pyc").exists()


def test_the_shell_knows_its_context(app: Interpreter) -> None:
    argv = ["--no-ipython", "--no-bpython", "--no-ptipython", "--no-ptpython"]
    lines = "print('name is', name, context)\n"
    result = app.run("manage.py", "-c", "prod", "shell", *argv, stdin=lines)
    assert "name is prod made" in result.stdout, result.stderr
    app.write(
        manage="from flask import Flask\nfrom flask_script import Manager\n"
        "Manager(Flask('an_app')).run()\n"
    )
    result = app.run("manage.py", "shell", *argv, stdin="print('is', app.name)\n")
    assert "is an_app" in result.stdout, result.stderr


def test_prompts_ask(app: Interpreter) -> None:
    result = app.run("manage.py", "ask", stdin="\n1\n\ny\nwrong\nb\n")
    expected = '{"choice": "b", "one": "1", "sure": true, "two": "d"}'
    assert result.stdout.strip().endswith(expected), result.stdout + result.stderr


def test_the_server_gets_its_arguments(app: Interpreter) -> None:
    out = app.output(
        "import sys, manage\n"
        "from flask import Flask\n"
        "Flask.run = lambda self, **kwargs: print(kwargs['port'], kwargs['host'],\n"
        "    kwargs['threaded'], kwargs['use_debugger'], kwargs['use_reloader'])\n"
        "sys.argv = ['manage.py', 'runserver', '-p', '5005', '--threaded', '-d']\n"
        "manage.manager.run()\n"
    )
    assert out == "5005 127.0.0.1 True True False\n"


def test_the_server_answers(app: Interpreter) -> None:
    port = free_port()
    argv = ["manage.py", "runserver", "-p", str(port)]
    assert app.answer(*argv, port=port, path="/hello/you") == b"hello you"


def test_a_manager_can_be_copied_after_it_ran(app: Interpreter) -> None:
    app.start_up(before=ALL_LATER)
    app.output(
        "import copy, manage\n"
        "manage.manager.create_parser('manage.py')\n"
        "copied = copy.deepcopy(manage.manager)\n"
        "assert copied.parser is not manage.manager.parser\n"
        "assert copied.parser._parse_known_args.__self__ is copied.parser\n"
        "copied.handle('manage.py', ['plain', 'x'])\n"
    )


def test_create_app_warns_at_the_line_of_its_caller(app: Interpreter) -> None:
    (app.folder / "main.py").write_text(
        "import warnings; from manage import manager\n"
        "warnings.simplefilter('always')\n"
        "assert manager.create_app(config='c').config['NAME'] == 'c'\n"
    )
    result = app.run("main.py")
    assert result.returncode == 0, result.stderr
    assert "main.py:3: DeprecationWarning: Manager.create_app()" in result.stderr


def test_the_context_stack_has_the_application_and_nothing_outside(
    app: Interpreter,
) -> None:
    app.output(
        "from flask import Flask\n"
        "from flask_script.commands import _request_ctx_stack as stack\n"
        "app = Flask('x')\n"
        "assert stack.top is None\n"
        "with app.test_request_context():\n"
        "    assert stack.top.app is app\n"
        "assert stack.top is None\n"
    )
