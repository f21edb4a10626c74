"""Which policy holds for which repository: the layers, put together once for each combination that occurs."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from apps.repositories.models import Repository
from apps.rulebook.models import PolicyScope
from plumbline.policy import Policy, Terms, due, merged, terms_of
from plumbline.registry import all_rules


@dataclass(frozen=True, slots=True)
class Group:
    """What decides on the policy of a repository: its team, the one above that, and its tags."""

    team_id: int | None = None
    parent_id: int | None = None
    tags: tuple[str, ...] = ()


def group_of(repository: Repository) -> Group:
    """What decides on the policy of a repository, whose team the caller has loaded."""
    team = repository.team
    return Group(repository.team_id, team.parent_id if team else None, tuple(repository.tags))


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer as arithmetic needs it; what it is for makes it what it is, and ``key`` is how addresses name it."""

    scope: str
    team_id: int | None
    tag: str
    policy: Policy
    key: str = ""

    def holds_for(self, group: Group) -> bool:
        """Whether it says something for repositories of a group."""
        if self.scope == PolicyScope.TAG:
            return self.tag in group.tags
        return self.scope == PolicyScope.FLEET or self.team_id in (group.team_id, group.parent_id)

    def is_of(self, other: "Layer") -> bool:
        """Whether both are for the same repositories, so that one stands in place of the other."""
        return (self.scope, self.team_id, self.tag) == (other.scope, other.team_id, other.tag)


@dataclass(slots=True)
class PolicyBook:
    """All layers as they hold on a day."""

    layers: Sequence[Layer]
    on: date
    _of_group: dict[Group, tuple[Policy, dict[str, Terms]]] = field(default_factory=dict)
    _of_layers: dict[tuple[int, ...], tuple[Policy, dict[str, Terms]]] = field(default_factory=dict)

    def policy(self, group: Group) -> Policy:
        """What holds for a repository: the fleet's layer, then the outer team's, the team's, and those of its tags."""
        return self._found(group)[0]

    def terms(self, group: Group) -> dict[str, Terms]:
        """Code to what a rule's result counts for in a repository."""
        return self._found(group)[1]

    def with_draft(self, draft: Layer) -> "PolicyBook":
        """The same with one layer as it may come to be."""
        others = [layer for layer in self.layers if not layer.is_of(draft)]
        return PolicyBook([*others, draft], self.on)

    def on_day(self, day: date) -> "PolicyBook":
        """The same as it will hold on another day."""
        return replace(self, on=day, _of_group={}, _of_layers={})

    def layers_of(self, group: Group) -> list[Layer]:
        """What says something for a repository, in the order in which later ones win."""
        teams = {group.parent_id: 1, group.team_id: 2}
        return sorted(
            (layer for layer in self.layers if layer.holds_for(group)),
            key=lambda layer: (
                (3, layer.tag)
                if layer.scope == PolicyScope.TAG
                else (teams[layer.team_id] if layer.scope == PolicyScope.TEAM else 0, "")
            ),
        )

    def _found(self, group: Group) -> tuple[Policy, dict[str, Terms]]:
        known = self._of_group.get(group)
        if known is None:
            layers = self.layers_of(group)
            key = tuple(id(layer) for layer in layers)
            if key not in self._of_layers:
                policy = merged(due(layer.policy, self.on) for layer in layers)
                self._of_layers[key] = policy, terms_of(policy, all_rules())
            known = self._of_group[group] = self._of_layers[key]
        return known
