"""The fleet: every repository in one row, what they add up to, and how that moved."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.selectors import Person
from apps.repositories.models import Repository
from apps.rulebook.choices import Standing
from apps.scans.models import ScanState
from apps.scorecards.selectors.latest import (
    HeadlineRow,
    Latest,
    RepositoryRow,
    ScanRow,
    latest_list,
)

STALE = timedelta(days=7)
MOVERS = 5
_TROUBLE = {ScanState.FAILED, ScanState.DEAD}
_ROUNDING = 0.05


@dataclass(frozen=True, slots=True)
class FleetRow:
    """One repository as lists show it.

    ``delta`` is points against 30 days ago, ``delta_week`` against seven; ``history`` are the scores at the ends of up
    to twelve weeks; ``patches`` the fixes ready for open MUST violations.
    """

    repository_id: int
    slug: str
    name: str
    url: str
    branch: str
    provider: str
    enabled: bool
    team_id: int | None
    tags: list[str]
    score: float | None
    score_without_waivers: float | None
    waived: int
    suppressed: int
    previous_score: float | None
    delta: float | None
    delta_week: float | None
    standing: str
    evaluated: int
    applicable: int
    must_open: int
    should_open: int
    new_must: int
    tasks_to_plumb: int
    patches: int
    new_week: int
    fixed_week: int
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
    new_week: int
    fixed_week: int
    distribution: list[ScoreBin]
    rises: list[FleetRow]
    falls: list[FleetRow]
    attention: list[FleetRow]


def fleet_rows(*, user: Person, repositories: QuerySet[Repository] | None = None) -> list[FleetRow]:
    """One row per repository that the user may see, or for each of those that are given, by name."""
    now = timezone.now()
    return [_row(item, now) for item in latest_list(user=user, repositories=repositories)]


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
        new_week=sum(row.new_week for row in rows),
        fixed_week=sum(row.fixed_week for row in rows),
        distribution=_distribution(scores),
        rises=[row for row in reversed(moved) if (row.delta or 0) > 0][:MOVERS],
        falls=[row for row in moved if (row.delta or 0) < 0][:MOVERS],
        attention=[row for row in rows if row.attention],
    )


def _row(item: Latest, now: datetime) -> FleetRow:
    repository, figures, scan = item
    return FleetRow(
        repository_id=repository.pk,
        slug=repository.slug,
        name=repository.name,
        url=repository.url,
        branch=repository.branch,
        provider=repository.provider,
        enabled=repository.enabled,
        team_id=repository.team_id,
        tags=repository.tags,
        score=figures.score if figures else None,
        score_without_waivers=figures.score_without_waivers if figures else None,
        waived=figures.waived if figures else 0,
        suppressed=figures.suppressed if figures else 0,
        previous_score=figures.previous_score if figures else None,
        delta=_delta(figures, figures.score_30) if figures else None,
        delta_week=_delta(figures, figures.score_7) if figures else None,
        standing=figures.standing if figures else "",
        evaluated=figures.evaluated if figures else 0,
        applicable=figures.applicable if figures else 0,
        must_open=figures.must_open if figures else 0,
        should_open=figures.should_open if figures else 0,
        new_must=figures.new_must if figures else 0,
        tasks_to_plumb=figures.tasks_to_plumb if figures else 0,
        patches=figures.patches if figures else 0,
        new_week=figures.new_week if figures else 0,
        fixed_week=figures.fixed_week if figures else 0,
        commit=figures.commit if figures else "",
        taken_at=figures.taken_at if figures else None,
        scan_state=scan.state if scan else "",
        scan_at=(scan.finished_at or scan.created_at) if scan else None,
        attention=_attention(repository, scan, now),
        history=[score for score in figures.history if score is not None] if figures else [],
    )


def _delta(figures: HeadlineRow, then: float | None) -> float | None:
    """Points since then; one snapshot is no move yet."""
    if figures.score is None or then is None or figures.previous_score is None:
        return None
    return round(figures.score - then, 2)


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
