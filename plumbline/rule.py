"""What a rule is: prose, level, examples that are its tests, and a check.

To add a rule, write one subclass of ``Rule`` in a module under ``plumbline.rules``; its page, its entry in the API,
``plumbline rule CODE`` and its tests follow from it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

import msgspec

from plumbline.edits import Fix

if TYPE_CHECKING:
    from plumbline.project import Project


class Level(enum.StrEnum):
    """How strongly the guide asks (RFC 2119)."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Basis(enum.StrEnum):
    """Where in the guide a statement comes from, which bounds what it may weigh."""

    KEYWORD = "keyword"
    """A sentence with the level's keyword."""
    MARKED = "marked"
    """A code block marked good or bad."""
    DERIVED = "derived"
    """Follows from the text, or the sample cannot work without it."""
    EXAMPLE = "example"
    """Shown in sample code, or said in a note; never weighs more than 1."""


class Effort(enum.StrEnum):
    """What one violation usually costs to put right."""

    MINUTES = "minutes"
    HOUR = "about an hour"
    DAYS = "days"


class Example(msgspec.Struct, frozen=True):
    """A tiny project that shows a rule at work and tests it.

    ``files`` maps paths to texts. Lines that end in ``# <-`` (``{# <- #}`` in templates) are exactly those reported;
    ``reports`` names paths that get a finding on line 1 instead. ``state`` is the state that the rule must reach.
    ``fixed`` maps each path that the fixes of all findings change to its whole text after them, without the marks.
    """

    title: str
    files: Mapping[str, str]
    state: str = ""
    reports: tuple[str, ...] = ()
    is_trap: bool = False
    fixed: Mapping[str, str] = {}


class Located(msgspec.Struct):
    """A thing in a file that a rule can judge: the base of everything that the project hands to rules.

    ``symbol`` is a dotted path that survives edits elsewhere; ``text`` says the thing itself in normalised form.
    Lines count from 1, columns from 0 in UTF-8 bytes.
    """

    path: str
    line: int
    end_line: int
    column: int
    symbol: str
    text: str

    def in_order(self) -> Verdict:
        """The verdict that this is as the guide asks."""
        return Verdict(self, "in_order", "")

    def violation(
        self, message: str, *, at: Located | None = None, fix: Fix | None = None
    ) -> Verdict:
        """The verdict that this breaks the rule; ``at`` is the place to change where that is another."""
        return Verdict(self, "violation", message, at, fix)

    def unknown(self, reason: str) -> Verdict:
        """The verdict that no static look can tell; it neither passes nor fails."""
        return Verdict(self, "unknown", reason)


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What a rule says of one subject: ``in_order``, ``violation`` or ``unknown``."""

    subject: Located
    outcome: str
    message: str
    at: Located | None = None
    fix: Fix | None = None


class Rule:
    """One check of one statement of the guide. Subclasses fill in the attributes and write ``check``."""

    code: ClassVar[str]
    """Section letters and number, never reused: ``MOD08``."""
    slug: ClassVar[str]
    """Names the pattern found, not the cure, so that it reads as "allow …": ``singular-reverse-name``."""
    title: ClassVar[str]
    """The statement in one short sentence."""
    level: ClassVar[Level]
    basis: ClassVar[Basis] = Basis.KEYWORD
    section: ClassVar[str]
    """The guide section's heading."""
    guide_lines: ClassVar[tuple[int, int]]
    preview: ClassVar[bool] = False
    """A preview rule reports but never scores."""
    what: ClassVar[str]
    why: ClassVar[str]
    how: ClassVar[str]
    applies_when: ClassVar[str]
    absent: ClassVar[str]
    """The sentence of evidence when there is nothing to judge."""
    errata: ClassVar[str] = ""
    """Where the guide is stale, contradictory or silent, and how Plumbline decides."""
    effort: ClassVar[Effort] = Effort.MINUTES
    needs: ClassVar[tuple[str, ...]] = ("python",)
    """Kinds of file that it reads; one that is unreadable makes an otherwise empty result an error."""
    examples: ClassVar[tuple[Example, ...]] = ()
    forgets: ClassVar[bool] = False
    """Whether it leaves unjudged what has become old, so that a finding may go though nobody has touched it."""
    comes_last: ClassVar[bool] = False
    """Whether it judges what the other rules have done, such as suppressions; it checks no statement of the guide."""

    @property
    def statement(self) -> str:
        """The statement's key in the catalogue: ``MOD-08``."""
        return f"{self.code[:-2]}-{self.code[-2:]}"

    @property
    def is_fixable(self) -> bool:
        """Whether some of its findings come with a fix, as its examples show."""
        return any(example.fixed for example in self.examples)

    def not_applicable(self, project: Project) -> str | None:
        """The evidence that the statement's condition does not hold here, or None if it does."""
        return None

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each subject, the good ones too."""
        raise NotImplementedError
