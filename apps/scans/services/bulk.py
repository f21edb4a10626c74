"""Acts on many scans at once, a bounded number of them in each go."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from apps.accounts.models import User
from apps.accounts.services import audit_record
from apps.repositories.models import Repository
from apps.scans.exceptions import RepositoryDisabled
from apps.scans.models import Lane, Scan, ScanState, Trigger
from apps.scans.services.log import LogKind, scans_log
from apps.scans.services.request import scan_request
from apps.scans.services.tally import scans_tally
from apps.scans.services.transitions import scans_advance
from apps.scans.services.turns import turns_announce
from apps.scans.signals import scan_completed
from apps.scans.states import Event

# As many as a person waits for.
RETRIED_AT_ONCE = 200
REQUESTED_AT_ONCE = 500
CANCELLED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Retried:
    """What came of asking for many again: how many were asked for, and how many are switched off."""

    asked: int
    disabled: int


@transaction.atomic
def scans_retry(*, scans: Iterable[Scan], requested_by: User | None = None) -> Retried:
    """Ask again for what failed scans were asked for, behind what somebody waits for.

    Args:
        scans: Failed scans with their repositories, not more than `RETRIED_AT_ONCE`.
        requested_by: Who asks.
    """
    wanted = ((scan.repository, scan.ref) for scan in scans)
    return _request(wanted, action="scan.retry_many", requested_by=requested_by)


@transaction.atomic
def scans_request(
    *, repositories: Iterable[Repository], requested_by: User | None = None
) -> Retried:
    """Ask for a scan of each repository, behind what somebody waits for; not more than `REQUESTED_AT_ONCE`."""
    wanted = ((repository, "") for repository in repositories)
    return _request(wanted, action="scan.request_many", requested_by=requested_by)


def _request(
    wanted: Iterable[tuple[Repository, str]], *, action: str, requested_by: User | None
) -> Retried:
    asked, disabled = set(), 0
    for repository, ref in wanted:
        try:
            scan = scan_request(
                repository=repository,
                trigger=Trigger.MANUAL,
                ref=ref,
                requested_by=requested_by,
                lane=Lane.BULK,
            )
        except RepositoryDisabled:
            disabled += 1
        else:
            asked.add(scan.pk)
    audit_record(action=action, target="scans", actor=requested_by, detail={"scans": len(asked)})
    return Retried(len(asked), disabled)


@transaction.atomic
def scans_cancel(*, scans: QuerySet[Scan], actor: User | None = None) -> int:
    """End scans that still wait, at most `CANCELLED_AT_ONCE` of them; how many."""
    chosen = scans.filter(state=ScanState.QUEUED).order_by("id").values_list("pk", flat=True)
    held = (
        Scan.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(pk__in=list(chosen[:CANCELLED_AT_ONCE]), state=ScanState.QUEUED)
        .order_by("id")
        .values_list("pk", flat=True)
    )
    ended = list(held)
    scans_advance(Event.CANCELLED, scan_ids=ended)
    by = f" by {actor}" if actor else ""
    scans_log(scan_ids=ended, kind=LogKind.CANCELLED, text=f"Cancelled{by}, with others.")
    audit_record(
        action="scan.cancel_many", target="scans", actor=actor, detail={"scans": len(ended)}
    )
    # None of them ran, so nobody waits for their end but who counts and who listens.
    transaction.on_commit(turns_announce, robust=True)
    transaction.on_commit(lambda: scans_tally(scan_ids=ended), robust=True)
    transaction.on_commit(lambda: _tell(ended), robust=True)
    return len(ended)


def _tell(scan_ids: list[int]) -> None:
    for scan_id in scan_ids:
        scan_completed.send_robust(sender=Scan, scan_id=scan_id)
