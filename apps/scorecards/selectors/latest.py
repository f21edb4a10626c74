"""The newest snapshot and the newest scan of each repository, in a bounded number of queries.

Rows are plain tuples of what lists need: a fleet has a thousand of them, and models with JSON
columns would take most of a page's time.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from django.db.models import FloatField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast, Coalesce

from apps.accounts.selectors import Person
from apps.repositories.models import Repository
from apps.repositories.selectors import repository_visible
from apps.scans.models import Scan
from apps.scorecards.models import Snapshot

_NEWEST_SNAPSHOT = Snapshot.objects.filter(repository=OuterRef("pk"), replayed=False).order_by(
    "-taken_at", "-id"
)
_NEWEST_SCAN = Scan.objects.filter(repository=OuterRef("pk"), ref="", as_of=None).order_by("-id")


class RepositoryRow(NamedTuple):
    """A repository as lists name it."""

    pk: int
    slug: str
    name: str
    url: str
    branch: str
    provider: str
    enabled: bool


class SnapshotRow(NamedTuple):
    """The figures of a snapshot, and the scan that holds the rule results behind them."""

    taken_at: datetime
    score: float | None
    score_without_waivers: float | None
    waived: int
    suppressed: int
    standing: str
    evaluated: int
    applicable: int
    must_open: int
    should_open: int
    tasks_to_plumb: int
    commit: str
    result_scan_id: int


class ScanRow(NamedTuple):
    """How a scan stands."""

    state: str
    created_at: datetime
    finished_at: datetime | None
    error_text: str
    empty_reason: str


class Latest(NamedTuple):
    """A repository with its newest snapshot and its newest scan of the watched branch."""

    repository: RepositoryRow
    snapshot: SnapshotRow | None
    scan: ScanRow | None


class Base(NamedTuple):
    """Earlier scores of a repository: where it stood then, and in its snapshot before the newest."""

    then: float | None
    previous: float | None


def latest_list(*, user: Person, repositories: QuerySet[Repository] | None = None) -> list[Latest]:
    """Every repository that the user may see, by name: three queries, however many there are."""
    scope = repository_visible(user=user) if repositories is None else repositories
    rows = list(
        scope.order_by("name", "id").values_list(
            *RepositoryRow._fields,
            Subquery(_NEWEST_SNAPSHOT.values("pk")[:1]),
            Subquery(_NEWEST_SCAN.values("pk")[:1]),
        )
    )
    snapshots = _snapshots(row[-2] for row in rows if row[-2])
    scans = _scans(row[-1] for row in rows if row[-1])
    return [
        Latest(RepositoryRow(*row[:-2]), snapshots.get(row[-2] or 0), scans.get(row[-1] or 0))
        for row in rows
    ]


def result_scan_list(*, user: Person) -> dict[int, RepositoryRow]:
    """The scan that holds the newest rule results of each judged repository, and whose it is."""
    rows = (
        repository_visible(user=user)
        .annotate(
            result_scan_id=Subquery(
                _NEWEST_SNAPSHOT.values(held=Coalesce("scan__same_as_id", "scan_id"))[:1]
            )
        )
        .filter(result_scan_id__isnull=False)
        .values_list("result_scan_id", *RepositoryRow._fields)
    )
    return {row[0]: RepositoryRow(*row[1:]) for row in rows}


def bases_at(*, repository_ids: list[int], at: datetime) -> Mapping[int, Base]:
    """The scores against which moves are told: at a time, or the first one of a younger repository."""
    scored = Snapshot.objects.filter(repository=OuterRef("pk"), score__isnull=False)
    newest = scored.order_by("-taken_at", "-id").values("score")
    earlier = scored.filter(taken_at__lte=at).order_by("-taken_at", "-id").values("score")[:1]
    first = scored.order_by("taken_at", "id").values("score")[:1]
    rows = Repository.objects.filter(pk__in=repository_ids).values_list(
        "pk",
        Cast(Coalesce(Subquery(earlier), Subquery(first)), FloatField()),
        Cast(Subquery(newest[1:2]), FloatField()),
    )
    return {pk: Base(then, previous) for pk, then, previous in rows}


def scores_at(*, repository_ids: list[int], at: datetime) -> Mapping[int, float]:
    """The score that each repository had at a time: of its last snapshot until then."""
    earlier = Snapshot.objects.filter(
        repository=OuterRef("pk"), taken_at__lte=at, score__isnull=False
    ).order_by("-taken_at", "-id")
    rows = (
        Repository.objects.filter(pk__in=repository_ids)
        .annotate(score_then=Cast(Subquery(earlier.values("score")[:1]), FloatField()))
        .filter(score_then__isnull=False)
        .values_list("pk", "score_then")
    )
    return dict(rows)


def _snapshots(ids: Iterable[int]) -> dict[int, SnapshotRow]:
    rows = Snapshot.objects.filter(pk__in=list(ids)).values_list(
        "pk",
        "taken_at",
        Cast("score", FloatField()),
        Cast("score_without_waivers", FloatField()),
        *("waived", "suppressed", "standing"),
        *("evaluated", "applicable", "must_open", "should_open", "tasks_to_plumb"),
        "scan__commit",
        Coalesce("scan__same_as_id", "scan_id"),
    )
    return {row[0]: SnapshotRow(*row[1:]) for row in rows}


def _scans(ids: Iterable[int]) -> dict[int, ScanRow]:
    rows = Scan.objects.filter(pk__in=list(ids)).values_list("pk", *ScanRow._fields)
    return {row[0]: ScanRow(*row[1:]) for row in rows}
