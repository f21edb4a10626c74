from datetime import timedelta

import pytest

from django.utils import timezone

from apps.accounts.models import Team
from apps.scans.models import Lane, Scan
from apps.scans.services import scan_claim, scan_fail, scan_request, scans_reconcile
from apps.scans.services.turns import AHEAD, turns_announce
from core.exceptions import DomainError
from tests.apps.factories import RepositoryFactory, ScanFactory, UserFactory

pytestmark = pytest.mark.django_db


def announced() -> list[int]:
    return list(
        Scan.objects.filter(announced_at__isnull=False, state="queued")
        .order_by("id")
        .values_list("pk", flat=True)
    )


def bulk(count: int, **fields) -> list[Scan]:
    return ScanFactory.create_batch(count, lane=Lane.BULK, **fields)


def test_of_a_thousand_patient_scans_a_few_are_announced():
    bulk(AHEAD + 30)
    assert turns_announce() == AHEAD
    assert turns_announce() == 0
    assert len(announced()) == AHEAD


def test_a_scan_that_is_taken_makes_room_for_the_next(django_capture_on_commit_callbacks):
    scans = bulk(AHEAD + 1)
    turns_announce()
    with django_capture_on_commit_callbacks(execute=True):
        assert scan_claim(scan_id=scans[0].pk)
    assert announced() == [scan.pk for scan in scans[1:]]


def test_those_who_ask_take_turns():
    many, few = UserFactory.create_batch(2)
    bulk(AHEAD + 30, requested_by=many)
    turns_announce()
    late = bulk(3, requested_by=few)
    nightly = bulk(1)
    for scan_id in announced()[:5]:
        assert scan_claim(scan_id=scan_id)
    turns_announce()
    # Five of the first are under way and three announced; each of the others comes before its next.
    assert {scan.pk for scan in [*late, *nightly]} <= set(announced())


def test_at_night_teams_take_turns():
    large, small = (Team.objects.create(name=name, slug=name) for name in ("large", "small"))
    for repository in RepositoryFactory.create_batch(AHEAD + 5, team=large):
        ScanFactory(repository=repository, lane=Lane.BULK)
    last = ScanFactory(repository=RepositoryFactory(team=small), lane=Lane.BULK)
    turns_announce()
    assert last.pk in announced()


def test_history_comes_after_everything_else():
    history = bulk(1)[0]
    Scan.objects.update(lane=Lane.BACKFILL)
    others = bulk(AHEAD)
    turns_announce()
    assert announced() == [scan.pk for scan in others]
    assert history.pk not in announced()


def test_only_so_many_patient_scans_run_at_once(settings):
    settings.PLUMBLINE_BULK_SCANS = 2
    scans = bulk(4)
    claims = [scan_claim(scan_id=scan.pk) for scan in scans]
    assert [claim is not None for claim in claims] == [True, True, False, False]
    assert scan_claim(scan_id=ScanFactory().pk), "urgent scans are not counted"
    scan_fail(claim=claims[0], error=DomainError())
    assert turns_announce() == 1
    assert scan_claim(scan_id=scans[2].pk)


def test_no_turn_is_lost_on_a_repository_that_is_busy():
    scan = bulk(1)[0]
    other = ScanFactory(repository=scan.repository, ref="feature")
    turns_announce()
    claim = scan_claim(scan_id=other.pk)
    assert scan_claim(scan_id=scan.pk) is None
    assert announced() == []
    assert turns_announce() == 0, "it would only be turned down again"
    scan_fail(claim=claim, error=DomainError())
    assert turns_announce() == 1


def test_a_lost_hint_of_a_patient_scan_is_repeated(django_capture_on_commit_callbacks, monkeypatch):
    sent: list[int] = []
    monkeypatch.setattr("core.queue.announce", lambda task, args, queue: sent.append(*args))
    scans = bulk(AHEAD + 5)
    turns_announce()
    Scan.objects.filter(announced_at__isnull=False).update(
        announced_at=timezone.now() - timedelta(seconds=61)
    )
    with django_capture_on_commit_callbacks(execute=True):
        assert scans_reconcile() == AHEAD
    assert sent == [scan.pk for scan in scans[:AHEAD]]


def test_a_push_does_not_wait_for_the_turn_of_the_nightly_scan():
    scans = bulk(AHEAD + 5)
    turns_announce()
    last = scans[-1]
    assert scan_request(repository=last.repository, trigger="webhook") == last
    last.refresh_from_db()
    assert (last.lane, last.announced_at is not None) == (Lane.INTERACTIVE, True)


def test_turns_are_found_in_few_queries(django_assert_max_num_queries):
    bulk(60)
    for user in UserFactory.create_batch(5):
        bulk(10, requested_by=user)
    with django_assert_max_num_queries(9 + 2 * AHEAD):
        turns_announce()
    with django_assert_max_num_queries(5):
        turns_announce()


def test_a_repository_that_was_just_registered_is_announced_at_once(
    django_capture_on_commit_callbacks, monkeypatch
):
    sent = []
    monkeypatch.setattr("core.queue.announce", lambda *hint: sent.append(hint))
    with django_capture_on_commit_callbacks(execute=True):
        scan = scan_request(repository=RepositoryFactory(), trigger="register")
    assert sent == [("scans.run", (scan.pk,), "bulk")]
