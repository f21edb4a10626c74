"""The pages about scans on the seeded busy day: what they show and what they cost."""

import re

import pytest

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.apps.factories import RepositoryFactory, ScanFactory

QUERIES = 18


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?state=queued",
        "?state=running",
        "?state=done",
        "?state=failed&code=unreachable&period=all",
        "?lane=bulk&trigger=schedule&repository=store&period=day",
        "?team=none",
    ],
)
def test_the_page_asks_a_bounded_number_of_questions(
    busy, signed_in, query, django_assert_max_num_queries
):
    with django_assert_max_num_queries(QUERIES):
        response = signed_in.get(f"/scans/{query}")
    assert response.status_code == 200


def test_the_page_asks_no_more_for_more_scans(busy, signed_in):
    now = timezone.now()
    ended = {"error_code": "unreachable", "started_at": now, "finished_at": now}
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            signed_in.get("/scans/")
        counts.append(len(asked))
        for number in range(8):
            repository = RepositoryFactory()
            ScanFactory(repository=repository, attempt=1, ref=f"b{number}")
            ScanFactory(repository=repository, state="failed", **ended)
            ScanFactory(
                repository=repository,
                state="running",
                started_at=timezone.now(),
                lease_until=timezone.now(),
            )
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "name", ["done", "running", "retrying", "waiting", "unreachable", "hostile"]
)
def test_a_scans_own_page_asks_a_bounded_number_of_questions(
    busy, signed_in, name, django_assert_max_num_queries
):
    with django_assert_max_num_queries(10):
        response = signed_in.get(f"/scans/{busy[name].public_id}/")
    assert response.status_code == 200


def test_a_scan_that_waits_says_for_what(busy, signed_in):
    page = signed_in.get("/scans/?state=queued").content.decode()
    assert re.search(
        r"next try in 2 min \d+ s<span class=\"quiet\">: The host does not answer\.", page
    )
    assert "running scan</span>" in page
    own = signed_in.get(f"/scans/{busy['retrying'].public_id}/").content.decode()
    assert re.search(r"Next try in 2 min \d+ s\.", own)
    assert "Attempt 2 came to nothing; the next one begins by itself." in own


def test_failures_are_told_once_by_code_with_what_to_do(busy, signed_in):
    page = signed_in.get("/scans/").context["page"]
    assert [(group.code, group.count) for group in page.groups] == [
        ("unreachable", 3),
        ("auth", 1),
        ("hostile", 1),
    ]
    assert "port 443" in page.groups[0].latest.error_remedy


@pytest.mark.parametrize(
    "query",
    [
        "?state=none&lane=none&trigger=none&period=none&code=%00&after=x",
        "?state=done&after=99999999999999999-1",
        "?state=done&after=9999999999999999-999999999999999",
        "?state=queued&after=bulk-1-",
        "?state=queued&after=bulk-٣-1",
        "?repository=%00%ff",
    ],
)
def test_an_address_that_makes_no_sense_shows_what_comes_nearest(busy, signed_in, query):
    assert signed_in.get(f"/scans/{query}").status_code == 200


def test_the_forms_blank_fields_do_not_stay_in_the_address(busy, signed_in):
    headers = {"HX-Request": "true", "HX-Target": "div#scans"}
    part = signed_in.get(
        "/scans/?state=failed&lane=&trigger=&repository=&period=week", headers=headers
    )
    assert part["HX-Replace-Url"] == "/scans/?state=failed"
    assert part.content.strip().startswith(b'<div id="scans"')


def test_a_failed_scan_shows_in_which_phase_it_ended(busy, signed_in):
    page = signed_in.get(f"/scans/{busy['unreachable'].public_id}/")
    states = [stage.state for stage in page.context["stages"]]
    assert states == ["past", "broken", *["skipped"] * 7]
    assert page.context["stages"][1].seconds == pytest.approx(12, abs=0.1)


def test_a_running_scan_shows_what_its_phases_took_so_far(busy, signed_in):
    stages = signed_in.get(f"/scans/{busy['running'].public_id}/").context["stages"]
    assert [stage.state for stage in stages] == ["past"] * 5 + ["now"] + ["ahead"] * 3
    assert [round(stage.seconds) for stage in stages[:5]] == [2, 9, 9, 9, 9]


def test_a_judged_scan_shows_what_was_recorded_of_its_phases(busy, signed_in):
    page = signed_in.get(f"/scans/{busy['done'].public_id}/")
    stages = page.context["stages"]
    assert [stage.seconds for stage in stages[1:4]] == [1.21, 0.02, 0.12]
    assert (stages[1].share, {stage.state for stage in stages}) == (1.0, {"past"})
    assert [(need.wanted, need.unseen) for need in page.context["needs"]] == [(401, 9), (377, 9)]


def test_hostile_text_in_a_log_is_shown_as_text(busy, signed_in):
    page = signed_in.get(f"/scans/{busy['hostile'].public_id}/").content
    assert b"<sVg/oNloAd" not in page
    assert b"&lt;sVg/oNloAd" in page
