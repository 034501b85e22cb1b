"""What a rule is, what it finds, and what it reports to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable

from .source import Place, Source


@dataclass(frozen=True, order=True)
class Finding:
    """Something old at one place.

    :param path: of the file, as the user named it.
    :param line: of the place, from 1.
    :param column: of the place, from 1.
    :param rule: the code of the rule: ``FMC101``.
    :param message: what is old there, one line.
    :param blocks: the release that does without it: ``Flask 1.0``; nothing when the
        newest releases still have it.
    :param reason: why ``rewrite`` leaves it as it is; nothing when it changes it.
    :param detail: more about it, such as a difference, in several lines.
    """

    path: str
    line: int
    column: int
    rule: str
    message: str
    blocks: str = ""
    reason: str = ""
    detail: str = ""

    @property
    def is_rewritten(self) -> bool:
        """Tell whether ``rewrite`` changes it by itself."""
        return not self.reason


@dataclass(frozen=True)
class Rule:
    """A kind of old code, and what becomes of it.

    :param code: ``FMC`` and three digits; the first one is the group.
    :param name: of the rule's file, of its test and of its page in the docs.
    :param summary: what it changes into what, one line.
    :param blocks: the release that took the old form away: ``Flask 1.0``.
    :param triggers: a file in which none of these texts stands has nothing for the
        rule, and is not even parsed.
    :param applies: tells whether the rule is for a file.
    :param apply: returns the new text of a file, and reports what it found.
    :param is_script_rule: it changes shell scripts and the like, which are written with
        ``--write-scripts`` only.
    """

    code: str
    name: str
    summary: str
    blocks: str
    triggers: tuple[str, ...]
    applies: Callable[[Source], bool]
    apply: Callable[[Source, Report], str]
    is_script_rule: bool = False

    def is_wanted_by(self, source: Source) -> bool:
        """Tell whether a file may have something for this rule."""
        text = source.text
        return any(one in text for one in self.triggers) and self.applies(source)


@dataclass
class Report:
    """Collect what one rule finds in one file.

    :param source: the file.
    :param rule: the rule.
    """

    source: Source
    rule: Rule
    findings: list[Finding] = field(default_factory=list)

    def change(
        self,
        place: Place,
        message: str,
        blocks: str | None = None,
        detail: str = "",
    ) -> bool:
        """Report something old that the rule is about to change.

        :param place: where it is.
        :param message: what is old there.
        :param blocks: the release that took it away, when not the one of the rule.
        :param detail: more about it, in several lines.
        :returns: whether it is to be changed; not when a ``noqa`` comment forbids it.
        """
        return self._add(place, message, blocks, "", detail)

    def leave(
        self,
        place: Place,
        message: str,
        reason: str,
        blocks: str | None = None,
        detail: str = "",
    ) -> None:
        """Report something old that the rule does not change.

        :param place: where it is.
        :param message: what is old there.
        :param reason: why it is not changed, and what to do.
        :param blocks: the release that took it away, when not the one of the rule.
        :param detail: more about it, in several lines.
        """
        self._add(place, message, blocks, reason, detail)

    def _add(
        self, place: Place, message: str, blocks: str | None, reason: str, detail: str
    ) -> bool:
        if self.source.is_excused(place, self.rule.code):
            return False
        finding = Finding(
            self.source.path,
            place.line,
            place.column,
            self.rule.code,
            message,
            self.rule.blocks if blocks is None else blocks,
            reason,
            detail,
        )
        # A rule may meet one place twice, an import and the name in it.
        if finding not in self.findings:
            self.findings.append(finding)
        return True
