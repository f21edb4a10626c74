"""Registering many repositories at once: each line of a list succeeds or fails for itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from apps.accounts.models import Team, User
from apps.repositories.exceptions import RepositoryExists
from apps.repositories.lists import (
    ENTRIES_LIMIT,
    Entry,
    entries_check,
    entries_of_yaml,
    entries_parse,
)
from apps.repositories.models import Repository
from apps.repositories.refs import branch_valid
from apps.repositories.services import (
    address_normalised,
    repository_register,
    repository_update,
    tags_normalised,
)
from core.exceptions import DomainError, Invalid

__all__ = [
    "ENTRIES_LIMIT",
    "Entry",
    "Preview",
    "Registration",
    "entries_of_yaml",
    "entries_parse",
    "entries_preview",
    "repositories_register",
]


@dataclass(frozen=True, slots=True)
class Preview:
    """What registering an entry would do: begin to follow it, or nothing, and why."""

    entry: Entry
    address: str
    known: Repository | None
    error: DomainError | None

    @property
    def is_new(self) -> bool:
        """Whether it would be registered."""
        return self.error is None


@dataclass(frozen=True, slots=True)
class Registration:
    """What became of an entry: a repository that is followed from now on, or the reason why not."""

    entry: Entry
    repository: Repository | None
    error: DomainError | None


def entries_preview(*, entries: Sequence[Entry], allow_local: bool | None = None) -> list[Preview]:
    """Say of each entry what registering it would do, without doing anything.

    Raises:
        Invalid: There are too many.
    """
    entries_check(len(entries))
    teams = _teams(entries)
    checked = [_check(entry, teams, allow_local) for entry in entries]
    addresses = {found for found, _, _ in checked if found}
    known = {(row.url, row.branch): row for row in Repository.objects.filter(url__in=addresses)}
    seen: set[tuple[str, str]] = set()
    previews = []
    for entry, (address, branch, error) in zip(entries, checked, strict=True):
        place = (address, branch)
        existing = known.get(place)
        if error is None and existing is not None:
            error = RepositoryExists(f"{existing.name} follows it already.")
        elif error is None and place in seen:
            error = RepositoryExists("The list names it twice.", remedy="This one is left out.")
        if error is None:
            seen.add(place)
        previews.append(Preview(entry, address, existing, error))
    return previews


def repositories_register(
    *, entries: Sequence[Entry], actor: User | None = None, allow_local: bool | None = None
) -> list[Registration]:
    """Begin to follow repositories, whose first scans take turns and let pushes go before them.

    Those that cannot be registered, or are followed already, say so and hinder no other.

    Raises:
        Invalid: There are too many.
    """
    entries_check(len(entries))
    teams = _teams(entries)
    return [_register(entry, teams, actor, allow_local) for entry in entries]


def _register(
    entry: Entry, teams: dict[str, Team], actor: User | None, allow_local: bool | None
) -> Registration:
    try:
        # Not one transaction for all: the first ones are scanned while the last are written.
        with transaction.atomic():
            team = _team(entry, teams)
            repository = repository_register(
                url=entry.url,
                branch=entry.branch,
                name=entry.name,
                actor=actor,
                allow_local=allow_local,
            )
            if team or entry.tags:
                repository_update(repository=repository, actor=actor, team=team, tags=entry.tags)
    except DomainError as error:
        return Registration(entry, None, error)
    return Registration(entry, repository, None)


def _check(
    entry: Entry, teams: dict[str, Team], allow_local: bool | None
) -> tuple[str, str, DomainError | None]:
    """The address and branch as they would be stored, and what speaks against them."""
    try:
        address = address_normalised(entry.url, allow_local=allow_local)
        branch = branch_valid(entry.branch) if entry.branch else ""
        tags_normalised(entry.tags)
        _team(entry, teams)
    except DomainError as error:
        return "", "", error
    return address, branch, None


def _teams(entries: Sequence[Entry]) -> dict[str, Team]:
    slugs = {entry.team for entry in entries} - {""}
    return {team.slug: team for team in Team.objects.filter(slug__in=slugs)} if slugs else {}


def _team(entry: Entry, teams: dict[str, Team]) -> Team | None:
    if not entry.team:
        return None
    if entry.team not in teams:
        raise Invalid(
            f"There is no team {entry.team[:100]}.", remedy="Make it first, or leave it out."
        )
    return teams[entry.team]
