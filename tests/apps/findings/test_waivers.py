"""Waivers: who may ask and decide, what they cover, how they end."""

from datetime import timedelta

import pytest

from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import AuditEvent, MembershipRole
from apps.accounts.services import member_put, team_create
from apps.findings.causes import Circumstances, RuleFacts
from apps.findings.exceptions import (
    WaiverChanged,
    WaiverClosed,
    WaiverExists,
    WaiverNotYours,
    WaiverTooLong,
)
from apps.findings.models import Finding, FindingEvent, Waiver
from apps.findings.selectors import waiver_inbox, waivers_expiring
from apps.findings.services import (
    findings_record,
    waiver_approve,
    waiver_decline,
    waiver_request,
    waiver_withdraw,
    waivers_expire,
)
from core.exceptions import Invalid, NotFound
from tests.apps.factories import FindingFactory, RepositoryFactory, ScanFactory, UserFactory
from tests.apps.findings.test_lifecycle import SEEN

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return team_create(name="Payments")


@pytest.fixture
def lead(team):
    person = UserFactory()
    member_put(team=team, user=person, role=MembershipRole.LEAD)
    return person


@pytest.fixture
def owned(team):
    """A repository of the team."""
    return RepositoryFactory(team=team)


@pytest.fixture
def finding(owned):
    return FindingFactory(repository=owned)


@pytest.fixture
def asked(finding, user):
    """A request for a waiver of the finding."""
    return waiver_request(
        repository=finding.repository, actor=user, finding=finding, reason="old clients"
    )


def approved(repository, actor, **what) -> Waiver:
    waiver = waiver_request(repository=repository, actor=actor, reason="legacy", **what)
    administrator = UserFactory(is_staff=True)
    return waiver_approve(waiver=waiver, actor=administrator, version=waiver.version)


def states() -> list[str]:
    return list(Finding.objects.order_by("pk").values_list("state", flat=True))


# ---- asking --------------------------------------------------------------------------------------------------


def test_a_request_changes_nothing_but_is_written_down(asked, user):
    assert (asked.state, asked.scope, asked.code, asked.version) == (
        "requested",
        "finding",
        "MOD08",
        1,
    )
    assert states() == ["open"]
    act = AuditEvent.objects.get(action="waiver.request")
    assert (act.target, act.actor, act.detail["reason"]) == (
        f"waiver:{asked.pk}",
        user,
        "old clients",
    )


def test_it_ends_by_default_on_the_last_day_that_is_allowed(asked, settings):
    days = timedelta(days=settings.PLUMBLINE_WAIVER_DAYS)
    assert asked.until == timezone.localdate() + days


def test_it_may_end_neither_in_the_past_nor_later_than_allowed(owned, user, settings):
    settings.PLUMBLINE_WAIVER_DAYS = 10
    today = timezone.localdate()
    for until in (today - timedelta(days=1), today + timedelta(days=11)):
        with pytest.raises(WaiverTooLong):
            waiver_request(repository=owned, actor=user, code="MOD08", reason="x", until=until)


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ({"code": "MOD08", "reason": "  "}, Invalid),
        ({"code": "XYZ99", "reason": "x"}, NotFound),
        ({"code": "", "reason": "x"}, NotFound),
        ({"code": "MOD08", "reason": "x", "path_pattern": "/etc"}, Invalid),
        ({"code": "MOD08", "reason": "x", "path_pattern": "../other"}, Invalid),
        ({"code": "MOD08", "reason": "x", "path_pattern": "./*"}, Invalid),
        ({"code": "MOD08", "reason": "x", "path_pattern": "a\u202eb"}, Invalid),
    ],
)
def test_what_cannot_be_waived_is_refused(owned, user, what, error):
    with pytest.raises(error):
        waiver_request(repository=owned, actor=user, **what)
    assert not Waiver.objects.exists()


def test_a_finding_of_elsewhere_or_one_that_is_gone_cannot_be_waived(owned, user):
    elsewhere = FindingFactory()
    gone = FindingFactory(repository=owned, state="fixed", fixed_at=timezone.now())
    for finding in (elsewhere, gone):
        with pytest.raises(Invalid):
            waiver_request(repository=owned, actor=user, finding=finding, reason="x")


def test_the_same_is_asked_for_once_at_a_time(asked, user, lead):
    again = {"repository": asked.repository, "actor": user, "reason": "x"}
    with pytest.raises(WaiverExists):
        waiver_request(finding=asked.finding, **again)
    waiver_decline(waiver=asked, actor=lead, version=1)
    assert waiver_request(finding=asked.finding, **again).state == "requested"
    waiver_request(code="MOD08", **again)
    waiver_request(code="MOD08", path_pattern="apps/orders/", **again)
    with pytest.raises(WaiverExists):
        waiver_request(code="mod08", path_pattern="./apps/orders", **again)


def test_the_database_knows_what_a_scope_needs(owned, finding):
    fields = {"repository": owned, "code": "MOD08", "reason": "x", "until": timezone.localdate()}
    for wrong in (
        {"scope": "finding"},
        {"scope": "rule", "path_pattern": "a"},
        {"scope": "path"},
        {"scope": "rule", "finding": finding},
    ):
        with pytest.raises(IntegrityError, match="waiver_scope"), transaction.atomic():
            Waiver.objects.create(**fields, **wrong)


# ---- deciding ------------------------------------------------------------------------------------------------


def test_an_approved_waiver_covers_its_finding_at_once(asked, lead):
    waiver_approve(waiver=asked, actor=lead, version=1, note="until the spring")
    assert (asked.state, asked.decided_by, asked.version) == ("approved", lead, 2)
    finding = Finding.objects.get()
    assert (finding.state, finding.waiver) == ("waived", asked)
    event = FindingEvent.objects.get()
    assert (event.kind, event.cause, event.waiver) == ("waived", "waiver", asked)
    assert AuditEvent.objects.get(action="waiver.approve").detail["note"] == "until the spring"


def test_a_declined_one_covers_nothing_and_is_closed(asked, lead):
    waiver_decline(waiver=asked, actor=lead, version=1)
    assert states() == ["open"]
    with pytest.raises(WaiverClosed):
        waiver_approve(waiver=asked, actor=lead, version=2)


def test_nobody_decides_his_own_request_but_who_may_decide_all(owned, lead, user):
    own = waiver_request(repository=owned, actor=lead, code="MOD08", reason="x")
    with pytest.raises(WaiverNotYours):
        waiver_approve(waiver=own, actor=lead, version=1)
    with pytest.raises(WaiverNotYours):
        waiver_approve(waiver=own, actor=user, version=1)
    lead.user_permissions.add(Permission.objects.get(codename="decide_waiver"))
    entitled = type(lead).objects.get(pk=lead.pk)
    assert waiver_approve(waiver=own, actor=entitled, version=1).state == "approved"


def test_leads_of_other_teams_and_who_registered_it_decide_nothing(asked, user):
    stranger = UserFactory()
    member_put(team=team_create(name="Other"), user=stranger, role=MembershipRole.LEAD)
    registered = UserFactory()
    asked.repository.registered_by = registered
    asked.repository.save()
    for person in (stranger, registered, user):
        with pytest.raises(WaiverNotYours):
            waiver_decline(waiver=asked, actor=person, version=1)


def test_who_decides_may_shorten_it_and_not_overstretch_it(asked, lead, settings):
    settings.PLUMBLINE_WAIVER_DAYS = 30
    with pytest.raises(WaiverTooLong):  # what was asked for under a more generous rule
        waiver_approve(waiver=asked, actor=lead, version=1)
    soon = timezone.localdate() + timedelta(days=3)
    assert waiver_approve(waiver=asked, actor=lead, version=1, until=soon).until == soon


def test_who_has_seen_an_older_version_decides_nothing(asked, lead):
    waiver_approve(waiver=asked, actor=lead, version=1)
    stale = Waiver.objects.get(pk=asked.pk)
    with pytest.raises(WaiverChanged):
        waiver_decline(waiver=stale, actor=UserFactory(is_staff=True), version=1)
    assert Waiver.objects.get().state == "approved"


def test_the_inbox_holds_what_one_may_decide(asked, lead, user, administrator, team):
    own = waiver_request(repository=asked.repository, actor=lead, code="MOD08", reason="x")
    member_put(team=team_create(name="Above"), user=UserFactory(), role=MembershipRole.LEAD)
    assert list(waiver_inbox(user=lead)) == [asked]
    assert list(waiver_inbox(user=administrator)) == [asked, own]
    assert list(waiver_inbox(user=user)) == []
    above = UserFactory()
    parent = team_create(name="Shop")
    team.parent = parent
    team.save()
    member_put(team=parent, user=above, role=MembershipRole.LEAD)
    assert list(waiver_inbox(user=above)) == [asked, own]


# ---- covering ------------------------------------------------------------------------------------------------


def test_a_waiver_of_a_rule_covers_all_its_findings_and_only_those(owned, user, finding):
    FindingFactory(repository=owned, code="MOD07")
    FindingFactory(repository=owned, state="suppressed")
    FindingFactory()
    approved(owned, user, code="MOD08")
    assert states() == ["waived", "open", "suppressed", "open"]


def test_a_waiver_of_a_path_covers_what_comes_there_later(owned, user):
    waiver = approved(owned, user, code="MOD08", path_pattern="apps/orders")
    record(owned, SEEN)
    finding = Finding.objects.get()
    assert (finding.state, finding.waiver) == ("waived", waiver)
    assert list(FindingEvent.objects.values_list("kind", "cause", "waiver")) == [
        ("new", "first_scan", None),
        ("waived", "waiver", waiver.pk),
    ]


def test_a_waiver_follows_its_finding_through_a_rename(owned, user):
    record(owned, SEEN)
    waiver = approved(owned, user, finding=Finding.objects.get())
    moved = SEEN.__replace__(fingerprint="f9", path="a/b.py", symbol="a.b.Order.user")
    record(owned, moved, renames={SEEN.path: "a/b.py"}, files={"a/b.py": "b"})
    finding = Finding.objects.get()
    assert (finding.path, finding.state, finding.waiver) == ("a/b.py", "waived", waiver)


def test_what_leaves_the_path_of_its_waiver_is_open(owned, user):
    record(owned, SEEN)
    approved(owned, user, code="MOD08", path_pattern="apps/orders")
    moved = SEEN.__replace__(fingerprint="f9", path="a/b.py", symbol="a.b.Order.user")
    record(owned, moved, renames={SEEN.path: "a/b.py"}, files={"a/b.py": "b"})
    assert states() == ["open"]
    assert FindingEvent.objects.last().kind == "waiver_ended"


def test_what_was_fixed_under_a_waiver_is_waived_again_when_it_returns(owned, user):
    record(owned, SEEN)
    approved(owned, user, finding=Finding.objects.get())
    record(owned)
    assert states() == ["fixed"]
    record(owned, SEEN)
    assert states() == ["waived"]


def test_what_is_suppressed_in_the_code_needs_no_waiver(owned, user):
    approved(owned, user, code="MOD08")
    record(owned, SEEN.__replace__(suppressed="public API"))
    assert Finding.objects.get().waiver is None
    record(owned, SEEN)
    assert states() == ["waived"]
    record(owned, SEEN.__replace__(suppressed="public API"))
    assert (Finding.objects.get().state, Finding.objects.get().waiver) == ("suppressed", None)


# ---- ending --------------------------------------------------------------------------------------------------


def test_a_waiver_ends_by_itself_after_its_last_day(asked, lead):
    waiver_approve(waiver=asked, actor=lead, version=1)
    assert waivers_expire(today=asked.until) == 0
    Waiver.objects.update(until=timezone.localdate() - timedelta(days=1))
    assert waivers_expire() == 1
    assert (Waiver.objects.get().state, states()) == ("expired", ["open"])
    assert list(FindingEvent.objects.values_list("kind", "cause")) == [
        ("waived", "waiver"),
        ("waiver_ended", "waiver"),
    ]
    act = AuditEvent.objects.get(action="waiver.expire")
    assert (act.actor, act.target) == (None, f"waiver:{asked.pk}")
    assert waivers_expire() == 0


def test_a_request_that_nobody_decided_ends_too(asked):
    Waiver.objects.update(until=timezone.localdate() - timedelta(days=1))
    assert waivers_expire() == 1
    assert not FindingEvent.objects.exists()


def test_a_waiver_whose_last_day_is_over_covers_nothing_new(owned, user):
    approved(owned, user, code="MOD08")
    Waiver.objects.update(until=timezone.localdate() - timedelta(days=1))
    record(owned, SEEN)
    assert states() == ["open"]


def test_another_waiver_takes_over(owned, user, finding):
    first = approved(owned, user, finding=finding)
    second = approved(owned, user, code="MOD08")
    waiver_withdraw(waiver=first, actor=user, version=2)
    finding.refresh_from_db()
    assert (finding.state, finding.waiver) == ("waived", second)


def test_who_asked_may_take_it_back_before_and_after_the_decision(asked, lead, user, owned):
    with pytest.raises(WaiverNotYours):
        waiver_withdraw(waiver=asked, actor=UserFactory(), version=1)
    waiver_approve(waiver=asked, actor=lead, version=1)
    waiver_withdraw(waiver=asked, actor=user, version=2)
    assert (asked.state, states()) == ("withdrawn", ["open"])
    with pytest.raises(WaiverClosed):
        waiver_withdraw(waiver=asked, actor=user, version=3)


def test_what_ends_soon_can_be_asked_for(owned, user):
    approved(owned, user, code="MOD08")
    soon = approved(owned, user, code="MOD07", until=timezone.localdate() + timedelta(days=3))
    assert list(waivers_expiring(user=user)) == [soon]


def record(repository, *seen, **known):
    """Record what a scan of the repository's next commit saw."""
    scan = ScanFactory(repository=repository, finished=True)
    return findings_record(
        repository_id=repository.pk,
        scan_id=scan.pk,
        at=timezone.now(),
        seen=seen,
        circumstances=Circumstances(scan.commit, "e1", {"MOD08": RuleFacts("v1", "fail")}, **known),
    )
