"""Figures as data: what plotly gets is plain, bounded and says in words what it shows."""

import json
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.scorecards.charts import score_trend

SCORES = st.lists(st.floats(0, 100), min_size=2, max_size=80)
START = datetime(2026, 3, 1, 12)


def days(scores):
    return [START + timedelta(days=number) for number in range(len(scores))]


@given(SCORES)
def test_every_score_lies_inside_the_axis_and_the_axis_inside_the_scale(scores):
    figure = score_trend(days(scores), scores)
    low, high = figure["layout"]["yaxis"]["range"]
    assert 0 <= low <= min(scores)
    assert max(scores) <= high <= 101
    assert high - low >= 19.9


@given(SCORES)
def test_a_figure_is_plain_json(scores):
    figure = score_trend(days(scores), scores, names=["0123abc"] * len(scores))
    assert json.loads(json.dumps(figure, allow_nan=False)) == figure


@pytest.mark.parametrize("scores", [[], [50.0]])
def test_fewer_than_two_scans_are_no_line(scores):
    assert score_trend(days(scores), scores) is None


def test_a_figure_says_in_words_what_it_shows():
    figure = score_trend(days([60, 72.5]), [60, 72.5])
    assert figure["layout"]["meta"]["description"] == (
        "The score went from 60.0 on 1 March 2026 to 72.5 on 2 March 2026."
    )


def test_colours_are_names_that_the_theme_gives():
    text = json.dumps(score_trend(days([1, 2]), [1, 2]))
    assert '"--chart-line"' in text
    assert "#" not in text
