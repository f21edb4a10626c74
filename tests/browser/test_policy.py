"""The way of a policy, from a draft whose effects are looked at to what a trend says of it."""

import re

from playwright.sync_api import expect

from apps.rulebook.selectors import rule_section, section_list
from apps.scans.models import RuleResult
from apps.scorecards.models import Occasion, Snapshot
from apps.scorecards.services import policies_apply_to


def test_a_policy_is_drafted_looked_at_published_and_told_by_the_trend(visitor, fleet):
    shop = fleet["storefront"]
    result = RuleResult.objects.filter(
        scan__repository=shop, state="fail", level="MUST", preview=False
    ).first()
    code = result.code
    page = visitor.open("/policy/")
    page.get_by_role("link", name="Fleet", exact=True).last.click()
    page.evaluate("window.stayed = true")
    page.get_by_label("Search rules").press_sequentially(code)
    mode = page.get_by_label(f"Mode of {code}")
    expect(page).to_have_url(re.compile(f"q={code}"))
    expect(page.get_by_text("Change a level, a weight or a mode")).to_be_visible()

    # What it would do is shown before anything is saved, and goes along to another section.
    mode.select_option("off")
    expect(page.get_by_text("1 change not saved")).to_be_visible()
    effects = page.locator("#effects")
    expect(effects.get_by_text("Mean score")).to_be_visible()
    expect(page.locator(".effects-table").first).to_contain_text("storefront")
    expect(page.get_by_role("button", name="Publish")).to_be_disabled()
    page.get_by_label("Search rules").fill("")
    other = next(name for name in section_list() if name != rule_section(code))
    page.get_by_label("Section").select_option(other)
    expect(page).to_have_url(re.compile("section="))
    expect(page.get_by_label(f"Mode of {code}")).to_have_count(0)
    expect(page.get_by_text("1 change not saved")).to_be_visible()
    page.get_by_label("Section").select_option("")
    page.get_by_label("Only what differs").check()
    expect(page.get_by_label(f"Mode of {code}")).to_have_value("off")

    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("The draft is saved")).to_be_visible()
    assert page.evaluate("window.stayed")
    page.get_by_label("Reason").fill("We are not there yet")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("The policy is in force.")).to_be_visible()
    visitor.collect()

    assert policies_apply_to(repository_ids=[shop.pk]) == 1
    snapshot = Snapshot.objects.get(repository=shop, occasion=Occasion.POLICY)
    assert snapshot.causes.keys() == {"policy"}
    page = visitor.open(f"/repositories/{shop.slug}/?tab=trend")
    page.get_by_text("The same as a table").first.click()
    expect(page.locator("tr", has=page.locator(".tag", has_text="policy")).first).to_be_visible()
    page.get_by_role("link", name="Explore by section").click()
    mark = page.locator(".marks-list li", has_text="We are not there yet")
    expect(mark.locator(".mark-policy")).to_have_count(1)
    page = visitor.open("/audit/?action=policy")
    expect(page.get_by_role("rowheader", name="Published a policy")).to_be_visible()
    visitor.collect()
