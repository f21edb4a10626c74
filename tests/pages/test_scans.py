"""The pages about scans: what they show, what they cost, who may do what."""

import re
from datetime import timedelta

import pytest

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import AuditEvent, Membership, MembershipRole, Team
from apps.repositories.models import Repository
from apps.scans.lanes import ORDER
from apps.scans.models import Lane, Scan, ScanChunk, ScanLogEntry
from tests.apps.factories import RepositoryFactory, ScanFactory, UserFactory
from tests.browser import seed

QUERIES = 18
pytestmark = pytest.mark.django_db


def failed(repository: Repository, **columns: object) -> Scan:
    now = timezone.now()
    columns = {
        "error_code": "unreachable",
        "error_text": "No answer.",
        "finished_at": now,
    } | columns
    return ScanFactory(repository=repository, state="failed", started_at=now, **columns)


def test_ten_thousand_scans_are_shown_in_parts(signed_in):
    repositories = RepositoryFactory.create_batch(20)
    now = timezone.now()
    ended = [
        Scan(
            repository=repositories[number % 20],
            state="done" if number % 5 else "failed",
            error_code="" if number % 5 else "unreachable",
            trigger="webhook",
            commit=f"{number:040x}",
            started_at=now - timedelta(seconds=number + 3),
            finished_at=now - timedelta(seconds=number // 3),
            counts={"outlines_wanted": 10, "outlines_parsed": 1},
        )
        for number in range(9_000)
    ]
    waiting = [
        Scan(repository=repositories[number % 20], trigger="api", lane="bulk", ref=f"b{number}")
        for number in range(1_000)
    ]
    Scan.objects.bulk_create(ended + waiting, batch_size=2_000)
    page = signed_in.get("/scans/")
    assert (len(page.context["page"].queue.rows), len(page.context["page"].ended.rows)) == (15, 25)
    assert page.context["page"].outcome.done == 7_200
    assert page.context["page"].outcome.outlines == pytest.approx(0.9)
    assert len(page.content) < 120_000


def test_what_is_older_follows_without_gap_or_repeat(signed_in):
    repository = RepositoryFactory()
    at = timezone.now() - timedelta(minutes=1)
    for number in range(130):
        # Several end in the very same moment.
        ScanFactory(
            repository=repository,
            finished=True,
            started_at=at,
            finished_at=at - timedelta(seconds=number // 4),
        )
    seen, after = [], ""
    for _ in range(4):
        page = signed_in.get(f"/scans/?state=done&after={after}").context["page"]
        seen += [scan.pk for scan in page.ended.rows]
        after = page.ended.more
        if not after:
            break
    newest_first = Scan.objects.order_by("-finished_at", "-id").values_list("pk", flat=True)
    assert seen == list(newest_first)


def test_the_queue_is_shown_in_its_order_whichever_part_is_asked_for(signed_in):
    repository, now = RepositoryFactory(), timezone.now()
    lanes = [Lane.BULK, Lane.INTERACTIVE, Lane.BACKFILL]
    for number in range(120):
        ScanFactory(
            repository=repository,
            ref=f"b{number}",
            lane=lanes[number % 3],
            available_at=now - timedelta(seconds=500 - number),
        )
    rows, after = [], ""
    for _ in range(4):
        queue = signed_in.get(f"/scans/?state=queued&after={after}").context["page"].queue
        rows += queue.rows
        after = queue.more
        if not after:
            break
    key = [(ORDER.index(row.scan.lane), row.scan.pk) for row in rows]
    assert key == sorted(key)
    assert [row.place for row in rows] == [*range(1, 41)] * 3


def test_a_failure_needs_nobody_once_something_better_came(signed_in):
    repository = RepositoryFactory()
    failed(repository)
    ScanFactory(repository=repository, state="cancelled", finished_at=timezone.now())
    assert len(signed_in.get("/scans/").context["page"].groups) == 1
    ScanFactory(repository=repository, ref="other", finished=True)
    assert len(signed_in.get("/scans/").context["page"].groups) == 1
    ScanFactory(repository=repository)
    assert signed_in.get("/scans/").context["page"].groups == []


def test_nothing_scanned_yet_says_how_to_begin(signed_in):
    page = signed_in.get("/scans/").content
    assert b"Nothing was scanned yet" in page
    assert b"hx-get" not in page


def test_the_page_asks_again_only_while_something_is_to_come(signed_in):
    scan = ScanFactory()
    assert b"every 3s" in signed_in.get("/scans/").content
    Scan.objects.filter(pk=scan.pk).update(state="cancelled", finished_at=timezone.now())
    assert b"every 3s" not in signed_in.get("/scans/").content


def test_troubles_of_the_machinery_stand_at_the_top(signed_in):
    ScanFactory(available_at=timezone.now() - timedelta(minutes=9))
    page = signed_in.get("/scans/").content.decode()
    assert page.index("no worker takes any") < page.index("At a glance")


def test_trying_all_again_shows_first_and_does_what_was_shown(signed_in):
    branches = [failed(RepositoryFactory()) for _ in range(3)]
    off = failed(RepositoryFactory(enabled=False))
    other = failed(RepositoryFactory(), error_code="auth")
    page = signed_in.get("/scans/retry/?code=unreachable").content.decode()
    assert "Scan 4 branches again?" in page
    late = failed(RepositoryFactory())
    fields = dict(re.findall(r'<input type="hidden" name="(code|upto)" value="(\w+)">', page))
    response = signed_in.post("/scans/retry/?code=unreachable", fields, follow=True)
    assert b"3 scans were asked for again. 1 could not be" in response.content
    asked = Scan.objects.filter(state="queued")
    assert {scan.repository_id for scan in asked} == {scan.repository_id for scan in branches}
    assert {(scan.trigger, scan.lane) for scan in asked} == {("manual", "bulk")}
    untouched = {off.repository_id, other.repository_id, late.repository_id}
    assert not asked.filter(repository__in=untouched).exists()
    assert AuditEvent.objects.get(action="scan.retry_many").detail == {"scans": 3}


def test_cancelling_many_leaves_running_and_newer_ones(
    signed_in, django_capture_on_commit_callbacks
):
    waiting = [ScanFactory(lane=Lane.BULK) for _ in range(3)]
    urgent = ScanFactory()
    running = ScanFactory(
        lane=Lane.BULK, state="running", started_at=timezone.now(), lease_until=timezone.now()
    )
    page = signed_in.get("/scans/cancel/?lane=bulk").content.decode()
    assert "Cancel 3 waiting scans?" in page
    late = ScanFactory(lane=Lane.BULK)
    fields = dict(re.findall(r'<input type="hidden" name="(lane|upto)" value="(\w+)">', page))
    with django_capture_on_commit_callbacks(execute=True):
        response = signed_in.post("/scans/cancel/", fields, follow=True)
    assert b"3 scans were cancelled." in response.content
    states = dict(Scan.objects.values_list("pk", "state"))
    assert {states[scan.pk] for scan in waiting} == {"cancelled"}
    assert (states[urgent.pk], states[running.pk], states[late.pk]) == (
        "queued",
        "running",
        "queued",
    )
    text = ScanLogEntry.objects.get(scan=waiting[0], kind="cancelled").text
    assert text == f"Cancelled by {seed.EMAIL}, with others."


def test_asking_does_nothing(signed_in):
    scan = failed(RepositoryFactory())
    ScanFactory()
    signed_in.get("/scans/retry/?code=unreachable")
    signed_in.get("/scans/cancel/")
    assert Scan.objects.count() == 2
    assert Scan.objects.get(state="queued")
    assert signed_in.get(reverse("scans:cancel", args=[scan.public_id])).status_code == 405


class TestWhoMayCancel:
    @pytest.fixture
    def owner(self):
        return UserFactory()

    @pytest.fixture
    def scan(self, owner):
        lead = Team.objects.create(name="Shop", slug="shop")
        team = Team.objects.create(name="Payments", slug="payments", parent=lead)
        return ScanFactory(repository=RepositoryFactory(registered_by=owner, team=team))

    def answer(self, user, scan) -> tuple[int, str]:
        client = Client()
        client.force_login(user)
        is_offered = b"Cancel the scan" in client.get(f"/scans/{scan.public_id}/").content
        in_list = b"Cancel the scan" in client.get("/scans/").content
        status = client.post(f"/scans/{scan.public_id}/cancel/").status_code
        scan.refresh_from_db()
        assert is_offered == in_list == (scan.state == "cancelled")
        return status, scan.state

    def test_a_stranger_may_not(self, scan):
        assert self.answer(UserFactory(), scan) == (403, "queued")

    def test_who_registered_the_repository_may(self, scan, owner):
        assert self.answer(owner, scan) == (302, "cancelled")

    def test_an_administrator_may(self, scan):
        assert self.answer(UserFactory(is_staff=True), scan) == (302, "cancelled")

    def test_who_asked_for_it_may(self, scan):
        scan.requested_by = UserFactory()
        scan.save()
        assert self.answer(scan.requested_by, scan) == (302, "cancelled")

    @pytest.mark.parametrize(
        ("role", "slug", "state"),
        [
            (MembershipRole.LEAD, "payments", "cancelled"),
            (MembershipRole.LEAD, "shop", "cancelled"),
            (MembershipRole.MEMBER, "payments", "queued"),
        ],
    )
    def test_leads_of_the_team_may(self, scan, role, slug, state):
        user = UserFactory()
        Membership.objects.create(user=user, team=Team.objects.get(slug=slug), role=role)
        assert self.answer(user, scan)[1] == state

    def test_many_are_cancelled_only_among_ones_own(self, scan, owner):
        stranger = ScanFactory()
        client = Client()
        client.force_login(owner)
        client.post("/scans/cancel/")
        states = dict(Scan.objects.values_list("pk", "state"))
        assert (states[scan.pk], states[stranger.pk]) == ("cancelled", "queued")


def test_a_scan_that_has_ended_cannot_be_cancelled(signed_in):
    scan = ScanFactory(finished=True)
    assert signed_in.post(f"/scans/{scan.public_id}/cancel/").status_code == 409


def test_only_the_last_attempt_is_drawn_and_the_whole_log_is_listed(signed_in):
    now = timezone.now()
    scan = ScanFactory(
        state="running", phase="list", attempt=2, started_at=now, lease_until=now, available_at=now
    )
    for seconds, kind, phase in (
        *((-90, "claimed", ""), (-90, "phase", "fetch"), (-60, "phase", "record")),
        *((-30, "retried", ""), (-8, "claimed", ""), (-8, "phase", "fetch"), (-2, "phase", "list")),
    ):
        ScanLogEntry.objects.create(
            scan=scan,
            at=now + timedelta(seconds=seconds),
            kind=kind,
            text=kind,
            facts={"phase": phase},
        )
    page = signed_in.get(f"/scans/{scan.public_id}/")
    stages = page.context["stages"]
    assert (stages[1].seconds, stages[2].state, stages[-1].state) == (6, "now", "ahead")
    assert len(page.context["log"]) == 7


def test_a_scan_that_has_only_just_begun_is_shown(signed_in):
    now = timezone.now()
    scan = ScanFactory(state="running", phase="fetch", started_at=now, lease_until=now)
    stages = signed_in.get(f"/scans/{scan.public_id}/").context["stages"]
    assert [stage.state for stage in stages[:3]] == ["past", "now", "ahead"]


def test_a_large_scan_shows_how_its_parts_are_shared(signed_in):
    now = timezone.now()
    scan = ScanFactory(state="running", started_at=now, lease_until=now, fence=2)
    for number, (fence, state) in enumerate(
        [(2, "pending"), (2, "pending"), (2, "done"), (1, "done")]
    ):
        ScanChunk.objects.create(
            scan=scan, number=number, scan_fence=fence, work="outline", keys=[], state=state
        )
    page = signed_in.get(f"/scans/{scan.public_id}/").content
    assert b"1 done, 0 with workers, 2 waiting" in page
