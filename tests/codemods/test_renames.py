"""Test :mod:`flask_migrate_compat.codemods.renames`, and the tables of names."""

from __future__ import annotations

import importlib
import types
from importlib import metadata
from typing import ClassVar

import pytest

from flask_migrate_compat.codemods.renames import Renames
from flask_migrate_compat.codemods.rule import Rule
from flask_migrate_compat.codemods.rules import (
    flask_names,
    flask_sqlalchemy_names,
    sqlalchemy_names,
)
from flask_migrate_compat.codemods.tables import Gone, Moved, Table, gone, moved
from flask_migrate_compat.codemods.transformer import transforming
from tests.codemods.tools import (
    assert_left,
    assert_rewritten,
    assert_unchanged,
    source,
)

TABLES = (flask_names.TABLE, flask_sqlalchemy_names.TABLE, sqlalchemy_names.TABLE)


class Example(Renames):
    """Names that nobody has."""

    TABLE: ClassVar[Table] = {
        **moved(
            "X 1.0",
            {
                "x.old": "x.new",
                "x.away": "y.z.away",
                "x.other": "y.z.another",
                "x.far": "v.far",
                "x.package.*": "x.packet",
            },
        ),
        **gone("X 1.0", "write something", "x.gone", "x.lost.*"),
    }


RULE = Rule(
    *("FMC999", "example", "", "X 1.0", ("x",)),
    lambda source: True,
    transforming(Example),
)


@pytest.mark.parametrize(
    "text",
    [
        "from x import new\nfrom z import old, away\n",
        "from .x import old\nfrom . import old\n",
        "import x\nx.new\nx.package_of_another_name\n",
        "class x:\n    old = 1\n\n\nx.old\n",
        "def f(x):\n    return x.old, old\n",
        "from x import old  # noqa: FMC999\nold()\n",
        "from x import (\n    old,  # noqa: FMC999\n    one,\n)\n",
        "from x import *\n",
    ],
)
def test_unchanged(text: str) -> None:
    assert_unchanged(RULE, text)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "from x import old\nold(old=1).old\n",
            "from x import new as old\nold(old=1).old\n",
        ),
        ("from x import old as o\no()\n", "from x import new as o\no()\n"),
        ("from x import away  # c\naway()\n", "from y.z import away  # c\naway()\n"),
        ("if a: from x import away\n", "if a: from y.z import away\n"),
        ("import b; from x import away\n", "import b; from y.z import away\n"),
        (
            "# a\nfrom x import one, away, two  # c\naway()\n",
            "# a\nfrom x import one, two  # c\nfrom y.z import away\naway()\n",
        ),
        (
            "from x import (\n    one,  # 1\n    away,  # 2\n    two,  # 3\n)\n",
            "from x import (\n    one,  # 1\n    two,  # 3\n)\n"
            "from y.z import away  # 2\n",
        ),
        (
            "# a\nfrom x import away, old\nold()\n",
            "# a\nfrom x import new as old\nfrom y.z import away\nold()\n",
        ),
        (
            "from x import (\n    one,\n    # of two\n    away,  # a\n    # of other\n"
            "    other,  # b\n)\n",
            "# of two\n# of other\nfrom x import (\n    one,\n)\n"
            "from y.z import away  # a\nfrom y.z import another as other  # b\n",
        ),
        (
            "from x import (\n    away,\n    # of one\n    one,\n    other,\n)\n",
            "# of one\nfrom x import (\n    one,\n)\n"
            "from y.z import away, another as other\n",
        ),
        (
            "from x import (  # head\n    # above\n    away,  # a\n    # between\n"
            "    far  # b\n    # tail\n)  # end\n",
            "# head\n# above\n# a\n# between\n# b\n# tail\n"
            "from v import far\nfrom y.z import away  # end\n",
        ),
        (
            "from x import (  # head\n    away,  # a\n    far  # b\n    # tail\n)\n",
            "# head\n# b\n# tail\nfrom v import far\nfrom y.z import away  # a\n",
        ),
        (
            "from x import (  # head\n    one,  # 1\n    # two\n    away,  # 2\n"
            "    # tail\n)  # end\n",
            "# two\n# tail\nfrom x import (  # head\n    one,  # 1\n)  # end\n"
            "from y.z import away  # 2\n",
        ),
        (
            "from x import (\n    one,  # 1\n    away  # 2\n)\n",
            "# 2\nfrom x import (\n    one  # 1\n)\nfrom y.z import away\n",
        ),
        (
            "from x import (\n    one, away,\n    # tail\n)\n",
            "# tail\nfrom x import (\n    one,\n)\nfrom y.z import away\n",
        ),
        (
            "try:\n    from x import one, away\nexcept ImportError:\n    pass\n",
            "try:\n    from x import one\n    from y.z import away\n"
            "except ImportError:\n    pass\n",
        ),
        ("import x\nx.old()\n", "import x\nx.new()\n"),
        ("import x as a\na.old()\n", "import x as a\na.new()\n"),
        ("import x\nx.away()\n", "import x\nimport y.z\n\ny.z.away()\n"),
        ("import x.package\nfrom x.package import a\n", ""),
        ("from x.package import a\na()\n", "from x.packet import a\na()\n"),
        ("import x\nx.package.a()\n", "import x\nimport x.packet\n\nx.packet.a()\n"),
    ],
)
def test_rewritten(before: str, after: str) -> None:
    if not after:
        assert_left(RULE, before.splitlines()[0] + "\n", "import x.packet, and change")
        return
    assert_rewritten(RULE, before, after)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("from x import gone\n", "write something"),
        ("import x\nx.gone()\n", "write something"),
        ("from x.lost import a\n", "write something"),
        ("import x.lost\n", "write something"),
        ("from x import one, away; a = 1\n", "on a line of its own"),
        ("from x.lost import *\n", "name what is used"),
        ("import x\n\n\ndef f(y):\n    return x.away(y)\n", "is in the way"),
        ("import x\ny = 1\nx.away(y)\n", "is in the way"),
        (
            "import x\nimport a as y\n\n\ndef f():\n    import y\n    x.away(y)\n",
            "is in the way",
        ),
        ("import x\nx.old = a\n", "is assigned"),
        ("import x\nx.old += a\n", "is assigned"),
        ("import x\nwith a as x.away: pass\n", "is assigned"),
        ("import x\ndel x.old\n", "is assigned"),
    ],
)
def test_left(text: str, reason: str) -> None:
    assert_left(RULE, text, reason)


@pytest.mark.parametrize(
    "module", [flask_names, flask_sqlalchemy_names, sqlalchemy_names]
)
def test_every_name_is_looked_for(module: types.ModuleType) -> None:
    for name in module.TABLE:
        package, _, last = name.rpartition(".")
        if last != "*":
            text = f"from {package} import (\n    other,\n    {last},\n)\n"
            assert module.RULE.is_wanted_by(source(text)), name
        text = f"from {package} import a\n"
        assert last != "*" or module.RULE.is_wanted_by(source(text)), name


def test_what_is_assigned_is_left_wherever_it_is() -> None:
    text = "import x as y\nimport x\nx.away = a\n\n\ndef f():\n    y.away()\n"
    assert_left(RULE, text, "is assigned", "is assigned")


@pytest.mark.skipif(
    int(metadata.version("Flask").split(".")[0]) < 3
    or int(metadata.version("SQLAlchemy").split(".")[0]) < 2,
    reason="the new names are those of the newest stack",
)
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("table", TABLES)
def test_the_tables_tell_the_truth(table: dict[str, Moved | Gone]) -> None:
    """What is named as a successor is there, and the old name is not."""
    for old, found in table.items():
        if isinstance(found, Moved) and not old.endswith("*"):
            assert exists(found.to), found.to
        if not old.endswith("*") and old != "sqlalchemy.orm.mapper":
            assert not exists(old), old
        if old.endswith(".*") and isinstance(found, Gone):
            assert not exists(old[:-2]), old


def exists(name: str) -> bool:
    """Tell whether a full name can be imported."""
    module, _, attribute = name.rpartition(".")
    try:
        if not module:
            importlib.import_module(name)
            return True
        imported = importlib.import_module(module)
        if hasattr(imported, attribute):
            return True
        importlib.import_module(name)
    except ImportError:
        return False
    return True
