"""Taking snapshots: what a scan adds up to, once, so that no page adds it up again."""

from collections import Counter
from typing import Any

from django.utils import timezone

from apps.findings.selectors import FindingCounts, finding_counts
from apps.rulebook.choices import Level
from apps.scans.models import Scan
from apps.scans.selectors import result_list
from apps.scorecards.figures import is_task, section_figures
from apps.scorecards.models import Occasion, Snapshot
from plumbline.report import Report


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


def snapshot_of_past(*, scan: Scan, report: Report) -> Snapshot:
    """Keep the figures of a scan of the past, at the time that it is about.

    Args:
        scan: The scan.
        report: What it found, since its findings are kept nowhere.
    """
    levels = {rule.code: rule.level for rule in report.rules if not rule.preview}
    # As findings are counted: each fingerprint once.
    found = {finding.fingerprint: finding for finding in report.findings}.values()
    is_open = Counter(levels.get(finding.code) for finding in found if finding.suppressed is None)
    counts = FindingCounts(must=is_open[Level.MUST], should=is_open[Level.SHOULD])
    snapshot, _ = Snapshot.objects.update_or_create(
        scan=scan,
        occasion=Occasion.SCAN,
        defaults={
            **_figures(scan, counts),
            "taken_at": scan.as_of or timezone.now(),
            "replayed": True,
        },
    )
    return snapshot


def _figures(scan: Scan, counts: FindingCounts | None = None) -> dict[str, Any]:
    results = list(result_list(scan))
    counts = counts or finding_counts(scan.repository)
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
