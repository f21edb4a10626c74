"""The explorer of trends."""

from collections.abc import Iterator, Sequence

from django.http import HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET

from apps.accounts.requests import SignedInRequest
from apps.accounts.selectors import team_list
from apps.rulebook.choices import Level
from apps.rulebook.selectors import rule_list, rules_by_code, section_list
from apps.scorecards.selectors import Series
from apps.scorecards.series_charts import SeriesCharts
from apps.scorecards.trend_query import PERIODS, STEPS, Trend, TrendQuery
from core.csv_rows import csv_response
from core.fragments import page_render

_CSV = (
    *("first", "last", "value", "low", "high", "mean", "repositories"),
    *("plumb", "leaning", "off", "failing", "must_open", "should_open"),
    *("violations", "subjects", "new", "fixed", "reopened"),
)


@require_GET
def trends(request: SignedInRequest) -> HttpResponse:
    """Show how what the address asks for moved, and why."""
    query = TrendQuery.of(request.GET)
    trend = Trend.of(query, user=request.user)
    context = {
        "trend": trend,
        "query": query,
        "charts": SeriesCharts.of(trend.series, about=query.about),
        "teams": team_list(user=request.user),
        "sections": section_list(),
        "rules": rule_list(),
        "rule": rules_by_code().get(query.rule),
        "levels": Level.values,
        "periods": PERIODS,
        "steps": STEPS,
    }
    return page_render(
        request, "scorecards/trends.html", context, fragments=("trends",), query=query.address
    )


@require_GET
def trends_csv(request: SignedInRequest) -> StreamingHttpResponse:
    """Give the points of the trend that the address asks for as CSV."""
    trend = Trend.of(TrendQuery.of(request.GET), user=request.user)
    return csv_response("trend.csv", _rows(trend.series))


def _rows(series: Series) -> Iterator[Sequence[object]]:
    yield _CSV
    for point in series.points:
        yield [getattr(point, name) for name in _CSV]
