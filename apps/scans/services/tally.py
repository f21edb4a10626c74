"""Counting what happened, in the database, because workers are many and come and go.

A count is added after the transaction that it tells of, in one statement of its own: no scan waits
for another to be counted. A worker that is killed in between leaves one scan uncounted.
"""

import json
from collections.abc import Iterable, Iterator

from django.db import connection, transaction
from django.db.models.functions import Now

from apps.scans.metrics import families
from apps.scans.metrics.families import Amount
from apps.scans.models import Pulse, Scan, ScanState

# In the order of the keys, so that two who count at once cannot wait for each other.
_ADD = """
    INSERT INTO scans_tally (name, labels, value)
    SELECT name, labels, sum(value)
    FROM unnest(%s::text[], %s::jsonb[], %s::float8[]) AS given(name, labels, value)
    GROUP BY name, labels
    ORDER BY name, labels
    ON CONFLICT (name, labels) DO UPDATE SET value = scans_tally.value + excluded.value
"""


def tally_add(amounts: Iterable[Amount]) -> None:
    """Let kept numbers grow."""
    rows = list(amounts)
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD,
            [
                [row.name for row in rows],
                [json.dumps(row.labels) for row in rows],
                [float(row.value) for row in rows],
            ],
        )


def tally_add_on_commit(amounts: Iterable[Amount]) -> None:
    """Let kept numbers grow once the transaction is committed; what fails then is forgiven."""
    rows = list(amounts)
    transaction.on_commit(lambda: tally_add(rows), robust=True)


def scans_tally(*, scan_ids: Iterable[int]) -> None:
    """Count scans that have ended."""
    scans = Scan.objects.filter(pk__in=scan_ids).defer("facts").order_by("pk")
    tally_add(amount for scan in scans for amount in _amounts(scan))


def pulse_note(*, job: str) -> None:
    """Write down that a job that runs by the clock came to its end."""
    Pulse.objects.bulk_create(
        [Pulse(job=job, at=Now())],
        update_conflicts=True,
        unique_fields=["job"],
        update_fields=["at"],
    )


def _amounts(scan: Scan) -> Iterator[Amount]:
    yield from families.SCANS_ENDED.of(state=scan.state, lane=scan.lane)
    yield from families.RETRIES.of(max(scan.attempt - 1, 0))
    if scan.state in {ScanState.FAILED, ScanState.DEAD}:
        yield from families.FAILURES.of(code=scan.error_code)
    if scan.started_at is not None:
        waited = (scan.started_at - scan.available_at).total_seconds()
        yield from families.WAITED.of(waited, lane=scan.lane)
        if scan.duration is not None:
            yield from families.TOOK.of(scan.duration, state=scan.state, lane=scan.lane)
    if scan.state == ScanState.DONE:
        yield from families.FILES.of(scan.files_total)
        for phase, seconds in scan.timings.items():
            yield from families.PHASES.of(seconds, phase=phase)
    yield from _cache_amounts(scan.counts)


def _cache_amounts(counts: dict[str, int]) -> Iterator[Amount]:
    for family, wanted, unseen in (
        (families.OUTLINES, "outlines_wanted", "outlines_parsed"),
        (families.LINTS, "lints_wanted", "lints_run"),
    ):
        missed = counts.get(unseen, 0)
        yield from family.of(missed, cached="no")
        yield from family.of(counts.get(wanted, 0) - missed, cached="yes")
    yield from families.BYTES_PARSED.of(counts.get("bytes_parsed", 0))
    yield from families.BYTES_FETCHED.of(counts.get("bytes_fetched", 0))
    yield from families.CHILDREN_LOST.of(counts.get("children_lost", 0))
