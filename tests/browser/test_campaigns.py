"""A manager turns the rule that is followed least into a campaign, and sees it move."""

from playwright.sync_api import expect

from apps.findings.models import Finding
from apps.scorecards.models import Campaign
from apps.scorecards.services.campaigns import campaigns_count
from tests.browser import seed_campaigns


def test_a_campaign_is_made_from_a_rule_started_and_burns_down(visitor):
    code = seed_campaigns.codes_with_most_findings()[0]
    held = Finding.objects.filter(code=code, state="open")
    number, finding = held.count(), held.order_by("pk").first()
    page = visitor.open(f"/rules/{code}/")
    page.get_by_role("link", name="Start a campaign").click()
    expect(page.get_by_role("heading", name="It would hold")).to_be_visible()
    holds = page.locator(".campaign-holds")
    expect(holds.locator(".stats dd").first).to_have_text(str(number))
    page.get_by_label("Name", exact=True).fill("Followed by spring")
    page.get_by_label("Named repositories").check()
    page.get_by_label("Repositories", exact=True).fill(f"{finding.repository.slug} nothing")
    page.get_by_label("Search rules").fill(code)
    expect(holds.locator(".stats dd").nth(1)).to_have_text("1")
    expect(page.get_by_text("There is no nothing.")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Followed by spring")
    page.get_by_label("The whole fleet").check()
    expect(holds.locator(".stats dd").first).to_have_text(str(number))
    visitor.collect()
    page.get_by_role("button", name="Start now").click()
    expect(page.get_by_role("heading", name="Followed by spring", level=1)).to_be_visible()
    expect(page.locator(".figures .figure-value").first).to_contain_text(f"{number}of {number}")
    expect(page.locator(".chart .scatterlayer")).to_be_visible()
    seed_campaigns.happen(finding, "fixed")
    campaigns_count(repository_id=finding.repository_id)
    page.reload()
    expect(page.locator(".figures .figure-value").first).to_contain_text(str(number - 1))
    page.get_by_role("link", name="Close", exact=True).click()
    dialog = page.get_by_role("dialog", name="Close this campaign?")
    dialog.get_by_label("Make it standing").check()
    dialog.get_by_role("button", name="Close the campaign").click()
    expect(page.get_by_text("It was closed to stand")).to_be_visible()
    assert Campaign.objects.get().stands
    visitor.collect()
