"""Putting right what a lost broker, a killed worker or a silent host left behind."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from apps.repositories.models import Repository
from apps.repositories.services import repository_error_note
from apps.scans.exceptions import ScanGivenUp
from apps.scans.lanes import hint_scan
from apps.scans.models import Lane, Phase, Scan, ScanState, Trigger
from apps.scans.services.log import LogKind, scan_log
from apps.scans.services.request import end_announce, scan_request

ATTEMPTS = 3
HINT_LOST_AFTER = timedelta(seconds=settings.PLUMBLINE_HINT_LOST_SECONDS)
BACKOFF = timedelta(seconds=settings.PLUMBLINE_BACKOFF_SECONDS)
_LOCK = 7_245_001


@contextmanager
def _only_one(number: int) -> Iterator[bool]:
    """Hold an advisory lock until the transaction ends; False if another process has it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        row = cursor.fetchone()
        yield bool(row and row[0])


def scans_reconcile() -> int:
    """Announce again what waits unheard, and take back what a vanished worker held.

    Returns:
        How many scans were touched.
    """
    with _only_one(_LOCK) as alone:
        return _stale_take_back() + _queued_announce_again() if alone else 0


def _stale_take_back() -> int:
    stale = Scan.objects.select_for_update(skip_locked=True).filter(
        state=ScanState.RUNNING, lease_until__lt=Now()
    )
    touched = 0
    for scan in stale.order_by("id")[:500]:
        _bury(scan) if scan.attempt >= ATTEMPTS else _requeue(scan)
        touched += 1
    return touched


def _bury(scan: Scan) -> None:
    error = ScanGivenUp()
    Scan.objects.filter(pk=scan.pk).update(
        state=ScanState.DEAD,
        phase=Phase.DONE,
        lease_until=None,
        finished_at=Now(),
        error_code=error.code,
        error_text=error.text,
        error_remedy=error.remedy,
    )
    scan_log(
        scan_id=scan.pk,
        kind=LogKind.FAILED,
        text=error.text,
        facts={"code": error.code, "remedy": error.remedy, "attempt": scan.attempt},
    )
    if scan.is_current:
        repository_error_note(repository_id=scan.repository_id, code=error.code)
    end_announce(scan_id=scan.pk, repository_id=scan.repository_id)


def _requeue(scan: Scan) -> None:
    now = timezone.now()
    wait = BACKOFF * (4 ** (scan.attempt - 1)) * random.uniform(0.8, 1.2)  # noqa: S311 - jitter
    try:
        with transaction.atomic():
            Scan.objects.filter(pk=scan.pk).update(
                state=ScanState.QUEUED,
                phase=Phase.QUEUED,
                lease_until=None,
                available_at=now + wait,
                enqueued_at=now,
            )
            scan_log(
                scan_id=scan.pk,
                kind=LogKind.RETRIED,
                text=f"Its worker vanished; it waits {wait.total_seconds():.0f} s for another.",
                facts={"attempt": scan.attempt, "seconds": round(wait.total_seconds(), 1)},
            )
    except IntegrityError:
        # A newer request of the same branch waits already and will see the newest commit.
        Scan.objects.filter(pk=scan.pk).update(
            state=ScanState.CANCELLED, phase=Phase.DONE, lease_until=None, finished_at=now
        )
        scan_log(
            scan_id=scan.pk,
            kind=LogKind.SUPERSEDED,
            text="Its worker vanished, and a newer scan of the same branch waits already.",
        )
        end_announce(scan_id=scan.pk, repository_id=scan.repository_id)


def _queued_announce_again() -> int:
    now = timezone.now()
    unheard = Scan.objects.filter(
        state=ScanState.QUEUED, enqueued_at__lt=now - HINT_LOST_AFTER, available_at__lte=now
    )
    # Had to wait: its time has come, and nobody was told since.
    late = Scan.objects.filter(
        state=ScanState.QUEUED, available_at__lte=now, enqueued_at__lt=F("available_at")
    )
    waiting = list((unheard | late).order_by("id").values_list("pk", "lane")[:1000])
    Scan.objects.filter(pk__in=[scan_id for scan_id, _ in waiting]).update(enqueued_at=now)
    for scan_id, lane in waiting:
        scan_log(scan_id=scan_id, kind=LogKind.ANNOUNCED, text="Announced to the workers again.")
        hint_scan(scan_id, Lane(lane))
    return len(waiting)


def scans_nightly() -> int:
    """Ask for a scan of every enabled repository, so that rule changes reach quiet ones too."""
    repositories = Repository.objects.filter(enabled=True).order_by("id")
    count = 0
    for repository in repositories.iterator(chunk_size=500):
        scan_request(repository=repository, trigger=Trigger.SCHEDULE)
        count += 1
    return count
