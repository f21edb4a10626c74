"""The findings of a repository by everything that a page filters them by."""

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, overload

from django.db import models
from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.db.models.functions import Length, Substr
from django.utils import timezone

from apps.accounts.selectors import Person
from apps.findings.choices import Cause, EventKind, FindingState
from apps.findings.models import Finding, FindingEvent
from apps.findings.selectors.findings import finding_list, level_place
from apps.repositories.models import Repository

NEW_FOR = timedelta(days=7)


class Group(models.TextChoices):
    """Where findings stand, as people ask for them: groups overlap."""

    OPEN = "open", "Open"
    NEW = "new", "New this week"
    REOPENED = "reopened", "Reopened"
    WAIVED = "waived", "Waived"
    SUPPRESSED = "suppressed", "Suppressed"
    FIXED = "fixed", "Fixed"
    REMOVED = "removed", "Removed"
    ALL = "all", "All"


REMOVED = (FindingState.REMOVED_BY_RULE, FindingState.REMOVED_WITH_FILE)
ORDERS: dict[str, tuple[str, ...]] = {
    "": ("preview", "level_order", "code", "path", "line", "id"),
    "newest": ("-first_seen_at", "-id"),
    "path": ("path", "line", "id"),
}
"""By rule with MUST first, the newest first, or by place."""


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """Which findings of a repository, and in which order.

    Attributes:
        group: Where they stand.
        level: MUST, SHOULD or MAY; blank for all.
        codes: Only these rules'; None for all.
        path: Only in paths that begin so.
        has_fix: Only those for which a fix is ready.
        search: Only those whose message, path or symbol holds it.
        order: One of ``ORDERS``.
    """

    group: str = Group.OPEN
    level: str = ""
    codes: frozenset[str] | None = None
    path: str = ""
    has_fix: bool = False
    search: str = ""
    order: str = ""


_TOLD_APART = ("state", "preview", "level", "code", "folder", "has_fix", "is_new", "is_reopened")


@dataclass(frozen=True, slots=True)
class TallyRow:
    """So many findings that are alike in all that facets tell apart; ``folder`` is the one next below the path."""

    state: str
    preview: bool
    level: str
    code: str
    folder: str
    has_fix: bool
    is_new: bool
    is_reopened: bool
    count: int


_IN_GROUP: dict[str, Callable[[TallyRow], bool]] = {
    Group.OPEN: lambda row: row.state == FindingState.OPEN,
    Group.NEW: lambda row: row.state == FindingState.OPEN and row.is_new,
    Group.REOPENED: lambda row: row.state == FindingState.OPEN and row.is_reopened,
    Group.WAIVED: lambda row: row.state == FindingState.WAIVED,
    Group.SUPPRESSED: lambda row: row.state == FindingState.SUPPRESSED,
    Group.FIXED: lambda row: row.state == FindingState.FIXED,
    Group.REMOVED: lambda row: row.state in REMOVED,
    Group.ALL: lambda row: True,
}


@dataclass(frozen=True, slots=True)
class FindingTally:
    """How many findings there are, by what facets tell apart; search and path hold already."""

    rows: Sequence[TallyRow]

    def count(self, chosen: FindingFilter) -> int:
        """How many a filter leaves."""
        return sum(self.by(lambda row: "", chosen).values())

    def by[Key: Hashable](
        self, key: Callable[[TallyRow], Key], chosen: FindingFilter
    ) -> dict[Key, int]:
        """Key to the number of findings that a filter leaves."""
        counts: dict[Key, int] = {}
        belongs = _IN_GROUP[chosen.group]
        for row in self.rows:
            if (
                belongs(row)
                and chosen.level in ("", row.level)
                and (chosen.codes is None or row.code in chosen.codes)
                and (row.has_fix or not chosen.has_fix)
            ):
                name = key(row)
                counts[name] = counts.get(name, 0) + row.count
        return counts

    def by_group(self, chosen: FindingFilter) -> dict[str, int]:
        """Group to the number of findings, whatever group is chosen."""
        return {name: self.count(replace(chosen, group=name)) for name in Group.values}


def finding_tally(
    *, user: Person, repository: Repository, chosen: FindingFilter, now: datetime | None = None
) -> FindingTally:
    """Count a repository's findings for all facets in one query."""
    rows = (
        _searched(finding_list(user=user, repository=repository, state=None), chosen)
        .order_by()
        .annotate(
            folder=_folder(chosen.path),
            has_fix=_when(~Q(fix="")),
            is_new=_when(Q(pk__in=_new(repository, now))),
            is_reopened=_when(Q(reopened_at__isnull=False)),
        )
        .values(*_TOLD_APART)
        .annotate(findings=Count("pk"))
        .values_list(*_TOLD_APART, "findings")
    )
    return FindingTally([TallyRow(*row) for row in rows])


def finding_filtered(
    *, user: Person, repository: Repository, chosen: FindingFilter, now: datetime | None = None
) -> QuerySet[Finding]:
    """The findings that a filter leaves, in its order."""
    findings = finding_list(user=user, repository=repository, state=None)
    return _filtered(findings, repository, chosen, now).order_by(*ORDERS[chosen.order])


class FindingsByRule(Sequence[Finding]):
    """What a filter leaves in the order by rule, for pages: each sorts the findings of its own rules alone."""

    def __init__(self, rows: QuerySet[Finding], tally: FindingTally, chosen: FindingFilter) -> None:
        """Take all findings that the filter leaves, and how many of which rule they are."""
        self._rows = rows
        counts = tally.by(
            lambda row: (row.preview, level_place(row.level), row.level, row.code), chosen
        )
        self._counts = sorted(counts.items())

    def __len__(self) -> int:
        return sum(count for _, count in self._counts)

    @overload
    def __getitem__(self, wanted: int) -> Finding: ...

    @overload
    def __getitem__(self, wanted: slice) -> list[Finding]: ...

    def __getitem__(self, wanted: int | slice) -> Finding | list[Finding]:
        if isinstance(wanted, int):
            return self[wanted : wanted + 1][0]
        start, stop, _ = wanted.indices(len(self))
        own, before, end = Q(pk__in=()), 0, 0
        for (preview, _, level, code), count in self._counts:
            begin, end = end, end + count
            if end <= start:
                before = end
            elif begin < stop:
                own |= Q(preview=preview, level=level, code=code)
        return list(self._rows.filter(own)[start - before : stop - before])


def finding_neighbours(
    *, user: Person, finding: Finding, chosen: FindingFilter
) -> tuple[Finding | None, Finding | None]:
    """The finding before and the one after, in the order of a filter, whether or not it leaves this one."""
    rows = finding_filtered(user=user, repository=finding.repository, chosen=chosen)
    rows = rows.select_related(None).only("pk")
    order = ORDERS[chosen.order]
    known = {
        name: level_place(finding.level) if name == "level_order" else getattr(finding, name)
        for name in (part.removeprefix("-") for part in order)
    }
    after = rows.filter(_beyond(order, known)).first()
    back = tuple(part[1:] if part.startswith("-") else f"-{part}" for part in order)
    before = rows.filter(_beyond(back, known)).order_by(*back).first()
    return before, after


def findings_chosen(
    *, user: Person, repository: Repository, pks: Collection[int]
) -> QuerySet[Finding]:
    """Those of a repository's findings that have these keys, by rule and place."""
    return (
        finding_list(user=user, repository=repository, state=None)
        .filter(pk__in=pks)
        .order_by("code", "path", "line", "id")
    )


def _filtered(
    findings: QuerySet[Finding],
    repository: Repository,
    chosen: FindingFilter,
    now: datetime | None,
) -> QuerySet[Finding]:
    findings = _searched(findings, chosen)
    states = {
        Group.OPEN: Q(state=FindingState.OPEN),
        Group.NEW: Q(state=FindingState.OPEN, pk__in=_new(repository, now)),
        Group.REOPENED: Q(state=FindingState.OPEN, reopened_at__isnull=False),
        Group.WAIVED: Q(state=FindingState.WAIVED),
        Group.SUPPRESSED: Q(state=FindingState.SUPPRESSED),
        Group.FIXED: Q(state=FindingState.FIXED),
        Group.REMOVED: Q(state__in=REMOVED),
        Group.ALL: Q(),
    }
    findings = findings.filter(states[Group(chosen.group)])
    if chosen.level:
        findings = findings.filter(level=chosen.level)
    if chosen.codes is not None:
        findings = findings.filter(code__in=chosen.codes)
    if chosen.has_fix:
        findings = findings.exclude(fix="")
    return findings


def _searched(findings: QuerySet[Finding], chosen: FindingFilter) -> QuerySet[Finding]:
    if chosen.path:
        findings = findings.filter(path__startswith=chosen.path)
    if chosen.search:
        findings = findings.filter(
            Q(message__icontains=chosen.search)
            | Q(path__icontains=chosen.search)
            | Q(symbol__icontains=chosen.search)
            | Q(code__iexact=chosen.search)
        )
    return findings


def _new(repository: Repository, now: datetime | None) -> QuerySet[FindingEvent, int]:
    """What came with the code in the last week: what a first scan or a changed rule brings is not new."""
    return FindingEvent.objects.filter(
        repository=repository,
        at__gte=(now or timezone.now()) - NEW_FOR,
        kind=EventKind.NEW,
        cause=Cause.CODE,
    ).values_list("finding", flat=True)


def _folder(path: str) -> Substr:
    """The beginning of a finding's path: to the folder (with its slash) or file next below a path."""
    above = path.rfind("/") + 1
    name = models.Func(
        Substr("path", above + 1),
        Value("/"),
        Value(1),
        function="split_part",
        output_field=models.TextField(),
    )
    return Substr("path", 1, Length(name) + above + 1)


def _when(condition: Q) -> Case:
    return Case(
        When(condition, then=Value(True)),
        default=Value(False),
        output_field=models.BooleanField(),
    )


def _beyond(order: Sequence[str], known: dict[str, Any]) -> Q:
    """What comes after these values in an order."""
    beyond, same = Q(), Q()
    for part in order:
        name = part.removeprefix("-")
        step = "lt" if part.startswith("-") else "gt"
        beyond |= same & Q(**{f"{name}__{step}": known[name]})
        same &= Q(**{name: known[name]})
    return beyond
