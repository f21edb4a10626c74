"""Reading what goes on: what waits and in which order, what runs, what ended and how.

Lists are cut and counts stop at a limit, so that a page costs the same with ten thousand scans.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import (
    FETCH_RAISE,
    Aggregate,
    BooleanField,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils import timezone

from apps.accounts.selectors import Person
from apps.repositories.selectors import repository_changeable, repository_visible
from apps.scans.models import ENDED, Lane, Scan, ScanChunk, ScanState
from apps.scans.selectors import scan_get
from core.exceptions import Forbidden

UNFINISHED = (ScanState.QUEUED, ScanState.RUNNING)
FAILED = (ScanState.FAILED, ScanState.DEAD)
TAKEN_BACK = (ScanState.CANCELLED, ScanState.SUPERSEDED)
COUNT_LIMIT = 10_000
ENDED_ORDER = ("-finished_at", "-id")


class Percentile(Aggregate):
    """The value below which a part of the rows lies."""

    function = "percentile_cont"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)%(filter)s"

    def __init__(self, expression: Any, *, fraction: float, **extra: Any) -> None:  # noqa: ANN401
        """Name the part, 0 to 1."""
        super().__init__(expression, fraction=float(fraction), **extra)


@dataclass(frozen=True, slots=True)
class LaneLoad:
    """What waits and runs in a lane.

    Attributes:
        lane: Which.
        ready: Scans that wait for nothing but a worker.
        delayed: Scans that wait for the time of their next attempt.
        running: Scans that run.
        lapsed: Those of them whose worker has not renewed its lease in time.
        oldest_ready: Since when the first of those that are ready could have been taken.
        oldest_start: When the first of those that run was started.
    """

    lane: str
    ready: int = 0
    delayed: int = 0
    running: int = 0
    lapsed: int = 0
    oldest_ready: datetime | None = None
    oldest_start: datetime | None = None

    @property
    def waiting(self) -> int:
        """Scans that wait for whatever reason."""
        return self.ready + self.delayed


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the scans that ended in a span of time did; durations in seconds, shares from 0 to 1."""

    done: int
    failed: int
    cancelled: int
    median: float | None
    p95: float | None
    outlines: float | None
    lints: float | None


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Branches whose newest scan failed for one reason."""

    code: str
    count: int
    latest: Scan


def scans_visible(*, user: Person) -> QuerySet[Scan]:
    """The scans that the user may see, in no order."""
    return Scan.objects.filter(repository__in=repository_visible(user=user)).order_by()


def scans_cancellable(*, user: Person) -> QuerySet[Scan]:
    """The unfinished scans that the user may cancel."""
    scans = scans_visible(user=user).filter(state__in=UNFINISHED)
    if user.is_staff:
        return scans
    own = repository_changeable(user=user).values("pk")
    return scans.filter(Q(requested_by=user.pk) | Q(repository__in=own))


def scan_may_cancel(*, user: Person, scan: Scan) -> bool:
    """Whether the user may cancel it: who asked for it, or may change its repository."""
    return not scan.is_finished and bool(cancellable_ids([scan.pk], user=user))


def cancellable_ids(scan_ids: list[int], *, user: Person) -> set[int]:
    """Those of the scans that the user may cancel."""
    if not scan_ids:
        return set()
    return set(scans_cancellable(user=user).filter(pk__in=scan_ids).values_list("pk", flat=True))


def scan_get_for_cancel(*, user: Person, public_id: UUID) -> Scan:
    """One unfinished scan that the user may cancel.

    Raises:
        NotFound: There is none, or the user may not see it.
        Forbidden: The user may see it but not cancel it.
    """
    scan = scan_get(user=user, public_id=public_id)
    if not scan.is_finished and not scan_may_cancel(user=user, scan=scan):
        raise Forbidden("Only who asked for the scan or may change its repository may cancel it.")
    return scan


def scan_may_retry(scan: Scan) -> bool:
    """Whether its branch can be judged again by asking; history is asked for as a whole."""
    return scan.is_finished and scan.as_of is None and scan.repository.enabled


def parts_of(scan: Scan) -> dict[str, int]:
    """How many parts of a large scan that runs wait, are with a worker and are done; nothing of any other."""
    if scan.state != ScanState.RUNNING:
        return {}
    chunks = ScanChunk.objects.filter(scan=scan, scan_fence=scan.fence).order_by()
    return dict(chunks.values_list("state").annotate(Count("pk")))


def lane_loads(scans: QuerySet[Scan]) -> list[LaneLoad]:
    """Count what waits and runs among scans, lane by lane, the most urgent first."""
    now = timezone.now()
    ready = Q(state=ScanState.QUEUED, available_at__lte=now)
    running = Q(state=ScanState.RUNNING)
    rows = (
        scans.filter(state__in=UNFINISHED)
        .order_by()
        .values("lane")
        .annotate(
            ready=Count("pk", filter=ready),
            delayed=Count("pk", filter=Q(state=ScanState.QUEUED, available_at__gt=now)),
            running=Count("pk", filter=running),
            lapsed=Count("pk", filter=running & Q(lease_until__lt=now)),
            oldest_ready=Min("available_at", filter=ready),
            oldest_start=Min("started_at", filter=running),
        )
    )
    loads = {row["lane"]: LaneLoad(**row) for row in rows}
    return [loads.get(lane) or LaneLoad(lane) for lane in Lane]


def running_list(scans: QuerySet[Scan], *, most: int) -> list[Scan]:
    """Those that run, the longest first."""
    return list(_rows(scans.filter(state=ScanState.RUNNING).order_by("started_at", "id"))[:most])


def waiting_ids(scans: QuerySet[Scan]) -> list[int]:
    """Ids of those that wait, as far as anybody looks."""
    waiting = scans.filter(state=ScanState.QUEUED).order_by("id")
    return list(waiting.values_list("pk", flat=True)[:COUNT_LIMIT])


def waiting_list(scan_ids: list[int]) -> list[Scan]:
    """Waiting scans by their ids, in this order; those that were taken meanwhile are left out."""
    found = (
        _rows(Scan.objects.filter(state=ScanState.QUEUED))
        .annotate(is_blocked=is_blocked())
        .in_bulk(scan_ids)
    )
    return [found[scan_id] for scan_id in scan_ids if scan_id in found]


def is_blocked() -> Combinable:
    """Whether another scan of the repository runs, so that this one has to wait; those of the past do not."""
    other = Scan.objects.filter(
        repository=OuterRef("repository"), state=ScanState.RUNNING, as_of=None
    )
    return ExpressionWrapper(Q(as_of=None) & Exists(other), output_field=BooleanField())


def ended_list(scans: QuerySet[Scan]) -> QuerySet[Scan]:
    """Those that ended, the newest first."""
    return _rows(scans.filter(state__in=ENDED).order_by(*ENDED_ORDER))


def outcome_since(scans: QuerySet[Scan], *, since: datetime) -> Outcome:
    """How those did that ended since then."""
    took = Cast(F("finished_at") - F("started_at"), DurationField())
    done = Q(state=ScanState.DONE)
    row = scans.filter(state__in=ENDED, finished_at__gte=since).aggregate(
        done=Count("pk", filter=done),
        failed=Count("pk", filter=Q(state__in=FAILED)),
        cancelled=Count("pk", filter=Q(state__in=TAKEN_BACK)),
        median=Percentile(took, fraction=0.5, filter=done, output_field=DurationField()),
        p95=Percentile(took, fraction=0.95, filter=done, output_field=DurationField()),
        outlines_wanted=_sum("outlines_wanted"),
        outlines_parsed=_sum("outlines_parsed"),
        lints_wanted=_sum("lints_wanted"),
        lints_run=_sum("lints_run"),
    )
    return Outcome(
        done=row["done"],
        failed=row["failed"],
        cancelled=row["cancelled"],
        median=_seconds(row["median"]),
        p95=_seconds(row["p95"]),
        outlines=_share_cached(row["outlines_wanted"], row["outlines_parsed"]),
        lints=_share_cached(row["lints_wanted"], row["lints_run"]),
    )


def failing_list(scans: QuerySet[Scan]) -> QuerySet[Scan]:
    """Failed scans of branches for which nothing better has come since: what still needs somebody."""
    better = Scan.objects.filter(
        repository=OuterRef("repository"), ref=OuterRef("ref"), as_of=None, pk__gt=OuterRef("pk")
    ).exclude(state__in=TAKEN_BACK)
    return scans.filter(~Exists(better), state__in=FAILED, as_of=None)


def failure_groups(
    scans: QuerySet[Scan], *, since: datetime | None, most: int
) -> list[FailureGroup]:
    """What fails since then, by code, the most frequent first."""
    failing = failing_list(scans)
    if since is not None:
        failing = failing.filter(finished_at__gte=since)
    groups = list(
        failing.order_by()
        .values("error_code")
        .annotate(count=Count("pk"), latest=Max("pk"))
        .order_by("-count", "error_code")[:most]
    )
    latest = _rows(Scan.objects.all()).in_bulk([group["latest"] for group in groups])
    return [
        FailureGroup(group["error_code"], group["count"], latest[group["latest"]])
        for group in groups
        if group["latest"] in latest
    ]


def count_up_to(scans: QuerySet[Scan], *, limit: int = COUNT_LIMIT) -> int:
    """How many there are; beyond the limit, one more than it."""
    return scans.order_by()[: limit + 1].count()


def _rows(scans: QuerySet[Scan]) -> QuerySet[Scan]:
    """What a list shows of a scan, without what it does not."""
    return (
        scans.select_related("repository", "requested_by")
        .defer("facts", "timings", "counts")
        .fetch_mode(FETCH_RAISE)
    )


def _sum(name: str) -> Sum:
    return Sum(Cast(KT(f"counts__{name}"), IntegerField()), default=Value(0))


def _share_cached(wanted: int, unseen: int) -> float | None:
    return (wanted - unseen) / wanted if wanted else None


def _seconds(span: timedelta | None) -> float | None:
    return span.total_seconds() if span is not None else None
