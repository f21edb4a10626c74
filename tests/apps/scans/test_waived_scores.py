"""Scores under waivers: in a scan, and changed at once without one."""

from decimal import Decimal

import pytest

from apps.findings.models import Finding
from apps.findings.services import waiver_approve, waiver_request, waiver_withdraw
from apps.scans.models import RuleResult, Scan
from apps.scorecards.models import Snapshot
from tests.apps.scans.running import scan
from tests.apps.source import SHOP_BETTER

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("local_repositories_allowed", "own_mirrors"),
]


@pytest.fixture
def waived(shop, administrator):
    """A function that waives a rule of the shop, and gives the waiver."""

    def act(**what):
        waiver = waiver_request(
            repository=shop, actor=administrator, reason="x", **({"code": "MOD08"} | what)
        )
        return waiver_approve(waiver=waiver, actor=administrator, version=1)

    return act


def result(done: Scan) -> tuple[str, int, int]:
    found = RuleResult.objects.get(scan=done, code="MOD08")
    return found.state, found.violations, found.waived


def test_an_approval_changes_the_score_at_once_and_a_snapshot_says_so(shop, waived):
    done = scan(shop)
    before = done.score
    waived()
    done.refresh_from_db()
    assert done.score > before
    assert (done.score_without_waivers, done.waived) == (before, 1)
    assert result(done) == ("waived", 0, 1)
    first, second = Snapshot.objects.order_by("id")
    assert (first.score, first.waived, first.occasion) == (before, 0, "scan")
    assert (second.score, second.score_without_waivers) == (done.score, before)
    assert (second.waived, second.occasion, second.scan) == (1, "waiver", done)
    assert second.must_open == first.must_open - 1


def test_its_end_brings_the_score_back(shop, waived, administrator):
    done = scan(shop)
    before = done.score
    waiver = waived(finding=Finding.objects.get(code="MOD08"), code="")
    waiver_withdraw(waiver=waiver, actor=administrator, version=2)
    done.refresh_from_db()
    assert (done.score, done.score_without_waivers, done.waived) == (before, before, 0)
    assert result(done) == ("fail", 1, 0)
    assert list(Snapshot.objects.order_by("id").values_list("score", flat=True))[-1] == before


def test_a_scan_counts_what_is_waived(shop, source, waived):
    waived(path_pattern="apps/orders")
    done = scan(shop)
    assert result(done) == ("waived", 0, 1)
    assert done.score > done.score_without_waivers
    assert Finding.objects.get(code="MOD08").state == "waived"
    assert Snapshot.objects.get().score_without_waivers == done.score_without_waivers


def test_a_waiver_that_covers_nothing_changes_nothing(shop, waived):
    done = scan(shop)
    before = done.score
    waived(path_pattern="elsewhere")
    done.refresh_from_db()
    assert (done.score, Snapshot.objects.count()) == (before, 1)


def test_another_branch_is_scored_under_waivers_of_rules_and_paths(shop, source, waived):
    scan(shop)
    source.push({"README.md": "x\n"}, branch="feature")
    open_score = scan(shop, ref="feature").score
    waived()
    source.push({"README.md": "y\n"}, branch="feature")
    done = scan(shop, ref="feature")
    assert done.score > open_score
    assert result(done) == ("waived", 0, 1)


def test_results_that_come_back_with_a_revert_count_the_waivers_of_today(shop, source, waived):
    first = scan(shop)
    before = first.score
    source.push(SHOP_BETTER)
    scan(shop)
    waived()
    source._git("reset", "--quiet", "--hard", first.commit)
    source._git("push", "--quiet", "--force", "origin", "main")
    back = scan(shop)
    assert back.same_as == first
    assert result(first) == ("waived", 0, 1)
    first.refresh_from_db()
    assert back.score == first.score > before
    assert Snapshot.objects.order_by("id").last().score == back.score


def test_a_repeat_of_the_newest_scan_has_its_present_figures(shop, waived):
    scan(shop)
    waived()
    again = scan(shop)
    assert again.same_as is not None
    assert again.score == again.same_as.score
    assert again.waived == 1
    assert isinstance(again.score_without_waivers, Decimal)
