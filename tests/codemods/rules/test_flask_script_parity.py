"""The same command line before and after the rewrite: the same call, output, status."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from tests.codemods.script_parity import Pair, needs_flask_1_0

pytestmark = [pytest.mark.legacy, needs_flask_1_0]
RARE = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
VALUES = ["a", "1", "07", "2.5", "x y", "é", "", "red", "true", "100%"]


def some(draw: Any, *values: str) -> str:
    return str(draw(st.sampled_from(values)))


@st.composite
def signatures(draw: Any) -> str:
    names = draw(
        st.lists(
            st.sampled_from(["n", "name", "my_count", "other", "Upper", "_x", "loud"]),
            unique_by=lambda name: name[0],
            max_size=5,
        )
    )
    is_plain = [draw(st.booleans()) and name.islower() for name in names]
    plain = [name for name, one in zip(names, is_plain) if one]
    defaults = ["1", "2.5", "None", "True", "False", "-3", "'x'", "0", "''"]
    words = [
        f"{name}={some(draw, *defaults)}"
        for name, one in zip(names, is_plain)
        if not one
    ]
    return (
        "@manager.command\n"
        f"def command({', '.join([*plain, *words])}):\n"
        "    show('command', locals())\n"
    )


OPTIONS = [
    "",
    "type=int",
    "type=float",
    "type=str",
    "default='x'",
    "default='7', type=int",
    "default=7",
    "default=None",
    "default=0.5, type=float",
    "required=True",
    "required=True, type=int",
    "choices=['red', 'a']",
    "choices=('red', 'a'), default='a'",
    "nargs=2",
    "nargs=2, type=int",
    "action='store_true'",
    "action='store_true', default=None",
    "action='store_true', default=True",
    "action='store_false'",
    "action='store_false', default=True",
    "action='count', default=0",
    "action='append'",
    "action='append', type=int",
    "help='50%% of %(default)s', metavar='X'",
]
FLAGS = [
    ("'-n'", "'--name'"),
    ("'--some-value'",),
    ("'--under_score'", "'-u'"),
    ("'-o'",),
    ("'-D'", "'--Capital'"),
    ("'-long'",),
]
ARGUMENTS = ["first", "second", "third"]
NARGS = [
    "",
    "type=int",
    "choices=['a', 'red']",
    "nargs='?'",
    "nargs='?', default='d'",
    "nargs='?', default=3",
    "nargs='?', type=float, default='0.5'",
    "nargs='*'",
    "nargs='+'",
    "nargs='*', type=int",
    "help='what it is'",
]


@st.composite
def declarations(draw: Any) -> str:
    lines = []
    for number, flags in enumerate(
        draw(st.lists(st.sampled_from(FLAGS), unique=True, max_size=3))
    ):
        words = [*flags, some(draw, *OPTIONS)]
        if draw(st.booleans()):
            words.append(f"dest='dest{number}'")
        lines.append(", ".join(word for word in words if word))
    for name in ARGUMENTS[: draw(st.integers(0, 3))]:
        words = [f"'{name}'", some(draw, *NARGS)]
        lines.append(", ".join(word for word in words if word))
    lines = draw(st.permutations(lines)) or ["'-n'"]
    kind = some(draw, "decorators", "class")
    if kind == "class":
        options = ", ".join(f"Option({line})" for line in lines)
        return (
            "class Thing(Command):\n"
            "    'Do a thing.'\n"
            f"    option_list = [{options}]\n"
            "    def run(self, **values):\n"
            "        show('command', values)\n"
            "\n"
            "manager.add_command('command', Thing())\n"
        )
    decorators = "".join(f"@manager.option({line})\n" for line in lines)
    return f"{decorators}def command(**values):\n    show('command', values)\n"


@st.composite
def command_lines(draw: Any, flags: list[str]) -> list[str]:
    words = []
    for _ in range(draw(st.integers(0, 6))):
        flag = some(draw, *flags, "") if flags else ""
        value = some(draw, *VALUES)
        form = some(draw, "flag", "flag value", "joined")
        if not flag:
            words.append(value)
        elif form == "flag":
            words.append(flag)
        elif form == "flag value":
            words += [flag, value]
        else:
            # -f=x is x for argparse, and =x for click; see the documentation.
            words.append(f"{flag}={value}" if flag.startswith("--") else flag + value)
    if words and not words[-1].startswith("-") and draw(st.booleans()):
        words += ["--", *draw(st.lists(st.sampled_from(["-n", "--name", "a"])))]
    return words


def flags_in(text: str) -> list[str]:
    """Return the flags that a rewritten file declares."""
    calls = re.findall(r"click\.option\(\s*((?:\"[^\"]*\",?\s*)+)", text)
    return [flag for call in calls for flag in re.findall(r"\"[ /]*(-[^\"]+)\"", call)]


def compare(pair: Pair, argv: list[str]) -> bool:
    """Compare one command line; return whether Flask-Script took it."""
    runs = pair.run("command", *argv)
    if runs.old.status:
        # click may take what argparse does not; it says so when it does not either.
        assert runs.new.status in (0, 2), runs.new.err
        return False
    for one in (runs.new, runs.flask):
        assert (one.status, one.out) == (0, runs.old.out), (argv, one.err)
    return True


@pytest.mark.parametrize("kind", [signatures, declarations])
def test_the_same_values_arrive(kind: Any) -> None:
    taken = []

    @settings(max_examples=100, deadline=None, suppress_health_check=RARE)
    @given(data=st.data())
    def run(data: Any) -> None:
        pair = Pair(data.draw(kind()))
        if not pair.is_converted:
            assert pair.left
            return
        assert not pair.left
        flags = flags_in(pair.new.text)
        for _ in range(3):
            taken.append(compare(pair, data.draw(command_lines(flags))))

    run()
    # Not everything was refused.
    assert sum(taken) > 10
