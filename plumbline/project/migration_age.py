"""Which migrations are history: run long ago by every database that there is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Protocol

from plumbline.project.migration_graph import Key

DAYS = 365
"""A migration that is older than the newest of the repository by more than this is history."""
WEEK = 7
FOLLOWERS = 6
"""One that does not tell its day is history when so many of its app have followed."""


class Aged(Protocol):
    """What has to be known of a migration to tell its age."""

    path: str
    label: str
    name: str

    @property
    def written(self) -> str:
        """The day that it was written on, as 2026-03-04; empty if it does not say."""

    @property
    def dependencies(self) -> list[Key]:
        """What runs before."""

    @property
    def replaces(self) -> list[Key]:
        """What it stands for."""


def settled_of(migrations: Iterable[Aged], ordered: Sequence[Aged]) -> set[str]:
    """Paths of the migrations that no release still to come will run on a database in use.

    ``ordered`` are those that run at all, in their order: what is squashed into another, or squashes others that are
    still there, is history as well.
    Age counts from the newest migration of the repository, so that the answer is the same on every day. One that does
    not tell its day is no younger than those that build on it, and history also once enough of its app have followed.
    """
    days = [_day(item) for item in ordered]
    newest = max(days, default=0)
    settled = {item.path for item in migrations} - {item.path for item in ordered}
    latest: dict[Key, int] = {}
    followers: dict[str, int] = {}
    for migration, day in zip(reversed(ordered), reversed(days), strict=True):
        own = (migration.label, migration.name)
        bounds = [latest[key] for key in (own, *migration.replaces) if key in latest]
        bound = min([day, *bounds] if day else bounds, default=newest)
        after = followers.get(migration.label, 0)
        if newest - bound > DAYS or (not day and after >= FOLLOWERS):
            settled.add(migration.path)
        for key in migration.dependencies:
            latest[key] = min(bound, latest.get(key, bound))
        followers[migration.label] = after + 1
    return settled


def in_one_release(earlier: Aged, later: Aged) -> bool:
    """Whether two migrations were written within a week, and so most likely reach a database together."""
    first, second = _day(earlier), _day(later)
    return bool(first) and 0 <= second - first <= WEEK


def _day(migration: Aged) -> int:
    """The day as a number; 0 if it is not known."""
    try:
        return date.fromisoformat(migration.written).toordinal()
    except ValueError:
        return 0
