"""Test :mod:`flask_migrate_compat.codemods.source`."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given, strategies as st

from flask_migrate_compat.codemods.source import Place, Source, UnreadableError


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (b"", "utf-8"),
        (b"a = 1\r\nb = 2\rc = 3\n", "utf-8"),
        (codecs.BOM_UTF8 + "a = 'ä'\n".encode(), "utf-8"),
        ("# -*- coding: latin-1 -*-\na = 'ä'\n".encode("latin-1"), "iso-8859-1"),
        (
            "#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n'€'".encode("cp1252"),
            "cp1252",
        ),
    ],
)
def test_bytes_come_back(data: bytes, encoding: str) -> None:
    source = Source.decode("app.py", data, True)
    assert source.encode() == data
    assert source.encoding == encoding
    source.check()
    assert source.module.code == source.text


@pytest.mark.parametrize(
    "data",
    [b"a = '\xe4'\n", b"# coding: no-such-thing\n", b"\xff\xfea\x00"],
)
def test_bytes_that_are_no_text(data: bytes) -> None:
    with pytest.raises(UnreadableError, match="cannot be decoded"):
        Source.decode("app.py", data, True)


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"])))
def test_any_text_comes_back(text: str) -> None:
    data = text.encode()
    assert Source.decode("a.sh", data, False).encode() == data


def test_a_character_that_the_encoding_lacks() -> None:
    source = Source.decode("app.py", b"# coding: ascii\n", True)
    with pytest.raises(UnreadableError, match="cannot be encoded"):
        source.with_text("# coding: ascii\n'ä'\n").encode()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\nprint a\n", 2),
        ("print 'a'\n", 1),
        ("try:\n    pass\nexcept OSError, e:\n    pass\n", 3),
        ("x = 0777\n", 1),
        ("raise ValueError, 'a'\n", 1),
        ("exec 'a = 1'\n", 1),
        ("x = ur'a'\n", 1),
        ("print >>f, 'a'\n", 1),
    ],
)
def test_python_2_is_called_so(text: str, line: int) -> None:
    with pytest.raises(UnreadableError, match="is Python 2: run 2to3") as caught:
        Source("app.py", text).check()
    assert caught.value.place.line == line


@pytest.mark.parametrize("text", ["x = (\n", "a b\n", "x = 1\n  y = 2\n", "a\0b\n"])
def test_what_is_no_python_is_called_so(text: str) -> None:
    with pytest.raises(UnreadableError, match="is not Python that can be parsed"):
        Source("app.py", text).check()


def test_newer_syntax_than_that_of_this_python_is_no_problem() -> None:
    Source("app.py", "match x:\n    case 1:\n        pass\n").check()


@pytest.mark.parametrize(
    ("comment", "code", "is_excused"),
    [
        ("# noqa", "FMC101", True),
        ("# NOQA", "FMC101", True),
        ("# noqa: FMC101", "FMC101", True),
        ("# noqa:fmc101", "FMC101", True),
        ("# noqa: E501, FMC101", "FMC101", True),
        ("# noqa: E501 FMC101 why", "FMC101", True),
        ("# why # noqa: FMC101", "FMC101", True),
        ("# noqa: FMC102", "FMC101", False),
        ("# noqa: E501", "FMC101", False),
        ("# nothing", "FMC101", False),
    ],
)
def test_noqa(comment: str, code: str, is_excused: bool) -> None:
    source = Source("app.py", f"a\x0c = 1\nx = (  {comment}\n    1\n)\ny = 1\n")
    assert source.is_excused(Place(2), code) is is_excused
    assert source.is_excused(Place(1, 1, 2), code) is is_excused
    assert not source.is_excused(Place(1), code)
    assert not source.is_excused(Place(3, 1, 5), code)


@pytest.mark.parametrize(
    ("text", "newline"),
    [("", "\n"), ("a\nb\r\n", "\n"), ("a\r\nb\r\nc\n", "\r\n"), ("a\rb\r", "\r")],
)
def test_newline_is_that_of_most_lines(text: str, newline: str) -> None:
    assert Source("app.py", text).newline == newline


@pytest.mark.parametrize("text", ["\x0cx = 1\n", "x = 1\ny = 2\r"])
def test_what_libcst_would_lose_is_not_read(text: str) -> None:
    import libcst

    if libcst.parse_module(text).code == text:
        pytest.skip("this LibCST keeps it")
    with pytest.raises(UnreadableError, match="LibCST would lose"):
        Source("app.py", text).module  # noqa: B018
