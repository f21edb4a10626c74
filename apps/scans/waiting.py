"""The order in which workers take what waits, as `apps.scans.services.turns` brings it about.

Urgent scans come by time. Of the others, those that are announced come first, and then whoever asked for them takes
turns. What waits out a failure stands behind, by the time of its next attempt.
"""

from collections.abc import Collection
from typing import NamedTuple

from django.db import connection

from apps.scans.lanes import ORDER, PATIENT

# All are numbered before some are chosen; Django's windows would choose first.
_NUMBERED = """
    WITH waiting AS (
        SELECT id, lane, requested_by_id AS who, available_at, announced_at,
            array_position(%(order)s::text[], lane::text) AS urgency,
            available_at > now() AS is_delayed,
            lane = ANY(%(patient)s) AND announced_at IS NULL AS takes_turns
        FROM scans_scan WHERE state = 'queued'
    ), busy AS (
        SELECT requested_by_id AS who, count(*) AS scans FROM scans_scan
        WHERE lane = ANY(%(patient)s)
            AND (state = 'running' OR (state = 'queued' AND announced_at IS NOT NULL))
        GROUP BY requested_by_id
    ), turns AS (
        SELECT waiting.*, CASE WHEN takes_turns THEN coalesce(busy.scans, 0) + row_number() OVER (
            PARTITION BY waiting.who, takes_turns, is_delayed ORDER BY urgency, id
        ) ELSE 0 END AS turn
        FROM waiting LEFT JOIN busy ON busy.who IS NOT DISTINCT FROM waiting.who
    ), numbered AS (
        SELECT id, urgency, row_number() OVER (
            PARTITION BY lane
            ORDER BY is_delayed, turn,
                CASE WHEN is_delayed OR NOT takes_turns THEN available_at END, id
        ) AS place
        FROM turns
    )
    SELECT id, place FROM numbered
    WHERE %(chosen)s::bigint[] IS NULL OR id = ANY(%(chosen)s)
    ORDER BY urgency, place LIMIT %(limit)s OFFSET %(skip)s
"""


class Place(NamedTuple):
    """A waiting scan and its place in its lane, from 1."""

    scan_id: int
    place: int


def queue_places(
    *, among: Collection[int] | None = None, skip: int = 0, limit: int = 1
) -> list[Place]:
    """The scans that wait, in the order in which workers take them, the most urgent lane first.

    Args:
        among: Show these alone; their places still count all that wait.
        skip: How many to pass over.
        limit: How many to give at most.
    """
    values = {
        "order": [str(lane) for lane in ORDER],
        "patient": [str(lane) for lane in PATIENT],
        "chosen": None if among is None else list(among),
        "skip": skip,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERED, values)
        return [Place(*row) for row in cursor.fetchall()]


def queue_place(scan_id: int) -> int | None:
    """The place of a waiting scan in its lane, from 1."""
    found = queue_places(among=[scan_id])
    return found[0].place if found else None
