"""Which policy holds for which repository: the layers, put together once for each combination that occurs."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from apps.repositories.models import Repository
from apps.rulebook.models import PolicyScope
from plumbline.policy import Policy, Terms, merged, terms_of
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
    """A layer as arithmetic needs it."""

    layer_id: int
    scope: str
    team_id: int | None
    tag: str
    policy: Policy


@dataclass(slots=True)
class PolicyBook:
    """All layers in force, or as they would be with a draft in place of one."""

    layers: Sequence[Layer]
    _known: dict[tuple[int, ...], tuple[Policy, dict[str, Terms]]] = field(default_factory=dict)

    def policy(self, group: Group) -> Policy:
        """What holds for a repository: the fleet's layer, then the outer team's, the team's, and those of its tags."""
        return self._found(group)[0]

    def terms(self, group: Group) -> dict[str, Terms]:
        """Code to what a rule's result counts for in a repository."""
        return self._found(group)[1]

    def touched(self, group: Group, layer_id: int) -> bool:
        """Whether a layer says something for a repository."""
        return any(layer.layer_id == layer_id for layer in self._of(group))

    def _found(self, group: Group) -> tuple[Policy, dict[str, Terms]]:
        layers = self._of(group)
        key = tuple(layer.layer_id for layer in layers)
        if key not in self._known:
            policy = merged(layer.policy for layer in layers)
            self._known[key] = policy, terms_of(policy, all_rules())
        return self._known[key]

    def _of(self, group: Group) -> list[Layer]:
        teams = [team for team in (group.parent_id, group.team_id) if team is not None]
        found = [layer for layer in self.layers if layer.scope == PolicyScope.FLEET]
        for team in teams:
            found += [layer for layer in self.layers if layer.team_id == team]
        found += sorted(
            (layer for layer in self.layers if layer.tag and layer.tag in group.tags),
            key=lambda layer: layer.tag,
        )
        return found
