"""A policy is drafted, looked at, and put into force; nobody's change is lost on the way."""

from collections.abc import Iterator
from typing import Any

import msgspec

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Team, User
from apps.accounts.services import audit_record
from apps.rulebook.models import PolicyLayer, PolicyScope, PolicyVersion
from apps.rulebook.selectors import layer_key
from apps.rulebook.signals import policy_published
from core.cleaning import clean_text
from core.exceptions import Conflict, Invalid
from plumbline.policy import LARGEST_WEIGHT, Mode, Policy
from plumbline.policy_changes import differences
from plumbline.registry import all_rules

LONGEST_WAIVER = 3650
REASON_LIMIT = 2000
_CHANGES_TOLD = 200


class PolicyInvalid(Invalid):
    """A policy that cannot be applied."""

    code = "policy_invalid"
    text = "The policy cannot be used."


class DraftOutdated(Conflict):
    """Somebody else changed the draft meanwhile."""

    code = "draft_outdated"
    text = "Somebody changed this draft while you did."
    remedy = "Load it again and make your change once more."


def layer_ensure(
    *, scope: PolicyScope | str, team: Team | None = None, tag: str = ""
) -> PolicyLayer:
    """The layer for the fleet, a team or a tag, made if there is none; an empty one changes nothing.

    Raises:
        Invalid: The scope names nothing.
    """
    if scope not in PolicyScope.values or (scope == PolicyScope.TEAM) != (team is not None):
        raise Invalid("A policy is for the fleet, a team or a tag.", remedy="Name one of them.")
    if (scope == PolicyScope.TAG) != bool(tag):
        raise Invalid("A policy is for the fleet, a team or a tag.", remedy="Name one of them.")
    layer, _ = PolicyLayer.objects.get_or_create(scope=scope, team=team, tag=tag)
    return layer


@transaction.atomic
def draft_save(
    *, layer: PolicyLayer, content: dict[str, Any], revision: int, actor: User | None = None
) -> PolicyLayer:
    """Keep a draft; nothing comes into force.

    Args:
        layer: Whose draft.
        content: The whole policy that shall hold, as `plumbline.policy.Policy`.
        revision: That of the draft which the change was made to.
        actor: Who drafts.

    Raises:
        PolicyInvalid: It names an unknown rule, or a value that cannot be.
        DraftOutdated: Somebody saved another one meanwhile.
    """
    policy = policy_checked(content)
    layer = _locked(layer, revision)
    changes = differences(layer.drafted or layer.policy, policy)
    layer.draft = msgspec.to_builtins(policy)
    layer.draft_revision += 1
    layer.drafted_at, layer.drafted_by = timezone.now(), actor
    layer.save()
    audit_record(
        action="policy.draft_save",
        target=f"policy:{layer_key(layer)}",
        actor=actor,
        detail={"changes": changes[:_CHANGES_TOLD]},
    )
    return layer


@transaction.atomic
def draft_discard(*, layer: PolicyLayer, revision: int, actor: User | None = None) -> PolicyLayer:
    """Forget a draft.

    Raises:
        DraftOutdated: Somebody saved another one meanwhile.
    """
    layer = _locked(layer, revision)
    if layer.draft is not None:
        _clear(layer)
        audit_record(
            action="policy.draft_discard", target=f"policy:{layer_key(layer)}", actor=actor
        )
    return layer


@transaction.atomic
def policy_publish(
    *, layer: PolicyLayer, revision: int, reason: str, actor: User | None = None
) -> PolicyVersion:
    """Put a draft into force, exactly as it was looked at.

    Raises:
        Invalid: No reason is given, or there is no draft, or it changes nothing.
        DraftOutdated: The draft is not the one of this revision any more.
    """
    reason = clean_text(reason.strip(), limit=REASON_LIMIT)
    if not reason:
        raise Invalid("A policy needs a reason.", remedy="Say why it changes.")
    layer = _locked(layer, revision)
    if layer.draft is None:
        raise Invalid("There is no draft to put into force.", remedy="Save one first.")
    before, after = layer.policy, policy_checked(layer.draft)
    changes = differences(before, after)
    if not changes:
        raise Invalid("The draft changes nothing.", remedy="Change something, or discard it.")
    layer.number += 1
    layer.content = msgspec.to_builtins(after)
    version = PolicyVersion.objects.create(
        layer=layer,
        number=layer.number,
        content=layer.content,
        changes=changes,
        reason=reason,
        author=actor,
        author_name=actor.email if actor else "",
    )
    _clear(layer)
    audit_record(
        action="policy.publish",
        target=f"policy:{layer_key(layer)}",
        actor=actor,
        detail={"number": version.number, "reason": reason, "changes": changes[:_CHANGES_TOLD]},
    )
    policy_published.send(sender=PolicyLayer, layer=layer, version=version)
    return version


def policy_checked(content: object) -> Policy:
    """A policy of plain values, checked against the rules that there are.

    Raises:
        PolicyInvalid: It names an unknown rule, or a value that cannot be.
    """
    try:
        policy = msgspec.convert(content, Policy)
    except msgspec.ValidationError as error:
        raise PolicyInvalid(
            f"The policy cannot be used: {clean_text(str(error), limit=300)}."
        ) from error
    unknown = sorted(policy.rules.keys() - all_rules().keys())
    if unknown:
        raise PolicyInvalid(
            f"There is no rule {clean_text(unknown[0], limit=20)}.", remedy="See /rules/ for all."
        )
    for name, weight in _weights(policy):
        if not 0 <= weight <= LARGEST_WEIGHT:
            raise PolicyInvalid(
                f"The weight of {name} is out of bounds.",
                remedy=f"Give a number from 0 to {LARGEST_WEIGHT}.",
            )
    if policy.waiver_days is not None and not 1 <= policy.waiver_days <= LONGEST_WAIVER:
        raise PolicyInvalid(
            "The longest waiver is out of bounds.", remedy=f"Give 1 to {LONGEST_WAIVER} days."
        )
    for code, said in policy.rules.items():
        if said.enforced_from is not None and said.mode is not Mode.ENFORCED:
            raise PolicyInvalid(
                f"{code} has a day to be enforced from but is not enforced.",
                remedy="Choose the mode “enforced”, or leave the day out.",
            )
    return policy


def _weights(policy: Policy) -> Iterator[tuple[str, int]]:
    yield from policy.weights.items()
    for code, said in policy.rules.items():
        if said.weight is not None:
            yield code, said.weight


def _locked(layer: PolicyLayer, revision: int) -> PolicyLayer:
    """The layer as it is now, for this transaction alone; one that nobody has drafted yet is made."""
    if layer._state.adding:
        layer = layer_ensure(scope=layer.scope, team=layer.team, tag=layer.tag)
    found = (
        PolicyLayer.objects.select_for_update(of=["self"]).select_related("team").get(pk=layer.pk)
    )
    if found.draft_revision != revision:
        raise DraftOutdated
    return found


def _clear(layer: PolicyLayer) -> None:
    """Take the draft away; its revision goes on, so that an old page cannot bring it back."""
    layer.draft, layer.drafted_at, layer.drafted_by = None, None, None
    layer.draft_revision += 1
    layer.save()
