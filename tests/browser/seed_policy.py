"""Policies on top of the seeded fleet: two versions in force, and a draft that waits."""

from collections.abc import Mapping

from apps.accounts.models import User
from apps.repositories.models import Repository
from apps.rulebook.models import PolicyLayer
from apps.rulebook.services import draft_save, layer_ensure, policy_publish

IN_FORCE = {"waiver_days": 90, "rules": {"MOD08": {"level": "SHOULD"}}}
LATER = {
    "waiver_days": 60,
    "weights": {"SHOULD": 4},
    "rules": {
        "MOD08": {"level": "SHOULD"},
        "MOD09": {"mode": "enforced", "enforced_from": "2030-03-01"},
        "TYP01": {"mode": "off"},
    },
}


def policies_create(repositories: Mapping[str, Repository], actor: User) -> PolicyLayer:
    """Publish twice and draft once for the fleet; give its layer."""
    for name in ("warehouse-sync", "partner-portal", "storefront"):
        Repository.objects.filter(pk=repositories[name].pk).update(tags=["legacy"])
    _publish(layer_ensure(scope="fleet"), {"waiver_days": 90}, "Waivers end each quarter.", actor)
    layer = layer_ensure(scope="fleet")
    _publish(layer, IN_FORCE, "Reverse names matter less than what else is open.", actor)
    legacy = layer_ensure(scope="tag", tag="legacy")
    _publish(legacy, {"rules": {"CEL01": {"mode": "off"}}}, "Old code keeps its queue.", actor)
    return draft_save(layer=layer, content=LATER, revision=_revision(layer), actor=actor)


def _publish(layer: PolicyLayer, content: dict[str, object], reason: str, actor: User) -> None:
    layer = draft_save(layer=layer, content=content, revision=_revision(layer), actor=actor)
    policy_publish(layer=layer, revision=layer.draft_revision, reason=reason, actor=actor)


def _revision(layer: PolicyLayer) -> int:
    layer.refresh_from_db()
    return layer.draft_revision
