"""Waivers on pages: asked for, decided, ended, and what the score says of it."""

from datetime import timedelta

import pytest

from django.test import Client
from django.utils import timezone

from apps.accounts.models import Membership, Team
from apps.findings.models import Finding, Waiver
from apps.findings.services import waiver_approve, waiver_request
from apps.scorecards.models import Snapshot
from apps.scorecards.selectors import snapshot_latest
from tests.apps.factories import (
    FindingFactory,
    RepositoryFactory,
    RuleResultFactory,
    ScanFactory,
    SnapshotFactory,
    UserFactory,
)

QUERIES = 12
NEW = "/repositories/shop/waivers/new/"
FORM = {"HX-Request": "true", "HX-Target": "form#waiver-form"}
TODAY = timezone.localdate()


@pytest.fixture
def shop(db):
    """A repository with a score of 50: one of two things breaks the one rule that applies."""
    team = Team.objects.create(name="Shop", slug="shop-team")
    repository = RepositoryFactory(slug="shop", name="Shop", team=team)
    scan = ScanFactory(repository=repository, finished=True, commit="c" * 40, score=50)
    RuleResultFactory(scan=scan, subjects=2, violations=1)
    SnapshotFactory(scan=scan, score=50, score_without_waivers=50)
    return repository


@pytest.fixture
def finding(shop):
    return FindingFactory(repository=shop)


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def dev(shop):
    return UserFactory(email="dev@example.org")


@pytest.fixture
def lead(shop):
    user = UserFactory(email="lead@example.org")
    Membership.objects.create(team=shop.team, user=user, role="lead")
    return user


def test_chosen_findings_are_waived_in_one_act_by_page_or_in_a_dialog(shop, dev):
    client = client_of(dev)
    rows = [FindingFactory(repository=shop, line=line) for line in (1, 2, 3)]
    gone = FindingFactory(repository=shop, state="fixed", fixed_at=timezone.now())
    chosen = [row.pk for row in (*rows[:2], gone)]
    page = client.get(NEW, {"finding": [*chosen, "x", "9" * 40]})
    assert page.context["wish"].findings == rows[:2]
    part = client.get(NEW, {"finding": chosen}, headers=FORM).content
    assert part.strip().startswith(b"<form") and b"<html" not in part
    late = (TODAY + timedelta(days=4000)).isoformat()
    for wrong, field in (({"reason": " "}, "reason"), ({"reason": "r", "until": late}, "until")):
        form = client.post(NEW, {"until": TODAY, "finding": chosen, **wrong}).context["form"]
        assert list(form.errors) == [field]
    given = {"finding": chosen, "reason": "the client goes in May", "until": TODAY}
    done = client.post(NEW, given, headers=FORM)
    assert (done.status_code, done["HX-Redirect"]) == (204, "/repositories/shop/?tab=waivers#tab")
    assert (
        b"2 waivers wait for a decision." in client.get("/repositories/shop/?tab=waivers").content
    )
    assert {w.finding_id for w in Waiver.objects.all()} == {row.pk for row in rows[:2]}
    again = client.post(NEW, given | {"finding": [row.pk for row in rows]})
    assert again.status_code == 302
    assert Waiver.objects.count() == 3, "what had one hinders no other"
    assert list(client.post(NEW, given).context["form"].errors) == ["__all__"]


def test_a_rule_is_waived_under_a_path_and_what_names_nothing_says_so(shop, dev):
    client = client_of(dev)
    assert b"Nothing to waive" in client.get(NEW, {"code": "NONE99"}).content
    given = {"code": "MOD08", "reason": "legacy", "until": TODAY, "path_pattern": "/"}
    assert list(client.post(NEW, given).context["form"].errors) == ["path_pattern"]
    client.post(NEW, given | {"path_pattern": "apps/legacy/"})
    assert Waiver.objects.get().path_pattern == "apps/legacy"


def test_a_decision_changes_the_score_on_the_page_and_ending_it_changes_it_back(
    shop, finding, dev, lead
):
    waiver = waiver_request(repository=shop, actor=dev, reason="soon", finding=finding)
    page = f"/waivers/{waiver.pk}/"
    assert client_of(dev).get(page).context["page"].may_decide is False
    refused = client_of(dev).post(f"{page}decide/", {"decision": "approve", "version": 1})
    assert refused.status_code == 403 and b"Only administrators and leads" in refused.content
    client = client_of(lead)
    assert client.get("/waivers/").context["inbox"].waiting == 1
    assert client.get(page).context["page"].reach == 1
    day = (TODAY + timedelta(days=3)).isoformat()
    decided = client.post(
        f"{page}decide/",
        {"decision": "approve", "version": 1, "note": "fine", "until": day},
        follow=True,
    )
    assert b"The score is 100.0 now, 50.0 without waivers." in decided.content
    card = client.get("/repositories/shop/?tab=waivers")
    assert b"without waivers" in card.content
    assert [row.waiver.until.isoformat() for row in card.context["waivers"].rows] == [day]
    assert b"fine" in client.get(page).content
    assert b"by lead@example.org" in (
        client.get(f"/repositories/shop/findings/{finding.pk}/").content
    )
    client.post(f"{page}end/", {"version": 2})
    assert float(snapshot_latest(shop).score) == 50
    assert Finding.objects.get(pk=finding.pk).state == "open"
    assert Snapshot.objects.count() == 3


def test_who_decides_second_is_told_and_sees_what_it_is_now(shop, finding, dev, lead):
    waiver = waiver_request(repository=shop, actor=dev, reason="soon", finding=finding)
    waiver_approve(waiver=waiver, actor=UserFactory(is_staff=True), version=1)
    late = client_of(lead).post(
        f"/waivers/{waiver.pk}/decide/", {"decision": "decline", "version": 1}
    )
    assert late.status_code == 409
    assert b"Somebody else has changed this waiver" in late.content
    assert b"In force" in late.content
    assert Waiver.objects.get().state == "approved"
    both = client_of(lead).post(
        "/waivers/decide/", {"decision": "decline", "waiver": f"{waiver.pk}-1"}, follow=True
    )
    assert b"Somebody else has changed this waiver" in both.content


def test_an_administrator_asks_and_approves_at_once_and_decides_many(shop, finding, dev):
    client = client_of(UserFactory(is_staff=True))
    given = {"finding": finding.pk, "reason": "now", "until": TODAY, "approve": "1"}
    done = client.post(NEW, given, follow=True)
    assert b"1 waiver approved. The score is 100.0 now, 50.0 without waivers." in done.content
    others = [
        waiver_request(repository=shop, actor=dev, reason="r", code=code)
        for code in ("MOD01", "MOD02")
    ]
    keys = [f"{waiver.pk}-{waiver.version}" for waiver in others] + ["x", "1-2-3"]
    client.post("/waivers/decide/", {"decision": "approve", "waiver": keys})
    assert {waiver.state for waiver in Waiver.objects.all()} == {"approved"}
    mine = client_of(dev).post(NEW, given | {"code": "MOD03", "finding": []}, follow=True)
    assert b"waits for a decision" in mine.content, "who may not decide cannot approve"


def test_waiver_pages_ask_little_of_the_database(
    shop, finding, dev, lead, django_assert_max_num_queries
):
    for number in range(12):
        row = FindingFactory(repository=shop, line=number + 20)
        waiver = waiver_request(repository=shop, actor=dev, reason="r", finding=row)
        if number % 2:
            waiver_approve(waiver=waiver, actor=lead, version=1, until=TODAY)
    client = client_of(lead)
    for path in (
        *("/waivers/", "/waivers/?show=expiring", "/waivers/?show=mine", "/waivers/?show=all"),
        *(f"/waivers/{waiver.pk}/", f"{NEW}?finding={finding.pk}", f"{NEW}?code=MOD08"),
        *("/repositories/shop/?tab=waivers&waivers=live", f"/repositories/shop/findings/{row.pk}/"),
    ):
        with django_assert_max_num_queries(QUERIES):
            assert client.get(path).status_code == 200
