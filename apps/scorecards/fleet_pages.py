"""What the page of the fleet shows: where it stands, which way it moves, and why."""

from dataclasses import dataclass
from datetime import timedelta

from django.http import QueryDict

from apps.accounts.selectors import Person
from apps.scorecards.selectors import FleetOverview, fleet_overview, series
from apps.scorecards.selectors.series import Move, move_of_mean
from apps.scorecards.series_charts import CAUSE_WORDS, SeriesCharts
from apps.scorecards.trend_query import PERIODS, period_days, period_of

MONTH = timedelta(days=30)
ATTENTION_SHOWN = 12
CAUSES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class FleetPage:
    """The figures of the fleet now, and its course over the period that the address asks for."""

    overview: FleetOverview
    charts: SeriesCharts
    month: Move | None
    period: str

    @classmethod
    def of(cls, query: QueryDict, *, user: Person) -> "FleetPage":
        """Read it; a period that there is not is the usual one."""
        period = period_of(query)
        first, today = period_days(period)
        found = series(user=user, first=first, last=today)
        return cls(
            overview=fleet_overview(user=user),
            charts=SeriesCharts.of(found),
            month=move_of_mean(user=user, first=today - MONTH, last=today),
            period=period,
        )

    @property
    def periods(self) -> dict[str, str]:
        """The periods to choose from."""
        return PERIODS

    @property
    def peak(self) -> int:
        """The largest number of repositories in one part of the distribution."""
        return max(1, *(one.count for one in self.overview.distribution))

    @property
    def is_many(self) -> bool:
        """Whether there is a distribution to show: of one repository there is none."""
        return self.overview.judged > 1

    @property
    def causes(self) -> list[tuple[str, float]]:
        """What moved the mean most in the last month, in words, with its points."""
        found = list(self.month.causes.items())[:CAUSES_SHOWN] if self.month else []
        return [(CAUSE_WORDS.get(cause, cause).lower(), points) for cause, points in found]
