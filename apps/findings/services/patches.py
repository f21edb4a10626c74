"""Asking for the patch of a finding, and writing down what became of it."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from apps.findings.choices import FindingState, PatchState
from apps.findings.exceptions import PatchesPending, PatchNotPossible
from apps.findings.models import Finding, FindingPatch
from apps.findings.selectors import patch_of
from core.cleaning import clean_text
from core.queue import enqueue_on_commit

PATIENCE = timedelta(minutes=2)
"""After so long the hint to the workers counts as lost, and asking again repeats it."""
PENDING = 100
"""How many patches may wait at a time, over all repositories."""
DIFF_LIMIT = 200_000
"""Characters of a patch that are kept."""


@transaction.atomic
def patch_request(*, finding: Finding) -> FindingPatch:
    """Have a worker make a finding's patch; one that is there already, or on its way, is given as it is.

    Raises:
        PatchNotPossible: The finding has no fix, or is not there any more.
        PatchesPending: Too many wait.
    """
    if not finding.fix or finding.state not in (FindingState.OPEN, FindingState.WAIVED):
        raise PatchNotPossible
    now = timezone.now()
    known = patch_of(finding)
    if known is not None:
        is_coming = known.state == PatchState.WAITING and known.asked_at > now - PATIENCE
        if is_coming or known.state == PatchState.VERIFIED:
            return known
    waiting = FindingPatch.objects.filter(
        state=PatchState.WAITING, asked_at__gt=now - PATIENCE
    ).count()
    if waiting >= PENDING:
        raise PatchesPending
    patch, _ = FindingPatch.objects.update_or_create(
        finding=finding,
        defaults={
            "state": PatchState.WAITING,
            "fingerprint": finding.fingerprint,
            "blob": finding.blob,
            "commit": "",
            "diff": "",
            "reason": "",
            "asked_at": now,
            "made_at": None,
        },
    )
    enqueue_on_commit("scans.patch", finding.pk, queue="interactive")
    return patch


def patch_record(
    *, patch: FindingPatch, commit: str = "", diff: str = "", reason: str = ""
) -> None:
    """Write down a patch that holds, or why there is none; one that was asked for anew meanwhile stays.

    Args:
        patch: As it was when the worker began.
        commit: The commit that it applies to.
        diff: The patch; blank if it does not hold.
        reason: Why not.
    """
    if len(diff) > DIFF_LIMIT:
        diff, reason = "", "The patch is too large to be shown; run plumbline check --fix instead."
    FindingPatch.objects.filter(pk=patch.pk, asked_at=patch.asked_at).update(
        state=PatchState.VERIFIED if diff else PatchState.FAILED,
        commit=commit,
        # NUL is all that the database refuses; what is shown is escaped on the page.
        diff=diff.replace("\0", "\N{REPLACEMENT CHARACTER}"),
        reason=clean_text(reason, limit=1000),
        made_at=timezone.now(),
    )
