from datetime import timedelta

import pytest

from django.utils import timezone

from apps.scans.exceptions import LeaseLost
from apps.scans.models import Phase, Scan, ScanState
from apps.scans.services import (
    scan_cancel,
    scan_claim,
    scan_fail,
    scan_heartbeat,
    scan_progress,
    scans_reconcile,
)
from core.exceptions import DomainError
from tests.apps.factories import RepositoryFactory, ScanFactory

pytestmark = pytest.mark.django_db

NO_HOST = DomainError("No such host.", code="dns", remedy="Look.")
NO_BRANCH = DomainError("No such branch.", code="ref_missing", remedy="Fix it.")


@pytest.fixture
def scan(db) -> Scan:
    return ScanFactory()


def expire(scan: Scan) -> None:
    Scan.objects.filter(pk=scan.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_claimed_scan_runs_with_a_lease_and_a_higher_fence(scan):
    claim = scan_claim(scan_id=scan.pk)
    scan.refresh_from_db()
    assert claim is not None
    assert (scan.state, scan.attempt, scan.fence, claim.fence) == ("running", 1, 1, 1)
    assert timedelta(seconds=50) < scan.lease_until - timezone.now() <= timedelta(seconds=61)


def test_a_scan_is_claimed_once(scan):
    assert scan_claim(scan_id=scan.pk)
    assert scan_claim(scan_id=scan.pk) is None


def test_what_does_not_exist_cannot_be_claimed(db):
    assert scan_claim(scan_id=0) is None


def test_a_second_scan_of_a_repository_waits_for_the_first(scan):
    other = ScanFactory(repository=scan.repository, ref="feature")
    assert scan_claim(scan_id=scan.pk)
    assert scan_claim(scan_id=other.pk) is None
    other.refresh_from_db()
    assert other.state == ScanState.QUEUED


def test_the_end_of_a_scan_announces_the_one_that_waited(
    scan, django_capture_on_commit_callbacks, monkeypatch
):
    sent = []
    monkeypatch.setattr("core.queue.announce", lambda task, args, queue: sent.append(args))
    other = ScanFactory(repository=scan.repository, ref="feature")
    claim = scan_claim(scan_id=scan.pk)
    with django_capture_on_commit_callbacks(execute=True):
        scan_fail(claim=claim, error=NO_HOST)
    assert sent == [(other.pk,)]


def test_a_heartbeat_renews_the_lease(scan):
    claim = scan_claim(scan_id=scan.pk)
    expire(scan)
    assert scan_heartbeat(claim=claim)
    scan.refresh_from_db()
    assert scan.lease_until > timezone.now()


def test_a_worker_whose_scan_was_cancelled_notices(scan):
    claim = scan_claim(scan_id=scan.pk)
    scan_cancel(scan=scan)
    assert not scan_heartbeat(claim=claim)
    with pytest.raises(LeaseLost):
        scan_progress(claim=claim, phase=Phase.READ)
    assert not scan_fail(claim=claim, error=NO_HOST)


def test_a_worker_that_comes_back_from_the_dead_writes_nothing(scan):
    zombie = scan_claim(scan_id=scan.pk)
    expire(scan)
    scans_reconcile()
    Scan.objects.update(available_at=timezone.now())
    successor = scan_claim(scan_id=scan.pk)
    assert successor.fence == zombie.fence + 1
    assert not scan_heartbeat(claim=zombie)
    assert not scan_fail(claim=zombie, error=NO_HOST)
    assert scan_heartbeat(claim=successor)


def test_progress_is_on_the_row(scan):
    claim = scan_claim(scan_id=scan.pk)
    scan_progress(claim=claim, phase=Phase.EXTRACT, files_done=3, files_total=12, commit="a" * 40)
    scan.refresh_from_db()
    assert (scan.phase, scan.share_done, scan.commit) == ("extract", 0.25, "a" * 40)


def test_a_failure_names_code_text_and_remedy_and_marks_the_repository(scan):
    claim = scan_claim(scan_id=scan.pk)
    assert scan_fail(claim=claim, error=NO_BRANCH)
    scan.refresh_from_db()
    assert (scan.state, scan.error_code, scan.error_text, scan.error_remedy) == (
        "failed",
        "ref_missing",
        "No such branch.",
        "Fix it.",
    )
    assert scan.lease_until is None
    assert scan.repository.last_error_code == "ref_missing"


def test_the_failure_of_another_branch_does_not_mark_the_repository():
    scan = ScanFactory(ref="feature")
    scan_fail(claim=scan_claim(scan_id=scan.pk), error=NO_BRANCH)
    scan.repository.refresh_from_db()
    assert scan.repository.last_error_code == ""


class TestReconciler:
    def sent(self, monkeypatch, capture) -> list[int]:
        sent: list[int] = []
        monkeypatch.setattr("core.queue.announce", lambda task, args, queue: sent.append(*args))
        with capture(execute=True):
            scans_reconcile()
        return sent

    def test_a_scan_that_nobody_heard_of_is_announced_again(
        self, scan, monkeypatch, django_capture_on_commit_callbacks
    ):
        Scan.objects.update(announced_at=timezone.now() - timedelta(seconds=61))
        assert self.sent(monkeypatch, django_capture_on_commit_callbacks) == [scan.pk]
        assert self.sent(monkeypatch, django_capture_on_commit_callbacks) == []

    def test_a_fresh_scan_is_left_alone(
        self, scan, monkeypatch, django_capture_on_commit_callbacks
    ):
        assert self.sent(monkeypatch, django_capture_on_commit_callbacks) == []

    def test_a_scan_that_had_to_wait_is_announced_when_its_time_comes(
        self, scan, monkeypatch, django_capture_on_commit_callbacks
    ):
        now = timezone.now()
        Scan.objects.update(
            announced_at=now - timedelta(seconds=20), available_at=now - timedelta(seconds=1)
        )
        assert self.sent(monkeypatch, django_capture_on_commit_callbacks) == [scan.pk]

    def test_a_stale_scan_goes_back_to_the_queue_and_waits_longer_each_time(self, scan):
        waits = []
        for _ in range(2):
            Scan.objects.update(available_at=timezone.now())
            scan_claim(scan_id=scan.pk)
            expire(scan)
            assert scans_reconcile() == 1
            scan.refresh_from_db()
            assert (scan.state, scan.lease_until) == ("queued", None)
            waits.append(scan.available_at - timezone.now())
        assert timedelta(seconds=10) < waits[0] < timedelta(seconds=20)
        assert waits[1] > 2 * waits[0]

    def test_after_three_attempts_a_scan_is_dead_with_a_remedy(self, scan):
        for _ in range(3):
            Scan.objects.update(available_at=timezone.now())
            assert scan_claim(scan_id=scan.pk)
            expire(scan)
            scans_reconcile()
        scan.refresh_from_db()
        assert (scan.state, scan.attempt, scan.error_code) == ("dead", 3, "given_up")
        assert scan.error_remedy
        assert scan.repository.last_error_code == "given_up"

    def test_a_stale_scan_gives_way_to_a_newer_one_that_waits(self, scan):
        scan_claim(scan_id=scan.pk)
        newer = ScanFactory(repository=scan.repository)
        expire(scan)
        scans_reconcile()
        scan.refresh_from_db()
        newer.refresh_from_db()
        assert (scan.state, newer.state) == ("superseded", "queued")
        assert scan.replaced_by == newer

    def test_a_living_lease_is_left_alone(self, scan):
        scan_claim(scan_id=scan.pk)
        assert scans_reconcile() == 0


def test_nightly_asks_for_every_enabled_repository():
    from apps.scans.services import scans_nightly

    RepositoryFactory.create_batch(2)
    RepositoryFactory(enabled=False)
    assert scans_nightly() == 2
    assert scans_nightly() == 2
    assert Scan.objects.filter(trigger="schedule").count() == 2
