"""Whatever happens in whatever order, the rows keep their promises."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from django.db import transaction
from django.utils import timezone

from apps.scans.exceptions import ScanFinished
from apps.scans.models import Scan, ScanState
from apps.scans.services import (
    Claim,
    scan_cancel,
    scan_claim,
    scan_fail,
    scan_heartbeat,
    scan_request,
    scans_reconcile,
)
from tests.apps.factories import RepositoryFactory

pytestmark = pytest.mark.django_db

ENDED = {ScanState.DONE, ScanState.FAILED, ScanState.DEAD, ScanState.CANCELLED}
steps = st.lists(
    st.tuples(
        st.sampled_from(["request", "claim", "beat", "fail", "cancel", "vanish", "reconcile"]),
        st.integers(0, 5),
    ),
    min_size=5,
    max_size=40,
)


class World:
    """Two repositories, their scans, and the claims that workers believe they hold."""

    def __init__(self) -> None:
        self.repositories = RepositoryFactory.create_batch(2)
        self.claims: list[Claim] = []
        self.ended: dict[int, str] = {}
        self.fences: dict[int, int] = {}

    def take(self, action: str, number: int) -> None:
        getattr(self, action)(number)
        self.check()

    def request(self, number: int) -> None:
        scan_request(
            repository=self.repositories[number % 2],
            trigger="manual",
            ref="" if number < 4 else "feature",
        )

    def claim(self, number: int) -> None:
        Scan.objects.update(available_at=timezone.now() - timedelta(seconds=1))
        for scan in Scan.objects.filter(state="queued")[number : number + 1]:
            claim = scan_claim(scan_id=scan.pk)
            if claim is not None:
                self.claims.append(claim)

    def beat(self, number: int) -> None:
        for claim in self.claims[number : number + 1]:
            holds = Scan.objects.filter(
                pk=claim.scan_id, fence=claim.fence, state="running"
            ).exists()
            assert scan_heartbeat(claim=claim) == holds

    def fail(self, number: int) -> None:
        for claim in self.claims[number : number + 1]:
            holds = Scan.objects.filter(
                pk=claim.scan_id, fence=claim.fence, state="running"
            ).exists()
            assert scan_fail(claim=claim, code="x", text="y", remedy="z") == holds

    def cancel(self, number: int) -> None:
        for scan in Scan.objects.all()[number : number + 1]:
            try:
                scan_cancel(scan=scan)
            except ScanFinished:
                assert scan.state in ENDED

    def vanish(self, number: int) -> None:
        Scan.objects.filter(state="running").update(
            lease_until=timezone.now() - timedelta(seconds=1)
        )

    def reconcile(self, number: int) -> None:
        scans_reconcile()
        assert not Scan.objects.filter(
            state="running", lease_until__lt=timezone.now() - timedelta(milliseconds=500)
        ).exists()

    def check(self) -> None:
        scans = list(Scan.objects.all())
        running = Counter(scan.repository_id for scan in scans if scan.state == "running")
        waiting = Counter(
            (scan.repository_id, scan.ref) for scan in scans if scan.state == "queued"
        )
        assert max([*running.values(), *waiting.values(), 0]) <= 1
        for scan in scans:
            assert scan.state == self.ended.get(scan.pk, scan.state), "an ended scan moved"
            assert scan.fence >= self.fences.get(scan.pk, 0)
            assert scan.attempt <= 3
            assert (scan.lease_until is not None) == (scan.state == "running")
            assert (scan.finished_at is not None) == (scan.state in ENDED)
            self.fences[scan.pk] = scan.fence
            if scan.state in ENDED:
                self.ended[scan.pk] = scan.state


@given(steps)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_order_of_events_breaks_a_promise(db, taken):
    with transaction.atomic():
        world = World()
        for action, number in taken:
            world.take(action, number)
        transaction.set_rollback(True)
