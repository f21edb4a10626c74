"""The guide as its page shows it: every statement, what is done about it, how the fleet follows it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Self

from apps.scorecards.selectors import RuleOverview
from plumbline.guide import Coverage, Statement, coverage_counts

_WORDS = {
    Coverage.COVERED: "Covered",
    Coverage.PREVIEW: "Preview",
    Coverage.NOT_OBSERVABLE: "Not observable",
    Coverage.POLICY: "Policy",
    Coverage.GAP: "Gap",
}


@dataclass(frozen=True, slots=True)
class CoverageFacet:
    """A state of coverage as a filter, with the number of statements in it."""

    name: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A statement, and how well the fleet follows the rule that checks it."""

    statement: Statement
    coverage: str
    figures: RuleOverview | None

    @property
    def conflict(self) -> str:
        """Where the guide is stale, contradictory or silent, and how Plumbline decides; blank if nowhere."""
        return self.statement.rule.errata if self.statement.rule else ""


@dataclass(frozen=True, slots=True)
class StatementSection:
    """A section of the guide and its statements."""

    name: str
    rows: list[StatementRow]


@dataclass(frozen=True, slots=True)
class GuideQuery:
    """What the address asks to see of the guide."""

    search: str
    coverage: str

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> Self:
        """Read it; what makes no sense is left out."""
        coverage = parameters.get("coverage", "")
        return cls(
            parameters.get("q", "").strip()[:200],
            coverage if coverage in {slug(kind) for kind in Coverage} else "",
        )

    def found(self, statements: Iterable[Statement]) -> list[Statement]:
        """The statements that match the search."""
        needle = self.search.casefold()
        return [
            item
            for item in statements
            if needle
            in f"{item.key} {item.code} {item.section} {item.text} {item.level}".casefold()
        ]

    def covered(self, statements: Iterable[Statement]) -> list[Statement]:
        """The statements of the chosen coverage."""
        return [item for item in statements if self.coverage in ("", slug(item.coverage))]


def statement_sections(
    statements: Iterable[Statement], overview: Mapping[str, RuleOverview]
) -> list[StatementSection]:
    """Statements by section, in the order of the guide."""
    return [
        StatementSection(
            name,
            [StatementRow(item, _WORDS[item.coverage], overview.get(item.code)) for item in group],
        )
        for name, group in groupby(statements, key=lambda item: item.section)
    ]


def coverage_facets(statements: Iterable[Statement]) -> list[CoverageFacet]:
    """The states of coverage among statements, each with its number."""
    return [
        CoverageFacet(slug(kind), _WORDS[kind], count)
        for kind, count in coverage_counts(statements).items()
    ]


def slug(kind: Coverage) -> str:
    """A state of coverage as an address has it."""
    return kind.value.replace(" ", "_")
