"""Putting right what a lost broker, a killed worker or a silent host left behind."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from apps.repositories.models import Repository
from apps.repositories.services import repository_error_note
from apps.scans.exceptions import ScanGivenUp, WorkerVanished
from apps.scans.models import ATTEMPTS, Scan, ScanState, Trigger
from apps.scans.services.log import LogKind, scan_log
from apps.scans.services.postpone import error_columns, scan_postpone
from apps.scans.services.request import scan_request
from apps.scans.services.transitions import scan_advance
from apps.scans.services.turns import end_announce, lost_hints_repeat, turns_announce
from apps.scans.states import Event
from core.locks import only_one

# The wait after a worker vanished for the first time; four times as long after the second.
WORKER_WAIT = timedelta(seconds=settings.PLUMBLINE_BACKOFF_SECONDS)
_LOCK = 7_245_001


def scans_reconcile() -> int:
    """Announce again what waits unheard, and take back what a vanished worker held.

    Returns:
        How many scans were touched.
    """
    with only_one(_LOCK) as alone:
        if not alone:
            return 0
        touched = _stale_take_back() + lost_hints_repeat()
    return touched + turns_announce()


def _stale_take_back() -> int:
    stale = Scan.objects.select_for_update(skip_locked=True).filter(
        state=ScanState.RUNNING, lease_until__lt=Now()
    )
    touched = 0
    for scan in stale.order_by("id")[:500]:
        _bury(scan) if scan.attempt >= ATTEMPTS else _postpone(scan)
        touched += 1
    return touched


def _postpone(scan: Scan) -> None:
    scan_postpone(
        scan_id=scan.pk,
        fence=scan.fence,
        attempt=scan.attempt,
        error=WorkerVanished(),
        first_wait=WORKER_WAIT,
    )


@transaction.atomic
def _bury(scan: Scan) -> None:
    error = ScanGivenUp()
    scan_advance(Event.GIVEN_UP, scan_id=scan.pk, fence=scan.fence, **error_columns(error))
    scan_log(
        scan_id=scan.pk,
        kind=LogKind.FAILED,
        text=error.text,
        facts={"code": error.code, "remedy": error.remedy, "attempt": scan.attempt},
    )
    if scan.is_current:
        repository_error_note(repository_id=scan.repository_id, code=error.code)
    end_announce(scan_id=scan.pk, repository_id=scan.repository_id)


def scans_nightly() -> int:
    """Ask for a scan of every enabled repository, so that rule changes reach quiet ones too."""
    repositories = Repository.objects.filter(enabled=True).order_by("id")
    count = 0
    for repository in repositories.iterator(chunk_size=500):
        scan_request(repository=repository, trigger=Trigger.SCHEDULE)
        count += 1
    return count
