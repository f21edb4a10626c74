"""Asking for a scan, and taking the wish back."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models.functions import Least, Now
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import audit_record
from apps.repositories.models import Repository
from apps.repositories.refs import ref_normalised
from apps.scans.clock import from_now
from apps.scans.exceptions import RepositoryDisabled, ScanFinished, ScanNotFinished
from apps.scans.lanes import hint_scan, lane_of, more_urgent
from apps.scans.models import Lane, Phase, Scan, ScanState, Trigger
from apps.scans.services.log import LogKind, scan_log, scans_log
from apps.scans.services.tally import scan_tally
from apps.scans.signals import scan_completed
from core.exceptions import Conflict

_TRIES = 5
# A queued scan that was announced this recently needs no second hint.
_ANNOUNCED = timedelta(seconds=2)


def scan_request(
    *,
    repository: Repository,
    trigger: Trigger | str,
    ref: str = "",
    requested_by: User | None = None,
    delay: timedelta = timedelta(0),
    lane: Lane | None = None,
) -> Scan:
    """Ask for the judgement of a branch as it is when a worker gets to it.

    While one such scan waits, asking again gives the same one: what is newest is scanned anyway.

    Args:
        repository: What to scan.
        trigger: Why.
        ref: A branch; blank, or the watched branch's own name, is the watched branch.
        requested_by: Who asked, if a person or bot did.
        delay: How long a new scan waits before a worker may take it.
        lane: How urgent it is; by default the trigger says. A scan that waits already becomes as
            urgent as the most urgent wish for it.

    Raises:
        RepositoryDisabled: Scans are switched off for it.
        RefInvalid: The name cannot be a branch.
    """
    if not repository.enabled:
        raise RepositoryDisabled
    ref = ref_normalised(ref, watched=repository.branch)
    trigger = Trigger(trigger)
    lane = lane or lane_of(trigger)
    for _ in range(_TRIES):
        waiting = _waiting(repository, ref, trigger, lane, hurry=not delay)
        if waiting is not None:
            return waiting
        try:
            with transaction.atomic():
                scan = Scan.objects.create(
                    repository=repository,
                    ref=ref,
                    trigger=trigger,
                    lane=lane,
                    requested_by=requested_by,
                    available_at=from_now(delay),
                )
                by = f" by {requested_by}" if requested_by else ""
                scans_log(
                    scan_ids=[scan.pk],
                    kind=LogKind.REQUESTED,
                    text=f"Asked for{by}: {trigger.label}.",
                    facts={"trigger": trigger, "lane": lane, "ref": ref},
                )
                if not delay:
                    hint_scan(scan.pk, lane)
                return scan
        except IntegrityError:
            # Somebody else asked in this very moment; theirs is ours, unless it is claimed already.
            continue
    raise Conflict("Many scans of this branch begin at once.", remedy="Try again in a moment.")


@transaction.atomic(savepoint=False)
def _waiting(
    repository: Repository, ref: str, trigger: Trigger, lane: Lane, *, hurry: bool
) -> Scan | None:
    """The scan that waits already, made as urgent as the new wish; nothing if none waits."""
    scan = (
        Scan.objects.select_for_update(no_key=True)
        .filter(repository=repository, ref=ref, as_of=None, state=ScanState.QUEUED)
        .first()
    )
    if scan is None:
        return None
    scan_log(
        scan_id=scan.pk,
        kind=LogKind.REPEATED,
        text=f"Asked for again: {trigger.label}. The branch is judged as it is when a worker gets to it.",
        facts={"trigger": trigger, "lane": lane},
    )
    urgent = more_urgent(lane, Lane(scan.lane))
    if urgent:
        Scan.objects.filter(pk=scan.pk).update(lane=lane)
        scan.lane = lane
        scan_log(
            scan_id=scan.pk,
            kind=LogKind.PROMOTED,
            text="Moved to a more urgent queue.",
            facts={"lane": lane},
        )
    now = timezone.now()
    unheard = scan.available_at > now or scan.enqueued_at < now - _ANNOUNCED
    if hurry and (urgent or unheard):
        # It waits out a failure, or its hint may be lost: a new wish ends the wait.
        # In its lane it keeps its place, so that a branch with many pushes does not wait for ever.
        since = Now() if urgent else Least("available_at", Now())
        Scan.objects.filter(pk=scan.pk).update(available_at=since, enqueued_at=now)
        hint_scan(scan.pk, Lane(scan.lane))
    return scan


@transaction.atomic
def scan_cancel(*, scan: Scan, actor: User | None = None) -> Scan:
    """End a scan that waits or runs; its worker notices at the next heartbeat.

    Raises:
        ScanFinished: It has ended.
    """
    cancelled = Scan.objects.filter(
        pk=scan.pk, state__in=[ScanState.QUEUED, ScanState.RUNNING]
    ).update(
        state=ScanState.CANCELLED,
        lease_until=None,
        finished_at=timezone.now(),
        phase=Phase.DONE,
    )
    if not cancelled:
        raise ScanFinished
    by = f" by {actor}" if actor else ""
    scan_log(scan_id=scan.pk, kind=LogKind.CANCELLED, text=f"Cancelled{by}.")
    audit_record(action="scan.cancel", target=f"scan:{scan.public_id}", actor=actor)
    end_announce(scan_id=scan.pk, repository_id=scan.repository_id)
    scan.refresh_from_db()
    return scan


def scan_retry(*, scan: Scan, requested_by: User | None = None) -> Scan:
    """Ask again for what a finished scan was asked for.

    Raises:
        ScanNotFinished: It still waits or runs.
    """
    if not scan.is_finished:
        raise ScanNotFinished
    return scan_request(
        repository=scan.repository,
        trigger=Trigger.MANUAL,
        ref=scan.ref,
        requested_by=requested_by,
    )


def end_announce(*, scan_id: int, repository_id: int) -> None:
    """Once committed, tell those who wait for the end of a scan, workers of the next one first."""
    waiting = Scan.objects.filter(
        repository_id=repository_id,
        as_of=None,
        state=ScanState.QUEUED,
        available_at__lte=timezone.now(),
    ).order_by("id")
    for next_id, lane in waiting.values_list("pk", "lane")[:1]:
        hint_scan(next_id, Lane(lane))
    transaction.on_commit(lambda: scan_tally(scan_id=scan_id), robust=True)
    transaction.on_commit(
        lambda: scan_completed.send_robust(sender=Scan, scan_id=scan_id), robust=True
    )
