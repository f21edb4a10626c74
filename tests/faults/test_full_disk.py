"""A disk without room for the mirrors of repositories."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from apps.scans.models import Scan
from tests.apps.source import Source
from tests.faults.acts import ask, edition, ended, follow, health, recorded_once
from tests.faults.installation import wait_for

SMALL, ROOMY = "3m", "64m"


def _as_root(*words: str) -> None:
    prefix = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    subprocess.run([*prefix, *words], check=True, capture_output=True)


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    """A file system of its own, in memory, with room for little."""
    folder.mkdir()
    try:
        options = f"size={SMALL},mode=0777"
        _as_root("mount", "-t", "tmpfs", "-o", options, "plumbline-test", str(folder))
    except (OSError, subprocess.CalledProcessError) as error:
        if "CI" in os.environ:
            raise
        pytest.skip(f"only root can mount a small file system: {error}")
    try:
        yield
    finally:
        _as_root("umount", "--lazy", str(folder))


def test_a_full_disk_fails_what_does_not_fit_and_nothing_else(installation, source, tmp_path):
    with _small_disk(tmp_path / "disk"):
        installation.stop_services()
        installation.beat()
        installation.worker_start(PLUMBLINE_VAR=str(tmp_path / "disk"))
        web = installation.web()
        small = follow(source)
        large = Source(tmp_path / "large")
        # What git cannot make smaller.
        large.push({**edition(1, 3), "apps/orders/picture.png": os.urandom(6 << 20)})
        vast = follow(large)
        ended(*Scan.objects.filter(finished_at=None), seconds=90)
        failed = Scan.objects.get(repository=vast)
        assert (failed.state, failed.error_code, failed.attempt) == ("failed", "disk_full", 3)
        assert "PLUMBLINE_VAR" in failed.error_remedy
        assert Scan.objects.get(repository=small).state == "done"
        assert "The worker's disk is full." in health(web)

        # What the attempts left half fetched is gone: there is room for what is small.
        source.push(edition(2, 3))
        again = ask(small)
        ended(again, seconds=60)
        again.refresh_from_db()
        assert again.state == "done"
        assert not list((tmp_path / "disk").rglob("tmp_*"))

        # Somebody makes room, and the hourly look at remotes does the rest.
        _as_root("mount", "-o", f"remount,size={ROOMY}", str(tmp_path / "disk"))
        installation.announce("scans.poll_remote", (vast.pk,), "bulk")
        recovered = _next_of(vast, after=failed)
        ended(recovered, seconds=60)
        recovered.refresh_from_db()
        assert (recovered.state, recovered.trigger) == ("done", "schedule")
        assert recorded_once(recovered)
        assert "The worker's disk is full." not in health(web)
        installation.stop_services()
    shutil.rmtree(tmp_path / "large")


def _next_of(repository, *, after: Scan) -> Scan:
    newer = Scan.objects.filter(repository=repository, pk__gt=after.pk)
    wait_for(newer.exists, seconds=60)
    return newer.get()
