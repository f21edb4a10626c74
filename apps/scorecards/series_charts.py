"""A series as charts and numbers: scores with what explains them, what came and went, what is open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Literal

from apps.scorecards.charts import Figure, edge, layout_of, line, summary
from apps.scorecards.selectors import Mark, Point, Series
from apps.scorecards.sums import COMPOSITION

type About = Literal["whole", "level", "section", "rule"]

DAYS_SHOWN = 31
"""So many days are told one by one; of more, what came and went is told by week."""
MARK_SYMBOLS = {"ruleset": "diamond", "policy": "square", "campaign": "triangle-up"}
MARK_WORDS = {"ruleset": "Rules", "policy": "Policy", "campaign": "Campaign"}
CAUSE_WORDS = {
    "code": "Code",
    "ruleset": "Rules that changed",
    "policy": "Policy",
    "waiver": "Waivers",
    "applicability": "What rules apply to",
    "engine": "Engine",
    COMPOSITION: "Repositories that came or went",
}


@dataclass(frozen=True, slots=True)
class CauseRow:
    """Points by which a cause moved the mean score; ``part`` is their size against the largest, 0 to 1."""

    name: str
    points: float
    part: float


@dataclass(frozen=True, slots=True)
class Flow:
    """What came and went until a day."""

    last: date
    new: int
    reopened: int
    fixed: int


@dataclass(frozen=True, slots=True)
class SeriesCharts:
    """What a page shows of a series.

    Attributes:
        series: The figures.
        name: What the value is called: score, or share in order.
        score: The value over time.
        flows: What came, came back and went.
        flow_rows: The same as numbers, the oldest first; by week where there are many days.
        flow_step: What each of those is: day, week or month.
        opened: What is open over time.
        causes: Why the score moved.
        mark_rows: What happened, newest first.
        about: Of what it is.
    """

    series: Series
    name: str
    score: Figure | None
    flows: Figure | None
    flow_rows: list[Flow]
    flow_step: str
    opened: Figure | None
    causes: list[CauseRow]
    mark_rows: list[Mark]
    about: About

    @classmethod
    def of(cls, series: Series, *, about: About = "whole", of_one: bool = False) -> "SeriesCharts":
        """Draw a series; ``of_one`` says that it is of a single repository."""
        points = series.points
        by_week = series.step == "day" and len(points) > DAYS_SHOWN
        rows = _flow_rows(points, by_week=by_week)
        largest = max((abs(value) for value in series.causes.values()), default=0.0) or 1.0
        return cls(
            series=series,
            name="share in order" if about == "rule" else "score",
            score=_score(series, "share in order" if about == "rule" else "score"),
            flows=_flows(rows)
            if any(row.new or row.fixed or row.reopened for row in rows)
            else None,
            flow_rows=rows,
            flow_step="week" if by_week else series.step,
            opened=None if about == "section" else _opened(points, about),
            causes=[
                CauseRow(_cause(cause, of_one=of_one), value, abs(value) / largest)
                for cause, value in series.causes.items()
            ],
            mark_rows=list(reversed(series.marks)),
            about=about,
        )

    @property
    def is_part(self) -> bool:
        """Whether it is about a part of the guide, in which repositories fail or not."""
        return self.about in {"section", "rule"}

    @property
    def has_one_count(self) -> bool:
        """Whether what is open is of one level."""
        return self.about in {"level", "rule"}

    @property
    def open_empty(self) -> str:
        """Why nothing open is drawn."""
        if self.about == "section":
            return (
                "Open violations are counted for single rules, for levels and for the whole guide."
            )
        return "Nothing was open in this period."

    @property
    def has_band(self) -> bool:
        """Whether the points say between what the middle half is."""
        return any(point.low is not None for point in self.series.points)


def _score(series: Series, name: str) -> Figure | None:
    known = [point for point in series.points if point.value is not None]
    if len(known) < 2:
        return None
    times = [point.last for point in known]
    values = [point.value or 0.0 for point in known]
    lows = [point.low for point in known if point.low is not None]
    highs = [point.high for point in known if point.high is not None]
    banded = len(lows) == len(highs) == len(known)
    drawn = [edge(times, highs, filled=False), edge(times, lows, filled=True)] if banded else []
    layout = layout_of([*values, *lows, *highs], description=summary(f"The {name}", times, values))
    # What happened before the first value would stretch the chart over nothing.
    shown = [mark for mark in series.marks if mark.day >= known[0].first]
    layout["shapes"] = [
        {
            "type": "line",
            "xref": "x",
            "yref": "paper",
            "x0": mark.day.isoformat(),
            "x1": mark.day.isoformat(),
            "y0": 0,
            "y1": 1,
            "line": {"color": "--line-strong", "width": 1, "dash": "dot"},
            "layer": "below",
        }
        for mark in shown
    ]
    return {
        "data": [*drawn, line(times, values, name=name), *_marks(shown, times, values)],
        "layout": layout,
    }


def _marks(marks: Sequence[Mark], times: Sequence[date], values: Sequence[float]) -> list[Figure]:
    """Marks on the line: one trace for each kind, so that each has its shape."""
    traces = []
    for kind, symbol in MARK_SYMBOLS.items():
        found = [mark for mark in marks if mark.kind == kind]
        if found:
            traces.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": MARK_WORDS[kind],
                    "x": [mark.day.isoformat() for mark in found],
                    "y": [round(_value_at(mark.day, times, values), 2) for mark in found],
                    "text": [mark.text for mark in found],
                    "marker": {
                        "symbol": symbol,
                        "size": 9,
                        "color": "--chart-second",
                        "line": {"width": 1, "color": "--surface"},
                    },
                    "hovertemplate": "%{text}<extra></extra>",
                }
            )
    return traces


def _value_at(day: date, times: Sequence[date], values: Sequence[float]) -> float:
    """The value of the step that a day falls into."""
    return next(
        (value for time, value in zip(times, values, strict=True) if day <= time), values[-1]
    )


def _cause(cause: str, *, of_one: bool) -> str:
    if of_one and cause == COMPOSITION:
        return "The past, judged since"
    return CAUSE_WORDS.get(cause, cause)


def _flow_rows(points: Sequence[Point], *, by_week: bool) -> list[Flow]:
    """Counts by step, or by week to Sunday."""
    groups = groupby(
        points, key=lambda point: point.last.isocalendar()[:2] if by_week else point.last
    )
    rows = []
    for _, group in groups:
        found = list(group)
        rows.append(
            Flow(
                found[-1].last,
                *(sum(point.new for point in found), sum(point.reopened for point in found)),
                sum(point.fixed for point in found),
            )
        )
    return rows


def _flows(points: Sequence[Flow]) -> Figure:
    times = [point.last.isoformat() for point in points]
    counts = (
        ("new", "--off-fill", [point.new for point in points]),
        ("reopened", "--leaning-fill", [point.reopened for point in points]),
        ("fixed", "--plumb-fill", [-point.fixed for point in points]),
    )
    came = sum(point.new + point.reopened for point in points)
    gone = sum(point.fixed for point in points)
    layout = layout_of([0.0, 1.0], description=f"{came} findings came and {gone} were fixed.")
    layout["barmode"] = "relative"
    layout["bargap"] = 0.25
    layout["yaxis"] = _count_axis() | {"zeroline": True, "zerolinecolor": "--line-strong"}
    return {
        "data": [
            {
                "type": "bar",
                "name": name,
                "x": times,
                "y": values,
                "customdata": [abs(value) for value in values],
                "marker": {"color": colour, "line": {"width": 0}},
                "hovertemplate": f"<b>%{{customdata}}</b> {name}<extra></extra>",
            }
            for name, colour, values in counts
        ],
        "layout": layout,
    }


def _opened(points: Sequence[Point], about: About) -> Figure | None:
    if len(points) < 2:
        return None
    times = [point.last for point in points]
    lines = (
        (("open", "--chart-line", [point.violations for point in points]),)
        if about in {"level", "rule"}
        else (
            ("open MUST", "--off-fill", [point.must_open for point in points]),
            ("open SHOULD", "--chart-line", [point.should_open for point in points]),
        )
    )
    if not any(any(values) for _, _, values in lines):
        return None
    words = "; ".join(f"{name} from {values[0]} to {values[-1]}" for name, _, values in lines)
    layout = layout_of([0.0, 1.0], description=f"Violations: {words}.")
    layout["yaxis"] = _count_axis() | {"rangemode": "tozero"}
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines",
                "name": name,
                "x": [time.isoformat() for time in times],
                "y": values,
                "line": {
                    "color": colour,
                    "width": 2,
                    "shape": "hv",
                    "dash": "solid" if number == 0 else "dash",
                },
                "hovertemplate": f"<b>%{{y}}</b> {name}<extra></extra>",
            }
            for number, (name, colour, values) in enumerate(lines)
        ],
        "layout": layout,
    }


def _count_axis() -> Figure:
    return {
        "gridcolor": "--chart-grid",
        "zeroline": False,
        "nticks": 5,
        "fixedrange": True,
        "automargin": True,
        "tickformat": "~s",
    }
