"""The order in which the queue is shown is the order in which workers take it."""

from datetime import timedelta

import pytest

from django.utils import timezone

from apps.scans.lanes import ORDER
from apps.scans.models import Lane, Scan
from apps.scans.services.turns import _next_turns
from apps.scans.waiting import queue_place, queue_places
from tests.apps.factories import ScanFactory, UserFactory

pytestmark = pytest.mark.django_db


def shown() -> list[int]:
    return [place.scan_id for place in queue_places(limit=100)]


def bulk(who=None, **columns: object) -> Scan:
    return ScanFactory(requested_by=who, **{"lane": Lane.BULK} | columns)


def test_every_lane_has_its_rank():
    assert set(ORDER) == set(Lane)


def test_whoever_asked_for_many_takes_turns_with_whoever_asked_for_few(settings):
    settings.PLUMBLINE_BULK_SCANS = 100
    many, few = UserFactory(), UserFactory()
    scans = [bulk(many) for _ in range(4)] + [bulk(few), bulk(), bulk(few)]
    bulk(many, state="running", started_at=timezone.now(), lease_until=timezone.now())
    order = shown()
    assert order == _next_turns()
    assert order != [scan.pk for scan in scans]
    # Whoever has one under way already comes after the others.
    assert [order.index(scan.pk) for scan in scans[4:6]] == [0, 1]


def test_history_waits_for_bulk_and_bulk_for_what_is_urgent(settings):
    settings.PLUMBLINE_BULK_SCANS = 100
    old = ScanFactory(lane=Lane.BACKFILL, trigger="backfill", commit="a" * 40, as_of=timezone.now())
    nightly, push = bulk(), ScanFactory()
    assert shown() == [push.pk, nightly.pk, old.pk]
    assert _next_turns() == [nightly.pk, old.pk]


def test_what_is_announced_comes_before_what_waits_for_its_turn():
    first, second = bulk(), bulk(announced_at=timezone.now())
    assert shown() == [second.pk, first.pk]


def test_what_waits_out_a_failure_stands_behind_in_the_order_of_the_next_attempts():
    now = timezone.now()
    later = ScanFactory(available_at=now + timedelta(minutes=9), attempt=1)
    soon = ScanFactory(available_at=now + timedelta(minutes=2), attempt=2)
    ready = ScanFactory()
    assert shown() == [ready.pk, soon.pk, later.pk]


def test_a_place_counts_those_that_are_not_shown():
    first, second = bulk(), bulk()
    ScanFactory()
    assert queue_places(among=[second.pk], limit=5) == [(second.pk, 2)]
    assert queue_place(first.pk) == 1
    assert queue_place(ScanFactory(finished=True).pk) is None


def test_parts_of_the_queue_follow_each_other():
    scans = [ScanFactory() for _ in range(5)]
    parts = [queue_places(skip=skip, limit=2) for skip in (0, 2, 4)]
    assert [place.scan_id for part in parts for place in part] == [scan.pk for scan in scans]
