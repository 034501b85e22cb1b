"""``python manage.py db upgrade`` in shell scripts, Procfiles, Dockerfiles and so on.

What is looked for is ``manage.py`` where a program is called, with the words around it.
Words are separated by blanks, by a line end after a backslash, or, in the lists of
Dockerfiles, YAML and JSON, by quotes and commas.
"""

from __future__ import annotations

import re
from typing import Iterator, NamedTuple

from ..rule import Report, Rule
from ..source import LINE_END, Place, Source

#: The commands of Flask-Migrate, which no other tool has below ``db``.
COMMANDS = (
    *("init", "revision", "migrate", "edit", "merge", "upgrade", "downgrade", "show"),
    *("history", "heads", "branches", "current", "stamp", "check"),
)
#: Their options in the click group, which are fewer than those of ``MigrateCommand``.
OPTIONS = (
    *("-d", "--directory", "-m", "--message", "-x", "--x-arg", "-r", "--rev-range"),
    *("-v", "--verbose", "-i", "--indicate-current", "-t", "--template", "--multidb"),
    *("--package", "--sql", "--head", "--splice", "--branch-label", "--version-path"),
    *("--rev-id", "--tag", "--autogenerate", "--purge", "--resolve-dependencies"),
    "--help",
)
#: Commands of Flask-Script itself, and what does their work now.
SUCCESSORS = {
    "runserver": "run",
    "shell": "shell",
    "urls": "routes",
    "show_urls": "routes",
    "show-urls": "routes",
    "routes": "routes",
}
# Files that call these are those of a Django project.
_DJANGO = re.compile(
    r"django|\bmanage(?:\.py)?\W+(?:migrate|makemigrations|collectstatic|dumpdata"
    r"|loaddata|createsuperuser|syncdb|compilemessages|makemessages)\b",
    re.IGNORECASE,
)
# Between two words: blanks, a continued line, or quotes and a comma.
_BETWEEN = r"""(?:[ \t]{1,50}(?:\\\r?\n[ \t]*)?|["']?[ \t]{0,50},\s*["']?)"""
_BLOCK = r"""["']?[ \t]{0,50}\r?\n[ \t]*-[ \t]+["']?"""
# The text after the file is looked at only: it may be the beginning of another call.
_CALL = re.compile(
    rf"""
    (?P<before>
        (?: [@-]* (?:\$\(\w+\) | \$\{{[^}}\s]*\}}) | [^\s"',;&|(`=[]{{0,200}} )
        (?:"(?=[ \t]))?
    )
    (?P<flags>(?:{_BETWEEN}-[a-zA-Z]+){{0,8}}?)
    (?P<first>{_BETWEEN}|{_BLOCK}|(?<![^\s"'`(=@;&|,[-]))
    (?P<file>(?:[^\s"',;&|(`=[]{{0,200}}[/\\])?\bmanage\.py\b|-m{_BETWEEN}manage(?![\w.-]))
    (?=
        (?P<second>{_BETWEEN}|{_BLOCK})
        (?P<command>[\w$-][\w-]*)
        (?:(?P<third>{_BETWEEN}|{_BLOCK})(?P<subcommand>[^\s"',;&|)`\]\\]+)?)?
    )
    """,
    re.VERBOSE,
)
# Where a call may be; only what is around it is looked at.
_FILE = re.compile(rf"\bmanage\.py\b|-m{_BETWEEN}manage(?![\w.-])")
_AROUND = 300
# The rest of a command, up to where a shell or a list ends it.
_REST = re.compile(r"(?:\\\r?\n|[^\r\n;&|)`\]])*")
_REST_OF_BLOCK = re.compile(r"[^\r\n]*(?:\r?\n[ \t]*-[ \t][^\r\n]*)*")
_PYTHON = re.compile(r"python3?")
_ANY_PYTHON = re.compile(
    r"(?:.*[/\\])?(?:python[0-9.]*(?:\.exe)?|py|pypy3?)\"?"
    r"|[$%{]+[({]?\w*py[\w:.-]*[)}%]*\"?",
    re.IGNORECASE,
)
_PYTHON_2 = re.compile(r"python2[0-9.]*(?:\.exe)?\"?$", re.IGNORECASE)
_WINDOWS = ".\\manage.py"
# What may stand before a program that is called by its own name.
_STARTERS = (
    *("exec", "sudo", "time", "nohup", "env", "if", "then", "do", "else", "!", "-"),
    *("CMD", "RUN", "ENTRYPOINT"),
)


class _Call(NamedTuple):
    """A call of ``manage.py``.

    :param text: of the file.
    :param program: the word before it: a Python, or something else, or nothing.
    :param start: where the program begins, or the file when there is none.
    :param flags: what stands between the program and the file.
    :param file: as it is written; or ``-m manage``.
    :param file_start: where that begins.
    :param between: what separates the words.
    :param command: the first word after the file.
    :param command_end: where that ends.
    :param subcommand: the second one, or nothing.
    :param end: where the last word ends.
    """

    text: str
    program: str
    start: int
    flags: str
    file: str
    file_start: int
    between: str
    command: str
    command_end: int
    subcommand: str
    end: int

    @classmethod
    def of(cls, text: str, match: re.Match[str]) -> _Call:
        """Read what was found."""
        before = match["before"]
        program = before.lstrip("@-")
        file = match["file"]
        if re.match(_BLOCK, match["first"]) and not _PYTHON.fullmatch(program):
            # The last word of the item before.
            program = ""
        # What Make reads stands at the beginning of the first word.
        bare_file = file if program or file.startswith("-m") else file.lstrip("@-")
        file_start = match.end("file") - len(bare_file)
        return cls(
            text,
            program,
            match.end("before") - len(program) if program else file_start,
            match["flags"],
            bare_file,
            file_start,
            match["second"],
            match["command"],
            match.end("command"),
            match["subcommand"] or "",
            max(match.end("subcommand"), match.end("command")),
        )

    @property
    def is_module(self) -> bool:
        """Tell whether Python is told to run a module."""
        return self.file.startswith("-m")

    @property
    def is_here(self) -> bool:
        """Tell whether the file is in the current folder."""
        return self.is_module or self.file in ("manage.py", "./manage.py", _WINDOWS)

    @property
    def is_by_python(self) -> bool:
        """Tell whether the program is a Python."""
        return _ANY_PYTHON.fullmatch(self.program) is not None

    @property
    def is_by_itself(self) -> bool:
        """Tell whether ``./manage.py`` is the program that is called."""
        word = self.program.strip("\"'[")
        return self.file.startswith(".") and (
            not word or word in _STARTERS or word.endswith(":")
        )

    @property
    def flask(self) -> str:
        """Return the new form of the call, up to the commands."""
        name = "manage" if self.is_here else self.file
        return f"flask --app {name}"

    @property
    def place(self) -> Place:
        """Return where it begins."""
        before = LINE_END.split(self.text[: self.start])
        return Place(len(before), len(before[-1]) + 1)

    @property
    def old(self) -> str:
        """Return it as it is written."""
        words = (self.file, self.command, self.subcommand if self.is_db else "")
        return " ".join(" ".join(words).split())

    @property
    def is_db(self) -> bool:
        """Tell whether it is one of the commands of Flask-Migrate, or may be."""
        return self.command == "db"

    def arguments(self) -> list[str]:
        """Return the words after the command."""
        pattern = _REST_OF_BLOCK if "\n" in self.between.lstrip("\\") else _REST
        rest = pattern.match(self.text, self.end)
        return re.split(r"[\s\"',\\]+", rest.group() if rest else "")


def apply(source: Source, report: Report) -> str:
    """Change the calls of ``manage.py db`` in a file that is not Python."""
    text = source.text
    comments = _comments(source)
    is_django = _DJANGO.search(text) is not None
    parts: list[str] = []
    done = 0
    for match in _matches(text):
        if any(start <= match.start("file") < end for start, end in comments):
            continue
        call = _Call.of(text, match)
        if call.is_db and (call.subcommand in COMMANDS or not is_django):
            reason = _obstacle(call)
        elif not is_django and (call.is_by_python or call.is_by_itself):
            reason = _successor(call)
        else:
            continue
        if reason:
            report.leave(call.place, call.old, reason)
        elif report.change(call.place, call.old):
            start, new = _replacement(call)
            parts += [text[done:start], new]
            done = call.command_end
    return "".join([*parts, text[done:]])


def _matches(text: str) -> Iterator[re.Match[str]]:
    """Yield the calls in a text; the time that it takes grows with the text only."""
    for found in _FILE.finditer(text):
        start, end = max(0, found.start() - _AROUND), found.end() + _AROUND
        for match in _CALL.finditer(text, start, end):
            if match.end("file") == found.end():
                yield match
                break


def _replacement(call: _Call) -> tuple[int, str]:
    """Return what to write in place of a call, up to ``db``, and where it begins."""
    words = ["flask", "--app", "manage", "db"]
    is_plain = _PYTHON.fullmatch(call.program) and not call.flags and not call.is_module
    if is_plain:
        return call.start, call.between.join(words)
    if call.is_by_python:
        # The same Python, wherever it is.
        return call.file_start, call.between.join(["-m", *words])
    return call.file_start, call.between.join(words)


def _obstacle(call: _Call) -> str:
    """Return why a command below ``db`` cannot be changed, or nothing."""
    if call.subcommand not in COMMANDS:
        return (
            "what follows is no command of Flask-Migrate that is known;"
            " see 'flask db --help' and change it by hand"
        )
    new = f"{call.flask} db {call.subcommand}"
    if _PYTHON_2.search(call.program):
        return f"Python 2 has no Flask with --app; with Python 3 it is '{new}'"
    if not call.is_here:
        return (
            "manage.py is in another folder, where Flask imports it in another way if"
            f" the folder is a package; otherwise it is '{new}'"
        )
    if not call.is_by_python and (call.is_module or not call.is_by_itself):
        return f"what runs manage.py here is not known; '{new}' is the same command"
    for word in call.arguments():
        option = word.split("=")[0]
        if word == "-":
            # Of a list in YAML, or a file.
            continue
        is_short = re.match(r"-[a-z]", word) is not None and option[:2] in OPTIONS
        if re.match(r"-[0-9]", word):
            return (
                "click takes a negative number for an option;"
                f" write '{new} -- {word}', with options before the dashes"
            )
        if option.startswith("-") and not is_short and option not in (*OPTIONS, "--"):
            return f"'{new}' may have no option {option}; see its --help"
    return ""


def _successor(call: _Call) -> str:
    """Return what to do with another command of a Manager."""
    if call.command.startswith("-"):
        return "options of the Manager come before the command; flask has none of them"
    if call.command in SUCCESSORS:
        return (
            f"'{call.flask} {SUCCESSORS[call.command]}' does its work, with options of"
            " its own; change it by hand"
        )
    return f"when it is a command of app.cli, it is '{call.flask} {call.command}'"


def _comments(source: Source) -> list[tuple[int, int]]:
    """Return where the comments of a file are."""
    name = source.name.lower()
    if name.endswith((".bat", ".cmd")):
        pattern = re.compile(r"^[ \t]*(?:@?rem\b|::).*$", re.IGNORECASE | re.MULTILINE)
    elif name.endswith(".json"):
        return []
    elif name.startswith("jenkinsfile"):
        pattern = re.compile(r"^[ \t]*(?://|\*|/\*).*$", re.MULTILINE)
    elif name.endswith((".ini", ".cfg", ".conf", ".service")):
        pattern = re.compile(r"^[ \t]*[#;].*$", re.MULTILINE)
    else:
        return _hash_comments(source.text)
    return [match.span() for match in pattern.finditer(source.text)]


def _hash_comments(text: str) -> list[tuple[int, int]]:
    """Return where the comments are that a ``#`` outside of quotes begins."""
    found = []
    start = 0
    for end in [*(match.start() for match in LINE_END.finditer(text)), len(text)]:
        quote = ""
        for position in range(start, end):
            character = text[position]
            if quote:
                quote = "" if character == quote else quote
            elif character in "\"'":
                # Not the apostrophe of a word.
                if position == start or not text[position - 1].isalnum():
                    quote = character
            elif character == "#" and (
                position == start or text[position - 1] in " \t;&|(\r\n"
            ):
                found.append((position, end))
                break
        start = end
    return found


RULE = Rule(
    code="FMC203",
    name="manage_py_in_scripts",
    summary="python manage.py db ... in scripts -> flask --app manage db ...",
    blocks="",
    triggers=("manage.py", "-m manage"),
    applies=lambda source: not source.is_python,
    apply=apply,
    is_script_rule=True,
)
