"""What ``execute`` and ``scalar`` of SQLAlchemy 1.x took, for those of 2.0."""

from __future__ import annotations

from typing import Sequence, Union

import libcst as cst

from .kind import VALUES, Kind
from .sql_text import escaped, literal, sent
from .transformer import RevisionTransformer, called, method

METHODS = ("execute", "scalar")
UNKNOWN = (
    "what {} is is not known; if it is a string, write sa.text({}), and escape the"
    " colons that are no parameters"
)
PARAMETERS = (
    "whether its parameters are one set or several is not known; write a dict, a tuple"
    " or a list of them, and exec_driver_sql() for a string"
)
_MODERN = ("parameters", "execution_options")
# Methods of statements that a string lacks.
_BUILDERS = frozenset(
    (
        *("where", "values", "select", "insert", "update", "delete", "returning"),
        *("bindparams", "order_by", "select_from", "limit", "from_select"),
        "execution_options",
    )
)


class Left(Exception):
    """Say why a call is not changed."""

    @property
    def reason(self) -> str:
        """Return why."""
        return str(self)


#: The new parameters; the old ones can stay when it is ``True``.
Parameters = Union[cst.BaseExpression, bool, None]


class Executions(RevisionTransformer):
    """Change what a connection, an engine or a session is asked to execute."""

    def new_execution(
        self,
        old: cst.Call,
        new: cst.Call,
        target: cst.BaseExpression,
        is_session: bool = False,
    ) -> cst.Call | None:
        """Return a call of ``execute`` or ``scalar`` as SQLAlchemy 2.0 has it.

        :param old: the original call.
        :param new: the call, with its arguments changed already.
        :param target: what executes it in the new form.
        :param is_session: whether that is a session, whose strings were ``sa.text``.
        :returns: nothing when there is nothing old about its arguments.
        :raises Left: when it is not known what is meant.
        """
        if not old.args or old.args[0].keyword is not None:
            return None
        first = old.args[0]
        if first.star:
            raise Left("its arguments are not known; write sa.text() for a string")
        if self.kinds.is_a(first.value, Kind.STRING):
            if is_session:
                return self._wrapped(old, new, target, new.args[0].value)
            return self._string(old, new, target)
        if is_session:
            self._refuse_unknown(first.value)
            return None
        return self._construct(old, new, target)

    def _string(
        self, old: cst.Call, new: cst.Call, target: cst.BaseExpression
    ) -> cst.Call:
        has_parameters = any(
            one.keyword is None or one.keyword.value != "execution_options"
            for one in old.args[1:]
        )
        if not has_parameters:
            text = self._escaped(old.args[0].value, new.args[0].value)
            if text is not None:
                return self._wrapped(old, new, target, text)
        parameters = self._raw(old.args[1:], new.args[1:])
        arguments = self._with_parameters(new, parameters)
        result = called(target, "exec_driver_sql").with_changes(
            args=arguments, whitespace_before_args=new.whitespace_before_args
        )
        return result if method(old) == "execute" else called(result, "scalar")

    def _wrapped(
        self,
        old: cst.Call,
        new: cst.Call,
        target: cst.BaseExpression,
        text: cst.BaseExpression,
    ) -> cst.Call:
        """Wrap the first argument into ``sa.text``."""
        function = self.sqlalchemy(old, "text")
        if function is None:
            raise Left("sa is something else here; write text() of SQLAlchemy")
        first = new.args[0].with_changes(value=cst.Call(function, [cst.Arg(text)]))
        return called(target, method(old)).with_changes(
            args=[first, *new.args[1:]],
            whitespace_before_args=new.whitespace_before_args,
        )

    def _escaped(
        self, old: cst.BaseExpression, new: cst.BaseExpression
    ) -> cst.BaseExpression | None:
        """Return what ``sa.text`` takes for a string, when it can be that."""
        text = literal(old)
        if text is not None:
            # Some drivers make one of it, others do not; sa.text() says two to all.
            return None if "%%" in text else escaped(new)
        values = [literal(one) for one in self.kinds.values(old)]
        if values and all(
            one is not None and "%%" not in one and sent(one) == one for one in values
        ):
            return new
        return None

    def _construct(
        self, old: cst.Call, new: cst.Call, target: cst.BaseExpression
    ) -> cst.Call | None:
        statement, *rest = old.args
        self._refuse_unknown(statement.value, is_with_more=bool(rest))
        parameters = self._sets(rest, new.args[1:])
        if parameters is True or parameters is None:
            return None
        return called(target, method(old)).with_changes(
            args=self._with_parameters(new, parameters),
            whitespace_before_args=new.whitespace_before_args,
        )

    def _refuse_unknown(
        self, statement: cst.BaseExpression, is_with_more: bool = False
    ) -> None:
        """Refuse what may be a string."""
        if self.kinds.of(statement) is not None or method(statement) in _BUILDERS:
            return
        if isinstance(statement, (cst.Name, cst.Call)) and not is_with_more:
            code = self.code(statement)
            code = code if len(code) < 30 and "\n" not in code else "its argument"
            raise Left(UNKNOWN.format(code, code))
        if is_with_more:
            raise Left(PARAMETERS)

    # --- parameters

    def _with_parameters(self, new: cst.Call, parameters: Parameters) -> list[cst.Arg]:
        if parameters is True or len(new.args) == 1:
            return list(new.args)
        first = new.args[0]
        if parameters is None or parameters is False:
            return [first.with_changes(comma=cst.MaybeSentinel.DEFAULT)]
        return [first, cst.Arg(parameters)]

    def _raw(self, old: Sequence[cst.Arg], new: Sequence[cst.Arg]) -> Parameters:
        """Return the parameters of a string."""
        positional = self._positional(old)
        if not positional:
            return self._named(old, new)
        if len(positional) > 1:
            kinds = [self.kinds.of(one.value) for one in positional]
            if kinds[0] in VALUES:
                return _sequence(new, is_tuple=True)
            if all(one in (Kind.TUPLE, Kind.DICT) for one in kinds):
                return _sequence(new, is_tuple=False)
            raise Left(PARAMETERS)
        one = positional[0].value
        kind = self.kinds.of(one)
        if kind is Kind.DICT:
            return True
        if kind in VALUES:
            return _sequence(new, is_tuple=True)
        if isinstance(one, (cst.Tuple, cst.List)):
            return self._display(one, new[0].value)
        values = self.kinds.values(one)
        is_display = kind in (Kind.TUPLE, Kind.LIST) and bool(values)
        if is_display and all(self._is_kept(value) for value in values):
            return True
        raise Left(PARAMETERS)

    def _display(
        self, old: cst.Tuple | cst.List, new: cst.BaseExpression
    ) -> Parameters:
        """Return a tuple or a list that is written there."""
        kinds = [self.kinds.of(one.value) for one in old.elements]
        if not kinds:
            return None
        is_tuple = isinstance(old, cst.Tuple)
        if kinds[0] in VALUES:
            return is_tuple or _turned(new, is_tuple=True)
        if all(one in (Kind.TUPLE, Kind.DICT) for one in kinds):
            return _turned(new, is_tuple=False) if is_tuple else True
        raise Left(PARAMETERS)

    def _is_kept(self, value: cst.BaseExpression) -> bool:
        """Tell whether a tuple or list means the same to ``exec_driver_sql``."""
        if isinstance(value, (cst.Tuple, cst.List)):
            return self._display(value, value) is True
        if isinstance(value, cst.ListComp):
            return self.kinds.is_a(value.elt, Kind.TUPLE, Kind.DICT)
        return False

    def parameters(
        self, old: Sequence[cst.Arg], new: Sequence[cst.Arg]
    ) -> list[cst.Arg]:
        """Return the arguments for the parameters of a construct."""
        parameters = self._sets(old, new)
        if parameters is True:
            return list(new)
        return [cst.Arg(parameters)] if isinstance(parameters, cst.CSTNode) else []

    def _sets(self, old: Sequence[cst.Arg], new: Sequence[cst.Arg]) -> Parameters:
        """Return the parameters of a construct."""
        positional = self._positional(old)
        if not positional:
            return self._named(old, new)
        kinds = [self.kinds.of(one.value) for one in positional]
        if len(positional) > 1:
            if kinds[0] is Kind.DICT:
                return _sequence(new, is_tuple=False)
            raise Left(PARAMETERS)
        one = positional[0].value
        if isinstance(one, cst.Tuple) and one.elements:
            is_sets = self.kinds.is_a(one.elements[0].value, Kind.DICT)
            return _turned(new[0].value, is_tuple=False) if is_sets else True
        return True

    def _positional(self, old: Sequence[cst.Arg]) -> list[cst.Arg]:
        """Return the arguments without a name, when no other ones are there."""
        if any(one.star == "*" for one in old):
            raise Left(PARAMETERS)
        positional = [one for one in old if one.keyword is None and not one.star]
        if positional and len(positional) < len(old):
            if any(
                one.keyword is None or one.keyword.value not in _MODERN
                for one in old
                if one not in positional
            ):
                raise Left("it has parameters with and without names; write one dict")
            if len(positional) > 1:
                raise Left(PARAMETERS)
        return positional

    def _named(self, old: Sequence[cst.Arg], new: Sequence[cst.Arg]) -> Parameters:
        """Return a dict for parameters with names."""
        if not old:
            return None
        if any(one.keyword and one.keyword.value in _MODERN for one in old):
            return True
        if len(old) == 1 and old[0].star:
            return new[0].value
        quote = (
            "'" if self.source.text.count("'") > self.source.text.count('"') else '"'
        )
        elements: list[cst.BaseDictElement] = []
        for one in new:
            if one.keyword is None:
                elements.append(cst.StarredDictElement(one.value, comma=one.comma))
            else:
                key = cst.SimpleString(f"{quote}{one.keyword.value}{quote}")
                elements.append(cst.DictElement(key, one.value, comma=one.comma))
        end = new[-1].whitespace_after_arg
        return cst.Dict(elements, rbrace=cst.RightCurlyBrace(whitespace_before=end))


def _sequence(arguments: Sequence[cst.Arg], is_tuple: bool) -> cst.BaseExpression:
    """Return a tuple or list of arguments, with the lines and comments they have."""
    elements = [cst.Element(one.value, comma=one.comma) for one in arguments]
    end = arguments[-1].whitespace_after_arg
    if is_tuple:
        right = cst.RightParen(whitespace_before=end)
        return cst.Tuple(elements, lpar=[cst.LeftParen()], rpar=[right])
    bracket = cst.RightSquareBracket(whitespace_before=end)
    return cst.List(elements, rbracket=bracket)


def _turned(node: cst.BaseExpression, is_tuple: bool) -> cst.BaseExpression:
    """Return a list as a tuple, or a tuple as a list."""
    if is_tuple and isinstance(node, cst.List):
        left = cst.LeftParen(whitespace_after=node.lbracket.whitespace_after)
        right = cst.RightParen(whitespace_before=node.rbracket.whitespace_before)
        return cst.Tuple(node.elements, lpar=[left], rpar=[right])
    if not is_tuple and isinstance(node, cst.Tuple):
        bracket = cst.LeftSquareBracket()
        other = cst.RightSquareBracket()
        if node.lpar:
            bracket = cst.LeftSquareBracket(node.lpar[0].whitespace_after)
            other = cst.RightSquareBracket(node.rpar[0].whitespace_before)
        return cst.List(node.elements, lbracket=bracket, rbracket=other)
    return node
