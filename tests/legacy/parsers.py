"""The argument parsers of later Pythons, as code that gives them to this one."""

from __future__ import annotations

# What argparse does since Python 3.12.8 and 3.13.1: parse_known_args goes through a
# method of the name that Flask-Script uses for its own purpose.
PARSE_KNOWN_ARGS_2 = """\
import argparse
if not hasattr(argparse.ArgumentParser, "_parse_known_args2"):
    def _second(self, args, namespace, intermixed, native=
                argparse.ArgumentParser.parse_known_args):
        return native(self, args, namespace)
    def _first(self, args=None, namespace=None):
        return self._parse_known_args2(args, namespace, intermixed=False)
    argparse.ArgumentParser._parse_known_args2 = _second
    argparse.ArgumentParser.parse_known_args = _first
"""
# Since 3.14 a help text is tried out when it is given.
CHECK_HELP = """\
import argparse
if not hasattr(argparse.ArgumentParser, "_check_help"):
    def _check_help(self, action):
        if action.help and hasattr(self, "_get_formatter"):
            try:
                self._get_formatter()._expand_help(action)
            except (ValueError, TypeError, KeyError) as error:
                raise ValueError("badly formed help string") from error
    def _add_argument(self, *args, native=
                      argparse._ActionsContainer.add_argument, **kwargs):
        action = native(self, *args, **kwargs)
        self._check_help(action)
        return action
    def _add_parser(self, name, native=argparse._SubParsersAction.add_parser, **kwargs):
        parser = native(self, name, **kwargs)
        parser._check_help(self._choices_actions[-1])
        return parser
    argparse.ArgumentParser._check_help = _check_help
    argparse._ActionsContainer._check_help = _check_help
    argparse._ActionsContainer.add_argument = _add_argument
    argparse._SubParsersAction.add_parser = _add_parser
"""
# Since 3.14 the usage of the commands does not begin with a usage that was given.
PROG = """\
import argparse
def _add_subparsers(self, native=argparse.ArgumentParser.add_subparsers, **kwargs):
    usage, self.usage = self.usage, None
    try:
        return native(self, **kwargs)
    finally:
        self.usage = usage
argparse.ArgumentParser.add_subparsers = _add_subparsers
"""
ALL_LATER = PARSE_KNOWN_ARGS_2 + CHECK_HELP + PROG
PARSERS = {"its own": "", "later ones": ALL_LATER}
