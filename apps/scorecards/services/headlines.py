"""Keeping the present figures of repositories in one row each, so that lists need not look into history."""

from collections.abc import Collection
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from apps.scorecards.models import Headline

WEEKS = 12

_SLIDING = (
    "previous_score", "score_7", "score_30", "history", "new_week", "fixed_week", "as_of", "teams",
)  # fmt: skip
_PRESENT = (
    "taken_at", "score", "score_without_waivers", "standing", "evaluated", "applicable", "must_open",
    "should_open", "new_must", "tasks_to_plumb", "patches", "waived", "suppressed", "sections",
)  # fmt: skip
_COLUMNS = ("created_at", "repository_id", "snapshot_id", "scan_id", *_PRESENT, *_SLIDING)

_SCORED = (
    "SELECT s.score FROM scorecards_snapshot s WHERE s.repository_id = r.id AND s.score IS NOT NULL"
)
_AT = _SCORED + " AND s.taken_at <= {at} ORDER BY s.taken_at DESC, s.id DESC LIMIT 1"
_FIRST = _SCORED + " ORDER BY s.taken_at, s.id LIMIT 1"
_NEWEST = " ORDER BY s.taken_at DESC, s.id DESC LIMIT 1"

_WRITE = f"""
    INSERT INTO scorecards_headline ({", ".join(_COLUMNS)})
    SELECT %(now)s, r.id, n.id, coalesce(c.same_as_id, c.id),
        {", ".join(f"n.{name}" for name in _PRESENT)},
        ({_SCORED + _NEWEST} OFFSET 1),
        coalesce(({_AT.format(at="%(week)s")}), ({_FIRST})),
        coalesce(({_AT.format(at="%(month)s")}), ({_FIRST})),
        ARRAY(SELECT ({_AT.format(at="w.at")}) FROM unnest(%(weeks)s::timestamptz[]) WITH ORDINALITY w(at, place)
              ORDER BY w.place),
        f.new, f.fixed, %(today)s,
        array_remove(ARRAY[r.team_id, t.parent_id], NULL)
    FROM repositories_repository r
    LEFT JOIN accounts_team t ON t.id = r.team_id
    CROSS JOIN LATERAL (
        SELECT * FROM scorecards_snapshot s WHERE s.repository_id = r.id AND NOT s.replayed {_NEWEST}
    ) n
    JOIN scans_scan c ON c.id = n.scan_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(s.new), 0) AS new, coalesce(sum(s.fixed), 0) AS fixed
        FROM scorecards_snapshot s
        WHERE s.repository_id = r.id AND s.taken_at > %(week)s AND NOT s.replayed
    ) f
    WHERE r.id = ANY(%(ids)s)
    ON CONFLICT (repository_id) DO UPDATE SET
        {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[2:])}
"""  # noqa: S608 - nothing but names of columns


def headlines_write(*, repository_ids: Collection[int]) -> None:
    """Bring the rows of these repositories up to date from their snapshots: one statement, however many."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE,
            {
                "now": now,
                "today": timezone.localdate(now),
                "week": now - timedelta(days=7),
                "month": now - timedelta(days=30),
                "weeks": [now - timedelta(weeks=back) for back in reversed(range(WEEKS))],
                "ids": sorted(repository_ids),
            },
        )


def headlines_slide() -> int:
    """Bring what slides with the calendar up to date in all rows of another day; how many there were."""
    late = Headline.objects.exclude(as_of=timezone.localdate())
    ids = list(late.order_by().values_list("repository_id", flat=True))
    if ids:
        headlines_write(repository_ids=ids)
    return len(ids)
