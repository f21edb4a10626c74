"""Reading what goes on: what waits and in which order, what runs, what ended and how.

Lists are cut and counts stop at a limit, so that a page costs the same with ten thousand scans.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import (
    FETCH_RAISE,
    Aggregate,
    Count,
    DurationField,
    Exists,
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
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils import timezone

from apps.accounts.selectors import Person
from apps.repositories.selectors import repository_visible
from apps.scans.models import ENDED, Lane, Scan, ScanLogEntry, ScanState

UNFINISHED = (ScanState.QUEUED, ScanState.RUNNING)
FAILED = (ScanState.FAILED, ScanState.DEAD)
COUNT_LIMIT = 10_000
# By the name of the lane, descending: interactive, bulk, backfill, which an index gives in this order.
QUEUE_ORDER = ("-lane", "available_at", "id")
ENDED_ORDER = ("-finished_at", "-id")
# The whole queue is numbered before some are chosen: a filter of Django's would choose first.
_POSITIONS = """
    SELECT id, place FROM (
        SELECT id, row_number() OVER (PARTITION BY lane ORDER BY available_at, id) AS place
        FROM scans_scan WHERE state = 'queued'
    ) AS queue WHERE id = ANY(%s)
"""


class Percentile(Aggregate):
    """The value below which a part of the rows lies."""

    function = "percentile_cont"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"

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
    if not user.is_staff:
        scans = scans.filter(Q(requested_by=user.pk) | Q(repository__registered_by=user.pk))
    return scans


def scan_may_cancel(*, user: Person, scan: Scan) -> bool:
    """Whether the user may cancel it: administrators, who asked for it, who registered its repository."""
    return (
        not scan.is_finished
        and user.is_active
        and (user.is_staff or user.pk in {scan.requested_by_id, scan.repository.registered_by_id})
    )


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


def queue_list(scans: QuerySet[Scan]) -> QuerySet[Scan]:
    """Those that wait, in the order in which workers take them."""
    other = Scan.objects.filter(repository=OuterRef("repository"), state=ScanState.RUNNING)
    return _rows(
        scans.filter(state=ScanState.QUEUED)
        .annotate(is_blocked=Exists(other))
        .order_by(*QUEUE_ORDER)
    )


def queue_positions(scan_ids: list[int]) -> dict[int, int]:
    """The places of waiting scans in their lane, from 1."""
    with connection.cursor() as cursor:
        cursor.execute(_POSITIONS, [scan_ids])
        return dict(cursor.fetchall())


def ended_list(scans: QuerySet[Scan]) -> QuerySet[Scan]:
    """Those that ended, the newest first."""
    return _rows(scans.filter(state__in=ENDED).order_by(*ENDED_ORDER))


def reasons_of_waiting(scan_ids: list[int]) -> dict[int, str]:
    """Why scans wait for another attempt, as their logs say."""
    entries = (
        ScanLogEntry.objects.filter(scan__in=scan_ids, kind="retried")
        .order_by("scan_id", "-id")
        .distinct("scan_id")
    )
    return dict(entries.values_list("scan_id", "text"))


def outcome_since(scans: QuerySet[Scan], *, since: datetime) -> Outcome:
    """How those did that ended since then."""
    took = Cast(F("finished_at") - F("started_at"), DurationField())
    done = Q(state=ScanState.DONE)
    row = scans.filter(state__in=ENDED, finished_at__gte=since).aggregate(
        done=Count("pk", filter=done),
        failed=Count("pk", filter=Q(state__in=FAILED)),
        cancelled=Count("pk", filter=Q(state=ScanState.CANCELLED)),
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
        repository=OuterRef("repository"), ref=OuterRef("ref"), pk__gt=OuterRef("pk")
    ).exclude(state__in=(ScanState.CANCELLED, ScanState.SUPERSEDED))
    return scans.filter(~Exists(better), state__in=FAILED)


def failure_groups(scans: QuerySet[Scan], *, since: datetime, most: int) -> list[FailureGroup]:
    """What fails since then, by code, the most frequent first."""
    groups = list(
        failing_list(scans)
        .filter(finished_at__gte=since)
        .order_by()
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
