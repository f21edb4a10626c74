"""Two workers, two beats, and clocks that are wrong by hours."""

import pytest
from django_celery_beat.models import PeriodicTask

from django.utils import timezone

from apps.repositories.models import Repository
from apps.scans.models import Scan
from tests.apps.source import Source
from tests.faults.acts import ask, edition, ended, follow, recorded_once
from tests.faults.extent import extent
from tests.faults.installation import Installation, wait_for

SCANS = extent(short=4, full=40)
HINTS = 10
HOUR = 3600
# A lease of 2 s, a look at what is lost each second, a short wait: far from an hour.
RECOVERY_SECONDS = 60


@pytest.fixture
def apart(installation) -> Installation:
    """Two workers and two beats, one of each an hour ahead and one an hour behind."""
    installation.stop_services()
    for clock in (HOUR, -HOUR):
        installation.beat_start(clock=clock)
        installation.worker_start(clock=clock)
    yield installation
    installation.stop_services()


def _shops(tmp_path, count: int) -> list[tuple[Source, Repository]]:
    sources = [Source(tmp_path / f"shop{number}") for number in range(count)]
    for number, source in enumerate(sources):
        source.push(edition(number, 3))
    return [(source, follow(source)) for source in sources]


def test_nothing_runs_twice_or_waits_for_a_clock(apart, tmp_path):
    shops = _shops(tmp_path, SCANS)
    scans = list(Scan.objects.filter(finished_at=None))
    for _ in range(HINTS):
        for scan in scans:
            apart.announce("scans.run", (scan.pk,), "interactive")
    ended(*scans, seconds=120)
    _assert_done(scans, attempt=1)

    # Nobody has a hint: only the reconciler can help, by whichever beat and worker.
    source, repository = shops[0]
    source.push(edition(100, 60))
    with apart.mute():
        scan = ask(repository)
    wait_for(lambda: Scan.objects.get(pk=scan.pk).state == "running", seconds=30, pause=0.01)

    # Each worker loses what it runs; only a lease tells when that may be taken from it.
    for child in [child for worker in apart.workers(2) for child in worker.pool()]:
        child.kill()
    assert ended(scan, seconds=RECOVERY_SECONDS) > 0
    _assert_done([scan], attempt=2)

    # For the next beat the clock was put back by an hour: the last to stop wrote down when it had run.
    for beat in [service for service in reversed(apart.services) if service.name == "beat"]:
        beat.stop()
    assert PeriodicTask.objects.get(name="reconcile-scans").last_run_at > timezone.now()
    apart.beat()
    source.push(edition(101, 3))
    with apart.mute():
        scan = ask(repository)
    ended(scan, seconds=RECOVERY_SECONDS)
    _assert_done([scan], attempt=1)


def _assert_done(scans: list[Scan], *, attempt: int) -> None:
    for scan in scans:
        scan.refresh_from_db()
        assert (scan.state, scan.attempt, scan.fence) == ("done", attempt, attempt)
        assert recorded_once(scan)
