"""Workers whose clocks are wrong agree with the others: what counts is the database's clock."""

from datetime import datetime, timedelta

import pytest

from django.utils import timezone

from apps.scans.clock import database_now
from apps.scans.models import Scan
from apps.scans.services import (
    scan_claim,
    scan_fail,
    scan_heartbeat,
    scan_request,
    scans_reconcile,
)
from core.exceptions import DomainError
from tests.apps.factories import RepositoryFactory

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.fixture(params=[-HOUR, HOUR], ids=["an hour behind", "an hour ahead"])
def _wrong_clock(request, monkeypatch):
    right = timezone.now

    def wrong() -> datetime:
        return right() + request.param

    monkeypatch.setattr("django.utils.timezone.now", wrong)
    for field in Scan._meta.get_fields():
        if getattr(field, "default", None) is right:
            monkeypatch.setattr(field, "default", wrong)
            field.__dict__.pop("_get_default", None)


@pytest.mark.usefixtures("_wrong_clock")
class TestAWrongClock:
    def test_holds_nobody_up(self):
        scan = scan_request(repository=RepositoryFactory(), trigger="webhook")
        claim = scan_claim(scan_id=scan.pk)
        assert claim
        scan.refresh_from_db()
        assert timedelta(0) < scan.lease_until - database_now() < 2 * 60 * SECOND

    def test_takes_no_scan_from_a_worker_that_lives(self):
        scan = scan_request(repository=RepositoryFactory(), trigger="webhook")
        claim = scan_claim(scan_id=scan.pk)
        scans_reconcile()
        assert scan_heartbeat(claim=claim)

    def test_takes_a_scan_from_a_worker_that_is_gone(self):
        scan = scan_request(repository=RepositoryFactory(), trigger="webhook")
        claim = scan_claim(scan_id=scan.pk)
        Scan.objects.update(lease_until=database_now() - SECOND)
        scans_reconcile()
        assert not scan_heartbeat(claim=claim)

    def test_lengthens_and_shortens_no_wait(self):
        scan = scan_request(repository=RepositoryFactory(), trigger="webhook")
        scan_fail(claim=scan_claim(scan_id=scan.pk), error=DomainError(), may_pass=True)
        scan.refresh_from_db()
        assert 10 * SECOND < scan.available_at - database_now() < 60 * SECOND
        assert scan_claim(scan_id=scan.pk) is None

    def test_announces_nothing_twice(self):
        scan_request(repository=RepositoryFactory(), trigger="webhook")
        assert scans_reconcile() == 0
