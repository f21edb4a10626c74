"""A scan that kills its worker each time."""

import psutil

from apps.scans.models import Scan
from tests.apps.source import Source
from tests.faults.acts import ask, edition, ended, follow, recorded_once
from tests.faults.extent import extent
from tests.faults.installation import Running, wait_for

OTHERS = extent(short=3, full=20)
FILES = 150


class Poison:
    """Kills the process that runs a scan, in each attempt once."""

    def __init__(self, scan: Scan, worker: Running) -> None:
        self._scan = scan
        self._worker = worker
        self._killed_attempt = 0

    def acts(self) -> bool:
        """Kill if it is time to; True when the scan has ended."""
        state, attempt = Scan.objects.values_list("state", "attempt").get(pk=self._scan.pk)
        if state == "running" and attempt > self._killed_attempt:
            pool = self._worker.pool()
            for child in pool:
                child.kill()
            psutil.wait_procs(pool, timeout=5)
            self._killed_attempt = attempt
        return state not in {"queued", "running"}


def test_a_scan_that_kills_its_worker_is_given_up_and_the_others_go_on(installation, tmp_path):
    installation.beat()
    # With one process, whatever runs while the poison does not is not hit.
    worker = installation.workers(1)[0]
    poisoned = Source(tmp_path / "poisoned")
    poisoned.push(edition(0, 3))
    poison = follow(poisoned)
    others = []
    for number in range(OTHERS):
        source = Source(tmp_path / f"other{number}")
        source.push(edition(number, 3))
        others.append((source, follow(source)))
    ended(*Scan.objects.filter(finished_at=None), seconds=120)
    poisoned.push(edition(1, FILES))
    for number, (source, _) in enumerate(others):
        source.push(edition(50 + number, 3))
    doomed = ask(poison)
    strike = Poison(doomed, worker)
    scans = []
    for _, repository in others:
        scans.append(ask(repository))
        strike.acts()

    wait_for(strike.acts, seconds=100, pause=0.02)

    doomed.refresh_from_db()
    assert (doomed.state, doomed.error_code, doomed.attempt) == ("dead", "given_up", 3)
    assert doomed.error_remedy
    ended(*scans, seconds=60)
    for scan in scans:
        scan.refresh_from_db()
        assert (scan.state, scan.attempt) == ("done", 1)
        assert recorded_once(scan)
    again = ask(poison)
    ended(again, seconds=60)
    again.refresh_from_db()
    assert again.state == "done"
