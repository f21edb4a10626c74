"""A campaign begins, with what is open at that moment, and ends; perhaps as a policy that stands."""

from datetime import date
from typing import Any

import msgspec

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.findings.selectors import log_position, open_groups
from apps.findings.services import judgements_hold
from apps.repositories.models import Repository
from apps.rulebook.models import PolicyLayer, PolicyScope
from apps.rulebook.services import draft_save, layer_ensure
from apps.scorecards.exceptions import CampaignEmpty, CampaignNotOpen, ScopeHasNoPolicy
from apps.scorecards.models import Campaign, CampaignScope, CampaignShare, CampaignState
from apps.scorecards.selectors.campaigns import Scope, scope_of, scope_repositories
from apps.scorecards.services.campaigns.counting import campaign_count, campaign_sum
from apps.scorecards.services.campaigns.drafting import campaign_lock, campaign_record
from core.bulk import rows_copy
from plumbline.policy import Mode, Policy, RulePolicy
from plumbline.rule import Level

_SHARE_FIELDS = (
    *("created_at", "campaign", "repository", "repository_name", "repository_slug", "code"),
    *("findings", "at_start", "remaining", "fixed", "waived", "removed", "came", "patches"),
)


@transaction.atomic
def campaign_start(*, campaign: Campaign, version: int, actor: User) -> Campaign:
    """Freeze what is open now and begin to count.

    Raises:
        CampaignNotYours: The actor may not run it.
        CampaignNotOpen: It is no draft any more.
        CampaignChanged: Somebody else has changed it since.
        CampaignEmpty: Nothing is open that it would hold.
    """
    current = campaign_lock(campaign, version=version, actor=actor)
    if current.state != CampaignState.DRAFT:
        raise CampaignNotOpen
    repositories = scope_repositories(user=actor, scope=scope_of(current)).in_bulk()
    # A scan that is being recorded would add to the log on both sides of our position in it.
    judgements_hold(repository_ids=list(repositories))
    current.log_position = log_position()
    current.state, current.started_at = CampaignState.RUNNING, timezone.now()
    current.version += 1
    current.at_start = current.remaining = _freeze(current, repositories)
    if not current.at_start:
        raise CampaignEmpty
    current.save()
    campaign_sum(campaign=current)
    campaign_record(
        current,
        action="campaign.start",
        actor=actor,
        findings=current.at_start,
        repositories=current.repositories_held,
    )
    return current


@transaction.atomic
def campaign_close(
    *,
    campaign: Campaign,
    version: int,
    actor: User,
    stands: bool = False,
    enforced_from: date | None = None,
) -> Campaign:
    """End a campaign with the figures of this moment.

    Args:
        campaign: Which one.
        version: Of the campaign that the actor has seen.
        actor: Who closes it.
        stands: Draft, for its scope, policies under which its rules are MUST and enforced; a person publishes them.
        enforced_from: The day from which they shall be enforced, today if none is given.

    Raises:
        CampaignNotYours: The actor may not run it.
        CampaignNotOpen: It is not running.
        CampaignChanged: Somebody else has changed it since.
        ScopeHasNoPolicy: It is about named repositories, and shall stand.
    """
    current = campaign_lock(campaign, version=version, actor=actor)
    if current.state != CampaignState.RUNNING:
        raise CampaignNotOpen
    campaign_count(campaign_id=current.pk)
    current.refresh_from_db()
    drafted = []
    if stands:
        scope = scope_of(current)
        drafted = _stand(current, scope, enforced_from or timezone.localdate(), actor)
    current.state, current.closed_at = CampaignState.CLOSED, timezone.now()
    current.stands = stands
    current.version += 1
    current.save()
    campaign_record(
        current,
        action="campaign.close",
        actor=actor,
        fixed=current.fixed,
        remaining=current.remaining,
        drafts=[str(layer) for layer in drafted],
    )
    return current


def _freeze(campaign: Campaign, repositories: dict[int, Repository]) -> int:
    """Keep which findings are open, by repository and rule; how many."""
    held = open_groups(repository_ids=repositories, codes=campaign.codes)
    now = timezone.now()
    rows_copy(
        CampaignShare,
        _SHARE_FIELDS,
        (
            (
                *(now, campaign.pk, share.repository_id, repositories[share.repository_id].name),
                *(repositories[share.repository_id].slug, share.code, share.pks),
                *(len(share.pks), len(share.pks), 0, 0, 0, 0, share.patches),
            )
            for share in held
        ),
    )
    return sum(len(share.pks) for share in held)


def _stand(campaign: Campaign, scope: Scope, day: date, actor: User) -> list[PolicyLayer]:
    """Add the campaign's rules to the drafts of its scope, on top of what these say already."""
    said = RulePolicy(level=Level.MUST, mode=Mode.ENFORCED, enforced_from=day)
    layers = _layers(scope)
    for layer in layers:
        policy = layer.drafted or layer.policy
        rules = {code: _enforced(policy, code, said) for code in campaign.codes}
        content: dict[str, Any] = msgspec.to_builtins(
            msgspec.structs.replace(policy, rules=policy.rules | rules)
        )
        draft_save(layer=layer, content=content, revision=layer.draft_revision, actor=actor)
    return layers


def _enforced(policy: Policy, code: str, said: RulePolicy) -> RulePolicy:
    """What shall hold for a rule, with the weight that the policy gives it already."""
    before = policy.rules.get(code)
    return said if before is None else msgspec.structs.replace(said, weight=before.weight)


def _layers(scope: Scope) -> list[PolicyLayer]:
    match scope.kind:
        case CampaignScope.FLEET:
            return [layer_ensure(scope=PolicyScope.FLEET)]
        case CampaignScope.TEAMS:
            return [layer_ensure(scope=PolicyScope.TEAM, team=team) for team in scope.teams]
        case CampaignScope.TAGS:
            return [layer_ensure(scope=PolicyScope.TAG, tag=tag) for tag in scope.tags]
        case _:
            raise ScopeHasNoPolicy
