"""Write the values of a database driver as text, and read them again.

As JSON, in which a value that JSON does not have is an object with its type. Nothing
that is read can run code.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import hashlib
import json
import re
import uuid
import zlib
from typing import Any, Callable

# What is kept of the rows of one statement, in bytes of compressed text: no server
# takes a packet of any size.
LARGEST = 1_000_000
_COMPRESS_FROM = 4_000
_PACKED = "zlib:"
# SQLAlchemy numbers the savepoints of a connection.
_NUMBERED = re.compile(r"\bsa_savepoint_\d+")

_Written = Callable[[Any], Any]
# Type -> its name, how it is written, how it is read.
_TYPES: dict[type, tuple[str, _Written, _Written]] = {
    bytes: (
        "bytes",
        lambda value: base64.b64encode(value).decode("ascii"),
        lambda text: base64.b64decode(text),
    ),
    decimal.Decimal: ("decimal", str, decimal.Decimal),
    datetime.datetime: (
        "datetime",
        lambda value: value.isoformat(),
        lambda text: datetime.datetime.fromisoformat(text),
    ),
    datetime.date: (
        "date",
        lambda value: value.isoformat(),
        lambda text: datetime.date.fromisoformat(text),
    ),
    datetime.time: (
        "time",
        lambda value: value.isoformat(),
        lambda text: datetime.time.fromisoformat(text),
    ),
    datetime.timedelta: (
        "timedelta",
        lambda value: [value.days, value.seconds, value.microseconds],
        lambda parts: datetime.timedelta(*parts),
    ),
    uuid.UUID: ("uuid", str, uuid.UUID),
    tuple: (
        "tuple",
        lambda value: [_to_json(one) for one in value],
        lambda items: tuple(map(_from_json, items)),
    ),
    set: (
        "set",
        lambda value: [_to_json(one) for one in sorted(value)],
        lambda items: set(map(_from_json, items)),
    ),
}
_BY_NAME = {name: read for name, _, read in _TYPES.values()}


class UnknownValueError(ValueError):
    """Report a value that cannot be written."""


def dumps(value: Any) -> str:
    """Write a value as text.

    :param value: numbers, strings, times, bytes, and lists, tuples and dicts of them.
    :raises UnknownValueError: for any other value, and when there is too much of it.
    """
    text = json.dumps(_to_json(value), ensure_ascii=True, sort_keys=True)
    if len(text) < _COMPRESS_FROM:
        return text
    packed = base64.b64encode(zlib.compress(text.encode("ascii"))).decode("ascii")
    if len(packed) > LARGEST:
        raise UnknownValueError("too large")
    return _PACKED + packed


def loads(text: str) -> Any:
    """Read a value that :func:`dumps` has written.

    :param text: the text.
    """
    if text.startswith(_PACKED):
        text = zlib.decompress(base64.b64decode(text[len(_PACKED) :])).decode("ascii")
    return _from_json(json.loads(text))


def fingerprint(statement: str, parameters: Any) -> str:
    """Return a text by which a statement with its parameters is known again.

    :param statement: the SQL.
    :param parameters: what the driver is given.
    """
    try:
        written = json.dumps(_to_json(parameters), sort_keys=True)
    except UnknownValueError:
        written = repr(parameters)
    text = f"{_NUMBERED.sub('sa_savepoint', statement)}\n{written}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _to_json(value: Any) -> Any:
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if kind in _TYPES:
        name, write, _ = _TYPES[kind]
        return {"type": name, "value": write(value)}
    if isinstance(value, list):
        return [_to_json(one) for one in value]
    if isinstance(value, dict):
        items = [[_to_json(key), _to_json(one)] for key, one in value.items()]
        return {"type": "dict", "value": items}
    if isinstance(value, (memoryview, bytearray)):
        return _to_json(bytes(value))
    # Drivers have classes of their own: rows, strings with an encoding.
    parents: tuple[Any, ...] = (str, int, float, bytes, tuple)
    for parent in parents:
        if isinstance(value, parent):
            return _to_json(parent(value))
    raise UnknownValueError(f"{kind.__name__} cannot be kept")


def _from_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_from_json(one) for one in value]
    if not isinstance(value, dict):
        return value
    content = value["value"]
    if value["type"] == "dict":
        return {_from_json(key): _from_json(one) for key, one in content}
    return _BY_NAME[value["type"]](content)
