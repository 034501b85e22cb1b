"""Say in click what the questions of Flask-Script ask."""

from __future__ import annotations

import libcst as cst
import libcst.matchers as m

from .click_options import Reader


class PromptError(Exception):
    """Say why a question stays."""


def new_prompt(call: cst.Call, name: str, reader: Reader) -> str:
    """Return the code of a question in click, with the same prompt and answers.

    :raises PromptError: when there is none that asks the same.
    """
    if name == "prompt_choices":
        raise PromptError(
            "click has nothing that returns None for one answer, and takes any case;"
            " see click.prompt(type=click.Choice([...]))"
        )
    if m.findall(call, m.Comment()):
        raise PromptError("a comment in it would get lost; move it out")
    order = ("name", "default")
    given: dict[str, cst.BaseExpression] = {}
    for position, argument in enumerate(call.args):
        key = argument.keyword.value if argument.keyword is not None else None
        if argument.star or (key is None and position > 1):
            raise PromptError("its arguments are not plain")
        given[key or order[position]] = argument.value
    if not {"name"} <= set(given) <= set(order):
        raise PromptError("click has no other words for yes and no")
    text = reader.literal(given["name"])
    if not isinstance(text.value, str) or "\n" in text.code:
        raise PromptError(
            "its text is computed, so that it is not known whether it ends with a"
            " question mark; see click.prompt"
        )
    default = reader.literal(given["default"]).value if "default" in given else None
    words = [text.code]
    if name == "prompt_bool":
        if default not in (True, False, None) or isinstance(default, int) is None:
            raise PromptError("its default is neither True nor False")
        if not text.code.endswith(("'", '"')):
            raise PromptError(
                "its text does not stand there, but what is added to it has to"
            )
        # Not default="n", as it is shown: click 7 returns a default as it is given.
        words = [_with_ending(text.code, f" [{'y' if default else 'n'}]")]
        words += [f"default={bool(default)}", "type=bool", "show_default=False"]
    elif default is not None:
        if name == "prompt_pass" or not isinstance(default, str) or not default:
            raise PromptError("click shows or converts such a default in another way")
        words.append(f"default={reader.code(given['default'])}")
    if name == "prompt_pass":
        words.append("hide_input=True")
    if text.value.endswith("?"):
        words.append('prompt_suffix=" "')
    return f"click.prompt({', '.join(words)})"


def _with_ending(code: str, ending: str) -> str:
    """Return the code of a string with a longer text."""
    quote = code[-3:] if code.endswith(("'''", '"""')) else code[-1:]
    return f"{code[: -len(quote)]}{ending}{quote}"
