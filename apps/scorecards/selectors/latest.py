"""The present figures and the newest scan of each repository, in a bounded number of queries.

Rows are plain tuples of what lists need: a fleet has a thousand of them, and models with JSON
columns would take most of a page's time.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import OuterRef, Q, QuerySet, Subquery

from apps.accounts.models import Team
from apps.accounts.selectors import Person
from apps.repositories.models import Repository
from apps.repositories.selectors import repository_visible
from apps.scans.models import Scan
from apps.scorecards.models import Headline
from core.bulk import is_any_of

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
    team_id: int | None
    tags: list[str]


class HeadlineRow(NamedTuple):
    """A repository's present figures, as `apps.scorecards.models.Headline` has them."""

    taken_at: datetime
    score: float | None
    score_without_waivers: float | None
    standing: str
    evaluated: int
    applicable: int
    must_open: int
    should_open: int
    new_must: int
    tasks_to_plumb: int
    patches: int
    waived: int
    suppressed: int
    previous_score: float | None
    score_7: float | None
    score_30: float | None
    history: list[float | None]
    new_week: int
    fixed_week: int
    commit: str


class ScanRow(NamedTuple):
    """How a scan stands."""

    state: str
    created_at: datetime
    finished_at: datetime | None
    error_text: str
    empty_reason: str


class Latest(NamedTuple):
    """A repository with its present figures and its newest scan of the watched branch."""

    repository: RepositoryRow
    headline: HeadlineRow | None
    scan: ScanRow | None


class Base(NamedTuple):
    """Earlier scores of a repository: where it stood then, and in its snapshot before the newest."""

    then: float | None
    previous: float | None


def latest_list(*, user: Person, repositories: QuerySet[Repository] | None = None) -> list[Latest]:
    """Every repository that the user may see, by name: two queries, however many there are."""
    scope = repository_visible(user=user) if repositories is None else repositories
    rows = list(
        scope.order_by("name", "id").values_list(
            *RepositoryRow._fields,
            *(f"headline__{name}" for name in HeadlineRow._fields[:-1]),
            "headline__snapshot__scan__commit",
            Subquery(_NEWEST_SCAN.values("pk")[:1]),
        )
    )
    scans = _scans(row[-1] for row in rows if row[-1])
    width = len(RepositoryRow._fields)
    return [
        Latest(
            RepositoryRow(*row[:width]),
            None if row[width] is None else HeadlineRow(*row[width:-1]),
            scans.get(row[-1] or 0),
        )
        for row in rows
    ]


def result_scan_list(*, user: Person, team: Team | None = None) -> dict[int, RepositoryRow]:
    """The scan that holds the newest rule results of each judged repository, and whose it is.

    Of a team, and of those in it, if one is given.
    """
    scope = Q() if team is None else Q(team=team) | Q(team__parent=team)
    rows = (
        repository_visible(user=user)
        .filter(scope, headline__isnull=False)
        .values_list("headline__scan_id", *RepositoryRow._fields)
    )
    return {row[0]: RepositoryRow(*row[1:]) for row in rows}


def base_of(repository: Repository) -> Base | None:
    """The scores against which the move of a month is told: at its begin, or the first one of a younger repository."""
    row = Headline.objects.filter(repository=repository).values_list("score_30", "previous_score")
    found = row.first()
    return None if found is None else Base(*found)


def _scans(ids: Iterable[int]) -> dict[int, ScanRow]:
    rows = Scan.objects.filter(is_any_of("pk", ids)).values_list("pk", *ScanRow._fields)
    return {row[0]: ScanRow(*row[1:]) for row in rows}
