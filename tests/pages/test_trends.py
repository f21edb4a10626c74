"""The explorer of trends: what an address asks for, and the same as numbers."""

import csv
import io
import json

import pytest

pytestmark = pytest.mark.usefixtures("fleet")


def charts(client, query):
    return client.get(f"/trends/{query}").context["charts"]


def test_the_fleet_s_trend_has_a_band_marks_flows_what_is_open_and_causes(signed_in):
    found = charts(signed_in, "?period=90")
    names = [trace["name"] for trace in found.score["data"]]
    assert names == ["middle half", "middle half", "score", "Rules"]
    assert len(found.score["layout"]["shapes"]) == len(found.series.marks)
    assert sum(row.new for row in found.flow_rows) == sum(p.new for p in found.series.points)
    assert (found.series.step, found.flow_step) == ("day", "week")
    assert [trace["name"] for trace in found.opened["data"]] == ["open MUST", "open SHOULD"]
    values = [point.mean for point in found.series.points]
    assert sum(row.points for row in found.causes) == pytest.approx(values[-1] - values[0], abs=0.1)
    assert json.loads(json.dumps([found.score, found.flows, found.opened], allow_nan=False))


def test_an_address_narrows_it_to_a_team_a_repository_a_rule_a_section_or_a_level(signed_in):
    rule = charts(signed_in, "?team=commerce&rule=tool02&section=Models&period=365&step=month")
    assert (rule.about, rule.series.step, rule.name) == ("rule", "month", "share in order")
    assert rule.series.points[-1].repositories == 4
    assert [trace["name"] for trace in rule.opened["data"]] == ["open"]
    section = charts(signed_in, "?repository=Storefront&section=Models")
    assert (section.about, section.opened) == ("section", None)
    level = charts(signed_in, "?level=MUST&team=payments")
    assert level.series.points[-1].violations == level.series.points[-1].must_open
    page = signed_in.get("/trends/?team=&rule=nothing&level=x&period=9&step=z")
    assert page.context["query"].parameters == {}
    assert page["HX-Replace-Url"] == "/trends/"


@pytest.mark.parametrize("query", ["?repository=no-such-thing", "?team=nobody"])
def test_who_asks_for_what_there_is_not_is_told_so(signed_in, query):
    page = signed_in.get(f"/trends/{query}")
    assert page.status_code == 200
    assert b'role="alert"' in page.content
    assert len(b"".join(signed_in.get(f"/trends.csv{query}")).splitlines()) == 1


def test_csv_has_the_points_of_the_chart(signed_in):
    answer = signed_in.get("/trends.csv?team=commerce&period=30")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode())))
    points = charts(signed_in, "?team=commerce&period=30").series.points
    assert [row["last"] for row in rows] == [point.last.isoformat() for point in points]
    assert [float(row["value"]) for row in rows] == [point.value for point in points]
