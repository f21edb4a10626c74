"""Children of the sandbox that are killed, as the kernel does when memory runs out."""

import psutil
import pytest

from apps.scans.models import Scan
from tests.faults.acts import ask, edition, ended, follow, outlines_forget, recorded_once, verdict
from tests.faults.extent import extent
from tests.faults.installation import Running, wait_for

FILES = extent(short=150, full=600)
KILLS = extent(short=1, full=10)


def _sandbox_children(worker: Running) -> list[psutil.Process]:
    """The processes in which parsers and rules run: children of what the pool's child forks from."""
    found = []
    for process in worker.descendants():
        try:
            parent = process.parent()
            if parent is not None and "plumbline.sandbox.zygote" in " ".join(parent.cmdline()):
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


def _kill_one_in(phase: str, worker: Running, scan: Scan) -> bool:
    """Kill a child while the scan is in a phase; False if there was none before the phase ended."""
    wait_for(lambda: Scan.objects.get(pk=scan.pk).phase in {phase, "done"}, seconds=60, pause=0.002)
    for _ in range(200):
        children = _sandbox_children(worker)
        if Scan.objects.get(pk=scan.pk).phase != phase:
            return False
        if children:
            children[0].kill()
            return True
    return False


@pytest.mark.parametrize("phase", ["extract", "evaluate", "lint"])
def test_a_scan_survives_the_death_of_a_child_that_reads_its_files(installation, source, phase):
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
        killed += _kill_one_in(phase, worker, scan)
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
