"""Names and arguments that Flask-SQLAlchemy 3 has moved or removed.

Found by comparing Flask-SQLAlchemy 2.5.1 with 3.1.1.
"""

from __future__ import annotations

import re
from typing import ClassVar

import libcst as cst

from ..renames import DB_OF_ANOTHER_FILE, Renames
from ..rule import Rule
from ..tables import Table, gone, gone_below, moved
from ..transformer import dotted, keyword, transforming

_RELEASE = "Flask-SQLAlchemy 3.0"
_STATE = 'use app.extensions["sqlalchemy"], which is the SQLAlchemy object itself'
_CONTEXT = "call it in `with app.app_context():`, without the application"
_OPTIONS = (
    'set SQLALCHEMY_ENGINE_OPTIONS = {"pool_size": …, "pool_timeout": …,'
    ' "pool_recycle": …, "max_overflow": …} instead'
)

TABLE: Table = {
    **moved(
        "Flask-SQLAlchemy 3.1",
        {
            f"flask_sqlalchemy.{old}": f"flask_sqlalchemy.{new}"
            for old, new in {
                "BaseQuery": "query.Query",
                "DefaultMeta": "model.DefaultMeta",
                "Model": "model.Model",
                "SignallingSession": "session.Session",
                "before_models_committed": (
                    "track_modifications.before_models_committed"
                ),
                "models_committed": "track_modifications.models_committed",
            }.items()
        },
    ),
    **gone(
        "Flask-SQLAlchemy 3.1",
        "use get_recorded_queries of flask_sqlalchemy.record_queries, and set"
        " SQLALCHEMY_RECORD_QUERIES; context is called location there",
        "flask_sqlalchemy.get_debug_queries",
    ),
    **gone(
        "Flask-SQLAlchemy 3.1",
        "use Pagination of flask_sqlalchemy.pagination; it is made in another way, and"
        " paginate() returns a QueryPagination",
        "flask_sqlalchemy.Pagination",
    ),
    **gone_below(_RELEASE, _STATE, "get_state _SQLAlchemyState", "flask_sqlalchemy"),
    **gone(
        _RELEASE,
        "remove it: there is no such warning",
        "flask_sqlalchemy.FSADeprecationWarning",
    ),
    **gone(
        _RELEASE,
        "it was for Python 2 and old SQLAlchemy: remove it",
        *("flask_sqlalchemy._compat.*", "flask_sqlalchemy.utils.*"),
    ),
}
_SETTINGS = {
    "SQLALCHEMY_NATIVE_UNICODE": "remove it: nothing has read it since 3.0",
    "SQLALCHEMY_COMMIT_ON_TEARDOWN": (
        "remove it, and call db.session.commit() where something is changed"
    ),
    "SQLALCHEMY_POOL_SIZE": _OPTIONS,
    "SQLALCHEMY_POOL_TIMEOUT": _OPTIONS,
    "SQLALCHEMY_POOL_RECYCLE": _OPTIONS,
    "SQLALCHEMY_MAX_OVERFLOW": _OPTIONS,
}
_WITH_BIND = ("create_all", "drop_all", "reflect")
_FORMS = {
    "get_engine": "db.engine, or db.engines[name]",
    "get_binds": "db.metadatas and db.engines",
    "get_app": "flask.current_app",
}
_PAGINATE = "if it is of Flask-SQLAlchemy, name them: page, per_page, error_out"
_ABOUT = re.compile(r"flask|sqlalchemy|\bdb\b")
_PAGES = ("page", "per_page", "error_out", "max_per_page")


class FlaskSQLAlchemyNames(Renames):
    """Change names and arguments that were moved; report those that are gone."""

    TABLE: ClassVar[Table] = TABLE

    def leave_Call(
        self, original_node: cst.Call, updated_node: cst.Call
    ) -> cst.BaseExpression:
        """Change the arguments of what is called on the ``SQLAlchemy`` object."""
        function = original_node.func
        if self.imported(function) == "flask_sqlalchemy.SQLAlchemy":
            return self.remove_arguments(
                original_node, updated_node, ["use_native_unicode"], _RELEASE
            )
        if not isinstance(function, cst.Attribute):
            return updated_node
        name = function.attr.value
        if name == "paginate" and _ABOUT.search(self.source.text):
            return self._paged(original_node, updated_node)
        if not self.is_database(function.value):
            if self.may_be_database(function.value) and (
                name in _FORMS
                or (name in _WITH_BIND and keyword(original_node, "bind"))
            ):
                form = _FORMS.get(name, "bind_key for bind")
                reason = DB_OF_ANOTHER_FILE.format(form)
                self.keep(original_node, f"db.{name}()", reason)
            return updated_node
        if name in _WITH_BIND:
            return self._with_bind_key(original_node, updated_node, name)
        if name in _FORMS:
            reason = f"write {_FORMS[name]}, in an application context"
            self.keep(original_node, f"{name}() of the SQLAlchemy object", reason)
        return updated_node

    def _with_bind_key(self, old: cst.Call, new: cst.Call, name: str) -> cst.Call:
        application = keyword(old, "app")
        if application is not None or len([a for a in old.args if not a.keyword]) > 1:
            self.keep(old, f"{name}() with an application", _CONTEXT)
            return new
        argument = keyword(old, "bind")
        if argument is None or not self.change(
            argument, f"the argument bind of {name}()"
        ):
            return new
        index = list(old.args).index(argument)
        arguments = list(new.args)
        arguments[index] = arguments[index].with_changes(keyword=cst.Name("bind_key"))
        return new.with_changes(args=arguments)

    def _paged(self, old: cst.Call, new: cst.Call) -> cst.Call:
        places = [argument for argument in old.args if argument.keyword is None]
        message = "paginate() with arguments without names"
        if not places:
            return new
        if (
            len(places) > len(_PAGES)
            or any(argument.star for argument in old.args)
            or "sqlalchemy" not in self.source.text
            or not _is_query_of_a_model(cst.ensure_type(old.func, cst.Attribute).value)
        ):
            self.keep(old, message, _PAGINATE)
            return new
        if not self.change(old, message):
            return new
        equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
        arguments = [
            argument
            if argument.keyword is not None
            else argument.with_changes(keyword=cst.Name(_PAGES[index]), equal=equal)
            for index, argument in enumerate(new.args)
        ]
        return new.with_changes(args=arguments)

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        """Report settings, as ``app.config["…"]``."""
        value = node.evaluated_value
        if isinstance(value, str) and value in _SETTINGS:
            self.keep(node, f"the setting {value}", _SETTINGS[value])

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        """Report settings, as an attribute of a class or a module."""
        if isinstance(node.target, cst.Name) and node.target.value in _SETTINGS:
            name = node.target.value
            self.keep(node, f"the setting {name}", _SETTINGS[name])


def _is_query_of_a_model(node: cst.BaseExpression) -> bool:
    """Tell whether an expression is made of ``Model.query`` and calls on it."""
    while isinstance(node, (cst.Attribute, cst.Call)):
        if isinstance(node, cst.Attribute) and node.attr.value == "query":
            first, _, rest = dotted(node.value).partition(".")
            return rest == "session" if first == "db" else first[:1].isupper()
        node = node.value if isinstance(node, cst.Attribute) else node.func
    return False


_TRACE = re.compile(
    r"\b(?:BaseQuery|DefaultMeta|Pagination|SignallingSession|\w*models_committed"
    r"|get_debug_queries|get_state|_SQLAlchemyState|FSADeprecationWarning|paginate"
    r"|use_native_unicode|create_all|drop_all|reflect|get_engine|get_binds|get_app"
    rf"|{'|'.join(_SETTINGS)})\b|sqlalchemy(?:\.|\s+import[^\n]*)\b(?:_compat|utils)\b"
    r"|(?<!\.)\bModel\b|sqlalchemy\.Model\b"
)

RULE = Rule(
    code="FMC104",
    name="flask_sqlalchemy_names",
    summary="names and arguments of Flask-SQLAlchemy 2 -> those of 3",
    blocks=_RELEASE,
    triggers=("sqlalchemy", "db.", "paginate", "SQLALCHEMY_"),
    applies=lambda source: source.is_python and _TRACE.search(source.text) is not None,
    apply=transforming(FlaskSQLAlchemyNames),
)
