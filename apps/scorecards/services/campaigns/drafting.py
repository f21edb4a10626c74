"""A campaign before it starts, and what may still be changed afterwards."""

from collections.abc import Collection
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from apps.accounts.models import User
from apps.accounts.services import audit_record
from apps.rulebook.selectors import rule_get
from apps.scorecards.exceptions import CampaignChanged, CampaignNotOpen, CampaignNotYours
from apps.scorecards.models import Campaign, CampaignScope, CampaignState
from apps.scorecards.selectors.campaigns import Scope, scope_may_change, scope_of
from core.cleaning import clean_text
from core.exceptions import Invalid
from core.slugs import slug_insert

NAME_LIMIT, WHY_LIMIT, CAMPAIGN_RULES = 120, 4000, 50


@transaction.atomic
def campaign_create(
    *,
    name: str,
    codes: Collection[str],
    scope: Scope,
    target_on: date,
    actor: User,
    owner: User | None = None,
    why: str = "",
) -> Campaign:
    """Draft a campaign; nothing is counted before it starts.

    Args:
        name: What people call it.
        codes: The rules that shall be followed, 1 to 50.
        scope: Whose findings it is about.
        target_on: The day on which nothing should be left.
        actor: Who drafts it.
        owner: Who answers for it; the actor if nobody is given.
        why: For those who shall do the work.

    Raises:
        Invalid: The name, the rules, the scope or the day cannot be used.
        NotFound: There is no such rule.
        CampaignNotYours: The actor may not run one for that scope.
    """
    campaign = Campaign(
        name=_name(name),
        why=clean_text(why.strip(), limit=WHY_LIMIT, lines=True),
        codes=_codes(codes),
        target_on=_day(target_on),
        owner=owner or actor,
        created_by=actor,
    )
    _scope_check(scope, actor)
    _scope_take(campaign, scope)
    slug_insert(campaign, name=campaign.name, among=Campaign.objects.all(), page="new")
    _scope_link(campaign, scope)
    campaign_record(campaign, action="campaign.create", actor=actor)
    return campaign


@transaction.atomic
def campaign_change(
    *,
    campaign: Campaign,
    version: int,
    actor: User,
    name: str | None = None,
    why: str | None = None,
    target_on: date | None = None,
    owner: User | None = None,
    codes: Collection[str] | None = None,
    scope: Scope | None = None,
) -> Campaign:
    """Change what is given and leave the rest. Rules and scope are frozen once it has started.

    Raises:
        Invalid: A value cannot be used.
        CampaignNotYours: The actor may not run it, before or after the change.
        CampaignNotOpen: It is closed, or has started and what it holds shall change.
        CampaignChanged: Somebody else has changed it since.
    """
    current = campaign_lock(campaign, version=version, actor=actor)
    is_held = codes is not None or scope is not None
    if current.state == CampaignState.CLOSED or (is_held and current.state != CampaignState.DRAFT):
        raise CampaignNotOpen
    before = _told(current)
    if name is not None:
        current.name = _name(name)
    if why is not None:
        current.why = clean_text(why.strip(), limit=WHY_LIMIT, lines=True)
    if target_on is not None and target_on != current.target_on:
        current.target_on = _day(target_on)
    if owner is not None:
        current.owner = owner
    if codes is not None:
        current.codes = _codes(codes)
    if scope is not None:
        _scope_check(scope, actor)
        _scope_take(current, scope)
        _scope_link(current, scope)
    current.version += 1
    current.save()
    campaign_record(
        current, action="campaign.change", actor=actor, before=before, after=_told(current)
    )
    return current


@transaction.atomic
def campaign_discard(*, campaign: Campaign, version: int, actor: User) -> None:
    """Forget a draft.

    Raises:
        CampaignNotYours: The actor may not run it.
        CampaignNotOpen: It is no draft any more.
        CampaignChanged: Somebody else has changed it since.
    """
    current = campaign_lock(campaign, version=version, actor=actor)
    if current.state != CampaignState.DRAFT:
        raise CampaignNotOpen
    campaign_record(current, action="campaign.discard", actor=actor)
    current.delete()


def campaign_lock(campaign: Campaign, *, version: int, actor: User) -> Campaign:
    """A campaign that nobody else changes until the transaction ends, if it is as the actor has seen it.

    Raises:
        CampaignNotYours: The actor may not run it.
        CampaignChanged: Somebody else has changed it since.
    """
    current = Campaign.objects.select_for_update(of=["self"]).filter(pk=campaign.pk).first()
    if current is None or current.version != version:
        raise CampaignChanged
    if not scope_may_change(user=actor, scope=scope_of(current)):
        raise CampaignNotYours
    return current


def campaign_record(campaign: Campaign, *, action: str, actor: User, **detail: object) -> None:
    """Write down an act on a campaign."""
    audit_record(
        action=action,
        target=f"campaign:{campaign.slug}",
        actor=actor,
        detail={**_told(campaign), **detail},
    )


def _name(name: str) -> str:
    cleaned = clean_text(name.strip(), limit=NAME_LIMIT)
    if not slugify(cleaned):
        raise Invalid("A campaign needs a name.", remedy="Use at least one letter or digit.")
    return cleaned


def _codes(codes: Collection[str]) -> list[str]:
    wanted = sorted({rule_get(code).code for code in codes})
    if not wanted:
        raise Invalid("A campaign needs a rule.", remedy="Choose at least one.")
    if len(wanted) > CAMPAIGN_RULES:
        raise Invalid(
            f"A campaign has at most {CAMPAIGN_RULES} rules.",
            remedy="Choose fewer: what is about everything moves nothing.",
        )
    return wanted


def _day(target_on: date) -> date:
    if target_on < timezone.localdate():
        raise Invalid("The target lies in the past.", remedy="Give a day to come.")
    return target_on


def _scope_check(scope: Scope, actor: User) -> None:
    if scope.kind not in CampaignScope.values or not scope.is_named:
        raise Invalid(
            "The campaign is about nobody's findings.",
            remedy="Choose the fleet, or at least one team, tag or repository.",
        )
    if not scope_may_change(user=actor, scope=scope):
        raise CampaignNotYours


def _scope_take(campaign: Campaign, scope: Scope) -> None:
    campaign.scope = scope.kind
    campaign.tags = sorted(scope.tags) if scope.kind == CampaignScope.TAGS else []


def _scope_link(campaign: Campaign, scope: Scope) -> None:
    campaign.teams.set(scope.teams if scope.kind == CampaignScope.TEAMS else [])
    campaign.repositories.set(
        scope.repositories if scope.kind == CampaignScope.REPOSITORIES else []
    )


def _told(campaign: Campaign) -> dict[str, object]:
    return {
        "name": campaign.name,
        "rules": list(campaign.codes),
        "scope": campaign.scope,
        "tags": list(campaign.tags),
        "target": campaign.target_on.isoformat(),
        "owner": campaign.owner.email if campaign.owner else "",
        "state": str(campaign.state),
    }
