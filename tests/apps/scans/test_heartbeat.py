import threading
from datetime import timedelta

import pytest

from django.db import connection
from django.utils import timezone

from apps.scans.exceptions import LeaseLost
from apps.scans.models import Phase, Scan
from apps.scans.pipeline.heartbeat import Heartbeat, Progress
from apps.scans.services import scan_cancel, scan_claim
from tests.apps.factories import ScanFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def claim(transactional_db):
    return scan_claim(scan_id=ScanFactory().pk)


def test_the_lease_is_renewed_from_another_thread(claim, eventually):
    soon = timezone.now() + timedelta(seconds=1)
    Scan.objects.update(lease_until=soon)
    with Heartbeat(claim, seconds=0.05):
        eventually(lambda: Scan.objects.get().lease_until > soon + timedelta(seconds=30))


def test_a_cancelled_scan_stops_its_worker_at_the_next_file(claim, eventually):
    with Heartbeat(claim, seconds=0.05) as heartbeat:
        progress = Progress(claim, heartbeat)
        progress.enter(Phase.READ, total=10)
        scan_cancel(scan=Scan.objects.get())
        eventually(lambda: heartbeat.lost)
        with pytest.raises(LeaseLost):
            progress.advance()


def test_no_thread_and_no_connection_is_left(claim, eventually):
    with Heartbeat(claim, seconds=0.05):
        threading.Event().wait(0.2)
    assert not [thread for thread in threading.enumerate() if "heartbeat" in thread.name]
    eventually(lambda: connections_open() == 1, what="the heartbeat's connection is open")


def connections_open() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend'"
        )
        return cursor.fetchone()[0]


def test_progress_is_written_at_most_twice_a_second(claim, django_assert_max_num_queries):
    with Heartbeat(claim) as heartbeat:
        progress = Progress(claim, heartbeat)
        with django_assert_max_num_queries(2):
            progress.enter(Phase.EXTRACT, total=1000)
            for _ in range(1000):
                progress.advance()


def test_the_seconds_of_each_phase_add_up(claim):
    with Heartbeat(claim) as heartbeat:
        progress = Progress(claim, heartbeat)
        progress.enter(Phase.FETCH)
        progress.enter(Phase.LIST)
        assert set(progress.finish()) == {"fetch", "list"}
