import pytest

from django.db import IntegrityError, transaction

from apps.scans.models import Lane, Trigger
from apps.scans.services import scan_request, scans_nightly
from tests.apps.factories import RepositoryFactory, ScanFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def hints(monkeypatch, django_capture_on_commit_callbacks):
    """A function that runs something and gives the queues in which workers heard of a scan."""

    def run(act) -> list[tuple]:
        sent: list[tuple] = []
        monkeypatch.setattr(
            "core.queue.announce", lambda _, args, queue: sent.append((*args, queue))
        )
        with django_capture_on_commit_callbacks(execute=True):
            act()
        return sent

    return run


@pytest.mark.parametrize("trigger", ["webhook", "api", "manual"])
def test_somebody_waits_for_a_push_and_for_what_was_asked_for(hints, trigger):
    repository = RepositoryFactory()
    sent = hints(lambda: scan_request(repository=repository, trigger=trigger))
    scan = repository.scans.get()
    assert (scan.lane, sent) == (Lane.INTERACTIVE, [(scan.pk, "interactive")])


@pytest.mark.parametrize("trigger", ["register", "up"])
def test_first_scans_are_long_and_leave_room_for_a_push(hints, trigger):
    repository = RepositoryFactory()
    sent = hints(lambda: scan_request(repository=repository, trigger=trigger))
    scan = repository.scans.get()
    assert (scan.lane, sent) == (Lane.BULK, [(scan.pk, "bulk")])


def test_whoever_asks_for_hundreds_leaves_room_for_others(user):
    scans = [
        scan_request(repository=repository, trigger="api", requested_by=user)
        for repository in RepositoryFactory.create_batch(8)
    ]
    assert [scan.lane for scan in scans] == [Lane.INTERACTIVE] * 5 + [Lane.BULK] * 3


def test_nobody_waits_for_nightly_scans(hints):
    repository = RepositoryFactory()
    sent = hints(scans_nightly)
    scan = repository.scans.get()
    assert (scan.lane, sent) == (Lane.BULK, [(scan.pk, "bulk")])


def test_history_is_announced_among_the_bulk(hints):
    repository = RepositoryFactory()
    sent = hints(
        lambda: scan_request(repository=repository, trigger="register", lane=Lane.BACKFILL)
    )
    scan = repository.scans.get()
    assert (scan.lane, sent) == (Lane.BACKFILL, [(scan.pk, "bulk")])


def test_a_push_makes_the_nightly_scan_that_waits_urgent(hints):
    scan = ScanFactory(lane=Lane.BULK, trigger=Trigger.SCHEDULE)
    sent = hints(lambda: scan_request(repository=scan.repository, trigger=Trigger.WEBHOOK))
    scan.refresh_from_db()
    assert (scan.lane, sent) == (Lane.INTERACTIVE, [(scan.pk, "interactive")])
    assert scan.log_entries.filter(kind="promoted").exists()


def test_a_nightly_wish_leaves_an_urgent_scan_urgent(hints):
    scan = ScanFactory()
    assert hints(lambda: scan_request(repository=scan.repository, trigger="schedule")) == []
    scan.refresh_from_db()
    assert scan.lane == Lane.INTERACTIVE


def test_the_database_knows_the_lanes():
    with pytest.raises(IntegrityError, match="lane_is_known"), transaction.atomic():
        ScanFactory(lane="fast")
