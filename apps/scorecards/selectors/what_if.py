"""What a draft of a policy would do to every repository and team, told before anybody saves it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import fmean
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from apps.accounts.selectors import Person
from apps.repositories.models import Repository
from apps.repositories.selectors import repository_visible
from apps.rulebook.policies import Group, Layer, PolicyBook
from apps.rulebook.selectors import policy_book
from apps.scorecards.models import Sheet
from apps.scorecards.sheets import sheet_decode
from plumbline.policy import Tally, differing, tallies, tally

_ROUNDING = 0.05


@dataclass(frozen=True, slots=True)
class Effect:
    """What a repository's figures are and would be; ``delta`` in points, None where there is no score on a side."""

    slug: str
    name: str
    team: str
    before: Tally
    after: Tally

    @property
    def delta(self) -> float | None:
        """Points that the score would move by."""
        if self.before.score is None or self.after.score is None:
            return None
        return self.after.score - self.before.score

    @property
    def becomes_plumb(self) -> bool:
        """Whether nothing would stand between it and plumb any more."""
        return self.before.standing != "plumb" and self.after.standing == "plumb"

    @property
    def stops_being_plumb(self) -> bool:
        """Whether it would have something to do again."""
        return self.before.standing == "plumb" and self.after.standing != "plumb"

    @property
    def is_moved(self) -> bool:
        """Whether anything that people look at would change."""
        return (
            abs(self.delta or 0) >= _ROUNDING
            or self.before.tasks != self.after.tasks
            or self.before.standing != self.after.standing
            or (self.before.score is None) != (self.after.score is None)
        )


@dataclass(frozen=True, slots=True)
class TeamEffect:
    """What the repositories of a team, with those of the teams in it, would add up to: mean scores and plumb ones."""

    team: str
    repositories: int
    before: float | None
    after: float | None
    plumb_before: int
    plumb_after: int

    @property
    def delta(self) -> float | None:
        """Points by which the mean score would move."""
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def is_moved(self) -> bool:
        """Whether anything that people look at would change."""
        return abs(self.delta or 0) >= _ROUNDING or self.plumb_before != self.plumb_after


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The consequences of a draft for all repositories that the user may see, those that move most first."""

    repositories: int
    mean_before: float | None
    mean_after: float | None
    effects: Sequence[Effect]
    teams: Sequence[TeamEffect]
    become_plumb: int
    stop_being_plumb: int
    tasks_added: int
    tasks_removed: int
    patches_ready: int

    @property
    def moved(self) -> int:
        """How many repositories would read differently."""
        return sum(effect.is_moved for effect in self.effects)


def what_if(*, user: Person, draft: Layer, on: date | None = None) -> WhatIf:
    """What happens if a layer says this; two queries and arithmetic, however many repositories there are.

    ``patches_ready`` counts fixes for open violations of rules that would be a task and are none now.

    Args:
        user: Who looks, and so which repositories.
        draft: The layer as it may come to be.
        on: The day whose state is compared with today's, for what is enforced from a day; by default today.
    """
    now = policy_book()
    then = now.with_draft(draft)
    comparison = _Comparison(now, then if on is None else then.on_day(on))
    effects: list[Effect] = []
    of_team: dict[str, list[Effect]] = {}
    for slug, name, tags, team_id, team, parent_id, parent, data in _sheets(user):
        group = Group(team_id, parent_id, tuple(tags))
        effect = Effect(slug, name, team or "", *comparison.tallies(group, data))
        effects.append(effect)
        for one in {team, parent} - {None}:
            of_team.setdefault(one, []).append(effect)
    effects.sort(key=lambda effect: (not effect.is_moved, -abs(effect.delta or 0), effect.name))
    return WhatIf(
        repositories=len(effects),
        mean_before=_mean([effect.before for effect in effects]),
        mean_after=_mean([effect.after for effect in effects]),
        effects=effects,
        teams=[_team_effect(team, of_team[team]) for team in sorted(of_team)],
        become_plumb=sum(effect.becomes_plumb for effect in effects),
        stop_being_plumb=sum(effect.stops_being_plumb for effect in effects),
        tasks_added=sum(max(effect.after.tasks - effect.before.tasks, 0) for effect in effects),
        tasks_removed=sum(max(effect.before.tasks - effect.after.tasks, 0) for effect in effects),
        patches_ready=sum(
            max(effect.after.patches - effect.before.patches, 0) for effect in effects
        ),
    )


@dataclass(slots=True)
class _Comparison:
    """Two books of policies, and for each group of repositories the rules that they judge differently."""

    now: PolicyBook
    then: PolicyBook
    differs: dict[Group, frozenset[str]] = field(default_factory=dict)

    def tallies(self, group: Group, data: bytes) -> tuple[Tally, Tally]:
        before, after = self.now.terms(group), self.then.terms(group)
        if group not in self.differs:
            self.differs[group] = differing(before, after)
        results = sheet_decode(data)
        if not self.differs[group]:
            counted = tally(results, before)
            return counted, counted
        return tallies(results, before, after, self.differs[group])


def _sheets(user: Person) -> QuerySet[Repository, tuple[Any, ...]]:
    """Every judged repository by name, with what decides on its policy and its newest results."""
    sheet = Sheet.objects.filter(repository=OuterRef("pk")).values("data")[:1]
    return (
        repository_visible(user=user)
        .filter(sheet__isnull=False)
        .order_by("name", "id")
        .values_list(
            *("slug", "name", "tags", "team_id", "team__name", "team__parent_id"),
            "team__parent__name",
            Subquery(sheet),
        )
    )


def _team_effect(team: str, effects: Sequence[Effect]) -> TeamEffect:
    before, after = [item.before for item in effects], [item.after for item in effects]
    return TeamEffect(
        team,
        len(effects),
        _mean(before),
        _mean(after),
        sum(item.standing == "plumb" for item in before),
        sum(item.standing == "plumb" for item in after),
    )


def _mean(tallies: Sequence[Tally]) -> float | None:
    scores = [item.score for item in tallies if item.score is not None]
    return fmean(scores) if scores else None
