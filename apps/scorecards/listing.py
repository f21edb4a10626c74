"""What lists have in common: values to filter by, headings to sort by, pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

ROWS_PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Facet:
    """A value to filter by, and how many rows it leaves."""

    name: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading; `sort` is what a click asks for, `order` what holds now."""

    label: str
    sort: str = ""
    order: str = ""
    numeric: bool = False


class CountedPaginator[Row](Paginator[Row]):
    """A paginator that is told how many rows there are."""

    def __init__(
        self, rows: Sequence[Row] | QuerySet[Any, Row], size: int, *, count: int | None
    ) -> None:
        """Take the count, if it is known, instead of asking for it."""
        super().__init__(rows, size)
        if count is not None:
            self.__dict__["count"] = count  # as the cached property would


def page_of[Row](
    rows: Sequence[Row] | QuerySet[Any, Row],
    number: str | None,
    *,
    size: int = ROWS_PER_PAGE,
    count: int | None = None,
) -> Page[Row]:
    """Cut a list; a number that makes no sense gives the nearest page that there is.

    Args:
        rows: The whole list.
        number: Which page, counted from 1.
        size: Rows on a page.
        count: How many rows there are, if that is known already.
    """
    return CountedPaginator(rows, size, count=count).get_page(number)
