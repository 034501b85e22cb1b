"""Names and arguments that SQLAlchemy 1.4 and 2.0 have removed.

Found by comparing SQLAlchemy 1.3.24 with 2.1.9. The statements of revision scripts have
rules of their own.
"""

from __future__ import annotations

import re
from typing import ClassVar

import libcst as cst

from ..renames import DB_OF_ANOTHER_FILE, Renames
from ..revisions.script import is_revision_script
from ..rule import Report, Rule
from ..source import Source
from ..tables import Gone, Moved, Table, gone, gone_below, moved, moved_below
from ..transformer import dotted, spread, transforming

_EVENTS = "use sqlalchemy.event.listens_for"
_PYTHON_2 = "it was for Python 2: use what Python 3 has"
_2 = "SQLAlchemy 2.0"
_14 = "SQLAlchemy 1.4"

TABLE: Table = {
    **moved(
        _2,
        {
            "sqlalchemy.Binary": "sqlalchemy.LargeBinary",
            "sqlalchemy.types.Binary": "sqlalchemy.types.LargeBinary",
            "sqlalchemy.sql.sqltypes.Binary": "sqlalchemy.sql.sqltypes.LargeBinary",
            "sqlalchemy.orm.relation": "sqlalchemy.orm.relationship",
            "sqlalchemy.orm.eagerload": "sqlalchemy.orm.joinedload",
            "sqlalchemy.orm.compile_mappers": "sqlalchemy.orm.configure_mappers",
            "sqlalchemy.databases.*": "sqlalchemy.dialects",
            "sqlalchemy.exceptions.*": "sqlalchemy.exc",
        },
    ),
    **moved(
        _14,
        {
            f"{module}.PassiveDefault": f"{module}.DefaultClause"
            for module in ("sqlalchemy", "sqlalchemy.schema", "sqlalchemy.sql.schema")
        },
    ),
    **moved_below(
        _2,
        "sqlalchemy.ext.declarative.api",
        {
            "sqlalchemy.ext.declarative": (
                "AbstractConcreteBase ConcreteBase DeclarativeMeta DeferredReflection"
                " as_declarative declarative_base declared_attr has_inherited_table"
                " synonym_for"
            )
        },
    ),
    **gone(
        _2,
        "write registry().map_imperatively(cls, table), with sqlalchemy.orm.registry",
        "sqlalchemy.orm.mapper",
    ),
    **gone_below(
        _14,
        _EVENTS,
        "AttributeExtension MapperExtension SessionExtension",
        *("sqlalchemy.orm", "sqlalchemy.orm.interfaces", "sqlalchemy.orm.session"),
    ),
    **gone(_14, _EVENTS, "sqlalchemy.interfaces.*"),
    **gone_below(
        _14,
        "write one call for each step: joinedload(A.b).joinedload(B.c)",
        "eagerload_all joinedload_all lazyload_all selectinload_all subqueryload_all",
        "sqlalchemy.orm",
    ),
    **gone(
        _14,
        "use a hybrid_property with a comparator, of sqlalchemy.ext.hybrid",
        "sqlalchemy.orm.comparable_property",
        "sqlalchemy.orm.ComparableProperty",
        "sqlalchemy.orm.properties.ComparableProperty",
        "sqlalchemy.ext.declarative.comparable_using",
    ),
    **gone_below(
        _14,
        "use MetaData, and give an engine or a connection to what needs one",
        "ThreadLocalMetaData",
        *("sqlalchemy", "sqlalchemy.schema"),
    ),
    **gone_below(
        _14,
        "write select(…).subquery()",
        "subquery",
        *("sqlalchemy", "sqlalchemy.sql", "sqlalchemy.sql.expression"),
    ),
    **gone_below(
        _14,
        "it is sqlalchemy.engine.Row now, a tuple whose names are in row._mapping",
        "RowProxy",
        *("sqlalchemy.engine", "sqlalchemy.engine.result"),
    ),
    **gone(_14, "use sqlalchemy.engine.Row", "sqlalchemy.util.KeyedTuple"),
    **gone_below(
        _14,
        "register a pool of your own for each DBAPI connection",
        "manage clear_managers",
        "sqlalchemy.pool",
    ),
    **gone_below(
        _2,
        _PYTHON_2,
        "int_types jython pickle py2k py33 py36 py3k raise_from_cause reraise"
        " string_types u ue with_metaclass",
        "sqlalchemy.util",
    ),
    **gone(_2, _PYTHON_2, "sqlalchemy.processors.*"),
}

_UNICODE = ("convert_unicode", "unicode_error", "_warn_on_bytestring")
_TEXTS = (
    *("String", "Text", "Unicode", "UnicodeText", "VARCHAR", "NVARCHAR"),
    *("CHAR", "NCHAR", "TEXT", "CLOB", "MEDIUMTEXT", "LONGTEXT", "TINYTEXT", "ENUM"),
    "SET",
)
_STRINGS = ("String", "Text", "Unicode", "UnicodeText", "VARCHAR", "CHAR", "TEXT")
# Type or function -> arguments that are gone; all of them had lost their effect.
_REMOVED = {
    **dict.fromkeys(_TEXTS, _UNICODE),
    "PickleType": ("mutable",),
    "create_engine": ("convert_unicode", "encoding"),
}
_QUOTING = "its values are without quotes now: remove the argument and the quotes"
_STRATEGY = "'threadlocal' is gone without a successor, 'plain' is what there is now"
_SPREAD = "it has no effect any more: remove it"
_THIRD = "the third argument has no effect any more: remove it, and those behind"
# Submodules that `import sqlalchemy` does not import.
_SUBMODULES = (
    "sqlalchemy.orm",
    *(f"sqlalchemy.dialects.{name}" for name in ("mssql", "mysql", "oracle")),
    *(f"sqlalchemy.dialects.{name}" for name in ("postgresql", "sqlite")),
)


_IMPORTED_BY_ALEMBIC = {"sqlalchemy.orm", "sqlalchemy.dialects.postgresql"}


class SQLAlchemyNames(Renames):
    """Change names that were moved, arguments without effect, missing imports."""

    TABLE: ClassVar[Table] = TABLE

    def __init__(self, source: Source, report: Report) -> None:
        super().__init__(source, report)
        self._imported: set[str] = set()
        self._submodules = set(_SUBMODULES)
        if is_revision_script(source):
            self._submodules -= _IMPORTED_BY_ALEMBIC

    def visit_Import(self, node: cst.Import) -> bool:
        """Note which modules are imported."""
        for alias in node.names:
            self._imported.add(alias.evaluated_name)
        return super().visit_Import(node)

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        """Note which modules are imported."""
        super().visit_ImportFrom(node)
        module = "" if node.relative or node.module is None else dotted(node.module)
        self._imported.add(module)
        if not isinstance(node.names, cst.ImportStar):
            self._imported.update(
                f"{module}.{alias.evaluated_name}" for alias in node.names
            )
        return False

    def leave_Call(
        self, original_node: cst.Call, updated_node: cst.Call
    ) -> cst.BaseExpression:
        """Remove arguments that have no effect any more, or report them."""
        name = self._type_name(original_node.func)
        for argument in original_node.args if name else ():
            word = argument.keyword.value if argument.keyword else ""
            if word == "quoting" and name in ("ENUM", "SET"):
                self.keep(argument, "the argument quoting", _QUOTING, _14)
            elif word == "strategy" and name == "create_engine":
                self.keep(argument, "the argument strategy", _STRATEGY, _14)
        removed = _REMOVED.get(name, ())
        for argument, word in spread(original_node):
            if word in removed:
                self.keep(argument, f"the argument {word}", _SPREAD, _2)
        places = [one for one in original_node.args[:3] if not one.star]
        if (
            name in _STRINGS
            and len(places) == 3
            and all(one.keyword is None for one in places)
        ):
            self.keep(places[2], "the argument convert_unicode", _THIRD, _2)
        return self.remove_arguments(original_node, updated_node, removed, _2)

    def _type_name(self, function: cst.BaseExpression) -> str:
        """Return the last name of something that SQLAlchemy has, or nothing."""
        name = self.imported(function)
        if name.startswith("sqlalchemy."):
            return name.rpartition(".")[2]
        if isinstance(function, cst.Attribute) and self.is_database(function.value):
            return function.attr.value
        return ""

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        """Import submodules; change names below ``db`` of Flask-SQLAlchemy too."""
        name = self.imported(original_node)
        if name in self._submodules and not self._is_imported(name):
            message = f"{name} without an import of it"
            if not self.is_free(original_node, name):
                reason = f"another sqlalchemy is in the way: import {name} as you like"
                self.keep(original_node, message, reason, _2)
            elif self.change(original_node, message, _2):
                self.need(name)
        below = original_node.value
        if self.is_database(below) or self.may_be_database(below):
            word = original_node.attr.value
            found = self.lookup(f"sqlalchemy.{word}")
            return self._below_database(
                original_node,
                updated_node,
                found or self.lookup(f"sqlalchemy.orm.{word}"),
            )
        return super().leave_Attribute(original_node, updated_node)

    def _below_database(
        self, old: cst.Attribute, new: cst.Attribute, found: Moved | Gone | None
    ) -> cst.Attribute:
        if found is None:
            return new
        message = f"the name db.{old.attr.value}"
        if isinstance(found, Gone):
            self.keep(old, message, found.reason, found.blocks)
            return new
        name = found.to.rpartition(".")[2]
        if not self.is_database(old.value):
            reason = DB_OF_ANOTHER_FILE.format(f"db.{name}")
            self.keep(old, message, reason, found.blocks)
        elif self.change(old, message, found.blocks):
            return new.with_changes(attr=cst.Name(name))
        return new

    def _is_imported(self, module: str) -> bool:
        return any(
            one == module or one.startswith(f"{module}.") for one in self._imported
        )


# Narrow, because most models would be parsed for nothing otherwise: `relationship`,
# `.subquery()` and `from sqlalchemy.orm.session import` are of today.
_TRACE = re.compile(
    r"\b(?:Binary|PassiveDefault|relation|eagerload|compile_mappers|mapper|RowProxy"
    r"|ThreadLocalMetaData|ComparableProperty|KeyedTuple|clear_managers|create_engine"
    r"|(?:Attribute|Mapper|Session)Extension|comparable_\w+|\w+load_all"
    r"|convert_unicode|unicode_error|_warn_on_bytestring)\b"
    r"|\b(?:mutable|quoting)['\"]?\s*[=:]|\bdatabases\b|\bmanage\b|(?<!\.)\bsubquery\b"
    r"|\b(?:sa|sql|sqlalchemy|expression)\.subquery\b|declarative\.api\b"
    r"|sqlalchemy(?:\.|\s+import[^\n]*)\b(?:exceptions|util|interfaces|processors)\b"
    r"|(?<!from )(?<!import )\b\w+\.(?:dialects|orm)\.\w"
    r"|\b(?:String|Text|Unicode\w*|\w*CHAR|\w*TEXT)\([^()]*,[^()]*,"
)

RULE = Rule(
    code="FMC105",
    name="sqlalchemy_names",
    summary="names and arguments that SQLAlchemy removed -> what there is now",
    blocks=_2,
    triggers=("sqlalchemy", "db."),
    applies=lambda source: source.is_python and _TRACE.search(source.text) is not None,
    apply=transforming(SQLAlchemyNames),
)
