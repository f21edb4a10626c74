"""Bringing findings in line with the waivers of their repository, without a scan."""

from collections import defaultdict
from datetime import datetime
from itertools import batched

from django.db import transaction
from django.utils import timezone

from apps.findings.choices import Cause, EventKind, FindingState
from apps.findings.models import Finding, FindingEvent
from apps.findings.selectors import coverage_of
from apps.findings.services.judgements import judgement_lock
from apps.findings.signals import waivers_applied
from core.bulk import rows_copy

_CHUNK = 1000
_EVENT_FIELDS = (
    *("created_at", "kind", "cause", "at", "commit", "code", "level", "preview"),
    *("finding", "repository", "waiver"),
)


@transaction.atomic
def coverage_apply(*, repository_id: int, code: str, at: datetime) -> int:
    """Let the waivers that hold now cover the findings of a rule that are there, and no others.

    Args:
        repository_id: Whose findings.
        code: Of which rule.
        at: The time of what happens to them.

    Returns:
        How many findings stand otherwise than before.
    """
    judgement, _ = judgement_lock(repository_id=repository_id, at=at)
    coverage = coverage_of(repository_id=repository_id, on=timezone.localdate())
    rows = Finding.objects.filter(
        repository_id=repository_id,
        code=code,
        state__in=[FindingState.OPEN, FindingState.WAIVED],
    ).values_list("pk", "path", "waiver_id", "level", "preview")
    moved: dict[int | None, list[int]] = defaultdict(list)
    events: list[tuple[object, ...]] = []
    now = timezone.now()
    for pk, path, before, level, preview in rows:
        waiver_id = coverage.waiver_of(code, path, pk)
        if waiver_id == before:
            continue
        moved[waiver_id].append(pk)
        kind = EventKind.WAIVER_ENDED if waiver_id is None else EventKind.WAIVED
        events.append(
            (
                *(now, str(kind), str(Cause.WAIVER), at, judgement.commit, code, level, preview),
                *(pk, repository_id, before if waiver_id is None else waiver_id),
            )
        )
    for waiver_id, pks in moved.items():
        state = FindingState.OPEN if waiver_id is None else FindingState.WAIVED
        for some in batched(pks, _CHUNK, strict=False):
            Finding.objects.filter(pk__in=some).update(state=state, waiver_id=waiver_id)
    if events:
        rows_copy(FindingEvent, _EVENT_FIELDS, events)
        waivers_applied.send(sender=Finding, repository_id=repository_id)
    return len(events)
