"""Adding up the fleet and its teams day by day, from what changed.

A snapshot only leaves a note that a day is due. A worker takes the notes and adds up: the present day from the newest
figures of each repository, earlier days by walking through the snapshots since. Either way the rows are those that
a walk through everything would give, so that it may run twice, or late.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import batched, chain

from psycopg.types.json import Jsonb

from django.db import transaction
from django.db.models import Exists, Min, OuterRef, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.accounts.models import Team
from apps.repositories.models import Repository
from apps.scorecards.models import DayDue, Headline, ScopeDay, Sheet, Snapshot
from apps.scorecards.services.headlines import headlines_slide, headlines_write
from apps.scorecards.services.walking import steps_since
from apps.scorecards.sheets import sheet_decode
from apps.scorecards.sums import Figures, Total, causes_of_move
from core.bulk import rows_copy
from core.days import day_begin
from core.locks import only_one

_LOCK = 7_412_003
_LARGE = 100
_CHUNK = 500
_PATIENCE = timedelta(minutes=10)
FLEET = 0
"""The scope of all repositories; others are named by the team."""

_FIELDS = (
    "created_at", "day", "team", "repositories", "plumb", "leaning", "off", "mean", "worst", "low", "median", "high",
    "must_open", "should_open", "waived", "new", "fixed", "reopened", "causes", "sections", "rules", "flows",
)  # fmt: skip


def day_due(*, day: date, teams: Iterable[int | None]) -> None:
    """Note that the fleet and these teams have to be added up again from a day on."""
    DayDue.objects.create(day=day, teams=sorted({team for team in teams if team is not None}))


def day_due_of(snapshot: Snapshot) -> None:
    """Note that what a snapshot counts in has to be added up again from its day on."""
    team = snapshot.repository.team
    teams = (team.pk, team.parent_id) if team else ()
    day_due(day=timezone.localdate(snapshot.taken_at), teams=teams)


def days_settle() -> int:
    """Add up what is due; again changes nothing.

    Returns:
        How many rows were written; 0 also if another process is at it.
    """
    with only_one(_LOCK) as is_ours:
        if not is_ours:
            return 0
        headlines_slide()
        _unknown_due()
        due = _due()
        first: dict[int, date] = {}
        for _pk, day, teams in due:
            for scope in (FLEET, *teams):
                first[scope] = min(day, first.get(scope, day))
        existing = {FLEET, *Team.objects.filter(pk__in=first).values_list("pk", flat=True)}
        written = _settle({scope: day for scope, day in first.items() if scope in existing})
        DayDue.objects.filter(pk__in=[pk for pk, _day, _teams in due]).delete()
        return written


def days_review(*, repository_id: int | None = None) -> int:
    """Look for repositories that belong to other teams than those they were added up in; how many there were.

    Teams that were moved into another one, or out of it, are found here too.

    Args:
        repository_id: Look at this one alone.
    """
    held = Headline.objects.order_by("id")
    if repository_id is not None:
        held = held.filter(repository_id=repository_id)
    rows = held.values_list(
        "repository_id", "teams", "repository__team_id", "repository__team__parent_id"
    )
    moved = {}
    for pk, were, team_id, parent_id in rows:
        teams = [team for team in (team_id, parent_id) if team is not None]
        if were != teams:
            moved[pk] = {*were, *teams}
    with transaction.atomic():
        for pk, teams_of_both in moved.items():
            _history_due(pk, teams_of_both)
        headlines_write(repository_ids=moved)
    return len(moved)


def days_due_without(*, repository_id: int) -> None:
    """Note that a repository, which is still there, will belong to no history any more."""
    teams = Headline.objects.filter(repository_id=repository_id).values_list("teams", flat=True)
    _history_due(repository_id, teams.first() or ())


def _unknown_due() -> None:
    """Take in repositories with snapshots from before there were roll-ups."""
    taken = Snapshot.objects.filter(repository=OuterRef("pk"), replayed=False)
    unknown = Repository.objects.filter(Exists(taken), headline__isnull=True)
    found = list(unknown.order_by("id").values_list("pk", "team_id", "team__parent_id"))
    for pk, *teams in found:
        _history_due(pk, [team for team in teams if team is not None])
    if found:
        headlines_write(repository_ids=[pk for pk, *_teams in found])


def _history_due(repository_id: int, teams: Iterable[int]) -> None:
    snapshots = Snapshot.objects.filter(repository_id=repository_id)
    first = snapshots.aggregate(first=Min("taken_at"))["first"]
    if first is not None:
        day_due(day=timezone.localdate(first), teams=teams)


def _due() -> list[tuple[int, date, list[int]]]:
    """The notes to take now. In a large fleet those of the past wait until there are more of them."""
    notes = DayDue.objects.order_by("id")
    if Headline.objects.count() > _LARGE:
        ripe = timezone.now() - _PATIENCE
        yesterday = timezone.localdate() - timedelta(days=1)
        if not notes.filter(day__lt=yesterday, created_at__lt=ripe).exists():
            notes = notes.filter(day__gte=yesterday)
    return list(notes.values_list("pk", "day", "teams"))


# plumbline: ignore[SVC04] it runs in the transaction that holds the lock
def _settle(first: Mapping[int, date]) -> int:
    today = timezone.localdate()
    rows: Iterator[tuple[object, ...]] = iter(())
    late = {scope: day for scope, day in first.items() if day < today}
    members = _members(first.keys())
    if late:
        rows = chain(rows, _walked(late, members, today))
    if current := first.keys() - late.keys():
        rows = chain(rows, _present(current, members, today))
    for scope, day in first.items():
        _days_of(scope).filter(day__gte=day).delete()
    written = 0
    for some in batched(rows, _CHUNK, strict=False):
        rows_copy(ScopeDay, _FIELDS, some)
        written += len(some)
    return written


def _members(scopes: Collection[int]) -> dict[int, list[int]]:
    """Repository to the scopes that it is part of, of those that are asked for."""
    rows = Repository.objects.order_by("id").values_list(
        "pk", Coalesce("team_id", -1), Coalesce("team__parent_id", -1)
    )
    found: dict[int, list[int]] = {}
    for pk, team_id, parent_id in rows:
        mine = [scope for scope in (FLEET, team_id, parent_id) if scope in scopes]
        if mine:
            found[pk] = mine
    return found


def _days_of(scope: int) -> QuerySet[ScopeDay]:
    days = ScopeDay.objects.all()
    return days.filter(team_id=scope) if scope else days.filter(team_id__isnull=True)


@dataclass(slots=True)
class _Day:
    """What happened in a scope on a day."""

    causes: list[Mapping[str, float]] = field(default_factory=list)
    flows: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))
    is_touched: bool = False

    def add(self, causes: Mapping[str, float], flows: Mapping[str, list[int]]) -> None:
        """A snapshot was taken."""
        self.is_touched = True
        if causes:
            self.causes.append(causes)
        for code, numbers in flows.items():
            row = self.flows[code]
            for place, number in enumerate(numbers):
                row[place] += number


def _row(
    scope: int, day: date, total: Total, happened: _Day, was: float | None
) -> tuple[object, ...]:
    mean, count = total.mean, len(total.scores)
    standings = total.standing_counts()
    sums = [sum(row[place] for row in happened.flows.values()) for place in range(3)]
    return (
        *(timezone.now(), day, scope or None, count),
        *(standings["plumb"], standings["leaning"], standings["off"]),
        *(mean, total.quantile(0), total.quantile(0.25), total.quantile(0.5), total.quantile(0.75)),
        *(total.must_open, total.should_open, total.waived, *sums),
        Jsonb(causes_of_move(was, mean, happened.causes, count)),
        *(Jsonb(total.section_figures()), Jsonb(total.rule_figures())),
        Jsonb(dict(sorted(happened.flows.items()))),
    )


def _present(
    scopes: Collection[int], members: Mapping[int, list[int]], today: date
) -> Iterator[tuple[object, ...]]:
    """The rows of today, from the newest figures."""
    ids = list(members) if FLEET not in scopes else None
    totals = {scope: Total() for scope in scopes}
    for repository_id, figures in _headlines(ids):
        for scope in members.get(repository_id, ()):
            if scope in totals:
                totals[scope].put(None, figures)
    sheets = Sheet.objects.order_by().values_list("repository_id", "data")
    for repository_id, data in sheets if ids is None else sheets.filter(repository_id__in=ids):
        results = sheet_decode(data)
        for scope in members.get(repository_id, ()):
            if scope in totals:
                totals[scope].put_results((), results)
    days: dict[int, _Day] = defaultdict(_Day)
    taken = Snapshot.objects.filter(taken_at__gte=day_begin(today), replayed=False)
    for repository_id, causes, flows in taken.order_by("id").values_list(
        "repository_id", "causes", "flows"
    ):
        for scope in members.get(repository_id, ()):
            days[scope].add(causes, flows)
    for scope in scopes:
        before = _days_of(scope).filter(day__lt=today).order_by("-day")
        was = before.values_list("mean", flat=True).first()
        yield _row(scope, today, totals[scope], days[scope], was)


def _walked(
    late: Mapping[int, date], members: Mapping[int, list[int]], today: date
) -> Iterator[tuple[object, ...]]:
    """The rows from each scope's first day on, by walking through what happened since."""
    first = min(late.values())
    totals = {scope: Total() for scope in late}
    was: dict[int, float | None] = dict.fromkeys(late)
    days: dict[int, _Day] = defaultdict(_Day)
    current = first - timedelta(days=1)
    ids = [pk for pk, scopes in members.items() if any(scope in late for scope in scopes)]

    def close() -> Iterator[tuple[object, ...]]:
        for scope, total in totals.items():
            happened = days.pop(scope, None)
            if happened is not None and happened.is_touched and late[scope] <= current:
                yield _row(scope, current, total, happened, was[scope])
            was[scope] = total.mean

    for step in steps_since(repository_ids=ids, day=first):
        day = max(step.day, first - timedelta(days=1))
        if day != current:
            yield from close()
            current = day
        for scope in members[step.repository_id]:
            if scope in totals:
                totals[scope].put(step.before, step.after)
                totals[scope].put_results(step.results_before, step.results_after)
                if day >= first:
                    days[scope].add(step.causes, step.flows)
    yield from close()


def _headlines(ids: list[int] | None) -> Iterator[tuple[int, Figures]]:
    rows = Headline.objects.filter(score__isnull=False).order_by()
    if ids is not None:
        rows = rows.filter(repository_id__in=ids)
    for repository_id, *values in rows.values_list("repository_id", *Figures._fields):
        yield repository_id, Figures(*values)
