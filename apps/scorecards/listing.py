"""What a page's address asks of a list: which rows, in which order, which part of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import QueryDict

from apps.rulebook.choices import Standing
from apps.scorecards.selectors import FleetRow

ROWS_PER_PAGE = 50
STANDING_ORDER = {Standing.OFF: 0, Standing.LEANING: 1, Standing.PLUMB: 2}


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


@dataclass(frozen=True, slots=True)
class FleetQuery:
    """Search, filters and order of the list of repositories, as its address says."""

    search: str
    standing: str
    score: tuple[int, int] | None
    sort: str

    @classmethod
    def of(cls, query: QueryDict) -> "FleetQuery":
        """Read an address; whatever it does not know is left out."""
        standing = query.get("standing", "")
        sort = query.get("sort", "")
        return cls(
            search=query.get("q", "").strip()[:200],
            standing=standing if standing in Standing.values else "",
            score=_score_range(query.get("score", "")),
            sort=sort if sort.removeprefix("-") in _SORTS else "",
        )

    @property
    def score_text(self) -> str:
        """The range of scores as the address writes it."""
        return f"{self.score[0]}-{self.score[1]}" if self.score else ""

    def found(self, rows: Iterable[FleetRow]) -> list[FleetRow]:
        """Keep what search and score ask for, whatever the standing."""
        needle = self.search.casefold()
        return [
            row
            for row in rows
            if (needle in row.name.casefold() or needle in row.url.casefold())
            and self._in_range(row.score)
        ]

    def standings(self, rows: Sequence[FleetRow]) -> list[Facet]:
        """Count the standings among rows."""
        return [
            Facet(value, str(label).capitalize(), sum(row.standing == value for row in rows))
            for value, label in Standing.choices
        ]

    def ordered(self, rows: Iterable[FleetRow]) -> list[FleetRow]:
        """Keep the chosen standing, in the chosen order; rows without a value come last."""
        kept = [row for row in rows if not self.standing or row.standing == self.standing]
        key = _SORTS[self.sort.removeprefix("-") or "name"]
        known = [row for row in kept if key(row) is not None]
        unknown = [row for row in kept if key(row) is None]
        known.sort(key=key, reverse=self.sort.startswith("-"))
        return known + unknown

    def columns(self) -> list[Column]:
        """Give the headings with what each click would ask for."""
        return [
            self._column("Repository", "name"),
            self._column("Standing", "standing"),
            self._column("Score", "-score"),
            self._column("Δ 30 d", "-delta", numeric=True),
            Column("12 weeks"),
            self._column("MUST", "-must", numeric=True),
            self._column("SHOULD", "-should", numeric=True),
            self._column("Scanned", "-scanned"),
        ]

    def _column(self, label: str, first: str, *, numeric: bool = False) -> Column:
        now = self.sort or "name"
        if now.removeprefix("-") != first.removeprefix("-"):
            return Column(label, first, numeric=numeric)
        turned = now.removeprefix("-") if now.startswith("-") else f"-{now}"
        order = "descending" if now.startswith("-") else "ascending"
        return Column(label, turned, order, numeric)

    def _in_range(self, score: float | None) -> bool:
        if self.score is None:
            return True
        low, high = self.score
        return score is not None and (low <= score < high or score == high == 100)


_SORTS: dict[str, Callable[[FleetRow], Any]] = {
    "name": lambda row: row.name.casefold(),
    "standing": lambda row: STANDING_ORDER.get(Standing(row.standing)) if row.standing else None,
    "score": lambda row: row.score,
    "delta": lambda row: row.delta,
    "must": lambda row: row.must_open if row.score is not None else None,
    "should": lambda row: row.should_open if row.score is not None else None,
    "scanned": lambda row: row.scan_at,
}


def _score_range(text: str) -> tuple[int, int] | None:
    low, dash, high = text.partition("-")
    if not (dash and low.isdecimal() and high.isdecimal() and len(text) <= 7):
        return None
    return (int(low), int(high)) if int(low) < int(high) <= 100 else None


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
