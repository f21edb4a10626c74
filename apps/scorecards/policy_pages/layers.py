"""The layers of the policy as a list shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.accounts.selectors import Person, team_list
from apps.repositories.selectors import tag_list
from apps.rulebook.models import PolicyLayer, PolicyScope, PolicyVersion
from apps.rulebook.selectors import (
    GroupSize,
    group_sizes,
    layer_key,
    layer_list,
    layer_with,
    versions_in_force,
)
from plumbline.policy import Policy


@dataclass(frozen=True, slots=True)
class LayerRow:
    """A layer: what it says, since when, and how many repositories it holds for."""

    key: str
    title: str
    rules: int
    waiver_days: int | None
    has_weights: bool
    version: PolicyVersion | None
    drafted_by: str
    drafted_at: datetime | None
    repositories: int

    @property
    def says_nothing(self) -> bool:
        """Whether it leaves everything as the guide has it."""
        return not (self.rules or self.has_weights or self.waiver_days)


@dataclass(frozen=True, slots=True)
class LayerChoice:
    """A team or tag for which nobody has drafted yet."""

    key: str
    name: str
    scope: str


def layer_title(layer: PolicyLayer) -> str:
    """What people call a layer."""
    if layer.scope == PolicyScope.TEAM:
        return f"Team {layer.team.name}" if layer.team else "Team"
    return f"Tag {layer.tag}" if layer.tag else "Fleet"


def layer_rows(*, user: Person) -> list[LayerRow]:
    """Every layer that somebody has drafted, and the fleet's in any case, those that win last."""
    layers = list(layer_list())
    if not any(layer.scope == PolicyScope.FLEET for layer in layers):
        layers.append(PolicyLayer(scope=PolicyScope.FLEET))
    sizes, versions = group_sizes(user=user), versions_in_force()
    order = {PolicyScope.FLEET: 0, PolicyScope.TEAM: 1, PolicyScope.TAG: 2}
    layers.sort(key=lambda layer: (order[PolicyScope(layer.scope)], layer_title(layer)))
    return [_row(layer, sizes, versions.get(layer.pk)) for layer in layers]


def layer_choices(rows: Sequence[LayerRow], *, user: Person) -> list[LayerChoice]:
    """The teams and tags that no layer is for yet."""
    known = {row.key for row in rows}
    choices = [
        LayerChoice(f"{PolicyScope.TEAM}:{team.slug}", team.name, "Teams")
        for team in team_list(user=user)
    ]
    choices += [
        LayerChoice(f"{PolicyScope.TAG}:{tag}", tag, "Tags") for tag, _ in tag_list(user=user)
    ]
    return [choice for choice in choices if choice.key not in known]


def _row(layer: PolicyLayer, sizes: Sequence[GroupSize], version: PolicyVersion | None) -> LayerRow:
    holds = layer_with(layer=layer, policy=Policy())
    return LayerRow(
        key=layer_key(layer),
        title=layer_title(layer),
        rules=len(layer.policy.rules),
        waiver_days=layer.policy.waiver_days,
        has_weights=bool(layer.policy.weights),
        version=version,
        drafted_by=layer.drafted_by.email if layer.drafted_by else "",
        drafted_at=layer.drafted_at,
        repositories=sum(size.repositories for size in sizes if holds.holds_for(size.group)),
    )
