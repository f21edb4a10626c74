"""What holds on every page: policy, width, no scripts, hostile text."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from core.text import prose_spans
from plumbline.registry import all_rules
from tests.browser import seed, seed_campaigns, seed_waivers
from tests.browser.screenshots import PATHS

SIGNED_OUT = ("/accounts/login/", "/accounts/password/reset/", "/accounts/signup/")
# Beside those of which pictures are taken.
MORE = (
    "/repositories/?standing=plumb&sort=-score",
    "/repositories/?q=nothing-has-this-name",
    "/repositories/payments-api/?tab=rules",
    "/repositories/payments-api/webhook/",
    "/repositories/mobile-backend/",
    "/repositories/hostile/?tab=rules",
    "/repositories/hostile/?tab=trend",
    "/repositories/hostile/?tab=facts",
    "/repositories/hostile/?tab=scans",
    "/repositories/hostile/scan/",
    "/scans/?state=failed",
    "/rules/?q=zzz",
    "/accounts/logout/",
)
PAGES = (*PATHS.values(), *MORE)
# Long lists repeat themselves; what is wrong with a row is wrong with the first.
SHORTEN = """
for (const list of document.querySelectorAll("tbody, ol, ul")) {
  for (const row of [...list.children].slice(5)) row.remove();
}
"""
AXE = Axe()


@pytest.mark.parametrize(("width", "theme"), [(360, "light"), (1600, "dark")])
@pytest.mark.parametrize("part", [0, 1])
def test_no_page_breaks_the_policy_is_too_wide_or_hard_to_use(
    make_visitor, fleet, width, theme, part
):
    visitor = make_visitor(width=width, theme=theme)
    for path in SIGNED_OUT[part::2]:
        _fits(visitor, path, width)
        _is_accessible(visitor, path, theme)
    visitor.sign_in()
    seed_campaigns.campaigns_create()
    seed_campaigns.profile_create()
    findings = [seed.finding_path(fleet[name]) for name in ("payments-api", "hostile")]
    for path in (*PAGES, *findings, seed_waivers.waivers_create(fleet))[part::2]:
        _fits(visitor, path, width)
        _is_accessible(visitor, path, theme)
    for code in list(all_rules())[part:4:2]:
        _fits(visitor, f"/rules/{code}/", width)


def test_the_description_of_the_api_breaks_no_policy_either(make_visitor, fleet):
    visitor = make_visitor()
    visitor.sign_in()
    page = visitor.open("/api/v1/docs/")
    expect(page.locator(".opblock").first).to_be_visible()
    visitor.collect()


def _fits(visitor, path, width):
    page = visitor.open(path)
    page.wait_for_load_state("load")
    assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert page.locator("h1").count() == 1, path
    # Nothing inline: neither scripts that run, nor styles, nor handlers.
    source = visitor.response.text()
    assert " style=" not in source, path
    assert "<style" not in source, path
    assert " onclick=" not in source, path
    visitor.collect()


def _is_accessible(visitor, path, theme):
    """No serious violation of WCAG 2.2 A and AA, or of good practice; in the dark only colours can differ."""
    visitor.page.evaluate(SHORTEN)
    rules = {"runOnly": ["color-contrast"]} if theme == "dark" else {}
    found = AXE.run(visitor.page, options={"resultTypes": ["violations"], **rules})
    serious = [
        (item["id"], item["nodes"][0]["target"], item["nodes"][0]["failureSummary"])
        for item in found.response["violations"]
        if item["impact"] in {"serious", "critical"}
    ]
    assert not serious, path
    visitor.collect()


def test_hostile_text_is_shown_as_text_on_every_page(make_visitor, fleet):
    visitor = make_visitor().sign_in()
    for path in (page for page in PAGES if "hostile" in page or page in {"/", "/repositories/"}):
        page = visitor.open(path)
        page.wait_for_timeout(150)
        assert page.locator("script:not([src]):not([type='application/json'])").count() == 0
        assert page.locator("main img[src='x']").count() == 0
        visitor.collect()
    page = visitor.open(seed.finding_path(fleet["hostile"]))
    assert page.locator("script:not([src]):not([type='application/json'])").count() == 0
    assert "\u202e" not in page.content()
    page = visitor.open("/repositories/hostile/")
    expect(page.get_by_role("heading", level=1)).to_have_text(seed.HOSTILE_NAME)
    message = page.locator(".finding-message").first
    shown = "".join(span.text for span in prose_spans(seed.HOSTILE_MESSAGE))
    expect(message).to_have_text(shown)
    shown = page.locator(".finding-place").first.inner_text()
    assert "\\u202e" in shown
    assert "\u202e" not in page.content()


def test_everything_can_be_done_without_scripts(make_visitor, fleet):
    visitor = make_visitor(scripts=False)
    page = visitor.sign_in_by_form().page
    expect(page.get_by_role("heading", name="Fleet")).to_be_visible()
    page.get_by_text("The same as a table").first.click()
    expect(page.get_by_role("table", name="Score over time")).to_be_visible()
    page.goto(f"{visitor.base}/repositories/")
    page.get_by_label("Search by name or URL").fill("store")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="storefront", exact=True).click()
    for tab in ("Rules", "Trend", "Facts", "Scans", "Findings"):
        page.get_by_role("navigation", name="Scorecard").get_by_role("link", name=tab).click()
        expect(page.get_by_role("heading", name="storefront", level=1)).to_be_visible()
    page.get_by_role("button", name="Theme: dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("heading", name="storefront", level=1)).to_be_visible()
    page.get_by_role("button", name="Scan now").click()
    expect(page.get_by_role("heading", name="Scan of storefront")).to_be_visible()
