"""Watching scans, taking them back and asking again, in a browser."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from django.utils import timezone

from apps.scans.models import Scan
from tests.browser import seed_scans
from tests.browser.test_pages import _fits


@pytest.fixture
def busy(fleet) -> dict[str, Scan]:
    return seed_scans.scans_create(fleet)


def test_progress_moves_on_without_a_jump_or_lost_focus(visitor, busy):
    page = visitor.open("/scans/")
    page.evaluate("window.stayed = true")
    field = page.get_by_label("Repository", exact=True)
    field.focus()
    row = page.locator(f"#run-{busy['running'].pk}")
    expect(row.get_by_text("Applying the rules")).to_be_visible()
    shown = page.locator("#ended-title")
    shown.scroll_into_view_if_needed()
    before = shown.bounding_box()["y"]
    Scan.objects.filter(pk=busy["running"].pk).update(phase="extract", files_done=1234)
    expect(row.get_by_text(re.compile("1.234 of 4.338 files"))).to_be_visible()
    # A row above goes away, and what is being read stays where it is.
    Scan.objects.filter(pk=busy["lapsed"].pk).update(
        state="cancelled",
        phase="done",
        lease_until=None,
        finished_at=timezone.now() - timedelta(days=8),
    )
    expect(page.locator(f"#run-{busy['lapsed'].pk}")).to_have_count(0)
    assert abs(shown.bounding_box()["y"] - before) < 3
    assert page.evaluate("document.activeElement.id") == "scan-repository"
    assert page.evaluate("window.stayed")
    visitor.collect()


def test_nothing_is_asked_while_the_page_is_hidden_or_when_all_has_ended(visitor, busy):
    page = visitor.open("/scans/")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {get: () => true, configurable: true})"
    )
    page.wait_for_timeout(3800)
    assert asked == []
    page.evaluate("delete document.hidden")
    with page.expect_request("**/scans/"):
        pass
    now = timezone.now()
    Scan.objects.filter(state__in=["queued", "running"]).update(
        state="cancelled", finished_at=now, lease_until=None
    )
    expect(page.locator("#scans[data-live]")).to_have_count(0)
    asked.clear()
    page.wait_for_timeout(3800)
    assert asked == []
    visitor.collect()


def test_a_filter_stays_in_the_address_and_in_what_is_asked_again(visitor, busy):
    page = visitor.open("/scans/")
    page.evaluate("window.stayed = true")
    page.get_by_label("Lane").select_option("bulk")
    expect(page).to_have_url(re.compile(r"/scans/\?lane=bulk$"))
    expect(page.locator("[id^=wait-]")).to_have_count(3)
    with page.expect_request(re.compile(r"/scans/\?.*lane=bulk")):
        pass
    page.get_by_role("navigation", name="State").get_by_role("link", name="Waiting").click()
    expect(page).to_have_url(re.compile("state=queued"))
    expect(page.locator("#running-title")).to_have_count(0)
    expect(page.get_by_label("Lane")).to_have_value("bulk")
    assert page.evaluate("window.stayed")
    page.get_by_label("Repository", exact=True).press_sequentially("ware")
    expect(page.locator("[id^=wait-]")).to_have_count(1)
    expect(page.get_by_label("Repository", exact=True)).to_be_focused()
    page.reload()
    expect(page.locator("[id^=wait-]")).to_have_count(1)
    visitor.collect()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_scan_is_cancelled_and_asked_for_again(make_visitor, busy, scripts):
    visitor = make_visitor(scripts=scripts).sign_in()
    page = visitor.open("/scans/")
    page.get_by_role("button", name="Cancel the scan of warehouse-sync").click()
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    expect(page.get_by_text("The scan of warehouse-sync was cancelled.")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Waiting for a worker")).to_be_visible()
    expect(page.locator(".log")).to_contain_text("Asked for by")


@pytest.mark.parametrize("scripts", [True, False])
def test_all_that_failed_alike_is_asked_for_again_after_a_question(make_visitor, busy, scripts):
    visitor = make_visitor(scripts=scripts).sign_in()
    page = visitor.open("/scans/")
    page.get_by_role("link", name="Try all 3 again").click()
    expect(page.get_by_role("heading", name="Scan 3 branches again?")).to_be_visible()
    page.get_by_role("button", name="Scan again").click()
    expect(page.get_by_text("3 scans were asked for again.")).to_be_visible()
    expect(page.get_by_role("link", name="Try all 3 again")).to_have_count(0)
    waiting = Scan.objects.filter(state="queued", trigger="manual", lane="bulk")
    assert set(waiting.values_list("repository__name", flat=True)) == {
        *("search-gateway", "partner-portal", "notifications"),
    }


def test_a_scans_own_page_follows_it_to_its_end(visitor, busy):
    scan = busy["running"]
    page = visitor.open(f"/scans/{scan.public_id}/")
    expect(page.locator(".stage-now")).to_contain_text("Applying the rules")
    expect(page.locator(".log li")).to_have_count(7)
    Scan.objects.filter(pk=scan.pk).update(
        state="failed",
        phase="done",
        lease_until=None,
        finished_at=timezone.now(),
        error_code="engine_failed",
        error_text="The engine could not judge this commit.",
    )
    expect(page.locator(".stage-broken")).to_contain_text("Applying the rules")
    expect(page.get_by_role("alert")).to_contain_text("could not judge")
    page.get_by_role("link", name="engine_failed").click()
    expect(page).to_have_url(re.compile(r"state=failed&code=engine_failed"))
    expect(page.locator("[id^=end-]")).to_have_count(1)
    visitor.collect()


@pytest.mark.parametrize(("width", "theme"), [(360, "dark"), (1600, "light")])
def test_the_pages_of_a_busy_day_fit_every_window(make_visitor, busy, width, theme):
    visitor = make_visitor(width=width, theme=theme).sign_in()
    for path in (
        *("/scans/", "/scans/?state=queued", "/scans/?state=failed&code=unreachable"),
        *("/scans/retry/?code=unreachable", "/scans/cancel/", "/scans/?repository=nobody"),
        *(f"/scans/{scan.public_id}/" for scan in busy.values()),
    ):
        _fits(visitor, path, width)
