"""Made-up values for the style guide, and the tokens as the style sheet has them."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from django.contrib.staticfiles import finders
from django.core.paginator import Page, Paginator

from apps.scorecards.charts import Figure
from apps.scorecards.selectors import Point, Series
from apps.scorecards.series_charts import SeriesCharts

_TOKEN = re.compile(r"^\s+(--[a-z0-9-]+):\s*(.+);$", re.MULTILINE)
_COLOURS = re.compile(r"^(#|rgb)")

SCORES = (61.5, 63.0, 62.2, 66.8, 71.4, 70.9, 74.0, 78.2, 78.2, 81.6, 84.9, 88.3)


@dataclass(frozen=True, slots=True)
class Token:
    """A named value of the style sheet, in the light theme."""

    name: str
    value: str


def tokens() -> dict[str, list[Token]]:
    """The tokens of `tokens.css`: colours, sizes of type, steps of space."""
    found = finders.find("css/tokens.css")
    text = Path(found).read_text() if isinstance(found, str) else ""
    light = text.partition("@media")[0]
    every = [Token(name, value) for name, value in _TOKEN.findall(light)]
    return {
        "colours": [token for token in every if _COLOURS.match(token.value)],
        "sizes": [token for token in every if token.name.startswith("--text-")],
        "spaces": [token for token in every if re.fullmatch(r"--s\d+", token.name)],
    }


def chart() -> Figure | None:
    """A figure as pages get it."""
    begin = date(2026, 1, 5)
    counts = dict.fromkeys(
        [
            *("repositories", "plumb", "leaning", "off", "failing", "must_open", "should_open"),
            *("violations", "subjects", "new", "fixed", "reopened"),
        ],
        0,
    )
    points = [
        Point(
            first=begin + timedelta(weeks=week),
            last=begin + timedelta(weeks=week, days=6),
            value=score,
            low=score - 6,
            high=score + 5,
            mean=score,
            **counts,
        )
        for week, score in enumerate(SCORES)
    ]
    return SeriesCharts.of(Series("week", points)).score


def page() -> Page[int]:
    """The second page of a long list."""
    return Paginator(range(1234), 50).page(2)
