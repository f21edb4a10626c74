"""Asking for a repository's history, going through it month by month, and taking the wish back."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import audit_record
from apps.repositories.git.history import DatedCommit
from apps.repositories.models import LONGEST_HISTORY, Repository
from apps.scans.backfills import (
    ACTIVE,
    backfills_unheard,
    months_of,
    planned,
    repositories_with_outdated_history,
)
from apps.scans.clock import from_now
from apps.scans.exceptions import (
    BackfillFinished,
    MonthsInvalid,
    PastAtWork,
    RepositoryDisabled,
)
from apps.scans.lanes import BULK_QUEUE
from apps.scans.models import (
    Backfill,
    BackfillState,
    Scan,
    ScanState,
)
from apps.scans.selectors import scan_latest
from apps.scans.services.postpone import error_columns
from apps.scans.services.request import scan_cancel, scan_of_the_past_request
from core.exceptions import Conflict, DomainError
from core.queue import enqueue_on_commit

ATTEMPTS = 3
BACKOFF = timedelta(seconds=30)
TASK = "scans.backfill"
_TRIES = 5
_ANNOUNCED_AT_ONCE = 4


def backfill_request(
    *, repository: Repository, months: int | None = None, requested_by: User | None = None
) -> Backfill:
    """Ask for the judgement of the last months of a repository, one commit for each.

    Months that were judged by today's rules cost nothing. While one backfill is at work, asking
    again gives the same one, made longer if need be.

    Args:
        repository: Whose history.
        months: How many months, 1 to 60; by default as the installation is set.
        requested_by: Who asked, if a person or bot did.

    Raises:
        MonthsInvalid: There are too few or too many.
        RepositoryDisabled: Scans are switched off for it.
    """
    months = settings.PLUMBLINE_BACKFILL_MONTHS or 12 if months is None else months
    if not 1 <= months <= LONGEST_HISTORY:
        raise MonthsInvalid
    if not repository.enabled:
        raise RepositoryDisabled
    for _ in range(_TRIES):
        try:
            with transaction.atomic():
                return _longer(repository, months) or _new(repository, months, requested_by)
        except IntegrityError:
            continue  # Somebody else asked in this very moment; theirs is ours.
    raise Conflict("Many ask for this history at once.", remedy="Try again in a moment.")


@transaction.atomic
def backfill_cancel(*, backfill: Backfill, actor: User | None = None) -> Backfill:
    """End a backfill; the months that are judged stay.

    Raises:
        BackfillFinished: It has ended.
    """
    if not _end(backfill.pk, BackfillState.CANCELLED):
        raise BackfillFinished
    unfinished = Scan.objects.filter(
        backfill=backfill, state__in=[ScanState.QUEUED, ScanState.RUNNING]
    )
    for scan in unfinished.select_related("repository"):
        scan_cancel(scan=scan, actor=actor)
    audit_record(
        action="backfill.cancel", target=f"repository:{backfill.repository.slug}", actor=actor
    )
    backfill.refresh_from_db()
    return backfill


@transaction.atomic
def backfill_again(*, repository: Repository, actor: User | None = None) -> Backfill | None:
    """Ask for the history of what a repository points at now, if that of another place was asked for."""
    latest = Backfill.objects.filter(repository=repository).order_by("-id").first()
    if latest is None:
        return None
    if not latest.is_finished:
        backfill_cancel(backfill=latest, actor=actor)
    return backfill_request(repository=repository, months=latest.months, requested_by=actor)


def backfill_claim(*, backfill_id: int, seconds: float) -> Backfill | None:
    """Take on fetching a history that is not known yet; nothing if somebody else does, or it is known.

    Args:
        backfill_id: Whose.
        seconds: When others may try, should this worker vanish.
    """
    now = timezone.now()
    taken = (
        Backfill.objects.filter(
            pk=backfill_id, state__in=ACTIVE, plan__isnull=True, available_at__lte=now
        )
        .filter(Q(lease_until=None) | Q(lease_until__lte=now))
        .update(
            lease_until=from_now(timedelta(seconds=seconds)), attempt=F("attempt") + 1, heard_at=now
        )
    )
    return Backfill.objects.select_related("repository").get(pk=backfill_id) if taken else None


def backfill_plan(*, backfill: Backfill, since: datetime, commits: Sequence[DatedCommit]) -> bool:
    """Write down which commits stand for the months; False if it was cancelled or made longer meanwhile."""
    return bool(
        Backfill.objects.filter(
            pk=backfill.pk, state__in=ACTIVE, plan__isnull=True, months=backfill.months
        ).update(
            state=BackfillState.RUNNING,
            since=since,
            plan=[[commit.sha, commit.at.isoformat()] for commit in commits],
            started_at=timezone.now(),
            lease_until=None,
            heard_at=timezone.now(),
        )
    )


def backfill_fail(*, backfill: Backfill, error: DomainError, may_pass: bool) -> None:
    """End a backfill whose history cannot be had, or let it wait for another try if that may help."""
    if may_pass and backfill.attempt < ATTEMPTS:
        wait = BACKOFF * 4 ** (backfill.attempt - 1) * random.uniform(0.8, 1.2)  # noqa: S311 - jitter
        Backfill.objects.filter(pk=backfill.pk, state__in=ACTIVE).update(
            lease_until=None, available_at=timezone.now() + wait
        )
        return
    _end(backfill.pk, BackfillState.FAILED, **error_columns(error))


@transaction.atomic
def backfill_go_on(*, backfill_id: int) -> Scan | None:
    """Ask for the scan of the next month that is not over; without one, the backfill ends.

    Returns:
        The scan; nothing if there is none, or if another one of the repository's past is at work.
    """
    backfill = (
        Backfill.objects.select_for_update(no_key=True)
        .filter(pk=backfill_id, state=BackfillState.RUNNING, repository__enabled=True)
        .first()
    )
    if backfill is None:
        return None
    Backfill.objects.filter(pk=backfill_id).update(heard_at=timezone.now())
    try:
        for month in months_of(backfill):
            if month.scan is None:
                return scan_of_the_past_request(
                    repository_id=backfill.repository_id,
                    commit=month.commit,
                    at=month.at,
                    backfill=backfill,
                    requested_by=backfill.requested_by,
                )
            if not month.is_over:
                return None
    except PastAtWork:
        return None
    _finish(backfill)
    return None


def backfill_hear(*, scan_id: int) -> None:
    """Go on with the history of a repository after the end of one of its scans."""
    scan = Scan.objects.only("repository_id", "ref", "as_of", "state").filter(pk=scan_id).first()
    if scan is None:
        return
    if scan.as_of is None:
        _begin(scan)
        return
    active = Backfill.objects.filter(
        repository_id=scan.repository_id, state=BackfillState.RUNNING
    ).first()
    if active is not None:
        backfill_go_on(backfill_id=active.pk)


def backfills_announce() -> int:
    """Tell the workers of backfills that go on by nobody; how many."""
    ids = backfills_unheard(limit=_ANNOUNCED_AT_ONCE)
    Backfill.objects.filter(pk__in=ids).update(heard_at=timezone.now())
    for backfill_id in ids:
        _hint(backfill_id)
    return len(ids)


def backfills_nightly() -> int:
    """Ask for the history of repositories whose past was judged by other rules than today's; how many."""
    wanted = repositories_with_outdated_history(limit=settings.PLUMBLINE_BACKFILL_NIGHTLY)
    for repository in Repository.objects.filter(pk__in=wanted):
        backfill_request(repository=repository, months=wanted[repository.pk])
    return len(wanted)


def _begin(scan: Scan) -> None:
    if not scan.is_current or scan.state != ScanState.DONE:
        return
    waiting = Backfill.objects.filter(
        repository_id=scan.repository_id,
        state=BackfillState.WAITING,
        lease_until=None,
        available_at__lte=timezone.now(),
    ).first()
    if waiting is not None:
        _hint(waiting.pk)


def _hint(backfill_id: int) -> None:
    """Tell the workers of a history once the transaction is committed."""
    enqueue_on_commit(TASK, backfill_id, queue=BULK_QUEUE)


def _longer(repository: Repository, months: int) -> Backfill | None:
    """The backfill that is at work, for so many months at least."""
    active = (
        Backfill.objects.select_for_update(no_key=True)
        .filter(repository=repository, state__in=ACTIVE)
        .first()
    )
    if active is not None and active.months < months:
        active.months, active.plan, active.state = months, None, BackfillState.WAITING
        active.lease_until = None
        active.save(update_fields=["months", "plan", "state", "lease_until"])
    return active


def _new(repository: Repository, months: int, requested_by: User | None) -> Backfill:
    backfill = Backfill.objects.create(
        repository=repository, months=months, requested_by=requested_by
    )
    audit_record(
        action="backfill.request",
        target=f"repository:{repository.slug}",
        actor=requested_by,
        detail={"months": months},
    )
    if scan_latest(repository) is not None:
        _hint(backfill.pk)  # otherwise the end of the first scan does
    return backfill


def _finish(backfill: Backfill) -> None:
    """End a backfill, and forget what an older one said of these months by another history."""
    _end(backfill.pk, BackfillState.DONE)
    Scan.objects.filter(
        repository_id=backfill.repository_id,
        state=ScanState.DONE,
        as_of__gte=backfill.since,
    ).exclude(commit__in=[commit for commit, _ in planned(backfill)]).delete()


def _end(backfill_id: int, state: BackfillState, **reason: str) -> bool:
    now = timezone.now()
    return bool(
        Backfill.objects.filter(pk=backfill_id, state__in=ACTIVE).update(
            state=state, lease_until=None, finished_at=now, heard_at=now, **reason
        )
    )
