"""How values look on pages."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from django.template import Context, Template
from django.utils import timezone

from core.templatetags.display import DASH, ago, commit, delta, percent, points, seconds, whole


def shown(source, **values):
    return Template(f"{{% load display %}}{source}").render(Context(values))


@pytest.mark.parametrize(
    ("score", "text"),
    [
        (None, DASH),
        (0, "0.0"),
        (Decimal("87.25"), "87.2"),
        (99.96, "99.9"),
        (100, "100.0"),
    ],
)
def test_a_score_is_never_rounded_up_to_a_hundred(score, text):
    assert points(score) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(None, DASH), (0, "0"), (0.001, "1"), (0.5, "50"), (0.999, "99"), (1, "100")],
)
def test_only_all_is_a_hundred_percent_and_only_nothing_is_none(share, text):
    assert percent(share).split("\N{NO-BREAK SPACE}")[0] == text


@pytest.mark.parametrize(
    ("change", "text"),
    [(None, DASH), (0.04, "±0.0"), (-0.04, "±0.0"), (1.25, "+1.2"), (-7.5, "\N{MINUS SIGN}7.5")],
)
def test_a_change_has_its_sign(change, text):
    assert f">{text}<" in delta(change)


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=59), "59 min ago"),
        (timedelta(hours=5), "5 h ago"),
        (timedelta(days=3), "3 d ago"),
    ],
)
def test_a_moment_is_relative_and_exact_on_hover(age, text):
    moment = timezone.now() - age
    answer = ago(moment)
    assert f">{text}<" in answer
    assert f'title="{moment.day} {moment:%B %Y}' in answer


def test_an_old_moment_is_a_date_and_none_is_said_so():
    assert ">5 Jan 2020<" in ago(datetime(2020, 1, 5, tzinfo=UTC))
    assert ago(None) == "never"


def test_a_day_is_that_of_the_reader_s_time_zone():
    late = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    with timezone.override("Europe/Berlin"):
        assert shown("{{ value|day }}", value=late) == "1 Jan 2027"
    assert shown("{{ value|day }}", value=late.date()) == "31 Dec 2026"
    assert shown("{{ value|day }}", value=None) == ""


def test_counts_durations_and_commits_are_short():
    assert whole(1234567) == "1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567"
    assert [seconds(value) for value in (None, 0.21, 3.4, 75)] == [
        DASH,
        "210 ms",
        "3.4 s",
        "1 min 15 s",
    ]
    assert commit("0123456789abcdef") == "0123456789"


@pytest.mark.parametrize("value", ["plumb", "leaning", "off", "", "<script>"])
def test_a_standing_is_a_shape_and_a_word(value):
    text = shown("{% standing value %}", value=value)
    assert "<use href=" in text
    assert "<script>" not in text


def test_a_bar_stays_between_nothing_and_all():
    assert 'width="100.00"' in shown("{% bar share %}", share=1.7)
    assert 'width="0.00"' in shown("{% bar share %}", share=-1)
    assert 'width="25.00"' in shown("{% bar share of=200 %}", share=50)


@pytest.mark.parametrize("values", [[], [50], [50, 50], [0, 100], [99.8, 99.9, 100]])
def test_a_sparkline_stays_inside_its_frame(values):
    text = shown("{% spark values %}", values=values)
    if values:
        dots = text.split('points="')[1].split('"')[0].split()
        assert all(0 <= float(one) <= 88 for dot in dots for one in dot.split(","))
        assert all(0 <= float(dot.split(",")[1]) <= 22 for dot in dots)


def test_code_is_escaped_numbered_and_marked():
    text = shown("{% code text start=7 line=8 %}", text="<b>\nx = '<i>'\n")
    assert "<b>" not in text.replace('<b class="', "")
    assert "<i>8</i>" in text
    assert text.count("code-marked") == 1


def test_an_example_loses_its_arrows_and_keeps_its_marks():
    text = shown("{% example text %}", text="x = 1  # <-\ny = 2\n{{ z }}  {# <- #}\n")
    assert "&lt;-" not in text
    assert text.count("code-marked") == 2


def test_a_line_of_documentation_shows_names_as_code():
    assert shown("{% line text %}", text="use `a<b` here") == "use <code>a&lt;b</code> here"
