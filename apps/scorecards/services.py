"""Taking snapshots: what a scan adds up to, once, so that no page adds it up again."""

from django.utils import timezone

from apps.findings.selectors import finding_counts
from apps.scans.models import Scan
from apps.scans.selectors import result_list
from apps.scorecards.figures import is_task, section_figures
from apps.scorecards.models import Snapshot


def snapshot_take(*, scan: Scan) -> Snapshot:
    """Keep the figures of a scan that has just been recorded; again gives the same row."""
    results = list(result_list(scan))
    counts = finding_counts(scan.repository)
    snapshot, _ = Snapshot.objects.update_or_create(
        scan=scan,
        defaults={
            "repository": scan.repository,
            "taken_at": scan.finished_at or timezone.now(),
            "score": scan.score,
            "standing": scan.standing,
            "evaluated": scan.evaluated,
            "applicable": scan.applicable,
            "must_open": counts.must,
            "should_open": counts.should,
            "tasks_to_plumb": sum(is_task(result) for result in results),
            "sections": section_figures(results),
        },
    )
    return snapshot
