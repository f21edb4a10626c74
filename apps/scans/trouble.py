"""What is wrong with the machinery that no single scan can tell: nobody works, or nobody looks."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, Min, OuterRef, Q
from django.utils import timezone

from apps.repositories.git.errors import DiskFull
from apps.repositories.models import Repository
from apps.scans.activity import is_blocked
from apps.scans.models import Lane, Pulse, Scan, ScanState, WorkerCheck

# Beat may be restarted, and a worker be busy with something else, without anybody being told.
PULSE_GRACE = timedelta(minutes=1)
# An idle worker takes a scan at once; a lost hint is repeated after a minute.
WAIT_LONG = timedelta(minutes=5)
# Workers look at their own machine when they start, and then every hour.
CHECK_STALE = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong, and what to do."""

    text: str
    remedy: str


def clockwork_trouble() -> Trouble | None:
    """Whether lost hints and lost workers are still noticed.

    A fresh installation has no pulse yet, and nothing to lose.
    """
    last = Pulse.objects.filter(job="reconcile").values_list("at", flat=True).first()
    now = timezone.now()
    late = 4 * timedelta(seconds=settings.PLUMBLINE_RECONCILE_SECONDS) + PULSE_GRACE
    if last is None or last > now - late:
        return None
    return Trouble(
        f"Nobody has looked after lost scans for {_words(now - last)}.",
        "Check that exactly one beat runs, and a worker for the queue quick.",
    )


def queue_trouble() -> Trouble | None:
    """Whether the scans that are ready are taken."""
    now = timezone.now()
    # A repository runs one scan at a time; the next one has reason to wait.
    late = Scan.objects.filter(
        ~Q(is_blocked()), state=ScanState.QUEUED, available_at__lt=now - WAIT_LONG
    )
    waits = late.order_by().aggregate(
        any=Min("available_at"), urgent=Min("available_at", filter=Q(lane=Lane.INTERACTIVE))
    )
    if waits["any"] is None:
        return None
    if not _is_worked_at(since=now - WAIT_LONG):
        return Trouble(
            f"A scan has waited for {_words(now - waits['any'])}, and no worker takes any.",
            "Check that workers run and reach PostgreSQL and Valkey.",
        )
    if waits["urgent"] is not None:
        return Trouble(
            f"A scan that somebody asked for has waited for {_words(now - waits['urgent'])}: all workers are busy.",
            "Start more workers, or some for the queue interactive alone.",
        )
    return None


def workers_trouble() -> Trouble | None:
    """Whether the sandbox of every worker machine that has looked lately holds."""
    for check in WorkerCheck.objects.filter(checked_at__gt=timezone.now() - CHECK_STALE):
        if not check.is_in_order:
            return Trouble(
                f"Worker {check.host}: {check.trouble}",
                "Stop it and see “The sandbox” in docs/operations.md.",
            )
    return None


def disk_trouble() -> Trouble | None:
    """Whether workers have room for what they fetch; over when each repository that did not fit has been scanned."""
    waits = Scan.objects.filter(
        repository=OuterRef("pk"), state=ScanState.QUEUED, error_code=DiskFull.code
    )
    count = Repository.objects.filter(Q(last_error_code=DiskFull.code) | Exists(waits)).count()
    if not count:
        return None
    what = "One repository" if count == 1 else f"{count} repositories"
    return Trouble(f"{what} could not be fetched: {DiskFull.text}", DiskFull.remedy)


def _is_worked_at(*, since: datetime) -> bool:
    """Whether some worker holds a scan, or has ended one since then."""
    held = Scan.objects.filter(state=ScanState.RUNNING, lease_until__gte=timezone.now())
    ended = Scan.objects.filter(finished_at__gte=since, started_at__isnull=False)
    return held.exists() or ended.exists()


def _words(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
