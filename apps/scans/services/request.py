"""Asking for a scan, and taking the wish back."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models.functions import Least, Now

from apps.accounts.models import User
from apps.accounts.services import audit_record
from apps.repositories.models import Repository
from apps.repositories.refs import ref_normalised
from apps.scans.clock import database_now, from_now
from apps.scans.exceptions import PastAtWork, RepositoryDisabled, ScanFinished, ScanNotFinished
from apps.scans.lanes import lane_of, more_urgent
from apps.scans.models import Backfill, Lane, Scan, ScanState, Trigger
from apps.scans.services.log import LogKind, scan_log, scans_log
from apps.scans.services.postpone import scan_replace
from apps.scans.services.transitions import scan_advance
from apps.scans.services.turns import end_announce, scan_announce
from apps.scans.states import Event
from core.exceptions import Conflict

_TRIES = 5
# A queued scan that was announced this recently needs no second hint.
_ANNOUNCED = timedelta(seconds=2)
# Of so many urgent scans that wait for one person or bot, further ones are bulk.
_FEW = 5


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
    One that waits because an attempt failed is superseded by a fresh one, unless a timer asks.

    Args:
        repository: What to scan.
        trigger: Why.
        ref: A branch; blank, or the watched branch's own name, is the watched branch.
        requested_by: Who asked, if a person or bot did.
        delay: How long a new scan waits before a worker may take it.
        lane: How urgent it is; by default the trigger says, and for the sixth scan for which one
            person waits it is bulk. A scan that waits already becomes as urgent as the most
            urgent wish for it.

    Raises:
        RepositoryDisabled: Scans are switched off for it.
        RefInvalid: The name cannot be a branch.
    """
    if not repository.enabled:
        raise RepositoryDisabled
    ref = ref_normalised(ref, watched=repository.branch)
    trigger = Trigger(trigger)
    lane = lane or _lane(trigger, requested_by)
    is_urgent = not delay and trigger != Trigger.SCHEDULE
    for _ in range(_TRIES):
        try:
            with transaction.atomic():
                waiting = _waiting(repository, ref)
                if waiting is None:
                    return _create(repository, trigger, ref, requested_by, delay, lane)
                if not waiting.is_postponed or not is_urgent:
                    return _join(waiting, trigger, lane, is_urgent=is_urgent)
                lane = lane if more_urgent(lane, Lane(waiting.lane)) else Lane(waiting.lane)
                scan_advance(Event.SUPERSEDED, scan_id=waiting.pk)
                scan = _create(repository, trigger, ref, requested_by, delay, lane)
                scan_replace(scan_id=waiting.pk, by=scan)
                end_announce(scan_id=waiting.pk, repository_id=repository.pk)
                return scan
        except IntegrityError:
            # Somebody else asked in this very moment; theirs is ours, unless it is claimed already.
            continue
    raise Conflict("Many scans of this branch begin at once.", remedy="Try again in a moment.")


def _lane(trigger: Trigger, requested_by: User | None) -> Lane:
    lane = lane_of(trigger)
    if requested_by is None or lane is not Lane.INTERACTIVE:
        return lane
    waiting = Scan.objects.filter(state=ScanState.QUEUED, lane=lane, requested_by=requested_by)
    return Lane.BULK if waiting.count() >= _FEW else lane


def _waiting(repository: Repository, ref: str) -> Scan | None:
    """The scan that waits already, locked, so that no worker takes it meanwhile."""
    return (
        Scan.objects.select_for_update(no_key=True)
        .filter(repository=repository, ref=ref, as_of=None, state=ScanState.QUEUED)
        .first()
    )


def _create(
    repository: Repository,
    trigger: Trigger,
    ref: str,
    requested_by: User | None,
    delay: timedelta,
    lane: Lane,
) -> Scan:
    is_announced = lane is Lane.INTERACTIVE and not delay
    scan = Scan.objects.create(
        repository=repository,
        ref=ref,
        trigger=trigger,
        lane=lane,
        requested_by=requested_by,
        available_at=from_now(delay),
        announced_at=Now() if is_announced else None,
    )
    by = f" by {requested_by}" if requested_by else ""
    scans_log(
        scan_ids=[scan.pk],
        kind=LogKind.REQUESTED,
        text=f"Asked for{by}: {trigger.label}.",
        facts={"trigger": trigger, "lane": lane, "ref": ref},
    )
    if not delay:
        scan_announce(scan_id=scan.pk, lane=lane)
    return scan


def _join(scan: Scan, trigger: Trigger, lane: Lane, *, is_urgent: bool) -> Scan:
    """Make a scan that waits as urgent as a new wish for it."""
    scan_log(
        scan_id=scan.pk,
        kind=LogKind.REPEATED,
        text=f"Asked for again: {trigger.label}. The branch is judged as it is when a worker takes it.",
        facts={"trigger": trigger, "lane": lane},
    )
    changes: dict[str, object] = {}
    is_promoted = more_urgent(lane, Lane(scan.lane))
    if is_promoted:
        scan.lane = changes["lane"] = lane
        scan_log(
            scan_id=scan.pk,
            kind=LogKind.PROMOTED,
            text="Moved to a more urgent queue.",
            facts={"lane": lane},
        )
    if is_urgent and (is_promoted or _is_unheard(scan)):
        # It had to wait, or its hint may be lost: a new wish ends the wait. In its lane it keeps
        # its place, so that a branch with many pushes does not wait for ever.
        changes["available_at"] = Now() if is_promoted else Least("available_at", Now())
        if scan.lane == Lane.INTERACTIVE:
            changes["announced_at"] = Now()
        scan_announce(scan_id=scan.pk, lane=scan.lane)
    if changes:
        Scan.objects.filter(pk=scan.pk).update(**changes)
    return scan


def _is_unheard(scan: Scan) -> bool:
    now = database_now()
    if scan.available_at > now:
        return True
    if scan.announced_at is None:
        return scan.lane == Lane.INTERACTIVE  # A patient one waits for its turn.
    return scan.announced_at < now - _ANNOUNCED


@transaction.atomic
def scan_cancel(*, scan: Scan, actor: User | None = None) -> Scan:
    """End a scan that waits or runs; its worker notices at the next heartbeat.

    Raises:
        ScanFinished: It has ended.
    """
    if not scan_advance(Event.CANCELLED, scan_id=scan.pk):
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
        PastAtWork: Of a scan of the past, another one is at work.
    """
    if not scan.is_finished:
        raise ScanNotFinished
    if scan.as_of is not None:
        return _past_again(scan, scan.as_of, requested_by)
    return scan_request(
        repository=scan.repository,
        trigger=Trigger.MANUAL,
        ref=scan.ref,
        requested_by=requested_by,
    )


def scan_of_the_past_request(
    *,
    repository_id: int,
    commit: str,
    at: datetime,
    backfill: Backfill | None = None,
    requested_by: User | None = None,
) -> Scan:
    """Ask how a repository was at a commit of the past, when nothing else is to be done.

    Raises:
        PastAtWork: Another commit of its past is being judged.
    """
    try:
        with transaction.atomic():
            scan = Scan.objects.create(
                repository_id=repository_id,
                backfill=backfill,
                trigger=Trigger.BACKFILL,
                lane=Lane.BACKFILL,
                commit=commit,
                as_of=at,
                requested_by=requested_by,
            )
            by = f" by {requested_by}" if requested_by else ""
            scans_log(
                scan_ids=[scan.pk],
                kind=LogKind.REQUESTED,
                text=f"Asked for{by}: how it was on {at:%-d %B %Y}.",
                facts={"trigger": Trigger.BACKFILL, "as_of": at.isoformat()},
            )
            scan_announce(scan_id=scan.pk, lane=Lane.BACKFILL)
            return scan
    except IntegrityError as error:
        raise PastAtWork from error


def _past_again(scan: Scan, at: datetime, requested_by: User | None) -> Scan:
    if not scan.repository.enabled:
        raise RepositoryDisabled
    return scan_of_the_past_request(
        repository_id=scan.repository_id,
        commit=scan.commit,
        at=at,
        backfill=scan.backfill,
        requested_by=requested_by,
    )
