"""Addresses of rows, made from what people call them."""

from typing import Any, Protocol

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.text import slugify

from core.exceptions import Conflict

_TRIES = 10
_STEM = 90


class Slugged(Protocol):
    """A row with an address of its own."""

    slug: Any

    def save(self, *, force_insert: bool) -> None:
        """Store it."""


def slug_insert(
    row: Slugged, *, name: str, among: QuerySet[Any], page: str, otherwise: str = ""
) -> None:
    """Save a new row under a free slug; another one may take it in the same moment.

    Args:
        row: What is saved.
        name: What it is called.
        among: All rows of its kind.
        page: A slug that no row may have, because a page has it.
        otherwise: The slug where the name has no letter and no digit.

    Raises:
        Conflict: Others took every slug that was tried.
        IntegrityError: The row clashes in something else.
    """
    for _ in range(_TRIES):
        row.slug = _free(slugify(name)[:_STEM] or otherwise, among, page)
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            if not among.filter(slug=row.slug).exists():
                raise
        else:
            return
    raise Conflict("No free address was found for this name.", remedy="Give another name.")


def _free(stem: str, among: QuerySet[Any], page: str) -> str:
    taken = {page} | set(among.filter(slug__startswith=stem).values_list("slug", flat=True))
    return next(
        slug
        for number in range(1, len(taken) + 2)
        if (slug := stem if number == 1 else f"{stem}-{number}") not in taken
    )
