"""Reading findings: scoped to the user, newest troubles first where it matters."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import (
    FETCH_RAISE,
    Case,
    Count,
    IntegerField,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from apps.accounts.selectors import Person
from apps.findings.choices import PRESENT, Cause, EventKind, FindingState
from apps.findings.models import Finding, FindingEvent, FindingPatch, Judgement
from apps.repositories.models import Repository
from apps.repositories.selectors import repository_visible
from core.exceptions import NotFound

LEVEL_ORDER = {"MUST": 0, "SHOULD": 1, "MAY": 2}


def level_place(level: str) -> int:
    """Where a level stands in the order of findings, counted from 0; what is none stands last."""
    return LEVEL_ORDER.get(level, len(LEVEL_ORDER))


_BY_LEVEL = Case(
    *(When(level=level, then=Value(place)) for level, place in LEVEL_ORDER.items()),
    default=Value(len(LEVEL_ORDER)),
    output_field=IntegerField(),
)


@dataclass(frozen=True, slots=True)
class FindingCounts:
    """How many findings of a repository are in which state; preview rules are counted apart."""

    must: int = 0
    should: int = 0
    may: int = 0
    preview: int = 0
    suppressed: int = 0
    fixed: int = 0
    waived: int = 0

    @property
    def open(self) -> int:
        """Every open finding of a rule that scores."""
        return self.must + self.should + self.may


def finding_list(
    *,
    user: Person,
    repository: Repository | None = None,
    code: str | None = None,
    level: str | None = None,
    state: str | None = FindingState.OPEN,
    preview: bool | None = None,
) -> QuerySet[Finding]:
    """The findings that the user may see: MUST before SHOULD, then by rule and place.

    Args:
        user: Who asks.
        repository: Only this one's.
        code: Only this rule's.
        level: MUST, SHOULD or MAY.
        state: One of ``FindingState``, or None for all.
        preview: Only (True) or without (False) rules in preview.
    """
    visible = repository_visible(user=user)
    if repository is None:
        findings = Finding.objects.filter(repository__in=visible)
    else:
        # Looked up once, and not for each of thirty thousand findings.
        own = visible.filter(pk=repository.pk).order_by().values("pk")[:1]
        findings = Finding.objects.filter(repository=Subquery(own))
    wanted = {"code": code, "level": level, "state": state, "preview": preview}
    findings = findings.filter(**{key: value for key, value in wanted.items() if value is not None})
    return (
        findings.select_related("repository")
        .annotate(level_order=_BY_LEVEL)
        .order_by("preview", "level_order", "code", "path", "line", "id")
        .fetch_mode(FETCH_RAISE)
    )


def finding_counts(repository: Repository) -> FindingCounts:
    """How many findings of a repository are in which state."""
    return finding_counts_by_repository([repository.pk]).get(repository.pk, FindingCounts())


def finding_counts_by_repository(repository_ids: Iterable[int]) -> dict[int, FindingCounts]:
    """The counts of several repositories in one query."""
    is_open = Q(state=FindingState.OPEN)
    scored = is_open & Q(preview=False)
    rows = (
        Finding.objects.filter(repository_id__in=list(repository_ids))
        .order_by()
        .values("repository_id")
        .annotate(
            must=Count("pk", filter=scored & Q(level="MUST")),
            should=Count("pk", filter=scored & Q(level="SHOULD")),
            may=Count("pk", filter=scored & Q(level="MAY")),
            in_preview=Count("pk", filter=is_open & Q(preview=True)),
            suppressed=Count("pk", filter=Q(state=FindingState.SUPPRESSED)),
            fixed=Count("pk", filter=Q(state=FindingState.FIXED)),
            waived=Count("pk", filter=Q(state=FindingState.WAIVED)),
        )
    )
    return {
        row["repository_id"]: FindingCounts(
            row["must"],
            row["should"],
            row["may"],
            row["in_preview"],
            row["suppressed"],
            row["fixed"],
            row["waived"],
        )
        for row in rows
    }


def patch_counts(*, repository_id: int) -> dict[str, int]:
    """Rule to the number of its open findings for which a fix is ready."""
    return dict(
        Finding.objects.filter(repository_id=repository_id, state=FindingState.OPEN)
        .exclude(fix="")
        .order_by()
        .values_list("code")
        .annotate(number=Count("pk"))
    )


def fresh_counts(*, repository_id: int) -> dict[str, int]:
    """Rule to the number of its open findings that came with the code since the repository's baseline."""
    judgement = Judgement.objects.filter(repository_id=repository_id).only("baseline_at").first()
    findings = Finding.objects.filter(
        repository_id=repository_id, state=FindingState.OPEN, came_at__isnull=False
    )
    if judgement is not None and judgement.baseline_at is not None:
        findings = findings.filter(came_at__gt=judgement.baseline_at)
    return dict(findings.order_by().values_list("code").annotate(number=Count("pk")))


def flow_counts(*, scan_id: int) -> dict[str, list[int]]:
    """Rule to how many findings a scan told of as [new, fixed, reopened], where the code was the cause."""
    kinds = (EventKind.NEW, EventKind.FIXED, EventKind.REOPENED)
    rows = (
        FindingEvent.objects.filter(
            scan_id=scan_id, cause=Cause.CODE, kind__in=kinds, preview=False
        )
        .order_by("code")
        .values_list("code", "kind")
        .annotate(number=Count("pk"))
    )
    found: dict[str, list[int]] = {}
    for code, kind, number in rows:
        found.setdefault(code, [0, 0, 0])[kinds.index(kind)] = number
    return found


def finding_blobs(*, repository_id: int) -> Mapping[str, str]:
    """Fingerprint to the blob from which the finding's code was taken, for all that are there."""
    return dict(
        Finding.objects.filter(repository_id=repository_id, state__in=PRESENT)
        .order_by()
        .values_list("fingerprint", "blob")
    )


def judged_commit(*, repository_id: int) -> str:
    """The commit that a repository's findings are those of; blank before the first judgement."""
    judgement = Judgement.objects.filter(repository_id=repository_id).only("commit").first()
    return judgement.commit if judgement else ""


def finding_get(*, user: Person, pk: int) -> Finding:
    """One finding, whatever became of it.

    Raises:
        NotFound: There is none, or the user may not see it.
    """
    finding = (
        finding_list(user=user, state=None)
        .select_related("repository__team", "waiver__decided_by", "first_seen_scan")
        .filter(pk=pk)
        .first()
    )
    if finding is None:
        raise NotFound("There is no such finding.")
    return finding


def finding_history(finding: Finding) -> QuerySet[FindingEvent]:
    """Everything that happened to a finding, oldest first."""
    return (
        FindingEvent.objects.filter(finding=finding)
        .select_related("scan", "waiver__decided_by")
        .order_by("id")
        .fetch_mode(FETCH_RAISE)
    )


def waived_counts(*, repository_id: int) -> Mapping[str, int]:
    """Rule to the number of its waived findings that the last judgement saw.

    What could not be looked at, because its file was unreadable, is not counted by the rule's result either.
    """
    judgement = Judgement.objects.filter(repository_id=repository_id).only("unread").first()
    rows = (
        Finding.objects.filter(repository_id=repository_id, state=FindingState.WAIVED)
        .exclude(path__in=judgement.unread if judgement else [])
        .order_by()
        .values("code")
        .annotate(count=Count("pk"))
    )
    return {row["code"]: row["count"] for row in rows}


def finding_by_id(finding_id: int) -> Finding | None:
    """One finding with its repository, for a worker, which acts for nobody."""
    return Finding.objects.select_related("repository").filter(pk=finding_id).first()


def patch_of(finding: Finding) -> FindingPatch | None:
    """The finding's patch; None if nobody asked for one, or if the finding or its file has changed since."""
    return FindingPatch.objects.filter(
        finding=finding, fingerprint=finding.fingerprint, blob=finding.blob
    ).first()
