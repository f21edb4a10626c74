"""The table of repositories as its page and its CSV show it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

from django.core.paginator import Page

from apps.accounts.selectors import Person
from apps.repositories.selectors import repository_changeable
from apps.scorecards.listing import Column, page_of
from apps.scorecards.repository_matrix import Matrix, section_names
from apps.scorecards.repository_query import COLUMNS, Facets, Heading, RepositoryQuery
from apps.scorecards.selectors.fleet import FleetRow
from apps.scorecards.selectors.table import TableRow, repository_table, section_scores

TABLE_ROWS = 45
MATRIX_ROWS = 25

_CSV: dict[str, tuple[str, Callable[[FleetRow], object]]] = {
    "standing": ("Standing", lambda row: row.standing),
    "score": ("Score", lambda row: row.score),
    "week": ("Change in 7 days", lambda row: row.delta_week),
    "delta": ("Change in 30 days", lambda row: row.delta),
    "trend": ("Scores of 12 weeks", lambda row: " ".join(f"{one:.1f}" for one in row.history)),
    "must": ("Open MUST", lambda row: row.must_open),
    "should": ("Open SHOULD", lambda row: row.should_open),
    "new": ("New in 7 days", lambda row: row.new_week),
    "waived": ("Waived", lambda row: row.waived),
    "patches": ("Patches ready", lambda row: row.patches),
    "scanned": ("Scanned", lambda row: row.scan_at.isoformat() if row.scan_at else None),
}


@dataclass(frozen=True)
class Listing:
    """What is on screen: one page of what the address asks for, with all that it can be changed to."""

    query: RepositoryQuery
    total: int
    count: int
    facets: Facets
    page: Page[TableRow]
    matrix: Matrix | None
    changeable: frozenset[int]

    @classmethod
    def of(cls, query: RepositoryQuery, *, user: Person, number: str | None) -> "Listing":
        """Read what the address asks for."""
        table = repository_table(user=user)
        found = query.found(table.rows)
        rows = _ordered(query, query.chosen(found), user=user)
        is_matrix = query.view == "matrix"
        page = page_of(rows, number, size=MATRIX_ROWS if is_matrix else TABLE_ROWS)
        ids = [row.figures.repository_id for row in page]
        return cls(
            query=query,
            total=len(table.rows),
            count=len(rows),
            facets=Facets.of(table, found),
            page=page,
            matrix=Matrix.of(query, page, section_scores(user=user, repository_ids=ids))
            if is_matrix
            else None,
            changeable=frozenset(
                repository_changeable(user=user).filter(pk__in=ids).values_list("pk", flat=True)
            ),
        )

    @property
    def name_column(self) -> Column:
        """The heading of the first column."""
        return self.query.column("Repository", "name")

    @property
    def score_column(self) -> Column:
        """The heading of the score in the matrix."""
        return self.query.column("Score", "-score", numeric=True)

    @cached_property
    def headings(self) -> list[Heading]:
        """The other columns of the table."""
        return self.query.headings()

    @property
    def columns(self) -> dict[str, str]:
        """Every column that may be chosen, by name."""
        return COLUMNS


def rows_asked_for(query: RepositoryQuery, *, user: Person) -> list[TableRow]:
    """All pages of what an address asks for, in its order."""
    table = repository_table(user=user)
    return _ordered(query, query.chosen(query.found(table.rows)), user=user)


def csv_table(query: RepositoryQuery, *, user: Person) -> Iterator[Sequence[object]]:
    """Heading and rows of what is on screen, all pages of it."""
    rows = rows_asked_for(query, user=user)
    fixed = ("Repository", "URL", "Branch", "Team", "Tags", "Commit")
    if query.view == "matrix":
        names = section_names()
        return chain([[*fixed, *names]], _matrix_cells(rows, names, user))
    chosen = [_CSV[name] for name in COLUMNS if not query.columns or name in query.columns]
    cells = ((*_fixed(row), *(value(row.figures) for _, value in chosen)) for row in rows)
    return chain([[*fixed, *(heading for heading, _ in chosen)]], cells)


def _matrix_cells(
    rows: Sequence[TableRow], names: Iterable[str], user: Person
) -> Iterator[Sequence[object]]:
    ids = [row.figures.repository_id for row in rows]
    sections = section_scores(user=user, repository_ids=ids)
    for row in rows:
        own: dict[str, Any] = dict(sections.get(row.figures.repository_id, {}))
        yield (*_fixed(row), *(own[name][0] if name in own else None for name in names))


def _fixed(row: TableRow) -> tuple[object, ...]:
    figures = row.figures
    team = row.team.name if row.team else ""
    return figures.name, figures.url, figures.branch, team, " ".join(row.tags), figures.commit


def _ordered(query: RepositoryQuery, rows: list[TableRow], *, user: Person) -> list[TableRow]:
    if ":" not in query.sort:
        return query.ordered(rows)
    section = query.sort.partition(":")[2]
    return query.ordered(rows, section_scores(user=user, section=section))
