"""How figures moved: of the fleet, a team or a repository, over any period, in a bounded number of points.

Read from roll-ups (`ScopeDay`) or, for one repository, from its snapshots; never from findings.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal, NamedTuple

from apps.accounts.models import Team
from apps.accounts.selectors import Person
from apps.repositories.models import Repository
from apps.repositories.selectors import repository_visible
from apps.rulebook.selectors import rules_by_code
from apps.scorecards.selectors.marks import Mark, mark_list
from apps.scorecards.selectors.records import DayRecord, repository_records, scope_records
from apps.scorecards.sums import COMPOSITION

type Step = Literal["day", "week", "month"]

LONGEST = 400
"""A series has at most as many points; longer ones get a longer step."""
_STEPS: tuple[Step, ...] = ("day", "week", "month")
_DAYS = {"day": 1, "week": 7, "month": 30}


@dataclass(frozen=True, slots=True)
class Point:
    """What was so at the end of a step, and what happened in it.

    Attributes:
        first: The first day of the step.
        last: Its last day, for which the figures are.
        value: What the line shows, 0 to 100: the median score (of one repository, its score); of a section, the mean
            of the repositories' scores in it; of a rule, the share of all subjects that is in order. None where
            nothing was judged.
        low: A quarter of the repositories scores less; None for sections, rules and single repositories.
        high: A quarter scores more.
        mean: The mean score; of sections and rules the same as ``value``.
        repositories: Judged ones; of a section or rule, those that it applies to.
        plumb: How many of them are plumb, leaning or off, and the part that is plumb, 0 to 1.
        failing: Of a section or rule, the repositories in which it fails.
        must_open: Open violations of MUST rules; of a section or rule 0, see ``violations``.
        should_open: Open violations of SHOULD rules.
        violations: Of a rule, its open violations; of a level, those of its rules; else all of MUST and SHOULD.
        subjects: Of a rule, what it looked at.
        new: Findings that came with the code in the step, of what the series is about.
        fixed: Those that were fixed.
        reopened: Those that came back.
    """

    first: date
    last: date
    value: float | None
    low: float | None
    high: float | None
    mean: float | None
    repositories: int
    plumb: int
    leaning: int
    off: int
    failing: int
    must_open: int
    should_open: int
    violations: int
    subjects: int
    new: int
    fixed: int
    reopened: int

    @property
    def plumb_share(self) -> float | None:
        """Part of the judged repositories that is plumb, 0 to 1."""
        return self.plumb / self.repositories if self.repositories else None


@dataclass(frozen=True, slots=True)
class Series:
    """Figures over a period, the oldest first, with what explains them.

    Attributes:
        step: The length of a step; longer than asked for if there were too many points.
        points: From the first step of the period in which something was judged.
        marks: Rules that changed, policies that came into force, campaigns that began, in the period.
        causes: Cause → points by which it moved the mean score in the period, largest first. They add up to the
            difference of the mean from the first known value to the last. Empty for sections and rules.
    """

    step: Step
    points: list[Point] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    causes: dict[str, float] = field(default_factory=dict)

    @property
    def delta(self) -> float | None:
        """Points by which the value moved over the period."""
        known = [point.value for point in self.points if point.value is not None]
        return known[-1] - known[0] if len(known) > 1 else None


class Move(NamedTuple):
    """By how many points the mean score moved since the day ``first``, and through which causes, largest first."""

    first: date
    points: float
    causes: dict[str, float]


class Subject(NamedTuple):
    """What of a scope a series is about: a section, a rule or the rules of a level; the whole without any."""

    section: str = ""
    rule: str = ""
    level: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it is about scores, and not about a part of the guide."""
        return not (self.section or self.rule)

    @property
    def codes(self) -> frozenset[str] | None:
        """The rules whose findings belong to it; None for all, those that are no more too."""
        if self.rule:
            return frozenset([self.rule])
        if not (self.section or self.level):
            return None
        return frozenset(
            code
            for code, rule in rules_by_code().items()
            if self.section in ("", rule.section) and self.level in ("", rule.level)
        )


def step_fitting(*, first: date, last: date) -> Step:
    """The step at which a period has enough points to show its course and few enough to read: 14 to 200."""
    days = (last - first).days
    return "day" if days <= 100 else "week" if days <= 1100 else "month"


def series(
    *,
    user: Person,
    team: Team | None = None,
    repository: Repository | None = None,
    section: str = "",
    rule: str = "",
    level: str = "",
    first: date,
    last: date,
    step: Step | None = None,
    with_marks: bool = True,
) -> Series:
    """How figures moved from the first to the last day, both included; in at most seven queries.

    Args:
        user: Who asks; of what he may not see there is nothing.
        team: Of the repositories of this team and of those in it; without it and ``repository`` of the whole fleet.
        repository: Of this one alone.
        section: Only this section of the guide, by its name.
        rule: Only this rule, by its code.
        level: Count findings of rules of this level only; scores stay those of all.
        first: The first day.
        last: The last day.
        step: ``day``, ``week`` (to Sunday) or ``month``; what fits the period if not given.
        with_marks: Whether what happened meanwhile is read too; without it in at most four queries.
    """
    step = _bounded(step or step_fitting(first=first, last=last), first, last)
    if not user.is_active or last < first:
        return Series(step)
    about = Subject(section, rule, level)
    if repository is not None:
        if not repository_visible(user=user).filter(pk=repository.pk).exists():
            return Series(step)
        records = repository_records(repository=repository, about=about, first=first, last=last)
    else:
        ends = [end for _, end in _steps(first, last, step)]
        records = scope_records(team=team, about=about, first=first, last=last, ends=ends)
    points = list(_points(records, _steps(first, last, step), first))
    marks = (
        mark_list(first=first, last=last, team=team, repository=repository) if with_marks else []
    )
    return Series(step, points, marks, _causes(records, first) if about.is_whole else {})


def move_of_mean(*, user: Person, team: Team | None = None, first: date, last: date) -> Move | None:
    """How the mean score of the fleet or a team moved; None before there are two days to compare. Two queries.

    Args:
        user: Who asks.
        team: Whose; without one, the fleet's.
        first: The day whose beginning it is told from, or the first later one with a score.
        last: The day at whose end it is told.
    """
    if not user.is_active:
        return None
    records = scope_records(team=team, about=Subject(), first=first, last=last, ends=())
    known = [record for record in records if record.figures.mean is not None]
    if len(known) < 2:
        return None
    start = known[max((n for n, record in enumerate(known) if record.day < first), default=0)]
    points = (known[-1].figures.mean or 0.0) - (start.figures.mean or 0.0)
    return Move(max(start.day, first), points, _causes(records, first))


def _points(
    records: Sequence[DayRecord], steps: Iterable[tuple[date, date]], first: date
) -> Iterator[Point]:
    """One point for each step from the first with a record on or before it, what was so carried on."""
    place, held = 0, None
    while place < len(records) and records[place].day < first:
        held, place = records[place], place + 1
    for begin, end in steps:
        flows = [0, 0, 0]
        while place < len(records) and records[place].day <= end:
            held, place = records[place], place + 1
            flows = [sum(pair) for pair in zip(flows, held.flows, strict=True)]
        if held is not None:
            yield Point(begin, end, *held.figures, *flows)


def _causes(records: Sequence[DayRecord], first: date) -> dict[str, float]:
    """The causes of all records after the one that the period starts from, and what they leave over."""
    known = [record for record in records if record.figures.mean is not None]
    start = max((place for place, record in enumerate(known) if record.day < first), default=0)
    total: dict[str, float] = {}
    for record in known[start + 1 :]:
        for cause, points in record.causes.items():
            total[cause] = total.get(cause, 0.0) + points
    if known:
        moved = (known[-1].figures.mean or 0.0) - (known[start].figures.mean or 0.0)
        total[COMPOSITION] = total.get(COMPOSITION, 0.0) + moved - sum(total.values())
    return _largest_first(total)


def _largest_first(causes: Mapping[str, float]) -> dict[str, float]:
    found = {cause: points for cause, points in causes.items() if abs(points) >= 0.005}
    return dict(sorted(found.items(), key=lambda item: (-abs(item[1]), item[0])))


def _bounded(step: Step, first: date, last: date) -> Step:
    """The step, or the next longer one at which the period has few enough points."""
    for longer in _STEPS[_STEPS.index(step) :]:
        if (last - first).days / _DAYS[longer] < LONGEST:
            return longer
    return "month"


def _steps(first: date, last: date, step: Step) -> Iterator[tuple[date, date]]:
    begin = first
    while begin <= last:
        if step == "day":
            end = begin
        elif step == "week":
            end = begin + timedelta(days=6 - begin.weekday())
        else:
            end = (begin.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        yield begin, min(end, last)
        begin = end + timedelta(days=1)
