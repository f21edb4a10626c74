"""Walking through snapshots in the order of time: what each repository's figures and results were, and became."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import msgspec

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from apps.scorecards.sheets import changes_decode
from apps.scorecards.sums import Figures
from core.days import day_begin
from plumbline.policy import Result

_CHUNK = 2000
_decode = msgspec.json.decode

# Where the state of a repository is known without what was before: its last snapshot with all results, and the last
# one of its past, before the day.
_BEGINNINGS = """
    SELECT r.id, least(
        (SELECT s.taken_at FROM scorecards_snapshot s
         WHERE s.repository_id = r.id AND s.whole AND NOT s.replayed AND s.taken_at < %(day)s
         ORDER BY s.taken_at DESC LIMIT 1),
        (SELECT s.taken_at FROM scorecards_snapshot s
         WHERE s.repository_id = r.id AND s.taken_at < %(day)s ORDER BY s.taken_at DESC LIMIT 1),
        %(day)s)
    FROM unnest(%(ids)s::bigint[]) AS r(id)
"""
_STEPS = """
    SELECT s.repository_id, s.taken_at, s.replayed, s.whole, s.changes, s.causes, s.flows,
        s.score, s.standing, s.must_open, s.should_open, s.waived, s.sections
    FROM unnest(%(ids)s::bigint[], %(starts)s::timestamptz[]) AS w(id, start)
    JOIN scorecards_snapshot s ON s.repository_id = w.id AND s.taken_at >= w.start
    ORDER BY s.taken_at, s.id
"""


class Step(NamedTuple):
    """A snapshot, by what it changed."""

    repository_id: int
    day: date
    before: Figures | None
    after: Figures | None
    results_before: Iterable[Result]
    results_after: Iterable[Result]
    causes: Mapping[str, float]
    flows: Mapping[str, list[int]]


@dataclass(slots=True)
class _State:
    """How far the walk through a repository is.

    What the present branch showed goes on where a look at the past ends, so both are kept.
    """

    figures: Figures | None = None
    shown: dict[str, Result] = field(default_factory=dict)
    present: dict[str, Result] = field(default_factory=dict)

    def take(
        self, stored: bytes | None, *, whole: bool, replayed: bool
    ) -> tuple[list[Result], list[Result]]:
        """Results as they were and are, of the rules that changed."""
        if stored is None:
            return [], []
        changes = changes_decode(stored)
        was, goes_on = self.shown, self.shown is self.present
        if not (whole or replayed) and goes_on:
            old = [was[result.code] for result in changes.results if result.code in was]
            old += [was.pop(code) for code in changes.gone if code in was]
            was.update((result.code, result) for result in changes.results)
            return old, changes.results
        found = {} if whole or replayed else dict(self.present)
        for code in changes.gone:
            found.pop(code, None)
        found.update((result.code, result) for result in changes.results)
        self.shown = found
        if not replayed:
            self.present = found
        old = [result for code, result in was.items() if found.get(code) != result]
        new = [result for code, result in found.items() if was.get(code) != result]
        return old, new


def steps_since(*, repository_ids: Collection[int], day: date) -> Iterator[Step]:
    """Every snapshot of these repositories from a day on, in order, after those that say how things stood before.

    Those before come first, with their own days; taken together they give the state at the beginning of the day.
    """
    begin = day_begin(day)
    ids = sorted(repository_ids)
    with connection.cursor() as cursor:
        cursor.execute(_BEGINNINGS, {"day": begin, "ids": ids})
        starts = dict(cursor.fetchall())
    states = {pk: _State() for pk in ids}
    with connection.chunked_cursor() as cursor:
        cursor.execute(_STEPS, {"ids": ids, "starts": [starts[pk] for pk in ids]})
        for row in _rows(cursor):
            pk, taken_at, replayed, whole, changes, causes, flows, score, *counts = row
            state = states[pk]
            before = state.figures
            state.figures = None if score is None else _figures(float(score), *counts)
            old, new = state.take(changes, whole=whole, replayed=replayed)
            yield Step(
                *(pk, timezone.localdate(taken_at), before, state.figures, old, new),
                *(({}, {}) if replayed else (_decode(causes), _decode(flows))),
            )


def _figures(
    score: float, standing: str, must_open: int, should_open: int, waived: int, sections: str
) -> Figures:
    return Figures(score, standing, must_open, should_open, waived, _decode(sections))


def _rows(cursor: CursorWrapper) -> Iterator[tuple[Any, ...]]:
    while rows := cursor.fetchmany(_CHUNK):
        yield from rows
