"""The way of a new repository, with a real worker: from its address to a score that a waiver has changed."""

import re

import pytest
from playwright.sync_api import expect

from tests.apps.source import SHOP, Source

MODELS = SHOP["apps/orders/models.py"] + (
    "\n\nclass Parcel(models.Model):\n"
    "    name = models.CharField(max_length=5)\n\n"
    "    def __str__(self) -> str:\n"
    "        return self.name\n\n"
    "    class Meta:\n"
    '        ordering = ["name"]\n'
)


@pytest.fixture
def source(tmp_path) -> Source:
    made = Source(tmp_path)
    made.push(SHOP | {"apps/orders/models.py": MODELS})
    return made


@pytest.mark.slow
def test_somebody_registers_a_repository_reads_its_scorecard_patches_and_waives(
    local_repositories_allowed, celery_worker_process, make_visitor, person, source
):
    visitor = make_visitor().sign_in_by_form()
    page = visitor.page
    page.get_by_role("link", name="Register a repository").first.click()
    page.get_by_label("URL").fill(source.url)
    page.get_by_label("Months of history").fill("0")
    page.get_by_role("button", name="Register and scan").click()
    page.get_by_role("link", name="Watch the first scan").click()
    expect(page.get_by_role("link", name="Scorecard", exact=False).first).to_be_visible(
        timeout=60_000
    )
    visitor.collect()
    visitor.open("/repositories/shop/?tab=findings&code=MOD05")
    score = page.locator(".score-number > span").inner_text()
    page.get_by_role("link", name=re.compile("Parcel")).first.click()
    expect(page.locator(".code-marked").first).to_be_visible()
    page.get_by_role("button", name="Make the patch").click()
    expect(page.get_by_text("Verified on")).to_be_visible(timeout=60_000)
    expect(page.locator(".diff-plus").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download .patch").click()
    assert download.value.suggested_filename.endswith(".patch")
    page.get_by_role("link", name="Ask for a waiver").click()
    dialog = page.get_by_role("dialog", name="Waive this finding")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    dialog.get_by_label("Reason").fill(" ")
    dialog.get_by_role("button", name="Ask and approve").click()
    expect(dialog.locator(".errorlist")).to_be_visible()
    dialog.get_by_label("Reason").fill("until the old client is gone")
    dialog.get_by_role("button", name="Ask and approve").click()
    expect(page.get_by_text(re.compile(r"The score is .* without waivers"))).to_be_visible()
    expect(page.get_by_text("It was waived by")).to_be_visible()
    visitor.collect()
    visitor.open("/repositories/shop/")
    assert page.locator(".score-number > span").inner_text() != score
    expect(page.locator("strong", has_text=score)).to_be_visible()
