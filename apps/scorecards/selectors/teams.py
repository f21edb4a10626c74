"""Teams: what their repositories add up to, and what they have to do."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

import msgspec

from django.db.models import Count

from apps.accounts.models import Membership, Team
from apps.accounts.selectors import Person, team_list
from apps.repositories.selectors import repository_visible
from apps.rulebook.choices import JUDGED, Level, RuleState, Standing
from apps.rulebook.selectors import rule_minutes, rules_by_code
from apps.scorecards.models import Sheet
from apps.scorecards.selectors.fleet import FleetOverview, overview_of
from apps.scorecards.selectors.table import TableRow, repository_table
from apps.scorecards.sheets import sheet_decode
from core.exceptions import NotFound
from plumbline.policy import Policy, Result, Terms, applied, terms_of


@dataclass(frozen=True, slots=True)
class TeamRow:
    """A team with what its repositories, and those of the teams in it, add up to.

    ``delta`` is the mean move of their scores in 30 days, ``history`` their mean scores at the ends of twelve weeks.
    """

    team: Team
    is_inner: bool
    members: int
    repositories: int
    judged: int
    score: float | None
    delta: float | None
    plumb: int
    leaning: int
    off: int
    must_open: int
    patches: int
    new_week: int
    history: list[float]

    @property
    def plumb_share(self) -> float | None:
        """Part of the judged repositories that is plumb, 0 to 1."""
        return self.plumb / self.judged if self.judged else None


@dataclass(frozen=True, slots=True)
class TeamRule:
    """What a rule says of a team's repositories; ``minutes`` is roughly what all its violations cost to put right."""

    code: str
    title: str
    level: str
    effort: str
    failing: int
    applicable: int
    violations: int
    subjects: int
    patches: int
    minutes: int

    @property
    def share(self) -> float | None:
        """Part of all subjects that is in order, 0 to 1."""
        return max(0.0, 1 - self.violations / self.subjects) if self.subjects else None

    @property
    def is_task(self) -> bool:
        """Whether it keeps a repository from being plumb."""
        return self.level == Level.MUST


def team_rows(*, user: Person) -> list[TeamRow]:
    """Every team, each followed by those in it; four queries, however many there are."""
    table = repository_table(user=user)
    by_team: dict[int, list[TableRow]] = defaultdict(list)
    for row in table.rows:
        if row.team is not None:
            by_team[row.team.pk].append(row)
            if row.team.parent_id is not None:
                by_team[row.team.parent_id].append(row)
    members = dict(
        Membership.objects.filter(team__in=team_list(user=user))
        .order_by()
        .values_list("team")
        .annotate(people=Count("pk"))
    )
    return [
        _row(team, by_team.get(team.pk, []), members.get(team.pk, 0))
        for team in _nested(table.teams)
    ]


@dataclass(frozen=True, slots=True)
class TeamFigures:
    """A team, the teams in it, the repositories of them all by name, and what these add up to."""

    team: Team
    inner: list[Team]
    rows: list[TableRow]
    overview: FleetOverview


def team_figures(*, user: Person, slug: str) -> TeamFigures:
    """One team with its figures; three queries.

    Raises:
        NotFound: There is none.
    """
    table = repository_table(user=user, team_slug=slug)
    team = next((one for one in table.teams if one.slug == slug), None)
    if team is None:
        raise NotFound("There is no such team.")
    return TeamFigures(
        team=team,
        inner=[one for one in table.teams if one.parent_id == team.pk],
        rows=table.rows,
        overview=overview_of([row.figures for row in table.rows]),
    )


def team_rules(*, user: Person, repository_ids: Collection[int]) -> list[TeamRule]:
    """Every rule that fails in one of these repositories, by the policy that holds there; one query.

    Those in the most of them come first.
    """
    sheets = (
        Sheet.objects.filter(
            repository__in=repository_visible(user=user), repository_id__in=repository_ids
        )
        .order_by()
        .values_list("data", "policy")
    )
    sums: dict[str, list[int]] = defaultdict(lambda: [0] * 5)
    levels: dict[str, str] = {}
    terms: dict[bytes, Mapping[str, Terms]] = {}
    for data, policy in sheets.iterator(chunk_size=500):
        for result in _shown(sheet_decode(data), policy, terms):
            _add(sums, levels, result)
    found = [_rule(code, levels[code], row) for code, row in sums.items() if row[0]]
    return sorted(found, key=lambda rule: (-rule.failing, rule.share or 0.0, rule.code))


def tasks_of(rules: Iterable[TeamRule]) -> list[TeamRule]:
    """The rules that keep repositories from being plumb, cheapest first."""
    return sorted(
        (rule for rule in rules if rule.is_task), key=lambda rule: (rule.minutes, rule.code)
    )


def _nested(teams: Sequence[Team]) -> list[Team]:
    inner: dict[int, list[Team]] = defaultdict(list)
    for team in teams:
        if team.parent_id is not None:
            inner[team.parent_id].append(team)
    return [one for team in teams if team.parent_id is None for one in (team, *inner[team.pk])]


def _row(team: Team, rows: Sequence[TableRow], members: int) -> TeamRow:
    judged = [row.figures for row in rows if row.figures.score is not None]
    deltas = [row.delta for row in judged if row.delta is not None]
    return TeamRow(
        team=team,
        is_inner=team.parent_id is not None,
        members=members,
        repositories=len(rows),
        judged=len(judged),
        score=median(row.score for row in judged if row.score is not None) if judged else None,
        delta=fmean(deltas) if deltas else None,
        plumb=sum(row.standing == Standing.PLUMB for row in judged),
        leaning=sum(row.standing == Standing.LEANING for row in judged),
        off=sum(row.standing == Standing.OFF for row in judged),
        must_open=sum(row.must_open for row in judged),
        patches=sum(row.patches for row in judged),
        new_week=sum(row.new_week for row in judged),
        history=_mean_history([row.history for row in judged]),
    )


def _mean_history(histories: Sequence[Sequence[float]]) -> list[float]:
    """The mean of scores week by week; histories end together and may begin late."""
    weeks = max(map(len, histories), default=0)
    return [
        fmean(history[-back] for history in histories if len(history) >= back)
        for back in range(weeks, 0, -1)
    ]


def _shown(
    results: list[Result], stored: Mapping[str, object], terms: dict[bytes, Mapping[str, Terms]]
) -> Sequence[Result]:
    """Results by the policy that they were added up under."""
    policy = msgspec.convert(stored, Policy)
    if policy == Policy():
        return results
    key = msgspec.json.encode(policy)
    if key not in terms:
        terms[key] = terms_of(policy, rules_by_code())
    return applied(results, terms[key])


def _add(sums: dict[str, list[int]], levels: dict[str, str], result: Result) -> None:
    if result.preview or result.state not in JUDGED:
        return
    row = sums[result.code]
    levels.setdefault(result.code, result.level)
    row[0] += result.state == RuleState.FAIL
    row[1] += 1
    row[2] += result.violations
    row[3] += result.subjects - result.suppressed - result.waived
    row[4] += result.patches


def _rule(code: str, level: str, row: Sequence[int]) -> TeamRule:
    rule = rules_by_code().get(code)
    failing, applicable, violations, subjects, patches = row
    return TeamRule(
        *(code, rule.title if rule else code, level, str(rule.effort) if rule else ""),
        *(failing, applicable, violations, subjects, patches),
        minutes=rule_minutes(code) * max(violations - patches, 0),
    )
