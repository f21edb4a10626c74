"""Plotly figures as plain dictionaries.

Colours are names of CSS custom properties (`--chart-line`); the page's script replaces them by the
values of the reader's theme. The numbers of each figure also stand in a table beside it.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from apps.scorecards.selectors.campaigns import BurnPoint

type Figure = dict[str, Any]

MIDDLE_HALF = "middle half"


def score_trend(
    times: Sequence[date], scores: Sequence[float], *, names: Sequence[str] = ()
) -> Figure | None:
    """Draw a repository's score over its scans; nothing for fewer than two points."""
    if len(scores) < 2:
        return None
    return {
        "data": [line(times, scores, name="score", texts=names)],
        "layout": layout_of(scores, description=summary("The score", times, scores)),
    }


def burn_down_figure(points: Sequence[BurnPoint], target_on: date) -> Figure | None:
    """Draw what was left of a campaign day by day, with the straight way from its start to its target."""
    if not points:
        return None
    days = [point.day for point in points]
    left = [point.remaining for point in points]
    left_line = line(days, left, name="left")
    left_line |= {
        "mode": "lines",
        "line": {**left_line["line"], "shape": "hv"},
        "hovertemplate": "<b>%{y:,.0f}</b> left<extra></extra>",
    }
    layout = layout_of(left, description=_burnt(points))
    layout["yaxis"] |= {"range": [0, max(1.0, points[0].remaining * 1.05)]}
    layout["margin"] |= {"l": 48}
    layout["xaxis"] |= {"nticks": 5}
    ideal = {
        "type": "scatter",
        "mode": "lines",
        "name": "ideal",
        "x": [days[0].isoformat(), max(target_on, days[0] + timedelta(days=1)).isoformat()],
        "y": [points[0].remaining, 0],
        "line": {"color": "--chart-second", "width": 1.5, "dash": "dot"},
        "hoverinfo": "skip",
    }
    return {"data": [ideal, left_line], "layout": layout}


def _burnt(points: Sequence[BurnPoint]) -> str:
    return (
        f"{points[0].remaining} findings were open on {points[0].day:%-d %B %Y}; "
        f"{points[-1].remaining} were left on {points[-1].day:%-d %B %Y}."
    )


def line(
    times: Sequence[date], values: Sequence[float], *, name: str, texts: Sequence[str] = ()
) -> Figure:
    """A line of scores, with a text to each if there are any."""
    shown = (
        "<b>%{y:.1f}</b> %{text}<extra></extra>"
        if texts
        else f"<b>%{{y:.1f}}</b> {name}<extra></extra>"
    )
    return {
        "type": "scatter",
        "mode": "lines+markers" if len(values) <= 60 else "lines",
        "name": name,
        "x": [time.isoformat() for time in times],
        "y": [round(value, 2) for value in values],
        "text": list(texts),
        "line": {"color": "--chart-line", "width": 2, "shape": "linear"},
        "marker": {"size": 5, "color": "--chart-line"},
        "hovertemplate": shown,
    }


def edge(times: Sequence[date], values: Sequence[float], *, filled: bool) -> Figure:
    """One edge of the band around a line; the lower one fills it."""
    found: Figure = {
        "type": "scatter",
        "mode": "lines",
        "name": MIDDLE_HALF,
        "x": [time.isoformat() for time in times],
        "y": [round(value, 2) for value in values],
        "line": {"width": 0, "color": "--chart-band"},
        "hoverinfo": "skip",
    }
    band = {"fill": "tonexty", "fillcolor": "--chart-band"}
    return found | band if filled else found


def layout_of(values: Sequence[float], *, description: str) -> Figure:
    """What all charts have in common; the axis fits scores from 0 to 100."""
    return {
        "autosize": True,
        "height": 260,
        "margin": {"l": 36, "r": 12, "t": 8, "b": 32},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": 12, "color": "--chart-text"},
        "showlegend": False,
        "hovermode": "x unified",
        "hoverlabel": {
            "bgcolor": "--surface",
            "bordercolor": "--line-strong",
            "font": {"color": "--ink", "size": 12},
        },
        "xaxis": {
            "type": "date",
            "showgrid": False,
            "zeroline": False,
            "linecolor": "--chart-grid",
            "tickformatstops": [
                {"dtickrange": [None, 3_600_000], "value": "%H:%M:%S"},
                {"dtickrange": [3_600_000, 86_400_000], "value": "%-d %b %H:%M"},
                {"dtickrange": [86_400_000, "M1"], "value": "%-d %b"},
                {"dtickrange": ["M1", None], "value": "%b %Y"},
            ],
            "hoverformat": "%-d %b %Y, %H:%M",
            "nticks": 7,
            "tickangle": 0,
            "fixedrange": True,
        },
        "yaxis": {
            "range": _range(values),
            "gridcolor": "--chart-grid",
            "zeroline": False,
            "nticks": 5,
            "fixedrange": True,
            "automargin": True,
        },
        "meta": {"description": description},
    }


def _range(values: Sequence[float]) -> list[float]:
    """Choose an axis that shows the change without making a molehill a mountain."""
    low, high = min(values), max(values)
    room = max(20.0 - (high - low), (high - low) * 0.2) / 2
    bottom, top = low - room, high + room
    if top > 100:
        bottom, top = bottom - (top - 100), 100.0
    if bottom < 0:
        bottom, top = 0.0, min(top - bottom, 100.0)
    # A little above 100, so that a perfect line is not cut in half.
    return [bottom, top + 0.8 if top == 100.0 else top]


def summary(what: str, times: Sequence[date], values: Sequence[float]) -> str:
    """What a chart shows, in a sentence for who does not see it."""
    return (
        f"{what} went from {values[0]:.1f} on {times[0]:%-d %B %Y} "
        f"to {values[-1]:.1f} on {times[-1]:%-d %B %Y}."
    )
