"""Children of the sandbox that are killed, as the kernel does when memory runs out."""

import psutil
import pytest

from apps.scans.models import Scan
from tests.faults.acts import ask, edition, ended, follow, outlines_forget, recorded_once, verdict
from tests.faults.extent import extent
from tests.faults.installation import Running

FILES = extent(short=100, full=400)
KILLS = extent(short=1, full=10)


def _kill_one(name: str, worker: Running, scan: Scan) -> bool:
    """Kill the first child of a kind that a scan has; False if none was seen before the scan ended."""
    while not Scan.objects.get(pk=scan.pk).is_finished:
        for process in worker.descendants():
            try:
                if process.name() == name:
                    process.kill()
                    return True
            except psutil.NoSuchProcess:
                continue
    return False


@pytest.mark.parametrize("name", ["pl-extract", "pl-evaluate", "ruff"])
def test_a_scan_survives_the_death_of_a_child_that_reads_its_files(installation, source, name):
    installation.beat()
    worker = installation.workers(1)[0]
    source.push(edition(0, 3))
    repository = follow(source)
    ended(*Scan.objects.filter(repository=repository), seconds=60)
    killed = 0
    number = 0
    while killed < KILLS and number < 5 * KILLS:
        number += 1
        source.push(edition(number, FILES))
        scan = ask(repository)
        killed += _kill_one(name, worker, scan)
        ended(scan, seconds=60)
        scan.refresh_from_db()
        assert (scan.state, scan.error_code, scan.attempt) == ("done", "", 1)
        assert recorded_once(scan)
    assert killed == KILLS
    outlines_forget()
    twin = follow(source, "main")
    reference = Scan.objects.get(repository=twin)
    ended(reference, seconds=60)
    assert verdict(scan) == verdict(reference)
