"""Running totals of a group of repositories: pure arithmetic, one repository's change at a time."""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from apps.rulebook.choices import JUDGED, RuleState, Standing
from plumbline.policy import Result

COMPOSITION = "composition"
"""The part of a move that no cause explains: repositories that came or went, and the past as it was judged later."""


class Figures(NamedTuple):
    """What one repository adds to a total; one without a score adds nothing."""

    score: float
    standing: str
    must_open: int
    should_open: int
    waived: int
    sections: Mapping[str, Sequence[float]]


class RuleTotal(NamedTuple):
    """What a rule says of a group: repositories that pass and fail, and subjects and violations over all of them."""

    passing: int = 0
    failing: int = 0
    subjects: int = 0
    violations: int = 0
    suppressed: int = 0
    waived: int = 0


@dataclass(slots=True)
class Total:
    """The figures of a group of repositories, kept up to date as single ones change."""

    scores: list[float] = field(default_factory=list)
    standings: Counter[str] = field(default_factory=Counter)
    must_open: int = 0
    should_open: int = 0
    waived: int = 0
    sections: dict[str, list[float]] = field(default_factory=dict)
    rules: dict[str, list[int]] = field(default_factory=dict)

    def put(self, before: Figures | None, after: Figures | None) -> None:
        """One repository's figures change; None where it has no score."""
        if before is not None:
            del self.scores[bisect_left(self.scores, before.score)]
            self._add(before, -1)
        if after is not None:
            insort(self.scores, after.score)
            self._add(after, 1)
        was = before.sections if before is not None else {}
        now = after.sections if after is not None else {}
        for name in was.keys() | now.keys():
            old, new = was.get(name), now.get(name)
            if old != new:
                self._add_section(name, old, -1)
                self._add_section(name, new, 1)

    def put_results(self, before: Iterable[Result], after: Iterable[Result]) -> None:
        """One repository's rule results change."""
        for results, sign in ((before, -1), (after, 1)):
            for result in results:
                if result.state in JUDGED:
                    self._add_result(result, sign)

    @property
    def mean(self) -> float | None:
        """The mean score."""
        return sum(self.scores) / len(self.scores) if self.scores else None

    def quantile(self, part: float) -> float | None:
        """The score below which this part of the repositories is, between two of them in proportion."""
        if not self.scores:
            return None
        place = (len(self.scores) - 1) * part
        below = int(place)
        above = min(below + 1, len(self.scores) - 1)
        return self.scores[below] + (self.scores[above] - self.scores[below]) * (place - below)

    def section_figures(self) -> dict[str, list[float]]:
        """Section to [mean score, repositories, of which failing]."""
        return {
            name: [round(points / number, 2), number, failing]
            for name, (points, number, failing) in self.sections.items()
            if number
        }

    def rule_figures(self) -> dict[str, list[int]]:
        """Rule to the values of a `RuleTotal`, of every rule that judged something."""
        return {code: row[:] for code, row in self.rules.items() if row[0] or row[1]}

    def standing_counts(self) -> dict[str, int]:
        """Standing to the number of repositories."""
        return {standing: self.standings[standing] for standing in Standing.values}

    def _add(self, figures: Figures, sign: int) -> None:
        self.standings[figures.standing] += sign
        self.must_open += sign * figures.must_open
        self.should_open += sign * figures.should_open
        self.waived += sign * figures.waived

    def _add_section(self, name: str, figures: Sequence[float] | None, sign: int) -> None:
        if figures is not None:
            points, _rules, failing = figures
            row = self.sections.setdefault(name, [0.0, 0, 0])
            row[0] += sign * points
            row[1] += sign
            row[2] += sign * bool(failing)

    def _add_result(self, result: Result, sign: int) -> None:
        row = self.rules.setdefault(result.code, [0] * len(RuleTotal._fields))
        is_failing = result.state == RuleState.FAIL
        row[0] += sign * (not is_failing)
        row[1] += sign * is_failing
        row[2] += sign * result.subjects
        row[3] += sign * result.violations
        row[4] += sign * result.suppressed
        row[5] += sign * result.waived


def causes_of_move(
    was: float | None, now: float | None, causes: Iterable[Mapping[str, float]], repositories: int
) -> dict[str, float]:
    """Cause to the points by which it moved the mean, of the causes that moved single scores.

    The parts add up to the whole; what is left over is put down to the composition of the group.
    """
    if was is None or now is None or not repositories:
        return {}
    parts: Counter[str] = Counter()
    for moved in causes:
        for cause, points in moved.items():
            parts[cause] += points  # type: ignore[assignment]  # a Counter adds any number
    found = {cause: points / repositories for cause, points in parts.items()}
    found[COMPOSITION] = now - was - sum(found.values())
    return {cause: points for cause, points in found.items() if abs(points) > 1e-9}
