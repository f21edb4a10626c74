"""Reading waivers, and who may do what with them."""

from datetime import date, timedelta

from django.db.models import FETCH_RAISE, Count, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from apps.accounts.models import Membership, MembershipRole
from apps.accounts.selectors import Person, team_may_change
from apps.findings.choices import FindingState, WaiverScope, WaiverState
from apps.findings.coverage import Coverage
from apps.findings.models import Finding, Waiver
from apps.repositories.models import Repository
from apps.repositories.selectors import repository_visible
from core.exceptions import NotFound

DECIDE = "findings.decide_waiver"


def waiver_list(
    *,
    user: Person,
    repository: Repository | None = None,
    state: str | None = None,
    code: str | None = None,
) -> QuerySet[Waiver]:
    """The waivers of the repositories that the user may see, newest first.

    Each has ``covered``, the number of findings that it takes out of the count now, None for none.
    """
    waivers = Waiver.objects.filter(repository__in=repository_visible(user=user)).annotate(
        covered=Subquery(
            Finding.objects.filter(waiver=OuterRef("pk"), state=FindingState.WAIVED)
            .order_by()
            .values("waiver")
            .annotate(number=Count("pk"))
            .values("number")
        )
    )
    if repository is not None:
        waivers = waivers.filter(repository=repository)
    wanted = {"state": state, "code": code}
    return (
        waivers.filter(**{name: value for name, value in wanted.items() if value})
        .select_related("repository__team", "finding", "requested_by", "decided_by")
        .defer("finding__snippet")
        .order_by("-id")
        .fetch_mode(FETCH_RAISE)
    )


def waiver_get(*, user: Person, pk: int) -> Waiver:
    """One waiver.

    Raises:
        NotFound: There is none, or the user may not see it.
    """
    waiver = waiver_list(user=user).filter(pk=pk).first()
    if waiver is None:
        raise NotFound("There is no such waiver.")
    return waiver


def waiver_inbox(*, user: Person) -> QuerySet[Waiver]:
    """The requests that wait for this user's decision, the oldest first."""
    waiting = waiver_list(user=user, state=WaiverState.REQUESTED).order_by("id")
    if _decides_all(user):
        return waiting
    if user.pk is None:
        return waiting.none()
    led = Membership.objects.filter(user_id=user.pk, role=MembershipRole.LEAD).values("team_id")
    return waiting.filter(
        Q(repository__team__in=led) | Q(repository__team__parent__in=led)
    ).exclude(requested_by_id=user.pk)


def waivers_expiring(*, user: Person, days: int = 14) -> QuerySet[Waiver]:
    """The approved waivers that end within so many days, the first to end first."""
    last = timezone.localdate() + timedelta(days=days)
    return (
        waiver_list(user=user, state=WaiverState.APPROVED)
        .filter(until__lte=last)
        .order_by("until", "id")
    )


def waivers_asked(*, user: Person) -> QuerySet[Waiver]:
    """The waivers that the user has asked for, newest first."""
    return waiver_list(user=user).filter(requested_by_id=user.pk)


def waiver_waiting(*, finding: Finding) -> Waiver | None:
    """The request for a waiver of one finding that nobody has decided yet."""
    return Waiver.objects.filter(finding=finding, state=WaiverState.REQUESTED).first()


def waiver_counts(*, repository_id: int) -> dict[str, int]:
    """State to the number of a repository's waivers."""
    rows = (
        Waiver.objects.filter(repository_id=repository_id)
        .order_by()
        .values("state")
        .annotate(number=Count("pk"))
        .values_list("state", "number")
    )
    return dict(rows)


def waiver_reach(waiver: Waiver) -> int:
    """How many findings that are open now a waiver would cover, if it held."""
    findings = Finding.objects.filter(
        repository_id=waiver.repository_id, code=waiver.code, state=FindingState.OPEN
    )
    if waiver.scope == WaiverScope.FINDING:
        return findings.filter(pk=waiver.finding_id or 0).count()
    if waiver.scope == WaiverScope.RULE:
        return findings.count()
    coverage = Coverage.of([waiver])
    paths = findings.order_by().values_list("path", flat=True)
    return sum(coverage.waiver_of(waiver.code, path) is not None for path in paths.iterator())


def waivers_ended(*, before: date) -> QuerySet[Waiver]:
    """The waivers and requests whose last day was before this one and that do not say so yet."""
    return (
        Waiver.objects.filter(
            state__in=[WaiverState.REQUESTED, WaiverState.APPROVED], until__lt=before
        )
        .select_related("repository")
        .order_by("id")
    )


def waiver_may_decide(*, user: Person, waiver: Waiver) -> bool:
    """Whether the user may approve or decline a waiver: not his own, unless he may decide all."""
    if _decides_all(user):
        return True
    team = waiver.repository.team
    return (
        team is not None
        and waiver.requested_by_id != user.pk
        and team_may_change(user=user, team=team)
    )


def waiver_may_withdraw(*, user: Person, waiver: Waiver) -> bool:
    """Whether the user may take a waiver back: who asked for it, and who may decide it."""
    return user.is_active and (
        waiver.requested_by_id == user.pk or waiver_may_decide(user=user, waiver=waiver)
    )


def _decides_all(user: Person) -> bool:
    return user.is_active and (user.is_staff or user.has_perm(DECIDE))


def coverage_of(*, repository_id: int, on: date) -> Coverage:
    """The waivers that hold in a repository on a day."""
    return Coverage.of(
        Waiver.objects.filter(
            repository_id=repository_id, state=WaiverState.APPROVED, until__gte=on
        ).order_by("-until", "pk")
    )
