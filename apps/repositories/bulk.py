"""Registering many repositories at once: each line of a list succeeds or fails for itself."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import transaction

from apps.accounts.models import User
from apps.repositories.models import Repository
from apps.repositories.services import repository_register
from core.exceptions import DomainError, Invalid

ENTRIES_LIMIT = 1000
_COLUMNS = ("url", "branch", "name")


@dataclass(frozen=True, slots=True)
class Entry:
    """One repository of a list; blank branch and name as in `repository_register`."""

    line: int
    url: str
    branch: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Registration:
    """What became of an entry: a repository that is followed from now on, or the reason why not."""

    entry: Entry
    repository: Repository | None
    error: DomainError | None


def entries_parse(text: str) -> list[Entry]:
    """Read a pasted list: an address a line, or columns ``url,branch,name``; ``#`` begins a comment.

    Raises:
        Invalid: A line has more columns, or there are too many lines.
    """
    entries = list(_entries(text))
    _check_number(len(entries))
    return entries


def repositories_register(
    *, entries: Sequence[Entry], actor: User | None = None, allow_local: bool | None = None
) -> list[Registration]:
    """Begin to follow repositories, whose first scans take turns and let pushes go before them.

    Those that cannot be registered, or are followed already, say so and hinder no other.

    Raises:
        Invalid: There are too many.
    """
    _check_number(len(entries))
    return [_register(entry, actor, allow_local) for entry in entries]


def _register(entry: Entry, actor: User | None, allow_local: bool | None) -> Registration:
    try:
        # Not one transaction for all: the first ones are scanned while the last are written.
        with transaction.atomic():
            repository = repository_register(
                url=entry.url,
                branch=entry.branch,
                name=entry.name,
                actor=actor,
                allow_local=allow_local,
            )
    except DomainError as error:
        return Registration(entry, None, error)
    return Registration(entry, repository, None)


def _entries(text: str) -> Iterator[Entry]:
    for line, raw in enumerate(text.splitlines(), start=1):
        stripped = raw.strip()
        if not stripped or stripped.startswith("#"):
            continue
        cells = [cell.strip() for cell in next(csv.reader([stripped]))]
        if line == 1 and cells[0].lower() == "url":
            continue
        if len(cells) > len(_COLUMNS):
            raise Invalid(
                f"Line {line} has {len(cells)} columns.",
                remedy="Give an address a line, perhaps followed by a branch and a name.",
            )
        yield Entry(line, *cells)


def _check_number(count: int) -> None:
    if count > ENTRIES_LIMIT:
        raise Invalid(
            f"{count} repositories are too many at once.",
            remedy=f"Register up to {ENTRIES_LIMIT} at a time.",
        )
