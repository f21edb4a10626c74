"""Which repositories an address asks for, in which order, and which columns of theirs."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from apps.accounts.models import Team
from apps.repositories.models import Provider
from apps.rulebook.choices import Standing
from apps.scorecards.listing import Column, Facet
from apps.scorecards.selectors.table import RepositoryTable, TableRow
from core.addresses import query_string

STANDING_ORDER = {Standing.OFF: 0, Standing.LEANING: 1, Standing.PLUMB: 2}
NOBODY = "none"
"""The team of what belongs to no team."""
TROUBLES = {
    "failed": "Scan failed",
    "stale": "Not scanned lately",
    "empty": "Nothing to judge",
    "waiting": "Not judged yet",
    "disabled": "Switched off",
}
VIEWS = ("table", "matrix")

_SORTS: dict[str, Callable[[TableRow], Any]] = {
    "name": lambda row: row.figures.name.casefold(),
    "team": lambda row: row.team.name.casefold() if row.team else None,
    "standing": lambda row: (
        STANDING_ORDER.get(Standing(row.figures.standing)) if row.figures.standing else None
    ),
    "score": lambda row: row.figures.score,
    "week": lambda row: row.figures.delta_week,
    "delta": lambda row: row.figures.delta,
    "must": lambda row: _judged(row, row.figures.must_open),
    "should": lambda row: _judged(row, row.figures.should_open),
    "new": lambda row: _judged(row, row.figures.new_week),
    "waived": lambda row: _judged(row, row.figures.waived),
    "patches": lambda row: _judged(row, row.figures.patches),
    "scanned": lambda row: row.figures.scan_at,
}

# Name, heading, what a click sorts by first, whether it holds numbers, whether a phone shows it unless asked.
_COLUMNS = (
    ("standing", "Standing", "standing", False, True),
    ("score", "Score", "-score", False, True),
    ("week", "Δ 7 d", "-week", True, False),
    ("delta", "Δ 30 d", "-delta", True, True),
    ("trend", "12 weeks", "", False, False),
    ("must", "MUST", "-must", True, True),
    ("should", "SHOULD", "-should", True, False),
    ("new", "New", "-new", True, False),
    ("waived", "Waived", "-waived", True, False),
    ("patches", "Patches", "-patches", True, False),
    ("scanned", "Scanned", "-scanned", False, False),
)
COLUMNS = {name: heading for name, heading, *_ in _COLUMNS}


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of the table; ``roomy`` ones are left out on a phone."""

    name: str
    column: Column
    roomy: bool


@dataclass(frozen=True, slots=True)
class RepositoryQuery:
    """Search, filters, order, view and columns, as an address says; what it does not know is left out."""

    search: str = ""
    standing: str = ""
    team: str = ""
    tag: str = ""
    provider: str = ""
    trouble: str = ""
    score: tuple[int, int] | None = None
    sort: str = ""
    view: str = "table"
    columns: tuple[str, ...] = ()

    @classmethod
    def of(cls, query: QueryDict) -> "RepositoryQuery":
        """Read an address."""
        sort = query.get("sort", "")[:100].replace("\0", "")
        view = query.get("view", "")
        is_known = sort.removeprefix("-") in _SORTS or (
            view == "matrix" and sort.removeprefix("-").startswith("section:")
        )
        return cls(
            search=query.get("q", "").strip()[:200],
            standing=_one_of(query.get("standing", ""), Standing.values),
            team=query.get("team", "")[:100],
            tag=query.get("tag", "")[:50],
            provider=_one_of(query.get("provider", ""), Provider.values),
            trouble=_one_of(query.get("trouble", ""), TROUBLES),
            score=_score_range(query.get("score", "")),
            sort=sort if is_known else "",
            view=view if view in VIEWS else "table",
            columns=_columns(query.getlist("columns")),
        )

    @property
    def score_text(self) -> str:
        """The range of scores as the address writes it."""
        return f"{self.score[0]}-{self.score[1]}" if self.score else ""

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """What the address has to say for this, without what goes without saying."""
        named = [
            ("view", "" if self.view == "table" else self.view),
            ("q", self.search),
            *(("standing", self.standing), ("team", self.team), ("tag", self.tag)),
            *(("provider", self.provider), ("trouble", self.trouble), ("score", self.score_text)),
            ("sort", self.sort),
            *(("columns", name) for name in self.columns),
        ]
        return [(name, value) for name, value in named if value]

    @property
    def address(self) -> str:
        """The query of the page that shows this, from its beginning."""
        return query_string(self.parameters)

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves any repository out."""
        return any(name not in {"view", "sort", "columns"} for name, _ in self.parameters)

    def found(self, rows: Iterable[TableRow]) -> list[TableRow]:
        """Keep what all filters but that of the standing ask for."""
        needle = self.search.casefold()
        return [
            row
            for row in rows
            if (needle in row.figures.name.casefold() or needle in row.figures.url.casefold())
            and (not self.team or self.team in _team_slugs(row.team))
            and (not self.tag or self.tag in row.tags)
            and (not self.provider or row.figures.provider == self.provider)
            and (not self.trouble or row.trouble == self.trouble)
            and self._in_range(row.figures.score)
        ]

    def chosen(self, rows: Iterable[TableRow]) -> list[TableRow]:
        """Keep the chosen standing."""
        return [row for row in rows if not self.standing or row.figures.standing == self.standing]

    def ordered(
        self, rows: Iterable[TableRow], sections: Mapping[int, Mapping[str, Sequence[float]]] = {}
    ) -> list[TableRow]:
        """The rows in the chosen order; those without a value come last."""
        name = self.sort.removeprefix("-") or "name"
        section = name.removeprefix("section:")

        def value(row: TableRow) -> Any:  # noqa: ANN401 - of any type that can be compared
            if section == name:
                return _SORTS[name](row)
            figures = sections.get(row.figures.repository_id, {}).get(section)
            return figures[0] if figures else None

        valued = [(value(row), row) for row in rows]
        known = [pair for pair in valued if pair[0] is not None]
        known.sort(key=lambda pair: pair[0], reverse=self.sort.startswith("-"))
        return [row for _, row in known] + [row for found, row in valued if found is None]

    def headings(self) -> list[Heading]:
        """The columns of the table with what each click would ask for."""
        return [
            Heading(name, self.column(label, first, numeric=numeric), not (matters or self.columns))
            for name, label, first, numeric, matters in _COLUMNS
            if not self.columns or name in self.columns
        ]

    def column(self, label: str, first: str, *, numeric: bool = False) -> Column:
        """A heading; ``first`` is the order of the first click, the second turns it around."""
        if not first:
            return Column(label, numeric=numeric)
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


@dataclass(frozen=True, slots=True)
class Facets:
    """What the table can be filtered by, with what each choice leaves or has."""

    standings: list[Facet]
    teams: list[Facet]
    tags: list[Facet]
    providers: list[Facet]
    troubles: list[Facet]

    @classmethod
    def of(cls, table: RepositoryTable, found: Sequence[TableRow]) -> "Facets":
        """Count standings among what was found, everything else among all."""
        standings = Counter(row.figures.standing for row in found)
        providers = Counter(row.figures.provider for row in table.rows)
        troubles = Counter(row.trouble for row in table.rows)
        return cls(
            standings=[
                Facet(value, str(label).capitalize(), standings[value])
                for value, label in Standing.choices
            ],
            teams=_team_facets(table),
            tags=[Facet(tag, tag, number) for tag, number in table.tags()],
            providers=[
                Facet(value, str(label), providers[value])
                for value, label in Provider.choices
                if providers[value]
            ],
            troubles=[
                Facet(name, label, troubles[name])
                for name, label in TROUBLES.items()
                if troubles[name]
            ],
        )


def _team_facets(table: RepositoryTable) -> list[Facet]:
    counts = Counter(slug for row in table.rows for slug in _team_slugs(row.team))
    facets = [Facet(team.slug, team.name, counts[team.slug]) for team in table.teams]
    return [*facets, Facet(NOBODY, "No team", counts[NOBODY])] if facets else []


def _team_slugs(team: Team | None) -> tuple[str, ...]:
    """By what a team is asked for: itself, and the one that it is part of."""
    if team is None:
        return (NOBODY,)
    return (team.slug, team.parent.slug) if team.parent else (team.slug,)


def _judged(row: TableRow, value: int) -> int | None:
    return value if row.figures.score is not None else None


def _columns(names: Sequence[str]) -> tuple[str, ...]:
    """The columns that somebody chose; none where it is all of them, which goes without saying."""
    chosen = tuple(name for name in COLUMNS if name in names)
    return () if len(chosen) == len(COLUMNS) else chosen


def _one_of(value: str, known: Iterable[str]) -> str:
    return value if value in known else ""


def _score_range(text: str) -> tuple[int, int] | None:
    low, dash, high = text.partition("-")
    if not (dash and low.isdecimal() and high.isdecimal() and len(text) <= 7):
        return None
    return (int(low), int(high)) if int(low) < int(high) <= 100 else None
