"""What a draft would do, as a panel shows it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.core.paginator import Page

from apps.accounts.selectors import Person
from apps.rulebook.policies import Layer
from apps.scorecards.listing import page_of
from apps.scorecards.selectors.what_if import Effect, TeamEffect, WhatIf, what_if

MOVERS, TEAMS = 8, 8


@dataclass(frozen=True, slots=True)
class EffectsView:
    """The figures of a what-if, its page of repositories that move, and the teams that do."""

    found: WhatIf
    movers: Page[Effect]
    teams: list[TeamEffect]
    more_teams: int
    on: date | None

    @classmethod
    def of(
        cls, *, user: Person, draft: Layer, on: date | None = None, page: str | None = None
    ) -> "EffectsView":
        """Ask what happens if a layer says this."""
        found = what_if(user=user, draft=draft, on=on)
        moved = [effect for effect in found.effects if effect.is_moved]
        teams = _moved_teams(found.teams)
        return cls(found, page_of(moved, page, size=MOVERS), teams[:TEAMS], len(teams[TEAMS:]), on)

    @property
    def mean_delta(self) -> float | None:
        """Points by which the mean score would move."""
        before, after = self.found.mean_before, self.found.mean_after
        return None if before is None or after is None else after - before


def _moved_teams(teams: Iterable[TeamEffect]) -> list[TeamEffect]:
    moved = [team for team in teams if team.is_moved]
    return sorted(moved, key=lambda team: (-abs(team.delta or 0), team.team))
