"""Test :mod:`flask_migrate_compat.codemods.rules.flask_script_manager`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from flask_migrate_compat.codemods.engine import find, rewrite
from flask_migrate_compat.codemods.rules.flask_script_manager import RULE
from tests.codemods.script_parity import Pair, needs_flask_1_0
from tests.codemods.tools import assert_left, assert_rewritten, assert_unchanged, source

HEAD = (
    "from flask_script import Manager\nfrom app import app\n\nmanager = Manager(app)\n"
)
NEW_HEAD = """\
from flask.cli import FlaskGroup
from app import app

manager = FlaskGroup(
    create_app=lambda *_: app,
    load_dotenv=False,
    set_debug_flag=False,
)
"""
CLICK_HEAD = f"import click\n{NEW_HEAD}"
RUN = "\nif __name__ == '__main__':\n    manager.run()\n"
NEW_RUN = "\nif __name__ == '__main__':\n    manager()\n"


@pytest.mark.parametrize(
    "text",
    [
        "x = 'flask_script'\n",
        "import click\n\n@click.command()\ndef f(): pass  # flask_script\n",
        "from other import Manager  # not flask_script\nm = Manager(1)\n",
        "from flask.ext.sqlalchemy import SQLAlchemy\n",
        "def flask_script():\n    pass\n\nflask_script.Manager = 1\n",
    ],
)
def test_unchanged(text: str) -> None:
    assert_unchanged(RULE, text)


def check(before: str, after: str, head: str = NEW_HEAD) -> None:
    assert_rewritten(RULE, HEAD + before + RUN, head + after + NEW_RUN)


def test_a_manager_alone() -> None:
    check("", "")


@pytest.mark.parametrize(
    "statement",
    [
        "from flask_script import Manager",
        "from flask.ext.script import Manager",
        "from flaskext.script import Manager, Shell, Server",
        "from flask_script import Manager as M",
        "import flask_script",
        "import flask_script as fs",
        "from flask.ext import script",
    ],
)
def test_every_import(statement: str) -> None:
    name = {
        "from flask_script import Manager as M": "M",
        "import flask_script": "flask_script.Manager",
        "import flask_script as fs": "fs.Manager",
        "from flask.ext import script": "script.Manager",
    }.get(statement, "Manager")
    before = HEAD.replace("from flask_script import Manager", statement)
    before = before.replace("Manager(app)", f"{name}(app)")
    assert_rewritten(RULE, before + RUN, NEW_HEAD + NEW_RUN)


def test_other_imports_stay() -> None:
    before = """\
# Above.
from flask_script import (
    Manager,
    prompt_choices,
)  # beside
from app import app

manager = Manager(app)


def f():
    prompt_choices('x', [])


manager.run()
"""
    after = """\
# Above.
from flask.cli import FlaskGroup
from flask_script import (
    prompt_choices,
)  # beside
from app import app

manager = FlaskGroup(
    create_app=lambda *_: app,
    load_dotenv=False,
    set_debug_flag=False,
)


def f():
    prompt_choices('x', [])


manager()
"""
    assert_rewritten(RULE, before, after)


def test_comments_stay() -> None:
    check(
        """
# The commands.


# Above.
@manager.command  # beside
# between
def f():
    # inside
    pass
""",
        """
# The commands.


# Above.
@app.cli.command("f")  # beside
# between
def f():
    # inside
    pass
""",
    )


def test_a_removed_line_leaves_its_comments() -> None:
    head = HEAD.replace("import Manager", "import Manager, Shell")
    before = "\n# The shell.\nmanager.add_command('shell', Shell())  # plain\n"
    after = "\n# The shell.\n# plain\n"
    assert_rewritten(RULE, head + before + RUN, NEW_HEAD + after + NEW_RUN)


def test_a_signature() -> None:
    check(
        """
@manager.command
def some_thing(name, count='1', loud=False, size=3, other=None, Big="b"):
    "Do it"
""",
        """
@app.cli.command("some_thing")
@click.argument("name")
@click.option("-c", "--count", default='1')
@click.option("-l", "--loud", is_flag=True)
@click.option("-s", "--size", type=click.UNPROCESSED, default=3)
@click.option("-o", "--other")
@click.option("-B", "--Big", "Big", default="b")
def some_thing(name, count='1', loud=False, size=3, other=None, Big="b"):
    "Do it"
""",
        CLICK_HEAD,
    )


def test_options() -> None:
    check(
        """
# Above.
@manager.option('-n', '--name', dest='who', default='joe', help='Who')  # the name
@manager.option('-a', '--all', action='store_true', required=False)
@manager.option('--no-mail', action='store_false', dest='mail', help='1%% %(default)s')
@manager.option('second', nargs='?')
@manager.option('first', type=int, help='The first')
def f(**values):
    pass
""",
        """
# Above.
@app.cli.command("f")
@click.option("-n", "--name", "who", default='joe', help='Who')  # the name
@click.option("-a", "--all", is_flag=True)
@click.option(" /--no-mail", "mail", default=True, help="1% True")
@click.argument("first", type=int)  # The first
@click.argument("second", required=False)
def f(**values):
    pass
""",
        CLICK_HEAD,
    )


def test_a_long_option_is_broken_into_lines() -> None:
    check(
        """
@manager.option('-n', '--name', dest='name', metavar='SOMEBODY',
                help='a name that is long enough for two lines')
def f(name):
    pass
""",
        """
@app.cli.command("f")
@click.option(
    "-n",
    "--name",
    help='a name that is long enough for two lines',
    metavar='SOMEBODY',
)
def f(name):
    pass
""",
        CLICK_HEAD,
    )


def test_a_function_that_is_used_elsewhere_stays_one() -> None:
    check(
        """
@manager.command
def f(x):
    pass


@manager.command
def g():
    f(1)
""",
        """
@click.argument("x")
def f(x):
    pass


app.cli.command("f")(f)


@app.cli.command("g")
def g():
    f(1)
""",
        CLICK_HEAD,
    )


def test_classes() -> None:
    head = HEAD.replace("import Manager", "import Command, Manager, Option")
    before = """
# Greets.
class SayHello(Command):
    '''Say hello.'''

    option_list = (
        Option('-n', '--name', default='joe'),
    )

    def run(self, name):
        # comment
        print(name)


class Plain(Command):
    def get_options(self):
        return [Option('first'), Option('second')]

    def run(self, first, second):
        '''Do it.'''


manager.add_command('hello', SayHello())
manager.add_command('plain', Plain)
"""
    after = """
# Greets.
@click.command("hello")
@click.option("-n", "--name", default='joe')
@with_appcontext
def say_hello(name):
    '''Say hello.'''
    # comment
    print(name)


@click.command("plain")
@click.argument("first")
@click.argument("second")
@with_appcontext
def plain(first, second):
    '''Do it.'''


app.cli.add_command(say_hello)
app.cli.add_command(plain)
"""
    new_head = CLICK_HEAD.replace(
        "import FlaskGroup", "import FlaskGroup, with_appcontext"
    )
    assert_rewritten(RULE, head + before + RUN, new_head + after + NEW_RUN)


def test_parts() -> None:
    new_head = NEW_HEAD.replace("import FlaskGroup", "import AppGroup, FlaskGroup")
    check(
        """
sub = Manager(usage="All of it, 100%%", with_default_commands=False)
deep = Manager(app)


@sub.command
def f():
    pass


@deep.command
def run():
    pass


manager.add_command('part', sub)
sub.add_command('deep', deep)
""",
        """
sub = AppGroup("part", help="All of it, 100%")
deep = AppGroup("deep")


@sub.command("f")
def f():
    pass


@deep.command("run")
def run():
    pass


app.cli.add_command(sub)
sub.add_command(deep)
""",
        new_head,
    )


def test_the_context_of_the_shell() -> None:
    head = HEAD.replace("import Manager", "import Manager, Shell")
    make = "\n\ndef make():\n    return {}\n\n\n"
    before = f"{make}manager.add_command('shell', Shell(make_context=make))\n"
    after = f"{make}app.shell_context_processor(make)\n"
    assert_rewritten(RULE, head + before + RUN, NEW_HEAD + after + NEW_RUN)
    check(
        "\n\n@manager.shell\ndef make():\n    return {}\n",
        "\n\n@app.shell_context_processor\ndef make():\n    return {}\n",
    )


def test_the_application_is_made_in_place() -> None:
    before = (
        "from flask_script import Manager\nfrom project import create_app\n\n"
        f"# The Manager.\nmanager = Manager(create_app('x'))\n{RUN}"
    )
    after = (
        "from flask.cli import FlaskGroup\nfrom project import create_app\n\n"
        "# The Manager.\napp = create_app('x')\nmanager = FlaskGroup(\n"
        "    create_app=lambda *_: app,\n    load_dotenv=False,\n"
        f"    set_debug_flag=False,\n)\n{NEW_RUN}"
    )
    assert_rewritten(RULE, before, after)


def test_migrate_command_goes_with_its_manager() -> None:
    before = (
        "from flask_migrate import Migrate, MigrateCommand\n"
        + HEAD
        + "Migrate(app, db)\nmanager.add_command('db', MigrateCommand)\n"
        + RUN
    )
    after = (
        "from flask_migrate import Migrate\n"
        + NEW_HEAD
        + "Migrate(app, db)\n"
        + NEW_RUN
    )
    assert_rewritten(RULE, before, after)


def test_questions_need_no_manager() -> None:
    assert_rewritten(
        RULE,
        "from flask_script import prompt, prompt_bool, prompt_pass\n\n\ndef f():\n"
        "    prompt('Name', default='joe')\n    prompt('Why?')\n"
        "    prompt_bool('Sure')\n    prompt_bool('Sure?', default=True)\n"
        "    prompt_pass('Password')\n",
        "import click\n\n\ndef f():\n"
        "    click.prompt('Name', default='joe')\n"
        "    click.prompt('Why?', prompt_suffix=\" \")\n"
        "    click.prompt('Sure [n]', default=False, type=bool, show_default=False)\n"
        "    click.prompt('Sure? [y]', default=True, type=bool, show_default=False,"
        ' prompt_suffix=" ")\n'
        "    click.prompt('Password', hide_input=True)\n",
    )


FUNCTION = "\n@manager.command\ndef f({}):\n    {}\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (FUNCTION.format("", "return 1"), "sys.exit()"),
        (FUNCTION.format("", "yield 1"), "generator"),
        ("\n@manager.command\nasync def f():\n    pass\n", "wait"),
        (FUNCTION.format("x=[1]", "pass"), "neither text nor a number"),
        (FUNCTION.format("x=app.y", "pass"), "its default is computed"),
        (FUNCTION.format("*, x=1", "pass"), "plain parameters"),
        (FUNCTION.format("x=1, xx=2", "pass"), "called -x"),
        (FUNCTION.format("help=1", "pass"), "--help"),
        (FUNCTION.format("Name", "pass"), "lower case"),
        (FUNCTION.format("", "app.run()"), "'flask run' is the server"),
        (FUNCTION.replace("f(", "run(").format("", "pass"), "of its own"),
        ("\n@other\n@manager.command\ndef f():\n    pass\n", "other decorators"),
        ("\n@manager.command\n@other\ndef f():\n    pass\n", "other decorators"),
        ("\nif app:\n    @manager.command\n    def f():\n        pass\n", "at the top"),
        ("\nf = 1\n" + FUNCTION.format("", "pass"), "bound more than once"),
        (
            "\n@manager.option('-n', action='append_const')\ndef f():\n    pass\n",
            "action",
        ),
        ("\n@manager.option('-n', type=open)\ndef f():\n    pass\n", "type="),
        ("\n@manager.option('-n', nargs='?')\ndef f():\n    pass\n", "nargs"),
        ("\n@manager.option('-n', const=1)\ndef f():\n    pass\n", "const="),
        ("\n@manager.option(*x)\ndef f():\n    pass\n", "in a variable"),
        ("\n@manager.option('-n',  # c\n)\ndef f():\n    pass\n", "comment inside"),
        ("\n@manager.option('-n', help=_('x'))\ndef f():\n    pass\n", "its help"),
        ("\nmanager.command(f)\n", "nothing like it"),
        ("\nx = Manager(app, False)\nmanager.add_command('x', x)\n", "name its arg"),
        ("\nx = Manager(f())\nmanager.add_command('x', x)\n", "is computed"),
        ("\nx = Manager(app)\n", "the second one"),
        ("\nmanager.add_option('-c')\n", "nothing like it"),
        ("\nmanager.add_command('x', thing)\n", "not seen here"),
        ("\nmanager.add_command(thing)\n", "not a name and a command"),
        ("\nprint(manager)\n", "nothing like it"),
        ("\nmanager.run(default_command='x')\n", "nothing like it"),
    ],
)
def test_left(text: str, reason: str) -> None:
    findings = find(source(HEAD + text + RUN), [RULE])
    assert reason in "\n".join(one.reason for one in findings)
    assert all(one.reason for one in findings)
    waiting = [one.reason for one in findings if "waits for" in one.reason]
    blocked = min(one.line for one in findings if "waits for" not in one.reason)
    assert all(one.startswith("it waits for line ") for one in waiting)
    assert waiting[0].startswith(f"it waits for line {blocked}: ")
    assert_left(RULE, HEAD + text + RUN, *(one.reason for one in findings))


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        ("manager = Manager(create_app)\n", "it cannot be seen whether create_app"),
        ("manager = Manager(lambda: 1)\n", "factory"),
        ("def app(): pass\nmanager = Manager(app)\n", "factory"),
        ("app = create_app\nmanager = Manager(app)\n", "cannot be seen"),
        ("manager = Manager()\n", "no application"),
        (
            "app = create_app()\napp = f(app)\nmanager = Manager(app)\n",
            "more than once",
        ),
        ("app = 1\nmanager = Manager(create_app())\n", "the name app is taken"),
        ("manager = other = Manager(create_app())\n", "one name of the module"),
        ("def f():\n    manager = Manager(create_app())\n", "one name of the module"),
        ("import application\nmanager = Manager(application.make)\n", "cannot be seen"),
        (
            "click = 1\napp = f()\nmanager = Manager(app)\n"
            "@manager.command\ndef g(x): pass\n",
            "the name click is taken",
        ),
    ],
)
def test_left_for_its_application(first: str, reason: str) -> None:
    text = "from flask_script import Manager\nfrom project import create_app\n" + first
    if "click" not in first:
        text += FUNCTION.format("", "pass")
    findings = find(source(text + RUN), [RULE])
    assert findings
    assert all(one.reason for one in findings)
    assert reason in "\n".join(one.reason for one in findings)


@pytest.mark.parametrize(
    ("imports", "body", "reason"),
    [
        ("from flask import request", "print(request.url)", "it uses request, which"),
        ("from flask import url_for as u", "u('x')", "it uses url_for, which"),
        ("import flask", "flask.session['x'] = 1", "it uses session, which"),
        (
            "from flask.ext.login import current_user",
            "print(current_user)",
            "current_user",
        ),
        ("from flask import flash", "helper()", "it uses flash (helper())"),
        ("from flask import *", "session['x'] = 1", "it uses session, which"),
    ],
)
def test_left_for_its_request(imports: str, body: str, reason: str) -> None:
    helper = "\ndef helper():\n    flash('x')\n" if "flash" in imports else ""
    text = f"{imports}\n{HEAD}{helper}{FUNCTION.format('', body)}"
    findings = find(source(text + RUN), [RULE])
    assert reason in "\n".join(one.reason for one in findings)
    inside = f"with app.test_request_context():\n        {body}"
    text = f"{imports}\n{HEAD}{helper}{FUNCTION.format('', inside)}"
    assert not [one for one in find(source(text + RUN), [RULE]) if one.reason]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("class A(Command):\n    pass\n", "its Manager is in another file"),
        (
            "class A(Command):\n    def run(self): pass\nm = Manager(app)\n",
            "another file",
        ),
        (
            "class A(Command):\n    def __init__(self): pass\n    def run(self): pass\n"
            "manager = Manager(app)\nmanager.add_command('a', A())\nmanager.run()\n",
            "it has __init__()",
        ),
        (
            "class A(Command):\n    def run(self): self.x()\n"
            "manager = Manager(app)\nmanager.add_command('a', A())\nmanager.run()\n",
            "uses the object",
        ),
        (
            "class A(Command):\n    help_args = ()\n    def run(self, x): pass\n"
            "manager = Manager(app)\nmanager.add_command('a', A())\nmanager.run()\n",
            "more than documentation",
        ),
        (
            "class A(Command, Other):\n    def run(self, x): pass\n"
            "manager = Manager(app)\nmanager.add_command('a', A())\nmanager.run()\n",
            "Command alone",
        ),
        (
            "manager = Manager(app)\nmanager.add_command('runserver', Server())\n"
            "manager.run()\nCommand()\n",
            "'flask run' is the server",
        ),
    ],
)
def test_left_classes(text: str, reason: str) -> None:
    names = [one for one in ("Manager", "Server") if f"{one}(" in text]
    text = f"from flask_script import {', '.join(['Command', *names])}\n{text}"
    findings = find(source(f"from app import app\n{text}"), [RULE])
    assert findings
    assert all(one.reason for one in findings)
    assert reason in "\n".join(one.reason for one in findings)


@pytest.mark.parametrize(
    "statement",
    [
        "from flask_script import Manager, Server  # noqa: F401",
        "from flask.ext import script",
        "import flask_script.commands",
    ],
)
def test_unused_imports(statement: str) -> None:
    text = f"import a\n\n# Above.\n{statement}\nimport b\n"
    assert_rewritten(RULE, text, "import a\n\n# Above.\nimport b\n")
    assert_left(
        RULE,
        f"{statement}\n",
        *("other files",) * (2 if "Server" in statement else 1),
        path="a/__init__.py",
    )
    assert find(source(f"try:\n    {statement}\nfinally: pass\n"), [RULE])[0].reason
    before = "from flask.ext import script, login\nlogin.x\n"
    assert_rewritten(RULE, before, "from flask.ext import login\nlogin.x\n")


def test_what_is_no_command() -> None:
    text = """
        from flask_script.commands import InvalidCommand
        from flask_script._compat import text_type

        def f():
            raise InvalidCommand(text_type(1))
        """
    assert_left(RULE, text, "no form in click", "no form in click")


def test_parts_wait_for_what_stands_against_the_file() -> None:
    assert_left(
        RULE,
        """
        from app import app
        from flask_script import Command, Manager, Option

        class A(Command):
            option_list = [Option("-x")]

            def run(self, x):
                pass

        manager = Manager(app)
        manager.add_command("a", A()); manager.run()
        """,
        *("waits for line 11", "waits for line 11", "waits for line 11"),
        *("nothing like it, or not here", "waits for line 11"),
    )


def test_one_line_and_two_documentations() -> None:
    head = HEAD.replace("import Manager", "import Command, Manager")
    before = (
        '\nclass A(Command):\n    "Do A."\n    def run(self): pass\n\n\n'
        'class B(Command):\n    "Do B."\n\n    def run(self):\n        "Own."\n'
        "\n\nmanager.add_command('a', A())\nmanager.add_command('b', B)\n"
    )
    after = (
        '\n@click.command("a", help="Do A.")\n@with_appcontext\ndef a(): pass\n\n\n'
        '@click.command("b", help="Do B.")\n@with_appcontext\ndef b():\n    "Own."\n'
        "\n\napp.cli.add_command(a)\napp.cli.add_command(b)\n"
    )
    new = CLICK_HEAD.replace("import FlaskGroup", "import FlaskGroup, with_appcontext")
    assert_rewritten(RULE, head + before + RUN, new + after + NEW_RUN)


def test_a_manager_of_another_file() -> None:
    findings = assert_left(
        RULE,
        """
        from click import Group
        from manage import manager, login_manager
        from .x import db_manager as m

        manager.add_command("x", y)

        @manager.command
        def f():
            pass

        @manager.option("-n")
        def g():
            pass

        @m.command
        def h():
            pass

        @login_manager.user_loader
        @Group.command
        def i():
            manager.run()
        """,
        *("(manage.manager)", "(manage.manager)", "(manage.manager)"),
        "(.x.db_manager)",
    )
    assert [one.line for one in findings] == [5, 7, 11, 15]


def test_questions_do_not_wait_for_the_manager() -> None:
    text = "from flask_script import Manager, prompt\nfrom app import app\n\n{}"
    rest = "manager = Manager(app)\nmanager.add_option('-c')\nx = {}('Name')\n"
    before = source(text.format(rest.format("prompt")))
    after = "import click\nfrom flask_script import Manager\nfrom app import app\n\n"
    result = rewrite(before, [RULE])
    assert result.text == after + rest.format("click.prompt")
    assert len([one for one in find(result, [RULE]) if one.reason]) == 2


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("prompt_choices('x', ['a'])", "returns None"),
        ("prompt_bool('x', yes_choices=['j'])", "other words"),
        ("prompt(x)", "its text is computed"),
        ("prompt('x', default=1)", "such a default"),
        ("prompt_pass('x', default='y')", "such a default"),
        ("prompt_bool('x', default=y)", "neither True nor False"),
        ("prompt(*x)", "not plain"),
        ("map(prompt, x)", "not called"),
    ],
)
def test_left_questions(call: str, reason: str) -> None:
    name = re.findall(r"prompt\w*", call)[0]
    assert_left(RULE, f"from flask_script import {name}\n\nvalue = {call}\n", reason)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("prompt_bool(TEXT)", "does not stand there"),
        ("prompt_bool(('x'))", "does not stand there"),
        ("prompt_bool(\n        'x',  # one\n    )", "comment"),
        ("click = prompt_bool('x')", "the name click"),
        ("[prompt_bool('x') for click in y]", "the name click"),
    ],
)
def test_left_questions_in_a_function(body: str, reason: str) -> None:
    head = "from flask_script import prompt_bool\n\nTEXT = 'x'\n\n\ndef f():\n    "
    assert_left(RULE, f"{head}{body}\n", reason)


def test_noqa_keeps_the_whole_file() -> None:
    text = HEAD + "\n@manager.command  # noqa: FMC201\ndef f():\n    pass\n" + RUN
    assert_left(RULE, text, "it waits for line 6", "it waits for line 6")


# -- behaviour -----------------------------------------------------------------------


def test_a_status_of_0_is_one() -> None:
    text = HEAD + FUNCTION.format("x", "return 0 if x else 1") + RUN
    assert any("sys.exit()" in one.reason for one in find(source(text), [RULE]))
    for value in ("", " 0", " None", " False"):
        text = HEAD + FUNCTION.format("", f"return{value}") + RUN
        assert all(one.is_rewritten for one in find(source(text), [RULE]))


@pytest.mark.legacy
@needs_flask_1_0
def test_the_same_calls() -> None:
    pair = Pair(
        """
        sub = Manager(app, usage="Parts")

        @sub.option("-n", dest="count", default=2)
        @sub.option("two")
        @sub.option("one")
        def inner(one, two, count):
            show("inner", locals())

        @manager.command
        def call_it():
            again("x")

        @manager.command
        def again(value, n=None):
            show("again", locals())
            if value == "stop":
                raise SystemExit(3)
            if value == "text":
                raise SystemExit("a text")

        @manager.command
        def ask():
            show("ask", {"a": prompt("Name", default="d"), "b": prompt("How?"),
                         "c": prompt_bool("Sure?")})

        manager.add_command("sub", sub)
        """
    )
    assert pair.is_converted
    for line in (
        *("sub inner a b", "sub inner a -n 7 b", "call_it", "again x -n 3"),
        *("again stop", "again text", "ask"),
    ):
        out = pair.assert_same(*line.split()).out
        assert "parity" in out or "Name" in out


@pytest.mark.legacy
@needs_flask_1_0
def test_a_program_and_flask_do_the_same(tmp_path: Path) -> None:
    pair = Pair("@manager.command\ndef f(x, n=None):\n    show('f', locals())\n")
    seen = []
    for name, text in (("old", pair.old.text), ("new", pair.new.text)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "manage.py").write_text(text, "utf-8")
        commands = [["manage.py"]]
        if name == "new":
            commands.append(["-m", "flask"])
        for command in commands:
            run = subprocess.run(
                [sys.executable, *command, "f", "1", "-n", "2"],
                cwd=folder,
                env={**os.environ, "FLASK_APP": "manage.py"},
                capture_output=True,
                text=True,
                check=False,
            )
            seen.append((run.returncode, run.stdout))
    assert seen[0][0] == 0
    assert seen[0] == seen[1] == seen[2]
