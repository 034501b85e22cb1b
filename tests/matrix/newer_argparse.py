"""Make ``argparse`` behave as in Python 3.13.1 and 3.14; a plugin of pytest.

Flask-Script reaches into ``argparse``, and what it finds there changed in releases
that are rarely at hand when these tests run:

- 3.12.8 and 3.13.1 split ``parse_known_args`` and call the new half
  ``_parse_known_args2``, a name that Flask-Script sets on its parsers itself;
- 3.14 expands every help text when an argument is added;
- 3.14 leaves a custom usage out of the ``prog`` of subparsers.

On an interpreter that has a change already, that part does nothing.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

Parser: Any = argparse.ArgumentParser


def split_parse_known_args() -> None:
    """Add the second half of ``parse_known_args``."""
    whole = Parser.parse_known_args

    def parse_known_args(self: Any, args: Any = None, namespace: Any = None) -> Any:
        return self._parse_known_args2(args, namespace, intermixed=False)

    def parse_known_args_2(
        self: Any, args: Any, namespace: Any, intermixed: bool
    ) -> Any:
        return whole(self, args, namespace)

    Parser.parse_known_args = parse_known_args
    Parser._parse_known_args2 = parse_known_args_2


def check_help() -> None:
    """Refuse a help text that cannot be expanded, when the argument is added."""
    add_action = argparse._ActionsContainer._add_action

    def check(self: Any, action: Any) -> None:
        if action.help and action.help is not argparse.SUPPRESS:
            try:
                self._get_formatter()._expand_help(action)
            except (ValueError, TypeError, KeyError) as error:
                raise ValueError("badly formed help string") from error

    def add_checked_action(self: Any, action: Any) -> Any:
        if hasattr(self, "_get_formatter"):
            self._check_help(action)
        return add_action(self, action)

    Parser._check_help = check
    container: Any = argparse._ActionsContainer
    container._add_action = add_checked_action


def leave_usage_out_of_prog() -> None:
    """Compute the ``prog`` of subparsers as if the parser had no custom usage."""
    add_subparsers = Parser.add_subparsers

    def add_without_usage(self: Any, **kwargs: Any) -> Any:
        usage, self.usage = self.usage, None
        try:
            return add_subparsers(self, **kwargs)
        finally:
            self.usage = usage

    Parser.add_subparsers = add_without_usage


def pytest_configure() -> None:
    """Change ``argparse`` before any test imports Flask-Script."""
    if not hasattr(Parser, "_parse_known_args2"):
        split_parse_known_args()
    if not hasattr(Parser, "_check_help"):
        check_help()
    if sys.version_info < (3, 14):
        leave_usage_out_of_prog()
