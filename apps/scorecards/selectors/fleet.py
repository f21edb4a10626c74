"""The fleet: every repository in one row, what they add up to, and how that moved."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median, quantiles

from django.utils import timezone

from apps.accounts.selectors import Person
from apps.repositories.selectors import repository_visible
from apps.rulebook.choices import Standing
from apps.scans.models import ScanState
from apps.scorecards.models import Snapshot
from apps.scorecards.selectors.latest import Latest, latest_list, scores_at

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
) -> list[FleetRow]:
    """One row per repository that the user may see and that fits the filters, by name."""
    repositories = repository_visible(user=user)
    if search:
        repositories = repositories.filter(name__icontains=search)
    if provider:
        repositories = repositories.filter(provider=provider)
    latest = latest_list(user=user, repositories=repositories)
    ids = [item.repository.pk for item in latest]
    now = timezone.now()
    before = scores_at(repository_ids=ids, at=now - MONTH)
    history = _history(ids, since=now - QUARTER)
    rows = [
        _row(item, before.get(item.repository.pk), history.get(item.repository.pk, []), now)
        for item in latest
    ]
    return [
        row
        for row in rows
        if (not standing or row.standing == standing)
        and (score_from is None or (row.score is not None and row.score >= score_from))
        and (score_to is None or (row.score is not None and row.score <= score_to))
    ]


def fleet_overview(*, user: Person) -> FleetOverview:
    """The figures of the whole fleet."""
    return overview_of(fleet_rows(user=user))


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
    changes: dict[date, dict[int, Decimal | None]] = defaultdict(dict)
    snapshots = (
        Snapshot.objects.filter(repository_id__in=ids, taken_at__gt=start)
        .order_by("taken_at", "id")
        .values_list("repository_id", "taken_at", "score")
    )
    for repository_id, taken_at, score in snapshots:
        day = timezone.localdate(taken_at)
        changes[day][repository_id] = score
    points = []
    for number in range(days + 1):
        day = first + timedelta(days=number)
        for repository_id, change in changes.get(day, {}).items():
            if change is None:
                scores.pop(repository_id, None)
            else:
                scores[repository_id] = float(change)
        if scores:
            points.append(_point(day, scores.values()))
    return points


def _point(day: date, scores: Iterable[float]) -> FleetPoint:
    known = sorted(scores)
    if len(known) == 1:
        return FleetPoint(day, known[0], known[0], known[0], 1)
    low, middle, high = quantiles(known, n=4, method="inclusive")
    return FleetPoint(day, middle, low, high, len(known))


def _history(repository_ids: list[int], *, since: datetime) -> dict[int, list[float]]:
    history: dict[int, list[float]] = defaultdict(list)
    snapshots = (
        Snapshot.objects.filter(
            repository_id__in=repository_ids, taken_at__gte=since, score__isnull=False
        )
        .order_by("taken_at", "id")
        .values_list("repository_id", "score")
    )
    for repository_id, score in snapshots:
        history[repository_id].append(float(score or 0))
    return history


def _row(item: Latest, before: float | None, history: list[float], now: datetime) -> FleetRow:
    snapshot, scan, repository = item.snapshot, item.scan, item.repository
    score = None if snapshot is None or snapshot.score is None else float(snapshot.score)
    # A repository younger than a month moved since its first snapshot.
    base = before if before is not None else (history[0] if len(history) > 1 else None)
    return FleetRow(
        repository_id=repository.pk,
        slug=repository.slug,
        name=repository.name,
        url=repository.url,
        branch=repository.branch,
        provider=repository.provider,
        enabled=repository.enabled,
        score=score,
        previous_score=history[-2] if len(history) > 1 else before,
        delta=None if score is None or base is None else round(score - base, 2),
        standing=snapshot.standing if snapshot else "",
        evaluated=snapshot.evaluated if snapshot else 0,
        applicable=snapshot.applicable if snapshot else 0,
        must_open=snapshot.must_open if snapshot else 0,
        should_open=snapshot.should_open if snapshot else 0,
        tasks_to_plumb=snapshot.tasks_to_plumb if snapshot else 0,
        commit=snapshot.scan.commit if snapshot else "",
        taken_at=snapshot.taken_at if snapshot else None,
        scan_state=scan.state if scan else "",
        scan_at=(scan.finished_at or scan.created_at) if scan else None,
        attention=_attention(item, now),
        history=history,
    )


def _attention(item: Latest, now: datetime) -> str:
    """What somebody should look at, in a sentence; blank if nothing."""
    scan = item.scan
    if scan is None or not item.repository.enabled:
        return ""
    if scan.state in _TROUBLE:
        return scan.error_text
    if scan.state == ScanState.DONE and scan.empty:
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
