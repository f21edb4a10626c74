"""What is kept of a scope day by day, in the one shape that series are made of."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from django.db.models import QuerySet, TextField
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast
from django.utils import timezone

from apps.accounts.models import Team
from apps.repositories.models import Repository
from apps.rulebook.choices import JUDGED, RuleState, Standing
from apps.scorecards.models import ScopeDay, Snapshot
from apps.scorecards.sheets import changes_decode
from apps.scorecards.sums import RuleTotal
from core.days import day_begin
from plumbline.policy import Result

if TYPE_CHECKING:
    from apps.scorecards.selectors.series import Subject

_NO_FLOW = (0, 0, 0)
_flows = msgspec.json.Decoder(dict[str, tuple[int, int, int]]).decode
_causes = msgspec.json.Decoder(dict[str, float]).decode
_FIGURES = ("median", "low", "high", "mean", "repositories", "plumb", "leaning", "off")


class RecordFigures(NamedTuple):
    """What was so at the end of a day, as `apps.scorecards.selectors.series.Point` has it."""

    value: float | None
    low: float | None
    high: float | None
    mean: float | None
    repositories: int
    plumb: int = 0
    leaning: int = 0
    off: int = 0
    failing: int = 0
    must_open: int = 0
    should_open: int = 0
    violations: int = 0
    subjects: int = 0


class DayRecord(NamedTuple):
    """A day on which something changed, or a moment of it."""

    day: date
    figures: RecordFigures
    flows: tuple[int, ...]
    causes: Mapping[str, float]


def scope_records(
    *, team: Team | None, about: "Subject", first: date, last: date, ends: Collection[date]
) -> list[DayRecord]:
    """The days of the fleet or a team in a period, after the one on which its first state came about.

    Args:
        team: Whose; None for the fleet.
        about: What of it.
        first: The first day.
        last: The last day.
        ends: The days for whose ends figures are wanted: only there sections and rules are read.
    """
    days = ScopeDay.objects.filter(team=team)
    start = days.filter(day__lt=first).order_by("-day").values_list("day", flat=True).first()
    rows = days.filter(day__gte=start or first, day__lte=last).order_by("day")
    if about.is_whole:
        return _whole(rows, about)
    return _part(rows, about, ends)


def _whole(rows: QuerySet[ScopeDay], about: "Subject") -> list[DayRecord]:
    names = (
        *("day", "new", "fixed", "reopened", _text("causes"), "must_open", "should_open"),
        *_FIGURES,
    )
    found = rows.values_list(*names, _text("flows")) if about.level else rows.values_list(*names)
    codes = about.codes
    records = []
    for day, new, fixed, reopened, causes, must, should, *more in found:
        figures = RecordFigures(*more[: len(_FIGURES)])._replace(
            must_open=must, should_open=should, violations=_level(about.level, must, should)
        )
        happened = _sum(_flows(more[-1]), codes) if about.level else (new, fixed, reopened)
        records.append(DayRecord(day, figures, happened, _causes(causes)))
    return records


def _part(rows: QuerySet[ScopeDay], about: "Subject", ends: Collection[date]) -> list[DayRecord]:
    """Of a section or rule: what happened on each day, what was so only where a step ends."""
    flow = KeyTransform(about.rule, "flows") if about.rule else None
    codes = about.codes
    happened = rows.values_list("day", flow or _text("flows"))
    days = {
        day: (tuple(said or _NO_FLOW) if flow else _sum(_flows(said), codes))
        for day, said in happened
    }
    known = sorted(days)
    wanted = {known[max(bisect_right(known, end) - 1, 0)] for end in ends} if known else set()
    figures = rows.filter(day__in=wanted | set(known[:1]))
    shown = dict(
        figures.values_list(
            "day",
            KeyTransform(about.rule, "rules")
            if about.rule
            else KeyTransform(about.section, "sections"),
        )
    )
    make = _rule_figures if about.rule else _section_figures
    held = make(None)
    records = []
    for day in known:
        held = make(shown[day]) if day in shown else held
        records.append(DayRecord(day, held, days[day], {}))
    return records


def repository_records(
    *, repository: Repository, about: "Subject", first: date, last: date
) -> list[DayRecord]:
    """The snapshots of a repository in a period, after the one from which its first state came."""
    begin, end = day_begin(first), day_begin(last + timedelta(days=1))
    mine = Snapshot.objects.filter(repository=repository)
    before = mine.filter(taken_at__lt=begin).order_by("-taken_at", "-id")
    start = before.values_list("taken_at", flat=True).first() or begin
    if about.rule:
        return _rule_records(mine, about.rule, start, end)
    names = (
        "taken_at",
        "replayed",
        "score",
        "standing",
        "must_open",
        "should_open",
        "causes",
        "flows",
    )
    rows = (
        mine.filter(taken_at__gte=start, taken_at__lt=end)
        .order_by("taken_at", "id")
        .values_list(*names, *(["sections"] if about.section else []))
    )
    codes = about.codes
    records = []
    for taken_at, replayed, score, standing, must, should, causes, flows, *sections in rows:
        if about.section:
            figures = _own_section(sections[0].get(about.section))
        else:
            figures = _own_figures(score, standing, must, should, about.level)
        happened = _NO_FLOW if replayed else _sum(flows, codes)
        records.append(
            DayRecord(timezone.localdate(taken_at), figures, happened, {} if replayed else causes)
        )
    return records


def _rule_records(
    mine: QuerySet[Snapshot], code: str, start: datetime, end: datetime
) -> list[DayRecord]:
    whole = mine.filter(taken_at__lte=start, whole=True, replayed=False).order_by(
        "-taken_at", "-id"
    )
    since = whole.values_list("taken_at", flat=True).first() or start
    rows = (
        mine.filter(taken_at__gte=since, taken_at__lt=end)
        .order_by("taken_at", "id")
        .values_list("taken_at", "replayed", "whole", "changes", "flows")
    )
    present: Result | None = None
    records = []
    for taken_at, replayed, is_whole, stored, flows in rows:
        changes = changes_decode(stored) if stored is not None else None
        said = (
            next((item for item in changes.results if item.code == code), None) if changes else None
        )
        shown = said
        if not replayed:
            if changes and (said is not None or is_whole or code in changes.gone):
                present = said
            shown = present
        if taken_at >= start:
            happened = _NO_FLOW if replayed else tuple(flows.get(code, _NO_FLOW))
            figures = _rule_figures(_own_total(shown))
            records.append(DayRecord(timezone.localdate(taken_at), figures, happened, {}))
    return records


def _own_total(result: Result | None) -> list[int] | None:
    if result is None or result.state not in JUDGED:
        return None
    is_failing = result.state == RuleState.FAIL
    return [
        *(int(not is_failing), int(is_failing), result.subjects),
        *(result.violations, result.suppressed, result.waived),
    ]


def _own_figures(score: Any, standing: str, must: int, should: int, level: str) -> RecordFigures:  # noqa: ANN401
    value = None if score is None else float(score)
    return RecordFigures(
        *(value, None, None, value, int(value is not None)),
        plumb=int(standing == Standing.PLUMB),
        leaning=int(standing == Standing.LEANING),
        off=int(standing == Standing.OFF),
        must_open=must,
        should_open=should,
        violations=_level(level, must, should),
    )


def _own_section(said: list[float] | None) -> RecordFigures:
    return _section_figures(None if said is None else [said[0], 1, int(bool(said[2]))])


def _section_figures(said: list[float] | None) -> RecordFigures:
    """Of [mean score, repositories, of which failing]."""
    if not said:
        return RecordFigures(None, None, None, None, 0)
    mean, count, failing = said
    return RecordFigures(mean, None, None, mean, int(count), failing=int(failing))


def _rule_figures(said: list[int] | None) -> RecordFigures:
    """Of the values of a `RuleTotal`."""
    if not said:
        return RecordFigures(None, None, None, None, 0)
    total = RuleTotal(*said)
    counted = total.subjects - total.suppressed - total.waived
    share = 100 * max(0.0, 1 - total.violations / counted) if counted > 0 else None
    return RecordFigures(
        *(share, None, None, share, total.passing + total.failing),
        failing=total.failing,
        violations=total.violations,
        subjects=total.subjects,
    )


def _text(name: str) -> Cast:
    """A JSON column as text: a decoder that knows its shape reads it in a third of the time."""
    return Cast(name, TextField())


def _sum(flows: Mapping[str, Iterable[int]], codes: Collection[str] | None) -> tuple[int, ...]:
    """What came and went of these rules; of all without any, of those that are no more too."""
    rows = [row for code, row in flows.items() if codes is None or code in codes]
    return tuple(sum(column) for column in zip(*rows, strict=True)) if rows else _NO_FLOW


def _level(level: str, must: int, should: int) -> int:
    return {"MUST": must, "SHOULD": should, "": must + should}.get(level, 0)
