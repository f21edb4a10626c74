"""Rule results go when they are old, but for those on which something present rests."""

from datetime import timedelta

import pytest

from django.utils import timezone

from apps.accounts.models import TokenScope
from apps.scans.models import RuleResult, Scan
from apps.scans.selectors import RESULT_DAYS
from apps.scans.services import results_forget
from tests.apps.factories import RepositoryFactory, RuleResultFactory, ScanFactory
from tests.apps.scans.running import scan
from tests.apps.source import SHOP_BETTER

pytestmark = pytest.mark.django_db

LONG_AGO = timezone.now() - timedelta(days=RESULT_DAYS + 5)
LATELY = timezone.now() - timedelta(days=3)


@pytest.fixture
def repository():
    return RepositoryFactory(slug="shop")


def judged(repository, at, **columns):
    made = ScanFactory(repository=repository, finished=True, **columns)
    Scan.objects.filter(pk=made.pk).update(finished_at=at)
    if made.same_as_id is None:
        for code in ("MOD07", "MOD08"):
            RuleResultFactory(scan=made, code=code)
    return made


def with_results():
    return set(RuleResult.objects.values_list("scan_id", flat=True))


def test_results_of_old_scans_go_and_those_of_the_newest_stay(repository):
    old = judged(repository, LONG_AGO)
    branch = judged(repository, LONG_AGO, ref="feature")
    past = judged(repository, LONG_AGO, as_of=LONG_AGO, lane="backfill")
    lately = judged(repository, LATELY, ref="feature")
    newest = judged(repository, LONG_AGO)
    other = judged(RepositoryFactory(), LONG_AGO)
    assert with_results() == {scan.pk for scan in (old, branch, past, lately, newest, other)}
    assert results_forget() == 6
    assert with_results() == {lately.pk, newest.pk, other.pk}
    assert results_forget() == 0
    assert Scan.objects.count() == 6


def test_results_that_a_younger_scan_shares_stay(repository):
    shared = judged(repository, LONG_AGO)
    judged(repository, LATELY, ref="feature", same_as=shared)
    presented = judged(repository, LONG_AGO)
    judged(repository, LONG_AGO, same_as=presented)
    assert results_forget() == 0
    Scan.objects.filter(ref="feature").update(finished_at=LONG_AGO)
    assert results_forget() == 2
    assert with_results() == {presented.pk}


@pytest.mark.usefixtures("local_repositories_allowed", "own_mirrors")
def test_a_commit_whose_results_went_is_judged_anew_and_has_them_again(shop, source):
    def rows():
        fields = ("code", "state", "subjects", "violations", "evidence", "version")
        return list(RuleResult.objects.filter(scan=first).values_list(*fields))

    first = scan(shop)
    before, figures = rows(), (first.score, first.evaluated, first.waived)
    source.push(SHOP_BETTER)
    assert scan(shop).score > first.score
    Scan.objects.filter(pk=first.pk).update(finished_at=LONG_AGO)
    assert results_forget() == len(before) > 100
    source._git("push", "--force", "origin", f"{first.commit}:main")
    again = scan(shop)
    assert (again.commit, again.same_as) == (first.commit, first)
    assert "evaluate" in again.timings, "nothing was there to be shared"
    assert (again.score, again.evaluated, again.waived) == figures
    assert rows() == before


def test_the_api_says_that_results_were_removed(bot, repository):
    old = judged(repository, LONG_AGO)
    judged(repository, LATELY)
    address = f"/api/v1/scans/{old.public_id}/results/"
    client = bot(TokenScope.SCAN_READ)
    assert len(client.get(address).json()["results"]) == 2
    results_forget()
    response = client.get(address)
    assert (response.status_code, response.json()["code"]) == (410, "results_forgotten")
