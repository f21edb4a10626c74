"""Running a scan: who holds it, how far it is, and how it ends badly.

The row is the job. A worker holds it by a lease that it renews, and writes only while the fence
number is still the one that it was given; whoever comes back from the dead is ignored.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from apps.repositories.services import repository_error_note
from apps.scans.clock import from_now
from apps.scans.exceptions import LeaseLost
from apps.scans.models import Phase, Scan, ScanState
from apps.scans.services.course import Step
from apps.scans.services.log import LogKind, scan_log, scans_log, steps_log
from apps.scans.services.request import end_announce
from core.cleaning import clean_text

LEASE = timedelta(seconds=settings.PLUMBLINE_LEASE_SECONDS)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run one scan and to write its result.

    A scan of the past judges ``commit`` as of ``as_of``; any other the newest commit of ``ref``.
    """

    scan_id: int
    repository_id: int
    ref: str
    fence: int
    commit: str = ""
    as_of: datetime | None = None

    @property
    def is_current(self) -> bool:
        """Whether the scan says how the repository's watched branch is now."""
        return not self.ref and self.as_of is None


def scan_claim(*, scan_id: int) -> Claim | None:
    """Take a queued scan; nothing if it is not there to be taken.

    Of any number of workers that try, one gets it. A repository runs one scan at a time, and one
    of its past beside it.
    """
    try:
        with transaction.atomic():
            taken = Scan.objects.filter(
                pk=scan_id, state=ScanState.QUEUED, available_at__lte=Now()
            ).update(
                state=ScanState.RUNNING,
                fence=F("fence") + 1,
                attempt=F("attempt") + 1,
                lease_until=from_now(LEASE),
                started_at=Now(),
                phase=Phase.FETCH,
                files_done=0,
                files_total=0,
            )
    except IntegrityError:
        return None  # Another scan of the repository runs; its end announces this one.
    if not taken:
        return None
    scan = Scan.objects.only(*("repository_id", "ref", "fence", "attempt", "commit", "as_of")).get(
        pk=scan_id
    )
    scans_log(
        scan_ids=[scan_id],
        kind=LogKind.CLAIMED,
        text=f"A worker took it: attempt {scan.attempt}.",
        facts={"attempt": scan.attempt, "fence": scan.fence},
    )
    return Claim(scan_id, scan.repository_id, scan.ref, scan.fence, scan.commit, scan.as_of)


def scan_heartbeat(*, claim: Claim) -> bool:
    """Renew the lease; False says that the scan is this worker's no more."""
    return bool(_held(claim).update(lease_until=from_now(LEASE)))


@transaction.atomic
def scan_progress(
    *,
    claim: Claim,
    phase: Phase,
    files_done: int = 0,
    files_total: int = 0,
    commit: str = "",
    steps: Iterable[Step] = (),
) -> None:
    """Write down how far the scan is; ``steps`` are the phases that its log lacks.

    Raises:
        LeaseLost: The scan is this worker's no more.
    """
    known = {"commit": commit} if commit else {}
    if not _held(claim).update(
        phase=phase, files_done=files_done, files_total=files_total, **known
    ):
        raise LeaseLost
    steps_log(scan_id=claim.scan_id, steps=steps)


@transaction.atomic
def scan_fail(*, claim: Claim, code: str, text: str, remedy: str) -> bool:
    """End a scan with a reason; False if it was this worker's no more."""
    failed = _held(claim).update(
        state=ScanState.FAILED,
        phase=Phase.DONE,
        lease_until=None,
        finished_at=Now(),
        error_code=clean_text(code, limit=64),
        error_text=clean_text(text, limit=2000),
        error_remedy=clean_text(remedy, limit=2000),
    )
    if not failed:
        return False
    scan_log(
        scan_id=claim.scan_id,
        kind=LogKind.FAILED,
        text=text,
        facts={"code": code, "remedy": remedy},
    )
    if claim.is_current:
        repository_error_note(repository_id=claim.repository_id, code=code)
    end_announce(scan_id=claim.scan_id, repository_id=claim.repository_id)
    return True


def _held(claim: Claim) -> QuerySet[Scan]:
    return Scan.objects.filter(pk=claim.scan_id, fence=claim.fence, state=ScanState.RUNNING)
