"""Writing a verdict: everything that a scan found, in one transaction, guarded by its fence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction

from apps.findings.causes import ABSENT, Circumstances, RuleFacts
from apps.findings.selectors import fresh_counts, waived_counts
from apps.findings.services import SeenFinding, findings_record, findings_seen_before
from apps.findings.sightings import clean_path
from apps.repositories.owners import Owner
from apps.repositories.services import code_owners_note, repository_error_note
from apps.rulebook.selectors import rules_by_code
from apps.scans.clock import database_now
from apps.scans.models import RuleResult, Scan, ScanState, UnreadableFile
from apps.scans.selectors import results_are_forgotten, scan_same
from apps.scans.services.course import Course
from apps.scans.services.lease import Claim
from apps.scans.services.linting import LintOutcome, lint_record
from apps.scans.services.log import LogKind, scan_log, steps_log
from apps.scans.services.migrations import MigrationOutcome, migrations_record
from apps.scans.services.scoring import (
    SCORED,
    outcomes_waived,
    results_waive,
    scan_score,
    seen_waived,
)
from apps.scans.services.transitions import scan_advance_locked
from apps.scans.services.turns import end_announce
from apps.scans.signals import replay_recorded, scan_recorded
from apps.scans.states import Event
from core.bulk import rows_copy
from core.cleaning import clean_json, clean_text
from plumbline.report import Report, RuleOutcome
from plumbline.version import rule_versions, shared_version

_CHUNK = 1000
_NAME_LIMIT = 4096
# What a repeat shares with the scan that it repeats.
_SHARED = (
    *("ruleset", "extractor", "engine", "evaluated", "applicable", *SCORED),
    *("files_read", "files_excluded", "facts", "valid_until", "empty", "empty_reason"),
)
_RESULT_FIELDS = (
    *("created_at", "scan", "code", "level", "preview", "state"),
    *("subjects", "violations", "suppressed", "waived", "evidence", "weight", "version"),
)


@dataclass(frozen=True, slots=True)
class Descent:
    """How a commit came from the one that was judged before, as far as that is known.

    Attributes:
        files: The paths that were read from it, each with its blob; None if that is not known.
        renames: Paths of the commit before to paths of this one.
        author: Who made it, if it is the only commit in between.
    """

    files: Mapping[str, str] | None = None
    renames: Mapping[str, str] = field(default_factory=dict)
    author: str = ""


@dataclass(frozen=True, slots=True)
class OwnersRead:
    """A CODEOWNERS file that is another than the one read last; a blank path says that there is none any more."""

    path: str = ""
    blob: str = ""
    owners: Sequence[Owner] = ()


@transaction.atomic
def scan_record(
    *,
    claim: Claim,
    commit: str,
    extractor: str,
    report: Report,
    seen: Sequence[SeenFinding],
    empty_reason: str = "",
    course: Course | None = None,
    linted: LintOutcome | None = None,
    migrations: MigrationOutcome | None = None,
    descent: Descent | None = None,
    owners: OwnersRead | None = None,
) -> bool:
    """End a scan with its verdict; False, and nothing written, if it was this worker's no more.

    A scan of another branch than the watched one leaves the repository's findings and trend alone.
    """
    scan = _held_for_writing(claim)
    if scan is None:
        return False
    same = scan_same(
        repository_id=claim.repository_id,
        commit=commit,
        ruleset=report.ruleset,
        extractor=extractor,
    )
    course = course or Course()
    scan.same_as, scan.commit = same, commit
    _verdict_take(scan, report, extractor, empty_reason, course)
    at = database_now()
    waived = _findings_write(claim, scan, at, report, seen, descent or Descent())
    outcomes = outcomes_waived(report.rules, waived)
    if report.standing is not None:
        # Of another branch it is not known what came after which baseline.
        fresh = None if claim.ref else fresh_counts(repository_id=claim.repository_id)
        scan_score(scan=scan, outcomes=outcomes, fresh=fresh)
    _finish(scan, at)
    if same is None:
        _results_write(scan, report, outcomes)
    elif results_are_forgotten(same):
        _results_write(same, report, outcomes)
        _figures_share(scan, same)
    elif claim.is_current:
        _results_bring_up_to_date(scan, same, waived)
    steps_log(scan_id=scan.pk, steps=course.steps)
    _end_log(scan, "Recorded.")
    if linted is not None:
        lint_record(scan=same or scan, outcome=linted)
    if migrations is not None:
        migrations_record(scan=same or scan, outcome=migrations)
    if claim.is_current:
        repository_error_note(repository_id=claim.repository_id, code="")
        if owners is not None:
            code_owners_note(
                repository_id=claim.repository_id,
                path=owners.path,
                owners=owners.owners,
                blob=owners.blob,
            )
        scan_recorded.send(sender=Scan, scan=scan, report=report)
    end_announce(scan_id=claim.scan_id, repository_id=claim.repository_id)
    return True


@transaction.atomic
def scan_record_unchanged(
    *, claim: Claim, commit: str, same: Scan, course: Course | None = None
) -> bool:
    """End a scan of a commit that the same rules judged before: the same figures, no work."""
    scan = _held_for_writing(claim)
    if scan is None:
        return False
    scan.same_as, scan.commit = same, commit
    for name in _SHARED:
        setattr(scan, name, getattr(same, name))
    _finish(scan, database_now())
    steps_log(scan_id=scan.pk, steps=course.steps if course else ())
    _end_log(scan, "The same commit was judged before, by the same rules: nothing to do.")
    if claim.is_current:
        repository_error_note(repository_id=claim.repository_id, code="")
    end_announce(scan_id=claim.scan_id, repository_id=claim.repository_id)
    return True


@transaction.atomic
def replay_record(
    *,
    claim: Claim,
    extractor: str,
    report: Report,
    empty_reason: str = "",
    course: Course | None = None,
) -> bool:
    """End a scan of the past with its verdict; False, and nothing written, if it was this worker's no more.

    It takes the place of what was said before of the same commit. Findings that are present now and
    were there then have been there since then at least; all else of the present stays as it is. No
    waiver of today held then.
    """
    scan = _held_for_writing(claim)
    if scan is None or claim.as_of is None:
        return False
    Scan.objects.filter(
        repository_id=claim.repository_id,
        commit=claim.commit,
        as_of__isnull=False,
        state=ScanState.DONE,
    ).delete()
    course = course or Course()
    _verdict_take(scan, report, extractor, empty_reason, course)
    outcomes = outcomes_waived(report.rules, {})
    if report.standing is not None:
        scan_score(scan=scan, outcomes=outcomes, fresh={})
    _finish(scan, database_now())
    _results_write(scan, report, outcomes)
    steps_log(scan_id=scan.pk, steps=course.steps)
    _end_log(scan, "Recorded.")
    findings_seen_before(
        repository_id=claim.repository_id,
        scan_id=scan.pk,
        at=claim.as_of,
        commit=claim.commit,
        fingerprints={finding.fingerprint for finding in report.findings},
    )
    replay_recorded.send(sender=Scan, scan=scan, report=report)
    end_announce(scan_id=claim.scan_id, repository_id=claim.repository_id)
    return True


def _verdict_take(
    scan: Scan, report: Report, extractor: str, empty_reason: str, course: Course
) -> None:
    """Set what a report says, without saving it."""
    scan.ruleset, scan.extractor = report.ruleset, extractor
    scan.engine = clean_text(report.engine, limit=32)
    scan.evaluated, scan.applicable = report.evaluated, report.applicable
    scan.files_read, scan.files_excluded = report.files.read, report.files.excluded
    scan.timings, scan.counts = clean_json(course.timings), clean_json(course.counts)
    scan.files_total = course.files
    scan.facts = clean_json(report.facts)
    scan.valid_until = date.fromisoformat(report.valid_until) if report.valid_until else None
    scan.empty, scan.empty_reason = bool(empty_reason), clean_text(empty_reason, limit=2000)


def _findings_write(
    claim: Claim,
    scan: Scan,
    at: datetime,
    report: Report,
    seen: Sequence[SeenFinding],
    descent: Descent,
) -> Mapping[str, int]:
    """Record what the watched branch shows; rule to the number of violations that waivers cover."""
    if claim.ref:
        return seen_waived(repository_id=claim.repository_id, seen=seen)
    findings_record(
        repository_id=claim.repository_id,
        scan_id=scan.pk,
        at=at,
        seen=seen,
        circumstances=_circumstances(scan.commit, report, descent),
    )
    return waived_counts(repository_id=claim.repository_id)


def _results_bring_up_to_date(scan: Scan, same: Scan, waived: Mapping[str, int]) -> None:
    """Let results that are shared again count what is waived today."""
    if scan.standing and results_waive(scan=same, waived=waived) is not None:
        _figures_share(scan, same)


def _figures_share(scan: Scan, same: Scan) -> None:
    for name in SCORED:
        setattr(same, name, getattr(scan, name))
    same.save(update_fields=SCORED)


def _circumstances(commit: str, report: Report, descent: Descent) -> Circumstances:
    versions = rule_versions()
    return Circumstances(
        commit=commit,
        engine=shared_version(),
        rules={
            rule.code: RuleFacts(versions.get(rule.code, ""), _state_of(rule))
            for rule in report.rules
        },
        files=None
        if descent.files is None
        else {clean_path(path): blob for path, blob in descent.files.items()},
        unread=[clean_path(file.path) for file in report.files.unreadable],
        exclude=[clean_path(pattern) for pattern in report.exclude],
        renames={clean_path(old): clean_path(new) for old, new in descent.renames.items()},
        forgetful=[code for code, rule in rules_by_code().items() if rule.forgets],
        author=clean_text(descent.author, limit=200),
    )


def _state_of(outcome: RuleOutcome) -> str:
    """A rule's state, which tells one that has nothing to judge from one whose condition does not hold."""
    rule = rules_by_code().get(outcome.code)
    if outcome.state == "not_applicable" and rule and outcome.evidence == rule.absent:
        return ABSENT
    return outcome.state


def _held_for_writing(claim: Claim) -> Scan | None:
    """Lock the row, so that no heartbeat, cancellation or take-back comes in between."""
    return (
        Scan.objects.select_for_update()
        .filter(pk=claim.scan_id, fence=claim.fence, state=ScanState.RUNNING)
        .first()
    )


def _finish(scan: Scan, at: datetime) -> None:
    scan_advance_locked(Event.RECORDED, scan=scan)
    scan.finished_at = at
    scan.files_done = scan.files_total
    scan.error_code = scan.error_text = scan.error_remedy = ""
    scan.save()


def _end_log(scan: Scan, text: str) -> None:
    scan_log(
        scan_id=scan.pk,
        kind=LogKind.RECORDED,
        text=text,
        facts={
            "commit": scan.commit,
            "score": None if scan.score is None else float(scan.score),
            "standing": scan.standing,
            "evaluated": scan.evaluated,
            "files_read": scan.files_read,
            "timings": scan.timings,
        },
    )


def _results_write(scan: Scan, report: Report, outcomes: Sequence[RuleOutcome]) -> None:
    versions = rule_versions()
    rows_copy(
        RuleResult,
        _RESULT_FIELDS,
        (
            (
                *(scan.finished_at, scan.pk, rule.code, rule.level, rule.preview, rule.state),
                *(rule.subjects, rule.violations, rule.suppressed, rule.waived),
                *(clean_text(rule.evidence, limit=2000), rule.weight, versions.get(rule.code, "")),
            )
            for rule in outcomes
        ),
    )
    if report.files.unreadable:
        UnreadableFile.objects.bulk_create(
            [
                UnreadableFile(
                    scan=scan,
                    path=clean_text(file.path, limit=_NAME_LIMIT),
                    reason=clean_text(file.reason, limit=2000),
                )
                for file in report.files.unreadable
            ],
            batch_size=_CHUNK,
        )
