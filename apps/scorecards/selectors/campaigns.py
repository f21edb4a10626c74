"""Reading campaigns: which there are, what is left, how fast it goes, and who may change them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Any

from django.db.models import (
    FETCH_RAISE,
    Case,
    Count,
    IntegerField,
    Max,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)
from django.utils import timezone

from apps.accounts.models import Membership, MembershipRole, Team
from apps.accounts.selectors import Person
from apps.findings.selectors import OpenTally, open_tally
from apps.repositories.models import Repository
from apps.repositories.selectors import repository_changeable, repository_visible
from apps.scorecards.models import (
    Campaign,
    CampaignScope,
    CampaignShare,
    CampaignState,
    CampaignStep,
)
from core.exceptions import NotFound

PACE_DAYS = 28
_BY_STATE = Case(
    When(state=CampaignState.RUNNING, then=Value(0)),
    When(state=CampaignState.DRAFT, then=Value(1)),
    default=Value(2),
    output_field=IntegerField(),
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose findings a campaign is about, before and after it is one."""

    kind: str
    teams: tuple[Team, ...] = ()
    tags: tuple[str, ...] = ()
    repositories: tuple[Repository, ...] = ()

    @property
    def is_named(self) -> bool:
        """Whether it names something to be about."""
        named: Mapping[str, Collection[object]] = {
            CampaignScope.TEAMS: self.teams,
            CampaignScope.TAGS: self.tags,
            CampaignScope.REPOSITORIES: self.repositories,
        }
        return self.kind == CampaignScope.FLEET or bool(named.get(self.kind))


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a campaign goes: findings a week over the last four, and when nothing would be left at that pace."""

    per_week: float
    projected_on: date | None
    target_on: date

    @property
    def days_late(self) -> int | None:
        """Days by which it would miss its target; none or less if it would not, None if it never ends."""
        return None if self.projected_on is None else (self.projected_on - self.target_on).days


@dataclass(frozen=True, slots=True)
class BurnPoint:
    """What was left at the end of a day, and what had become of the rest; ``ideal`` is the straight way there."""

    day: date
    remaining: int
    fixed: int
    waived: int
    removed: int
    ideal: float


def campaign_list(*, user: Person, state: str | None = None) -> QuerySet[Campaign]:
    """The campaigns: running ones first, those that are due next before others; then drafts, then closed ones."""
    campaigns = Campaign.objects.all() if user.is_active else Campaign.objects.none()
    if state:
        campaigns = campaigns.filter(state=state)
    return (
        campaigns.select_related("owner")
        .prefetch_related("teams")
        .order_by(_BY_STATE, "target_on", "-id")
        .fetch_mode(FETCH_RAISE)
    )


def campaign_counts(*, user: Person) -> dict[str, int]:
    """State to the number of campaigns."""
    rows = campaign_list(user=user).order_by().values_list("state").annotate(number=Count("pk"))
    return dict(rows)


def campaign_get(*, user: Person, slug: str) -> Campaign:
    """One campaign by its slug.

    Raises:
        NotFound: There is none.
    """
    campaign = campaign_list(user=user).prefetch_related("repositories").filter(slug=slug).first()
    if campaign is None:
        raise NotFound("There is no such campaign.")
    return campaign


def scope_of(campaign: Campaign) -> Scope:
    """The scope of a campaign."""
    return Scope(
        campaign.scope,
        tuple(campaign.teams.all()),
        tuple(campaign.tags),
        tuple(campaign.repositories.all()) if campaign.scope == CampaignScope.REPOSITORIES else (),
    )


def scope_repositories(*, user: Person, scope: Scope) -> QuerySet[Repository]:
    """The repositories in a scope that the user may see."""
    repositories = repository_visible(user=user)
    if scope.kind == CampaignScope.TEAMS:
        teams = [team.pk for team in scope.teams]
        return repositories.filter(Q(team__in=teams) | Q(team__parent__in=teams))
    if scope.kind == CampaignScope.TAGS:
        return repositories.filter(tags__overlap=list(scope.tags))
    if scope.kind == CampaignScope.REPOSITORIES:
        return repositories.filter(pk__in=[repository.pk for repository in scope.repositories])
    return repositories


def scope_may_change(*, user: Person, scope: Scope) -> bool:
    """Whether the user may run a campaign for a scope: administrators all, leads those of what they lead."""
    if not user.is_active or user.is_staff or user.pk is None:
        return user.is_active and user.is_staff
    if not scope.is_named or scope.kind in (CampaignScope.FLEET, CampaignScope.TAGS):
        return False
    if scope.kind == CampaignScope.TEAMS:
        led = led_team_ids(user=user)
        return all(team.pk in led or team.parent_id in led for team in scope.teams)
    wanted = {repository.pk for repository in scope.repositories}
    return repository_changeable(user=user).filter(pk__in=wanted).count() == len(wanted)


def campaign_may_open(*, user: Person) -> bool:
    """Whether there is anything that the user may run a campaign for."""
    return user.is_active and (
        user.is_staff or bool(led_team_ids(user=user)) or repository_changeable(user=user).exists()
    )


def led_team_ids(*, user: Person) -> set[int]:
    """The teams that somebody leads."""
    if user.pk is None:
        return set()
    led = Membership.objects.filter(user_id=user.pk, role=MembershipRole.LEAD)
    return set(led.values_list("team_id", flat=True))


def campaign_preview(*, user: Person, scope: Scope, codes: Collection[str]) -> OpenTally:
    """What a campaign would hold if it began now."""
    if not codes or not scope.is_named:
        return OpenTally(0, 0, 0)
    ids = list(scope_repositories(user=user, scope=scope).values_list("pk", flat=True))
    return open_tally(repository_ids=ids, codes=codes)


def burn_down(campaign: Campaign) -> list[BurnPoint]:
    """What was left at the start and after each day on which something moved, oldest first; empty for a draft."""
    if campaign.started_at is None:
        return []
    first = timezone.localdate(campaign.started_at)
    last = timezone.localdate(campaign.closed_at) if campaign.closed_at else timezone.localdate()
    moves = {
        row["day"]: row
        for row in CampaignStep.objects.filter(campaign=campaign)
        .order_by("day")
        .values("day")
        .annotate(by_fix=Sum("fixed"), by_waiver=Sum("waived"), by_removal=Sum("removed"))
    }
    points = []
    fixed = waived = removed = 0
    for day in sorted({first, last, *moves}):
        if moved := moves.get(day):
            fixed += moved["by_fix"]
            waived += moved["by_waiver"]
            removed += moved["by_removal"]
        remaining = campaign.at_start - fixed - waived - removed
        points.append(
            BurnPoint(day, remaining, fixed, waived, removed, _ideal(campaign, first, day))
        )
    return points


def paces(campaigns: Collection[Campaign]) -> dict[int, Pace]:
    """Campaign to its pace, for those that are running, in one query."""
    running = [item for item in campaigns if item.state == CampaignState.RUNNING]
    today = timezone.localdate()
    rows = (
        CampaignStep.objects.filter(campaign__in=running, day__gt=today - timedelta(PACE_DAYS))
        .order_by()
        .values_list("campaign_id")
        .annotate(gone=Sum("fixed") + Sum("waived") + Sum("removed"))
    )
    gone = dict(rows)
    return {item.pk: _pace(item, gone.get(item.pk, 0), today) for item in running}


def campaign_repositories(campaign: Campaign) -> QuerySet[CampaignShare, dict[str, Any]]:
    """The repositories of a campaign with their figures, those with most left first."""
    return _shares_by(campaign, "repository_slug", "repository_name").annotate(
        still_there=Max("repository_id")
    )


def campaign_rules(campaign: Campaign) -> QuerySet[CampaignShare, dict[str, Any]]:
    """The rules of a campaign with their figures, those with most left first."""
    return _shares_by(campaign, "code").annotate(
        repositories_left=Count("pk", filter=Q(remaining__gt=0))
    )


def shares_left(campaign: Campaign, *, slugs: Collection[str]) -> dict[str, list[tuple[str, int]]]:
    """Repository to the rules that have something left there, each with how much."""
    rows = (
        CampaignShare.objects.filter(campaign=campaign, repository_slug__in=slugs, remaining__gt=0)
        .order_by("-remaining", "code")
        .values_list("repository_slug", "code", "remaining")
    )
    found: dict[str, list[tuple[str, int]]] = {}
    for slug, code, remaining in rows:
        found.setdefault(slug, []).append((code, remaining))
    return found


def campaigns_of(*, repository_id: int) -> list[int]:
    """The running campaigns that hold findings of a repository."""
    shares = CampaignShare.objects.filter(
        repository_id=repository_id, campaign__state=CampaignState.RUNNING
    )
    return list(shares.order_by("campaign_id").values_list("campaign_id", flat=True).distinct())


def _shares_by(campaign: Campaign, *names: str) -> QuerySet[CampaignShare, dict[str, Any]]:
    shares: QuerySet[CampaignShare, dict[str, Any]] = (
        CampaignShare.objects.filter(campaign=campaign)
        .order_by()
        .values(*names)
        .annotate(
            held=Sum("at_start"),
            left=Sum("remaining"),
            by_fix=Sum("fixed"),
            by_waiver=Sum("waived"),
            by_removal=Sum("removed"),
            since=Sum("came"),
            ready=Sum("patches"),
        )
        .order_by("-left", *names)
    )
    return shares


def _pace(campaign: Campaign, gone: int, today: date) -> Pace:
    first = timezone.localdate(campaign.started_at) if campaign.started_at else today
    per_day = gone / min(PACE_DAYS, (today - first).days + 1)
    projected = None
    if campaign.remaining == 0:
        projected = today
    elif per_day > 0:
        days = min(ceil(campaign.remaining / per_day), 36_500)
        projected = today + timedelta(days)
    return Pace(per_day * 7, projected, campaign.target_on)


def _ideal(campaign: Campaign, first: date, day: date) -> float:
    """What would be left at the end of a day if it went straight from the start to the target."""
    length = max((campaign.target_on - first).days, 1)
    return campaign.at_start * max(0.0, 1 - (day - first).days / length)
