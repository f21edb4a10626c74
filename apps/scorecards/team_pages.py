"""What each tab of a team's page shows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.accounts.models import Team
from apps.accounts.requests import SignedInRequest
from apps.accounts.selectors import member_list, team_may_change
from apps.findings.selectors import waivers_expiring
from apps.repositories.selectors import repositories_suggested
from apps.scorecards.listing import page_of
from apps.scorecards.repository_query import RepositoryQuery
from apps.scorecards.selectors import FleetOverview, series
from apps.scorecards.selectors.campaigns import campaign_may_open
from apps.scorecards.selectors.table import TableRow
from apps.scorecards.selectors.teams import tasks_of, team_figures, team_rules
from apps.scorecards.series_charts import SeriesCharts
from apps.scorecards.team_forms import MemberForm
from apps.scorecards.trend_query import PERIODS, period_days, period_of

SHOWN, SUGGESTED, MEMBERS_SHOWN = 8, 20, 200
TABS = {
    "overview": "Overview",
    "repositories": "Repositories",
    "tasks": "Tasks",
    "trend": "Trend",
    "members": "Members",
}

type Context = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TeamCard:
    """A team with its repositories and what they add up to."""

    team: Team
    inner: list[Team]
    rows: list[TableRow]
    overview: FleetOverview
    patches: int
    may_change: bool

    @classmethod
    def of(cls, slug: str, *, request: SignedInRequest) -> "TeamCard":
        """Read a team's figures."""
        found = team_figures(user=request.user, slug=slug)
        return cls(
            team=found.team,
            inner=found.inner,
            rows=found.rows,
            overview=found.overview,
            patches=sum(row.figures.patches for row in found.rows),
            may_change=team_may_change(user=request.user, team=found.team),
        )

    @property
    def ids(self) -> list[int]:
        """The keys of its repositories."""
        return [row.figures.repository_id for row in self.rows]


def overview(request: SignedInRequest, card: TeamCard) -> Context:
    """Where its repositories stand, which rules they break most, what is cheapest, which waivers end."""
    rules = team_rules(user=request.user, repository_ids=card.ids)
    tasks = tasks_of(rules)
    waivers = waivers_expiring(user=request.user).filter(repository__in=card.ids)
    return {
        "peak": max(1, *(one.count for one in card.overview.distribution)),
        "worst": rules[:SHOWN],
        "tasks": tasks[:SHOWN],
        "task_count": len(tasks),
        "waivers": list(waivers[:SHOWN]),
        "may_campaign": campaign_may_open(user=request.user),
        "soon": timezone.localdate() + timedelta(days=3),
    }


def repositories(request: SignedInRequest, card: TeamCard) -> Context:
    """Its repositories, in the order that the address asks for, and those that name it as their owner."""
    query = RepositoryQuery.of(request.GET)
    suggested = repositories_suggested(user=request.user, team=card.team)
    return {
        "page": page_of(query.ordered(card.rows), request.GET.get("page")),
        "name_column": query.column("Repository", "name"),
        "columns": [
            query.column("Standing", "standing"),
            query.column("Score", "-score"),
            query.column("Δ 30 d", "-delta", numeric=True),
            query.column("12 weeks", ""),
            query.column("MUST", "-must", numeric=True),
            query.column("Patches", "-patches", numeric=True),
            query.column("Scanned", "-scanned"),
        ],
        "suggested": list(suggested[:SUGGESTED]) if card.may_change else [],
    }


def tasks(request: SignedInRequest, card: TeamCard) -> Context:
    """All that stands between its repositories and plumb, cheapest first."""
    rules = team_rules(user=request.user, repository_ids=card.ids)
    return {"tasks": tasks_of(rules)}


def trend(request: SignedInRequest, card: TeamCard) -> Context:
    """How its score moved."""
    period = period_of(request.GET)
    first, last = period_days(period)
    found = series(user=request.user, team=card.team, first=first, last=last)
    return {"charts": SeriesCharts.of(found), "period": period, "periods": PERIODS}


def members(_request: SignedInRequest, card: TeamCard) -> Context:
    """Who is in it."""
    found = member_list(team=card.team)
    return {"memberships": list(found[:MEMBERS_SHOWN]), "member_form": MemberForm()}


TAB_CONTEXTS: dict[str, Callable[[SignedInRequest, TeamCard], Context]] = {
    "overview": overview,
    "repositories": repositories,
    "tasks": tasks,
    "trend": trend,
    "members": members,
}
