"""What a scan's results add up to under the waivers of the day."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import cast

import msgspec

from django.db import transaction
from django.utils import timezone

from apps.findings.selectors import coverage_of, fresh_counts, waived_counts
from apps.findings.services import SeenFinding
from apps.repositories.selectors import repository_by_id
from apps.rulebook.choices import Level
from apps.scans.models import RuleResult, Scan
from apps.scans.selectors import scan_latest
from apps.scans.signals import scan_rescored
from plumbline import scoring
from plumbline.report import RuleOutcome, State

SCORED = ("score", "score_without_waivers", "standing", "waived", "suppressed")


def outcomes_waived(
    outcomes: Iterable[RuleOutcome], waived: Mapping[str, int]
) -> list[RuleOutcome]:
    """The engine's outcomes once so many violations of each rule are waived.

    Args:
        outcomes: As the engine gives them.
        waived: Rule to number.
    """
    found = []
    for outcome in outcomes:
        state, violations, count = scoring.waive(
            violations=outcome.violations,
            suppressed=outcome.suppressed,
            waived=waived.get(outcome.code, 0),
            state=outcome.state,
        )
        found.append(
            msgspec.structs.replace(outcome, state=state, violations=violations, waived=count)
        )
    return found


def seen_waived(*, repository_id: int, seen: Iterable[SeenFinding]) -> dict[str, int]:
    """Rule to the number of what a scan of another branch saw and waivers of rules and paths cover.

    A waiver of one finding is bound to the watched branch, where that finding is known.

    Args:
        repository_id: Whose branch.
        seen: What the scan saw.
    """
    coverage = coverage_of(repository_id=repository_id, on=timezone.localdate())
    counts: dict[str, int] = {}
    for item in seen:
        if item.suppressed is None and coverage.waiver_of(item.code, item.path) is not None:
            counts[item.code] = counts.get(item.code, 0) + 1
    return counts


def scan_score(
    *, scan: Scan, outcomes: Sequence[scoring.Outcome], fresh: Mapping[str, int] | None
) -> None:
    """Set the figures of a scan of a Django project, without saving them.

    Args:
        scan: The scan.
        outcomes: Its results, waivers counted.
        fresh: Rule to its open violations that came with the code since the baseline; None where there is no baseline.
    """
    new_must = None if fresh is None else _must(outcomes, fresh)
    scan.score = _decimal(scoring.score(outcomes))
    scan.score_without_waivers = _decimal(scoring.score_without_waivers(outcomes))
    scan.standing = scoring.standing(outcomes, new_must)
    scored = [outcome for outcome in outcomes if not outcome.preview]
    scan.waived = sum(outcome.waived for outcome in scored)
    scan.suppressed = sum(outcome.suppressed for outcome in scored)


@transaction.atomic
def scan_rescore(*, repository_id: int) -> Scan | None:
    """Bring the newest scan of a repository in line with its waivers and baseline, from the stored results alone.

    Args:
        repository_id: Whose; its findings are locked by the caller.

    Returns:
        The scan; None if there is none, or if its figures are what they were.
    """
    scan = scan_latest(repository_by_id(repository_id))
    if scan is None or not scan.standing:
        return None
    held = scan.same_as or scan
    if results_waive(scan=held, waived=waived_counts(repository_id=repository_id)) is None:
        return None
    _score_again(scan)
    scan_rescored.send(sender=Scan, scan=scan, cause="waiver")
    return scan


@transaction.atomic
def scan_restand(*, repository_id: int) -> Scan | None:
    """Bring the standing of the newest scan of a repository in line with its baseline.

    Args:
        repository_id: Whose; its findings are locked by the caller.

    Returns:
        The scan; None if there is none.
    """
    scan = scan_latest(repository_by_id(repository_id))
    if scan is None or not scan.standing:
        return None
    _score_again(scan)
    scan_rescored.send(sender=Scan, scan=scan, cause="baseline")
    return scan


def _score_again(scan: Scan) -> None:
    """Set and save the figures of a scan, and of the one whose results it shares."""
    results = list(RuleResult.objects.filter(scan_id=scan.same_as_id or scan.pk).order_by("code"))
    fresh = fresh_counts(repository_id=scan.repository_id)
    for one in (scan, *([scan.same_as] if scan.same_as else [])):
        scan_score(scan=one, outcomes=results, fresh=fresh)
        one.save(update_fields=SCORED)


def _must(outcomes: Sequence[scoring.Outcome], fresh: Mapping[str, int]) -> int:
    """How many MUST violations that count are new."""
    return sum(
        min(fresh.get(outcome.code, 0), outcome.violations)
        for outcome in outcomes
        if outcome.level == Level.MUST and not outcome.preview
    )


def results_waive(*, scan: Scan, waived: Mapping[str, int]) -> list[RuleResult] | None:
    """Change which violations of stored results count; None if all are as they were.

    Args:
        scan: The scan that holds the results.
        waived: Rule to the number of its waived violations.
    """
    results = list(RuleResult.objects.select_for_update().filter(scan=scan).order_by("code"))
    changed = []
    for result in results:
        state, violations, count = scoring.waive(
            violations=result.violations + result.waived,
            suppressed=result.suppressed,
            waived=waived.get(result.code, 0),
            state=cast("State", result.state),
        )
        if count != result.waived:
            result.state, result.violations, result.waived = state, violations, count
            changed.append(result)
    RuleResult.objects.bulk_update(changed, ["state", "violations", "waived"], batch_size=500)
    return results if changed else None


def _decimal(score: scoring.Score) -> Decimal | None:
    return None if score.value is None else Decimal(str(score.value))
