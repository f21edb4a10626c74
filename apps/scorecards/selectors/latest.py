"""The newest snapshot and the newest scan of each repository, in a bounded number of queries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery

from apps.accounts.selectors import Person
from apps.repositories.models import Repository
from apps.repositories.selectors import repository_visible
from apps.scans.models import Scan
from apps.scorecards.models import Snapshot


@dataclass(frozen=True, slots=True)
class Latest:
    """A repository with its newest snapshot and its newest scan of the watched branch."""

    repository: Repository
    snapshot: Snapshot | None
    scan: Scan | None

    @property
    def result_scan_id(self) -> int | None:
        """The scan that holds the rule results behind the snapshot."""
        if self.snapshot is None:
            return None
        return self.snapshot.scan.same_as_id or self.snapshot.scan_id


def latest_list(*, user: Person, repositories: QuerySet[Repository] | None = None) -> list[Latest]:
    """Every repository that the user may see, by name: three queries, however many there are."""
    scope = repository_visible(user=user) if repositories is None else repositories
    snapshots = Snapshot.objects.filter(repository=OuterRef("pk")).order_by("-taken_at", "-id")
    scans = Scan.objects.filter(repository=OuterRef("pk"), ref="").order_by("-id")
    rows = list(
        scope.annotate(
            snapshot_pk=Subquery(snapshots.values("pk")[:1]),
            scan_pk=Subquery(scans.values("pk")[:1]),
        ).order_by("name", "id")
    )
    snapshot_by_id = Snapshot.objects.select_related("scan").in_bulk(
        [row.snapshot_pk for row in rows if row.snapshot_pk]
    )
    scan_by_id = Scan.objects.in_bulk([row.scan_pk for row in rows if row.scan_pk])
    return [
        Latest(
            row,
            snapshot_by_id.get(row.snapshot_pk or 0),
            scan_by_id.get(row.scan_pk or 0),
        )
        for row in rows
    ]


def scores_at(*, repository_ids: list[int], at: datetime) -> Mapping[int, float]:
    """The score that each repository had at a time: of its last snapshot until then."""
    earlier = Snapshot.objects.filter(
        repository=OuterRef("pk"), taken_at__lte=at, score__isnull=False
    ).order_by("-taken_at", "-id")
    rows = (
        Repository.objects.filter(pk__in=repository_ids)
        .annotate(score_then=Subquery(earlier.values("score")[:1]))
        .values_list("pk", "score_then")
    )
    return {pk: float(score) for pk, score in rows if score is not None}
