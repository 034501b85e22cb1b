"""Decide what of a customised ``env.py`` can be carried over, and what cannot.

Carried over is what means the same in today's template: statements of the module that
only use what is there, too, and arguments of ``context.configure()``. Everything else
is an obstacle, and one obstacle leaves the whole file as it is.
"""

from __future__ import annotations

import re
import symtable

import libcst as cst

from .comments import comment_hash, own_comments
from .known import Difference, FunctionDifference, Known
from .plan import Obstacle, Plan, Setting, names_in
from .units import Parsed, Piece, Statement, Unit, is_docstring, parse

CONFIG = "0 config = context . config"
#: Ways to set up logging as the template does it.
LOGGING = frozenset(
    parse(text).pieces[0].hashes
    for text in (
        "fileConfig(config.config_file_name, disable_existing_loggers=False)\n",
        "if config.config_file_name is not None:\n"
        "    fileConfig(config.config_file_name)\n",
        "if config.config_file_name is not None:\n"
        "    fileConfig(config.config_file_name, disable_existing_loggers=False)\n",
    )
)
# They matter to autogenerate only, which always has a connection.
_FOR_AUTOGENERATE = frozenset(
    {
        *("compare_server_default", "compare_type", "include_name", "include_object"),
        *("include_schemas", "include_symbol", "render_as_batch", "render_item"),
        *("alembic_module_prefix", "sqlalchemy_module_prefix", "user_module_prefix"),
    }
)
# What the template itself has to say.
_OF_TEMPLATE = frozenset(
    {"*", "connection", "url", "output_buffer", "upgrade_token", "downgrade_token"}
)
_ADDRESS = re.compile(
    r"sqlalchemy\.url|\b(?:set_main_option|set_section_option|engine_from_config"
    r"|create_engine|create_async_engine|SQLALCHEMY_DATABASE_URI|SQLALCHEMY_BINDS)\b"
)
_TABLES_REASON = "each database has its own tables: move it into get_metadata()"
# What only means something at the top of a file.
_FIRST_LINE = re.compile(r"#!|#.*coding[:=]")
# Another extension, or another db in it.
_EXTENSION = re.compile(r"extensions\s*\[[^]]*\](?:\s*\.\s*db)?\s*=[^=]")
_RUN = re.compile(r"\bcontext\s*\.\s*(?:configure|run_migrations|begin_transaction)\b")
_ADDRESS_REASON = (
    "the new template asks the application for its databases, not alembic.ini:"
    " move this by hand, into the application's settings or into get_engine()"
)


def plan(
    parsed: Parsed, text: str, found: Difference, table: Known, template: Parsed
) -> Plan:
    """Decide what becomes of a file.

    :param parsed: the file.
    :param text: its text.
    :param found: how it differs from a release.
    :param table: what is known of the releases.
    :param template: today's template of the same kind.
    """
    return _Planner(parsed, text, found, table, template).planned()


class _Planner:
    def __init__(
        self,
        parsed: Parsed,
        text: str,
        found: Difference,
        table: Known,
        template: Parsed,
    ) -> None:
        self.parsed = parsed
        self.text = text
        self.found = found
        self.table = table
        self.plan = Plan()
        self.is_multidb = found.release.is_multidb
        self.of_template = {piece.hashes for piece in template.pieces}
        self.template_imports = {unit.text for unit in template.imports}
        self.template_names = set().union(
            *(names_in(unit.text)[0] for unit in template.imports)
        )
        bound, used = names_in(template.module.code)
        # Builtins that it uses must not become something else, either.
        self.template_names |= used - bound
        own = {unit.text for unit in found.imports}
        self.known_imports = {
            name: unit
            for unit in parsed.imports
            if unit.text not in own and not unit.text.startswith("from __future__")
            for name in names_in(unit.text)[0]
        }
        # What the code of the release takes from an import that the file has not.
        self.replaced_imports = {
            name
            for one in found.missing_imports
            if not table.labels[one].startswith("from __future__")
            for name in names_in(table.labels[one])[0]
        }
        self.known_names = self._known_names()
        self.of_release = {*self.known_names, *self.known_imports}
        self.of_release |= self.replaced_imports
        self.config_line, self.logging_line, self.last_line = self._lines()
        self.carried_lines: set[int] = set()
        self.used: dict[str, int] = {}

    def _known_names(self) -> set[str]:
        names = {function.piece.name for function in self.found.functions}
        for piece in self.found.matched:
            names |= names_in(self.parsed.code(piece.node))[0]
        return names

    def _lines(self) -> tuple[int, int, int]:
        """Return where the old file makes ``config``, logging, and the run."""
        config = logging = last = 0
        for piece in self.found.matched:
            head = piece.units[0].text
            if head == CONFIG:
                config = piece.line
            elif "fileConfig" in head:
                logging = piece.line
            elif "is_offline_mode" in head:
                last = piece.line
        for piece in self.found.pieces:
            if piece.hashes in LOGGING:
                logging = piece.line
        return config, logging or config, last

    def planned(self) -> Plan:
        """Look at everything that differs."""
        if self.found.release.template == "aioflask-multidb":
            reason = (
                "the new template needs the db.metadatas of a newer Alchemical: take"
                " it with 'init' into another folder once that is installed"
            )
            self.obstacle(1, "an env.py for several asynchronous databases", reason)
        if not self.found.is_nothing:
            self._statements()
            for function in self.found.functions:
                self._function(function)
            self._missing()
            self._used_names()
        self._comments()
        self._settle_settings()
        return self.plan

    def obstacle(self, line: int, what: str, reason: str) -> None:
        """Remember why the file stays."""
        self.plan.obstacles.append(Obstacle(line, what, reason))

    # --- statements of the module ---------------------------------------------------

    def _statements(self) -> None:
        nodes: dict[int, tuple[int, Statement, list[Unit]]] = {}
        for unit in self.found.imports:
            assert isinstance(unit.node, cst.SimpleStatementLine)
            entry = nodes.setdefault(id(unit.node), (unit.line, unit.node, []))
            entry[2].append(unit)
        for piece in self.found.pieces:
            nodes[id(piece.node)] = piece.line, piece.node, []
        pieces = {id(piece.node): piece for piece in self.found.pieces}
        for line, node, units in sorted(nodes.values(), key=lambda entry: entry[0]):
            if units:
                self._import(line, node, units)
            else:
                self._piece(pieces[id(node)])

    def _import(self, line: int, node: Statement, units: list[Unit]) -> None:
        if any(unit.text.endswith("import *") for unit in units):
            reason = "it may replace any name of the template: import the names"
            self.obstacle(line, "an import of everything", reason)
            return
        wanted = [unit for unit in units if unit.text not in self.template_imports]
        if not wanted:
            return
        if wanted[0].text.startswith("from __future__"):
            self.plan.future += [unit.text for unit in wanted]
            return
        everything = [unit for unit in self.parsed.imports if unit.node is node]
        if len(wanted) == len(everything):
            self._carry(line, node, self._code(node))
        else:
            code = "\n".join(unit.text for unit in wanted)
            self._carry(line, node, code, are_comments_left=True)

    def _piece(self, piece: Piece) -> None:
        if piece.hashes in LOGGING or piece.hashes in self.of_template:
            return
        code = self.parsed.code(piece.node)
        label = piece.units[0].label
        found = re.fullmatch(r"0 USE_TWOPHASE = (True|False)", piece.units[0].text)
        if found and self.is_multidb:
            self.plan.two_phase = found.group(1)
        elif is_docstring(piece.node):
            self._carry(piece.line, piece.node, self._code(piece.node))
        elif self.last_line and piece.line > self.last_line:
            reason = "it stands behind the run of the migrations: move it by hand"
            self.obstacle(piece.line, label, reason)
        elif _ADDRESS.search(code):
            self.obstacle(piece.line, label, _ADDRESS_REASON)
        elif _RUN.search(code) or _EXTENSION.search(code) or "fileConfig" in code:
            reason = (
                "it does what the new template does in its own way: move it by hand"
            )
            self.obstacle(piece.line, label, reason)
        else:
            self._carry(piece.line, piece.node, self._code(piece.node))

    def _carry(
        self, line: int, node: Statement, code: str, are_comments_left: bool = False
    ) -> None:
        """Put a statement where it belongs."""
        bound, used = names_in(code)
        for name in sorted(bound):
            if name == "target_metadata" and self._is_free(name):
                self.plan.settings.append(Setting(f"{name}={name}", name, ""))
                continue
            if name == "target_metadata" and self.is_multidb:
                self.obstacle(line, f"another {name}", _TABLES_REASON)
            elif name in self.of_release:
                reason = "it changes a name that the template uses: move it by hand"
                self.obstacle(line, f"another {name}", reason)
            elif name in self.template_names:
                reason = f"{name} is another one in the new template: rename it"
                self.obstacle(line, f"the name {name}", reason)
        self.plan.bound |= bound
        for name in used:
            self.used.setdefault(name, line)
        if not are_comments_left:
            first = line - len(node.leading_lines)
            self.carried_lines |= set(range(first, line + code.count("\n") + 2))
        if line < self.config_line:
            self.plan.first.append(code)
        elif line < self.logging_line:
            self.plan.second.append(code)
        else:
            self.plan.third.append(code)

    def _code(self, node: Statement) -> str:
        """Return a statement with its own comments, without those of a release."""
        lines = [
            one.with_changes(indent=False)
            for one in node.leading_lines
            if one.comment is not None
            and not _FIRST_LINE.match(one.comment.value)
            and comment_hash(one.comment.value) not in self.table.comments
        ]
        return self.parsed.code(node.with_changes(leading_lines=lines)).rstrip("\n")

    # --- functions ------------------------------------------------------------------

    def _function(self, function: FunctionDifference) -> None:
        mode = "offline" if function.piece.name.endswith("offline") else "online"
        before = len(self.plan.obstacles)
        local = self._local_names(function.piece)
        last = -1
        for unit in function.added:
            is_argument = unit.keyword and unit.keyword not in _OF_TEMPLATE
            is_same_place = last in (unit.line - 1, unit.line)
            last = -1 if is_argument else unit.line
            if is_argument:
                self._argument(unit, mode, local)
            elif not is_same_place:
                reason = (
                    f"it is your own in {function.piece.name}(): move it by hand; the"
                    " rest would become the new template"
                )
                self.obstacle(unit.line, unit.label, reason)
        keywords = {unit.keyword for unit in function.added} - {"**"}
        for one in function.removed:
            label = self.table.labels.get(one, "something")
            if any(f"the argument {name} of" in label for name in keywords):
                continue
            if len(self.plan.obstacles) == before:
                reason = f"{label} is missing in {function.piece.name}(): look why"
                self.obstacle(function.piece.line, "a changed function", reason)

    def _argument(self, unit: Unit, mode: str, local: set[str]) -> None:
        assert isinstance(unit.node, cst.Arg)
        value = self.parsed.code(unit.node.value)
        if unit.keyword == "target_metadata" and self.is_multidb:
            self.obstacle(unit.line, unit.label, _TABLES_REASON)
            return
        if _ADDRESS.search(value):
            reason = _ADDRESS_REASON
            if unit.keyword == "render_as_batch":
                reason = "give render_as_batch=True to Migrate() and remove it here"
            self.obstacle(unit.line, unit.label, reason)
            return
        used = names_in(f"_({value})\n")[1] - {"_"}
        if used & local:
            reason = (
                f"it uses {', '.join(sorted(used & local))} of the function around it:"
                " move it by hand"
            )
            self.obstacle(unit.line, unit.label, reason)
            return
        for name in used:
            self.used.setdefault(name, unit.line)
        code = f"**{value}" if unit.keyword == "**" else f"{unit.keyword}={value}"
        self.plan.settings.append(Setting(code, unit.keyword, mode))

    def _local_names(self, piece: Piece) -> set[str]:
        table = symtable.symtable(self.parsed.code(piece.node), "env.py", "exec")
        names: set[str] = set()
        for child in table.get_children():
            if isinstance(child, symtable.Function):
                names |= set(child.get_locals())
        return names

    # --- what is not there ----------------------------------------------------------

    def _missing(self) -> None:
        """Look at what only the release has."""
        own = set(self.plan.bound)
        for piece in self.found.missing:
            label = self.table.labels.get(piece.hashes[0], "something")
            if "fileConfig" in label:
                if not any(one.hashes in LOGGING for one in self.found.pieces):
                    self.plan.is_logging = False
                continue
            if label == "the assignment of logger":
                continue
            if label == "the assignment of USE_TWOPHASE" and self.plan.two_phase:
                continue
            is_metadata = label == "the assignment of target_metadata"
            if is_metadata and not self.is_multidb and "target_metadata" in own:
                continue
            if not self.plan.obstacles:
                reason = f"{label} is missing: look why"
                self.obstacle(1, "a statement that is not there", reason)

    def _used_names(self) -> None:
        """Make sure that what the carried code uses is there."""
        for name, line in sorted(self.used.items()):
            if name in self.plan.bound:
                continue
            if name in self.known_imports:
                unit = self.known_imports[name]
                if unit.text not in self.template_imports:
                    self.plan.first.insert(0, unit.text)
                    self.plan.bound.add(name)
            elif name == "target_metadata" and name in self.known_names:
                if self.is_multidb:
                    self._gone(name, line)
                elif "target_metadata = get_metadata()" not in self.plan.third:
                    self.plan.third.insert(0, "target_metadata = get_metadata()")
                    self.plan.bound.add(name)
            elif name in self.known_names - self._same_names():
                self._gone(name, line)

    def _same_names(self) -> set[str]:
        """Return what an old file and a new one call alike, and mean alike."""
        return {"config", "logger", *(["get_metadata"] if self.is_multidb else [])}

    def _is_free(self, name: str) -> bool:
        """Tell whether the old file is for one database and does not bind a name."""
        return not self.is_multidb and name not in self.known_names

    def _gone(self, name: str, line: int) -> None:
        reason = f"the new template has no {name}: write it in another way"
        self.obstacle(line, f"a use of {name}", reason)

    # --- comments and settings ------------------------------------------------------

    def _comments(self) -> None:
        """Keep the owner's comments, also where the code around them goes."""
        header = sum(1 for _ in self.parsed.module.header)
        body = self.parsed.module.body
        if body and is_docstring(body[0]):
            assert isinstance(body[0], cst.SimpleStatementLine)
            code = self.parsed.code(body[0].with_changes(leading_lines=()))
            self.plan.docstring = code.rstrip("\n")
        left = []
        for line, comment in own_comments(self.text, self.table.comments):
            if line <= header or (line <= 2 and _FIRST_LINE.match(comment)):
                self.plan.header.append(comment)
            elif line not in self.carried_lines:
                left.append(comment)
        if left:
            text = "\n".join(["# Comments of the former env.py:", *left])
            self.plan.third.append(text)

    def _settle_settings(self) -> None:
        """Say once what is said for both modes."""
        settled: list[Setting] = []
        plan = self.plan
        for setting in plan.settings:
            others = [one for one in plan.settings if one.code == setting.code]
            online = [one for one in plan.settings if one.keyword == setting.keyword]
            mode = setting.mode
            if len({one.mode for one in others}) > 1:
                mode = ""
            elif mode == "online" and setting.keyword in _FOR_AUTOGENERATE:
                mode = "" if len(online) == 1 else mode
            result = Setting(setting.code, setting.keyword, mode)
            if result not in settled:
                settled.append(result)
        plan.settings = settled
