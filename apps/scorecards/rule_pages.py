"""Rules as their pages show them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from django.core.paginator import Page
from django.utils import timezone

from apps.accounts.models import Team
from apps.accounts.selectors import Person, team_list
from apps.rulebook.choices import RuleState
from apps.rulebook.selectors import rule_mentions
from apps.scorecards.listing import page_of
from apps.scorecards.selectors import RuleOverview, RuleStanding, rule_standings, series
from apps.scorecards.series_charts import SeriesCharts
from plumbline.rule import Example, Rule

FAILING_SHOWN, EXEMPLARS = 20, 5
TREND = timedelta(days=180)
ARROWS = ("# <-", "{# <- #}")


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule in the list of rules, with how the fleet follows it."""

    code: str
    title: str
    level: str
    preview: bool
    share: float | None
    failing: int
    applicable: int


@dataclass(frozen=True, slots=True)
class RuleSection:
    """A section of the guide and its rules."""

    name: str
    rules: list[RuleRow]


@dataclass(frozen=True, slots=True)
class RuleTotals:
    """How well a rule is followed in the whole fleet."""

    applicable: int
    failing: int
    violations: int
    share: float | None

    @classmethod
    def of(cls, standings: Sequence[RuleStanding]) -> "RuleTotals":
        """Add up what the rule says of each repository."""
        judged = [row for row in standings if row.state != RuleState.ERROR]
        subjects = sum(row.subjects - row.suppressed - row.waived for row in judged)
        violations = sum(row.violations for row in judged)
        return cls(
            applicable=len(judged),
            failing=sum(row.state == RuleState.FAIL for row in judged),
            violations=violations,
            share=max(0.0, 1 - violations / subjects) if subjects > 0 else None,
        )


@dataclass(frozen=True, slots=True)
class ExampleRow:
    """An example of a rule: good, bad, or good though it looks bad."""

    title: str
    kind: str
    icon: str
    word: str
    files: list[tuple[str, str]]
    reports: tuple[str, ...]


def rules_found(rules: Iterable[Rule], *, search: str = "") -> list[Rule]:
    """The rules that mention what is searched for; all of them without a search."""
    return [rule for rule in rules if rule_mentions(rule, search)]


def rule_sections(rules: Iterable[Rule], overview: Mapping[str, RuleOverview]) -> list[RuleSection]:
    """Group rules by section, in the order of the guide."""
    return [
        RuleSection(name, [_row(rule, overview.get(rule.code)) for rule in group])
        for name, group in groupby(rules, key=lambda rule: rule.section)
    ]


def _row(rule: Rule, figures: RuleOverview | None) -> RuleRow:
    return RuleRow(
        code=rule.code,
        title=rule.title,
        level=str(rule.level),
        preview=rule.preview,
        share=figures.share if figures else None,
        failing=figures.failing if figures else 0,
        applicable=figures.applicable if figures else 0,
    )


def example_rows(rule: Rule) -> list[ExampleRow]:
    """Give a rule's examples, the good ones first."""
    return sorted(map(_example_row, rule.examples), key=lambda row: _ORDER[row.kind])


_ORDER = {"pass": 0, "fail": 1, "waived": 2}


def _example_row(example: Example) -> ExampleRow:
    files = list(example.files.items())
    is_bad = bool(example.reports) or any(arrow in text for _, text in files for arrow in ARROWS)
    if is_bad:
        kind, word = "fail", "Reported"
    elif example.is_trap:
        kind, word = "waived", "Looks wrong, is fine"
    else:
        kind, word = "pass", "In order"
    return ExampleRow(example.title, kind, kind, word, files, example.reports)


@dataclass(frozen=True, slots=True)
class RuleInFleet:
    """How a rule is followed now and over time, in the fleet or in a team.

    ``exemplars`` follow it without exception, those with the most to look at first.
    """

    team: Team | None
    teams: list[Team]
    totals: RuleTotals
    failing: Page[RuleStanding]
    exemplars: list[RuleStanding]
    charts: SeriesCharts

    @classmethod
    def of(cls, rule: Rule, *, user: Person, team_slug: str, number: str | None) -> "RuleInFleet":
        """Read it; a team that there is not is left out."""
        teams = list(team_list(user=user))
        team = next((one for one in teams if one.slug == team_slug), None)
        standings = rule_standings(user=user, code=rule.code, team=team)
        last = timezone.localdate()
        found = series(
            user=user, team=team, rule=rule.code, first=last - TREND, last=last, with_marks=False
        )
        return cls(
            team=team,
            teams=teams,
            totals=RuleTotals.of(standings),
            failing=page_of(
                [row for row in standings if row.state == RuleState.FAIL],
                number,
                size=FAILING_SHOWN,
            ),
            exemplars=sorted(
                (row for row in standings if row.state == RuleState.PASS and row.subjects),
                key=lambda row: (-row.subjects, row.name),
            )[:EXEMPLARS],
            charts=SeriesCharts.of(found, about="rule"),
        )
