"""Taking snapshots: what a scan adds up to, once, so that no page adds it up again."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

import msgspec

from django.db import transaction
from django.utils import timezone

from apps.findings.selectors import (
    FindingCounts,
    finding_counts,
    flow_counts,
    fresh_counts,
    patch_counts,
)
from apps.rulebook.choices import Level
from apps.rulebook.policies import group_of
from apps.rulebook.selectors import policy_book, rules_by_code
from apps.scans.models import Scan
from apps.scans.selectors import result_list
from apps.scorecards.figures import is_task, section_figures
from apps.scorecards.models import Occasion, RulesetUse, Sheet, Snapshot
from apps.scorecards.services.days import day_due_of
from apps.scorecards.services.headlines import headlines_write
from apps.scorecards.sheets import (
    changes_encode,
    changes_of,
    sheet_decode,
    sheet_encode,
    sheet_of,
)
from plumbline.attribution import Judgement, attribute, in_hundredths
from plumbline.policy import Policy, Result, applied, tally, terms_of
from plumbline.report import Report

_OF_FIRST_TIME = {"causes", "changes", "whole"}


@transaction.atomic
def snapshot_take(*, scan: Scan) -> Snapshot:
    """Keep the figures of a scan that has just been recorded; again gives the same row."""
    figures = {**_figures(scan), "taken_at": scan.finished_at or timezone.now()}
    # Taken once more, nothing moves any more: what moved it the first time stays.
    again = {name: value for name, value in figures.items() if name not in _OF_FIRST_TIME}
    snapshot, _ = Snapshot.objects.update_or_create(
        scan=scan,
        occasion=Occasion.SCAN,
        defaults=again,
        create_defaults={**figures, **_flows(scan)},
    )
    _roll_up(snapshot)
    return snapshot


@transaction.atomic
def snapshot_take_again(*, scan: Scan, occasion: Occasion) -> Snapshot:
    """Keep the figures of a scan that have changed without another one.

    Args:
        scan: The scan whose results they are made of.
        occasion: Why they changed.
    """
    snapshot = Snapshot.objects.create(
        scan=scan, occasion=occasion, taken_at=timezone.now(), **_figures(scan)
    )
    _roll_up(snapshot)
    return snapshot


@transaction.atomic
def snapshot_of_past(*, scan: Scan, report: Report) -> Snapshot:
    """Keep the figures of a scan of the past, at the time that it is about; levels are those of today's policy.

    Args:
        scan: The scan.
        report: What it found, since its findings are kept nowhere.
    """
    # As findings are counted: each fingerprint once.
    found = {finding.fingerprint: finding for finding in report.findings}.values()
    patches = Counter(item.code for item in found if item.fix and item.suppressed is None)
    levels = {rule.code: rule.level for rule in report.rules if not rule.preview}
    is_open = Counter(levels.get(item.code) for item in found if item.suppressed is None)
    counts = FindingCounts(must=is_open[Level.MUST], should=is_open[Level.SHOULD])
    # What was there before the first judgement is new by no baseline.
    judged = _Judged.of(scan, patches, {})
    snapshot, _ = Snapshot.objects.update_or_create(
        scan=scan,
        occasion=Occasion.SCAN,
        defaults={
            **judged.figures(counts),
            "taken_at": scan.as_of or timezone.now(),
            "replayed": True,
            # Each stands for itself, since others may be put between them, or taken away.
            "changes": changes_encode(changes_of((), judged.results)),
            "whole": True,
        },
    )
    _roll_up(snapshot)
    return snapshot


@dataclass(frozen=True, slots=True)
class _Judged:
    """The results of a scan, and the policy that they are added up under."""

    scan: Scan
    policy: Policy
    results: list[Result]

    @classmethod
    def of(cls, scan: Scan, patches: Mapping[str, int], fresh: Mapping[str, int]) -> Self:
        """Read the results of a scan, to which open violations that have a fix or are new are given by rule."""
        policy = policy_book().policy(group_of(scan.repository))
        return cls(scan, policy, sheet_of(result_list(scan), patches, fresh))

    def figures(self, counts: FindingCounts) -> dict[str, Any]:
        """What a snapshot says. A finding that is seen twice counts once, where levels are the guide's."""
        terms = terms_of(self.policy, rules_by_code())
        counted, shown = tally(self.results, terms), applied(self.results, terms)
        is_judged, is_plain = bool(self.scan.standing), self.policy == Policy()
        return {
            "repository": self.scan.repository,
            "score": _decimal(counted.score) if is_judged else None,
            "score_without_waivers": _decimal(counted.unwaived) if is_judged else None,
            "waived": self.scan.waived,
            "suppressed": self.scan.suppressed,
            "standing": counted.standing if is_judged else "",
            "evaluated": counted.evaluated,
            "applicable": counted.applicable,
            "must_open": counts.must if is_plain else counted.must_open,
            "should_open": counts.should if is_plain else counted.should_open,
            "tasks_to_plumb": sum(is_task(result) for result in shown),
            "patches": counted.patches,
            "new_must": counted.new_must or 0,
            "sections": section_figures(shown),
        }


def _figures(scan: Scan) -> dict[str, Any]:
    """The figures of the newest scan, and why the score moved; its results become the newest of the repository."""
    judged = _Judged.of(
        scan,
        patch_counts(repository_id=scan.repository_id),
        fresh_counts(repository_id=scan.repository_id),
    )
    figures = judged.figures(finding_counts(scan.repository))
    before, kept = _sheet_turn(judged)
    return {**figures, **kept, "causes": _causes(before, judged, figures["score"])}


def _flows(scan: Scan) -> dict[str, Any]:
    """How many findings came and went with the code."""
    flows = flow_counts(scan_id=scan.pk)
    new, fixed, reopened = (sum(row[place] for row in flows.values()) for place in range(3))
    return {"flows": flows, "new": new, "fixed": fixed, "reopened": reopened}


def _roll_up(snapshot: Snapshot) -> None:
    """Bring the figures that lists read in line, and note that the day has to be added up."""
    repository, scan = snapshot.repository, snapshot.scan
    headlines_write(repository_ids=[repository.pk])
    day_due_of(snapshot)
    if scan.ruleset and not snapshot.replayed:
        RulesetUse.objects.bulk_create(
            [RulesetUse(ruleset=scan.ruleset, engine=scan.engine, first_at=snapshot.taken_at)],
            ignore_conflicts=True,
        )


def _sheet_turn(judged: _Judged) -> tuple[Judgement | None, dict[str, Any]]:
    """Put new results in place of the newest ones of the repository.

    Returns:
        Those before, None before the first; and what the snapshot keeps of the difference: once a month all of it, so
        that nobody has to go back further than that.
    """
    scan, today = judged.scan, timezone.localdate()
    sheet = Sheet.objects.select_for_update().filter(repository_id=scan.repository_id).first()
    before = None
    if sheet is None:
        sheet = Sheet(repository_id=scan.repository_id)
    else:
        held = msgspec.convert(sheet.policy, Policy)
        before = Judgement(sheet_decode(sheet.data), held, sheet.commit)
    whole = sheet.kept_on is None or (sheet.kept_on.year, sheet.kept_on.month) != (
        today.year,
        today.month,
    )
    changes = changes_of(() if whole or before is None else before.results, judged.results)
    sheet.kept_on = today if whole else sheet.kept_on
    sheet.scan, sheet.commit = scan, scan.commit
    sheet.data, sheet.policy = sheet_encode(judged.results), msgspec.to_builtins(judged.policy)
    sheet.save()
    return before, {"changes": changes_encode(changes), "whole": whole}


def _causes(before: Judgement | None, judged: _Judged, score: Decimal | None) -> dict[str, float]:
    """Cause to the points by which it moved the score, in hundredths that add up to the move as it is shown."""
    if before is None or score is None:
        return {}
    rules = rules_by_code()
    was = _decimal(tally(before.results, terms_of(before.policy, rules)).score)
    if was is None or was == score:
        return {}
    after = Judgement(judged.results, judged.policy, judged.scan.commit)
    parts = in_hundredths(attribute(before, after, rules), score - was)
    return {str(cause): float(points) for cause, points in parts.items()}


def _decimal(score: float | None) -> Decimal | None:
    """A score as it is stored and shown: to a tenth of a point."""
    return None if score is None else Decimal(str(round(score, 1)))
