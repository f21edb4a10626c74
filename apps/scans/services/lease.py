"""Running a scan: who holds it, how far it is, and how it ends badly.

The row is the job. A worker holds it by a lease that it renews, and writes only while the fence
number is still the one that it was given; whoever comes back from the dead is ignored.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from apps.repositories.services import repository_error_note
from apps.scans.clock import from_now
from apps.scans.exceptions import LeaseLost
from apps.scans.lanes import PATIENT
from apps.scans.models import ATTEMPTS, Phase, Scan, ScanState
from apps.scans.services.course import Step
from apps.scans.services.log import LogKind, scan_log, scans_log, steps_log
from apps.scans.services.postpone import error_columns, scan_postpone
from apps.scans.services.transitions import scan_advance
from apps.scans.services.turns import (
    end_announce,
    turn_give_back,
    turns_announce,
    turns_left,
)
from apps.scans.states import Event
from core.exceptions import DomainError

LEASE = timedelta(seconds=settings.PLUMBLINE_LEASE_SECONDS)
# The wait after the first failure of the network or of a server; four times as long after the second.
NETWORK_WAIT = 2 * timedelta(seconds=settings.PLUMBLINE_BACKOFF_SECONDS)

_CLAIMED = ("repository_id", "ref", "fence", "attempt", "commit", "as_of")


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run one scan and to write its result.

    A scan of the past judges ``commit`` as of ``as_of``; any other the newest commit of ``ref``. For one that
    ``is_patient`` nobody waits.
    """

    scan_id: int
    repository_id: int
    ref: str
    fence: int
    attempt: int
    commit: str = ""
    as_of: datetime | None = None
    is_patient: bool = False

    @property
    def is_current(self) -> bool:
        """Whether the scan says how the repository's watched branch is now."""
        return not self.ref and self.as_of is None


def scan_claim(*, scan_id: int) -> Claim | None:
    """Take a queued scan; nothing if it is not there to be taken.

    Of any number of workers that try, one gets it. A repository runs one scan at a time, and one
    of its past beside it; of the patient scans only so many run at once.
    """
    lane = (
        Scan.objects.filter(pk=scan_id, state=ScanState.QUEUED)
        .values_list("lane", flat=True)
        .first()
    )
    if lane is None:
        return None
    claim = _claim(scan_id, is_patient=lane in PATIENT)
    if lane in PATIENT:
        if claim is None:
            turn_give_back(scan_id=scan_id)
        transaction.on_commit(turns_announce, robust=True)
    return claim


def _claim(scan_id: int, *, is_patient: bool) -> Claim | None:
    try:
        with transaction.atomic():
            if is_patient and turns_left() <= 0:
                return None
            if not scan_advance(Event.CLAIMED, scan_id=scan_id, lease_until=from_now(LEASE)):
                return None
            scan = Scan.objects.only(*_CLAIMED).get(pk=scan_id)
            scans_log(
                scan_ids=[scan_id],
                kind=LogKind.CLAIMED,
                text=f"A worker took it: attempt {scan.attempt} of {ATTEMPTS}.",
                facts={"attempt": scan.attempt, "fence": scan.fence},
            )
    except IntegrityError:
        return None  # Another scan of the repository runs; its end announces this one.
    return Claim(
        scan_id=scan_id,
        repository_id=scan.repository_id,
        ref=scan.ref,
        fence=scan.fence,
        attempt=scan.attempt,
        commit=scan.commit,
        as_of=scan.as_of,
        is_patient=is_patient,
    )


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
def scan_fail(*, claim: Claim, error: DomainError, may_pass: bool = False) -> bool:
    """End a scan with a reason; False if it was this worker's no more.

    Args:
        claim: The right to it.
        error: The reason.
        may_pass: Whether the same may succeed a little later; the scan waits for that, unless this
            was its last attempt.
    """
    if may_pass and claim.attempt < ATTEMPTS:
        return scan_postpone(
            scan_id=claim.scan_id,
            fence=claim.fence,
            attempt=claim.attempt,
            error=error,
            first_wait=NETWORK_WAIT,
        )
    if not scan_advance(
        Event.FAILED, scan_id=claim.scan_id, fence=claim.fence, **error_columns(error)
    ):
        return False
    scan_log(
        scan_id=claim.scan_id,
        kind=LogKind.FAILED,
        text=error.text,
        facts={"code": error.code, "remedy": error.remedy, "attempt": claim.attempt},
    )
    if claim.is_current:
        repository_error_note(repository_id=claim.repository_id, code=error.code)
    end_announce(scan_id=claim.scan_id, repository_id=claim.repository_id)
    return True


def _held(claim: Claim) -> QuerySet[Scan]:
    return Scan.objects.filter(pk=claim.scan_id, fence=claim.fence, state=ScanState.RUNNING)
