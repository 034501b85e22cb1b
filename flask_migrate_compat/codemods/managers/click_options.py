"""Say in click what an option or argument of Flask-Script says to argparse.

Only what reaches the command counts, and it must be the same object: argparse leaves
text as it is where no type is named, and a default as it is where it is no text.
"""

from __future__ import annotations

import ast
import keyword
import re
from dataclasses import dataclass
from typing import Any, Callable

import libcst as cst
import libcst.matchers as m

_FLAG = re.compile(r"--?[A-Za-z_][\w-]*")
_LINE = 88
#: Says that nothing was given; ``None`` is a value.
MISSING: Any = object()
_KNOWN = {
    *("dest", "default", "type", "required", "help", "nargs", "choices"),
    *("action", "metavar"),
}
_LIST = "callback=lambda _context, _parameter, value: "


class Untranslatable(Exception):
    """Say why something has no form in click that is known to mean the same."""


@dataclass(frozen=True)
class Literal:
    """A value in the source.

    :param code: as it is written.
    :param value: what it is, or :data:`MISSING` when that cannot be read from the file.
    """

    code: str
    value: Any = MISSING


@dataclass(frozen=True)
class Parameter:
    """A parameter of a click command.

    :param dest: the name under which it reaches the command.
    :param code: the decorator, without ``@``.
    :param is_argument: whether it has no flags.
    :param nargs: how many values an argument takes: ``""``, ``?``, ``*`` or ``+``.
    :param flags: the flags of an option.
    :param comment: the help of an argument, for which click has no place.
    """

    dest: str
    code: str
    is_argument: bool = False
    nargs: str = ""
    flags: tuple[str, ...] = ()
    comment: str = ""


class Reader:
    """Read values of a file.

    :param code: returns the code of a node.
    :param names: returns the full names of a node.
    :param constants: what the names of the module stand for.
    """

    def __init__(
        self,
        code: Callable[[cst.CSTNode], str],
        names: Callable[[cst.CSTNode], set[str]],
        constants: dict[str, Any],
        indent: str,
    ) -> None:
        self.code = code
        self.names = names
        self.constants = constants
        self.indent = indent

    def literal(self, node: cst.BaseExpression) -> Literal:
        """Read a value."""
        code = self.code(node)
        if isinstance(node, cst.Name) and node.value in self.constants:
            return Literal(code, self.constants[node.value])
        try:
            # Parentheses for the line ends of a text in several parts.
            return Literal(code, ast.literal_eval(f"({code})"))
        except (ValueError, SyntaxError):
            return Literal(code)

    # -- what Manager.command makes of a signature

    def of_function(self, function: cst.FunctionDef) -> list[Parameter]:
        """Return the parameters that Flask-Script makes of a signature.

        :raises Untranslatable: when one of them is not possible.
        """
        params = function.params
        if params.posonly_params or params.kwonly_params:
            raise Untranslatable(
                "Flask-Script reads plain parameters only; give them to"
                " click.option by hand"
            )
        found = []
        for param in params.params:
            name = param.name.value
            if param.default is None:
                found.append(self._argument(name, {}))
                continue
            default = self.literal(param.default)
            flags = tuple(dict.fromkeys((f"-{name[0]}", f"--{name}")))
            given = {"default": default}
            if default.value is True or default.value is False:
                given["action"] = Literal("", "store_true")
            found.append(self._option(flags, name, given))
        return _checked(found)

    # -- what Option and Manager.option say

    def of_options(self, calls: list[cst.Call]) -> list[Parameter]:
        """Return the parameters of several ``Option(…)``, in their order.

        :raises Untranslatable: when one of them is not possible.
        """
        return _checked([self.of_option(call) for call in calls])

    def of_option(self, call: cst.Call) -> Parameter:
        """Return the parameter of one ``Option(…)`` or ``@manager.option(…)``."""
        if m.findall(call, m.Comment()):
            raise Untranslatable("it has a comment inside, which has no place in click")
        flags: list[str] = []
        given: dict[str, Literal] = {}
        for argument in call.args:
            value = self.literal(argument.value)
            if argument.star:
                raise Untranslatable("its arguments are in a variable")
            if argument.keyword is None:
                if not isinstance(value.value, str):
                    raise Untranslatable("its flags are no plain strings")
                flags.append(value.value)
            else:
                given[argument.keyword.value] = self._typed(argument, value)
        unknown = sorted(set(given) - _KNOWN)
        if unknown:
            raise Untranslatable(f"click has no {unknown[0]}= that means the same")
        if len(flags) == 1 and not flags[0].startswith("-"):
            if "dest" in given:
                raise Untranslatable("argparse takes no dest= for an argument")
            return self._argument(flags[0], given)
        if not flags or not all(_FLAG.fullmatch(flag) for flag in flags):
            raise Untranslatable("its flags are not all of the form -f or --flag")
        long = [flag for flag in flags if flag.startswith("--")]
        dest = (long or flags)[0].lstrip("-").replace("-", "_")
        if "dest" in given:
            dest = given.pop("dest").value
        return self._option(tuple(flags), dest, given)

    def _typed(self, argument: cst.Arg, value: Literal) -> Literal:
        """Return a value; that of a type, or of a hidden help, is its name."""
        if argument.keyword is not None and argument.keyword.value == "type":
            names = self.names(argument.value)
            for known in ("str", "int", "float"):
                if names == {f"builtins.{known}"}:
                    return Literal(known, known)
            if names and names <= {"flask._compat.text_type", "six.text_type"}:
                return Literal("str", "str")
            raise Untranslatable(
                "click converts with another type= in another way, or not at all"
            )
        if self.names(argument.value) == {"argparse.SUPPRESS"}:
            return Literal("hidden")
        return value

    def _option(
        self, flags: tuple[str, ...], dest: Any, given: dict[str, Literal]
    ) -> Parameter:
        if not isinstance(dest, str) or not _is_name(dest):
            raise Untranslatable("its dest= is no name")
        if {"-?", "--help"} & set(flags):
            raise Untranslatable("--help is an option of every command")
        action = given["action"].value if "action" in given else "store"
        words = [quoted(flag) for flag in flags]
        if action == "store_false":
            words = [quoted(f" /{flag}") for flag in flags]
        # click takes the name from the flag with the most dashes.
        first = max(flags, key=lambda flag: flag.startswith("--"))
        is_found = first.lstrip("-").replace("-", "_").lower() == dest
        if action == "store_false" or not is_found:
            words.append(quoted(dest))
        maker = _ACTIONS.get(action if isinstance(action, str) else "")
        if maker is None:
            raise Untranslatable(f"click has nothing like action={action!r}")
        words += maker(given)
        if action in ("store_true", "store_false"):
            value = action == "store_false"
            given = {"default": Literal(str(value), value), **given}
        words += self._shown(given)
        return Parameter(dest, self._call("click.option", words), flags=flags)

    def _argument(self, name: str, given: dict[str, Literal]) -> Parameter:
        if not _is_name(name):
            raise Untranslatable("its name cannot be that of a parameter")
        if name != name.lower():
            raise Untranslatable("click turns the name of an argument to lower case")
        if set(given) & {"action", "required"}:
            raise Untranslatable("an argument without flags takes no action= in click")
        words = [quoted(name)]
        nargs = (given["nargs"].value if "nargs" in given else None) or ""
        if nargs == "":
            words += _type({**given, "default": Literal("None", None)})
        elif nargs == "?":
            words += ["required=False", *_type(given)]
        elif nargs in ("*", "+"):
            if "default" in given and given["default"].value not in (None, [], ()):
                raise Untranslatable("click has no default for a list")
            words += ["nargs=-1", *(["required=True"] if nargs == "+" else [])]
            words += _type({**given, "default": Literal("None", None)})
            words.append(f"{_LIST}list(value)")
        else:
            raise Untranslatable(f"nargs={nargs!r} is a tuple in click, not a list")
        shown = {key: value for key, value in given.items() if key == "metavar"}
        words += self._shown(shown)
        comment = ""
        if "help" in given and given["help"].value is not MISSING:
            comment = " ".join(_help_text(given).split())
        code = self._call("click.argument", words)
        return Parameter(name, code, True, nargs, comment=comment)

    def _shown(self, given: dict[str, Literal]) -> list[str]:
        """Return what only the help shows."""
        words = []
        if "help" in given:
            text = given["help"]
            if text.code == "hidden":
                words.append("hidden=True")
            elif isinstance(text.value, str):
                is_plain = "%" not in text.value and "\n" not in text.code
                code = text.code if is_plain else quoted(_help_text(given))
                words.append(f"help={code}")
            else:
                raise Untranslatable("its help is computed; click wants a string")
        if "metavar" in given:
            if not isinstance(given["metavar"].value, str):
                raise Untranslatable("click has one metavar= for an option")
            words.append(f"metavar={given['metavar'].code}")
        return words

    def _call(self, function: str, words: list[str]) -> str:
        line = f"{function}({', '.join(words)})"
        if len(line) < _LINE and "\n" not in line:
            return line
        lines = "".join(f"{self.indent}{word},\n" for word in words)
        return f"{function}(\n{lines})"


def _checked(found: list[Parameter]) -> list[Parameter]:
    """Make sure that parameters can stand together."""
    dests = [one.dest for one in found]
    flags = [flag for one in found for flag in one.flags]
    if len(set(dests)) < len(dests):
        raise Untranslatable("two of its options write to one name")
    if len(set(flags)) < len(flags):
        twice = next(flag for flag in flags if flags.count(flag) > 1)
        raise Untranslatable(f"two of its options are called {twice}")
    many = [one.nargs for one in found if one.is_argument]
    rest = "".join(nargs or "." for nargs in many)
    if not re.fullmatch(r"\.*\?*|\.*[*+]\.*", rest):
        raise Untranslatable("click shares values out to such arguments in another way")
    return found


def _is_name(text: str) -> bool:
    return text.isidentifier() and not keyword.iskeyword(text)


def quoted(text: str) -> str:
    """Return the code of a text, in double quotes when it has none."""
    code = repr(text)
    return f'"{code[1:-1]}"' if code[0] == "'" and '"' not in code else code


def _help_text(given: dict[str, Literal]) -> str:
    """Return a help text as argparse would print it."""
    text: str = given["help"].value
    default = given["default"].value if "default" in given else None
    if default is MISSING:
        return text
    try:
        return str(text % {"default": default})
    except (KeyError, TypeError, ValueError):
        return text


def _type(given: dict[str, Literal]) -> list[str]:
    """Return the type and the default."""
    kind = given["type"].value if "type" in given else "str"
    default = given.get("default", Literal("None", None))
    value = default.value
    if value is MISSING:
        raise Untranslatable("its default is computed; click would call a function")
    words = []
    if "choices" in given:
        choices = given["choices"].value
        is_plain = isinstance(choices, (list, tuple)) and choices
        if not is_plain or not all(isinstance(one, str) for one in choices):
            raise Untranslatable("its choices= are no plain list of strings")
        if kind != "str" or value not in (None, *choices):
            raise Untranslatable("click would look for its default in its choices=")
        words.append(f"type=click.Choice({given['choices'].code})")
    elif kind != "str":
        _check_default(kind, value)
        words.append(f"type={kind}")
    elif isinstance(value, (bool, int, float)):
        # As it is: text from the command line, a number by default.
        words.append("type=click.UNPROCESSED")
    elif value is not None and not isinstance(value, str):
        raise Untranslatable("its default is neither text nor a number")
    return words if value is None else [*words, f"default={default.code}"]


def _check_default(kind: str, value: Any) -> None:
    convert: Any = {"int": int, "float": float}[kind]
    if value is None or type(value) is convert:
        return
    try:
        if isinstance(value, str):
            convert(value)
            return
    except ValueError:
        pass
    raise Untranslatable("click would convert its default")


def _store(given: dict[str, Literal]) -> list[str]:
    nargs = given["nargs"].value if "nargs" in given else None
    is_required = "required" in given and given["required"].value
    if is_required is MISSING:
        raise Untranslatable("whether it is required is computed")
    if is_required:
        # A default would never be used.
        given = {**given, "default": Literal("None", None)}
    words = ["required=True"] if is_required else []
    if nargs is None:
        return [*words, *_type(given)]
    if type(nargs) is int and nargs > 1 and "choices" not in given:
        if "default" in given and given["default"].value is not None:
            raise Untranslatable("click makes a tuple of its default")
        words += [f"nargs={nargs}", *_type(given)]
        return [*words, f"{_LIST}list(value) if value else None"]
    raise Untranslatable(f"click has no option with nargs={nargs!r}")


def _flag(given: dict[str, Literal]) -> list[str]:
    _only(given, "default", "required")
    default = given["default"].value if "default" in given else False
    if default is False:
        return ["is_flag=True"]
    if default is None:
        return ["is_flag=True", "default=None"]
    if default is True:
        # It is on, given or not.
        return ["is_flag=True", "flag_value=True", "default=True"]
    raise Untranslatable("its default is neither True nor False")


def _no_flag(given: dict[str, Literal]) -> list[str]:
    _only(given, "default", "required")
    if "default" in given and given["default"].value is not True:
        raise Untranslatable("its default is not True")
    return ["default=True"]


def _count(given: dict[str, Literal]) -> list[str]:
    _only(given, "default", "required")
    if "default" not in given or type(given["default"].value) is not int:
        raise Untranslatable("click counts from 0, not from None; say default=0")
    if given["default"].value != 0:
        raise Untranslatable("click counts from 0")
    return ["count=True"]


def _append(given: dict[str, Literal]) -> list[str]:
    _only(given, "default", "required", "type")
    if "default" in given and given["default"].value is not None:
        raise Untranslatable("argparse adds to the default, click replaces it")
    return ["multiple=True", *_type(given), f"{_LIST}list(value) or None"]


def _only(given: dict[str, Literal], *names: str) -> None:
    """Make sure that nothing else is said, but for the help."""
    others = set(given) - {*names, "action", "help", "metavar"}
    if others:
        raise Untranslatable(f"its action takes no {min(others)}=")
    if "required" in given and given["required"].value is not False:
        raise Untranslatable("its action cannot be required")


_ACTIONS: dict[str, Callable[[dict[str, Literal]], list[str]]] = {
    "store": _store,
    "store_true": _flag,
    "store_false": _no_flag,
    "count": _count,
    "append": _append,
}
