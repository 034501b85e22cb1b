"""The options of an ``alembic.ini``, with the lines on which they stand."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from ..source import LINE_END

_SECTION = re.compile(r"\[(?P<name>[^]]+)\]")
_OPTION = re.compile(r"(?P<key>[^=:\s][^=:]*?)\s*[=:]\s*(?P<value>.*?)\s*$")


@dataclass(frozen=True)
class Option:
    """One option.

    :param section: in which it stands.
    :param key: its name, in lower case.
    :param value: its value, lines joined by a line end.
    :param line: where it begins.
    :param last_line: where it ends.
    """

    section: str
    key: str
    value: str
    line: int
    last_line: int

    @property
    def name(self) -> str:
        """Return ``section.key``."""
        return f"{self.section}.{self.key}"

    @property
    def hash(self) -> str:
        """Return a short hash of the value, without regard to spaces after commas."""
        plain = re.sub(r"\s*,\s*", ",", self.value)
        return hashlib.sha256(plain.encode()).hexdigest()[:8]


def parse(text: str) -> list[Option]:
    """Return the options as ``configparser`` reads them; a section has an empty key."""
    options: list[Option] = []
    section = ""
    for number, line in enumerate(LINE_END.split(text), 1):
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        found = _SECTION.match(stripped)
        if found and not line[0].isspace():
            section = found["name"]
            options.append(Option(section, "", "", number, number))
        elif line[0].isspace() and options and options[-1].key:
            before = options.pop()
            value = f"{before.value}\n{stripped}"
            options.append(
                Option(before.section, before.key, value, before.line, number)
            )
        else:
            option = _OPTION.match(stripped)
            if option:
                key = option["key"].lower()
                options.append(Option(section, key, option["value"], number, number))
    return options
