"""A large scan over real workers: all take part, and one that is lost changes nothing."""

import os
import signal
import time
from collections.abc import Callable

import pytest

from apps.repositories.models import Repository
from apps.repositories.services import repository_register
from apps.scans.models import Scan, ScanChunk
from apps.scans.services import chunk_claim
from apps.scorecards.models import Snapshot
from tests.apps.factories import UserFactory
from tests.apps.scans.test_chunks import unsplit_verdict, verdict
from tests.apps.source import SHOP
from tests.conftest import running_worker

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("local_repositories_allowed"),
    pytest.mark.slow,
]

MODULE = """
from django.db import models


class Part{number}(models.Model):
    name = models.CharField(max_length={number})
    customer = models.ForeignKey("orders.Customer", models.CASCADE, related_name="part{number}")

    def __str__(self):
        return self.name
"""
BODY = "\n\ndef step{step}(order, items):\n    return [item.price for item in items if order]\n"
FILES = 160
ENVIRONMENT = {
    "PLUMBLINE_ALLOW_LOCAL_REPOSITORIES": "1",
    "PLUMBLINE_SPLIT_BYTES": "200000",
    "PLUMBLINE_CHUNK_BYTES": "60000",
    "PLUMBLINE_LEASE_SECONDS": "4",
}


@pytest.fixture
def large(transactional_db, source) -> Callable[[], Repository]:
    """What registers a repository that takes some seconds to outline."""
    body = "".join(BODY.format(step=step) for step in range(60))
    source.push(
        {f"apps/orders/part{n}.py": MODULE.format(number=n) + body for n in range(FILES)}
        | {"apps/orders/broken.py": "def (:\n"}
    )
    return lambda: repository_register(url=source.url, actor=UserFactory())


def the_scan() -> Scan:
    return Scan.objects.get()


def test_two_workers_share_a_large_scan_and_say_what_one_says(
    large, tmp_path, eventually, settings
):
    with (
        running_worker(tmp_path / "one.log", **ENVIRONMENT) as one,
        running_worker(tmp_path / "two.log", **ENVIRONMENT) as two,
    ):
        repository = large()
        eventually(lambda: the_scan().is_finished, seconds=120, what=one.output() + two.output())
    done = the_scan()
    assert done.state == "done"
    assert done.files_done == done.files_total == FILES + len(SHOP) + 1
    assert 0 < done.counts["chunks_helped"] < done.counts["chunks"]
    assert not ScanChunk.objects.exists()
    assert Snapshot.objects.count() == 1
    said = verdict(done)
    assert said["unreadable"]
    assert said == unsplit_verdict(repository, settings)[1]


def test_workers_lost_in_the_middle_of_their_parts_lose_nothing(
    large, tmp_path, eventually, settings
):
    with running_worker(tmp_path / "one.log", **ENVIRONMENT) as one:
        repository = large()
        eventually(ScanChunk.objects.exists, seconds=60, what=one.output())
        # We are a worker that takes a part and is never heard of again.
        lost = chunk_claim(scan_id=the_scan().pk)
        assert lost is not None
        with running_worker(tmp_path / "two.log", **ENVIRONMENT) as two:
            eventually(lambda: "scans.chunks" in two.output() or the_scan().is_finished, seconds=60)
            time.sleep(0.2)
            os.killpg(two.process.pid, signal.SIGKILL)
        eventually(lambda: the_scan().is_finished, seconds=120, what=one.output())
    done = the_scan()
    assert (done.state, done.attempt) == ("done", 1)
    assert not ScanChunk.objects.exists()
    assert Snapshot.objects.count() == 1
    assert verdict(done) == unsplit_verdict(repository, settings)[1]
