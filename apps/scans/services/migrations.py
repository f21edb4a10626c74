"""Keeping what Squawk finds in migrations: once for each set of them, and which set a scan's commit has."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import msgspec
import zstandard

from django.db.models import Exists, OuterRef
from django.utils import timezone

from apps.findings.migration_results import MigrationSummary
from apps.scans.models import (
    MigrationLint,
    MigrationReport,
    MigrationSqlPart,
    MigrationState,
    Scan,
)
from apps.scans.selectors import CACHE_DAYS
from core.cleaning import clean_json, clean_text


@dataclass(frozen=True, slots=True)
class MigrationOutcome:
    """What came of linting migrations; a ``problem`` may pass, and is no fault of the migrations."""

    checker: str
    state: MigrationState
    lint: MigrationLint | None = None
    problem: str = ""


def migration_lint_store(
    *, digest: str, summary: MigrationSummary | None, problem: str = ""
) -> MigrationLint:
    """Keep what was found in a set of migrations, or why the same set fails each time.

    Args:
        digest: Of the set, and of what lints it.
        summary: What was found.
        problem: Why nothing was.
    """
    lint, _ = MigrationLint.objects.update_or_create(
        digest=digest,
        defaults={
            "data": clean_json(msgspec.to_builtins(summary)) if summary is not None else {},
            "problem": clean_text(problem, limit=2000),
            "last_used_on": timezone.localdate(),
        },
    )
    return lint


def migration_lint_touch(*, lint: MigrationLint, today: date) -> None:
    """Note the day on which a result was last of use.

    Args:
        lint: The result.
        today: The day.
    """
    if lint.last_used_on < today:
        MigrationLint.objects.filter(pk=lint.pk).update(last_used_on=today)


def sql_parts_store(*, parts: Mapping[str, bytes]) -> None:
    """Keep the SQL of parts of a set of migrations.

    Args:
        parts: Digest and what the child gave.
    """
    compressor = zstandard.ZstdCompressor()
    today = timezone.localdate()
    rows = [
        MigrationSqlPart(digest=digest, data=compressor.compress(made), last_used_on=today)
        for digest, made in sorted(parts.items())
    ]
    MigrationSqlPart.objects.bulk_create(rows, batch_size=100, ignore_conflicts=True)


def sql_parts_touch(*, digests: Collection[str], today: date) -> None:
    """Note the day on which parts were last of use.

    Args:
        digests: Which.
        today: The day.
    """
    used = MigrationSqlPart.objects.filter(digest__in=list(digests), last_used_on__lt=today)
    used.update(last_used_on=today)


def migration_lints_evict(*, unused_days: int = CACHE_DAYS) -> int:
    """Remove results that no scan shows and that none has used of late.

    Args:
        unused_days: How long nobody may have used them.

    Returns:
        How many were removed.
    """
    oldest = timezone.localdate() - timedelta(days=unused_days)
    shown = MigrationReport.objects.filter(lint=OuterRef("pk"))
    removed, _ = MigrationLint.objects.filter(~Exists(shown), last_used_on__lt=oldest).delete()
    # Of use only to sets of migrations that go on from there.
    MigrationSqlPart.objects.filter(last_used_on__lt=oldest).delete()
    return removed


def migrations_record(*, scan: Scan, outcome: MigrationOutcome) -> None:
    """Keep what is known of the migrations of a scan's commit; a problem does not replace an earlier result.

    Args:
        scan: The scan that holds the rule results of that commit.
        outcome: What came of linting them.
    """
    if outcome.problem and MigrationReport.objects.filter(scan=scan, problem="").exists():
        return
    is_failed = outcome.lint is not None and bool(outcome.lint.problem)
    report = MigrationReport(
        scan=scan,
        checker=outcome.checker,
        state=MigrationState.FAILED if is_failed else outcome.state,
        problem=clean_text(outcome.problem, limit=2000),
        lint=outcome.lint,
    )
    MigrationReport.objects.bulk_create(
        [report],
        update_conflicts=True,
        unique_fields=["scan"],
        update_fields=["checker", "state", "problem", "lint"],
    )
