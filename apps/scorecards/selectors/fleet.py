"""The fleet: every repository in one row, what they add up to, and how that moved."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from statistics import median, quantiles

from django.db.models import FloatField
from django.db.models.functions import Cast, TruncDate
from django.utils import timezone

from apps.accounts.selectors import Person
from apps.repositories.selectors import repository_visible
from apps.rulebook.choices import Standing
from apps.scans.models import ScanState
from apps.scorecards.models import Snapshot
from apps.scorecards.selectors.latest import (
    Base,
    Latest,
    RepositoryRow,
    ScanRow,
    bases_at,
    latest_list,
    scores_at,
)

MONTH = timedelta(days=30)
QUARTER = timedelta(days=84)
STALE = timedelta(days=7)
MOVERS = 5
_TROUBLE = {ScanState.FAILED, ScanState.DEAD}
_ROUNDING = 0.05


@dataclass(frozen=True, slots=True)
class FleetRow:
    """One repository as lists show it. ``delta`` is points against 30 days ago."""

    repository_id: int
    slug: str
    name: str
    url: str
    branch: str
    provider: str
    enabled: bool
    score: float | None
    score_without_waivers: float | None
    waived: int
    suppressed: int
    previous_score: float | None
    delta: float | None
    standing: str
    evaluated: int
    applicable: int
    must_open: int
    should_open: int
    tasks_to_plumb: int
    commit: str
    taken_at: datetime | None
    scan_state: str
    scan_at: datetime | None
    attention: str
    history: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ScoreBin:
    """How many repositories score from ``low`` up to (the last: and with) ``high``."""

    low: int
    high: int
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class FleetOverview:
    """What the repositories that the user may see add up to."""

    repositories: int
    judged: int
    median: float | None
    worst: FleetRow | None
    plumb: int
    leaning: int
    off: int
    plumb_share: float
    must_open: int
    should_open: int
    distribution: list[ScoreBin]
    rises: list[FleetRow]
    falls: list[FleetRow]
    attention: list[FleetRow]


@dataclass(frozen=True, slots=True)
class FleetPoint:
    """The scores of the fleet at the end of a day: median and middle half."""

    day: date
    median: float
    low: float
    high: float
    repositories: int


def fleet_rows(
    *,
    user: Person,
    search: str = "",
    standing: str = "",
    provider: str = "",
    score_from: float | None = None,
    score_to: float | None = None,
    repository_ids: Collection[int] | None = None,
) -> list[FleetRow]:
    """One row per repository that the user may see and that fits the filters, by name.

    Rows come without their history; see `rows_with_history`.
    """
    repositories = repository_visible(user=user)
    if search:
        repositories = repositories.filter(name__icontains=search)
    if provider:
        repositories = repositories.filter(provider=provider)
    if repository_ids is not None:
        repositories = repositories.filter(pk__in=repository_ids)
    latest = latest_list(user=user, repositories=repositories)
    now = timezone.now()
    bases = bases_at(repository_ids=[item.repository.pk for item in latest], at=now - MONTH)
    rows = [_row(item, bases[item.repository.pk], now) for item in latest]
    return [
        row
        for row in rows
        if (not standing or row.standing == standing)
        and (score_from is None or (row.score is not None and row.score >= score_from))
        and (score_to is None or (row.score is not None and row.score <= score_to))
    ]


def rows_with_history(rows: Sequence[FleetRow]) -> list[FleetRow]:
    """The same rows with their scores of the last twelve weeks: for those that are shown."""
    snapshots = (
        Snapshot.objects.filter(
            repository_id__in=[row.repository_id for row in rows],
            taken_at__gte=timezone.now() - QUARTER,
            score__isnull=False,
        )
        .order_by("taken_at", "id")
        .values_list("repository_id", Cast("score", FloatField()))
    )
    history: dict[int, list[float]] = defaultdict(list)
    for repository_id, score in snapshots:
        history[repository_id].append(score)
    return [replace(row, history=history.get(row.repository_id, [])) for row in rows]


def fleet_overview(*, user: Person) -> FleetOverview:
    """The figures of the whole fleet."""
    overview = overview_of(fleet_rows(user=user))
    shown = rows_with_history([*overview.rises, *overview.falls])
    rises = len(overview.rises)
    return replace(overview, rises=shown[:rises], falls=shown[rises:])


def overview_of(rows: list[FleetRow]) -> FleetOverview:
    """The figures of these rows."""
    judged = [row for row in rows if row.score is not None]
    scores = [row.score for row in judged if row.score is not None]
    by_standing = {name: sum(row.standing == name for row in judged) for name in Standing.values}
    moved = [row for row in judged if row.delta is not None and abs(row.delta) >= _ROUNDING]
    moved.sort(key=lambda row: row.delta or 0)
    return FleetOverview(
        repositories=len(rows),
        judged=len(judged),
        median=median(scores) if scores else None,
        worst=min(judged, key=lambda row: row.score or 0, default=None),
        plumb=by_standing[Standing.PLUMB],
        leaning=by_standing[Standing.LEANING],
        off=by_standing[Standing.OFF],
        plumb_share=by_standing[Standing.PLUMB] / len(judged) if judged else 0.0,
        must_open=sum(row.must_open for row in rows),
        should_open=sum(row.should_open for row in rows),
        distribution=_distribution(scores),
        rises=[row for row in reversed(moved) if (row.delta or 0) > 0][:MOVERS],
        falls=[row for row in moved if (row.delta or 0) < 0][:MOVERS],
        attention=[row for row in rows if row.attention],
    )


def fleet_trend(*, user: Person, days: int = 90) -> list[FleetPoint]:
    """The fleet's scores day by day, oldest first, from the first day with a snapshot."""
    today = timezone.localdate()
    first = today - timedelta(days=days)
    start = timezone.make_aware(datetime.combine(first, datetime.min.time()))
    ids = list(repository_visible(user=user).values_list("pk", flat=True))
    scores = dict(scores_at(repository_ids=ids, at=start))
    changes: dict[date, list[tuple[int, float | None]]] = defaultdict(list)
    snapshots = (
        Snapshot.objects.filter(repository_id__in=ids, taken_at__gt=start)
        .order_by("taken_at", "id")
        .values_list(TruncDate("taken_at"), "repository_id", Cast("score", FloatField()))
    )
    for day, repository_id, score in snapshots:
        changes[day].append((repository_id, score))
    points = []
    for number in range(days + 1):
        day = first + timedelta(days=number)
        for repository_id, score in changes.get(day, ()):
            if score is None:
                scores.pop(repository_id, None)
            else:
                scores[repository_id] = score
        if scores:
            points.append(_point(day, scores.values()))
    return points


def _point(day: date, scores: Iterable[float]) -> FleetPoint:
    known = sorted(scores)
    if len(known) == 1:
        return FleetPoint(day, known[0], known[0], known[0], 1)
    low, middle, high = quantiles(known, n=4, method="inclusive")
    return FleetPoint(day, middle, low, high, len(known))


def _row(item: Latest, base: Base, now: datetime) -> FleetRow:
    repository, snapshot, scan = item
    score = snapshot.score if snapshot else None
    then = base.then if base.previous is not None else None  # One snapshot is no move yet.
    return FleetRow(
        repository_id=repository.pk,
        slug=repository.slug,
        name=repository.name,
        url=repository.url,
        branch=repository.branch,
        provider=repository.provider,
        enabled=repository.enabled,
        score=score,
        score_without_waivers=snapshot.score_without_waivers if snapshot else None,
        waived=snapshot.waived if snapshot else 0,
        suppressed=snapshot.suppressed if snapshot else 0,
        previous_score=base.previous,
        delta=None if score is None or then is None else round(score - then, 2),
        standing=snapshot.standing if snapshot else "",
        evaluated=snapshot.evaluated if snapshot else 0,
        applicable=snapshot.applicable if snapshot else 0,
        must_open=snapshot.must_open if snapshot else 0,
        should_open=snapshot.should_open if snapshot else 0,
        tasks_to_plumb=snapshot.tasks_to_plumb if snapshot else 0,
        commit=snapshot.commit if snapshot else "",
        taken_at=snapshot.taken_at if snapshot else None,
        scan_state=scan.state if scan else "",
        scan_at=(scan.finished_at or scan.created_at) if scan else None,
        attention=_attention(repository, scan, now),
    )


def _attention(repository: RepositoryRow, scan: ScanRow | None, now: datetime) -> str:
    """What somebody should look at, in a sentence; blank if nothing."""
    if scan is None or not repository.enabled:
        return ""
    if scan.state in _TROUBLE:
        return scan.error_text
    if scan.state == ScanState.DONE and scan.empty_reason:
        return scan.empty_reason
    if scan.finished_at and now - scan.finished_at > STALE:
        return "Not scanned for more than a week."
    return ""


def _distribution(scores: list[float]) -> list[ScoreBin]:
    counts = [0] * 10
    for score in scores:
        counts[min(int(score // 10), 9)] += 1
    return [
        ScoreBin(10 * tens, 10 * tens + 10, count, count / len(scores) if scores else 0.0)
        for tens, count in enumerate(counts)
    ]
