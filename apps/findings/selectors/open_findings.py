"""The findings of rules in repositories as plain tuples, and what the log says of them since."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Max, Q

from apps.findings.choices import EventKind, FindingState
from apps.findings.models import Finding, FindingEvent
from core.bulk import is_any_of

_CHUNK = 5000


class OpenFinding(NamedTuple):
    """An open finding, whose, and whether a fix is ready for it."""

    pk: int
    repository_id: int
    code: str
    has_fix: bool


class OpenGroup(NamedTuple):
    """The open findings of a rule in a repository: their keys in order, and for how many a fix is ready."""

    repository_id: int
    code: str
    pks: list[int]
    patches: int


class Move(NamedTuple):
    """A finding that opened, or ceased to be open: since when, and why."""

    finding_id: int
    repository_id: int
    code: str
    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OpenTally:
    """Open findings of a rule: how many, in how many repositories, for how many a fix is ready."""

    findings: int
    repositories: int
    patches: int


_STATES = {
    EventKind.NEW: FindingState.OPEN,
    EventKind.REOPENED: FindingState.OPEN,
    EventKind.APPEARED_BY_RULE: FindingState.OPEN,
    EventKind.FIXED: FindingState.FIXED,
    EventKind.REMOVED_BY_RULE: FindingState.REMOVED_BY_RULE,
    EventKind.REMOVED_WITH_FILE: FindingState.REMOVED_WITH_FILE,
    EventKind.SUPPRESSED: FindingState.SUPPRESSED,
    EventKind.UNSUPPRESSED: FindingState.OPEN,
    EventKind.WAIVED: FindingState.WAIVED,
    EventKind.WAIVER_ENDED: FindingState.OPEN,
}


def open_findings(
    *, repository_ids: Collection[int], codes: Collection[str]
) -> Iterator[OpenFinding]:
    """The open findings of some rules in some repositories, in no order."""
    rows = (
        Finding.objects.filter(
            repository_id__in=repository_ids, code__in=codes, state=FindingState.OPEN
        )
        .order_by()
        .values_list("pk", "repository_id", "code", "fix")
    )
    for pk, repository_id, code, fix in rows.iterator(chunk_size=_CHUNK):
        yield OpenFinding(pk, repository_id, code, bool(fix))


def open_groups(*, repository_ids: Collection[int], codes: Collection[str]) -> list[OpenGroup]:
    """The open findings of some rules in some repositories, by repository and rule, put together by the database."""
    rows = (
        Finding.objects.filter(
            is_any_of("repository", repository_ids), code__in=codes, state=FindingState.OPEN
        )
        .order_by("repository_id", "code")
        .values("repository_id", "code")
        .annotate(
            pks=ArrayAgg("pk", order_by="pk"),
            patches=Count("pk", filter=~Q(fix="")),
        )
        .values_list(*OpenGroup._fields)
    )
    return [OpenGroup(*row) for row in rows]


def open_tally(*, repository_ids: Collection[int] | None, codes: Collection[str]) -> OpenTally:
    """How many open findings of some rules there are; in all repositories if none are named."""
    findings = Finding.objects.filter(code__in=codes, state=FindingState.OPEN)
    if repository_ids is not None:
        findings = findings.filter(repository_id__in=repository_ids)
    counts = findings.order_by().aggregate(
        findings=Count("pk"),
        repositories=Count("repository_id", distinct=True),
        patches=Count("pk", filter=~Q(fix="")),
    )
    return OpenTally(**counts)


def log_position() -> int:
    """The newest event of the log; of a repository whose judgement is held, all later ones are above it."""
    found: int | None = FindingEvent.objects.aggregate(newest=Max("id"))["newest"]
    return found or 0


def finding_moves(
    *, repository_ids: Collection[int], codes: Collection[str], after: int, since: datetime
) -> Iterator[Move]:
    """What happened to the findings of some rules in some repositories, in the order in which it did.

    Args:
        repository_ids: Whose findings.
        codes: Of which rules.
        after: Only what stands in the log after this position.
        since: No later than the time of the first of those.
    """
    rows = (
        FindingEvent.objects.filter(
            repository_id__in=repository_ids,
            at__gte=since,
            id__gt=after,
            code__in=codes,
            kind__in=list(_STATES),
        )
        .order_by("id")
        .values_list("finding_id", "repository_id", "code", "kind", "at")
    )
    for finding_id, repository_id, code, kind, at in rows.iterator(chunk_size=_CHUNK):
        yield Move(finding_id, repository_id, code, _STATES[EventKind(kind)], at)
