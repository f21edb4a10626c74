"""Which trend an address asks for: of whom, of what, over which time."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.http import QueryDict
from django.utils import timezone

from apps.accounts.models import Team
from apps.accounts.selectors import Person, team_get
from apps.repositories.models import Repository
from apps.repositories.selectors import repository_find
from apps.rulebook.choices import Level
from apps.rulebook.selectors import rules_by_code, section_list
from apps.scorecards.selectors import Series, series
from apps.scorecards.selectors.series import Step
from apps.scorecards.series_charts import About
from core.addresses import query_string
from core.exceptions import NotFound

PERIODS = {
    "30": "30 days",
    "90": "90 days",
    "180": "6 months",
    "365": "1 year",
    "730": "2 years",
    "1095": "3 years",
}
USUAL_PERIOD = "90"
STEPS: dict[str, Step] = {"day": "day", "week": "week", "month": "month"}


def period_of(query: QueryDict) -> str:
    """The period that an address asks for; the usual one if it asks for none that there is."""
    period = query.get("period", "")
    return period if period in PERIODS else USUAL_PERIOD


def period_days(period: str) -> tuple[date, date]:
    """The first and the last day of a period that ends today."""
    last = timezone.localdate()
    return last - timedelta(days=int(period)), last


@dataclass(frozen=True, slots=True)
class TrendQuery:
    """Scope, subject, period and step; what an address says that makes no sense is left out."""

    team: str = ""
    repository: str = ""
    section: str = ""
    rule: str = ""
    level: str = ""
    period: str = USUAL_PERIOD
    step: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> "TrendQuery":
        """Read an address. A rule says more than a section, a repository more than a team."""
        rule = query.get("rule", "").upper()
        rule = rule if rule in rules_by_code() else ""
        section = query.get("section", "")
        level = query.get("level", "")
        repository = query.get("repository", "").strip()[:200].replace("\0", "")
        step = query.get("step", "")
        return cls(
            team="" if repository else query.get("team", "")[:100].replace("\0", ""),
            repository=repository,
            section="" if rule or section not in section_list() else section,
            rule=rule,
            level="" if rule or level not in Level.values else level,
            period=period_of(query),
            step=step if step in STEPS else "",
        )

    @property
    def parameters(self) -> dict[str, str]:
        """What the address has to say for this, without what goes without saying."""
        named = {
            "team": self.team,
            "repository": self.repository,
            "section": self.section,
            "rule": self.rule,
            "level": self.level,
            "period": "" if self.period == USUAL_PERIOD else self.period,
            "step": self.step,
        }
        return {name: value for name, value in named.items() if value}

    @property
    def address(self) -> str:
        """The query of the page that shows this, from its beginning."""
        return query_string(self.parameters)

    @property
    def about(self) -> About:
        """What of the guide it is about."""
        if self.rule:
            return "rule"
        if self.section:
            return "section"
        return "level" if self.level else "whole"

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day."""
        return period_days(self.period)


@dataclass(frozen=True, slots=True)
class Trend:
    """A trend that was asked for, with the team or repository that it is of.

    ``problem`` says that nothing has the name that was asked for.
    """

    query: TrendQuery
    series: Series
    team: Team | None = None
    repository: Repository | None = None
    problem: str = ""

    @classmethod
    def of(cls, query: TrendQuery, *, user: Person) -> "Trend":
        """Read it."""
        team, repository, problem = None, None, ""
        try:
            if query.repository:
                repository = repository_find(user=user, name=query.repository)
            elif query.team:
                team = team_get(user=user, slug=query.team)
        except NotFound as error:
            problem = error.text
        if problem:
            return cls(query, Series("week"), problem=problem)
        first, last = query.days
        found = series(
            user=user,
            team=team,
            repository=repository,
            section=query.section,
            rule=query.rule,
            level=query.level,
            first=first,
            last=last,
            step=STEPS.get(query.step),
        )
        return cls(query, found, team, repository)

    @property
    def whose(self) -> str:
        """Of whom it is, in words."""
        found = self.repository or self.team
        return found.name if found else "the fleet"
