"""Keeping what ruff says: of each blob for all repositories, and of each scan's commit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import msgspec

from django.db import transaction
from django.utils import timezone

from apps.scans.models import LintedBlob, LintReport, Scan
from apps.scans.selectors import CACHE_DAYS
from core.cleaning import clean_json, clean_text
from plumbline.linting.results import Lint

_CHUNK = 2000


@dataclass(frozen=True, slots=True)
class LintOutcome:
    """What came of running ruff: its result, or the problem that kept it from one."""

    linter: str
    lint: Lint | None
    problem: str = ""


def lint_store(*, linter: str, results: Iterable[tuple[str, str, bytes]]) -> int:
    """Keep results; a newer one replaces an older one.

    Args:
        linter: What they come from.
        results: Blob, role and encoded result of each.

    Returns:
        How many were given.
    """
    today = timezone.localdate()
    rows = [
        LintedBlob(linter=linter, blob=blob, role=role, data=encoded, last_used_on=today)
        for blob, role, encoded in results
    ]
    # One order for everybody, so that two workers cannot wait for each other's rows.
    rows.sort(key=lambda row: (row.blob, row.role))
    LintedBlob.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["linter", "blob", "role"],
        update_fields=["data", "last_used_on"],
    )
    return len(rows)


@transaction.atomic
def lint_touch(*, ids: list[int], today: date) -> None:
    """Note the day on which cached results were last of use.

    Args:
        ids: Their rows.
        today: The day.
    """
    for start in range(0, len(ids), _CHUNK):
        LintedBlob.objects.filter(pk__in=ids[start : start + _CHUNK]).update(last_used_on=today)


def lint_evict(*, unused_days: int = CACHE_DAYS) -> int:
    """Remove results that no scan uses any more.

    Args:
        unused_days: How long nobody may have used them.

    Returns:
        How many were removed.
    """
    oldest = timezone.localdate() - timedelta(days=unused_days)
    removed, _ = LintedBlob.objects.filter(last_used_on__lt=oldest).delete()
    return removed


def lint_record(*, scan: Scan, outcome: LintOutcome) -> None:
    """Keep what ruff says of a scan's commit; a problem does not replace an earlier result.

    Args:
        scan: The scan that holds the rule results of that commit.
        outcome: What came of running ruff.
    """
    if outcome.lint is None and LintReport.objects.filter(scan=scan, problem="").exists():
        return
    report = LintReport(
        scan=scan,
        linter=outcome.linter,
        problem=clean_text(outcome.problem, limit=2000),
        data=clean_json(msgspec.to_builtins(outcome.lint)) if outcome.lint else {},
    )
    LintReport.objects.bulk_create(
        [report],
        update_conflicts=True,
        unique_fields=["scan"],
        update_fields=["linter", "problem", "data"],
    )
