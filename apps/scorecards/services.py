"""Taking snapshots: what a scan adds up to, once, so that no page adds it up again."""

from django.utils import timezone

from apps.findings.selectors import finding_counts
from apps.rulebook.choices import Level, RuleState
from apps.rulebook.selectors import rule_section
from apps.scans.models import RuleResult, Scan
from apps.scans.selectors import result_list
from apps.scorecards.models import Snapshot

_JUDGED = {RuleState.PASS, RuleState.FAIL}


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
            "sections": sections_sum(results),
        },
    )
    return snapshot


def is_task(result: RuleResult) -> bool:
    """Whether a rule's result is something to do before the repository is plumb."""
    return result.state == RuleState.FAIL and result.level == Level.MUST and not result.preview


def sections_sum(results: list[RuleResult]) -> dict[str, list[int]]:
    """Guide section to [subjects in order, subjects, rules], over rules that judged and score."""
    sections: dict[str, list[int]] = {}
    for result in results:
        if result.preview or result.state not in _JUDGED:
            continue
        total = sections.setdefault(rule_section(result.code) or "Former rules", [0, 0, 0])
        counted = max(result.subjects - result.suppressed, 0)
        total[0] += max(counted - result.violations, 0)
        total[1] += counted
        total[2] += 1
    return sections
