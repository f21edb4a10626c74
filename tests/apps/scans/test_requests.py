from datetime import timedelta

import pytest

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.repositories.exceptions import RefInvalid
from apps.scans.exceptions import RepositoryDisabled, ScanFinished, ScanNotFinished
from apps.scans.models import Scan, ScanState, Trigger
from apps.scans.services import (
    repository_follow,
    scan_cancel,
    scan_claim,
    scan_request,
    scan_retry,
)
from tests.apps.factories import RepositoryFactory, ScanFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def repository(db):
    return RepositoryFactory(branch="main")


def test_asking_again_while_one_waits_gives_the_same_scan(repository):
    first = scan_request(repository=repository, trigger=Trigger.WEBHOOK)
    assert scan_request(repository=repository, trigger=Trigger.API) == first
    assert Scan.objects.count() == 1


def test_the_watched_branch_by_its_own_name_is_the_same_wish(repository):
    first = scan_request(repository=repository, trigger=Trigger.API)
    assert scan_request(repository=repository, trigger=Trigger.API, ref="main") == first
    assert scan_request(repository=repository, trigger=Trigger.API, ref="refs/heads/main") == first


def test_another_branch_is_another_scan(repository):
    first = scan_request(repository=repository, trigger=Trigger.API)
    assert scan_request(repository=repository, trigger=Trigger.API, ref="feature/x") != first


def test_a_wish_during_a_running_scan_is_a_new_scan(repository):
    running = scan_request(repository=repository, trigger=Trigger.API)
    assert scan_claim(scan_id=running.pk)
    assert scan_request(repository=repository, trigger=Trigger.API) != running


def test_a_disabled_repository_is_not_scanned(repository):
    repository.enabled = False
    with pytest.raises(RepositoryDisabled):
        scan_request(repository=repository, trigger=Trigger.API)


def test_a_hostile_branch_is_refused(repository):
    with pytest.raises(RefInvalid):
        scan_request(repository=repository, trigger=Trigger.API, ref="--upload-pack=x")


def test_a_task_is_sent_after_commit_and_carries_the_id_alone(
    repository, django_capture_on_commit_callbacks, monkeypatch
):
    sent = []
    monkeypatch.setattr("core.queue.announce", lambda *hint: sent.append(hint))
    with django_capture_on_commit_callbacks(execute=True):
        scan = scan_request(repository=repository, trigger=Trigger.API)
        assert sent == []
    assert sent == [("scans.run", (scan.pk,), "interactive")]


def test_a_new_wish_ends_the_wait_after_a_failure(repository):
    scan = scan_request(repository=repository, trigger=Trigger.API)
    Scan.objects.update(available_at=timezone.now() + timedelta(hours=1))
    assert scan_claim(scan_id=scan.pk) is None
    scan_request(repository=repository, trigger=Trigger.MANUAL)
    assert scan_claim(scan_id=scan.pk)


def test_a_new_wish_does_not_send_a_waiting_scan_to_the_end_of_its_lane(repository):
    scan = scan_request(repository=repository, trigger=Trigger.API)
    since = timezone.now() - timedelta(minutes=3)
    Scan.objects.update(available_at=since, announced_at=since)
    scan_request(repository=repository, trigger=Trigger.WEBHOOK)
    scan.refresh_from_db()
    assert scan.available_at == since
    assert scan.announced_at > since


def test_a_delayed_scan_cannot_be_claimed_before_its_time(repository):
    scan = scan_request(repository=repository, trigger=Trigger.WEBHOOK, delay=timedelta(minutes=1))
    assert scan_claim(scan_id=scan.pk) is None


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_scan_that_waits_or_runs_can_be_cancelled(repository, state):
    scan = scan_request(repository=repository, trigger=Trigger.API)
    if state == "running":
        scan_claim(scan_id=scan.pk)
    cancelled = scan_cancel(scan=scan)
    assert cancelled.state == ScanState.CANCELLED
    assert cancelled.finished_at


def test_a_finished_scan_cannot_be_cancelled():
    with pytest.raises(ScanFinished):
        scan_cancel(scan=ScanFactory(finished=True))


def test_a_finished_scan_can_be_asked_for_again():
    old = ScanFactory(finished=True, ref="feature/x")
    again = scan_retry(scan=old)
    assert (again.repository, again.ref, again.state) == (old.repository, "feature/x", "queued")


def test_a_scan_that_still_waits_is_not_retried():
    with pytest.raises(ScanNotFinished):
        scan_retry(scan=ScanFactory())


def test_the_database_allows_one_waiting_scan_per_branch():
    first = ScanFactory()
    with pytest.raises(IntegrityError, match="one_queued"), transaction.atomic():
        ScanFactory(repository=first.repository)


def test_the_database_allows_no_running_scan_without_a_lease():
    with pytest.raises(IntegrityError, match="running_has_a_lease"), transaction.atomic():
        ScanFactory(state="running")


def test_the_database_knows_the_states():
    with pytest.raises(IntegrityError, match="state_is_known"), transaction.atomic():
        ScanFactory(state="broken", finished_at=timezone.now())


def test_following_registers_once_and_scans_each_time(user, source):
    first = repository_follow(url=source.url, actor=user)
    assert first.repository.registered_by == user
    Scan.objects.update(state="done", finished_at=timezone.now())
    second = repository_follow(url=str(source.bare), actor=user)
    assert second.repository == first.repository
    assert (second.trigger, second != first) == (Trigger.UP, True)
