"""What people come for, from the first click to the last."""

import re

import pytest
from playwright.sync_api import expect

from apps.scans.models import Scan


def test_a_manager_goes_from_sign_in_to_the_rule_behind_a_finding(make_visitor, fleet):
    visitor = make_visitor().sign_in_by_form()
    page = visitor.page
    expect(page.get_by_role("heading", name="Fleet")).to_be_visible()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Repositories").click()
    page.get_by_role("link", name="payments-api").click()
    expect(page.get_by_role("heading", name="payments-api", level=1)).to_be_visible()
    expect(page.get_by_text("of 100").first).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator(".finding-message").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".code-marked").first).to_be_visible()
    second = page.get_by_role("link", name="Next").get_attribute("href")
    page.keyboard.press("j")
    page.wait_for_url(f"**{second}")
    title = page.get_by_role("region", name="What the guide asks").get_by_role("link")
    name = title.inner_text()
    title.click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    expect(page.get_by_role("heading", name="Why")).to_be_visible()
    visitor.collect()


def test_a_repository_is_registered_and_its_secret_is_shown_once(visitor):
    page = visitor.open("/repositories/register/")
    page.get_by_label("URL").fill("https://github.com/example/fresh-service")
    page.get_by_role("button", name="Register and scan").click()
    expect(page.get_by_role("heading", name="fresh-service is registered")).to_be_visible()
    secret = page.locator("#webhook-secret").inner_text()
    assert len(secret) > 30
    assert "/webhooks/github/" in page.locator("#webhook-url").inner_text()
    visitor.collect()
    page.get_by_role("link", name="Watch the first scan").click()
    expect(page.get_by_role("heading", name="Scan of fresh-service")).to_be_visible()
    assert secret not in page.content()
    visitor.open("/repositories/fresh-service/")
    assert secret not in page.content()


def test_an_address_that_cannot_be_used_says_so_at_its_field(visitor):
    page = visitor.open("/repositories/register/")
    page.get_by_label("URL").fill("ftp://example.org/x")
    page.get_by_role("button", name="Register and scan").click()
    expect(
        page.locator(".field", has=page.get_by_label("URL")).locator(".errorlist")
    ).to_be_visible()
    assert page.get_by_label("URL").get_attribute("aria-invalid") == "true"


def test_a_scan_shows_its_progress_and_stops_asking_when_it_ends(visitor, fleet):
    page = visitor.open(f"/repositories/{fleet['running'].slug}/scan/")
    expect(page.get_by_text("734 of 1")).to_be_visible()
    scan = Scan.objects.get(repository=fleet["running"])
    Scan.objects.filter(pk=scan.pk).update(files_done=1200)
    expect(page.get_by_text(re.compile("^1.200 of"))).to_be_visible()
    Scan.objects.filter(pk=scan.pk).update(
        state="failed",
        phase="done",
        lease_until=None,
        finished_at=scan.enqueued_at,
        error_code="transfer_cut",
        error_text="The host hung up.",
    )
    expect(page.get_by_text("The host hung up.")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2500)
    assert asked == []
    visitor.collect()


def test_a_search_changes_the_list_and_the_address_without_leaving_the_page(visitor):
    page = visitor.open("/repositories/")
    page.evaluate("window.stayed = true")
    field = page.get_by_label("Search by name or URL")
    field.press_sequentially("pay")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"q=pay"))
    expect(field).to_be_focused()
    assert page.evaluate("window.stayed")
    field.press_sequentially("ments")
    expect(page).to_have_url(re.compile(r"q=payments"))
    page.get_by_role("columnheader", name="Score").get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"sort=-score"))
    expect(page.get_by_role("columnheader", name="Score")).to_have_attribute(
        "aria-sort", "descending"
    )
    assert page.evaluate("window.stayed")
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(1)
    visitor.collect()


# As on a bad line: what is asked first is answered last.
SLOW_UNLESS_SORTED = """() => {
  const fetched = window.fetch;
  window.fetch = async (...given) => {
    const address = String(given[0].url ?? given[0]);
    if (!address.includes("sort=")) await new Promise((go) => setTimeout(go, 700));
    return fetched(...given);
  };
}"""


@pytest.mark.parametrize("path", ["/repositories/", "/repositories/?view=matrix"])
def test_what_is_asked_for_last_is_what_is_shown(visitor, path):
    """To leave the field for a heading asks for the list once more, which may be answered after the heading."""
    page = visitor.open(path)
    page.get_by_label("Search by name or URL").press_sequentially("pay")
    expect(page).to_have_url(re.compile("q=pay"))
    page.evaluate(SLOW_UNLESS_SORTED)
    page.get_by_role("columnheader", name="Score").first.get_by_role("link").click()
    expect(page).to_have_url(re.compile("sort=-score"))
    page.wait_for_timeout(1200)
    expect(page).to_have_url(re.compile("q=pay.*sort=-score|sort=-score.*q=pay"))
    visitor.collect()


def test_the_next_part_of_a_long_list_begins_at_its_top(visitor):
    page = visitor.open("/repositories/back-office/")
    page.get_by_role("link", name="Next").click()
    expect(page).to_have_url(re.compile("page=2"))
    expect(page.get_by_role("link", name="Previous")).to_be_visible()
    page.wait_for_function(
        "Math.abs(document.querySelector('#tab').getBoundingClientRect().top) < 60"
    )
    visitor.collect()


def test_tabs_and_filters_are_parts_of_one_page_with_addresses_of_their_own(visitor):
    page = visitor.open("/repositories/storefront/")
    page.evaluate("window.stayed = true")
    page.get_by_role("navigation", name="Scorecard").get_by_role("link", name="Rules").click()
    expect(page.get_by_role("table", name="Rules and their state")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?tab=rules$"))
    assert page.evaluate("window.stayed")
    page.get_by_role("navigation", name="State").get_by_role("link", name="Fail").click()
    expect(page).to_have_url(re.compile("state=fail"))
    expect(page.locator("tbody .chip-pass")).to_have_count(0)
    page.go_back()
    expect(page.get_by_role("heading", name="storefront", level=1)).to_be_visible()
    expect(page.locator("tbody .chip-pass").first).to_be_visible()
    visitor.collect()


def test_a_trend_opened_as_a_tab_draws_its_chart(visitor):
    page = visitor.open("/repositories/payments-api/")
    page.get_by_role("navigation", name="Scorecard").get_by_role("link", name="Trend").click()
    expect(page.locator(".chart .scatterlayer").first).to_be_visible()
    page.get_by_text("The same as a table").first.click()
    expect(page.get_by_role("table", name="Score, standing")).to_be_visible()
    visitor.collect()


def test_the_theme_is_kept_and_the_charts_follow_it(visitor):
    page = visitor.open("/")
    line = page.locator(".chart .scatterlayer .trace:last-child path.js-line")
    expect(line).to_be_visible()
    light = line.evaluate("line => getComputedStyle(line).stroke")
    page.get_by_role("button", name="Theme: dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.wait_for_timeout(300)
    assert line.evaluate("line => getComputedStyle(line).stroke") != light
    page.wait_for_load_state("networkidle")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    visitor.collect()


def test_everything_is_found_by_keyboard_from_any_page(visitor):
    page = visitor.open("/repositories/storefront/")
    page.keyboard.press("/")
    field = page.get_by_role("combobox", name="Search everything")
    expect(field).to_be_focused()
    page.keyboard.type("identity")
    expect(page.locator("#hits").get_by_role("option", name="identity")).to_be_visible()
    page.keyboard.press("ArrowDown")
    chosen = page.locator("[role=option][aria-selected=true]")
    expect(field).to_have_attribute("aria-activedescendant", chosen.get_attribute("id"))
    page.keyboard.press("Escape")
    expect(page.locator("#hits")).to_be_hidden()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#hits [role=option]").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="identity", level=1)).to_be_visible()
    page.wait_for_load_state("load")
    page.keyboard.press("Control+k")
    expect(field).to_be_focused()
    page.keyboard.type("MOD08")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/search/\?q=MOD08"))
    expect(page.get_by_role("region", name="Rules").get_by_role("link").last).to_be_visible()
    page.goto(f"{visitor.base}/repositories/")
    page.keyboard.press("/")
    expect(page.get_by_label("Search by name or URL")).to_be_focused()
    visitor.collect()


def test_a_part_of_a_page_asks_for_a_new_sign_in_when_the_session_has_ended(visitor):
    page = visitor.open("/repositories/storefront/")
    page.context.clear_cookies()
    page.get_by_role("navigation", name="Scorecard").get_by_role("link", name="Rules").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.locator("#tab")).to_have_count(0)


def test_an_empty_fleet_says_how_to_begin(make_visitor, person):
    visitor = make_visitor().sign_in()
    for path in ("/", "/repositories/"):
        page = visitor.open(path)
        expect(page.get_by_role("heading", name="Nothing hangs here yet")).to_be_visible()
        expect(page.get_by_role("link", name="Register a repository").first).to_be_visible()


def test_a_manager_goes_from_the_fleet_to_a_team_its_worst_rule_and_a_campaign(visitor):
    page = visitor.open("/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Teams").click()
    page.get_by_role("table").get_by_role("link", name="Commerce").click()
    expect(page.get_by_role("heading", name="Commerce", level=1)).to_be_visible()
    page.get_by_role("navigation", name="Team").get_by_role("link", name="Trend").click()
    expect(page.locator("#team-score-title")).to_be_visible()
    expect(page).to_have_url(re.compile("tab=trend"))
    expect(page.locator(".chart .main-svg").first).to_be_visible()
    page.go_back()
    worst = page.get_by_role("region", name="Rules broken in most repositories")
    worst.get_by_role("row").nth(1).get_by_role("link").click()
    expect(page.get_by_role("heading", name="In Commerce")).to_be_visible()
    expect(page.locator("#standings")).to_contain_text("of 4 repositories fail")
    page.get_by_role("link", name="Start a campaign").click()
    expect(page.get_by_label("Commerce")).to_be_checked()
    holds = page.get_by_role("region", name="It would hold")
    expect(holds).to_contain_text("Open findings")
    page.get_by_label("Name", exact=True).fill("Commerce first")
    page.get_by_role("button", name="Keep as a draft").click()
    expect(page.get_by_role("heading", name="Commerce first", level=1)).to_be_visible()
    visitor.collect()
