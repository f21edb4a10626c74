"""The matrix: repositories and sections of the guide."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from apps.rulebook.choices import Level
from apps.rulebook.selectors import rule_list
from apps.scorecards.listing import Column
from apps.scorecards.repository_query import RepositoryQuery
from apps.scorecards.selectors.table import TableRow

SHADES = 5


@dataclass(frozen=True, slots=True)
class Cell:
    """How far a repository follows a section, in percent; blank where there is nothing to judge.

    ``shade`` is a class of the style sheet, from ``m1`` (nothing in order) to ``m5`` (all). These are texts because a
    page has thousands of them, and a template asks of each number how the reader's language writes it.
    """

    percent: str
    shade: str
    is_failing: bool
    link: str


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A repository and its cell for each section."""

    row: TableRow
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The part of the matrix that is on screen."""

    columns: list[Column]
    rows: list[MatrixRow]

    @classmethod
    def of(
        cls,
        query: RepositoryQuery,
        rows: Iterable[TableRow],
        sections: Mapping[int, Mapping[str, Sequence[float]]],
    ) -> "Matrix":
        """Put the scores of sections beside the repositories on this page, in the order of the guide."""
        names = section_names()
        links = [quote(name) for name in names]
        return cls(
            [query.column(name, f"section:{name}") for name in names],
            [
                MatrixRow(row, _cells(sections.get(row.figures.repository_id, {}), names, links))
                for row in rows
            ],
        )


def section_names() -> list[str]:
    """The sections that count for the score, in the order of the guide."""
    counted = (
        rule.section for rule in rule_list() if not rule.preview and str(rule.level) != Level.MAY
    )
    return list(dict.fromkeys(counted))


def _cells(
    sections: Mapping[str, Sequence[float]], names: Sequence[str], links: Sequence[str]
) -> list[Cell]:
    return [_cell(sections.get(name), link) for name, link in zip(names, links, strict=True)]


def _cell(figures: Sequence[float] | None, link: str) -> Cell:
    if figures is None:
        return Cell("", "", is_failing=False, link=link)
    score, _, failing = figures
    # Only all is 100, only nothing is 0.
    percent = min(99, max(1, round(score))) if 0 < score < 100 else round(score)
    shade = min(int(score / 100 * (SHADES - 1)) + 1, SHADES)
    return Cell(str(percent), f"m{shade}", is_failing=bool(failing), link=link)
