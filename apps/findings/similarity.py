"""How alike two pieces of code are, and who of many belongs to whom: pure functions."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

_WORD = re.compile(r"\w+")
# Above so many pairs only neighbours in the order of places are compared.
_PAIRS = 2500
_NEIGHBOURS = 12
_ALIGNED = 10_000


@dataclass(frozen=True)
class Excerpt:
    """The lines of a finding, and the same with the lines around them; blank where the code was not read."""

    own: str = ""
    around: str = ""

    @cached_property
    def own_words(self) -> frozenset[str]:
        """The words of its own lines."""
        return frozenset(_WORD.findall(self.own))

    @cached_property
    def around_words(self) -> frozenset[str]:
        """The words of all lines."""
        return frozenset(_WORD.findall(self.around))

    def likeness(self, other: "Excerpt") -> float:
        """How alike two findings' code is, 0 to 1: the mean of their own lines and of those around."""
        own = _dice(self.own_words, other.own_words)
        return (own + _dice(self.around_words, other.around_words)) / 2

    def neighbourhood(self, other: "Excerpt") -> float:
        """How alike the code around two findings is, 0 to 1."""
        return _dice(self.around_words, other.around_words)


def excerpt(snippet: str, start: int, line: int, end_line: int) -> Excerpt:
    """The excerpt for a snippet whose first line has the number ``start``."""
    lines = snippet.split("\n") if snippet else []
    first = max(line - start, 0)
    return Excerpt("\n".join(lines[first : max(end_line - start, first) + 1]), snippet)


def aligned[T](
    olds: Sequence[T], news: Sequence[T], like: Callable[[T, T], float]
) -> list[tuple[T, T]]:
    """Pair as many as there can be without crossing, so that pairs are as alike as possible.

    Both sequences come in the order of their places. Beyond 10,000 possible pairs they are paired from the front.
    """
    rows, columns = len(olds), len(news)
    if rows * columns > _ALIGNED:
        return list(zip(olds, news, strict=False))
    # A pair counts 1 and its likeness, so that no likeness is worth leaving one out.
    likes = [[1.0 + like(old, new) for new in news] for old in olds]
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows - 1, -1, -1):
        for j in range(columns - 1, -1, -1):
            best[i][j] = max(best[i + 1][j + 1] + likes[i][j], best[i + 1][j], best[i][j + 1])
    pairs: list[tuple[T, T]] = []
    i = j = 0
    while i < rows and j < columns:
        if best[i][j] == best[i + 1][j + 1] + likes[i][j]:
            pairs.append((olds[i], news[j]))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def likeliest[T](
    olds: Sequence[T], news: Sequence[T], like: Callable[[T, T], float], *, least: float
) -> list[tuple[T, T]]:
    """Pair the most alike first, down to a likeness of ``least``; each stands in one pair at most."""
    rows, columns = len(olds), len(news)
    few = rows * columns <= _PAIRS
    candidates: list[tuple[float, int, int, int]] = []
    for i, old in enumerate(olds):
        middle = i * columns // rows
        reach = (
            range(columns)
            if few
            else range(max(middle - _NEIGHBOURS, 0), min(middle + _NEIGHBOURS + 1, columns))
        )
        for j in reach:
            likeness = like(old, news[j])
            if likeness >= least:
                candidates.append((-likeness, abs(i - j), i, j))
    taken_old: set[int] = set()
    taken_new: set[int] = set()
    pairs: list[tuple[T, T]] = []
    for _, _, i, j in sorted(candidates):
        if i not in taken_old and j not in taken_new:
            taken_old.add(i)
            taken_new.add(j)
            pairs.append((olds[i], news[j]))
    return pairs


def _dice(one: frozenset[str], other: frozenset[str]) -> float:
    """Twice what both have over all that they have, 0 to 1."""
    total = len(one) + len(other)
    return 2 * len(one & other) / total if total else 0.0
