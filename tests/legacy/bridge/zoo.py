"""Managers of every shape that is met in the wild, made anew for each run.

Also a program: ``python zoo.py NAME …`` is the ``manage.py`` of a Manager, and
``FLASK_APP=zoo.py ZOO=NAME flask manage …`` the same one through the bridge.

Every command prints what arrives in it, and in which context.
"""

from __future__ import annotations

import argparse
import copy
import os
import sys
from typing import Any, Callable

from flask import Flask, current_app, has_app_context, has_request_context, request
from flask_script import (
    Command,
    Group,
    Manager,
    Option,
    Server,
    Shell,
    prompt,
    prompt_bool,
    prompt_choices,
    prompt_pass,
)
from flask_script.commands import Clean, InvalidCommand, ShowUrls

from flask_migrate_compat import MigrateCommand

ZOO: dict[str, Callable[[], Any]] = {}


def animal(make: Callable[[], Any]) -> Callable[[], Any]:
    ZOO[make.__name__] = make
    return make


def show(name: str, /, *args: Any, **values: Any) -> None:
    """Print what a command got, with the types, and the context that it runs in."""
    parts = [repr(arg) for arg in args]
    parts += [f"{key}={values[key]!r}" for key in sorted(values)]
    print(f"{name}({', '.join(parts)})", end="")
    if has_app_context():
        print(f" in {current_app.name}", end="")
    if has_request_context():
        print(f" at {request.url}", end="")
    print()


def make_app(name: str = "zoo") -> Flask:
    app = Flask(name)

    @app.route("/hello/<name>", endpoint="hello")
    def hello(name: str) -> str:
        return name

    # Instead of serving.
    def run(**kwargs: Any) -> None:
        show("run", **kwargs)

    app.run = run  # type: ignore[method-assign,assignment]
    return app


# -- functions ---------------------------------------------------------------------


@animal
def functions() -> Any:
    manager = Manager(make_app())

    @manager.command
    def nothing() -> None:
        "Take nothing, 100% of it"
        show("nothing")

    # Flask-Script reads the signatures without annotations on every Python.
    @manager.command
    def plain(name, count="1", loud=False, quiet=True, size=3, other=None):  # type: ignore[no-untyped-def]
        "Take a bit of everything"
        show("plain", **locals())

    @manager.command
    def two(first, second):  # type: ignore[no-untyped-def]
        show("two", **locals())

    class Holder:
        def method(self, x="0"):  # type: ignore[no-untyped-def]
            show("method", x=x)

    manager.command(Holder().method)

    @manager.shell
    def context() -> Any:
        return {"made": show("context")}

    return manager


def even(text: str) -> int:
    if int(text) % 2:
        raise argparse.ArgumentTypeError(f"{text} is odd")
    return int(text)


@animal
def options() -> Any:
    manager = Manager(make_app(), with_default_commands=False)

    @manager.option("-n", "--number", dest="number", type=int, default="7")
    @manager.option("-e", "--even", type=even, metavar="EVEN")
    @manager.option("-c", "--color", choices=["red", "green"], default="red")
    @manager.option("-r", "--required", required=True, help="50%% of %(default)s")
    def typed(**values: Any) -> None:
        "Convert %(prog)s"
        show("typed", **values)

    @manager.option("-a", "--append", action="append", type=int)
    @manager.option("-v", "--verbose", action="count", default=0)
    @manager.option("-k", "--const", action="store_const", const=42)
    @manager.option("--no-flag", action="store_false", dest="flag")
    @manager.option("-f", "--flag", action="store_true", dest="flag", default=None)
    @manager.option("--one", action="append_const", const=1, dest="consts")
    @manager.option("--two", action="append_const", const=2, dest="consts")
    def actions(**values: Any) -> None:
        show("actions", **values)

    @manager.option("files", nargs="*", default=["none"])
    @manager.option("-o", "--optional", nargs="?", const="const", default="default")
    @manager.option("-p", "--pair", nargs=2, type=float, metavar=("X", "Y"))
    @manager.option("-m", "--many", nargs="+")
    @manager.option("-z", "--zero", nargs="*")
    def counts(**values: Any) -> None:
        show("counts", **values)

    @manager.option("--between", default="b")
    @manager.option("third", nargs="?", type=int, default="3")
    @manager.option("second", choices=["x", "y"])
    @manager.option("first")
    def places(**values: Any) -> None:
        show("places", **values)

    @manager.option("-1", "--one", action="store_true", dest="one")
    @manager.option("value", type=int)
    def digits(**values: Any) -> None:
        show("digits", **values)

    @manager.option("rest", nargs=argparse.REMAINDER)
    @manager.option("--before", default="b")
    def remainder(**values: Any) -> None:
        show("remainder", **values)

    @manager.option("-V", "--version", action="version", version="3.1")
    @manager.option("--hidden", help=argparse.SUPPRESS)
    def version(**values: Any) -> None:
        show("version", **values)

    return manager


# -- classes -----------------------------------------------------------------------


class WithList(Command):  # type: ignore[misc]
    "Has a list of options"

    option_list = (
        Option("--name", "-n", dest="name", default="joe"),
        Option("extra", nargs="?"),
    )

    def run(self, name: Any, extra: Any) -> None:
        show("WithList", name=name, extra=extra)


class WithGroups(Command):  # type: ignore[misc]
    """Has groups.

    The second paragraph.
    """

    def __init__(self, default: str = "group") -> None:
        self.default = default

    def get_options(self) -> list[Any]:
        return [
            Group(
                Option("--a", action="store_true"),
                Option("--b", action="store_true"),
                exclusive=True,
            ),
            Group(Option("-c"), Option("-d"), exclusive=True, required=True),
            Group(
                Option("--user", default=self.default, help="who"),
                title="People",
                description="All of them",
            ),
            Option("where"),
        ]

    def run(self, **values: Any) -> None:
        show("WithGroups", **values)


class Everything(Command):  # type: ignore[misc]
    capture_all_args = True
    option_list = (Option("--known", default="k"),)

    def run(self, rest: Any, known: Any) -> None:
        show("Everything", rest, known=known)


class WithoutContext(Command):  # type: ignore[misc]
    "Skips the request context"

    option_list = (Option("-x", type=int),)

    def __call__(self, app: Any = None, *args: Any, **kwargs: Any) -> Any:
        show("WithoutContext", app.name, **kwargs)


class ThirdParty:
    """Does not derive from Command."""

    def create_parser(self, prog: str, func_stack: Any = (), parent: Any = None) -> Any:
        parser = argparse.ArgumentParser(prog=prog, add_help=False)
        parser.add_argument("-t", "--third")
        parser.set_defaults(func_stack=(*func_stack, self))
        self.parser = parser
        return parser

    def __call__(self, app: Any, third: Any) -> Any:
        show("ThirdParty", third=third)
        return 4


@animal
def classes() -> Any:
    manager = Manager(make_app(), usage="%(prog)s 5% usage", description="A lot")
    manager.add_command("list", WithList())
    manager.add_command("groups", WithGroups("given"))
    manager.add_command("groups2", WithGroups)
    manager.add_command("everything", Everything())
    manager.add_command("outside", WithoutContext())
    manager.add_command("third", ThirdParty())
    manager.add_command("spaced", WithList(), namespace="space")
    manager.add_command("urls", ShowUrls())
    manager.add_command("clean", Clean())
    manager.add_command("serve", Server(port=5005, use_reloader=False))
    manager.add_command("sh", Shell(banner="hi", make_context=lambda: {"a": 1}))

    @manager.add_command
    class Decorated(Command):  # type: ignore[misc]
        name = "decorated"

        def run(self) -> None:
            show("Decorated")

    added = WithList()
    added.option_list = []
    added.add_option(Option("-n", "--name"))
    added.add_option(Option("extra", type=float))
    manager.add_command("added", added)
    manager._commands["removed"] = WithList()
    del manager._commands["removed"]
    return manager


# -- global options, factories, sub-managers ---------------------------------------


@animal
def factory() -> Any:
    def create_app(config: Any = None, level: int = 0, **more: Any) -> Flask:
        show("create_app", config=config, level=level, **more)
        return make_app(str(config) or "empty")

    manager = Manager(create_app)
    manager.add_option("-c", "--config", dest="config", default="none")
    manager.add_option("--level", type=int, default=1)
    manager.add_option("-q", "--quiet", action="count", dest="quiet")
    manager.add_option("--tag", action="append", choices=["a", "b"])

    @manager.command
    def plain(name, count="1"):  # type: ignore[no-untyped-def]
        show("plain", **locals())

    # The short flag is that of the Manager too.
    @manager.option("-c", "--cut", dest="cut", type=int)
    def clash(cut):  # type: ignore[no-untyped-def]
        show("clash", cut=cut)

    sub = Manager(usage="Things to do", with_default_commands=False)
    sub.add_option("--deep", dest="deep", action="store_true")

    @sub.command
    def inner(x="0"):  # type: ignore[no-untyped-def]
        show("inner", x=x)
        return int(x)

    innermost = Manager(help="More things")
    innermost.help_args = ("--hilfe",)

    @innermost.option("y", nargs="+")
    def leaf(y):  # type: ignore[no-untyped-def]
        show("leaf", y=y)

    sub.add_command("most", innermost)
    manager.add_command("sub", sub)
    return manager


@animal
def database() -> Any:
    """Return a MigrateCommand that was extended, and prints what it is told to do."""
    command = copy.deepcopy(MigrateCommand)

    def recorder(name: str) -> Callable[..., None]:
        return lambda **values: show(name, **values)

    for name, one in command._commands.items():
        one.run = recorder(name)

    @command.option("-r", "--rows", type=int)
    def seed(rows: int) -> None:
        "Fill the tables"
        show("seed", rows)

    del command._commands["init"]
    manager = Manager(make_app())
    manager.add_command("db", command)
    return manager


# -- exit statuses -----------------------------------------------------------------


@animal
def statuses() -> Any:
    manager = Manager(make_app())

    @manager.command
    def number(n):  # type: ignore[no-untyped-def]
        return int(n)

    @manager.command
    def value(which):  # type: ignore[no-untyped-def]
        return {
            "text": "a text",
            "": "",
            "none": None,
            "true": True,
            "list": [1],
            "empty": {},
            "float": 2.5,
        }[which]

    @manager.command
    def leaves(code="0"):  # type: ignore[no-untyped-def]
        sys.exit(int(code) if code.isdigit() else code)

    @manager.command
    def fails():  # type: ignore[no-untyped-def]
        raise InvalidCommand("no")

    @manager.command
    def again(n="0"):  # type: ignore[no-untyped-def]
        "Calls its manager and a decorated function"
        show("again", manager.handle("manage.py", ["number", n]), number("3"))
        manager.handle("manage.py", ["number", "--wrong"])

    return manager


@animal
def prompts() -> Any:
    manager = Manager(make_app())

    @manager.command
    def ask() -> None:
        show(
            "ask",
            prompt("one"),
            prompt("two", default="d"),
            prompt_bool("sure"),
            prompt_choices("which", ["a", ("b", "bee")]),
        )

    @manager.command
    def secret() -> None:
        show("secret", prompt_pass("word", default="none"))

    return manager


@animal
def bare() -> Any:
    """Return a Manager with other flags for help, and one without any."""
    manager = Manager(make_app(), with_default_commands=False)
    manager.help_args = ("-h", "--hilfe")

    @manager.option("--host")
    def known(host):  # type: ignore[no-untyped-def]
        show("known", host=host)

    quiet = Manager()
    quiet.help_args = ()

    @quiet.option("--he")
    def inner(he):  # type: ignore[no-untyped-def]
        show("inner", he=he)

    manager.add_command("quiet", quiet)
    return manager


if __name__ == "__main__":
    name = sys.argv.pop(1)
    ZOO[name]().run(default_command=os.environ.get("ZOO_DEFAULT"))
elif "ZOO" in os.environ:
    from flask_migrate_compat.legacy.bridge import click_commands, click_group

    _manager = ZOO[os.environ["ZOO"]]()
    app = make_app()
    app.cli.add_command(
        click_group(_manager, default_command=os.environ.get("ZOO_DEFAULT"))
    )
    for _command in click_commands(_manager):
        app.cli.add_command(_command)
