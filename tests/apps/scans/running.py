"""Running scans in the test's own process."""

from datetime import UTC, datetime

from django.utils import timezone

from apps.repositories.models import Repository
from apps.scans.models import Backfill, Scan
from apps.scans.pipeline import backfill_run, scan_run
from apps.scans.services import backfill_hear, backfill_request, scan_request


def scan(repository: Repository, ref: str = "") -> Scan:
    """Ask for a scan, run it, and give how it ended."""
    wanted = scan_request(repository=repository, trigger="manual", ref=ref)
    assert scan_run(wanted.pk)
    wanted.refresh_from_db()
    return wanted


def months_ago(number: int, day: int = 10) -> datetime:
    """A day of an earlier month."""
    now = timezone.now()
    year, month = divmod(now.year * 12 + now.month - 1 - number, 12)
    return datetime(year, month + 1, day, 12, tzinfo=UTC)


def backfilled(repository: Repository, months: int = 12) -> Backfill:
    """Ask for the history, go through it, and give how it ended."""
    backfill = backfill_request(repository=repository, months=months)
    backfill_run(backfill.pk)
    while past_run(repository):
        pass
    backfill.refresh_from_db()
    return backfill


def past_run(repository: Repository) -> bool:
    """Run the scan of the past that waits, and do what follows its end; False if none waits."""
    waiting = Scan.objects.filter(
        repository=repository, as_of__isnull=False, state="queued"
    ).first()
    if waiting is None or not scan_run(waiting.pk):
        return False
    backfill_hear(scan_id=waiting.pk)
    return True
