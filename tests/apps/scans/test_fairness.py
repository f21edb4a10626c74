"""However much is to be done, a push is taken within seconds: real broker, real worker processes."""

import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from django.utils import timezone

from apps.scans.models import Scan
from apps.scans.services import scan_request
from core.runtime.stage import EXPRESS_QUEUES
from tests.apps.factories import RepositoryFactory, UserFactory
from tests.apps.source import Source
from tests.conftest import running_worker

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("local_repositories_allowed"),
    pytest.mark.slow,
]

MANY = 30
LOCAL = {
    "PLUMBLINE_ALLOW_LOCAL_REPOSITORIES": "1",
    # Ends at once when the test does.
    "WORKER_SOFT_SHUTDOWN_TIMEOUT": "0",
    "REMAP_SIGTERM": "SIGQUIT",
}


@pytest.fixture
def pushed(transactional_db, source) -> Callable[[], Scan]:
    """A function that asks for the scan of a push to a repository of its own."""
    repository = RepositoryFactory(url=source.url)
    return lambda: scan_request(repository=repository, trigger="webhook")


@pytest.fixture
def crowd(transactional_db, source, tmp_path) -> list[Scan]:
    """The first scans of many repositories that one person registered, none of them begun."""
    user = UserFactory()
    scans = []
    for number in range(MANY):
        bare = tmp_path / f"many{number}.git"
        shutil.copytree(source.bare, bare)
        repository = RepositoryFactory(url=f"file://{bare}")
        scans.append(scan_request(repository=repository, trigger="register", requested_by=user))
    return scans


def endless(source: Source, folder: Path) -> str:
    """The address of a repository that git reads for ever."""
    bare = folder / "endless.git"
    shutil.copytree(source.bare, bare)
    (bare / "packed-refs").unlink(missing_ok=True)
    os.mkfifo(bare / "packed-refs")
    return f"file://{bare}"


def started_between(scans: list[Scan], begin, end) -> int:
    return Scan.objects.filter(
        pk__in=[scan.pk for scan in scans], started_at__gt=begin, started_at__lt=end
    ).count()


def test_with_a_single_process_a_push_is_next(crowd, pushed, tmp_path, eventually):
    with running_worker(tmp_path / "only.log", **LOCAL) as worker:
        eventually(
            lambda: Scan.objects.filter(state="done").count() >= 2, seconds=60, what=worker.output()
        )
        scan = pushed()
        asked = timezone.now()
        eventually(
            lambda: Scan.objects.get(pk=scan.pk).started_at, seconds=60, what=worker.output()
        )
        scan.refresh_from_db()
        # At most the one that was taken from the queue in the same moment.
        assert started_between(crowd, asked, scan.started_at) <= 1
        assert Scan.objects.filter(lane="bulk", state="queued").count() > MANY / 2
        eventually(lambda: Scan.objects.get(pk=scan.pk).state == "done", seconds=60)


def test_a_repository_that_never_ends_delays_no_push(crowd, pushed, source, tmp_path, eventually):
    giant = scan_request(
        repository=RepositoryFactory(url=endless(source, tmp_path)), trigger="register"
    )
    with (
        running_worker(tmp_path / "worker.log", **LOCAL) as worker,
        running_worker(tmp_path / "express.log", queues=EXPRESS_QUEUES, **LOCAL) as express,
    ):
        eventually(
            lambda: Scan.objects.get(pk=giant.pk).state == "running",
            seconds=90,
            what=worker.output(),
        )
        waits = []
        for _ in range(3):
            scan = pushed()
            asked = timezone.now()
            eventually(
                lambda pk=scan.pk: Scan.objects.get(pk=pk).state == "done",
                seconds=60,
                what=express.output(),
            )
            scan.refresh_from_db()
            waits.append(scan.started_at - asked)
            source.push({"notes.txt": str(len(waits))})
        assert max(waits) < timedelta(seconds=5)
        assert Scan.objects.get(pk=giant.pk).state == "running"
        assert Scan.objects.filter(lane="bulk", state="queued").exists()
