"""Reading policies: what is in force, what is drafted, and who may change it."""

from dataclasses import dataclass
from datetime import date

from django.db.models import FETCH_RAISE, F, QuerySet
from django.utils import timezone
from django.utils.text import slugify

from apps.accounts.selectors import Person, team_get, team_may_change
from apps.repositories.selectors import repository_visible
from apps.rulebook.models import PolicyLayer, PolicyScope, PolicyVersion
from apps.rulebook.policies import Group, Layer, PolicyBook
from core.exceptions import Forbidden, NotFound
from plumbline.policy import Policy

PUBLISH = "rulebook.publish_policy"
TAG_LIMIT = 50


def policy_book(*, on: date | None = None) -> PolicyBook:
    """Every layer that is in force, as it holds on a day, by default today."""
    rows = PolicyLayer.objects.select_related("team").order_by("id")
    layers = [layer_with(layer=row, policy=row.policy) for row in rows]
    return PolicyBook(layers, on or timezone.localdate())


def layer_with(*, layer: PolicyLayer, policy: Policy) -> Layer:
    """A layer as arithmetic needs it, if it said this."""
    return Layer(layer.scope, layer.team_id, layer.tag, policy, layer_key(layer))


def layer_list() -> QuerySet[PolicyLayer]:
    """Every layer, with its team and who drafts."""
    return PolicyLayer.objects.select_related("team__parent", "drafted_by").fetch_mode(FETCH_RAISE)


def layer_key(layer: PolicyLayer) -> str:
    """How addresses name a layer: ``fleet``, ``team:payments``, ``tag:legacy``."""
    name = layer.team.slug if layer.team else layer.tag
    return f"{layer.scope}:{name}" if name else layer.scope


def layer_find(*, user: Person, key: str) -> PolicyLayer:
    """The layer of this name; one that says nothing and is not stored if nobody has drafted it yet.

    Raises:
        NotFound: The name is none, or there is no such team.
    """
    scope, _, name = key.partition(":")
    wanted: PolicyLayer | None = None
    if scope == PolicyScope.FLEET and not name:
        wanted = PolicyLayer(scope=scope)
    elif scope == PolicyScope.TEAM and name:
        wanted = PolicyLayer(scope=scope, team=team_get(user=user, slug=name))
    elif scope == PolicyScope.TAG and name and slugify(name) == name and len(name) <= TAG_LIMIT:
        wanted = PolicyLayer(scope=scope, tag=name)
    if wanted is None or not user.is_active:
        raise NotFound("There is no such policy.", remedy="See /policy/ for all of them.")
    of_it = layer_list().filter(scope=scope, team=wanted.team, tag=wanted.tag)
    return of_it.first() or wanted


def policy_may_publish(*, user: Person) -> bool:
    """Whether the user may put policies into force: administrators, and who has the permission."""
    return user.is_active and (user.is_staff or user.has_perm(PUBLISH))


def policy_may_draft(*, user: Person, layer: PolicyLayer) -> bool:
    """Whether the user may draft: who may publish, and for a team also its leads."""
    if policy_may_publish(user=user):
        return True
    return layer.team is not None and team_may_change(user=user, team=layer.team)


def layer_get_for_draft(*, user: Person, key: str) -> PolicyLayer:
    """A layer that the user may draft.

    Raises:
        NotFound: There is none of this name.
        Forbidden: The user may see it and not draft it.
    """
    layer = layer_find(user=user, key=key)
    if not policy_may_draft(user=user, layer=layer):
        raise Forbidden(
            "Only an administrator, or for a team one of its leads, may draft this policy.",
            remedy="Ask one of them, or try a rule out on its page.",
        )
    return layer


def layer_get_for_publish(*, user: Person, key: str) -> PolicyLayer:
    """A layer that the user may put into force.

    Raises:
        NotFound: There is none of this name.
        Forbidden: The user may see it and not put it into force.
    """
    layer = layer_find(user=user, key=key)
    if not policy_may_publish(user=user):
        raise Forbidden(
            "Only who may publish policies may put one into force.",
            remedy="Draft it, and ask an administrator to publish it.",
        )
    return layer


def version_list(*, layer: PolicyLayer | None = None) -> QuerySet[PolicyVersion]:
    """Every version of a layer, or of all of them, newest first."""
    versions = PolicyVersion.objects.select_related("author", "layer__team")
    if layer is not None:
        versions = versions.filter(layer_id=layer.pk)
    return versions.order_by("-id").fetch_mode(FETCH_RAISE)


def versions_in_force() -> dict[int, PolicyVersion]:
    """Layer to the version of it that is in force; drafts that were never published have none."""
    versions = PolicyVersion.objects.filter(number=F("layer__number")).defer("content", "changes")
    return {version.layer_id: version for version in versions}


@dataclass(frozen=True, slots=True)
class GroupSize:
    """So many repositories have the same team and tags."""

    group: Group
    repositories: int


def group_sizes(*, user: Person) -> list[GroupSize]:
    """The groups into which the repositories that the user may see fall."""
    rows = repository_visible(user=user).values_list("team_id", "team__parent_id", "tags")
    sizes: dict[Group, int] = {}
    for team_id, parent_id, tags in rows:
        group = Group(team_id, parent_id, tuple(tags))
        sizes[group] = sizes.get(group, 0) + 1
    return [GroupSize(group, number) for group, number in sizes.items()]


def waiver_days(*, group: Group) -> int | None:
    """How many days a waiver in a repository may last; None if the policy does not say."""
    return policy_book().policy(group).waiver_days
