"""Names and arguments that Flask and Werkzeug have moved or removed.

Found by comparing all names of Flask 0.12.5 and 1.1.4 with Werkzeug 0.16.1 and 1.0.1 to
those of Flask 3.1.3 with Werkzeug 3.1.9.
"""

from __future__ import annotations

import re
from typing import ClassVar

import libcst as cst

from ..renames import Renames
from ..rule import Rule
from ..tables import Moved, Table, gone, gone_below, moved, moved_below
from ..transformer import keyword, spread, transforming

_STACKS = (
    "use flask.g, flask.current_app, flask.has_app_context() or, from Flask 2.2 on,"
    " app_ctx and request_ctx of flask.globals"
)
_URLLIB = (
    "use urllib.parse: quote, quote_plus, unquote, unquote_plus, urlencode, parse_qs,"
    " urlsplit, urljoin; mind that url_quote left more characters as they are"
)
_COMPAT = "it was for Python 2: write str, (str,), items() and the like"
_PACKAGE = "it is a package of its own now: {}"

TABLE: Table = {
    **moved(
        "Flask 3.0",
        {"flask.Markup": "markupsafe.Markup", "flask.escape": "markupsafe.escape"},
    ),
    **gone_below(
        "Flask 3.0",
        _STACKS,
        "_request_ctx_stack _app_ctx_stack",
        *("flask", "flask.globals"),
    ),
    **gone("Flask 2.0", _COMPAT, "flask._compat.*"),
    **gone_below(
        "Flask 2.1",
        "write werkzeug.utils.safe_join; it returns None where this raised NotFound",
        "safe_join",
        *("flask", "flask.helpers"),
    ),
    **gone_below(
        "Flask 2.3",
        "write a subclass of flask.json.provider.DefaultJSONProvider, and set app.json",
        "JSONEncoder JSONDecoder",
        "flask.json",
    ),
    **gone(
        "Flask 2.3",
        "use werkzeug.utils.cached_property, which takes no lock",
        "flask.helpers.locked_cached_property",
    ),
    **gone("Flask 2.3", "write delta.total_seconds()", "flask.helpers.total_seconds"),
    **gone("Flask 2.2", _URLLIB, "flask.helpers.url_quote"),
    **moved_below(
        "Werkzeug 1.0",
        "werkzeug",
        {
            "werkzeug.datastructures": (
                "Accept Authorization CallbackDict CharsetAccept CombinedMultiDict"
                " ETags EnvironHeaders FileMultiDict FileStorage HeaderSet Headers"
                " ImmutableDict ImmutableList ImmutableMultiDict"
                " ImmutableTypeConversionDict LanguageAccept MIMEAccept MultiDict"
                " RequestCacheControl ResponseCacheControl TypeConversionDict"
                " WWWAuthenticate"
            ),
            "werkzeug.debug": "DebuggedApplication",
            "werkzeug.exceptions": "Aborter abort",
            "werkzeug.formparser": "parse_form_data",
            "werkzeug.http": (
                "dump_cookie dump_header dump_options_header generate_etag http_date"
                " is_entity_header is_hop_by_hop_header is_resource_modified"
                " parse_accept_header parse_cache_control_header parse_cookie"
                " parse_date parse_dict_header parse_etags parse_list_header"
                " parse_options_header parse_set_header quote_etag quote_header_value"
                " remove_entity_headers remove_hop_by_hop_headers unquote_etag"
                " unquote_header_value"
            ),
            "werkzeug.local": "Local LocalManager LocalProxy LocalStack release_local",
            "werkzeug.middleware.dispatcher": "DispatcherMiddleware",
            "werkzeug.middleware.shared_data": "SharedDataMiddleware",
            "werkzeug.security": "check_password_hash generate_password_hash",
            "werkzeug.test": "EnvironBuilder create_environ run_wsgi_app",
            "werkzeug.testapp": "test_app",
            "werkzeug.urls": "iri_to_uri uri_to_iri",
            "werkzeug.utils": (
                "append_slash_redirect cached_property environ_property find_modules"
                " header_property import_string redirect secure_filename"
            ),
            "werkzeug.wsgi": (
                "ClosingIterator FileWrapper LimitedStream get_current_url get_host"
                " responder wrap_file"
            ),
        },
    ),
    **moved(
        "Werkzeug 1.0",
        {
            f"werkzeug.{old}": f"werkzeug.middleware.{new}"
            for old, new in {
                "contrib.profiler.ProfilerMiddleware": "profiler.ProfilerMiddleware",
                "contrib.lint.LintMiddleware": "lint.LintMiddleware",
                "wsgi.DispatcherMiddleware": "dispatcher.DispatcherMiddleware",
                "wsgi.SharedDataMiddleware": "shared_data.SharedDataMiddleware",
                "wsgi.ProxyMiddleware": "http_proxy.ProxyMiddleware",
            }.items()
        },
    ),
    **gone(
        "Werkzeug 1.0",
        "write werkzeug.middleware.proxy_fix.ProxyFix(app, x_for=1, x_proto=1,"
        " x_host=1); without the last one it ignores X-Forwarded-Host",
        "werkzeug.contrib.fixers.ProxyFix",
    ),
    **gone("Werkzeug 1.0", _PACKAGE.format("cachelib"), "werkzeug.contrib.cache.*"),
    **gone(
        "Werkzeug 1.0",
        _PACKAGE.format("secure-cookie"),
        *("werkzeug.contrib.sessions.*", "werkzeug.contrib.securecookie.*"),
    ),
    **gone("Werkzeug 1.0", "use the package feedgen", "werkzeug.contrib.atom.*"),
    **gone(
        "Werkzeug 1.0",
        "werkzeug.contrib has no successor for it; copy what you need of Werkzeug 0.16",
        *("werkzeug.contrib.*", "werkzeug.script.*"),
    ),
    **gone_below(
        "Werkzeug 3.0",
        _URLLIB,
        "Href url_decode url_encode url_fix url_quote url_quote_plus url_unquote"
        " url_unquote_plus url_parse url_join url_unparse url_decode_stream",
        *("werkzeug", "werkzeug.urls"),
    ),
    **gone(
        "Werkzeug 2.1",
        "use hmac.compare_digest; text that is not ASCII has to be encoded for it",
        "werkzeug.security.safe_str_cmp",
    ),
    **gone_below(
        "Werkzeug 2.1",
        "use hashlib.pbkdf2_hmac",
        "pbkdf2_hex pbkdf2_bin",
        "werkzeug.security",
    ),
    **gone(
        "Werkzeug 1.0",
        "use markupsafe.escape; this one made an empty string of None",
        "werkzeug.escape",
    ),
    **gone_below(
        "Werkzeug 2.1",
        "use html.unescape",
        "unescape",
        *("werkzeug", "werkzeug.utils"),
    ),
    **{
        f"{module}.Base{name}": Moved(f"werkzeug.wrappers.{name}", "Werkzeug 2.1")
        for module in ("werkzeug", "werkzeug.wrappers")
        for name in ("Request", "Response")
    },
    **gone_below(
        "Werkzeug 2.1",
        "Request and Response of werkzeug.wrappers have what it added",
        "AcceptMixin AuthorizationMixin CommonRequestDescriptorsMixin"
        " CommonResponseDescriptorsMixin ETagRequestMixin ETagResponseMixin"
        " ResponseStreamMixin UserAgentMixin WWWAuthenticateMixin",
        *("werkzeug", "werkzeug.wrappers"),
    ),
    **gone("Werkzeug 2.1", "use request.user_agent", "werkzeug.useragents.*"),
    **gone("Werkzeug 2.1", "use sys.getfilesystemencoding()", "werkzeug.filesystem.*"),
    **gone("Werkzeug 2.0", _COMPAT, "werkzeug._compat.*"),
    **gone_below(
        "Werkzeug 2.1",
        "use werkzeug.http.http_date",
        "cookie_date",
        *("werkzeug", "werkzeug.http"),
    ),
    **gone(
        "Werkzeug 2.3",
        "use Authorization.from_header() of werkzeug.datastructures",
        "werkzeug.http.parse_authorization_header",
    ),
}

# Function -> argument -> its new name and the release without the old one.
_ARGUMENTS = {
    "flask.Flask": {"static_path": ("static_url_path", "Flask 1.0")},
    "flask.send_file": {
        "attachment_filename": ("download_name", "Flask 2.2"),
        "cache_timeout": ("max_age", "Flask 2.2"),
        "add_etags": ("etag", "Flask 2.2"),
    },
    "flask.send_from_directory": {
        "filename": ("path", "Flask 2.2"),
        "attachment_filename": ("download_name", "Flask 2.2"),
        "cache_timeout": ("max_age", "Flask 2.2"),
        "add_etags": ("etag", "Flask 2.2"),
    },
}
# No other library has attributes of these names.
_ATTRIBUTES = {
    "before_first_request": (
        "call it where the application is made, in `with app.app_context():`",
        "Flask 2.3",
    ),
    "before_app_first_request": (
        "call it where the application is made, in `with app.app_context():`",
        "Flask 2.3",
    ),
    "is_xhr": (
        'write request.headers.get("X-Requested-With") == "XMLHttpRequest"',
        "Werkzeug 1.0",
    ),
}
_JSON = "set app.json to a subclass of flask.json.provider.DefaultJSONProvider"


class FlaskNames(Renames):
    """Change names and arguments that were moved; report those that are gone."""

    TABLE: ClassVar[Table] = TABLE
    STARS = ("werkzeug",)

    def leave_Call(
        self, original_node: cst.Call, updated_node: cst.Call
    ) -> cst.BaseExpression:
        """Change arguments that have another name now."""
        known = _ARGUMENTS.get(self.imported(original_node.func), {})
        arguments = list(updated_node.args)
        for argument, word in spread(original_node):
            if word in known:
                new, blocks = known[word]
                self.keep(argument, f"the argument {word}", f"write {new}", blocks)
        for index, argument in enumerate(original_node.args):
            name = argument.keyword.value if argument.keyword else ""
            if name not in known:
                continue
            new, blocks = known[name]
            if keyword(original_node, new) is not None:
                reason = f"{new} is given too: decide which one counts"
                self.keep(argument, f"the argument {name}", reason, blocks)
            elif self.change(argument, f"the argument {name}", blocks):
                arguments[index] = arguments[index].with_changes(keyword=cst.Name(new))
        if arguments == list(updated_node.args):
            return updated_node
        return updated_node.with_changes(args=arguments)

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        """Report attributes of applications, blueprints and requests."""
        name = original_node.attr.value
        if name in _ATTRIBUTES:
            reason, blocks = _ATTRIBUTES[name]
            self.keep(original_node, f"the attribute {name}", reason, blocks)
        elif name in ("json_encoder", "json_decoder") and isinstance(
            self.parent(original_node), cst.AssignTarget
        ):
            self.keep(original_node, f"the attribute {name}", _JSON, "Flask 2.3")
        return super().leave_Attribute(original_node, updated_node)


# `from werkzeug.utils import secure_filename` is of today.
_TRACE = re.compile(
    r"\b(?:Markup|escape|_\w+_ctx_stack|safe_join|JSON(?:En|De)coder|_compat"
    r"|locked_cached_property|total_seconds|url_\w+|static_path|attachment_filename"
    r"|cache_timeout|add_etags|send_from_directory|before_(?:app_)?first_request|is_xhr"
    r"|json_(?:en|de)coder|safe_str_cmp|pbkdf2_\w+|unescape|Href|cookie_date"
    r"|parse_authorization_header|\w+Mixin|Base(?:Request|Response)|\w+Middleware)\b"
    r"|\bwerkzeug\s+import|\bimport\s[^\n]*\bwerkzeug\b"
    r"|\bwerkzeug\.(?:contrib|script|useragents|filesystem)\b"
)

RULE = Rule(
    code="FMC103",
    name="flask_names",
    summary="names and arguments that Flask and Werkzeug moved -> where they are now",
    blocks="Flask 3.0",
    triggers=("flask", "werkzeug"),
    applies=lambda source: source.is_python and _TRACE.search(source.text) is not None,
    apply=transforming(FlaskNames),
)
