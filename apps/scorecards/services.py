"""Taking snapshots: what a scan adds up to, once, so that no page adds it up again."""

from typing import Any

from django.utils import timezone

from apps.findings.selectors import finding_counts
from apps.scans.models import Scan
from apps.scans.selectors import result_list
from apps.scorecards.figures import is_task, section_figures
from apps.scorecards.models import Occasion, Snapshot


def snapshot_take(*, scan: Scan) -> Snapshot:
    """Keep the figures of a scan that has just been recorded; again gives the same row."""
    snapshot, _ = Snapshot.objects.update_or_create(
        scan=scan,
        occasion=Occasion.SCAN,
        defaults={**_figures(scan), "taken_at": scan.finished_at or timezone.now()},
    )
    return snapshot


def snapshot_take_again(*, scan: Scan, occasion: Occasion) -> Snapshot:
    """Keep the figures of a scan that have changed without another one.

    Args:
        scan: The scan whose results they are made of.
        occasion: Why they changed.
    """
    return Snapshot.objects.create(
        scan=scan, occasion=occasion, taken_at=timezone.now(), **_figures(scan)
    )


def _figures(scan: Scan) -> dict[str, Any]:
    results = list(result_list(scan))
    counts = finding_counts(scan.repository)
    return {
        "repository": scan.repository,
        "score": scan.score,
        "score_without_waivers": scan.score_without_waivers,
        "waived": scan.waived,
        "suppressed": scan.suppressed,
        "standing": scan.standing,
        "evaluated": scan.evaluated,
        "applicable": scan.applicable,
        "must_open": counts.must,
        "should_open": counts.should,
        "tasks_to_plumb": sum(is_task(result) for result in results),
        "sections": section_figures(results),
    }
