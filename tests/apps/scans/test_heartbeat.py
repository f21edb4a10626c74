import threading
from datetime import timedelta
from functools import partial

import pytest

from django.db import OperationalError, connection
from django.utils import timezone

from apps.scans.exceptions import LeaseLost
from apps.scans.models import Phase, Scan
from apps.scans.pipeline.heartbeat import Heartbeat, Progress
from apps.scans.services import scan_cancel, scan_claim, scan_heartbeat
from tests.apps.factories import ScanFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def claim(transactional_db):
    return scan_claim(scan_id=ScanFactory().pk)


def test_the_lease_is_renewed_from_another_thread(claim, eventually):
    soon = timezone.now() + timedelta(seconds=1)
    Scan.objects.update(lease_until=soon)
    with Heartbeat(partial(scan_heartbeat, claim=claim), seconds=0.05):
        eventually(lambda: Scan.objects.get().lease_until > soon + timedelta(seconds=30))


def test_a_cancelled_scan_stops_its_worker_at_the_next_file(claim, eventually):
    with Heartbeat(partial(scan_heartbeat, claim=claim), seconds=0.05) as heartbeat:
        progress = Progress(claim, heartbeat)
        progress.enter(Phase.READ, total=10)
        scan_cancel(scan=Scan.objects.get())
        eventually(lambda: heartbeat.lost)
        with pytest.raises(LeaseLost):
            progress.advance()


def test_no_thread_and_no_connection_is_left(claim, eventually):
    with Heartbeat(partial(scan_heartbeat, claim=claim), seconds=0.05):
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


def phases(scan: Scan) -> list[str]:
    return [entry.facts["phase"] for entry in scan.log_entries.filter(kind="phase")]


def test_a_scan_of_less_than_a_second_writes_no_progress(claim, django_assert_num_queries):
    with (
        Heartbeat(partial(scan_heartbeat, claim=claim)) as heartbeat,
        Progress(claim, heartbeat) as progress,
        django_assert_num_queries(0),
    ):
        progress.enter(Phase.FETCH, commit="a" * 40)
        progress.enter(Phase.EXTRACT, total=1000)
        for _ in range(1000):
            progress.advance()
        course = progress.finish()
    assert (course.files, set(course.timings)) == (1000, {"fetch", "extract"})
    assert [(step.phase, step.commit) for step in course.steps] == [
        ("fetch", "a" * 40),
        ("extract", ""),
    ]


def test_progress_is_written_at_most_once_a_second(
    claim, monkeypatch, django_assert_max_num_queries
):
    with (
        Heartbeat(partial(scan_heartbeat, claim=claim)) as heartbeat,
        Progress(claim, heartbeat) as progress,
    ):
        progress._due = 0.0
        with django_assert_max_num_queries(4):  # begin, update, insert, commit
            progress.enter(Phase.EXTRACT, total=1000)
            for _ in range(1000):
                progress.advance()
    assert phases(Scan.objects.get()) == ["extract"]


def test_a_long_phase_is_written_while_its_worker_waits(claim, eventually):
    with (
        Heartbeat(partial(scan_heartbeat, claim=claim), seconds=0.05) as heartbeat,
        Progress(claim, heartbeat) as progress,
    ):
        progress.enter(Phase.FETCH)
        progress.enter(Phase.EVALUATE, total=7, commit="b" * 40)
        progress._due = 0.0
        eventually(lambda: Scan.objects.get().phase == "evaluate")
    scan = Scan.objects.get()
    assert (scan.files_total, scan.commit, phases(scan)) == (7, "b" * 40, ["fetch", "evaluate"])
    first, second = scan.log_entries.filter(kind="phase")
    assert scan.started_at <= first.at <= second.at <= timezone.now()


def test_how_far_a_scan_came_is_written_when_it_fails(claim):
    with (
        pytest.raises(KeyError),
        Heartbeat(partial(scan_heartbeat, claim=claim)) as heartbeat,
        Progress(claim, heartbeat) as progress,
    ):
        progress.enter(Phase.LIST, commit="c" * 40)
        raise KeyError
    scan = Scan.objects.get()
    assert (scan.phase, scan.commit, phases(scan)) == ("list", "c" * 40, ["list"])


def test_phases_that_could_not_be_written_are_written_later(claim, monkeypatch):
    def away(**_progress):
        raise OperationalError

    with (
        Heartbeat(partial(scan_heartbeat, claim=claim)) as heartbeat,
        Progress(claim, heartbeat) as progress,
    ):
        progress.enter(Phase.LIST)
        with monkeypatch.context() as patch:
            patch.setattr("apps.scans.pipeline.heartbeat.scan_progress", away)
            with pytest.raises(OperationalError):
                progress.write()
        progress.enter(Phase.READ)
        progress.write()
    assert phases(Scan.objects.get()) == ["list", "read"]


def test_the_seconds_of_each_phase_add_up(claim):
    with Heartbeat(partial(scan_heartbeat, claim=claim)) as heartbeat:
        progress = Progress(claim, heartbeat)
        progress.enter(Phase.FETCH)
        progress.enter(Phase.LIST)
        assert set(progress.finish().timings) == {"fetch", "list"}
        progress.write()
        assert not phases(Scan.objects.get())
