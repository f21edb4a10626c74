"""What came, went and moved a repository's score, week by week, from the snapshots that its page has read already."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby

from django.utils import timezone

from apps.rulebook.choices import Standing
from apps.scorecards.models import Snapshot
from apps.scorecards.selectors import Point, Series
from apps.scorecards.sums import COMPOSITION

_ROUNDING = 0.005


def series_of(snapshots: Sequence[Snapshot]) -> Series:
    """The snapshots of one repository, oldest first, by week to Sunday; the causes of all moves since the first."""
    points = [_point(end, list(group)) for end, group in groupby(snapshots, key=_week)]
    return Series("week", points, [], _causes(snapshots))


def _week(snapshot: Snapshot) -> date:
    day = timezone.localdate(snapshot.taken_at)
    return day + timedelta(days=6 - day.weekday())


def _point(end: date, group: Sequence[Snapshot]) -> Point:
    newest, present = group[-1], [item for item in group if not item.replayed]
    score = None if newest.score is None else float(newest.score)
    return Point(
        first=end - timedelta(days=6),
        last=min(end, timezone.localdate()),
        value=score,
        low=None,
        high=None,
        mean=score,
        repositories=int(score is not None),
        plumb=int(newest.standing == Standing.PLUMB),
        leaning=int(newest.standing == Standing.LEANING),
        off=int(newest.standing == Standing.OFF),
        failing=0,
        must_open=newest.must_open,
        should_open=newest.should_open,
        violations=newest.must_open + newest.should_open,
        subjects=0,
        new=sum(item.new for item in present),
        fixed=sum(item.fixed for item in present),
        reopened=sum(item.reopened for item in present),
    )


def _causes(snapshots: Sequence[Snapshot]) -> dict[str, float]:
    scores = [float(item.score) for item in snapshots if item.score is not None]
    if len(scores) < 2:
        return {}
    total: Counter[str] = Counter()
    for item in snapshots[1:]:
        if not item.replayed:
            for cause, points in item.causes.items():
                total[cause] += points
    found = {cause: float(points) for cause, points in total.items()}
    found[COMPOSITION] = scores[-1] - scores[0] - sum(found.values())
    kept = {cause: points for cause, points in found.items() if abs(points) >= _ROUNDING}
    return dict(sorted(kept.items(), key=lambda item: -abs(item[1])))
