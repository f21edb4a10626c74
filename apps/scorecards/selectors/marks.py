"""Events that explain a trend: other rules, other policies, campaigns that began."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone

from apps.accounts.models import Team
from apps.repositories.models import Repository
from apps.rulebook.models import PolicyScope, PolicyVersion
from apps.scorecards.models import Campaign, CampaignShare, RulesetUse
from core.days import day_begin

MARKS = 60


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened on a day: ``kind`` is ruleset, policy or campaign, ``text`` a short sentence."""

    day: date
    kind: str
    text: str


def mark_list(
    *, first: date, last: date, team: Team | None = None, repository: Repository | None = None
) -> list[Mark]:
    """What happened in a period to all repositories, or to those of a team, or to one; the newest 60, oldest first."""
    period = (day_begin(first), day_begin(last + timedelta(days=1)))
    found = [
        *_rulesets(period),
        *_policies(period, team, repository),
        *_campaigns(period, team, repository),
    ]
    return sorted(found, key=lambda mark: (mark.day, mark.kind))[-MARKS:]


def _rulesets(period: tuple[datetime, datetime]) -> Iterator[Mark]:
    """Sets of rules at their first use; the very first one is no change."""
    begin = RulesetUse.objects.order_by("first_at").values("first_at")[:1]
    later = RulesetUse.objects.filter(
        first_at__gt=Subquery(begin), first_at__gte=period[0], first_at__lt=period[1]
    ).order_by("-first_at")
    for engine, at in later.values_list("engine", "first_at")[:MARKS]:
        text = f"Rules of Plumbline {engine}" if engine else "Other rules"
        yield Mark(timezone.localdate(at), "ruleset", text)


def _policies(
    period: tuple[datetime, datetime], team: Team | None, repository: Repository | None
) -> Iterator[Mark]:
    """Versions of policies that hold for what is asked for; of the fleet's trend, those of all."""
    versions = PolicyVersion.objects.filter(created_at__gte=period[0], created_at__lt=period[1])
    if repository is not None:
        team = repository.team
    if team is not None or repository is not None:
        fits = Q(layer__scope=PolicyScope.FLEET)
        if team is not None:
            fits |= Q(layer__team__in=[team.pk, *([team.parent_id] if team.parent_id else [])])
        if repository is not None:
            fits |= Q(layer__tag__in=repository.tags, layer__scope=PolicyScope.TAG)
        versions = versions.filter(fits)
    rows = versions.order_by("-id").values_list(
        "created_at", "number", "layer__scope", "layer__team__name", "layer__tag", "reason"
    )
    for at, number, scope, name, tag, reason in rows[:MARKS]:
        whose = "the fleet" if scope == PolicyScope.FLEET else name or f"tag {tag}"
        yield Mark(timezone.localdate(at), "policy", f"Policy {number} of {whose}: {reason[:120]}")


def _campaigns(
    period: tuple[datetime, datetime], team: Team | None, repository: Repository | None
) -> Iterator[Mark]:
    """Campaigns that began, of those that hold what is asked for; of the fleet's trend, all."""
    begun = Campaign.objects.filter(started_at__gte=period[0], started_at__lt=period[1])
    if repository is not None:
        held = CampaignShare.objects.filter(campaign=OuterRef("pk"), repository=repository)
        begun = begun.filter(Exists(held))
    elif team is not None:
        held = CampaignShare.objects.filter(
            Q(repository__team=team.pk) | Q(repository__team__parent=team.pk),
            campaign=OuterRef("pk"),
        )
        begun = begun.filter(Exists(held))
    for at, name in begun.order_by("-started_at").values_list("started_at", "name")[:MARKS]:
        if at is not None:
            yield Mark(timezone.localdate(at), "campaign", f"Campaign “{name}” began")
